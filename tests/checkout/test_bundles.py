"""Ticket, hotel and parking as one: claimed together, priced, taxed and given back part by part."""

import pytest

from analytics.invariants import breaches
from analytics.stock_prover import compare_stock
from audit.actions import user_actor
from checkout import actions as checkout
from checkout.refunds import GivingBack, give_back
from events.bundles import PartWish, remove_bundle, set_bundle
from events.charges import add_tax_rate, tax_ticket_type
from events.errors import EventInvalid
from events.models import Bundle
from inventory.errors import LimitExceeded, SoldOut
from inventory.models import Hold, Place
from inventory.queries import availability
from orders.models import Order
from pricing.quote import Quote
from tests import world
from tests.world import STANDARD

NORA = user_actor("00000000-0000-0000-0000-000000000001")
HOTEL, PARKING = "Hotel night", "Parking"


@pytest.fixture
def event(paying: world.House) -> world.Event:
    return world.make_event(kinds=((STANDARD, 5000, 10), (HOTEL, 9000, 3), (PARKING, 1000, 5)))


@pytest.fixture
def weekend(event: world.Event) -> Bundle:
    """Two tickets, a hotel night, parking: 45 + 45 + 80 + 5."""
    parts = [(STANDARD, 2, 4500), (HOTEL, 1, 8000), (PARKING, 1, 500)]
    wishes = [PartWish(world.kind_of(event, name).pk, quantity, price) for name, quantity, price in parts]
    return set_bundle(event_id=event.pk, name="Weekend", perk="", max_per_order=4, parts=wishes, actor=NORA)


def hold(bundle: Bundle, n: int, **more: int) -> Hold:
    basket = {bundle.pk: n, **{world.kind_of(bundle.event, name).pk: m for name, m in more.items()}}
    return checkout.place_hold(performance_id=world.the_performance(bundle.event).pk, basket=basket)


def left(bundle: Bundle) -> int:
    date = world.the_performance(bundle.event).pk
    return availability([date])[date].types[bundle.pk].left


def test_a_bundle_is_its_parts_with_their_taxes(event, weekend):
    rate = add_tax_rate(name="VAT", basis_points=700, is_inclusive=True, actor=NORA)
    tax_ticket_type(ticket_type_id=world.kind_of(event, HOTEL).pk, tax_id=rate.pk, actor=NORA)

    held = hold(weekend, 1, Standard=1)

    quote = Quote.from_dict(held.quote)
    lines = [(line.name, line.quantity, line.price, line.bundle) for line in quote.lines]
    assert lines == [
        (STANDARD, 2, 4500, str(weekend.pk)),
        (HOTEL, 1, 8000, str(weekend.pk)),
        (PARKING, 1, 500, str(weekend.pk)),
        (STANDARD, 1, 5000, ""),
    ]
    assert [(step.kind, step.name, step.amount) for step in quote.lines[1].steps] == [("bundle", "Weekend", 8000)]
    (tax,) = quote.taxes
    assert (tax.base, tax.amount) == (8250, 540)  # 8250 * 7 / 107
    order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)
    world.pay(order)
    checkout.settle_payment(order_id=order.pk)
    order.refresh_from_db()
    assert order.state == Order.State.PAID
    assert Place.objects.filter(state="sold").count() == 5
    assert compare_stock(order.performance_id).differences == 0
    assert breaches() == {}

    hotel = order.positions.get(ticket_type_name=HOTEL)
    give_back(order_id=order.pk, asked=GivingBack(frozenset([hotel.pk]), cancels=True, amount=8250), actor=NORA)

    order.refresh_from_db()
    assert (order.state, order.payment.refunds.get().amount) == (Order.State.PAID, 8250)
    assert left(weekend) == 3
    assert compare_stock(order.performance_id).differences == 0
    assert breaches() == {}


def test_there_are_as_many_as_the_scarcest_part_allows(event, weekend):
    assert left(weekend) == 3
    world.hold(event, Standard=5)
    assert left(weekend) == 2  # five tickets are left, two to a bundle

    with pytest.raises(SoldOut, match="Only 5 of “Standard” left"):
        hold(weekend, 3)
    with pytest.raises(SoldOut, match="Only 5 of “Standard” left"):
        hold(weekend, 2, Standard=2)
    with pytest.raises(LimitExceeded, match="At most 4 of “Weekend” per order"):
        hold(weekend, 5)

    assert Hold.objects.count() == 1
    hold(weekend, 2)
    assert left(weekend) == 0
    assert breaches() == {}


def test_a_bundle_that_changes_or_goes_counts_from_the_next_hold_on(event, weekend):
    before = hold(weekend, 1)
    parts = [PartWish(world.kind_of(event, STANDARD).pk, 2, 4000)]

    set_bundle(event_id=event.pk, bundle_id=weekend.pk, name="Pair", perk="", max_per_order=4, parts=parts, actor=NORA)

    assert Quote.from_dict(hold(weekend, 1).quote).subtotal == 8000
    assert Quote.from_dict(Hold.objects.get(pk=before.pk).quote).subtotal == 17500
    remove_bundle(event_id=event.pk, bundle_id=weekend.pk, actor=NORA)
    with pytest.raises(Exception, match="not offered for this date"):
        hold(weekend, 1)


def test_bundles_that_make_no_sense_are_refused(event, weekend):
    kind = world.kind_of(event, STANDARD).pk

    for parts, words in (
        ([PartWish(kind, 1, 100)], "at least two tickets"),
        ([PartWish(kind, 1, 100), PartWish(kind, 1, 100)], "at least two tickets"),
        ([PartWish(kind, 11, 100)], "Between 1 and 10"),
        ([PartWish(kind, 2, -1)], "not negative"),
    ):
        with pytest.raises(EventInvalid, match=words):
            set_bundle(
                event_id=event.pk, bundle_id=weekend.pk, name="X", perk="", max_per_order=4, parts=parts, actor=NORA
            )

    weekend.refresh_from_db()
    assert (weekend.name, weekend.price) == ("Weekend", 17500)
