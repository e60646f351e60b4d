"""The moments at which a crash would cost most, with real processes and SIGKILL. The whole matrix is `make chaos`."""

from collections.abc import Iterator
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from tests import crashes, world
from tests.stack import Stack, start_stack


@pytest.fixture(scope="module")
def fragile(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The product with a worker of one process, which a failpoint kills as a whole."""
    with (
        django_db_blocker.unblock(),
        start_stack(tmp_path_factory.mktemp("crashes"), worker=("--pool", "solo")) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def house(fragile: Stack, django_db_blocker: Any) -> world.House:
    """An organizer of these tests' own, with Stripe connected, whose data is committed."""
    with django_db_blocker.unblock():
        return crashes.connect(fragile, "Ashes & Sons", "ashes")


@pytest.fixture(autouse=True)
def _inside(house: world.House, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), tenant_context(house.organizer):
        yield


def test_web_killed_between_the_payment_intent_and_writing_it_down(fragile, house):
    crashes.buy_through_a_crash(fragile, house, "before_intent_saved")


def test_worker_killed_with_the_money_taken_and_no_ticket_issued(fragile, house):
    crashes.buy_through_a_crash(fragile, house, "after_capture")


def test_no_webhook_ever_comes(fragile, house):
    crashes.webhooks_never(fragile, house)
