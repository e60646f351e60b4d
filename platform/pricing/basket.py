"""What a price is made from: the items of a basket, each with the reasons of its price, and their taxes."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Reason = Literal["base", "phase", "dynamic", "chosen", "bundle", "automatic", "code"]


@dataclass(frozen=True)
class TaxRate:
    """A tax of the organizer's: `basis_points` (700 = 7 %), inside the amount (`is_inclusive`) or on top of it."""

    name: str
    basis_points: int
    is_inclusive: bool


@dataclass(frozen=True)
class Step:
    """One reason of what a ticket costs: `amount` minor units more, or less where it is below 0.

    The first is the ticket type's own price (`base`), what a buyer chose to give (`chosen`) or a bundle's part of its price
    (`bundle`). Then come the sale phase, the dynamic step, discounts without a code and codes. `name` is the organizer's word
    for it: the phase's, the discount's, the code; "" where there is none.
    """

    kind: Reason
    name: str
    amount: int


@dataclass(frozen=True)
class Item:
    """So many of one ticket type at the organizer's `price` per ticket; `seats` are ids, where they are seats of a map.

    `steps` say how the price came about and add up to it; without any it is the type's own. `bundle` is what the item is a
    part of, `phase` the sale phase that its price is of.
    """

    ticket_type_id: UUID
    name: str
    quantity: int
    price: int
    seats: tuple[str, ...] = ()
    tax: TaxRate | None = None
    steps: tuple[Step, ...] = ()
    bundle: UUID | None = None
    phase: UUID | None = None

    @property
    def reasons(self) -> tuple[Step, ...]:
        """`steps`, never empty."""
        return self.steps or (Step("base", "", self.price),)
