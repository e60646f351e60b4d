"""The price that a listing names: the least that one ticket costs in all, of what can be bought now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from events.models import Event, Performance, TicketType
from inventory.live import Snapshot, stock_of
from pricing.plans import rate_of, terms_of
from pricing.quote import price_once, price_one
from repricing.prices import Phases
from repricing.queries import moved_prices, price_now

# Holds that end or are given back tell nobody; what a sale does is looked at at once (marketplace.actions.note_sale).
STOCK_IS_KNOWN_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class LowestPrice:
    """`amount` in minor units of the event's currency, fees included, and the instant `until` which nothing but a change of the
    event can make it another; `follows_stock`: what is sold can, too."""

    amount: int
    until: datetime | None
    follows_stock: bool


def lowest_price_of(
    event: Event, dates: Sequence[Performance], kinds: Sequence[TicketType], *, at: datetime
) -> LowestPrice:
    """Of these dates of an event that are not over and these ticket types, with their tax; add-ons, which nobody buys alone, do not
    count. 0 only where all that can be bought is free: a free child's ticket is no price of an event."""
    terms, ids = terms_of(event), [date.pk for date in dates]
    phases, moved, stock = Phases.read([event.pk], ids), moved_prices(ids), stock_of(ids)
    costs: dict[bool, set[int]] = {True: set(), False: set()}
    for date in dates:
        for kind in kinds:
            if kind.is_add_on:
                continue
            own = phases.price_now(kind, date, at=at)
            change = moved.get(date.pk, {}).get(kind.pk) if kind.least_price is None else None
            price = price_one(price_now(own, change), terms, rate_of(kind.tax)).all_in_price
            costs[_is_for_sale(event, date, kind, stock, at=at)].add(price)
    paid = [price for price in costs[True] or costs[False] if price]
    has_quotas = any(phase.quota_id for kind in kinds for phase in phases.of_type.get(kind.pk, ()))
    follows_stock = has_quotas or len(costs[True] | costs[False]) > 1
    instants = [date.ends_at for date in dates]
    instants += [phase.until for kind in kinds for phase in phases.of_type.get(kind.pk, ()) if phase.until]
    instants += [instant for kind in kinds for instant in (kind.on_sale_from, kind.on_sale_until) if instant]
    instants += [event.sale_starts_at] if event.sale_starts_at else []
    if follows_stock and costs[True]:
        instants.append(at + STOCK_IS_KNOWN_FOR)
    return LowestPrice(
        amount=min(paid) + price_once(terms).total if paid else 0,
        until=min((instant for instant in instants if instant > at), default=None),
        follows_stock=follows_stock,
    )


def _is_for_sale(
    event: Event, date: Performance, kind: TicketType, stock: Mapping[UUID, Snapshot], *, at: datetime
) -> bool:
    if not event.is_published or date.is_paused or (event.sale_starts_at and event.sale_starts_at > at):
        return False
    known = stock.get(date.pk)
    left = known.types.get(kind.pk) if known else None
    return left is not None and left.left > 0 and kind.is_on_sale(at=at, performance=date)
