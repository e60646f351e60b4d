"""Several people give money back at once, with real connections and real commits: never more than was paid."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.cancellations import cancel_by_buyer
from checkout.refunds import GivingBack, give_back
from events.models import Event
from events.refund_policies import set_refund_policy
from events.refund_rules import RefundRules, Tier
from orders.models import Order
from payments.models import Refund
from tests import world
from tests.processes import Sandbox
from tests.scanning.door import committing_house
from tests.scanning.test_races import all_at_once
from ui.errors import DomainError

AT_ONCE = 10


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any, stripe_sandbox: Sandbox) -> Iterator[world.House]:
    """What this test writes is committed and stays, in a house of its own that takes payments."""
    with django_db_blocker.unblock(), committing_house() as house:
        world.connect_stripe(house)
        yield house


@pytest.fixture
def order(committed: world.House) -> Order:
    """Two tickets for 50.20; what is given back early comes back whole."""
    event: Event = world.make_event(is_published=False)
    set_refund_policy(event_id=event.pk, rules=RefundRules((Tier(24, 100),)), actor=SYSTEM)
    return world.paid_order(world.publish_event(event_id=event.pk, actor=SYSTEM), Standard=2)


def tried(call: Callable[[], object]) -> Callable[[], str]:
    def run() -> str:
        try:
            call()
        except DomainError as refusal:
            return refusal.code
        return "done"

    return run


def asking(order: Order, **asked: Any) -> Callable[[], str]:
    return tried(lambda: give_back(order_id=order.pk, asked=GivingBack(**asked), actor=SYSTEM))


def refunds_of(order: Order) -> list[Refund]:
    return list(Refund.objects.filter(payment__order=order).order_by("created_at"))


def amounts(order: Order) -> list[int]:
    return [refund.amount for refund in refunds_of(order)]


def test_amounts_at_once_never_are_more_than_was_paid(committed: world.House, order: Order) -> None:
    answers = all_at_once(committed, [asking(order, amount=2000) for _n in range(AT_ONCE)])

    assert Counter(answers) == {"done": 2, "order_not_refundable": AT_ONCE - 2}
    assert amounts(order) == [2000, 2000]

    refunds = refunds_of(order)
    all_at_once(committed, [lambda pk=one.pk: checkout.send_refund(refund_id=pk) for one in refunds * 3])
    payment = order.payment
    charge = checkout.gateway.client().v1.charges.retrieve(
        payment.charge_id, options={"stripe_account": payment.account_id}
    )
    assert charge.amount_refunded == 4000
    assert [refund.fee_amount for refund in refunds_of(order)] == [87, 88]  # 220 * 2000 / 5020, rounded down; the rest
    assert breaches() == {}


def test_one_form_sent_many_times_at_once_is_one_refund(committed: world.House, order: Order) -> None:
    answers = all_at_once(committed, [asking(order, amount=500, key="one-form")] * AT_ONCE)
    assert Counter(answers) == {"done": AT_ONCE}
    assert amounts(order) == [500]


def test_a_ticket_is_given_back_by_its_buyer_or_by_staff_once(committed: world.House, order: Order) -> None:
    first = frozenset(order.positions.filter(index=1).values_list("pk", flat=True))
    calls = [asking(order, positions=first, cancels=True, amount=None) for _n in range(AT_ONCE // 2)]
    buyer = tried(lambda: cancel_by_buyer(order_id=order.pk, position_ids=first, expected=2510))
    answers = all_at_once(committed, [*calls, *[buyer] * (AT_ONCE // 2)])

    assert Counter(answers)["done"] == 1
    assert amounts(order) == [2510]
    assert [one.state for one in order.positions.all()] == ["cancelled", "sold"]
    assert breaches() == {}
