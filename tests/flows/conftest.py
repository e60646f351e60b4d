"""The running product and a real browser, shared by the flows."""

import os
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django_tenants.utils import tenant_context
from playwright.sync_api import Browser, Page

from payments import gateway
from tests import world
from tests.processes import plain_http
from tests.stack import Stack, start_stack

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}


@pytest.fixture(scope="session")
def stack(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Web, worker, clock and Stripe sandbox on the test database. What flows make is committed and stays."""
    with django_db_blocker.unblock(), start_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def house(stack: Stack, django_db_blocker: Any) -> world.House:
    """An organizer of the flows' own, with Stripe connected, whose data is committed."""
    with django_db_blocker.unblock():
        return open_connected_house(stack, "Flowers & Sons", "flowers")


def open_connected_house(stack: Stack, name: str, slug: str) -> world.House:
    """An organizer that can take payments at the stack's sandbox. Needs the database unblocked."""
    from django.test import override_settings

    with override_settings(**stack.sandbox.settings()):
        gateway.client.cache_clear()
        made = world.open_house(name, slug, owner="Flora", door="Dirk")
        world.connect_stripe(made)
        gateway.client.cache_clear()
    return made


@pytest.fixture
def in_house(house: world.House, django_db_blocker: Any) -> Iterator[world.House]:
    """Inside that organizer, committing."""
    with django_db_blocker.unblock(), tenant_context(house.organizer):
        yield house


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page of 390 px that fails the test on a script error or a breach of the content policy."""
    yield from _page(browser, PHONE)


@pytest.fixture
def desktop(browser: Browser) -> Iterator[Page]:
    """A page of 1440 px, as strict."""
    yield from _page(browser, DESKTOP)


def _page(browser: Browser, size: dict[str, int]) -> Iterator[Page]:
    context = browser.new_context(viewport=size, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def mails() -> Callable[..., list[dict[str, Any]]]:
    """Wait for `count` mails to an address and return them, newest last, from the real mailbox."""

    def wait(to: str, *, count: int = 1, seconds: float = 30) -> list[dict[str, Any]]:
        deadline = time.monotonic() + seconds
        found: list[dict[str, Any]] = []
        while time.monotonic() < deadline:
            everything = plain_http().get(os.environ["MAIL_API"], timeout=10).json()
            found = [mail for mail in everything if re.search(re.escape(to), str(mail["to"]))]
            if len(found) >= count:
                return found
            time.sleep(0.2)
        raise AssertionError(f"{len(found)} of {count} mails came to {to} within {seconds} s")

    return wait
