"""What a page or the API shows of an event: prices all-in, and what is left of each ticket type."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from events.models import Event, Performance, TicketType
from inventory.queries import availability
from pricing.plans import platform_fee_plan
from pricing.quote import fee_on

Status = Literal["on_sale", "sold_out", "not_on_sale"]
FEW_LEFT_SHARE = 10  # "Few left" under a tenth of the type's quota, and only then (facts: no fake scarcity)


@dataclass(frozen=True)
class Offer:
    """One ticket type for one date: `price` all-in and `fee`, the part of it that is ours, in minor units."""

    ticket_type: TicketType
    price: int
    fee: int
    status: Status
    available: int
    is_low: bool

    @property
    def most(self) -> int:
        """How many one order may take now."""
        return min(self.available, self.ticket_type.max_per_order)


def upcoming_performances(event: Event, *, at: datetime) -> list[Performance]:
    """The event's dates that are not over, soonest first, from prefetched dates."""
    upcoming = [p for p in event.performances.all() if p.ends_at > at and p.state == Performance.State.SCHEDULED]
    return sorted(upcoming, key=lambda p: p.starts_at)


def next_performance(event: Event, *, at: datetime) -> Performance | None:
    """The event's next date that is not over, from prefetched dates."""
    return next(iter(upcoming_performances(event, at=at)), None)


def offers_for(event: Event, performance: Performance, *, at: datetime) -> list[Offer]:
    """Every active ticket type of the event; those on sale first, sold-out ones last."""
    left = availability(performance, at=at)
    offers = [
        _offer(kind, performance, left.get(kind.pk, 0), at) for kind in event.ticket_types.all() if kind.is_active
    ]
    return sorted(offers, key=lambda offer: offer.status == "sold_out")


def lowest_price(event: Event) -> int | None:
    """The least a ticket costs all-in, for a listing; 0 only where all are free (a free child's ticket is no price)."""
    plan = platform_fee_plan()
    prices = [kind.price + fee_on(kind.price, plan) for kind in event.ticket_types.all() if kind.is_active]
    return min((price for price in prices if price), default=0 if prices else None)


def _offer(ticket_type: TicketType, performance: Performance, left: int, at: datetime) -> Offer:
    fee = fee_on(ticket_type.price, platform_fee_plan())
    status: Status = "on_sale"
    if not ticket_type.is_on_sale(at=at, performance=performance):
        status = "not_on_sale"
    elif left == 0:
        status = "sold_out"
    size = min((quota.size for quota in ticket_type.quotas.all()), default=0)
    return Offer(
        ticket_type=ticket_type,
        price=ticket_type.price + fee,
        fee=fee,
        status=status,
        available=left,
        is_low=0 < left * FEW_LEFT_SHARE < size,
    )
