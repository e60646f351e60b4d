"""What comes off the prices of a basket: discounts without a code and codes, as pure functions over integers.

All amounts are minor units. A discount looks at the tickets that it is for and that still cost something; no price gets below
0, and everything that comes off is whole steps of the currency. docs/discounts.md goes through one basket line by line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import groupby
from typing import Literal
from uuid import UUID

from pricing.basket import Item, Step
from pricing.parts import largest_remainder


class Effect(StrEnum):
    """What a discount does to the tickets that it is for."""

    PERCENT = "percent"  # `value` basis points off each, half a step rounded up
    PER_TICKET = "per_ticket"  # `value` off each
    PER_ORDER = "per_order"  # `value` off all of them together, in proportion to their prices
    SET_PRICE = "set_price"  # each for `value`, unless it costs less already
    N_FOR_M = "n_for_m"  # of each `buy`, dearest first, the cheapest `buy - pay` are free


@dataclass(frozen=True)
class Discount:
    """One discount as it may be used by this basket.

    `ticket_types` are those that it is for, or bundles; None: all. It applies from `least_tickets` of them and `least_spend`
    in all on, counted before any discount, to at most `most_tickets` of them (the dearest), and takes at most `most_taken`
    (what is left of its budget). Where not `is_combinable` it is used alone or not at all.
    """

    kind: Literal["automatic", "code"]
    name: str
    effect: Effect
    value: int = 0
    buy: int = 0
    pay: int = 0
    ticket_types: frozenset[UUID] | None = None
    least_tickets: int = 1
    most_tickets: int | None = None
    least_spend: int = 0
    most_taken: int | None = None
    is_combinable: bool = True


@dataclass
class _Ticket:
    """One ticket of an item, with what was taken off it so far."""

    item: Item
    price: int
    taken: list[Step] = field(default_factory=list)


def discounted(items: Iterable[Item], discounts: Sequence[Discount], *, step: int = 1) -> list[Item]:
    """The same tickets at what they cost after `discounts`, with the reasons; an item whose tickets differ becomes several.

    First those without a code, then codes, each in the order given, each on what the ones before have left. The combinable
    ones are tried together and each other one alone; what costs the buyer least is taken, of equals the first. `step` is
    the smallest amount that can be paid, in minor units.
    """
    kept = list(items)
    if not discounts:
        return kept
    ordered = sorted(discounts, key=lambda one: one.kind == "code")
    together = [one for one in ordered if one.is_combinable]
    choices = [together, *([one] for one in ordered if not one.is_combinable)]
    tried = [_applied(kept, choice, step) for choice in choices]
    tickets = min(tried, key=lambda tickets: sum(ticket.price for ticket in tickets))
    return _as_items(kept, tickets)


def _applied(items: Sequence[Item], discounts: Sequence[Discount], step: int) -> list[_Ticket]:
    tickets = [_Ticket(item, item.price) for item in items for _n in range(item.quantity)]
    for discount in discounts:
        _apply(discount, tickets, step)
    return tickets


def _apply(discount: Discount, tickets: Sequence[_Ticket], step: int) -> None:
    meant = [ticket for ticket in tickets if ticket.item.price and _is_for(discount, ticket.item)]
    if len(meant) < discount.least_tickets or sum(ticket.item.price for ticket in meant) < discount.least_spend:
        return
    meant = sorted((ticket for ticket in meant if ticket.price), key=lambda ticket: -ticket.price)
    meant = meant[: discount.most_tickets]
    for ticket, off in zip(meant, _within(discount, _off(discount, meant, step), step), strict=True):
        if off:
            ticket.price -= off
            ticket.taken.append(Step(discount.kind, discount.name, -off))


def _is_for(discount: Discount, item: Item) -> bool:
    return discount.ticket_types is None or bool({item.ticket_type_id, item.bundle} & discount.ticket_types)


def _off(discount: Discount, tickets: Sequence[_Ticket], step: int) -> list[int]:
    """What comes off each of these tickets, dearest first: whole steps, never more than it costs."""
    prices = [ticket.price // step * step for ticket in tickets]
    value = discount.value // step * step
    match discount.effect:
        case Effect.PERCENT:
            whole = 2 * 10_000 * step
            return [min(price, (2 * price * discount.value + 10_000 * step) // whole * step) for price in prices]
        case Effect.PER_TICKET:
            return [min(price, value) for price in prices]
        case Effect.PER_ORDER:
            weights = [price // step for price in prices]
            return [part * step for part in largest_remainder(min(value // step, sum(weights)), weights)]
        case Effect.SET_PRICE:
            return [max(0, price - value) for price in prices]
        case Effect.N_FOR_M:
            groups = len(prices) // discount.buy if discount.buy else 0
            return [
                price if index < groups * discount.buy and index % discount.buy >= discount.pay else 0
                for index, price in enumerate(prices)
            ]


def _within(discount: Discount, off: list[int], step: int) -> list[int]:
    """No more in all than is left of the budget, in proportion."""
    if discount.most_taken is None or sum(off) <= discount.most_taken:
        return off
    return [
        part * step for part in largest_remainder(max(0, discount.most_taken) // step, [one // step for one in off])
    ]


def _as_items(items: Sequence[Item], tickets: Sequence[_Ticket]) -> list[Item]:
    """Tickets of one item that cost the same for the same reasons as one item again, dearest first; seats in their order."""
    found: list[Item] = []
    number = 0
    for item in items:
        mine = sorted(tickets[number : number + item.quantity], key=lambda ticket: -ticket.price)
        number += item.quantity
        seats = list(item.seats)
        for (price, taken), same in groupby(mine, key=lambda ticket: (ticket.price, tuple(ticket.taken))):
            quantity = len(list(same))
            steps = (*item.reasons, *taken) if taken else item.steps
            found.append(replace(item, quantity=quantity, price=price, seats=tuple(seats[:quantity]), steps=steps))
            del seats[:quantity]
    return found
