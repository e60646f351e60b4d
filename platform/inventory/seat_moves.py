"""A performance's seats on another version of its map: the same places where seats stay, fewer or more where they do not.

Whoever has a seat keeps its place and so everything that hangs on it. Only free places go, and what was written about them
stays in the journal, as blocked for good.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Max

from audit.actions import Actor
from events.seating_plan import Painting
from inventory.blocks import is_claimable, note_lapses
from inventory.journal import journal
from inventory.live import mark_changed
from inventory.models import Place, Pool, SeatPlace, SeatRun, StockEntry
from inventory.places import add_places, name_seats, write_runs
from inventory.queries import database_now
from inventory.sizing import resize_pool

CAUSE = "map moved to another version"


@dataclass(frozen=True)
class LockedSeats:
    """All seats of a performance and their places, locked. A hold that has lapsed at `at` keeps nothing."""

    performance_id: UUID
    at: datetime
    seats: Mapping[str, tuple[SeatPlace, Place]]  # by seat id

    @property
    def taken(self) -> list[str]:
        """Ids of the seats that are held, sold or blocked."""
        return [seat_id for seat_id, (_seat, place) in self.seats.items() if not is_claimable(place, at=self.at)]


def lock_all_seats(performance_id: UUID) -> LockedSeats:
    """Lock every run of a performance, then every seat's place: nobody chooses meanwhile, and everybody after sees the move.

    Runs in the caller's transaction.
    """
    list(SeatRun.objects.select_for_update().filter(performance_id=performance_id).order_by("run"))
    seats = {seat.place_id: seat for seat in SeatPlace.objects.filter(performance_id=performance_id)}
    places = Place.objects.select_for_update().filter(pk__in=list(seats)).order_by("pool_id", "pk")
    pairs = sorted(((seats[place.pk], place) for place in places), key=lambda pair: pair[0].seat_index)
    return LockedSeats(performance_id, database_now(), {seat.seat_id: (seat, place) for seat, place in pairs})


def move_seats(*, locked: LockedSeats, new: Painting, actor: Actor) -> None:
    """Bring a performance's places to what the new painting offers. Runs in the transaction that has locked them.

    The caller has seen to it that no taken seat goes or changes its category. Raises TooFewFree when an area has more people
    than its new capacity.
    """
    pools = _pools(locked.performance_id)
    for category, pool in pools.items():
        # What was a standing area's and is none on the new map: its places are no seats, whatever the category is there.
        if category and category not in new.area_categories and pool.places.filter(seat=None).exists():
            resize_pool(pool, size=0, actor=actor)
    target = {
        new.compiled.seats[index].id: (index, pools[category].pk)
        for category, indexes in new.seats_by_category.items()
        for index in indexes
    }
    staying = {
        seat_id: place
        for seat_id, (_seat, place) in locked.seats.items()
        if target.get(seat_id, (0, 0))[1] == place.pool_id
    }
    going = [place for seat_id, (_seat, place) in locked.seats.items() if seat_id not in staying]
    SeatPlace.objects.filter(performance_id=locked.performance_id).delete()
    SeatRun.objects.filter(performance_id=locked.performance_id).delete()
    _remove(going, at=locked.at, actor=actor)
    numbers: dict[int, dict[int, int]] = defaultdict(dict)  # of each pool: seat index -> place number
    coming: dict[int, list[int]] = defaultdict(list)
    for seat_id, (index, pool_id) in target.items():
        if seat_id in staying:
            numbers[pool_id][index] = staying[seat_id].number
        else:
            coming[pool_id].append(index)
    for pool_id, indexes in sorted(coming.items()):
        last = Place.objects.filter(pool_id=pool_id).aggregate(last=Max("number"))["last"] or 0
        add_places(pool_id=pool_id, first=last + 1, count=len(indexes))
        numbers[pool_id] |= {index: last + 1 + place for place, index in enumerate(sorted(indexes))}
    for pool_id, of_pool in sorted(numbers.items()):
        name_seats(locked.performance_id, new, pool_id=pool_id, numbers=of_pool)
    write_runs(locked.performance_id, new)
    for category, capacity in sorted(new.area_categories.items()):
        if category in pools and capacity:
            resize_pool(pools[category], size=capacity, actor=actor)
    mark_changed(locked.performance_id)


def _pools(performance_id: UUID) -> dict[str, Pool]:
    """The performance's pool of each category."""
    rows = Pool.objects.filter(performance_id=performance_id).select_related("quota")
    found: dict[str, Pool] = {}
    for pool in rows.order_by("pk"):
        if pool.quota is not None:
            found |= dict.fromkeys(pool.quota.ticket_types.values_list("category", flat=True), pool)
    return found


def _remove(places: Sequence[Place], *, at: datetime, actor: Actor) -> None:
    note_lapses(places, at=at, actor=actor, cause=CAUSE)
    for place in places:
        place.hold_id, place.position_id = None, None
    journal(places, kind=StockEntry.Kind.BLOCK, at=at, actor=actor, cause=CAUSE)
    _delete(place.pk for place in places)


def _delete(place_ids: Iterable[int]) -> None:
    # Their seats are gone already, and nothing else points at free places: no need to look for what would go with them.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM inventory_place WHERE id = ANY (%s)", [list(place_ids)])
