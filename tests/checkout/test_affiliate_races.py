"""Clicks, orders, approvals and a pause at the same moment, with real connections and real commits."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.affiliates import Via
from checkout.commissions import approve_commission, decline_commission
from checkout.refunds import GivingBack, give_back
from ledger.queries import standings
from orders.models import Attribution, Order
from payouts.affiliates import change_state, invite_affiliate
from promotions.affiliates import count_click, set_programme
from promotions.commission import CommissionKind, Rate
from promotions.models import Affiliate, AffiliateClick
from tests import world
from tests.checkout.test_refund_races import tried
from tests.processes import Sandbox
from tests.scanning.door import committing_house
from tests.scanning.test_races import all_at_once
from tests.world import STANDARD
from ui.ids import new_code


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any, stripe_sandbox: Sandbox) -> Iterator[world.House]:
    """What this test writes is committed and stays, in a house of its own that takes payments."""
    with django_db_blocker.unblock(), committing_house() as house:
        world.connect_stripe(house)
        yield house


def a_moment_later(call: Callable[[], Any]) -> Callable[[], Any]:
    """Each comes at a moment of its own, so that they meet in the middle of each other, too."""

    def made() -> Any:
        time.sleep(random.random() * 0.03)
        return call()

    return made


@pytest.mark.parametrize("_again", range(4))
def test_clicks_orders_and_a_pause_at_once_then_approval_against_refund(committed: world.House, _again: int) -> None:
    set_programme(rate=Rate(CommissionKind.PERCENT, basis_points=1000, currency="EUR"), actor=SYSTEM)
    word = new_code(8)  # what is committed stays
    ada = invite_affiliate(name="Ada", email=f"{word}@affiliates.example", code=word, actor=SYSTEM)
    event = world.make_event(kinds=((STANDARD, 2400, 40),))
    holds = [world.hold(event, **{STANDARD: 1}) for _ in range(6)]
    now = timezone.now()

    def click() -> None:
        count_click(affiliate=ada, event_id=event.pk, network="192.0.2.1", browser="one", at=now)

    def order(held: Any) -> Callable[[], Order]:
        return lambda: checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA, via=Via(named=word))

    def pause() -> None:
        change_state(affiliate_id=ada.pk, state=Affiliate.State.PAUSED, actor=SYSTEM)

    all_at_once(committed, [*[click] * 4, *(order(held) for held in holds), pause])
    assert AffiliateClick.objects.filter(affiliate=ada).count() == 1
    assert event.orders.filter(state=Order.State.PENDING).count() == 6  # no sale is lost, whoever it is due to
    assert Attribution.objects.filter(affiliate=ada).count() <= 6

    change_state(affiliate_id=ada.pk, state=Affiliate.State.ACTIVE, actor=SYSTEM)
    held = world.hold(event, **{STANDARD: 2})
    sold = checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA, via=Via(named=word))
    world.pay(sold)
    checkout.settle_payment(order_id=sold.pk)
    made = give_back(order_id=sold.pk, asked=GivingBack(amount=1000), actor=SYSTEM)
    assert made is not None
    calls = [
        *[lambda: approve_commission(order_id=sold.pk, actor=SYSTEM)] * 3,
        lambda: decline_commission(order_id=sold.pk, words="No", actor=SYSTEM),
        *[lambda: checkout.send_refund(refund_id=made.pk)] * 2,
    ]
    said = Counter(all_at_once(committed, [a_moment_later(tried(call)) for call in calls]))
    assert said["done"] >= 3  # a decline that comes first refuses the approvals
    attribution = Attribution.objects.get(order=sold)
    assert attribution.is_approved != attribution.is_void
    (stands,) = [one for one in standings() if one.reference == str(ada.pk)]
    left = 480 - 480 * 1000 // 5020
    assert (stands.reserve, stands.payable) == (0, 0 if attribution.is_void else left)
    assert breaches() == {}
