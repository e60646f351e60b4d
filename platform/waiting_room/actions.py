"""Verbs of the waiting room. They decide in Postgres; `waiting_room.tend` carries to Redis what they decided."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import SYSTEM, Actor, record
from inventory.queries import database_now
from tenants.current import current_organizer
from tenants.transactions import on_commit
from ui.ids import uuid7
from waiting_room import gate, store
from waiting_room.errors import RoomInvalid
from waiting_room.live import finish
from waiting_room.models import AdmissionStep, EarlyEntry, Line, Room
from waiting_room.pace import Health, admissions, next_rate
from waiting_room.queries import Stock, line_for_update, room_for_update
from waiting_room.seal import seal, unseal
from waiting_room.shuffle import commitment_to, digest_of, new_seed, shuffled

NUMBERS_AT_ONCE = 500  # reserved together; as many positions may stay empty after a loss of Redis
LONGEST_PRE_QUEUE = timedelta(days=2)


@transaction.atomic
def change_room(
    *,
    event_id: UUID,
    actor: Actor,
    mode: str,
    rate_min: int,
    rate_max: int,
    visit_minutes: int = 15,
    opens_at: datetime | None = None,
    starts_at: datetime | None = None,
    busy_above: int | None = None,
) -> Room:
    """Set an event's room. ON opens a line at once if none is open, OFF closes it. Raises NotFound, RoomInvalid."""
    room = room_for_update(event_id)
    now = database_now()
    if mode == Room.Mode.ON and not room.event.is_published:
        raise RoomInvalid(_("Publish the event first; a rule may be set before."), field="mode")
    _check(mode, opens_at, starts_at, busy_above, rate_min, rate_max)
    room.mode, room.opens_at, room.starts_at, room.busy_above = mode, opens_at, starts_at, busy_above
    room.rate_min, room.rate_max, room.visit_minutes = rate_min, rate_max, visit_minutes
    room.save()
    record(
        verb="change_room",
        target=room,
        actor=actor,
        detail={"mode": mode, "rate_min": rate_min, "rate_max": rate_max, "busy_above": busy_above},
    )
    line = room.lines.filter(closed_at=None).first()
    if mode == Room.Mode.ON and line is None:
        _open(room, starts_at=starts_at if starts_at and starts_at > now else None, at=now, actor=actor)
    elif line is not None and mode == Room.Mode.OFF:
        _close(line_for_update(line.pk), at=now, actor=actor)
    elif line is not None and line.started_at is None and starts_at:
        Line.objects.filter(pk=line.pk).update(starts_at=starts_at)
    _tell()
    return room


def _check(
    mode: str,
    opens_at: datetime | None,
    starts_at: datetime | None,
    busy_above: int | None,
    rate_min: int,
    rate_max: int,
) -> None:
    if mode not in Room.Mode.values:
        raise RoomInvalid(_("Choose one of the three."), field="mode")
    if rate_min < 1 or rate_max > 60_000 or rate_min > rate_max:
        raise RoomInvalid(
            _("The lowest rate is at least 1 and at most the highest, which is at most 60,000."), field="rate_max"
        )
    if mode == Room.Mode.RULE and opens_at is None and busy_above is None:
        raise RoomInvalid(_("Say when it opens, or above how many people a minute."), field="opens_at")
    if opens_at and starts_at and not opens_at <= starts_at <= opens_at + LONGEST_PRE_QUEUE:
        raise RoomInvalid(_("The start comes after the opening, by two days at most."), field="starts_at")


@transaction.atomic
def open_by_rule(*, event_id: UUID) -> Line | None:
    """Open a line for a room whose rule says so; None when one is open already or the room has no rule any more."""
    room = room_for_update(event_id)
    if room.mode != Room.Mode.RULE or room.lines.filter(closed_at=None).exists():
        return None
    now = database_now()
    is_ahead = room.starts_at is not None and room.starts_at > now
    line = _open(room, starts_at=room.starts_at if is_ahead else None, at=now, actor=SYSTEM, is_by_rule=True)
    _tell()
    return line


def _open(room: Room, *, starts_at: datetime | None, at: datetime, actor: Actor, is_by_rule: bool = False) -> Line:
    line_id, seed = uuid7(), new_seed()
    line = Line.objects.create(
        id=line_id,
        room=room,
        opened_at=at,
        starts_at=starts_at,
        is_by_rule=is_by_rule,
        seed_sealed=seal(seed, line_id=line_id),
        commitment=commitment_to(seed),
        rate=room.rate_min,
    )
    record(verb="open_line", target=line, actor=actor, detail={"commitment": line.commitment})
    return line


@transaction.atomic
def save_early(*, line_id: UUID, entries: Iterable[str]) -> None:
    """Make early entries durable; one that is there already stays once. After the start nobody is early any more."""
    line = line_for_update(line_id)
    if line.started_at is None:
        _save_early(line, entries)


def _save_early(line: Line, entries: Iterable[str]) -> None:
    rows = (EarlyEntry(line=line, entry=entry) for entry in entries)
    EarlyEntry.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)


@transaction.atomic
def start_line(*, line_id: UUID, entries: Iterable[str] = ()) -> Line:
    """Shuffle the early ones, `entries` being those not saved yet, and show the seed. A started line stays as it is."""
    line = line_for_update(line_id)
    if line.started_at is not None or line.closed_at is not None:
        return line
    _save_early(line, entries)
    early = list(line.early.values_list("entry", flat=True))
    line.started_at = line.ticked_at = database_now()
    line.seed = unseal(bytes(line.seed_sealed), line_id=line.pk).hex()
    line.early_digest, line.early_total = digest_of(early), len(early)
    line.save()
    record(
        verb="start_line",
        target=line,
        actor=SYSTEM,
        detail={"seed": line.seed, "digest": line.early_digest, "early": line.early_total},
    )
    return line


def order_of(line: Line) -> list[str]:
    """The shuffled early entries of a started line, first to be let in first."""
    return shuffled(line.early.values_list("entry", flat=True), bytes.fromhex(line.seed))


@transaction.atomic
def reserve_numbers(*, line_id: UUID) -> int:
    """Reserve further arrival numbers; returns the highest that may be given out now."""
    line = line_for_update(line_id)
    line.late_reserved += NUMBERS_AT_ONCE
    line.save(update_fields=["late_reserved"])
    return line.late_reserved


@transaction.atomic
def admit_next(*, line_id: UUID, total: int, health: Health, stock: Stock) -> Line:
    """Let in as many as the time since the last tick allows, of `total` positions given out.

    With nothing left nobody is let in; when nothing can come back either, the line is sold out.
    """
    line = line_for_update(line_id)
    if line.started_at is None or line.closed_at is not None:
        return line
    room, now = line.room, database_now()
    seconds = (now - (line.ticked_at or line.started_at)).total_seconds()
    was_sold_out = line.is_sold_out
    line.rate = next_rate(line.rate, health, rate_min=room.rate_min, rate_max=room.rate_max, seconds=seconds)
    waiting = max(0, total - line.mark) if stock.left else 0
    count, line.carry = admissions(rate=line.rate, seconds=seconds, carry=line.carry, waiting=waiting)
    if count:
        AdmissionStep.objects.create(
            line=line, first=line.mark + 1, last=line.mark + count, at=now, rate=line.rate, rate_max=room.rate_max
        )
    line.mark += count
    line.ticked_at = now
    line.is_sold_out = stock.is_gone
    line.save(update_fields=["rate", "carry", "mark", "ticked_at", "is_sold_out"])
    if line.is_sold_out != was_sold_out:
        _tell()
    return line


@transaction.atomic
def close_line(*, line_id: UUID, actor: Actor) -> Line:
    """Nobody waits any more: the event is open to everybody. A closed line stays as it is."""
    line = line_for_update(line_id)
    if line.closed_at is None:
        _close(line, at=database_now(), actor=actor)
        _tell()
    return line


def _close(line: Line, *, at: datetime, actor: Actor) -> None:
    line.closed_at = at
    line.save(update_fields=["closed_at"])
    record(verb="close_line", target=line, actor=actor, detail={"admitted": line.mark})
    on_commit(lambda: finish(line.pk))


def _tell() -> None:
    """After the commit: doors look again, and the next tick comes here."""
    organizer = current_organizer()

    def tell() -> None:
        gate.forget_doors(organizer)
        store.tend_soon(organizer.schema_name)

    on_commit(tell)
