"""One date of a run on another map: its own pools, search, holds and words; whoever has a seat keeps it; and back again."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.invariants import breaches
from analytics.map_dates import dates_of_map
from analytics.stock_prover import compare_stock
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.changes import give_date_a_map, move_to_map_version
from checkout.dates import add_dates
from checkout.errors import MapMoveRefused
from checkout.publish import publish_event
from checkout.seats import SeatChoice
from events.errors import EventInvalid
from events.models import DateMap, Event, Performance
from events.seating_plan import painting_of, plan_of_date
from events.series import DateTimes
from inventory.errors import MapChanged, NotOnSale, TooFewFree
from inventory.models import Hold, Place
from inventory.queries import hash_of_map, seats_of_hold
from inventory.seat_vector import read_vectors
from orders.models import Order
from tests import world
from tests.world import BALCONY, STALLS, STANDING

KINDS = (("Adult", 0, STALLS), ("High", 0, BALCONY), ("Standing", 0, STANDING))


def hall(stalls: Any, *, standing: int = 4, name: str = "The hall") -> dict[str, Any]:
    return world.seat_map(("Stalls", STALLS, stalls), ("Balcony", BALCONY, (4,)), standing=standing, name=name)


def small(name: str = "Studio") -> dict[str, Any]:
    """Another map of the venue: a single block of six, and nobody stands."""
    return world.seat_map(("Block", STALLS, (6,)), name=name)


@pytest.fixture
def event(northside: world.House) -> Event:
    """Two evenings in the same hall."""
    return two_evenings(world.make_seated_event(hall((4, 4)), kinds=KINDS, orphans="off"))


def two_evenings(event: Event) -> Event:
    first = event.performances.get()
    day = timedelta(days=1)
    add_dates(
        event_id=event.pk,
        times=[DateTimes(first.starts_at + day, first.ends_at + day, first.doors_at + day)],
        actor=SYSTEM,
    )
    return event


def evenings(event: Event) -> list[Performance]:
    return list(event.performances.order_by("starts_at"))


def hold(date: Performance, kind: str, *seats: str) -> Hold:
    plan = plan_of_date(date.pk)
    assert plan is not None
    found = [painting_of(plan).compiled.index_of(seat) for seat in seats]
    kind_id = world.kind_of(date.event, kind).pk
    chosen = SeatChoice(map=plan.version.hash, seats={kind_id: [index for index in found if index is not None]})
    return checkout.place_hold(
        performance_id=date.pk, basket={kind_id: max(1, len(seats))}, seats=chosen if seats else None
    )


def places(date: Performance) -> dict[str, int]:
    found = {pool.quota.name: pool.places.count() for pool in date.pools.filter(quota__isnull=False)}
    return dict(sorted(found.items()))


def give(date: Performance, document: dict[str, Any], **how: Any) -> Any:
    version = world.publish_map(date.event.venue, document)
    return give_date_a_map(performance_id=date.pk, version_id=version.pk, actor=SYSTEM, **how)


def test_one_evening_sells_another_map_and_the_other_what_it_sold(event: Event) -> None:
    first, second = evenings(event)

    found = give(second, small())

    assert (len(found.added), len(found.removed), len(found.areas)) == (6, 12, 1)
    assert places(first) == {"Balcony": 4, "Stalls": 8, "Standing": 4}
    assert places(second) == {"Balcony": 0, "Stalls": 6, "Standing": 0}
    assert dict(event.quotas.values_list("name", "size")) == {"Stalls": 8, "Balcony": 4, "Standing": 4}
    assert hash_of_map(first.pk) != hash_of_map(second.pk)
    vectors = read_vectors([first.pk, second.pk])
    assert [vectors[date.pk].n for date in (first, second)] == [12, 6]
    assert breaches() == {}

    held = hold(second, "Adult", "Block-A-2", "Block-A-3")
    assert [seat.words for seat in seats_of_hold(held)] == ["Block, row A, seat 2", "Block, row A, seat 3"]
    order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)
    assert order.state == Order.State.PAID
    assert {one.seat_words for one in order.positions.all()} == {"Block, row A, seat 2", "Block, row A, seat 3"}
    best = checkout.place_hold(performance_id=second.pk, basket={world.kind_of(event, "Adult").pk: 3})
    assert {seat.section for seat in seats_of_hold(best)} == {"Block"}
    hold(first, "Adult", "Stalls-B-1")
    for kind in ("High", "Standing"):
        with pytest.raises(NotOnSale):
            hold(second, kind)
    assert compare_stock(second.pk).differences == 0
    assert breaches() == {}


def test_looking_changes_nothing(event: Event) -> None:
    _first, second = evenings(event)

    found = give(second, small(), is_dry_run=True)

    assert len(found.removed) == 12
    assert not DateMap.objects.exists()
    assert places(second) == {"Balcony": 4, "Stalls": 8, "Standing": 4}


def test_nobody_loses_a_seat_or_a_place_to_stand(event: Event) -> None:
    _first, second = evenings(event)
    held = hold(second, "Adult", "Stalls-A-1")

    with pytest.raises(MapMoveRefused) as refused:
        give(second, small())

    assert refused.value.extra["seats"] == ["Stalls, row A, seat 1"]
    checkout.release_hold(hold_id=held.pk, token=held.token)
    hold(second, "Standing")
    with pytest.raises(TooFewFree):
        give(second, small("Another studio"))
    assert not DateMap.objects.exists()
    assert places(second) == {"Balcony": 4, "Stalls": 8, "Standing": 4}
    assert breaches() == {}


def test_a_choice_on_the_old_map_is_refused_as_such(event: Event) -> None:
    _first, second = evenings(event)
    before = plan_of_date(second.pk)
    assert before is not None
    kind = world.kind_of(event, "Adult").pk
    give(second, hall((5, 5), name="Larger"))

    with pytest.raises(MapChanged):
        checkout.place_hold(
            performance_id=second.pk, basket={kind: 1}, seats=SeatChoice(map=before.version.hash, seats={kind: [0]})
        )

    assert not Hold.objects.exists()


def test_the_event_moves_without_the_date_that_has_a_map_of_its_own(event: Event) -> None:
    first, second = evenings(event)
    give(second, small())
    larger = world.publish_map(event.venue, hall((6, 6)))

    move_to_map_version(event_id=event.pk, version_id=larger.pk, actor=SYSTEM)

    assert places(first) == {"Balcony": 4, "Stalls": 12, "Standing": 4}
    assert places(second) == {"Balcony": 0, "Stalls": 6, "Standing": 0}
    assert breaches() == {}
    assert [date.pk for date in dates_of_map(larger.seat_map_id)] == [first.pk]
    own = second.own_map.version
    assert [date.pk for date in dates_of_map(own.seat_map_id)] == [second.pk]

    # Back on the event's map, which is another one by now.
    give_date_a_map(performance_id=second.pk, version_id=None, actor=SYSTEM)

    assert not DateMap.objects.exists()
    assert places(second) == places(first)
    assert not second.own_quotas.exists()
    assert Place.objects.filter(pool__performance=second, seat__isnull=False).count() == 16
    assert breaches() == {}


def test_a_draft_s_date_opens_on_its_own_map(northside: world.House) -> None:
    draft = two_evenings(world.make_seated_event(hall((4, 4)), kinds=KINDS, is_published=False))
    first, second = evenings(draft)
    give(second, small())

    publish_event(event_id=draft.pk, actor=SYSTEM)

    assert places(first) == {"Balcony": 4, "Stalls": 8, "Standing": 4}
    assert places(second) == {"Balcony": 0, "Stalls": 6, "Standing": 0}
    assert read_vectors([second.pk])[second.pk].n == 6
    assert breaches() == {}


def test_only_what_the_event_has_tickets_for_and_only_maps_of_its_venue(event: Event) -> None:
    _first, second = evenings(event)
    elsewhere = world.make_seated_event(small("Far away"), kinds=KINDS[:1], title="Elsewhere")
    foreign = elsewhere.seating.version

    with pytest.raises((EventInvalid, MapMoveRefused), match="Box"):
        give(second, world.seat_map(("Stalls", STALLS, (4, 4)), ("Box", "box", (2,)), name="Boxes"))
    if foreign.seat_map.venue_id != event.venue_id:
        with pytest.raises(EventInvalid, match="of this venue"):
            give_date_a_map(performance_id=second.pk, version_id=foreign.pk, actor=SYSTEM)
    plain = world.make_event(kinds=((world.FREE, 0, 5),))
    with pytest.raises(EventInvalid, match="no seat map"):
        give_date_a_map(performance_id=world.the_performance(plain).pk, version_id=foreign.pk, actor=SYSTEM)

    assert not DateMap.objects.exists()
    assert breaches() == {}
