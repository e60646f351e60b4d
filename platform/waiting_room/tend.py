"""What happens every second to each room: restore, save, start, let in, tell. Every step may be repeated after a crash.

Postgres decides (waiting_room.actions) and Redis follows; nothing here is lost with Redis but the order in which people came
within the last second before the start, who then come back by their tokens.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.utils import timezone
from redis.exceptions import RedisError

from audit.actions import SYSTEM
from tenants.current import current_organizer
from waiting_room import health, store
from waiting_room.actions import (
    NUMBERS_AT_ONCE,
    admit_next,
    close_line,
    open_by_rule,
    order_of,
    reserve_numbers,
    save_early,
    start_line,
)
from waiting_room.gate import share_doors
from waiting_room.live import announce
from waiting_room.models import Line, Room
from waiting_room.pace import Health
from waiting_room.queries import Stock, early_entries, is_to_come, open_line, recent_turns, rooms_to_tend, stock_of

logger = logging.getLogger(__name__)

EMPTY_BEFORE_CLOSING = timedelta(minutes=10)


def tend_rooms() -> int:
    """Tend every room of the current organizer; returns how many there were."""
    rooms = rooms_to_tend()
    with suppress(RedisError):  # what doors believe ends by itself within seconds
        share_doors(current_organizer())
    for room in rooms:
        try:
            tend(room)
        except (RedisError, DatabaseError):  # the next second tries again; other lines must not wait for it
            logger.exception("the line of %s could not be tended", room.event.slug)
    return len(rooms)


def tend(room: Room) -> Line | None:
    """One tick of one room; the line as it is afterwards, or None when none is open."""
    line = open_line(room.event_id)
    if line is None:
        line = open_by_rule(event_id=room.event_id) if _is_due(room) else None
        if line is None:
            return None
    if not (line.room.event.is_published or line.room.event.is_paused) or not is_to_come(
        line.room.event, at=timezone.now()
    ):
        close_line(line_id=line.pk, actor=SYSTEM)
        return None
    # A start that was cut off is decided but not, or half, told to Redis: its ranks are put there before anybody is told more.
    if not store.has(line.pk, early=line.early_total if line.started_at else 0):
        restore(line)
    if line.room.event.is_paused:  # everybody keeps their place, and nobody is let in to find nothing on sale
        publish(line, stock=Stock(left=0, held=0, free=0))
        announce(line.pk)
        return line
    if line.started_at is None:
        line = _before_start(line)
        if line.started_at is None:
            return line
    if store.numbers_left(line.pk) < NUMBERS_AT_ONCE // 2:  # so that hardly anybody who joins must wait for it
        more_numbers(line)
    line, stock = _let_in(line)
    publish(line, stock=stock)
    if line.is_by_rule and _is_over(line):
        close_line(line_id=line.pk, actor=SYSTEM)
        return None
    announce(line.pk)
    return line


def _is_due(room: Room) -> bool:
    if room.mode != Room.Mode.RULE or not room.event.is_published:
        return False
    now = timezone.now()
    if (
        room.opens_at is not None
        and room.opens_at <= now
        and not room.lines.filter(opened_at__gte=room.opens_at).exists()
    ):
        return True
    return room.busy_above is not None and health.arrivals_per_minute(room.event_id) > room.busy_above


def _before_start(line: Line) -> Line:
    waiting = store.unsaved(line.pk)
    if line.starts_at is not None and line.starts_at > timezone.now():
        if waiting:
            save_early(line_id=line.pk, entries=waiting)
            store.saved(line.pk, len(waiting))
        publish(line)
        return line
    # From the freeze on whoever comes is late; a crash before the start leaves it frozen, and the next tick starts.
    frozen = store.freeze(line.pk)
    started = start_line(line_id=line.pk, entries=frozen)
    store.put_ranks(line.pk, order_of(started))
    store.saved(line.pk, len(frozen))
    return started


def _let_in(line: Line) -> tuple[Line, Stock]:
    before = store.fresh_meta(line.pk)
    stock = stock_of(line.room.event, at=timezone.now())
    doors = health.checkout_health(current_organizer().pk)
    measured = Health(doors.requests, doors.errors, doors.p95_seconds, held=stock.held, free=stock.free)
    total = (before.issued if before else 0) + line.early_total
    mark = line.mark
    line = admit_next(line_id=line.pk, total=total, health=measured, stock=stock)
    if line.mark > mark and line.ticked_at is not None:
        store.put_turns(line.pk, [(line.mark, line.ticked_at.timestamp())])
    return line, stock


def _is_over(line: Line) -> bool:
    """Whether everybody who came was let in, and nobody came for a while."""
    known = store.fresh_meta(line.pk)
    if known is None or known.total > line.mark or line.started_at is None:
        return False
    last = line.steps.order_by("-first").values_list("at", flat=True).first() or line.started_at
    return timezone.now() - last > EMPTY_BEFORE_CLOSING


def restore(line: Line) -> None:
    """Build the running order again from Postgres: facts, early entries or their shuffled order, turns.

    Arrival numbers go on in a block of their own, above everything that was ever reserved: a token that was given out keeps
    its place, and no number is given twice.
    """
    store.put_early(line.pk, early_entries(line))
    if line.started_at is not None:
        store.put_ranks(line.pk, order_of(line))
        store.put_turns(line.pk, recent_turns(line))
    publish(line)
    reserved = reserve_numbers(line_id=line.pk)
    is_started = line.started_at is not None
    store.found(line.pk, issued=reserved - NUMBERS_AT_ONCE, reserved=reserved, is_started=is_started)


def publish(line: Line, *, stock: Stock | None = None) -> None:
    """Write to Redis what polls tell of the line."""
    event = line.room.event
    state = "closed" if line.closed_at else "sold_out" if line.is_sold_out else "open"
    if state == "open" and stock is not None and stock.left == 0:
        state = "paused"
    facts = {
        "slug": event.slug,
        "starts_at": _seconds(line.starts_at),
        "early_total": line.early_total if line.started_at else None,
        "mark": line.mark,
        "rate": round(line.rate, 2),
        "state": state,
        "left": stock.left if stock is not None else None,
        "visit_seconds": line.room.visit_minutes * 60,
    }
    store.put_meta(line.pk, facts)


def more_numbers(line: Line) -> None:
    """Reserve further arrival numbers and let Redis give them out."""
    store.raise_reserved(line.pk, reserve_numbers(line_id=line.pk))


def _seconds(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at is not None else None
