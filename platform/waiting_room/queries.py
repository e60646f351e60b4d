"""Reads and locked reads of the waiting room."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from redis.exceptions import RedisError

from events.models import Event, Performance
from inventory.models import Pool
from inventory.queries import stock_by_date
from tenants.current import current_organizer
from ui.errors import NotFound
from waiting_room import health, store
from waiting_room.models import EarlyEntry, Line, Room
from waiting_room.pace import Health


def room_of(event_id: UUID) -> Room | None:
    """The event's room, if it ever had one."""
    return Room.objects.filter(event_id=event_id).first()


def open_line(event_id: UUID) -> Line | None:
    """The line that people can join now."""
    return Line.objects.select_related("room__event").filter(room__event_id=event_id, closed_at=None).first()


def open_line_at(slug: str) -> Line | None:
    """The open line of the published event under this name, with room, event and venue: all that joining needs, at once."""
    lines = Line.objects.select_related("room__event__venue").alias(name=Lower("room__event__slug"))
    return lines.filter(
        name=slug.lower(), room__event__state__in=(Event.State.PUBLISHED, Event.State.PAUSED), closed_at=None
    ).first()


def latest_line(event_id: UUID) -> Line | None:
    """The open line, or else the last one: what the proof of fairness is about."""
    return Line.objects.select_related("room__event").filter(room__event_id=event_id).order_by("-opened_at").first()


def line_for_update(line_id: UUID) -> Line:
    """The line, its row locked until the transaction ends. Raises NotFound."""
    line = Line.objects.select_for_update(of=("self",)).select_related("room__event").filter(pk=line_id).first()
    if line is None:
        raise NotFound
    return line


def room_for_update(event_id: UUID) -> Room:
    """The event's room, its row locked; made when there is none. Raises NotFound when there is no such event."""
    if not Event.objects.filter(pk=event_id).exists():
        raise NotFound
    Room.objects.get_or_create(event_id=event_id)
    return Room.objects.select_for_update(of=("self",)).select_related("event").get(event_id=event_id)


SOON = timedelta(seconds=10)  # before its time a room is tended already, so that it opens on the second


def rooms_to_tend() -> list[Room]:
    """Rooms that have an open line, whose time to open has come, or whose visitors are counted."""
    opened = Line.objects.filter(room=OuterRef("pk"), opened_at__gte=OuterRef("opens_at"))
    is_due = Q(opens_at__lte=timezone.now() + SOON) & ~Exists(opened)
    by_rule = Q(mode=Room.Mode.RULE, event__state=Event.State.PUBLISHED) & (Q(busy_above__isnull=False) | is_due)
    is_open = Exists(Line.objects.filter(room=OuterRef("pk"), closed_at=None))
    return list(Room.objects.select_related("event").filter(by_rule | Q(is_open)).order_by("pk"))


# The same for a schema as a whole.
TENDED_SQL = """
SELECT '{schema}' WHERE EXISTS (SELECT 1 FROM "{schema}".waiting_room_line WHERE closed_at IS NULL)
    OR EXISTS (SELECT 1 FROM "{schema}".waiting_room_room room
                 JOIN "{schema}".events_event event ON event.id = room.event_id AND event.state = 'published'
                WHERE room.mode = 'rule' AND (room.busy_above IS NOT NULL
                   OR room.opens_at <= now() + interval '10 seconds' AND NOT EXISTS (
                      SELECT 1 FROM "{schema}".waiting_room_line line
                       WHERE line.room_id = room.id AND line.opened_at >= room.opens_at)))
"""


def schemas_to_tend(schemas: list[str]) -> list[str]:
    """Those of these schemas that `rooms_to_tend` has something in, with one statement per 200."""
    found: list[str] = []
    for start in range(0, len(schemas), 200):
        branches = (TENDED_SQL.format(schema=schema) for schema in schemas[start : start + 200])
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(branches))
            found += [row[0] for row in cursor.fetchall()]
    return found


def early_entries(line: Line) -> QuerySet[EarlyEntry, str]:
    """The public ids of those who came early, ascending."""
    return line.early.order_by("entry").values_list("entry", flat=True)


def recent_turns(line: Line) -> list[tuple[int, float]]:
    """(last position, instant in seconds since 1970) of the steps that still matter to who comes back."""
    steps = line.steps.filter(at__gte=timezone.now() - timedelta(hours=2)).order_by("first")
    return [(step.last, step.at.timestamp()) for step in steps]


def open_doors() -> dict[str, Any]:
    """Which performances are behind a line now, and whose visitors are counted: plain JSON values for waiting_room.gate."""
    lines = list(Line.objects.select_related("room__event").filter(closed_at=None))
    performances = Performance.objects.filter(event__in=[line.room.event_id for line in lines]).values_list(
        "event_id", "pk"
    )
    watched = Room.objects.filter(mode=Room.Mode.RULE, busy_above__isnull=False).values_list("event_id", flat=True)
    return {
        "lines": [
            {
                "line": line.pk.hex,
                "event": line.room.event_id.hex,
                "slug": line.room.event.slug,
                "is_sold_out": line.is_sold_out,
                "performances": [str(pk) for event_id, pk in performances if event_id == line.room.event_id],
            }
            for line in lines
        ],
        "watched": [event_id.hex for event_id in watched],
    }


def is_to_come(event: Event, *, at: datetime) -> bool:
    """Whether any date of the event is not over."""
    return event.performances.filter(state=Performance.State.SCHEDULED, ends_at__gt=at).exists()


@dataclass(frozen=True)
class Stock:
    """The event's places over all dates to come: `left` tickets could be held now, `held` lie in somebody's hold."""

    left: int
    held: int
    free: int

    @property
    def is_gone(self) -> bool:
        """Nothing is left and nothing can come back by itself."""
        return self.left == 0 and self.held == 0


def stock_of(event: Event, *, at: datetime) -> Stock:
    """What is left of an event at `at`."""
    left = held = free = 0
    kinds = event.ticket_types.filter(is_active=True, is_add_on=False, quotas__isnull=False)
    draws = list(kinds.values_list("pk", "quotas"))
    drawn = {quota_id for _type, quota_id in draws}  # neither add-ons' nor sale phases'
    dates = list(event.performances.filter(state=Performance.State.SCHEDULED, ends_at__gt=at))
    by_date = stock_by_date(dates, at=at)
    for date, quota_id in Pool.objects.filter(performance__in=dates, is_waited_for=True).values_list(
        "performance", "quota"
    ):
        by_date[date][quota_id]["free"] = 0  # the waiting list's: nobody in line gets them
    for of_date in by_date.values():
        states = {quota_id: state for quota_id, state in of_date.items() if quota_id in drawn}
        free_here = sum(state["free"] for state in states.values())
        held += sum(state["held"] for state in states.values())
        free += free_here
        by_type: dict[UUID, int] = {}
        for type_id, quota_id in draws:
            in_quota = states[quota_id]["free"] if quota_id in states else 0
            by_type[type_id] = min(in_quota, by_type.get(type_id, in_quota))
        # Types that share a quota each see all of it.
        left += min(sum(by_type.values()), free_here)
    return Stock(left=left, held=held, free=free)


@dataclass(frozen=True)
class LineFigures:
    """How a line does: `waiting` and `admitted` are people, `rate` people per minute, `complaint` a word of `Health`.

    `waiting` is None while Redis does not say.
    """

    waiting: int | None
    admitted: int
    rate: int
    complaint: str
    requests: int
    errors: int
    p95_seconds: float
    held: int
    left: int


def line_figures(line: Line, *, at: datetime) -> LineFigures:
    """The figures of a line at `at`, for its organizer."""
    stock = stock_of(line.room.event, at=at)
    doors, waiting = Health(), None
    with suppress(RedisError):
        doors = health.checkout_health(current_organizer().pk)
        waiting = _waiting(line)
    measured = Health(doors.requests, doors.errors, doors.p95_seconds, held=stock.held, free=stock.free)
    return LineFigures(
        waiting=waiting,
        admitted=line.mark,
        rate=round(line.rate),
        complaint=measured.complaint,
        requests=doors.requests,
        errors=doors.errors,
        p95_seconds=doors.p95_seconds,
        held=stock.held,
        left=stock.left,
    )


def _waiting(line: Line) -> int | None:
    if line.started_at is None:
        return store.count_early(line.pk)
    known = store.fresh_meta(line.pk)
    return max(0, known.total - line.mark) if known is not None else None


def admitted_by_minute(line: Line, *, since: datetime) -> dict[datetime, int]:
    """How many were let in, per minute that has any, from `since` on."""
    counts: dict[datetime, int] = {}
    for step in line.steps.filter(at__gte=since):
        minute = step.at.replace(second=0, microsecond=0)
        counts[minute] = counts.get(minute, 0) + step.last - step.first + 1
    return counts
