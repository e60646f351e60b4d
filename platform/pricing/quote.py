"""What a basket costs, as a pure function: the same one prices the page, the hold, the order and the refund.

All amounts are integers in minor units of the quote's currency. The platform's fee is
`round_half_up(price * basis_points / 10000) + fixed` per paid ticket, within the plan's bounds, and nothing for a free one.
Who bears it is the event's choice: the buyer sees what is passed on inside the price from the first listing on, itemised at
each step; what is absorbed is taken from what the organizer asked.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

NOBODY = UUID(int=0)


@dataclass(frozen=True)
class FeePlan:
    """The platform's fee on a paid ticket: `basis_points` of its price (250 = 2.5 %) plus `fixed`, from `minimum` to `maximum`.

    `fixed` and the bounds are minor units; without a `maximum` there is none.
    """

    basis_points: int
    fixed: int
    minimum: int = 0
    maximum: int | None = None


@dataclass(frozen=True)
class Terms:
    """What an event's prices are made with: our plan, and the percentage of our fee that buyers bear (100: all, 0: none)."""

    plan: FeePlan
    fee_share: int = 100


@dataclass(frozen=True)
class Item:
    """So many of one ticket type at the organizer's price per ticket; `seats` are ids, where they are seats of a map."""

    ticket_type_id: UUID
    name: str
    quantity: int
    price: int
    seats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One ticket type of a quote: `total` = `quantity` x (`price` + `fee`).

    `price` is what the organizer asks for one ticket, `fee` our fee on top of it, `absorbed` what we take of the price.
    `seats` names the seats by their ids, which never change, in the map's order; empty where any places will do.
    """

    ticket_type_id: str
    name: str
    quantity: int
    price: int
    fee: int
    total: int
    seats: tuple[str, ...] = ()
    absorbed: int = 0

    @property
    def all_in_price(self) -> int:
        """What the buyer pays for one ticket."""
        return self.price + self.fee


@dataclass(frozen=True)
class Quote:
    """A computed breakdown: `total` = `subtotal` + `fees`.

    The platform gets `fees` and `absorbed`, the organizer `subtotal` less `absorbed`.
    """

    currency: str
    lines: tuple[Line, ...]
    subtotal: int
    fees: int
    total: int
    absorbed: int = 0

    @property
    def platform_fee(self) -> int:
        """Our whole fee, whoever bears it."""
        return self.fees + self.absorbed

    @property
    def is_free(self) -> bool:
        return self.total == 0

    @property
    def quantity(self) -> int:
        """How many tickets in all."""
        return sum(line.quantity for line in self.lines)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, to freeze on a hold; what there is none of is left out."""
        plain = asdict(self)
        for part in (plain, *plain["lines"]):
            for name in ("seats", "absorbed"):
                if not part.get(name, True):
                    del part[name]
        return plain

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Quote":
        """The quote that `as_dict` froze."""
        lines = (Line(**{**line, "seats": tuple(line.get("seats", ()))}) for line in data["lines"])
        return cls(**{**data, "lines": tuple(lines)})


def fee_on(price: int, plan: FeePlan) -> int:
    """The platform's fee on one ticket of `price`, half a minor unit rounded up."""
    if price == 0:
        return 0
    fee = max((price * plan.basis_points + 5000) // 10000 + plan.fixed, plan.minimum)
    return fee if plan.maximum is None else min(fee, plan.maximum)


def borne_by_buyer(fee: int, *, price: int, share: int) -> int:
    """What of our `fee` on a ticket of `price` goes on top: `share` percent, half a minor unit rounded up.

    What the organizer absorbs is taken from the price, so it is never more than that: the rest goes on top all the same.
    """
    return max((fee * share + 50) // 100, fee - price)


def price_one(price: int, terms: Terms) -> Line:
    """One ticket at the organizer's `price`, for a listing."""
    return _line(Item(NOBODY, "", 1, price), terms)


def quote(items: Iterable[Item], *, currency: str, terms: Terms) -> Quote:
    """Price a basket."""
    lines = tuple(_line(item, terms) for item in items)
    subtotal = sum(line.quantity * line.price for line in lines)
    fees = sum(line.quantity * line.fee for line in lines)
    absorbed = sum(line.quantity * line.absorbed for line in lines)
    return Quote(currency, lines, subtotal=subtotal, fees=fees, total=subtotal + fees, absorbed=absorbed)


def _line(item: Item, terms: Terms) -> Line:
    whole = fee_on(item.price, terms.plan)
    fee = borne_by_buyer(whole, price=item.price, share=terms.fee_share)
    return Line(
        ticket_type_id=str(item.ticket_type_id),
        name=item.name,
        quantity=item.quantity,
        price=item.price,
        fee=fee,
        total=item.quantity * (item.price + fee),
        seats=item.seats,
        absorbed=whole - fee,
    )
