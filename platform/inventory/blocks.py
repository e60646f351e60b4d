"""Set places aside, and give them back: house seats, press, a sound desk that may yet move.

A blocked place is gone for every buyer: the claim takes free places and lapsed holds, nothing else. Whom it is kept for and
why never leaves the portal. A block with a date is released by a periodic task; until the task has run its places stay
gone, so that a late task sells a seat late and never twice.
"""

import logging
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from audit.actions import SYSTEM, Actor, record
from events.models import Performance
from events.queries import performance_by_id
from inventory.errors import BlockInvalid, BlockNotFound, PlacesTaken
from inventory.journal import journal
from inventory.live import mark_changed
from inventory.models import Block, BlockedPlace, Place, Pool, SeatPlace, SeatRun, StockEntry
from inventory.queries import database_now
from inventory.waited import note_freed
from ui.dates import is_of_these_years

logger = logging.getLogger(__name__)

COLORS = ("#b45309", "#0e7490", "#7c3aed", "#be185d", "#15803d", "#475569")  # told apart on the staff map
MOST_PLACES = 20_000  # in one block
LONGEST_NOTE = 1000
_COLOR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Purpose:
    """Whom places are kept for, in a word, and why; `release_at` is when they go on sale by themselves, None: never."""

    owner: str
    reason: str = ""
    note: str = ""
    color: str = COLORS[0]
    release_at: datetime | None = None


@transaction.atomic
def block_seats(*, performance_id: UUID, seats: Collection[int], purpose: Purpose, actor: Actor) -> Block:
    """Set the seats with these indexes aside, all or none. Raises NotFound, BlockInvalid, PlacesTaken.

    Waits for claims of these seats that are under way. Nobody's rules about single seats are asked: staff may leave one.
    """
    performance = performance_by_id(performance_id)
    found = dict(
        SeatPlace.objects.filter(performance=performance, seat_index__in=seats).values_list("place_id", "seat_index")
    )
    if not seats or len(found) < len(set(seats)):
        raise BlockInvalid(_("Choose seats that are part of this date's map."), field="seats")
    places, now = _lock_claimable(performance_id, found)
    _check(purpose, n_places=len(places), now=now)
    return _block(performance, places, purpose, actor)


def _lock_claimable(performance_id: UUID, seats: Mapping[int, int]) -> tuple[list[Place], datetime]:
    """The places of these seats (place -> seat index), locked, and the instant at which all were free. Raises PlacesTaken."""
    lock_runs_of(performance_id, list(seats.values()))
    places = lock_places(seats)
    now = database_now()  # after the wait for the locks, and once: a block may have thousands of seats
    taken = sorted(seats[place.pk] for place in places if not is_claimable(place, at=now))
    if taken:
        raise PlacesTaken(taken=len(taken), seats=taken)
    return places, now


@transaction.atomic
def allocate_seats(
    *,
    performance_id: UUID,
    seat_ids: Collection[str],
    actor: Actor,
    purpose: Purpose | None = None,
    block_id: UUID | None = None,
) -> Block:
    """Set seats aside as one more block, or as more of one that is there; seats that another block keeps change over to it.

    All or none; what the block keeps already is left alone. Raises NotFound, BlockInvalid, BlockNotFound, PlacesTaken.
    """
    performance = performance_by_id(performance_id)
    kept = _kept_seats(performance_id, seat_ids)
    if len(kept) < len(set(seat_ids)) or not seat_ids:
        raise BlockInvalid(_("Choose seats that are part of this date's map."), field="seats")
    _lock_blocks({block for block, _place, _index in kept if block is not None} | ({block_id} if block_id else set()))
    lock_runs_of(performance_id, [index for _block, _place, index in kept])
    kept = _kept_seats(performance_id, seat_ids)  # as it is now that nobody can change it
    _release_kept(kept, unless=block_id, actor=actor)
    rest = {place: index for block, place, index in kept if block is None or block != block_id}
    if block_id is None:
        if purpose is None:
            raise BlockInvalid(_("Say in a word whom it is for: house, press, promoter."), field="owner")
        return block_seats(performance_id=performance_id, seats=list(rest.values()), purpose=purpose, actor=actor)
    block = Block.objects.filter(pk=block_id, performance=performance, released_at=None).first()
    if block is None:
        raise BlockNotFound
    if rest:
        places, now = _lock_claimable(performance_id, rest)
        _keep(block, places, now=now, actor=actor)
        record(verb="extend_block", target=block, actor=actor, detail={"places": len(places)})
        mark_changed(performance_id)
    return block


@transaction.atomic
def put_back_seats(*, performance_id: UUID, seat_ids: Collection[str], actor: Actor) -> int:
    """Put these seats of a date back on sale, whichever blocks keep them. Returns how many were kept."""
    kept = _kept_seats(performance_id, seat_ids)
    _lock_blocks({block for block, _place, _index in kept if block is not None})
    lock_runs_of(performance_id, [index for _block, _place, index in kept])
    return _release_kept(_kept_seats(performance_id, seat_ids), unless=None, actor=actor)


def _kept_seats(performance_id: UUID, seat_ids: Collection[str]) -> list[tuple[UUID | None, int, int]]:
    """Of each seat of the date the block that keeps it, its place and its index."""
    seats = SeatPlace.objects.filter(performance_id=performance_id, seat_id__in=list(seat_ids))
    return list(seats.order_by("seat_index").values_list("place__blocked__block_id", "place_id", "seat_index"))


def _lock_blocks(ids: Collection[UUID]) -> None:
    """Before any run, ascending: `release_block` locks its own block first."""
    list(Block.objects.select_for_update().filter(pk__in=ids).order_by("pk"))


def _release_kept(kept: Iterable[tuple[UUID | None, int, int]], *, unless: UUID | None, actor: Actor) -> int:
    by_block: dict[UUID, list[int]] = {}
    for block, _place, index in kept:
        if block is not None and block != unless:
            by_block.setdefault(block, []).append(index)
    return sum(release_block(block_id=block, seats=by_block[block], actor=actor) for block in sorted(by_block))


@transaction.atomic
def block_quantity(*, performance_id: UUID, quota_id: int, quantity: int, purpose: Purpose, actor: Actor) -> Block:
    """Set any `quantity` places of a quota without seats aside, all or none. Raises NotFound, BlockInvalid, PlacesTaken."""
    performance = performance_by_id(performance_id)
    pool = Pool.objects.filter(performance=performance, quota_id=quota_id).first()
    if pool is None or SeatPlace.objects.filter(place__pool=pool).exists():
        raise BlockInvalid(_("Choose a ticket without seats of its own."), field="quota")
    now = database_now()
    _check(purpose, n_places=quantity, now=now)
    claimable = Q(state=Place.State.FREE) | Q(state=Place.State.HELD, held_until__lte=now)
    # The highest numbers first, and free ones before lapsed holds, whose buyers may yet pay late.
    locked = Place.objects.select_for_update(skip_locked=True).filter(claimable, pool=pool)
    places = list(locked.order_by("state", "-number")[:quantity])
    if len(places) < quantity:
        raise PlacesTaken(taken=quantity - len(places), free=len(places))
    return _block(performance, places, purpose, actor)


@transaction.atomic
def release_block(
    *, block_id: UUID, actor: Actor, seats: Collection[int] | None = None, quantity: int | None = None
) -> int:
    """Put a block's places back on sale: all, those with these seat indexes, or so many. Returns how many were.

    What is released already is left alone, so that asking twice is the same as once. Raises BlockNotFound.
    """
    block = Block.objects.select_for_update().filter(pk=block_id).first()
    if block is None:
        raise BlockNotFound
    kept = BlockedPlace.objects.filter(block=block)
    if seats is not None:
        kept = kept.filter(place__seat__seat_index__in=seats)
        lock_runs_of(block.performance_id, seats)
    ids = list(kept.order_by("place__pool_id", "place_id").values_list("place_id", flat=True))
    places = lock_places(ids[:quantity])
    if not places:
        return 0
    now = database_now()
    journal(places, kind=StockEntry.Kind.RELEASE, at=now, actor=actor, cause=f"block {block.pk}")
    freed = [place.pk for place in places]
    BlockedPlace.objects.filter(place_id__in=freed).delete()
    Place.objects.filter(pk__in=freed).update(state=Place.State.FREE, ticket_type=None)
    note_freed(place.pool_id for place in places)
    if not block.places.exists():
        block.released_at = now
        block.save(update_fields=["released_at"])
    record(verb="release_block", target=block, actor=actor, detail={"places": len(places)})
    mark_changed(block.performance_id)
    return len(places)


def release_due_blocks() -> int:
    """Release every block of this organizer whose date has come; returns how many places went back on sale."""
    due = Block.objects.filter(release_at__lte=database_now(), released_at=None).order_by("release_at", "pk")
    released = 0
    for block_id in list(due.values_list("pk", flat=True)):
        try:
            released += release_block(block_id=block_id, actor=SYSTEM)
        except Exception:  # whatever is wrong with one, the others are due too
            logger.exception("releasing block %s failed", block_id)
    return released


def return_places(
    *, performance: Performance, position_ids: Collection[UUID], actor: Actor, cause: str, kept: Purpose | None = None
) -> Block | None:
    """Take back the places that were sold to these positions, in the caller's transaction: on sale at once, or kept aside.

    With `kept` they never are free in between, and the block that keeps them is returned. No run is locked: to give back
    breaks no rule, and a place that was sold is as gone when it is blocked.
    """
    sold = Place.objects.filter(pool__performance=performance, position_id__in=position_ids, state=Place.State.SOLD)
    places = lock_places(sold.values_list("pk", flat=True))
    journal(places, kind=StockEntry.Kind.RETURN, at=database_now(), actor=actor, cause=cause)
    Place.objects.filter(pk__in=[place.pk for place in places]).update(
        state=Place.State.FREE, hold=None, held_until=None, position_id=None, ticket_type=None
    )
    mark_changed(performance.pk)
    if kept is None or not places:
        note_freed(place.pool_id for place in places)
        return None
    for place in places:
        place.state, place.hold, place.position_id = Place.State.FREE, None, None
    return _block(performance, places, kept, actor)


# --- Locks, shared with moving tickets (checkout.moves) ----------------------------------------------------------------------


def lock_runs_of(performance_id: UUID, seats: Collection[int]) -> None:
    """Lock the runs of these seats, ascending, before their places: whoever judges neighbours sees one state of a run."""
    runs = SeatPlace.objects.filter(performance_id=performance_id, seat_index__in=seats).values("run")
    list(SeatRun.objects.select_for_update().filter(performance_id=performance_id, run__in=runs).order_by("run"))


def lock_places(ids: Iterable[int]) -> list[Place]:
    """The places, locked in the order of every lock that waits: pools ascending, primary keys within."""
    return list(Place.objects.select_for_update().filter(pk__in=list(ids)).order_by("pool_id", "pk"))


def is_claimable(place: Place, *, at: datetime) -> bool:
    """Whether a locked place is anybody's: free, or held by a hold that has lapsed at `at`."""
    if place.state == Place.State.HELD:
        return place.held_until is not None and place.held_until <= at
    return place.state == Place.State.FREE


def note_lapses(places: Iterable[Place], *, at: datetime, actor: Actor, cause: str) -> None:
    """Journal the end of lapsed holds whose locked places are being taken over."""
    lapsed = [place for place in places if place.state == Place.State.HELD]
    journal(lapsed, kind=StockEntry.Kind.LAPSE, at=at, actor=actor, cause=cause)


def _check(purpose: Purpose, *, n_places: int, now: datetime) -> None:
    owner = purpose.owner.strip()
    if not owner or len(owner) > 40 or not owner.isprintable():
        raise BlockInvalid(_("Say in a word whom it is for: house, press, promoter."), field="owner")
    if len(purpose.reason) > 120 or not purpose.reason.isprintable():
        raise BlockInvalid(_("Give the reason in up to 120 characters."), field="reason")
    if len(purpose.note) > LONGEST_NOTE or "\x00" in purpose.note:
        raise BlockInvalid(_("Keep the note under 1000 characters."), field="note")
    if not _COLOR.fullmatch(purpose.color):
        raise BlockInvalid(_("Choose one of the colours."), field="color")
    if purpose.release_at is not None and purpose.release_at <= now:
        raise BlockInvalid(_("The day of release is over already."), field="release_at")
    if purpose.release_at is not None and not is_of_these_years(purpose.release_at):
        raise BlockInvalid(_("Enter a date and a time of these years."), field="release_at")
    if not 1 <= n_places <= MOST_PLACES:
        raise BlockInvalid(_("A block keeps 1 to %d places.") % MOST_PLACES, field="quantity")


def _block(performance: Performance, places: list[Place], purpose: Purpose, actor: Actor) -> Block:
    now = database_now()
    block = Block.objects.create(
        performance=performance,
        owner=purpose.owner.strip(),
        reason=purpose.reason.strip(),
        note=purpose.note.strip(),
        color=purpose.color,
        release_at=purpose.release_at,
        created_by=str(actor),
        created_at=now,
    )
    _keep(block, places, now=now, actor=actor)
    record(verb="block_places", target=block, actor=actor, detail={"places": len(places)})
    mark_changed(performance.pk)
    return block


def _keep(block: Block, places: list[Place], *, now: datetime, actor: Actor) -> None:
    """Locked places that are anybody's become the block's."""
    note_lapses(places, at=now, actor=actor, cause="blocked")
    for place in places:
        place.state, place.hold, place.held_until, place.ticket_type = Place.State.BLOCKED, None, None, None
    Place.objects.filter(pk__in=[place.pk for place in places]).update(
        state=Place.State.BLOCKED, hold=None, held_until=None, ticket_type=None
    )
    BlockedPlace.objects.bulk_create((BlockedPlace(block=block, place=place) for place in places), batch_size=2000)
    journal(places, kind=StockEntry.Kind.BLOCK, at=now, actor=actor, cause=f"block {block.pk}")
