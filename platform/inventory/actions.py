"""Claim, keep, give back, sell. Postgres alone decides; nothing here waits for a lock longer than `lock_timeout`, and a claim
no longer than LONGEST_WAIT."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected, LockNotAvailable

from audit.actions import Actor
from events.models import Performance, TicketType
from inventory.errors import Busy, ExtensionRefused, HoldEnded, SoldOut
from inventory.live import mark_changed
from inventory.models import Hold, Place, Pool, StockEntry
from inventory.queries import database_now, hold_for_update, places_of_hold_for_update
from ui.request_id import request_id

LONGEST_HOLD = timedelta(minutes=30)  # however often it is extended
LONGEST_WAIT = timedelta(seconds=1)  # for each pool, for claims that are not committed yet


@dataclass(frozen=True)
class Want:
    """So many tickets of a type."""

    ticket_type: TicketType
    quantity: int


@dataclass(frozen=True)
class SeatedPosition:
    """What a place is sold to: a position's id and its ticket type's."""

    position_id: UUID
    ticket_type_id: UUID


def open_pools(performance: Performance) -> int:
    """Make the claimable rows of every quota of a performance; returns how many were made. Doing it again adds nothing."""
    made = 0
    for quota in performance.event.quotas.order_by("pk"):
        pool, is_new = Pool.objects.get_or_create(performance=performance, quota=quota)
        if is_new:
            Place.objects.bulk_create((Place(pool=pool, number=n) for n in range(1, quota.size + 1)), batch_size=2000)
            made += quota.size
    mark_changed(performance.pk)
    return made


def claim(
    *, performance: Performance, wants: Iterable[Want], quote: dict[str, object], minutes: int, waits: bool = False
) -> Hold:
    """Hold places for every want, all or nothing, for `minutes`, with the price frozen. In the caller's transaction.

    Raises SoldOut when too few are left, Busy when others are taking the last ones right now. Either rolls back. With
    `waits` it queues behind those others first, for LONGEST_WAIT.
    """
    lines = _lines(performance, list(wants))
    if waits:
        _queue_up(lines)
    now = database_now()
    hold = Hold.objects.create(
        performance=performance, quote=quote, created_at=now, expires_at=now + timedelta(minutes=minutes)
    )
    _claim_rows(hold=hold, lines=lines, at=now)
    mark_changed(performance.pk)
    return hold


def _lines(performance: Performance, wants: list[Want]) -> list[tuple[int, Want]]:
    """(pool id, want) for every pool that a want draws from, sorted by pool."""
    chosen = {want.ticket_type.pk: want for want in wants}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pool.id, link.tickettype_id FROM inventory_pool pool"
            " JOIN events_quota_ticket_types link ON link.quota_id = pool.quota_id WHERE pool.performance_id = %s",
            [performance.pk],
        )
        lines = [(pool_id, chosen[type_id]) for pool_id, type_id in cursor.fetchall() if type_id in chosen]
    lines.sort(key=lambda line: (line[0], line[1].ticket_type.pk))
    missing = next((want for want in wants if not any(line[1] is want for line in lines)), None)
    if missing is not None:
        raise SoldOut(_("“%(name)s” is not available.") % {"name": missing.ticket_type.name}, available=0)
    return lines


def _queue_up(lines: list[tuple[int, Want]]) -> None:
    """Lock as many claimable rows of each pool as are wanted, waiting for whoever has them. Raises Busy after the limit.

    `claim_places` then finds them: SKIP LOCKED does not skip what its own transaction locked. Pools and rows come in
    primary-key order here and in every other lock that waits, so that waiting cannot deadlock.
    """
    wanted = Counter[int]()
    for pool_id, want in lines:
        wanted[pool_id] += want.quantity
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, true)", [f"{LONGEST_WAIT // timedelta(milliseconds=1)}ms"]
            )
            for pool_id, quantity in sorted(wanted.items()):
                cursor.execute(
                    "SELECT id FROM inventory_place WHERE pool_id = %s AND (state = 'free'"
                    " OR (state = 'held' AND held_until <= clock_timestamp())) ORDER BY id LIMIT %s FOR UPDATE",
                    [pool_id, quantity],
                )
    except OperationalError as error:
        if not isinstance(error.__cause__, (LockNotAvailable, DeadlockDetected)):
            raise
        raise Busy from error


def _claim_rows(*, hold: Hold, lines: list[tuple[int, Want]], at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT line, available FROM claim_places(%s, %s::bigint[], %s::uuid[], %s::int[], %s, %s)",
            [
                hold.pk,
                [pool for pool, _want in lines],
                [want.ticket_type.pk for _pool, want in lines],
                [want.quantity for _pool, want in lines],
                at,
                hold.expires_at,
            ],
        )
        shortage = cursor.fetchone()
    if shortage is not None:
        want = lines[shortage[0] - 1][1]
        _refuse(want, available=shortage[1])


def _refuse(want: Want, *, available: int) -> None:
    details = {"name": want.ticket_type.name, "left": available}
    extra = {"ticket_type_id": str(want.ticket_type.pk), "available": available}
    if available >= want.quantity:
        raise Busy(_("Others are taking “%(name)s” at this moment. Please try again.") % details, **extra)
    if available == 0:
        raise SoldOut(_("“%(name)s” is sold out.") % details, **extra)
    raise SoldOut(_("Only %(left)d of “%(name)s” left.") % details, **extra)


def extend_hold(*, hold_id: UUID, minutes: int) -> Hold:
    """Keep a live hold `minutes` longer, never past LONGEST_HOLD from its start. Raises HoldEnded, ExtensionRefused."""
    with transaction.atomic():
        hold = hold_for_update(hold_id)
        now = database_now()
        if not hold.is_live(at=now):
            raise HoldEnded
        until = min(now + timedelta(minutes=minutes), hold.created_at + LONGEST_HOLD)
        if until <= hold.expires_at:
            raise ExtensionRefused(_("Tickets cannot be held any longer. Please finish your order."))
        keep_hold_until(hold=hold, until=until)
    return hold


def keep_hold_until(*, hold: Hold, until: datetime) -> None:
    """Move a locked hold's end, and its places' with it."""
    hold.expires_at = until
    hold.save(update_fields=["expires_at"])
    Place.objects.filter(hold=hold, state=Place.State.HELD).update(held_until=until)


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


def sell_places(*, hold: Hold, positions: Iterable[SeatedPosition], actor: Actor) -> bool:
    """Turn the hold's places into sold ones, one of each pool per position, whether or not the hold has expired.

    What lapsed and was taken over is claimed anew when as much is free. Returns False, and leaves every place as it
    was, when it is not. Runs in the caller's transaction; a sold place can no longer lapse.
    """
    wanted = _positions_by_pool(hold=hold, positions=list(positions))
    kept = _kept_by_pool(hold)
    short = {line: len(ids) - len(kept[line]) for line, ids in wanted.items() if len(ids) > len(kept[line])}
    if short and not _claim_anew(hold=hold, short=short):
        return False
    if short:
        kept = _kept_by_pool(hold)
    now = database_now()
    sold: list[Place] = []
    for line, position_ids in wanted.items():
        for place, position_id in zip(kept[line], position_ids, strict=False):
            place.state, place.position_id, place.held_until = (Place.State.SOLD, position_id, None)
            sold.append(place)
    Place.objects.bulk_update(sold, ["state", "position_id", "held_until"])
    _log(sold, kind=StockEntry.Kind.SALE, at=now, actor=actor)
    mark_changed(hold.performance_id)
    return True


Line = tuple[int, UUID]  # (pool, ticket type)


def _positions_by_pool(*, hold: Hold, positions: list[SeatedPosition]) -> dict[Line, list[UUID]]:
    pools = Pool.objects.filter(performance_id=hold.performance_id).values_list("pk", "quota__ticket_types")
    wanted: dict[Line, list[UUID]] = defaultdict(list)
    for pool_id, ticket_type_id in sorted(pools, key=lambda row: (row[0], str(row[1]))):
        for position in positions:
            if position.ticket_type_id == ticket_type_id:
                wanted[pool_id, position.ticket_type_id].append(position.position_id)
    return wanted


def _kept_by_pool(hold: Hold) -> Mapping[Line, list[Place]]:
    kept: dict[Line, list[Place]] = defaultdict(list)
    for place in places_of_hold_for_update(hold):
        if place.ticket_type_id is not None:
            kept[place.pool_id, place.ticket_type_id].append(place)
    return kept


def _claim_anew(*, hold: Hold, short: dict[Line, int]) -> bool:
    lines = sorted(short.items(), key=lambda item: (item[0][0], str(item[0][1])))
    at = database_now()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT line FROM claim_places(%s, %s::bigint[], %s::uuid[], %s::int[], %s, %s)",
                [
                    hold.pk,
                    [line[0] for line, _n in lines],
                    [line[1] for line, _n in lines],
                    [n for _line, n in lines],
                    at,
                    at + timedelta(minutes=1),  # sold before this transaction ends
                ],
            )
            if cursor.fetchone() is not None:
                raise SoldOut
    except SoldOut:
        return False
    return True


def free_places(*, places: list[Place], kind: StockEntry.Kind, actor: Actor, cause: str) -> None:
    """Put locked places back on sale and journal why."""
    now = database_now()
    _log(places, kind=kind, at=now, actor=actor, cause=cause)
    Place.objects.filter(pk__in=[place.pk for place in places]).update(
        state=Place.State.FREE, hold=None, held_until=None, position_id=None, ticket_type=None
    )


def free_hold(*, hold: Hold, actor: Actor, cause: str) -> None:
    """Put back whatever a hold still keeps, held or sold. Runs in the caller's transaction."""
    places = list(Place.objects.select_for_update().filter(hold=hold).order_by("pk"))
    held = [place for place in places if place.state == Place.State.HELD]
    sold = [place for place in places if place.state == Place.State.SOLD]
    free_places(places=held, kind=StockEntry.Kind.RELEASE, actor=actor, cause=cause)
    free_places(places=sold, kind=StockEntry.Kind.RETURN, actor=actor, cause=cause)
    mark_changed(hold.performance_id)


def _log(places: Iterable[Place], *, kind: StockEntry.Kind, at: datetime, actor: Actor, cause: str = "") -> None:
    StockEntry.objects.bulk_create(
        StockEntry(
            at=at,
            kind=kind,
            place_id=place.pk,
            hold_id=place.hold_id,
            position_id=place.position_id,
            cause=cause,
            actor=str(actor),
            request_id=request_id(),
        )
        for place in places
    )
