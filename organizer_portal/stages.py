"""The stage of events as staff see it: what is sold out is taken from the same stock as on the public pages."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from events.lifecycle import Stage, stage_of
from events.models import Event, Performance
from inventory.live import stock_of


def stages_of(events: Iterable[Event], *, at: datetime) -> dict[UUID, Stage]:
    """The stage of each event, by its id. Asks for the stock of all their next dates at once."""
    known = list(events)
    dates = {event.pk: _next_date(event, at) for event in known if event.state == Event.State.PUBLISHED}
    stock = stock_of(date.pk for date in dates.values() if date is not None)
    stages = {}
    for event in known:
        date = dates.get(event.pk)
        left = stock[date.pk].types if date is not None and date.pk in stock else {}
        offered = [kind for kind in event.ticket_types.all() if kind.is_active]
        is_sold_out = bool(left) and all(kind.pk in left and left[kind.pk].left == 0 for kind in offered)
        is_sold_out = is_sold_out and _is_last(event, date)  # of a series others may have some left
        stages[event.pk] = stage_of(event, at=at, is_sold_out=is_sold_out)
    return stages


def staged(event: Event) -> Stage:
    """The stage of one event now."""
    return stages_of([event], at=timezone.now())[event.pk]


def _next_date(event: Event, at: datetime) -> Performance | None:
    ahead = [date for date in event.performances.all() if date.ends_at > at and date.state == date.State.SCHEDULED]
    return min(ahead, key=lambda date: date.starts_at, default=None)


def _is_last(event: Event, date: Performance | None) -> bool:
    return not any(
        date is not None and one.starts_at > date.starts_at and one.state == one.State.SCHEDULED
        for one in event.performances.all()
    )
