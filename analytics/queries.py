"""What was sold: per ticket type, per hour, today. Reads only, inside the current organizer's schema."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum, prefetch_related_objects
from django.db.models.functions import Trunc
from django.utils import timezone

from analytics.models import StockProof
from events.models import UNDER_WAY, Event, Performance, TicketType
from events.queries import own_sizes
from inventory.models import Place, Pool, StockEntry
from inventory.queries import stock_by_date
from orders.models import Fee, Order, Position
from payments.models import Refund
from payments.queries import GONE

PAID = (Order.State.PAID, Order.State.REFUNDED)


@dataclass(frozen=True)
class TypeSales:
    """One ticket type over all dates of its event. `price` is the organizer's; the numbers are tickets.

    Types that draw from the same `quotas`, as the adults and children of one category, share what is free and blocked.
    """

    ticket_type: TicketType
    sold: int
    held: int
    free: int
    blocked: int = 0
    quotas: frozenset[int] = frozenset()

    @property
    def capacity(self) -> int:
        return self.sold + self.held + self.free + self.blocked


@dataclass(frozen=True)
class Money:
    """Minor units of `currency`: what buyers paid, our fees, whoever bore them, and what went back to buyers."""

    currency: str
    gross: int = 0
    fees: int = 0
    refunded: int = 0
    refunded_fees: int = 0

    @property
    def net(self) -> int:
        """What is the organizer's: neither our fees nor what was given back."""
        return self.gross - self.fees - (self.refunded - self.refunded_fees)


@dataclass(frozen=True)
class EventSales:
    """An event's sales as of now."""

    event: Event
    types: tuple[TypeSales, ...]
    orders: int
    money: Money

    @property
    def sold(self) -> int:
        return sum(kind.sold for kind in self.types)

    @property
    def held(self) -> int:
        return sum(kind.held for kind in self.types)

    @property
    def free(self) -> int:
        return sum(kind.free for kind in self._one_of_each())

    @property
    def capacity(self) -> int:
        return self.sold + self.held + self.free + sum(kind.blocked for kind in self._one_of_each())

    def _one_of_each(self) -> Iterable[TypeSales]:
        """A type for each stock: what several draw from is there once."""
        return {kind.quotas or kind.ticket_type.pk: kind for kind in self.types}.values()


@dataclass(frozen=True)
class Capacity:
    """How full an event is: tickets sold, held now, and how many there are in all."""

    event: Event
    sold: int
    held: int
    capacity: int


@dataclass(frozen=True)
class DateCapacity:
    """How full one date is: tickets sold, held now, and how many there are in all."""

    sold: int
    held: int
    capacity: int


@dataclass(frozen=True)
class Bar:
    """So many tickets sold in the hour or day that begins at `starts_at`."""

    starts_at: datetime
    tickets: int


@dataclass(frozen=True)
class DaySales:
    """One day's sales in one currency, up to the same time of day in each comparison."""

    orders: int
    tickets: int
    money: tuple[Money, ...]


def event_sales(event: Event, *, at: datetime) -> EventSales:
    """What is sold, held and free of an event's ticket types at `at`, and its money."""
    orders = Order.objects.filter(event=event, state__in=PAID)
    return EventSales(
        event=event,
        types=_type_sales(event, at),
        orders=orders.filter(state=Order.State.PAID).count(),
        money=next(iter(_money(orders)), Money(event.currency)),
    )


def _type_sales(event: Event, at: datetime) -> tuple[TypeSales, ...]:
    performances = list(event.performances.filter(state=Performance.State.SCHEDULED))
    stock = list(stock_by_date(performances, at=at).values())
    taken = _taken_by_type(performances, at)
    types = event.ticket_types.filter(is_active=True).prefetch_related("quotas")
    return tuple(_one_type(kind, stock, taken, opened=bool(performances and any(stock))) for kind in types)


def _one_type(
    kind: TicketType, stock: list[dict[int, dict[str, int]]], taken: dict[UUID, dict[str, int]], *, opened: bool
) -> TypeSales:
    quotas = list(kind.quotas.all())
    drawn = frozenset(quota.pk for quota in quotas)
    if not opened:  # a draft has no places yet: what will be there is what the quota says
        return TypeSales(kind, 0, 0, min((quota.size for quota in quotas), default=0), quotas=drawn)
    free = sum(min((per.get(quota.pk, {}).get("free", 0) for quota in quotas), default=0) for per in stock)
    blocked = sum(max((per.get(quota.pk, {}).get("blocked", 0) for quota in quotas), default=0) for per in stock)
    mine = taken.get(kind.pk, {})
    return TypeSales(kind, mine.get("sold", 0), mine.get("held", 0), free, blocked, drawn)


def _taken_by_type(performances: list[Performance], at: datetime) -> dict[UUID, dict[str, int]]:
    # One place per ticket and pool: where a type draws from several quotas, each position counts once.
    sold = Position.objects.filter(performance__in=performances, state=Position.State.SOLD)
    taken: dict[UUID, dict[str, int]] = {}
    for type_id, number in sold.values_list("ticket_type").annotate(number=Count("pk")).order_by():
        taken.setdefault(type_id, {})["sold"] = number
    held = Place.objects.filter(pool__performance__in=performances, state=Place.State.HELD, held_until__gt=at)
    rows = held.values_list("ticket_type", "pool__quota").annotate(number=Count("pk")).order_by()
    for type_id, _quota, number in rows:
        mine = taken.setdefault(type_id, {})
        mine["held"] = max(mine.get("held", 0), number)
    # Between securing and completing, places are sold to positions that still say "ordered".
    secured = Position.objects.filter(performance__in=performances, order__state=Order.State.SECURED)
    for type_id, number in secured.values_list("ticket_type").annotate(number=Count("pk")).order_by():
        mine = taken.setdefault(type_id, {})
        mine["held"] = mine.get("held", 0) + number
    return taken


def _money(orders: QuerySet[Order]) -> list[Money]:
    totals = (
        orders.order_by("currency").values_list("currency").annotate(gross=Sum("total"), absorbed=Sum("absorbed_fee"))
    )
    by_order, by_payment = "order__currency", "payment__currency"
    fees = dict(
        Fee.objects.filter(order__in=orders, kind=Fee.Kind.SERVICE)
        .order_by()
        .values_list(by_order)
        .annotate(all=Sum("amount"))
    )
    back = {
        row[by_payment]: row
        for row in Refund.objects.filter(GONE, payment__order__in=orders)
        .order_by()
        .values(by_payment)
        .annotate(amount=Sum("amount"), fees=Sum("fee_amount"))
    }
    return [
        Money(
            currency=currency,
            gross=gross,
            fees=fees.get(currency, 0) + absorbed,
            refunded=back[currency]["amount"] if currency in back else 0,
            refunded_fees=back[currency]["fees"] if currency in back else 0,
        )
        for currency, gross, absorbed in totals
    ]


def day_sales(*, zone: str, at: datetime, days_ago: int = 0) -> DaySales:
    """Sales from midnight in `zone` until this time of day, today or `days_ago`; refunds of that day's sales taken out."""
    until = at - timedelta(days=days_ago)
    midnight = until.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    orders = Order.objects.filter(state__in=PAID, is_test=False, paid_at__gte=midnight, paid_at__lt=until)
    kept = orders.filter(state=Order.State.PAID)
    return DaySales(
        orders=kept.count(),
        tickets=Position.objects.filter(order__in=kept, state=Position.State.SOLD).count(),
        money=tuple(_money(orders)),
    )


def tickets_by_hour(*, since: datetime, until: datetime, zone: str, event: Event | None = None) -> list[Bar]:
    """Tickets sold per hour of `zone`, every hour from `since` to `until`, of an event or of all; tests count in a test event alone."""
    return _bars("hour", since, until, zone, event)


def tickets_by_day(*, since: datetime, until: datetime, zone: str, event: Event | None = None) -> list[Bar]:
    """Tickets sold per day of `zone`, every day from `since` to `until`."""
    return _bars("day", since, until, zone, event)


def _bars(unit: str, since: datetime, until: datetime, zone: str, event: Event | None) -> list[Bar]:
    tz = ZoneInfo(zone)
    sold = Position.objects.filter(state=Position.State.SOLD, order__paid_at__gte=since, order__paid_at__lt=until)
    sold = sold.filter(order__is_test=False) if event is None else sold.filter(order__event=event)
    counted = dict(
        sold.annotate(begins=Trunc("order__paid_at", unit, tzinfo=tz))
        .values_list("begins")
        .annotate(number=Count("pk"))
        .order_by()
    )
    return [Bar(begins, counted.get(begins, 0)) for begins in _steps(unit, since.astimezone(tz), until.astimezone(tz))]


def _steps(unit: str, since: datetime, until: datetime) -> Iterable[datetime]:
    if unit == "day":
        begins = since.replace(hour=0, minute=0, second=0, microsecond=0)
        while begins < until:
            yield begins
            begins += timedelta(days=1)  # wall-clock days: one may have 23 or 25 hours
        return
    # Hours are counted in UTC: in the zone's own arithmetic one would be missing or twice when clocks change.
    zone = since.tzinfo
    begins = since.replace(minute=0, second=0, microsecond=0).astimezone(timezone.get_default_timezone())
    while begins < until:
        yield begins.astimezone(zone)
        begins += timedelta(hours=1)


def capacities(events: Sequence[Event], *, at: datetime) -> list[Capacity]:
    """How full each of these events is, in their order: a handful of queries, however many events."""
    sold = _tickets(Position.objects.filter(state=Position.State.SOLD, order__event__in=events), "order__event")
    # Between securing and completing, places are sold to positions that still say "ordered".
    secured = _tickets(
        Position.objects.filter(order__state=Order.State.SECURED, order__event__in=events), "order__event"
    )
    held = _held_by_event(events, at)
    sizes = _sizes(events)
    return [
        Capacity(event, sold.get(event.pk, 0), held.get(event.pk, 0) + secured.get(event.pk, 0), sizes.get(event.pk, 0))
        for event in events
    ]


def _tickets(positions: QuerySet[Position], by: str) -> dict[UUID, int]:
    return dict(positions.values_list(by).annotate(number=Count("pk")).order_by())


def _held_by_event(events: Sequence[Event], at: datetime) -> dict[UUID, int]:
    places = Place.objects.filter(pool__performance__event__in=events, state=Place.State.HELD, held_until__gt=at)
    rows = places.values_list("pool__performance__event", "ticket_type", "pool__quota").annotate(number=Count("pk"))
    by_type: dict[tuple[UUID, UUID], int] = {}
    for event_id, type_id, _quota, number in rows.order_by():  # a type may draw from several quotas at once
        by_type[event_id, type_id] = max(number, by_type.get((event_id, type_id), 0))
    held: dict[UUID, int] = {}
    for (event_id, _type), number in by_type.items():
        held[event_id] = held.get(event_id, 0) + number
    return held


def date_capacities(event: Event, dates: Sequence[Performance], *, at: datetime) -> dict[UUID, DateCapacity]:
    """How full each of these dates of an event is, by its id: a handful of queries, however many dates."""
    sold = _tickets(Position.objects.filter(state=Position.State.SOLD, performance__in=dates), "performance")
    # Between securing and completing, places are sold to positions that still say "ordered".
    secured = Position.objects.filter(order__state=Order.State.SECURED, performance__in=dates)
    held = _tickets(secured, "performance")
    places = Place.objects.filter(pool__performance__in=dates, state=Place.State.HELD, held_until__gt=at)
    rows = places.values_list("pool__performance", "ticket_type", "pool__quota").annotate(number=Count("pk"))
    by_type: dict[tuple[UUID, UUID], int] = {}
    for date, kind, _quota, number in rows.order_by():  # a type may draw from several quotas at once
        by_type[date, kind] = max(number, by_type.get((date, kind), 0))
    for (date, _kind), number in by_type.items():
        held[date] = held.get(date, 0) + number
    sizes = _sizes_of_dates([event], [(event.pk, date.pk) for date in dates])
    return {date.pk: DateCapacity(sold.get(date.pk, 0), held.get(date.pk, 0), sizes.get(date.pk, 0)) for date in dates}


def _sizes(events: Sequence[Event]) -> dict[UUID, int]:
    prefetch_related_objects(events, "performances")  # nothing is asked where they are there
    of_events = [(event.pk, date) for event in events for date in event.performances.all()]
    dates = [(event_id, date.pk) for event_id, date in of_events if date.state == Performance.State.SCHEDULED]
    by_date = _sizes_of_dates(events, dates)
    sizes: dict[UUID, int] = {}
    for event_id, date in dates:
        sizes[event_id] = sizes.get(event_id, 0) + by_date.get(date, 0)
    return sizes


def _sizes_of_dates(events: Sequence[Event], dates: Sequence[tuple[UUID, UUID]]) -> dict[UUID, int]:
    """How many places each date has, by its id; `dates` are (event, performance)."""
    types = (
        TicketType.objects.filter(event__in=events, is_active=True)
        .annotate(drawn=ArrayAgg("quotas", order_by="quotas"), sizes=ArrayAgg("quotas__size", order_by="quotas"))
        .values_list("event", "drawn", "sizes")
        .order_by()
    )
    own = own_sizes(pk for _event, pk in dates)
    # Types that draw from the same quotas share their places.
    stocks: dict[UUID, set[tuple[tuple[int, int], ...]]] = {}
    for event_id, drawn, sizes in types:
        stocks.setdefault(event_id, set()).add(tuple(pair for pair in zip(drawn, sizes, strict=True) if pair[0]))
    return {
        date: sum(
            min((own.get((date, quota), size) for quota, size in drawn), default=0)
            for drawn in stocks.get(event_id, ())
        )
        for event_id, date in dates
    }


def upcoming_events(*, at: datetime, limit: int = 6) -> list[Event]:
    """Published events that are not over, also paused ones, soonest first, with venue, dates and ticket types; no tests."""
    ahead = Performance.objects.filter(ends_at__gt=at, state=Performance.State.SCHEDULED)
    soonest = ahead.filter(event=OuterRef("pk")).order_by("starts_at").values("starts_at")[:1]
    events = Event.objects.filter(state__in=UNDER_WAY, is_test=False).annotate(next_at=Subquery(soonest))
    found = events.exclude(next_at=None).select_related("venue").prefetch_related("performances", "ticket_types")
    return list(found.order_by("next_at", "pk")[:limit])


# --- Proofs of stock ------------------------------------------------------------------------------------------------------------

STILL_PROVED = timedelta(days=2)  # after a performance has ended


def last_proof(performance_id: UUID) -> StockProof | None:
    """The newest proof of a performance's stock."""
    return StockProof.objects.filter(performance_id=performance_id).order_by("-pk").first()


def last_proofs(event: Event) -> dict[UUID, StockProof]:
    """The newest proof of each date of an event, by the performance's id."""
    proofs = StockProof.objects.filter(performance__event=event).order_by("performance_id", "-pk")
    return {proof.performance_id: proof for proof in proofs.distinct("performance_id")}


def stopped_performances() -> list[Performance]:
    """The dates whose sale is stopped, with their events, soonest first."""
    return list(Performance.objects.exclude(sales_stopped_at=None).select_related("event").order_by("starts_at", "pk"))


def last_journal_entry() -> int:
    """The id of the newest journal entry that can be seen; 0 when there is none."""
    return StockEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def performances_with_entries_after(entry_id: int) -> list[UUID]:
    """The performances whose journal has entries later than this one."""
    places = StockEntry.objects.filter(pk__gt=entry_id).values("place_id")
    pools = Pool.objects.filter(pk__in=Place.objects.filter(pk__in=places).values("pool_id"), code=None)
    return list(pools.order_by("performance_id").values_list("performance_id", flat=True).distinct())


def performances_to_prove(*, at: datetime) -> list[UUID]:
    """The performances with stock that are not long over at `at`."""
    pools = Pool.objects.filter(performance__ends_at__gt=at - STILL_PROVED)
    return list(pools.order_by("performance_id").values_list("performance_id", flat=True).distinct())
