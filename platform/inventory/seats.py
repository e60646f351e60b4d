"""Seats under lock: what is free among them, and whether a choice of them may be taken.

Rules about neighbours are only rules when they are proved while nobody else can take a seat nearby: whoever claims seats
first locks their runs, in ascending order, then reads them, then claims (docs/locking.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from psycopg.errors import LockNotAvailable

from events.models import SeatingPlan
from events.seating_plan import Painting, Seating
from inventory.errors import AccessSeat, Busy, SeatTaken, SingleSeatLeft, WholeTable
from inventory.seat_rules import bits, may_leave, new_singles
from seating.compiled import FLAG_BITS

LENIENT_UP_TO = 4  # seats in one claim
WHEELCHAIR, COMPANION = FLAG_BITS["wheelchair"], FLAG_BITS["companion"]


@dataclass(frozen=True)
class SeatsNow:
    """The seats of some runs while those are locked: `places` has (place, pool) by seat index, `free` what may be taken.

    Closed seats have no place; they are neither.
    """

    places: Mapping[int, tuple[int, int]]
    free: frozenset[int]


def lock_runs(performance_id: UUID, runs: Iterable[int], *, waits: bool = True) -> bool:
    """Keep everybody else from choosing in these runs until the transaction ends, after a second's wait at most for each.

    False when one of them is not there: the event has moved to another map. Without `waits`, one that somebody else has
    locked is Busy at once. Raises Busy.
    """
    wanted = sorted(set(runs))
    busy = _("Others are choosing these seats at this moment. Please try again.")
    query = "SELECT run FROM inventory_seatrun WHERE performance_id = %s AND run = ANY (%s) ORDER BY run FOR UPDATE"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', '1s', true)")
            cursor.execute(query if waits else f"{query} SKIP LOCKED", [performance_id, wanted])
            found = len(cursor.fetchall())
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Busy(busy) from error
        raise
    if found < len(wanted) and not waits:
        raise Busy(busy)
    return found == len(wanted)


def read_runs(performance_id: UUID, shown: Painting, runs: Iterable[int], *, at: datetime | None) -> SeatsNow:
    """The seats of locked runs at instant `at`, None for the database's clock. A hold that has lapsed is free."""
    indexes = [
        index
        for number in sorted(set(runs))
        for index in range(shown.compiled.runs[number].first, _end(shown.compiled.runs[number]))
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT seat.seat_index, place.id, place.pool_id,
                   place.state = 'free' OR (place.state = 'held' AND place.held_until <= coalesce(%s, clock_timestamp()))
              FROM inventory_seatplace seat JOIN inventory_place place ON place.id = seat.place_id
             WHERE seat.performance_id = %s AND seat.seat_index = ANY (%s)
            """,
            [at, performance_id, indexes],
        )
        rows = cursor.fetchall()
    return SeatsNow(
        places={index: (place_id, pool_id) for index, place_id, pool_id, _is_free in rows},
        free=frozenset(index for index, _place, _pool, is_free in rows if is_free),
    )


def check_choice(
    *,
    performance_id: UUID,
    seating: Seating,
    chosen: Sequence[int],
    now: SeatsNow,
    is_access: bool,
    at: datetime,
) -> None:
    """That these seats may be taken together, by all rules. Runs while their runs are locked.

    `is_access` says that wheelchair spaces were asked for as such. Raises SeatTaken, WholeTable, AccessSeat,
    SingleSeatLeft, each with words and `extra["seats"]`.
    """
    shown = seating.painting
    taken = [index for index in chosen if index not in now.free]
    if taken:
        raise SeatTaken(_taken_words(shown, taken), seats=taken)
    _check_tables(shown, chosen)
    kept = _kept_for_access(performance_id, seating, chosen, now, at)
    _check_access(shown, chosen, kept, is_access=is_access)
    if seating.orphans == SeatingPlan.Orphans.OFF:
        return
    if seating.orphans == SeatingPlan.Orphans.LENIENT and len(chosen) > LENIENT_UP_TO:
        return
    _check_singles(shown, [index for index in chosen if index not in kept], now.free - kept)


def _check_tables(shown: Painting, chosen: Sequence[int]) -> None:
    picked = set(chosen)
    for number in sorted({shown.compiled.seats[index].line for index in chosen} & shown.whole_lines):
        line = shown.compiled.lines[number]
        missing = [
            index
            for index in range(line.first, line.first + line.count)
            if index not in picked and index not in shown.closed
        ]
        if missing:
            details = {"table": line.label, "n": line.count - len(shown.closed & set(_of_line(line)))}
            words = _("Table %(table)s is sold as a whole: take all its %(n)d seats.")
            raise WholeTable(words % details, seats=missing)


def _check_access(shown: Painting, chosen: Sequence[int], kept: frozenset[int], *, is_access: bool) -> None:
    """Spaces only for who asks for them, companion seats only with their space."""
    seats = shown.compiled.seats
    asked = [index for index in chosen if index in kept]
    if not asked:
        return
    if not is_access:
        words = _("These places are kept for wheelchair users and who comes with them. Say so if you need one.")
        raise AccessSeat(words, seats=asked)
    spaces = [index for index in asked if seats[index].flags & WHEELCHAIR]
    companions = {other for index in spaces for other in seats[index].companions}
    alone = [index for index in asked if not seats[index].flags & WHEELCHAIR and index not in companions]
    if alone:
        raise AccessSeat(_("Companion seats are sold together with their wheelchair space."), seats=alone)


def _check_singles(shown: Painting, chosen: Sequence[int], free: frozenset[int]) -> None:
    """No seat is left alone in a row, where another choice would have avoided it. Seats at tables have no neighbours."""
    categories = {shown.categories[index] for index in chosen}
    by_run: dict[int, int] = {}
    for index in chosen:
        run = shown.compiled.runs[shown.compiled.seats[index].run]
        by_run[run.index] = by_run.get(run.index, 0) | 1 << (index - run.first)
    for number, mask in sorted(by_run.items()):
        run = shown.compiled.runs[number]
        line = shown.compiled.lines[run.line]
        if line.kind != "row":
            continue
        free_mask, allowed = 0, 0
        for place, index in enumerate(range(run.first, _end(run))):
            if index in free:
                free_mask |= 1 << place
                allowed |= (shown.categories[index] in categories) << place
        if not may_leave(free_mask, allowed, mask):
            left = [run.first + place for place in bits(new_singles(free_mask, mask))]
            seat, details = shown.compiled.seats[left[0]].label, {"row": line.label}
            words = _("This would leave seat %(seat)s in row %(row)s on its own. Please move by a seat.")
            raise SingleSeatLeft(words % {**details, "seat": seat}, seats=left)


# --- Wheelchair spaces ---------------------------------------------------------------------------------------------------------


def _kept_for_access(
    performance_id: UUID, seating: Seating, chosen: Sequence[int], now: SeatsNow, at: datetime
) -> frozenset[int]:
    """Those of the locked seats that are kept for wheelchair users at instant `at`."""
    shown = seating.painting
    nearby = shown.access_seats & (now.free | set(chosen))
    if not nearby or seating.release_access == SeatingPlan.ReleaseAccess.NEVER:
        return frozenset(nearby)
    categories = {shown.categories[index] for index in nearby}
    released = {
        category
        for category in categories
        if category is not None and is_access_released(performance_id, seating, category, at=at)
    }
    return frozenset(index for index in nearby if shown.categories[index] not in released)


def is_access_released(performance_id: UUID, seating: Seating, category: str, *, at: datetime) -> bool:
    """Whether anybody may have the category's wheelchair spaces and companion seats at instant `at`."""
    if seating.release_access == SeatingPlan.ReleaseAccess.DATE:
        return seating.release_access_at is not None and seating.release_access_at <= at
    if seating.release_access != SeatingPlan.ReleaseAccess.SOLD_OUT:
        return False
    shown = seating.painting
    others = [index for index in shown.seats_by_category.get(category, ()) if index not in shown.access_seats]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (
                SELECT FROM inventory_seatplace seat JOIN inventory_place place ON place.id = seat.place_id
                 WHERE seat.performance_id = %s AND seat.seat_index = ANY (%s)
                   AND (place.state = 'free' OR (place.state = 'held' AND place.held_until <= %s)))
            """,
            [performance_id, others, at],
        )
        return not cursor.fetchone()[0]


def seats_taken(n: int) -> str:
    """That `n` of the chosen seats are gone, in words."""
    words = ngettext(
        "Somebody else has just taken one of these seats.", "Somebody else has just taken %(n)d of these seats.", n
    )
    return words % {"n": n}


def _taken_words(shown: Painting, taken: Sequence[int]) -> str:
    section, line, seat = shown.compiled.place_words(taken[0])
    if len(taken) > 1:
        return seats_taken(len(taken))
    details = {"section": section, "row": line, "seat": seat}
    return _("Somebody else has just taken seat %(seat)s in row %(row)s, %(section)s.") % details


def _end(run: Any) -> int:
    return int(run.first + run.count)


def _of_line(line: Any) -> range:
    return range(line.first, line.first + line.count)
