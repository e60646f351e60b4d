"""The organizer's own fees and taxes, from the listing to the last refund: one total everywhere, and no cent lost."""

from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from analytics.invariants import breaches
from analytics.queries import event_sales
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.cancellations import cancel_by_buyer, quote_cancellation
from checkout.catalog import kept_offer, read_offer
from checkout.refunds import GivingBack, give_back, prices_paid
from events.charges import (
    add_own_fee,
    add_tax_rate,
    change_own_fee,
    change_tax_rate,
    remove_own_fee,
    remove_tax_rate,
    tax_ticket_type,
)
from events.errors import ChargeInvalid
from events.models import Event, OwnFee, TaxRate
from events.refund_policies import set_refund_policy
from events.refund_rules import RefundRules, Tier
from inventory.queries import database_now
from ledger.actions import Kind
from ledger.queries import balance
from marketplace.actions import list_event
from marketplace.models import ListedEvent
from notifications.models import EmailMessage
from orders.models import Fee, Order
from outbox.actions import drain
from payments.models import Payment, Refund
from storefront.offers import lowest_price, next_performance, offers_of_next_dates
from tests import world
from tests.world import STANDARD

CURRENCIES = ["EUR", "JPY", "KWD"]


def own_fee(event: Event, name: str, fixed: int, *, once: bool = False, percent: int = 0, tax: Any = None) -> OwnFee:
    fields = {"name": name, "is_per_order": once, "basis_points": percent, "fixed": fixed}
    return add_own_fee(event_id=event.pk, actor=SYSTEM, tax_id=tax.pk if tax else None, **fields)


@pytest.fixture
def event(paying: world.House, request: pytest.FixtureRequest) -> Event:
    """24.00 with 19 % inside, 40.00 with 7.5 % on top; 2.00 a ticket for the house, 3.50 an order for delivery, taxed too."""
    made = world.make_event(kinds=((STANDARD, 2400, 9), ("Balcony", 4000, 9), ("Guest list", 0, 9)), is_published=False)
    Event.objects.filter(pk=made.pk).update(currency=getattr(request, "param", "EUR"), fee_share=50)
    inside = add_tax_rate(name="VAT", basis_points=1900, is_inclusive=True, actor=SYSTEM)
    on_top = add_tax_rate(name="City tax", basis_points=750, is_inclusive=False, actor=SYSTEM)
    own_fee(made, "Facility fee", 200, tax=inside)
    own_fee(made, "Delivery", 350, once=True, tax=on_top)
    for name, rate in ((STANDARD, inside), ("Balcony", on_top)):
        tax_ticket_type(ticket_type_id=world.kind_of(made, name).pk, tax_id=rate.pk, actor=SYSTEM)
    return world.publish_event(event_id=made.pk, actor=SYSTEM)


def tickets_of(order: Order, *numbers: int) -> frozenset[UUID]:
    return frozenset(order.positions.filter(index__in=numbers).values_list("pk", flat=True))


def ask(order: Order, *numbers: int, amount: int | None = None) -> int:
    asked = GivingBack(positions=tickets_of(order, *numbers), cancels=True, amount=amount)
    refund = give_back(order_id=order.pk, asked=asked, actor=SYSTEM)
    return refund.amount if refund else 0


@pytest.mark.parametrize("event", CURRENCIES, indirect=True)
def test_listing_hold_order_payment_books_and_refund_say_the_same_total(event: Event) -> None:
    currency = event.currency = Event.objects.get(pk=event.pk).currency
    now = timezone.now()
    listed = offers_of_next_dates([event], at=now)[event.pk]
    by_name = {offer.ticket_type.name: offer.price for offer in listed}
    offer = read_offer(world.the_performance(event).pk)
    assert by_name == {kind.name: offer.all_in_price(kind) for kind in offer.kinds.values()}
    once = {offer.once.total for offer in listed if offer.price}.pop()

    order = world.paid_order(event, Standard=2, Balcony=1, **{"Guest list": 1})

    assert order.total == 2 * by_name[STANDARD] + by_name["Balcony"] + once
    payment = Payment.objects.get(order=order)
    assert (payment.amount, payment.application_fee) == (order.total, order.platform_fee)
    assert order.platform_fee == 110 + 110 + 150  # of the prices alone: none on the organizer's fees, none on tax
    assert balance(Kind.PLATFORM_FEES) == {currency: order.platform_fee}
    assert event_sales(event, at=now).money.fees == order.platform_fee
    assert sum(prices_paid(order).values()) + once == order.total
    assert breaches() == {}

    given = [ask(order, 2), ask(order, 1, 4), ask(order, 3)]
    for refund in Refund.objects.order_by("created_at"):
        checkout.send_refund(refund_id=refund.pk)

    assert given == [by_name[STANDARD], by_name[STANDARD], by_name["Balcony"] + once]
    order.refresh_from_db()
    assert (order.state, sum(given)) == (Order.State.REFUNDED, order.total)
    assert sum(Refund.objects.values_list("fee_amount", flat=True)) == order.platform_fee
    assert balance(Kind.PROVIDER) == balance(Kind.PLATFORM_FEES) == balance(Kind.SALES) == {currency: 0}
    assert breaches() == {}


def test_each_part_stands_on_the_order_under_its_name(event: Event) -> None:
    order = world.paid_order(event, Standard=2, Balcony=1)

    fees = [(fee.kind, fee.title, fee.amount) for fee in order.fees.order_by("pk")]
    assert fees == [("service", "Service fee", 55 + 55 + 75), ("own", "Facility fee", 600), ("own", "Delivery", 350)]
    taxes = [(tax.name, tax.basis_points, tax.is_inclusive, tax.base, tax.amount) for tax in order.taxes.all()]
    assert taxes == [
        ("VAT", 1900, True, 2 * 2455 + 600, 880),  # 5510 * 19 / 119 = 879.75
        ("City tax", 750, False, 4075 + 350, 306 + 26),  # 305.6 of the ticket and 26.25 of the delivery, each rounded
    ]
    assert order.total == 2 * (2455 + 200) + 4075 + 200 + 306 + 350 + 26

    while drain():
        pass
    mail = EmailMessage.objects.get(subject__contains="ickets")
    for words in ("Delivery  €3.50", "City tax (7.5%)  €3.32", "incl. €8.80 VAT (19%)", "Facility fee  €6.00"):
        assert words in mail.text


def test_a_free_order_bears_no_fee_of_anybody(event: Event) -> None:
    order = world.place_order(event, **{"Guest list": 2})

    assert (order.total, order.state) == (0, Order.State.PAID)
    assert not order.fees.exists()
    assert not order.taxes.exists()
    assert breaches() == {}


def test_the_first_listing_says_the_least_that_one_ticket_costs_in_all(event: Event) -> None:
    list_event(event_id=event.pk)
    offers = offers_of_next_dates([event], at=timezone.now())[event.pk]

    assert next_performance(event, at=timezone.now()) is not None
    assert lowest_price(offers) == 2455 + 200 + 376
    assert ListedEvent.objects.get(event_id=event.pk).price_from == 3031
    assert world.hold(event, Standard=1).quote["total"] == 3031


def test_what_was_paid_once_goes_back_with_the_last_ticket_at_its_promise(event: Event) -> None:
    set_refund_policy(event_id=event.pk, rules=RefundRules((Tier(1, 50),)), actor=SYSTEM)
    order = world.paid_order(event, Standard=2)
    both = quote_cancellation(order, tickets_of(order, 1, 2), at=database_now())
    assert [(one.paid, one.alone, one.once) for one in both.tickets] == [(2655, 2655, 0), (3031, 2655, 376)]

    first = quote_cancellation(order, tickets_of(order, 2), at=database_now()).amount
    assert first == 1328  # 1327.5
    cancel_by_buyer(order_id=order.pk, position_ids=tickets_of(order, 2), expected=first)
    order = Order.objects.get(pk=order.pk)
    last = quote_cancellation(order, tickets_of(order, 1), at=database_now())

    assert (last.tickets[0].once, last.amount) == (376, 1516)  # half of 30.31
    cancel_by_buyer(order_id=order.pk, position_ids=tickets_of(order, 1), expected=1516)
    assert breaches() == {}


def test_a_change_of_any_charge_renews_the_offer_and_what_is_held_keeps_its_price(event: Event) -> None:
    date = world.the_performance(event)
    held = world.hold(event, Standard=1)
    fee, rate = OwnFee.objects.get(name="Facility fee"), TaxRate.objects.get(name="City tax")
    fields = {"name": "Facility fee", "is_per_order": False, "basis_points": 0, "tax_id": None}
    seen = {date.offer_version}

    def version() -> object:
        date.refresh_from_db()
        return date.offer_version

    change_own_fee(event_id=event.pk, fee_id=fee.pk, actor=SYSTEM, fixed=300, **fields)
    assert version() not in seen
    seen.add(version())
    assert world.hold(event, Standard=1).quote["total"] == 2455 + 300 + 376
    change_tax_rate(tax_id=rate.pk, name="City tax", basis_points=1000, is_inclusive=False, actor=SYSTEM)
    assert version() not in seen
    seen.add(version())
    assert world.hold(event, Standard=1).quote["total"] == 2455 + 300 + 385
    remove_own_fee(event_id=event.pk, fee_id=fee.pk, actor=SYSTEM)
    assert version() not in seen
    seen.add(version())
    tax_ticket_type(ticket_type_id=world.kind_of(event, STANDARD).pk, tax_id=rate.pk, actor=SYSTEM)
    assert version() not in seen
    assert world.hold(event, Standard=1).quote["total"] == 2455 + 246 + 385
    kept = kept_offer(date.pk)
    assert kept is not None
    assert kept.version == version()

    order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)
    assert order.total == 3031


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"name": "facility FEE"}, "name"),
        ({"fixed": 0}, "fixed"),
        ({"fixed": -1}, "fixed"),
        ({"fixed": 10_000_000}, "fixed"),
        ({"basis_points": 10_001}, "percent"),
        ({"basis_points": 100, "is_per_order": True}, "percent"),
    ],
)
def test_a_fee_that_makes_no_sense_is_refused_and_nothing_changes(
    event: Event, change: dict[str, Any], field: str
) -> None:
    before = world.the_performance(event).offer_version
    fields = {"name": "More", "is_per_order": False, "basis_points": 0, "fixed": 100, "tax_id": None, **change}

    with pytest.raises(ChargeInvalid) as refused:
        add_own_fee(event_id=event.pk, actor=SYSTEM, **fields)

    assert refused.value.extra["field"] == field
    assert OwnFee.objects.count() == 2
    assert world.the_performance(event).offer_version == before


def test_a_tax_in_use_or_twice_the_same_is_refused(event: Event) -> None:
    rate = TaxRate.objects.get(name="VAT")

    with pytest.raises(ChargeInvalid):
        remove_tax_rate(tax_id=rate.pk, actor=SYSTEM)
    with pytest.raises(ChargeInvalid):
        add_tax_rate(name="vat", basis_points=1900, is_inclusive=True, actor=SYSTEM)
    with pytest.raises(ChargeInvalid):
        add_tax_rate(name="", basis_points=100, is_inclusive=True, actor=SYSTEM)

    assert TaxRate.objects.count() == 2
    unused = add_tax_rate(name="VAT", basis_points=700, is_inclusive=True, actor=SYSTEM)
    remove_tax_rate(tax_id=unused.pk, actor=SYSTEM)
    assert TaxRate.objects.count() == 2


def test_a_kind_of_fee_that_is_ours_has_no_name_of_its_own(event: Event) -> None:
    order = world.place_order(event, Standard=1)

    assert set(order.fees.values_list("kind", "name")) == {
        ("service", ""),
        ("own", "Facility fee"),
        ("own", "Delivery"),
    }
    assert str(Fee.Kind.SERVICE.label) == "Service fee"
