"""What a page or the API shows of an event: prices all-in, and what is left of each ticket type."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Literal
from uuid import UUID

from django.db.models import Min

from events.bundles import bundles_of
from events.models import Bundle, Event, Performance, Phase, TicketType
from inventory.live import Snapshot, stock_of
from inventory.queries import Stock, StockStatus
from payments.queries import can_take_payments
from pricing.basket import Item, TaxRate
from pricing.dynamic import STILL, Moved
from pricing.plans import platform_fee_plans, rate_of, terms_of
from pricing.quote import Line, Once, Quote, TaxLine, Terms, price_once, price_one, quote, quote_one
from promotions.models import PromoCode
from repricing.prices import Phases
from repricing.queries import moved_prices

Status = Literal["on_sale", "sold_out", "not_on_sale"]
NOTHING = Stock(left=0, is_few=False)
NOTHING_ONCE = Once((), 0)
LONGEST_ORDER = 50  # tickets; by constraint


FEW_AT_THIS_PRICE = 10  # up to so many, or under a tenth of the phase's quota, the page counts them


@dataclass(frozen=True)
class PhaseNow:
    """The sale phase that one ticket would be priced with now: `left` of it where few are, `until` when it ends at the latest.

    `ends_by_quota` says that it ends with its last ticket, too; `next_price` is what a ticket costs after it, all-in in minor
    units (None where nothing comes after it, or the same price).
    """

    name: str
    left: int | None
    until: datetime | None
    ends_by_quota: bool
    next_price: int | None


@dataclass(frozen=True)
class Offer:
    """One ticket type, or a bundle of some, for one date: `price` all-in and `fee`, the part of it that is our fee on top, in minor units.

    `line` has the price's other parts, `taxes` what is inside it or on top; `once` is what a paid order with it costs besides.
    `most` is how many one order may take now; `phase` the sale phase that the price is of, if there is one;
    `has_moved` says that its price has followed the sale; `begins_at` when its sale begins, if that is to come.
    """

    ticket_type: TicketType | Bundle
    price: int
    fee: int
    status: Status
    most: int
    stock_status: StockStatus
    line: Line
    taxes: tuple[TaxLine, ...]
    once: Once
    phase: PhaseNow | None = None
    has_moved: bool = False
    begins_at: datetime | None = None

    @property
    def parts(self) -> list[str]:
        """What a bundle consists of, in words; empty for a ticket type."""
        if not isinstance(self.ticket_type, Bundle):
            return []
        return [f"{part.quantity} × {part.ticket_type.title}" for part in self.ticket_type.parts.all()]

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


def offers_for(
    event: Event, performance: Performance, stock: Snapshot | None, *, at: datetime, code: PromoCode | None = None
) -> list[Offer]:
    """Every active ticket type of the event; those on sale first, sold-out ones and then add-ons last.

    With a `code` also what it opens: hidden types, and types whose sale has not begun. A draft's are shown as if it were sold.
    """
    phases = Phases.read([event.pk], [performance.pk])
    bundles = bundles_of([event.pk]).get(event.pk, [])
    moved = moved_prices([performance.pk]).get(performance.pk, {})
    return _offers(event, performance, stock, terms_of(event), at, phases, bundles, moved, can_take_payments, code)


def _planned_stock(event: Event) -> dict[UUID, Stock]:
    """What a draft will have: all of it."""
    sizes = event.ticket_types.values_list("pk").annotate(size=Min("quotas__size")).order_by()
    return {pk: Stock(left=min(size or 0, LONGEST_ORDER), is_few=False) for pk, size in sizes}


def _offers(
    event: Event,
    performance: Performance,
    stock: Snapshot | None,
    terms: Terms,
    at: datetime,
    phases: Phases,
    bundles: Sequence[Bundle],
    moved: Mapping[UUID, Moved],
    takes_payments: Callable[[], bool],
    code: PromoCode | None = None,
) -> list[Offer]:
    is_draft = event.state == Event.State.DRAFT
    left = _planned_stock(event) if is_draft else stock.types if stock else {}
    kinds = [
        kind
        for kind in event.ticket_types.all()
        if kind.is_active and (not kind.is_hidden or (code is not None and code.opens_hidden and code.is_for(kind.pk)))
    ]
    is_open = is_draft or (event.is_published and not (performance.is_stopped or performance.is_paused))
    costs = any(phases.price(kind, performance) or kind.pk in phases.of_type for kind in kinds)
    can_charge = is_draft or event.is_test or (costs and takes_payments())
    offers = [
        _offer(
            kind,
            performance,
            left.get(kind.pk, NOTHING),
            terms,
            at,
            phases,
            moved.get(kind.pk) if kind.least_price is None else None,
            is_open=is_open,
            can_charge=can_charge,
            is_early=code is not None and code.opens_early and code.is_for(kind.pk),
        )
        for kind in kinds
    ]
    offers += [
        _bundle_offer(
            bundle,
            performance,
            left.get(bundle.pk, NOTHING),
            terms,
            at,
            is_offered=is_open and (not bundle.price or takes_payments()),
        )
        for bundle in bundles
    ]
    return sorted(offers, key=lambda offer: (offer.ticket_type.is_add_on, offer.status == "sold_out"))


def offers_by_date(event: Event, performances: Collection[Performance], *, at: datetime) -> dict[UUID, list[Offer]]:
    """Per performance id: its offers. Asks for the stock and the prices of all at once."""
    return _by_date([(event, performances)], at)


def offers_of_dates(events: Iterable[Event], *, at: datetime) -> dict[UUID, dict[UUID, list[Offer]]]:
    """Per event id and performance id: the offers of every date that is not over, soonest first."""
    dates = [(event, upcoming_performances(event, at=at)) for event in events]
    offers = _by_date(dates, at)
    return {event.pk: {date.pk: offers[date.pk] for date in upcoming} for event, upcoming in dates}


def _by_date(dates: Collection[tuple[Event, Collection[Performance]]], at: datetime) -> dict[UUID, list[Offer]]:
    ids = [performance.pk for _event, performances in dates for performance in performances]
    event_ids = [event.pk for event, _performances in dates]
    stock, phases, bundles = stock_of(ids), Phases.read(event_ids, ids), bundles_of(event_ids)
    moved, takes_payments = moved_prices(ids), cache(can_take_payments)  # asked once for all
    plans = platform_fee_plans() if ids else {}
    return {
        performance.pk: _offers(
            event,
            performance,
            stock.get(performance.pk),
            terms,
            at,
            phases,
            bundles.get(event.pk, []),
            moved.get(performance.pk, {}),
            takes_payments,
        )
        for event, performances in dates
        for terms in [terms_of(event, plans)]
        for performance in performances
    }


def offers_of_next_dates(events: Iterable[Event], *, at: datetime) -> dict[UUID, list[Offer]]:
    """Per event id: the offers for its next date, empty where all dates are over. Asks for the stock of all at once."""
    dates = {event.pk: (event, next_performance(event, at=at)) for event in events}
    ids = [performance.pk for _event, performance in dates.values() if performance]
    stock, moved = stock_of(ids), moved_prices(ids)
    plans = platform_fee_plans() if dates else {}
    phases = Phases.read(dates, ids)
    bundles, takes_payments = bundles_of(dates), cache(can_take_payments)
    return {
        pk: _offers(
            event,
            performance,
            stock.get(performance.pk),
            terms_of(event, plans),
            at,
            phases,
            bundles.get(pk, []),
            moved.get(performance.pk, {}),
            takes_payments,
        )
        if performance
        else []
        for pk, (event, performance) in dates.items()
    }


def _tickets(offers: Iterable[Offer]) -> list[Offer]:
    """Without add-ons, which nobody buys alone."""
    return [offer for offer in offers if not offer.ticket_type.is_add_on]


def is_sold_out(offers: Iterable[Offer]) -> bool:
    """Whether there are offers and nothing is left of any."""
    return {offer.status for offer in _tickets(offers)} == {"sold_out"}


def is_few_left(offers: Iterable[Offer]) -> bool:
    """Whether something is on sale, and few are left of whatever is."""
    return {offer.stock_status for offer in _tickets(offers) if offer.status == "on_sale"} == {"few_left"}


def price_from(offers: Iterable[list[Offer]]) -> int | None:
    """The least that a ticket costs on any of these dates: of those that something is left of, where there are any."""
    every = list(offers)
    on_sale = [date for date in every if any(offer.status == "on_sale" for offer in date)]
    prices = [price for date in on_sale or every if (price := lowest_price(date)) is not None]
    return min(prices, default=None)


def once_of(offers: Iterable[Offer]) -> Once:
    """What a paid order of any of these costs besides its tickets."""
    return next((offer.once for offer in offers if offer.price), NOTHING_ONCE)


def lowest_price(offers: Iterable[Offer]) -> int | None:
    """The least that a buyer of one ticket pays in all, for a listing, with what an order costs once: of what can be bought now, where
    anything can.

    0 only where all of it is free (a free child's ticket is no price).
    """
    every = _tickets(offers)
    bought_now = [offer for offer in every if offer.status == "on_sale"]
    prices = [offer.price + offer.once.total for offer in bought_now or every]
    return min((price for price in prices if price), default=0 if prices else None)


@lru_cache(maxsize=1000)
def _quote_one(price: int, terms: Terms, tax: TaxRate | None) -> Quote:
    """The dates of a series cost the same."""
    return quote_one(price, terms, tax)


def _offer(
    ticket_type: TicketType,
    performance: Performance,
    stock: Stock,
    terms: Terms,
    at: datetime,
    phases: Phases,
    moved: Moved | None,
    *,
    is_open: bool,
    can_charge: bool,
    is_early: bool = False,
) -> Offer:
    def price(own: int) -> int:
        return own + (moved or STILL).on(own)

    phase, later = phases.now(ticket_type, performance, at=at)
    quoted = _quote_one(
        price(phase.price if phase else phases.price(ticket_type, performance)), terms, rate_of(ticket_type.tax)
    )
    one = quoted.lines[0]
    status: Status = "on_sale"
    starts = [start for start in (performance.event.sale_starts_at, ticket_type.on_sale_from) if start and start > at]
    is_offered = is_open and (is_early or not starts) and (can_charge or not one.price)
    asked_at = max([at, *starts]) if is_early else at
    if not (is_offered and ticket_type.is_on_sale(at=asked_at, performance=performance)):
        status = "not_on_sale"
    elif stock.left == 0:
        status = "sold_out"
    now = None
    if phase is not None:
        then = price_one(price((later or ticket_type).price), terms, rate_of(ticket_type.tax)).all_in_price
        now = _phase_now(phase, phases.left.get((performance.pk, phase.pk)), then, price=one.all_in_price)
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
        phase=now,
        has_moved=moved is not None,
        begins_at=max(starts, default=None),
    )


def _bundle_offer(
    bundle: Bundle, performance: Performance, stock: Stock, terms: Terms, at: datetime, *, is_offered: bool
) -> Offer:
    per_ticket = replace(terms, own_fees=tuple(fee for fee in terms.own_fees if not fee.is_per_order))
    items = [
        Item(part.ticket_type_id, part.ticket_type.title, part.quantity, part.price, tax=rate_of(part.ticket_type.tax))
        for part in bundle.parts.all()
    ]
    quoted = quote(items, currency="", terms=per_ticket)
    on_top = sum(tax.amount for tax in quoted.taxes if not tax.is_inclusive)
    line = Line(str(bundle.pk), bundle.name, 1, quoted.subtotal, quoted.fees, quoted.total, own=quoted.own, tax=on_top)
    status: Status = "on_sale"
    if not (is_offered and bundle.is_on_sale(at=at, performance=performance)):
        status = "not_on_sale"
    elif stock.left == 0:
        status = "sold_out"
    return Offer(
        ticket_type=bundle,
        price=quoted.total,
        fee=quoted.fees,
        status=status,
        most=min(stock.left, bundle.max_per_order),
        stock_status=stock.status,
        line=line,
        taxes=quoted.taxes,
        once=price_once(terms) if quoted.total else NOTHING_ONCE,
    )


def _phase_now(phase: Phase, left: int | None, then: int, *, price: int) -> PhaseNow:
    is_few = (
        left is not None and phase.quota is not None and (left <= FEW_AT_THIS_PRICE or left * 10 < phase.quota.size)
    )
    ends = phase.until is not None or left is not None
    return PhaseNow(
        name=phase.name,
        left=left if is_few else None,
        until=phase.until,
        ends_by_quota=left is not None,
        next_price=then if ends and then != price else None,
    )
