"""Seats of a map: held by name, sold by name, given back; never others than were named."""

import pytest

from analytics.invariants import breaches
from checkout import actions as checkout
from checkout.changes import change_quantity
from checkout.errors import SeatsNeeded
from checkout.holding import asked_by
from checkout.seats import SeatChoice
from events.errors import EventInvalid, NotPublishable
from inventory.errors import AccessSeat, MapChanged, SeatsInvalid, SeatTaken, SingleSeatLeft, WholeTable
from inventory.models import Hold, Place, SeatPlace, SeatRun
from inventory.queries import seats_of_hold, seats_of_positions
from orders.queries import seats_of_order
from tests import world
from tests.world import BALCONY, BEA, STALLS, STANDING

ROW_A = [f"Stalls-A-{n}" for n in range(1, 11)]
FREE_KINDS = (("Adult", 0, STALLS), ("Child", 0, STALLS))


def state_of(*ids: str) -> list[str]:
    states = dict(SeatPlace.objects.values_list("seat_id", "place__state"))
    return [states[seat_id] for seat_id in ids]


@pytest.fixture
def hall(northside: world.House) -> object:
    """Two rows of ten, adults and children, for nothing."""
    return world.make_seated_event(kinds=FREE_KINDS)


def test_a_category_has_one_quota_with_a_place_for_each_seat(northside):
    document = world.seat_map(("Stalls", STALLS, (10, (3, 4))), ("Balcony", BALCONY, (5,)), wheelchairs=1, standing=40)
    event = world.make_seated_event(
        document,
        kinds=(("Adult", 0, STALLS), ("Child", 0, STALLS), ("Balcony", 0, BALCONY), ("Standing", 0, STANDING)),
        closed=["Stalls-A-1"],
    )

    assert dict(event.quotas.values_list("name", "size")) == {"Stalls": 18, "Balcony": 5, "Standing": 40}
    assert Place.objects.filter(pool__performance__event=event).count() == 63
    seats = SeatPlace.objects.filter(performance__event=event).order_by("seat_index")
    assert seats.count() == 23  # the closed one has no place
    assert seats[0].words == "Stalls, row A, seat 2"
    assert list(seats.values_list("seat_id", flat=True))[-6:-4] == ["WC-1", "Balcony-A-1"]
    assert list(SeatRun.objects.order_by("run").values_list("first", "count")) == [
        (0, 10), (10, 3), (13, 4), (17, 2), (19, 5),
    ]  # fmt: skip
    assert breaches() == {}


def test_an_event_is_not_published_before_every_category_has_a_price(northside):
    document = world.seat_map(("Stalls", STALLS, (4,)), ("Balcony", BALCONY, (4,)))

    with pytest.raises(NotPublishable) as refused:
        world.make_seated_event(document, kinds=(("Adult", 0, STALLS),))

    assert str(refused.value.detail) == "Add a ticket type for every category of the seat map. Missing: Balcony."


def test_the_number_of_seats_is_the_maps_to_say(hall):
    with pytest.raises(EventInvalid) as refused:
        change_quantity(ticket_type_id=world.kind_of(hall, "Adult").pk, quantity=5, actor=world.SYSTEM)

    assert refused.value.extra == {"field": "quantity"}


def test_a_hold_keeps_the_seats_that_were_named(hall):
    hold = world.hold_seats(hall, Adult=["Stalls-A-4", "Stalls-A-3"], Child=["Stalls-A-5"])

    assert [seat.words for seat in seats_of_hold(hold)] == [
        "Stalls, row A, seat 3",
        "Stalls, row A, seat 4",
        "Stalls, row A, seat 5",
    ]
    assert [line["seats"] for line in hold.quote["lines"]] == [("Stalls-A-3", "Stalls-A-4"), ("Stalls-A-5",)]
    assert state_of("Stalls-A-2", "Stalls-A-3", "Stalls-A-4", "Stalls-A-5") == ["free", "held", "held", "held"]


def test_each_position_knows_its_seat_through_sale_and_refund(hall):
    order = world.order_seats(hall, Child=["Stalls-A-6"], Adult=["Stalls-A-5", "Stalls-A-4"])

    positions = list(order.positions.order_by("index"))
    seated = seats_of_positions([one.pk for one in positions])
    assert [(one.ticket_type_name, seated[one.pk].words) for one in positions] == [
        ("Child", "Stalls, row A, seat 6"),
        ("Adult", "Stalls, row A, seat 4"),
        ("Adult", "Stalls, row A, seat 5"),
    ]
    assert breaches() == {}

    checkout.refund_order(order_id=order.pk, actor=world.SYSTEM)

    assert state_of("Stalls-A-4", "Stalls-A-5", "Stalls-A-6") == ["free"] * 3
    assert [seats_of_order(order)[one.pk].label for one in positions] == ["6", "4", "5"]
    assert seats_of_positions([one.pk for one in positions]) == {}


def test_a_taken_seat_is_refused_by_name(hall):
    world.hold_seats(hall, Adult=["Stalls-A-1", "Stalls-A-2"])

    with pytest.raises(SeatTaken) as refused:
        world.hold_seats(hall, Adult=["Stalls-A-2", "Stalls-A-3"])

    assert refused.value.extra["seats"] == world.seats_named(hall, "Stalls-A-2")
    assert refused.value.extra["alternative"] == world.seats_named(hall, "Stalls-A-6", "Stalls-A-7")
    assert str(refused.value.detail) == "Somebody else has just taken seat 2 in row A, Stalls."
    assert Hold.objects.count() == 1


def test_seats_of_a_lapsed_hold_are_free_at_once(hall):
    with world.an_hour_ago():
        lost = world.hold_seats(hall, Adult=["Stalls-A-1", "Stalls-A-2"])

    taken = world.hold_seats(hall, Adult=["Stalls-A-1", "Stalls-A-2"])

    assert list(Place.objects.filter(hold=lost)) == []
    assert Place.objects.filter(hold=taken).count() == 2


def test_paid_late_the_very_same_seats_are_sold_or_none(paying):
    event = world.make_seated_event()
    with world.an_hour_ago():
        untouched = world.order_seats(event, Adult=["Stalls-A-1", "Stalls-A-2"])
        lost = world.order_seats(event, Adult=["Stalls-A-5", "Stalls-A-6"])
        given_up = world.order_seats(event, Adult=["Stalls-B-1", "Stalls-B-2"])
    world.hold_seats(event, Adult=["Stalls-A-6", "Stalls-A-7"])
    other = world.hold_seats(event, Adult=["Stalls-B-1", "Stalls-B-2"])
    checkout.release_hold(hold_id=other.pk, token=other.token)

    assert checkout.secure_order(order_id=untouched.pk)
    assert not checkout.secure_order(order_id=lost.pk)
    assert checkout.secure_order(order_id=given_up.pk)

    assert state_of("Stalls-A-1", "Stalls-A-2", "Stalls-A-5", "Stalls-A-6") == ["sold", "sold", "free", "held"]
    assert [seat.label for seat in seats_of_positions(given_up.positions.values_list("pk", flat=True)).values()] == [
        "1",
        "2",
    ]
    lost.refresh_from_db()
    assert (lost.state, lost.cancel_reason) == ("cancelled", "places_gone")


def test_what_is_no_choice_of_seats_is_refused_before_anything_is_locked(hall):
    performance = world.the_performance(hall)
    adult = world.kind_of(hall, "Adult").pk
    good = world.choice(hall, Adult=["Stalls-A-1"])

    def refused(error: type[Exception], seats: list[int], *, quantity: int = 1, map: str = good.map) -> Exception:
        with pytest.raises(error) as caught:
            checkout.place_hold(
                performance_id=performance.pk, basket={adult: quantity}, seats=SeatChoice(map, {adult: seats})
            )
        return caught.value

    assert refused(SeatsInvalid, [20]).extra == {"seats": [20]}
    assert refused(SeatsInvalid, [3, 3], quantity=2).extra == {"seats": [3]}
    refused(SeatsInvalid, [3], quantity=2)
    assert refused(MapChanged, [3], map="0" * 32).extra == {"map": good.map}
    with pytest.raises(SeatsNeeded):
        checkout.place_hold(
            performance_id=performance.pk, basket={adult: 1, world.kind_of(hall, "Child").pk: 1}, seats=good
        )
    assert not Hold.objects.exists()


def test_a_ticket_of_another_category_is_no_ticket_for_a_seat(northside):
    event = world.make_seated_event(
        world.seat_map(("Stalls", STALLS, (4,)), ("Balcony", BALCONY, (4,))),
        kinds=(("Stalls", 0, STALLS), ("Balcony", 0, BALCONY)),
    )

    with pytest.raises(SeatsInvalid) as refused:
        world.hold_seats(event, Balcony=["Stalls-A-1", "Balcony-A-1"])

    assert refused.value.extra["seats"] == world.seats_named(event, "Stalls-A-1")
    assert str(refused.value.detail) == "“Balcony” is not for these seats."


def test_no_single_seat_is_left_where_it_can_be_avoided(hall):
    with pytest.raises(SingleSeatLeft) as refused:
        world.hold_seats(hall, Adult=["Stalls-A-2", "Stalls-A-3"])

    assert refused.value.extra["seats"] == world.seats_named(hall, "Stalls-A-1")
    assert str(refused.value.detail) == ("This would leave seat 1 in row A on its own. Please move by a seat.")
    world.hold_seats(hall, Adult=ROW_A[:9])  # nine of ten leave one however they sit


def test_lenient_rules_are_for_up_to_four_and_off_is_off(northside):
    lenient = world.make_seated_event(kinds=FREE_KINDS, orphans="lenient")
    off = world.make_seated_event(kinds=FREE_KINDS, orphans="off")

    world.hold_seats(lenient, Adult=ROW_A[1:6])
    with pytest.raises(SingleSeatLeft):
        world.hold_seats(lenient, Adult=["Stalls-B-2", "Stalls-B-3", "Stalls-B-4", "Stalls-B-5"])
    world.hold_seats(off, Adult=["Stalls-A-2"])


def test_a_whole_table_is_taken_together_or_not_at_all(northside):
    event = world.make_seated_event(
        world.seat_map(("Stalls", STALLS, (4,)), tables=(("1", 4, True), ("2", 4, False))),
        kinds=FREE_KINDS,
        closed=["T1-4"],
    )

    with pytest.raises(WholeTable) as refused:
        world.hold_seats(event, Adult=["T1-1", "T1-2"])
    assert refused.value.extra["seats"] == world.seats_named(event, "T1-3")
    assert str(refused.value.detail) == "Table 1 is sold as a whole: take all its 3 seats."

    world.hold_seats(event, Adult=["T1-1", "T1-2"], Child=["T1-3"])
    world.hold_seats(event, Adult=["T2-2"])


def test_wheelchair_spaces_are_for_who_asks_and_companions_come_with_them(northside):
    event = world.make_seated_event(world.seat_map(("Stalls", STALLS, (4,)), wheelchairs=2), kinds=FREE_KINDS)

    with pytest.raises(AccessSeat):
        world.hold_seats(event, Adult=["W-1"])
    with pytest.raises(AccessSeat) as refused:
        world.hold_seats(event, Adult=["W-1", "WC-2"], is_access=True)
    assert refused.value.extra["seats"] == world.seats_named(event, "WC-2")

    world.hold_seats(event, Adult=["W-1", "WC-1", "Stalls-A-1", "Stalls-A-2"], is_access=True)


def test_wheelchair_spaces_are_released_when_the_others_are_gone(northside):
    event = world.make_seated_event(
        world.seat_map(("Stalls", STALLS, (4,)), wheelchairs=1), kinds=FREE_KINDS, release_access="sold_out"
    )
    with pytest.raises(AccessSeat):
        world.hold_seats(event, Adult=["W-1"])

    world.hold_seats(event, Adult=[f"Stalls-A-{n}" for n in range(1, 5)])

    world.hold_seats(event, Adult=["W-1", "WC-1"])


def test_asking_twice_under_one_key_is_once_and_a_refusal_stays(hall):
    performance, adult = world.the_performance(hall), world.kind_of(hall, "Adult").pk
    asked = asked_by(key="a key nobody else would use", fingerprint="one body", network="")
    mine, theirs = (world.choice(hall, Adult=[seat]) for seat in ("Stalls-A-1", "Stalls-B-1"))

    first = checkout.place_hold(performance_id=performance.pk, basket={adult: 1}, seats=mine, asked=asked)
    again = checkout.place_hold(performance_id=performance.pk, basket={adult: 1}, seats=mine, asked=asked)
    assert (again.pk, again.token, again.expires_at) == (first.pk, first.token, first.expires_at)

    blocking = world.hold_seats(hall, Adult=["Stalls-B-1", "Stalls-B-2"])
    late = asked_by(key="another key nobody would use", fingerprint="another", network="")
    for _time in range(2):
        with pytest.raises(SeatTaken) as refused:
            checkout.place_hold(performance_id=performance.pk, basket={adult: 1}, seats=theirs, asked=late)
        assert str(refused.value.detail) == "Somebody else has just taken seat 1 in row B, Stalls."
        if blocking.state == "live":
            blocking = checkout.release_hold(hold_id=blocking.pk, token=blocking.token)


def test_an_order_of_seats_and_standing_places_has_both(northside):
    event = world.make_seated_event(
        world.seat_map(("Stalls", STALLS, (4,)), standing=3),
        kinds=(("Seat", 0, STALLS), ("Standing", 0, STANDING)),
    )
    chosen = world.choice(event, Seat=["Stalls-A-1", "Stalls-A-2"])
    basket = {world.kind_of(event, "Seat").pk: 2, world.kind_of(event, "Standing").pk: 3}

    hold = checkout.place_hold(performance_id=world.the_performance(event).pk, basket=basket, seats=chosen)
    order = checkout.place_order(hold_id=hold.pk, token=hold.token, buyer=BEA)

    assert [one.seat_id for one in order.positions.order_by("index")] == ["Stalls-A-1", "Stalls-A-2", "", "", ""]
    assert breaches() == {}
