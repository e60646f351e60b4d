"""A transfer to a partner and verbs of an order at the same moment, with real connections and real commits."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Event as Signal
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from django.utils import timezone

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout import changes, erasure
from checkout.charge_models import choose_charge_model
from events.models import ChargeModel, Performance
from ledger.collecting import lock_collecting
from ledger.split_rules import WHOLE, Rules, Share, Step
from ledger.splits import set_split_plan
from orders.models import Order
from orders.queries import order_for_update
from payouts.models import Partner, Transfer
from payouts.transfers import request_transfers
from tests import world
from tests.processes import Sandbox
from tests.reconciliation.conftest import connected_partner
from tests.scanning.door import committing_house
from tests.scanning.test_races import all_at_once
from tests.world import STANDARD
from ui.ids import new_code

SECONDS = 3  # less than a lock may take: whoever waits for the other is found out, not killed


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any, stripe_sandbox: Sandbox) -> Iterator[world.House]:
    """What this test writes is committed and stays, in a house of its own that takes payments."""
    with django_db_blocker.unblock(), committing_house() as house:
        world.connect_stripe(house)
        yield house


Wait = Callable[[], bool]  # until the transfer is asked for; whether it came while the order was locked


def refund(order: Order, wait: Wait) -> bool:
    """As a refund does: the order, then the accounts."""
    with transaction.atomic():
        order_for_update(order.pk)
        came = wait()
        lock_collecting("EUR")
        return came


def move_seats(order: Order, wait: Wait) -> bool:
    with transaction.atomic(), patch.object(changes, "lock_all_seats"):
        changes._lock([order.performance])
        return wait()


def erase(order: Order, wait: Wait) -> bool:
    came = []
    then = timezone.now() - erasure.DISPUTABLE_FOR - timedelta(days=2)
    Performance.objects.filter(pk=order.performance_id).update(
        doors_at=then, starts_at=then, ends_at=then + timedelta(hours=3)
    )
    with patch.object(erasure, "forget_emails_to", lambda _email: came.append(wait())):
        erasure.erase_buyer(email=order.email, actor=SYSTEM)
    return came == [True]


@pytest.mark.parametrize("verb", [refund, move_seats, erase])
def test_a_transfer_does_not_wait_for_whoever_has_its_order(
    committed: world.House, verb: Callable[[Order, Wait], bool]
) -> None:
    hall = connected_partner(committed, Partner.Kind.VENUE, verb.__name__)
    event = world.make_event(kinds=((STANDARD, 2400, 40),))
    rules = Rules((Step((Share(hall.payee, WHOLE, cap=1000),)),))
    set_split_plan(subject=str(event.pk), currency="EUR", rules=rules, actor=SYSTEM)
    choose_charge_model(event_id=event.pk, model=ChargeModel.ON_BEHALF, actor=SYSTEM)  # its transfers name their order
    somebody = replace(
        world.BEA, email=f"{new_code(8)}@example.com"
    )  # what is committed stays: of nobody else's orders
    order = world.paid_order(event, buyer=somebody, **{STANDARD: 1})
    is_locked, is_paid = Signal(), Signal()

    def wait() -> bool:
        is_locked.set()
        return is_paid.wait(SECONDS)

    def pay_out() -> list[Transfer]:
        is_locked.wait(SECONDS)
        made = request_transfers(partner=hall, currency="EUR", actor=SYSTEM)
        is_paid.set()
        return made

    came, made = all_at_once(committed, [lambda: verb(order, wait), pay_out])
    assert came is True
    assert isinstance(made, list)
    assert [(one.order_id, one.amount) for one in made] == [(order.pk, 1000)]
    assert breaches() == {}
