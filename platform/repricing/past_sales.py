"""What was sold when, and for how much: what a simulation replays."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count

from events.models import Event, Performance, TicketType
from inventory.queries import filled_pools
from orders.models import Position
from repricing.simulation import LONGEST_SALE, Past

HOUR = timedelta(hours=1)
LEAST_SOLD = 10  # fewer say nothing


@dataclass(frozen=True)
class Source:
    """A date of a ticket type whose sales can be replayed, and how many were sold."""

    performance: Performance
    ticket_type: TicketType
    sold: int


def past_sources(*, currency: str, most: int = 20) -> list[Source]:
    """Where enough was sold for a price in this currency, the newest dates first."""
    sold = (
        Position.objects.filter(
            state=Position.State.SOLD, order__paid_at__isnull=False, price__gt=0, performance__event__currency=currency
        )
        .order_by()
        .values_list("performance_id", "ticket_type_id")
        .annotate(sold=Count("pk"))
        .filter(sold__gte=LEAST_SOLD)
        .order_by("-performance__starts_at", "ticket_type_id")[:most]
    )
    rows = list(sold)
    dates = Performance.objects.select_related("event").in_bulk([row[0] for row in rows])
    kinds = TicketType.objects.in_bulk([row[1] for row in rows])
    return [Source(dates[date], kinds[kind], number) for date, kind, number in rows]


def past_of(source: Source) -> Past:
    """Its sales by the hour, from the moment the sale began until the date or, where that is to come, until the last sale."""
    performance, kind = source.performance, source.ticket_type
    paid = Position.objects.filter(
        performance=performance, ticket_type=kind, state=Position.State.SOLD, order__paid_at__isnull=False, price__gt=0
    )
    rows = list(paid.order_by("order__paid_at", "pk").values_list("order__paid_at", "price"))
    moments = [(at, price) for at, price in rows if at is not None]
    opened = sale_began(performance.event, kind) or min((at for at, _price in moments), default=performance.starts_at)
    hours = [(max(0, int((at - opened) / HOUR)), price) for at, price in moments]
    last = max((hour for hour, _price in hours), default=0) + 1
    until = max(last, min(LONGEST_SALE, int((performance.starts_at - opened) / HOUR)))
    size = max((pool.for_sale for pool in filled_pools(performance.pk) if kind.pk in pool.ticket_type_ids), default=0)
    return Past(kind.price, size or len(rows), until, tuple((hour, price, 1) for hour, price in hours))


def sale_began(event: Event, kind: TicketType) -> datetime | None:
    """When the type came on sale; None for a draft."""
    return max(filter(None, (event.published_at, kind.on_sale_from)), default=None)


def sale_hours(performance: Performance, kind: TicketType, *, at: datetime) -> int:
    """How long a sale of the type lasts until the date: from its beginning, or from `at` where it has not begun."""
    began = sale_began(performance.event, kind) or at
    return max(1, min(LONGEST_SALE, int((performance.starts_at - began) / HOUR)))


def source_named(sources: list[Source], name: str) -> Source | None:
    """The one that a form's choice names."""
    return next((one for one in sources if name_of(one) == name), None)


def name_of(source: Source) -> str:
    """How a form's choice names it."""
    return f"{source.performance.pk}:{source.ticket_type.pk}"


def size_of(performance_id: UUID, kind: TicketType) -> int:
    """How many tickets of a type there are for sale at a date: of a draft what its quotas say."""
    sizes = [pool.for_sale for pool in filled_pools(performance_id) if kind.pk in pool.ticket_type_ids]
    return min(sizes or [quota.size for quota in kind.quotas.all()], default=0)
