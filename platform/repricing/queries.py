"""Reads about prices that follow the sale."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, QuerySet

from events.models import Event, Performance, TicketType
from events.queries import own_prices as prices_of_dates
from inventory.queries import Filled, filled_pools
from orders.models import Position
from pricing.dynamic import HOURS_A_DAY, STILL, Lately, Moved, SaleState
from repricing.models import DynamicPrice, PriceChange, PriceRules, Proposal
from repricing.prices import Phases
from ui.rows import read

DAY = timedelta(hours=HOURS_A_DAY)


def moved_prices(performance_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, Moved]]:
    """By performance and ticket type, what is added to own prices now. One query; types whose price never moved are not there."""
    found: dict[UUID, dict[UUID, Moved]] = defaultdict(dict)
    ids = list(performance_ids)
    for row in read(DynamicPrice, "performance_id = ANY (%s)", [ids]) if ids else []:
        found[row.performance_id][row.ticket_type_id] = row.moved
    return found


def own_prices(performance: Performance, kinds: Iterable[TicketType], *, at: datetime) -> dict[UUID, int]:
    """What each of these ticket types costs at a date without the sale's doing: the date's, its sale phase's, or its own. Minor units."""
    phases = Phases.read([performance.event_id], [performance.pk])
    return {kind.pk: phases.price_now(kind, performance, at=at) for kind in kinds}


def price_now(own: int, moved: Moved | None) -> int:
    """The organizer's price of a ticket whose `own` price has `moved`, minor units."""
    return own + (moved or STILL).on(own)


def prices_at_next_date(event: Event, *, at: datetime) -> dict[UUID, int]:
    """By active ticket type, the organizer's price at the event's next date, or its last where all are over, whatever sale phase is
    open; minor units."""
    dates = event.performances.filter(state=Performance.State.SCHEDULED).order_by("starts_at")
    date = next((one for one in dates if one.ends_at > at), None) or dates.last()
    moved = moved_prices([date.pk]).get(date.pk, {}) if date else {}
    own = prices_of_dates([date.pk]) if date else {}
    return {
        kind.pk: price_now(own.get((date.pk, kind.pk), kind.price) if date else kind.price, moved.get(kind.pk))
        for kind in event.ticket_types.filter(is_active=True)
    }


def rules_in_force(ticket_type_ids: Iterable[UUID]) -> dict[UUID, PriceRules]:
    """The last version of each ticket type that has any, switched off or not."""
    newest = PriceRules.objects.filter(ticket_type_id__in=list(ticket_type_ids)).order_by("ticket_type_id", "-version")
    return {row.ticket_type_id: row for row in newest.distinct("ticket_type_id")}


def performances_to_reprice(*, at: datetime) -> list[UUID]:
    """Dates on sale that have not begun and of which a ticket type has rules."""
    found = Performance.objects.filter(
        state=Performance.State.SCHEDULED,
        sales_stopped_at=None,
        starts_at__gt=at,
        event__state=Event.State.PUBLISHED,
        event__ticket_types__is_active=True,
        event__ticket_types__price_rules__isnull=False,
    )
    return list(found.order_by("pk").values_list("pk", flat=True).distinct())


def sale_states(
    performance: Performance, hours_of: Mapping[UUID, int], *, kinds: Iterable[TicketType], at: datetime
) -> dict[UUID, SaleState]:
    """How the sale of these ticket types stands at one date; `hours_of` has the hours that each one's pace is measured over.

    A type that draws from several pools stands as the fullest of them. Held places are not sold: whoever holds many and buys none
    moves no price.
    """
    pools = filled_pools(performance.pk)
    house_sold, house_size = sum(pool.sold for pool in pools), sum(pool.for_sale for pool in pools)
    found = {}
    for kind in kinds:
        own = [pool for pool in pools if kind.pk in pool.ticket_type_ids]
        pool = max(own, key=_fullness, default=Filled(0, 0, ()))
        event = performance.event
        opened = max(filter(None, (event.published_at, event.sale_starts_at, kind.on_sale_from)), default=at)
        hours = hours_of[kind.pk]
        found[kind.pk] = SaleState(
            sold=pool.sold,
            size=pool.for_sale,
            house_sold=house_sold,
            house_size=house_size,
            hours_to_go=max(0, int((performance.starts_at - at) / timedelta(hours=1))),
            hours_on_sale=max(0, int((at - opened) / timedelta(hours=1))),
            sold_lately=_sold_since(performance.pk, pool.ticket_type_ids, at - timedelta(hours=hours)),
        )
    return found


def _fullness(pool: Filled) -> tuple[float, int]:
    return pool.sold / pool.for_sale if pool.for_sale else 0, -pool.for_sale


def _sold_since(performance_id: UUID, ticket_type_ids: Iterable[UUID], since: datetime) -> int:
    """How many tickets of these types were paid for since then and are not given back."""
    sold = Position.objects.filter(
        performance_id=performance_id,
        ticket_type_id__in=list(ticket_type_ids),
        state=Position.State.SOLD,
        order__paid_at__gt=since,
    )
    return sold.count()


def lately(performance_id: UUID, ticket_type_id: UUID, *, amount: int, at: datetime) -> Lately:
    """What is added now, and the least and the most that was added within the 24 hours before `at`."""
    changes = PriceChange.objects.filter(performance_id=performance_id, ticket_type_id=ticket_type_id, at__gt=at - DAY)
    amounts = [amount]
    for before, after in changes.values_list("amount_before", "amount"):
        amounts += [before, after]
    return Lately(amount, min(amounts), max(amounts))


def open_proposals(event_id: UUID, *, at: datetime) -> QuerySet[Proposal]:
    """The prices of an event that wait for somebody's yes, oldest first."""
    waiting = Proposal.objects.filter(performance__event_id=event_id, status=Proposal.Status.OPEN, expires_at__gt=at)
    return waiting.select_related("performance", "ticket_type")


def proposals_waiting(*, at: datetime) -> dict[UUID, int]:
    """By event, how many prices wait for somebody's yes."""
    waiting = Proposal.objects.filter(status=Proposal.Status.OPEN, expires_at__gt=at).order_by()
    return dict(waiting.values_list("performance__event_id").annotate(Count("pk")))


def price_history(*, event_id: UUID, performance_id: UUID | None = None) -> QuerySet[PriceChange]:
    """The prices that an event's tickets had, newest first, of all its dates or of one."""
    changes = PriceChange.objects.filter(performance__event_id=event_id).select_related("ticket_type", "performance")
    if performance_id is not None:
        changes = changes.filter(performance_id=performance_id)
    return changes.order_by("-pk")
