"""The simulator says of an order what selling, sharing and refunding it then do, to the minor unit."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.refunds import GivingBack, give_back
from checkout.simulator import PaymentCost, Role, Sold, Trial, simulate, simulate_event
from events.charges import add_own_fee, add_tax_rate, tax_ticket_type
from events.models import TaxRate, TicketType
from ledger.actions import Kind
from ledger.models import Party
from ledger.queries import balance
from ledger.split_rules import Payee, Rules, Share, Step
from ledger.splits import payable, set_split_plan
from payments.models import Refund
from pricing.quote import FeePlan, OwnFee, Terms
from tests import world
from tests.world import STANDARD

HALL, BAND = Payee(Party.VENUE, "hall"), Payee(Party.ARTIST, "band")
PLAN = Rules((Step((Share(HALL, 10_000, cap=1000),)), Step((Share(BAND, 7000),))))


def test_every_partys_part_of_a_shared_and_taxed_order_and_what_a_refund_takes_from_each(paying: world.House) -> None:
    event = world.make_event(kinds=((STANDARD, 2400, 9), ("Guest list", 0, 9)))
    vat = add_tax_rate(name="VAT", basis_points=1900, is_inclusive=True, actor=SYSTEM)
    fields = {"name": "Delivery", "is_per_order": True, "basis_points": 0, "fixed": 350, "tax_id": vat.pk}
    add_own_fee(event_id=event.pk, actor=SYSTEM, **fields)
    kind = world.kind_of(event, STANDARD)
    tax_ticket_type(ticket_type_id=kind.pk, tax_id=vat.pk, actor=SYSTEM)
    set_split_plan(subject=str(event.pk), currency="EUR", rules=PLAN, actor=SYSTEM)

    tried, free = simulate_event(event, Trial({kind.pk: 4000}, fee_share=0, quantity=2, percent_back=50))
    now, _free = simulate_event(event, Trial({}))

    # 2 x 40.00 + 3.50; our 2 x 1.50 and 13.33 tax out of it; 10.00 to the hall, 70 % of the other 57.17 to the band
    assert (tried.quote.total, tried.back) == (8350, 4175)
    assert [(one.role.value, one.sold) for one in tried.stakes] == [
        ("organizer", 1715),
        ("partner", 1000),
        ("partner", 4002),
        ("tax", 1333),  # 83.50 * 19 / 119 = 13.332
        ("platform", 300 - 150),
        ("provider", 150),  # 1.5 % + 0.25
    ]
    assert [one.refunded for one in tried.stakes] == [707, 1000, 1651, 667, 150 - 150, 150]
    assert [one.sold for one in free.stakes] == [0, 0, 0, 0, 0, 0]
    # Refunded in full, everybody is where they were, but for what the provider keeps.
    assert {one.role: one.refunded for one in now.stakes} == {
        Role.ORGANIZER: 0,
        Role.PARTNER: 0,
        Role.TAX: 0,
        Role.PLATFORM: -68,
        Role.PROVIDER: 68,
    }

    order = world.paid_order(event, Standard=1)
    assert (order.total, order.platform_fee) == (now.quote.total, now.quote.platform_fee)
    assert balance(Kind.PLATFORM_FEES) == {"EUR": now.stakes[-2].sold + 68}
    assert {payee: payable(payee, "EUR") for payee in (HALL, BAND)} == {
        one.payee: one.sold for one in now.stakes if one.payee
    }
    half = simulate_event(event, Trial({}, percent_back=50))  # of the order that comes next
    assert half[0].stakes[1].sold == 0  # the hall has had its 10.00
    give_back(order_id=order.pk, asked=GivingBack(amount=now.quote.total), actor=SYSTEM)
    checkout.send_refund(refund_id=Refund.objects.get().pk)
    assert {payable(payee, "EUR") for payee in (HALL, BAND)} == {0}


def test_an_estimate_is_never_more_than_what_is_paid() -> None:
    cost = PaymentCost(150, 25)

    assert [cost.on(amount) for amount in (0, 10, 100, 10_000)] == [0, 10, 27, 175]


@pytest.mark.parametrize("step", [1, 10])
@given(
    price=st.integers(0, 100_000),
    share=st.integers(0, 100),
    quantity=st.integers(1, 50),
    back=st.integers(0, 100),
    so_far=st.integers(0, 10_000),
    rate=st.none()
    | st.builds(TaxRate, name=st.just("x"), basis_points=st.integers(0, 3000), is_inclusive=st.booleans()),
)
def test_all_parts_together_are_what_the_buyer_has_paid(
    step: int, price: int, share: int, quantity: int, back: int, so_far: int, rate: TaxRate | None
) -> None:
    kind = TicketType(id=uuid4(), name="x", price=price * step, tax=rate)
    terms = Terms(FeePlan(250, 50), share, (OwnFee("y", True, 0, 350), OwnFee("z", False, 150, 0)), step)
    trial = Trial({}, quantity=quantity, percent_back=back)

    found = simulate(kind, trial=trial, terms=terms, currency="EUR", rules=PLAN, so_far=Sold(so_far))

    assert sum(one.sold for one in found.stakes) == found.quote.total
    assert sum(one.refunded for one in found.stakes) == found.quote.total - found.back
    assert all(
        min(one.sold, one.refunded, one.cost) >= 0
        for one in found.stakes
        if one.role not in (Role.ORGANIZER, Role.PLATFORM)
    )
    assert found.back % step == 0
