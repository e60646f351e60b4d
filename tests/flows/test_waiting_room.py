"""The waiting room in a real browser, with the real clock: join, be shuffled, wait, be let in, buy."""

import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context
from playwright.sync_api import Browser, Page, expect

from analytics.invariants import breaches
from audit.actions import SYSTEM
from tests import world
from tests.flows.conftest import DESKTOP, PHONE
from tests.stack import Stack
from waiting_room.actions import change_room

SLOW = 30_000  # milliseconds; a loaded machine ticks late
SHOTS = os.environ.get("SCREENSHOTS", "")


@pytest.fixture
def event(in_house: world.House) -> Iterator[world.Event]:
    made = world.make_event("The Last Waltz", kinds=((world.FREE, 0, 40), (world.STANDARD, 2400, 20)))
    yield made
    change(in_house, made, mode="off", rate_min=60, rate_max=60)
    assert breaches() == {}


def change(house: world.House, event: world.Event, **settings: Any) -> None:
    """Set the room, in a thread beside Playwright's loop: what is told to open sockets needs a loop of its own."""

    def inside() -> None:
        with tenant_context(house.organizer):
            change_room(event_id=event.pk, actor=SYSTEM, **settings)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(inside).result()


def shot(page: Page, name: str) -> None:
    """A picture for somebody to look at, when SCREENSHOTS names a folder."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}-{page.viewport_size['width']}.png", full_page=True)  # type: ignore[index]


def sound(page: Page) -> None:
    """Nothing that a machine can find wrong with who cannot see or has no mouse."""
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


def state(page: Page, name: str) -> None:
    expect(page.locator("[data-queue]")).to_have_attribute("data-queue", name, timeout=SLOW)


def test_from_the_line_to_the_tickets(
    stack: Stack, in_house: world.House, event: world.Event, phone: Page, desktop: Page
) -> None:
    soon = timezone.now() + timedelta(seconds=20)
    change(in_house, event, mode="on", starts_at=soon, rate_min=6, rate_max=6)
    time.sleep(1.2)  # what a process remembers of lines
    url = stack.url(in_house.host, f"/events/{event.slug}/")
    for page in (phone, desktop):
        page.goto(url)
        expect(page).to_have_url(re.compile(r"/queue/$"))
        state(page, "none")
        sound(page)
        shot(page, "join")
        page.get_by_role("button", name="Join the line").click()
        state(page, "early")
        sound(page)
        shot(page, "early")

    for page in (phone, desktop):  # six a minute: nobody is let in within the first ten seconds
        state(page, "waiting")
        sound(page)
        shot(page, "waiting")
    by_place = {int(page.locator("[data-place]").inner_text()): page for page in (phone, desktop)}
    assert by_place.keys() == {1, 2}
    first = by_place[1]
    state(first, "turn")
    expect(first.get_by_role("link", name="Choose tickets")).to_be_focused()
    expect(first).to_have_title(re.compile("It is your turn"))
    sound(first)
    shot(first, "turn")
    expect(by_place[2].locator("[data-ahead]")).to_have_text("0")

    first.get_by_role("link", name="Choose tickets").click()
    first.locator("input[name^=quantity-]").first.fill("2")
    first.locator("#tickets-form button[type=submit]").click()
    expect(first).to_have_url(re.compile(r"/checkout/"), timeout=SLOW)
    assert breaches() == {}


def test_the_line_moves_while_no_worker_does(
    stack: Stack, in_house: world.House, event: world.Event, phone: Page
) -> None:
    """As when it draws the tickets of those who were let in before."""
    change(in_house, event, mode="on", rate_min=60, rate_max=60)
    assert stack.worker.child is not None
    os.killpg(stack.worker.child.pid, signal.SIGSTOP)
    try:
        time.sleep(1.2)  # what a process remembers of lines
        phone.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
        phone.get_by_role("button", name="Join the line").click()
        state(phone, "turn")
    finally:
        os.killpg(stack.worker.child.pid, signal.SIGCONT)


def test_without_script_and_when_the_socket_is_blocked(
    stack: Stack, in_house: world.House, event: world.Event, browser: Browser
) -> None:
    change(in_house, event, mode="on", rate_min=1, rate_max=1)
    time.sleep(1.2)
    url = stack.url(in_house.host, f"/events/{event.slug}/")
    plain = browser.new_context(java_script_enabled=False, viewport=PHONE, locale="en-GB").new_page()  # type: ignore[arg-type]
    plain.goto(url)
    assert "only a few people a minute" in plain.content()
    plain.get_by_role("button", name="Join the line").click()
    expect(plain.get_by_text("People ahead of you")).to_be_visible()
    shot(plain, "no-script")

    blocked: list[Any] = []
    page = browser.new_context(viewport=DESKTOP, locale="en-GB").new_page()  # type: ignore[arg-type]
    page.route_web_socket(re.compile("/queue/live/"), lambda socket: (blocked.append(socket), socket.close())[0])
    page.goto(url)
    page.get_by_role("button", name="Join the line").click()
    state(page, "waiting")
    assert blocked
    before = page.locator("[data-ahead]").inner_text()
    assert before in ("0", "1")
    page.close()
    plain.close()
