"""Reads about what is on offer."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from events.listing import EventFilter
from events.models import UNDER_WAY, DatePrice, DateQuota, Event, Performance, Property, TicketType
from seating.models import Venue
from ui.errors import NotFound
from ui.rows import keep, read


def listed_events(*, after: datetime) -> QuerySet[Event]:
    """Those that strangers may come across and that are or will be on sale, or paused, with a date that ends after `after`."""
    shown = Event.objects.filter(
        state__in=(Event.State.PUBLISHED, Event.State.PAUSED), visibility=Event.Visibility.PUBLIC, is_test=False
    )
    return shown.filter(Exists(_upcoming(after).filter(event=OuterRef("pk"))))


def published_events(
    *, after: datetime, wanted: EventFilter | None = None, known: Iterable[Property] = ()
) -> list[Event]:
    """`listed_events`, those that are `wanted` where somebody looks for some, soonest first; `known` are the organizer's properties.

    With venue, dates and ticket types.
    """
    shown = listed_events(after=after)
    events = with_everything(wanted.of(shown, known) if wanted else shown)
    return sorted(events, key=lambda event: min(p.starts_at for p in event.performances.all()))


def published_event(slug: str) -> Event:
    """The event a buyer may see under this name, with venue, dates and ticket types. Raises NotFound, for a draft too.

    Whether a password is asked for first is `events.access`'s to say.
    """
    states = [*UNDER_WAY, Event.State.CANCELLED]
    # lower(), as the unique index has it.
    for event in read(Event, "lower(slug) = %s AND state = ANY (%s)", [slug.lower(), states]):
        [event.venue] = read(Venue, "id = %s", [event.venue_id])
        dates = read(Performance, "event_id = %s", [event.pk])
        keep(event, "performances", sorted(dates, key=lambda date: (date.starts_at, date.pk)))
        kinds = read(TicketType, "event_id = %s", [event.pk])
        keep(event, "ticket_types", sorted(kinds, key=lambda kind: (kind.sort_order, kind.pk)))
        return event
    raise NotFound


def event_for_update(event_id: UUID) -> Event:
    """The event, its row locked until the transaction ends. Raises NotFound."""
    event = Event.objects.select_for_update().filter(pk=event_id).first()
    if event is None:
        raise NotFound
    return event


def performance_by_id(performance_id: UUID) -> Performance:
    """The performance. Raises NotFound."""
    performance = Performance.objects.filter(pk=performance_id).first()
    if performance is None:
        raise NotFound
    return performance


def performance_for_update(performance_id: UUID) -> Performance:
    """The performance, its row locked until the transaction ends. Raises NotFound.

    Holds and orders that point to it are written meanwhile: its key does not change, and they must not wait.
    """
    performance = Performance.objects.select_for_update(no_key=True).filter(pk=performance_id).first()
    if performance is None:
        raise NotFound
    return performance


def _upcoming(after: datetime) -> QuerySet[Performance]:
    return Performance.objects.filter(state=Performance.State.SCHEDULED, ends_at__gt=after)


def with_everything(events: QuerySet[Event]) -> QuerySet[Event]:
    """With venue, dates and ticket types: what a page of an event needs."""
    return events.select_related("venue").prefetch_related("performances", "ticket_types__tax", "own_fees__tax")


def own_prices(performance_ids: Iterable[UUID]) -> dict[tuple[UUID, UUID], int]:
    """(performance, ticket type) -> the price that this date has of its own. One query."""
    found = DatePrice.objects.filter(performance__in=list(performance_ids))
    return {(date, kind): price for date, kind, price in found.values_list("performance_id", "ticket_type_id", "price")}


def own_sizes(performance_ids: Iterable[UUID]) -> dict[tuple[UUID, int], int]:
    """(performance, quota) -> the size that this date has of its own. One query."""
    found = DateQuota.objects.filter(performance__in=list(performance_ids))
    return {(date, quota): size for date, quota, size in found.values_list("performance_id", "quota_id", "size")}


def price_on(performance_id: UUID, ticket_type: TicketType) -> int:
    """What a ticket type costs on a date, before our fee: minor units."""
    return own_prices([performance_id]).get((performance_id, ticket_type.pk), ticket_type.price)
