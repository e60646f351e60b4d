"""Claim, keep, give back, sell. Postgres alone decides; nothing here waits for a lock longer than `lock_timeout`, and a claim
no longer than LONGEST_WAIT."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected, LockNotAvailable

from audit.actions import Actor
from events.models import Event, Performance
from events.seating_plan import on_own_map, own_maps_of, painting_of, plan_of, size_own_map
from inventory.claim import CALL, KEY_TAKEN_MEANWHILE, ClaimAnswer, ClaimRequest, answers, parameters
from inventory.errors import ExtensionRefused, HoldEnded
from inventory.journal import journal as _log
from inventory.live import mark_changed
from inventory.models import Hold, Place, Pool, SeatPlace, StockEntry
from inventory.places import add_pools, name_places
from inventory.queries import database_now, hold_for_update, places_of_hold_for_update
from inventory.waited import is_waited_for, note_freed

LONGEST_HOLD = timedelta(minutes=30)  # however often it is extended
LONGEST_WAIT = timedelta(seconds=1)  # for each place, for claims that are not committed yet (claim.py)


@dataclass(frozen=True)
class SeatedPosition:
    """What a place is sold to: a position's id, its ticket type's, its seat's on the map ("" where any place will do), and that
    of the sale phase it was bought in, whose quota it draws from as well."""

    position_id: UUID
    ticket_type_id: UUID | None  # None: a use of a code, sold to an order
    seat_id: str = ""
    phase_id: UUID | None = None


def open_pools(performance: Performance) -> int:
    """Make the claimable rows of every quota of a performance; returns how many were made. Doing it again adds nothing.

    On an event with a seat map each place of a category is one of its seats.
    """
    return open_pools_of(performance.event, [performance])


def open_pools_of(event: Event, performances: Sequence[Performance]) -> int:
    """The same for many dates of one event, in two statements for all of them."""
    plan = plan_of(event.pk)
    shown = {}
    if plan is not None:
        owns = {own.performance_id: own for own in own_maps_of(date.pk for date in performances)}
        for date in performances:
            own = owns.get(date.pk)
            shown[date.pk] = painting_of(on_own_map(plan, own) if own else plan)
            if own:
                size_own_map(date, shown[date.pk])
    new, made = add_pools(event_id=event.pk, performance_ids=[date.pk for date in performances])
    for date in performances if shown else ():
        pools = {pool.quota_id: pool for pool in new if pool.performance_id == date.pk and pool.quota_id}
        if pools:
            name_places(date, shown[date.pk], pools)
    for date in performances:
        mark_changed(date.pk)
    return made


def claim(
    *, performance_id: UUID, offer_version: UUID, request: ClaimRequest, waits: bool = False, for_list: bool = False
) -> ClaimAnswer:
    """Ask for one hold: one statement that commits by itself, or is part of the caller's transaction. Never raises a refusal.

    With `waits` it queues behind others' unfinished claims first, for LONGEST_WAIT a row; `busy` is then their answer.
    `for_list` is for offers of the waiting list: they alone get places that somebody waits for.
    """
    values = parameters(performance_id, offer_version, [request], at=claim_instant(), waits=waits, for_list=for_list)
    try:
        answer = _call(request, values)
    except DatabaseError as error:
        if waits and isinstance(error.__cause__, (LockNotAvailable, DeadlockDetected)):
            return ClaimAnswer("busy", request.lines[0])
        if getattr(error.__cause__, "sqlstate", "") != KEY_TAKEN_MEANWHILE:
            raise
        answer = _call(request, values)
    if answer.verdict == "held":
        mark_changed(performance_id)
    return answer


def claim_instant() -> datetime | None:
    """The instant that decides a claim: None, for the database's own clock. Tests make holds of an hour ago here."""
    return None


def _call(request: ClaimRequest, values: list[Any]) -> ClaimAnswer:
    # A refusal by the database must not spoil the caller's transaction; a savepoint costs a round trip, so only there.
    with transaction.atomic() if connection.in_atomic_block else nullcontext(), connection.cursor() as cursor:
        cursor.execute(CALL.format(schema=""), values)
        return answers([request], cursor.fetchall())[0]


def extend_hold(*, hold_id: UUID, minutes: int, actor: Actor) -> Hold:
    """Keep a live hold `minutes` longer, never past LONGEST_HOLD from its start. Raises HoldEnded, ExtensionRefused."""
    with transaction.atomic():
        hold = hold_for_update(hold_id)
        now = database_now()
        if not hold.is_live(at=now):
            raise HoldEnded
        until = min(now + timedelta(minutes=minutes), hold.created_at + LONGEST_HOLD)
        if until <= hold.expires_at:
            raise ExtensionRefused(_("Tickets cannot be held any longer. Please finish your order."))
        keep_hold_until(hold=hold, until=until, actor=actor, cause="extended by buyer")
    return hold


def keep_hold_until(*, hold: Hold, until: datetime, actor: Actor, cause: str) -> None:
    """Move a locked hold's end, and its places' with it."""
    hold.expires_at = until
    hold.save(update_fields=["expires_at"])
    Place.objects.filter(hold=hold, state=Place.State.HELD).update(held_until=until)
    places = Place.objects.filter(hold=hold, state=Place.State.HELD).order_by("pk")
    _log(places, kind=StockEntry.Kind.EXTEND, at=database_now(), actor=actor, cause=cause)


def mark_ordered(*, hold: Hold) -> None:
    """A locked live hold becomes an order's: it can no longer be released or extended by the buyer."""
    hold.state = Hold.State.ORDERED
    hold.save(update_fields=["state"])


def release_hold(*, hold_id: UUID, actor: Actor) -> Hold:
    """Give a live hold's places back at once. Releasing twice is the same as once. Raises HoldEnded once it is an order."""
    with transaction.atomic():
        hold = hold_for_update(hold_id)
        if hold.state == Hold.State.ORDERED:
            raise HoldEnded(_("These tickets are already part of an order."))
        if hold.state == Hold.State.LIVE:
            hold.state = Hold.State.RELEASED
            hold.save(update_fields=["state"])
            free_places(
                places=places_of_hold_for_update(hold),
                kind=StockEntry.Kind.RELEASE,
                actor=actor,
                cause="released by buyer",
            )
            mark_changed(hold.performance_id)
    return hold


def sell_places(
    *, hold: Hold, positions: Iterable[SeatedPosition], actor: Actor, use: tuple[int, UUID] | None = None
) -> bool:
    """Turn the hold's places into sold ones, one of each pool per position, whether or not the hold has expired.

    `use` is the pool of the code that it was priced with, and the order that gets one use of it. What lapsed and was taken over is claimed anew when as much is free; of named seats the very same ones. Returns False,
    and leaves every place as it was, when it is not. Runs in the caller's transaction; a sold place can no longer lapse.
    """
    wanted = _positions_by_pool(hold=hold, positions=list(positions))
    if use is not None:
        wanted[use[0], None] = [SeatedPosition(use[1], None)]
    seats = _seats_of(hold, wanted)
    kept = _kept_by_pool(hold)
    short = _lost(wanted, kept, seats)
    if (short.any or short.named) and not _claim_anew(hold=hold, short=short, actor=actor):
        return False
    if short.any or short.named:
        kept = _kept_by_pool(hold)
    now = database_now()
    sold: list[Place] = []
    for line, asked in wanted.items():
        for place, position in _matched(asked, kept[line], seats):
            place.state, place.position_id, place.held_until = (Place.State.SOLD, position.position_id, None)
            sold.append(place)
    Place.objects.bulk_update(sold, ["state", "position_id", "held_until"])
    _log(sold, kind=StockEntry.Kind.SALE, at=now, actor=actor)
    mark_changed(hold.performance_id)
    return True


Line = tuple[int, UUID | None]  # (pool, ticket type); None: a use of a code


@dataclass(frozen=True)
class _Lost:
    """What a hold no longer has of what it is to be sold: how many of each line, and which named seats' places."""

    any: Mapping[Line, int]
    named: Mapping[int, UUID | None]  # place -> ticket type


def _positions_by_pool(*, hold: Hold, positions: list[SeatedPosition]) -> dict[Line, list[SeatedPosition]]:
    of_date = Pool.objects.filter(performance_id=hold.performance_id)
    pools = of_date.values_list("pk", "quota__ticket_types", "quota__phase")
    wanted: dict[Line, list[SeatedPosition]] = defaultdict(list)
    for pool_id, ticket_type_id, phase_id in sorted(pools, key=lambda row: (row[0], str(row[1]))):
        for position in positions:
            if position.ticket_type_id == ticket_type_id or (phase_id is not None and position.phase_id == phase_id):
                wanted[pool_id, position.ticket_type_id].append(position)
    return wanted


def _seats_of(hold: Hold, wanted: Mapping[Line, list[SeatedPosition]]) -> dict[tuple[int, str], int]:
    """The place of each seat that is to be sold, by its pool and the seat's id."""
    ids = {position.seat_id for positions in wanted.values() for position in positions if position.seat_id}
    if not ids:
        return {}
    seats = SeatPlace.objects.filter(performance_id=hold.performance_id, seat_id__in=ids)
    return {(pool, seat): place for pool, seat, place in seats.values_list("place__pool_id", "seat_id", "place_id")}


def _kept_by_pool(hold: Hold) -> dict[Line, list[Place]]:
    kept: dict[Line, list[Place]] = defaultdict(list)
    for place in places_of_hold_for_update(hold):
        kept[place.pool_id, place.ticket_type_id].append(place)
    return kept


def _lost(
    wanted: Mapping[Line, list[SeatedPosition]], kept: Mapping[Line, list[Place]], seats: Mapping[tuple[int, str], int]
) -> _Lost:
    short: dict[Line, int] = {}
    named: dict[int, UUID | None] = {}
    for (pool_id, type_id), positions in wanted.items():
        has = {place.pk for place in kept.get((pool_id, type_id), ())}
        of_seats = [seats[pool_id, one.seat_id] for one in positions if (pool_id, one.seat_id) in seats]
        named |= {place_id: type_id for place_id in of_seats if place_id not in has}
        number = len(positions) - len(of_seats) - len(has - set(of_seats))
        if number > 0:
            short[pool_id, type_id] = number
    return _Lost(short, named)


def _matched(
    positions: list[SeatedPosition], places: list[Place], seats: Mapping[tuple[int, str], int]
) -> Iterator[tuple[Place, SeatedPosition]]:
    """Each position with its own seat's place, or with any of the others."""
    by_id = {place.pk: place for place in places}
    of_seats = [(seats.get((places[0].pool_id, one.seat_id)) if places else None, one) for one in positions]
    for place_id, position in of_seats:
        if place_id is not None:
            yield by_id.pop(place_id), position
    for place, position in zip(
        by_id.values(), (position for place_id, position in of_seats if place_id is None), strict=False
    ):
        yield place, position


def _claim_anew(*, hold: Hold, short: _Lost, actor: Actor) -> bool:
    """Hold as many places again as a lapsed hold has lost, in pools' order; none when one pool has too few, or is waited for.

    Named seats are locked with all others in the order of their keys, and only they will do.
    """
    at = database_now()
    lapsed = Q(state=Place.State.HELD, held_until__lte=at) & ~Q(hold=hold)  # its own it has already
    claimable = Q(state=Place.State.FREE) | lapsed
    with transaction.atomic():
        for (pool_id, ticket_type_id), quantity in sorted(
            short.any.items(), key=lambda item: (item[0][0], str(item[0][1]))
        ):
            locked = Place.objects.select_for_update(skip_locked=True).filter(claimable, pool_id=pool_id)
            places = list(locked.order_by("number")[:quantity])
            if len(places) < quantity:
                transaction.set_rollback(True)
                return False
            _hold_anew(hold, [(place, ticket_type_id) for place in places], at=at, actor=actor)
        if short.named:
            locked = Place.objects.select_for_update(skip_locked=True).filter(claimable, pk__in=short.named)
            places = list(locked.order_by("pk"))
            if len(places) < len(short.named):
                transaction.set_rollback(True)
                return False
            _hold_anew(hold, [(place, short.named[place.pk]) for place in places], at=at, actor=actor)
        pools = {pool_id for pool_id, _type_id in short.any}
        if is_waited_for(Q(pk__in=pools) | Q(places__in=list(short.named))):  # who waits comes before who pays late
            transaction.set_rollback(True)
            return False
    return True


def _hold_anew(hold: Hold, places: list[tuple[Place, UUID | None]], *, at: datetime, actor: Actor) -> None:
    taken_over = [place for place, _type_id in places if place.hold_id]
    _log(taken_over, kind=StockEntry.Kind.LAPSE, at=at, actor=actor, cause="claimed by another hold")
    for place, ticket_type_id in places:
        place.state, place.hold, place.ticket_type_id = Place.State.HELD, hold, ticket_type_id
        place.held_until = at + timedelta(minutes=1)  # sold before this transaction ends
    again = [place for place, _type_id in places]
    Place.objects.bulk_update(again, ["state", "hold", "ticket_type", "held_until"])
    _log(again, kind=StockEntry.Kind.HOLD, at=at, actor=actor, cause="paid for late")


def free_places(*, places: list[Place], kind: StockEntry.Kind, actor: Actor, cause: str) -> None:
    """Put locked places back on sale and journal why."""
    now = database_now()
    _log(places, kind=kind, at=now, actor=actor, cause=cause)
    Place.objects.filter(pk__in=[place.pk for place in places]).update(
        state=Place.State.FREE, hold=None, held_until=None, position_id=None, ticket_type=None
    )
    note_freed(place.pool_id for place in places)


def end_hold(*, hold: Hold, actor: Actor, cause: str) -> None:
    """Put back whatever a locked hold keeps, and end it: nothing can be ordered of it any more. For test orders that go."""
    free_hold(hold=hold, actor=actor, cause=cause)
    hold.state = Hold.State.RELEASED
    hold.save(update_fields=["state"])


def free_hold(*, hold: Hold, actor: Actor, cause: str) -> None:
    """Put back whatever a hold still keeps, held or sold. Runs in the caller's transaction."""
    places = list(Place.objects.select_for_update().filter(hold=hold).order_by("pk"))
    held = [place for place in places if place.state == Place.State.HELD]
    sold = [place for place in places if place.state == Place.State.SOLD]
    free_places(places=held, kind=StockEntry.Kind.RELEASE, actor=actor, cause=cause)
    free_places(places=sold, kind=StockEntry.Kind.RETURN, actor=actor, cause=cause)
    mark_changed(hold.performance_id)
