"""Seats with what has no seat: parking and a drink in the same claim, and bundles that have seats among their parts."""

import pytest

from analytics.invariants import breaches
from analytics.stock_prover import compare_stock
from audit.actions import user_actor
from checkout import actions as checkout
from checkout.changes import move_to_map_version
from checkout.errors import BasketInvalid
from checkout.refunds import GivingBack, give_back
from checkout.seats import SeatChoice
from events.actions import add_ticket_type
from events.add_ons import set_add_on
from events.bundles import PartWish, set_bundle
from events.errors import EventInvalid
from events.models import Bundle, TicketType
from events.seating_plan import plan_of
from inventory.errors import LimitExceeded, SeatsInvalid, SeatTaken, SoldOut
from inventory.models import Hold, Place
from inventory.queries import availability
from notifications.models import EmailMessage
from orders.models import Order
from outbox.actions import drain
from pricing.quote import Quote
from tests import world
from tickets.models import Ticket

NORA = user_actor("00000000-0000-0000-0000-000000000001")
ADD_ONS = (("Parking", 800, 3), ("Drink", 500, 50))


@pytest.fixture
def event(paying: world.House) -> world.Event:
    """Stalls for adults and children; at most one parking to a ticket, and drinks."""
    made = world.make_seated_event(add_ons=ADD_ONS, orphans="off")
    set_add_on(ticket_type_id=world.kind_of(made, "Parking").pk, is_add_on=True, most=1, actor=NORA)
    return made


@pytest.fixture
def evening(event: world.Event) -> Bundle:
    """Two seats and one parking: 28 + 28 + 4."""
    parts = [("Adult", 2, 2800), ("Parking", 1, 400)]
    wishes = [PartWish(world.kind_of(event, name).pk, n, price) for name, n, price in parts]
    return set_bundle(event_id=event.pk, name="Evening", perk="", max_per_order=4, parts=wishes, actor=NORA)


def hold(event, seats: dict, **more: int) -> Hold:
    """`hold(event, {"Adult": ["Stalls-A-1"]}, Parking=1)`; a bundle's seats go by its name."""

    def pk_of(name: str):
        bundle = event.bundles.filter(name=name).first()
        return bundle.pk if bundle else world.kind_of(event, name).pk

    named = {pk_of(name): world.seats_named(event, *ids) for name, ids in seats.items()}
    basket = {pk: len(indexes) for pk, indexes in named.items()} | {pk_of(name): n for name, n in more.items()}
    chosen = SeatChoice(map=plan_of(event.pk).version.hash, seats=named) if named else None
    return checkout.place_hold(performance_id=world.the_performance(event).pk, basket=basket, seats=chosen)


def paid(held: Hold) -> Order:
    order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)
    world.pay(order)
    checkout.settle_payment(order_id=order.pk)
    order.refresh_from_db()
    return order


def lines(held: Hold) -> list:
    return [(line.name, line.quantity, line.price, list(line.seats)) for line in Quote.from_dict(held.quote).lines]


def test_seats_and_parking_are_one_hold_one_order_and_given_back_apart(event, media):
    held = hold(event, {"Adult": ["Stalls-A-1", "Stalls-A-2"]}, Parking=1, Drink=2)

    assert lines(held) == [
        ("Adult", 2, 3000, ["Stalls-A-1", "Stalls-A-2"]),
        ("Parking", 1, 800, []),
        ("Drink", 2, 500, []),
    ]
    assert Place.objects.filter(state="held").count() == 5

    order = paid(held)
    assert order.state == Order.State.PAID
    positions = [(one.ticket_type_name, one.seat_words) for one in order.positions.order_by("index")]
    assert positions == [
        ("Adult", "Stalls, row A, seat 1"),
        ("Adult", "Stalls, row A, seat 2"),
        ("Parking", ""),
        ("Drink", ""),
        ("Drink", ""),
    ]
    assert Ticket.objects.filter(position__order=order, state="valid").count() == 5
    while drain():
        pass
    mail = EmailMessage.objects.get(to=world.BEA.email)
    assert "Parking" in mail.text
    assert "Stalls, row A, seat 1" in mail.text

    parking = order.positions.get(ticket_type_name="Parking")
    give_back(order_id=order.pk, asked=GivingBack(frozenset([parking.pk]), cancels=True, amount=800), actor=NORA)
    assert order.payment.refunds.get().amount == 800
    assert availability([order.performance_id])[order.performance_id].types[parking.ticket_type_id].left == 3
    assert compare_stock(order.performance_id).differences == 0
    assert breaches() == {}


@pytest.mark.parametrize(
    ("seats", "more", "refused", "words"),
    [
        ({}, {"Parking": 1}, BasketInvalid, "“Parking” goes only with a ticket"),
        ({"Adult": ["Stalls-A-1"]}, {"Parking": 2}, LimitExceeded, "At most 1 of “Parking” with these tickets"),
        ({"Adult": ["Stalls-A-1"], "Parking": ["Stalls-A-2"]}, {}, SeatsInvalid, "“Parking” is not for these seats"),
    ],
)
def test_what_does_not_go_together_is_refused(event, seats, more, refused, words):
    with pytest.raises(refused, match=words):
        hold(event, seats, **more)

    assert not Hold.objects.exists()
    assert not Place.objects.filter(state="held").exists()


def test_all_or_nothing_whatever_is_gone(event):
    hold(event, {"Adult": ["Stalls-A-1", "Stalls-A-2"]}, Parking=2)

    with pytest.raises(SoldOut, match="Only 1 of “Parking” left"):
        hold(event, {"Adult": ["Stalls-A-3", "Stalls-A-4"]}, Parking=2)
    with pytest.raises(SeatTaken):
        hold(event, {"Adult": ["Stalls-A-2", "Stalls-A-3"]}, Parking=1)

    assert Hold.objects.count() == 1
    assert Place.objects.filter(state="held").count() == 4
    assert breaches() == {}


def test_the_best_seats_come_with_add_ons_and_with_bundles(event, evening):
    held = hold(event, {}, Adult=1, Drink=1, Evening=1)

    (seat, _drink, pair, parking) = lines(held)
    assert [len(line[3]) for line in (seat, pair, parking)] == [1, 2, 0]
    numbers = sorted(int(one.rsplit("-", 1)[1]) for one in (*seat[3], *pair[3]))
    assert numbers == list(range(numbers[0], numbers[0] + 3))  # side by side
    assert {one.rsplit("-", 1)[0] for one in (*seat[3], *pair[3])} == {seat[3][0].rsplit("-", 1)[0]}


def test_a_bundle_has_the_seats_that_were_chosen_for_it(event, evening):
    held = hold(event, {"Evening": ["Stalls-A-2", "Stalls-A-1"], "Child": ["Stalls-A-3"]}, Evening=1)

    assert lines(held) == [
        ("Adult", 2, 2800, ["Stalls-A-1", "Stalls-A-2"]),
        ("Parking", 1, 400, []),
        ("Child", 1, 1500, ["Stalls-A-3"]),
    ]
    order = paid(held)
    assert [
        (one.seat_id, (one.steps or [{}])[0].get("kind") == "bundle") for one in order.positions.order_by("index")
    ] == [
        ("Stalls-A-1", True),
        ("Stalls-A-2", True),
        ("", True),
        ("Stalls-A-3", False),
    ]
    assert breaches() == {}


@pytest.mark.parametrize("seats", [["Stalls-A-1"], ["Stalls-A-1", "Stalls-A-2", "Stalls-A-3"]])
def test_a_bundle_has_as_many_seats_as_it_has(event, evening, seats):
    with pytest.raises(SeatsInvalid, match="“Evening” comes with 2 seats"):
        hold(event, {"Evening": seats}, Evening=1)

    assert not Hold.objects.exists()


def test_without_a_category_there_are_only_add_ons(northside):
    event = world.make_seated_event(kinds=(), add_ons=(), is_published=False)

    def add(name: str, **facts: object) -> None:
        add_ticket_type(event_id=event.pk, name=name, perk="", price=0, max_per_order=9, actor=NORA, **facts)

    with pytest.raises(EventInvalid, match="Without one it is an add-on"):
        add("Anybody", quantity=5)
    with pytest.raises(EventInvalid, match="Add a ticket first"):
        add("Parking", quantity=5, is_add_on=True)
    add("Adult", category=world.STALLS)
    add("Parking", quantity=5, is_add_on=True)
    with pytest.raises(EventInvalid, match="Without one it is an add-on"):
        set_add_on(ticket_type_id=world.kind_of(event, "Parking").pk, is_add_on=False, actor=NORA)

    assert world.kind_of(event, "Parking").is_add_on


def test_what_has_no_seat_stays_as_it_is_when_the_event_moves_to_another_map(event):
    hold(event, {"Adult": ["Stalls-A-1"]}, Parking=1)
    smaller = world.publish_map(event.venue, world.seat_map(("Stalls", world.STALLS, (6,)), name="Smaller"))

    move_to_map_version(event_id=event.pk, version_id=smaller.pk, actor=NORA)

    assert dict(event.quotas.values_list("name", "size")) == {"Stalls": 6, "Parking": 3, "Drink": 50}
    assert Place.objects.filter(pool__quota__name="Parking").count() == 3
    assert breaches() == {}
    TicketType.objects.filter(name="Drink").update(is_add_on=False)
    assert set(breaches()) == {"seats"}
