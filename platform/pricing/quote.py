"""What a basket costs, as a pure function: the same one prices the page, the hold, the order and the refund.

All amounts are integers in minor units of the quote's currency. The platform's fee is
`round_half_up(price * basis_points / 10000) + fixed` per paid ticket, within the plan's bounds, and nothing for a free one;
the buyer sees it inside the price from the first listing on, itemised at each step.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID


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

    `seats` names the seats by their ids, which never change, in the map's order; empty where any places will do.
    """

    ticket_type_id: str
    name: str
    quantity: int
    price: int
    fee: int
    total: int
    seats: tuple[str, ...] = ()

    @property
    def all_in_price(self) -> int:
        """What the buyer pays for one ticket."""
        return self.price + self.fee


@dataclass(frozen=True)
class Quote:
    """A computed breakdown: `total` = `subtotal` + `fees`; the organizer gets `subtotal`, the platform `fees`."""

    currency: str
    lines: tuple[Line, ...]
    subtotal: int
    fees: int
    total: int

    @property
    def is_free(self) -> bool:
        return self.total == 0

    @property
    def quantity(self) -> int:
        """How many tickets in all."""
        return sum(line.quantity for line in self.lines)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, to freeze on a hold."""
        plain = asdict(self)
        for line in plain["lines"]:
            if not line["seats"]:
                del line["seats"]
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


def quote(items: Iterable[Item], *, currency: str, plan: FeePlan) -> Quote:
    """Price a basket."""
    lines = tuple(_line(item, plan) for item in items)
    subtotal = sum(line.quantity * line.price for line in lines)
    fees = sum(line.quantity * line.fee for line in lines)
    return Quote(currency=currency, lines=lines, subtotal=subtotal, fees=fees, total=subtotal + fees)


def _line(item: Item, plan: FeePlan) -> Line:
    fee = fee_on(item.price, plan)
    return Line(
        ticket_type_id=str(item.ticket_type_id),
        name=item.name,
        quantity=item.quantity,
        price=item.price,
        fee=fee,
        total=item.quantity * (item.price + fee),
        seats=item.seats,
    )
