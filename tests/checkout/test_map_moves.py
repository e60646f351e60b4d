"""An event on sale moves to another version of its map: whoever has a seat keeps it, everything else follows the map."""

from typing import Any

import pytest
from django.db.models import Count

from analytics.invariants import breaches
from analytics.stock_prover import compare_stock
from audit.actions import SYSTEM
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout.actions import ANONYMOUS
from checkout.changes import move_to_map_version
from checkout.errors import MapMoveRefused
from checkout.seats import place_seat_hold
from events.errors import EventInvalid
from inventory.errors import MapChanged, TooFewFree
from inventory.models import Place, SeatPlace, SeatRun
from inventory.queries import seats_of_positions
from inventory.seat_vector import read_vectors
from outbox.models import OutboxMessage
from tests import world
from tests.world import BALCONY, STALLS, STANDING

KINDS = (("Adult", 0, STALLS), ("High", 0, BALCONY), ("Standing", 0, STANDING))


def hall(stalls: Any, *, standing: int = 4) -> dict[str, Any]:
    return world.seat_map(("Stalls", STALLS, stalls), ("Balcony", BALCONY, (4,)), standing=standing)


@pytest.fixture
def event(northside: world.House) -> Any:
    return world.make_seated_event(hall((4, 4)), kinds=KINDS)


def move(event: Any, document: dict[str, Any], **how: Any) -> Any:
    version = world.publish_map(event.venue, document)
    return move_to_map_version(event_id=event.pk, version_id=version.pk, actor=SYSTEM, **how)


def sizes(event: Any) -> dict[str, int]:
    return dict(event.quotas.values_list("name", "size"))


def test_seats_come_and_go_and_whoever_has_one_keeps_it(event: Any) -> None:
    sold = world.order_seats(event, Adult=["Stalls-A-3", "Stalls-A-4"])
    held = world.hold_seats(event, High=["Balcony-A-1", "Balcony-A-2"])
    place = Place.objects.get(seat__seat_id="Stalls-A-3")
    document = hall((6, 3))  # two seats more in row A, one fewer in B
    for seat in document["floors"][0]["sections"][0]["rows"][0]["seats"]:
        seat["label"] = str(100 + int(seat["label"]))

    found = move(event, document)

    assert found.as_dict() == {
        "kept": 7,  # three of row B, four of the balcony
        "moved": 0,
        "relabelled": 4,
        "recategorised": 0,
        "added": 2,
        "removed": 1,
        "areas": 0,
    }
    assert sizes(event) == {"Stalls": 9, "Balcony": 4, "Standing": 4}
    place.refresh_from_db()
    assert (place.state, place.seat.words) == ("sold", "Stalls, row A, seat 103")
    seats = seats_of_positions(sold.positions.values_list("pk", flat=True))
    assert sorted(seat.label for seat in seats.values()) == ["103", "104"]
    assert sold.positions.get(index=1).seat_words == "Stalls, row A, seat 103"
    assert OutboxMessage.objects.filter(kind="mail_seats_renamed").count() == 1
    assert Place.objects.filter(hold=held).count() == 2
    assert list(SeatRun.objects.order_by("run").values_list("first", "count")) == [(0, 6), (6, 3), (9, 4)]
    performance = world.the_performance(event).pk
    vector = read_vectors([performance])[performance]
    assert "".join(str(vector.state_of(index)) for index in range(vector.n)) == "0022000001100"
    assert AuditEntry.objects.filter(verb="move_to_map_version").count() == 1
    assert compare_stock(performance).differences == 0
    assert breaches() == {}


def test_who_chose_on_the_old_map_is_told_and_can_choose_again(event: Any) -> None:
    chosen = world.choice(event, Adult=["Stalls-A-1", "Stalls-A-2"])
    basket = {world.kind_of(event, "Adult").pk: 2}
    performance = world.the_performance(event).pk

    move(event, hall((5, 4)))

    with pytest.raises(MapChanged) as refused:
        place_seat_hold(performance_id=performance, basket=basket, choice=chosen, asked=ANONYMOUS)
    event.seating.refresh_from_db()
    assert refused.value.extra == {"map": event.seating.version.hash}
    world.hold_seats(event, Adult=["Stalls-A-1", "Stalls-A-2"])


@pytest.mark.parametrize("how", ["held", "sold", "closed"])
def test_a_seat_that_somebody_has_cannot_go(event: Any, how: str) -> None:
    take = world.order_seats if how == "sold" else world.hold_seats
    take(event, Adult=["Stalls-B-3", "Stalls-B-4"])
    before = SeatPlace.objects.count()

    rows, closed = ((4, 4), ["Stalls-B-4"]) if how == "closed" else ((4, 3), None)
    with pytest.raises(MapMoveRefused) as refused:
        move(event, hall(rows), closed=closed)

    assert refused.value.extra == {"seats": ["Stalls, row B, seat 4"], "n": 1}
    assert SeatPlace.objects.count() == before
    assert sizes(event)["Stalls"] == 8


def test_painted_over_free_seats_cost_something_else_and_taken_ones_stay(event: Any) -> None:
    order = world.order_seats(event, Adult=["Stalls-B-1", "Stalls-B-2"])

    found = move(event, hall((4, 4)), categories={"Stalls-B": BALCONY})

    assert list(found.recategorised) == ["Stalls-B-3", "Stalls-B-4"]
    assert sizes(event) == {"Stalls": 6, "Balcony": 6, "Standing": 4}
    event.seating.refresh_from_db()
    assert event.seating.categories == {"Stalls-B": BALCONY, "Stalls-B-1": STALLS, "Stalls-B-2": STALLS}
    world.hold_seats(event, High=["Stalls-B-3", "Stalls-B-4"])
    assert order.positions.count() == 2
    assert breaches() == {}


def test_a_dry_run_says_the_same_and_changes_nothing(event: Any) -> None:
    before = list(SeatPlace.objects.order_by("pk").values())

    found = move(event, hall((5, 5)), is_dry_run=True)

    assert len(found.added) == 2
    assert list(SeatPlace.objects.order_by("pk").values()) == before
    assert sizes(event)["Stalls"] == 8
    assert not AuditEntry.objects.filter(verb="move_to_map_version").exists()


def test_an_area_shrinks_to_whom_it_has_and_no_further(event: Any) -> None:
    world.hold(event, Standing=3)

    move(event, hall((4, 4), standing=3))
    assert sizes(event)["Standing"] == 3
    with pytest.raises(TooFewFree):
        move(event, hall((4, 4), standing=2))

    assert sizes(event)["Standing"] == 3
    assert breaches() == {}


def test_a_category_that_nobody_could_buy_is_refused(event: Any) -> None:
    document = world.seat_map(("Stalls", STALLS, (4, 4)), ("Balcony", BALCONY, (4,)), ("Box", "box", (2,)), standing=4)

    with pytest.raises(MapMoveRefused) as refused:
        move(event, document)

    assert refused.value.extra == {"categories": ["box"]}


def test_an_area_and_a_balcony_that_are_new_go_on_sale_with_a_price(event: Any) -> None:
    sold = world.order_seats(event, Adult=["Stalls-A-3", "Stalls-A-4"])
    document = world.seat_map(("Stalls", STALLS, (4, 4)), ("Balcony", BALCONY, (4,)), ("Box", "box", (2,)), standing=4)
    terrace = {
        **document["floors"][0]["areas"][0],
        "id": "Terrace",
        "name": "Terrace",
        "capacity": 30,
        "category": "terrace",
    }
    document["floors"][0]["areas"].append(terrace)
    document["categories"].append({"key": "terrace", "name": "Terrace", "color": "#56b4e9"})
    before = offered(event)

    with pytest.raises(MapMoveRefused):
        move(event, document)
    with pytest.raises(EventInvalid):  # nobody could be paid yet
        move(event, document, prices={"terrace": 1500, "box": 0})
    with pytest.raises(EventInvalid):
        move(event, document, prices={"terrace": 0, "box": 0, STALLS: 0})
    move(event, document, prices={"terrace": 0, "box": 0}, is_dry_run=True)
    assert offered(event) == before
    move(event, document, prices={"terrace": 0, "box": 0})

    assert offered(event) == {**before, "Box": 2, "Terrace": 30}
    performance = world.the_performance(event)
    hold = world.hold_seats(event, Box=["Box-A-1", "Box-A-2"])
    assert Place.objects.filter(hold=hold).count() == 2
    stood = checkout.place_hold(performance_id=performance.pk, basket={world.kind_of(event, "Terrace").pk: 5})
    assert Place.objects.filter(hold=stood, pool__quota__name="Terrace").count() == 5
    assert sold.positions.get(index=1).seat_words == "Stalls, row A, seat 3"
    assert compare_stock(performance.pk).differences == 0
    assert breaches() == {}


def offered(event: Any) -> dict[str, int]:
    """How many places of each ticket type Postgres has."""
    pools = Place.objects.filter(pool__quota__event=event).values_list("pool__quota__ticket_types__name")
    return dict(pools.annotate(n=Count("pk")))
