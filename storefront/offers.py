"""What a page or the API shows of an event: prices all-in, and what is left of each ticket type."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from events.models import Event, Performance, TicketType
from inventory.live import Snapshot, stock_of
from inventory.queries import Stock, StockStatus
from payments.queries import can_take_payments
from pricing.plans import platform_fee_plans, rate_of, terms_of
from pricing.quote import Line, Once, TaxLine, Terms, price_once, quote_one

Status = Literal["on_sale", "sold_out", "not_on_sale"]
NOTHING = Stock(left=0, is_few=False)
NOTHING_ONCE = Once((), 0)


@dataclass(frozen=True)
class Offer:
    """One ticket type for one date: `price` all-in and `fee`, the part of it that is our fee on top, in minor units.

    `line` has the price's other parts, `taxes` what is inside it or on top; `once` is what a paid order with it costs besides.
    `most` is how many one order may take now.
    """

    ticket_type: TicketType
    price: int
    fee: int
    status: Status
    most: int
    stock_status: StockStatus
    line: Line
    taxes: tuple[TaxLine, ...]
    once: Once

    @property
    def is_itemised(self) -> bool:
        """Whether the price has parts to show."""
        return bool(self.taxes) or self.price != self.line.price


def upcoming_performances(event: Event, *, at: datetime) -> list[Performance]:
    """The event's dates that are not over, soonest first, from prefetched dates."""
    upcoming = [p for p in event.performances.all() if p.ends_at > at and p.state == Performance.State.SCHEDULED]
    return sorted(upcoming, key=lambda p: p.starts_at)


def next_performance(event: Event, *, at: datetime) -> Performance | None:
    """The event's next date that is not over, from prefetched dates."""
    return next(iter(upcoming_performances(event, at=at)), None)


def offers_for(event: Event, performance: Performance, stock: Snapshot | None, *, at: datetime) -> list[Offer]:
    """Every active ticket type of the event; those on sale first, sold-out ones last."""
    return _offers(event, performance, stock, terms_of(event), at)


def _offers(event: Event, performance: Performance, stock: Snapshot | None, terms: Terms, at: datetime) -> list[Offer]:
    left = stock.types if stock else {}
    kinds = [kind for kind in event.ticket_types.all() if kind.is_active]
    is_open = event.is_published and not performance.is_stopped
    can_charge = any(kind.price for kind in kinds) and can_take_payments()
    offers = [
        _offer(kind, performance, left.get(kind.pk, NOTHING), terms, at, is_open and (can_charge or not kind.price))
        for kind in kinds
    ]
    return sorted(offers, key=lambda offer: offer.status == "sold_out")


def offers_of_next_dates(events: Iterable[Event], *, at: datetime) -> dict[UUID, list[Offer]]:
    """Per event id: the offers for its next date, empty where all dates are over. Asks for the stock of all at once."""
    dates = {event.pk: (event, next_performance(event, at=at)) for event in events}
    stock = stock_of(performance.pk for _event, performance in dates.values() if performance)
    plans = platform_fee_plans() if dates else {}
    return {
        pk: _offers(event, performance, stock.get(performance.pk), terms_of(event, plans), at) if performance else []
        for pk, (event, performance) in dates.items()
    }


def is_sold_out(offers: Iterable[Offer]) -> bool:
    """Whether there are offers and nothing is left of any."""
    return {offer.status for offer in offers} == {"sold_out"}


def is_few_left(offers: Iterable[Offer]) -> bool:
    """Whether something is on sale, and few are left of whatever is."""
    return {offer.stock_status for offer in offers if offer.status == "on_sale"} == {"few_left"}


def once_of(offers: Iterable[Offer]) -> Once:
    """What a paid order of any of these costs besides its tickets."""
    return next((offer.once for offer in offers if offer.price), NOTHING_ONCE)


def lowest_price(offers: Iterable[Offer]) -> int | None:
    """The least that a buyer of one ticket pays in all, for a listing, with what an order costs once.

    0 only where all are free (a free child's ticket is no price).
    """
    prices = [offer.price + offer.once.total for offer in offers]
    return min((price for price in prices if price), default=0 if prices else None)


def _offer(
    ticket_type: TicketType, performance: Performance, stock: Stock, terms: Terms, at: datetime, is_open: bool
) -> Offer:
    quoted = quote_one(ticket_type.price, terms, rate_of(ticket_type.tax))
    one = quoted.lines[0]
    status: Status = "on_sale"
    if not (is_open and ticket_type.is_on_sale(at=at, performance=performance)):
        status = "not_on_sale"
    elif stock.left == 0:
        status = "sold_out"
    return Offer(
        ticket_type=ticket_type,
        price=one.all_in_price,
        fee=one.fee,
        status=status,
        most=min(stock.left, ticket_type.most_per_order),
        stock_status=stock.status,
        line=one,
        taxes=quoted.taxes,
        once=price_once(terms) if one.price else NOTHING_ONCE,
    )
