"""What a basket costs, as a pure function: the same one prices the page, the hold, the order and the refund.

All amounts are integers in minor units of the quote's currency. The platform's fee is
`round_half_up(price * basis_points / 10000) + fixed` per paid ticket, within the plan's bounds, and nothing for a free one.
Who bears it is the event's choice: the buyer sees what is passed on inside the price from the first listing on, itemised at
each step; what is absorbed is taken from what the organizer asked. docs/fees-and-tax.md goes through one quote line by line,
docs/discounts.md through what comes off before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from pricing.basket import Item, Reason, Step, TaxRate
from pricing.discounts import Discount, discounted
from pricing.parts import largest_remainder

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
class OwnFee:
    """What the organizer charges beside the price: `basis_points` of the price plus `fixed` for each paid ticket, or `fixed`
    once for a paid order."""

    name: str
    is_per_order: bool
    basis_points: int
    fixed: int
    tax: TaxRate | None = None


@dataclass(frozen=True)
class Terms:
    """What an event's prices are made with: our plan, the percentage of our fee that buyers bear (100: all, 0: none), the
    organizer's own fees, and the smallest amount, in minor units, that can be paid in its currency."""

    plan: FeePlan
    fee_share: int = 100
    own_fees: tuple[OwnFee, ...] = ()
    step: int = 1


@dataclass(frozen=True)
class Charge:
    """An own fee of the organizer's: `amount` without a tax that comes on top. In a line per ticket, in a quote for all."""

    name: str
    amount: int
    is_per_order: bool = False


@dataclass(frozen=True)
class TaxLine:
    """What a quote holds of one tax: `amount` inside `base`, or on top of it."""

    name: str
    basis_points: int
    is_inclusive: bool
    base: int
    amount: int


@dataclass(frozen=True)
class Line:
    """Tickets of one type at one price: `total` = `quantity` x (`price` + `fee` + its own fees + `tax`).

    `price` is what the organizer asks for one ticket, `fee` our fee on top of it, `absorbed` what we take of the price, `own`
    the organizer's fees and `tax` the taxes on top of one ticket. `included` is the tax inside the whole line's total.
    `seats` names the seats by their ids, which never change, in the map's order; empty where any places will do. `steps`
    say how the price came about and add up to it; without any it is the ticket type's own. A type whose tickets cost
    differently has several lines.
    """

    ticket_type_id: str
    name: str
    quantity: int
    price: int
    fee: int
    total: int
    seats: tuple[str, ...] = ()
    absorbed: int = 0
    own: tuple[Charge, ...] = ()
    tax: int = 0
    included: int = 0
    steps: tuple[Step, ...] = ()
    bundle: str = ""  # the id of what it is a part of
    phase: str = ""  # the id of the sale phase that its price is of

    @property
    def before_discounts(self) -> int:
        """What the organizer would ask for one ticket without discount and code."""
        return self.price - sum(step.amount for step in self.steps if step.kind in ("automatic", "code"))

    @property
    def discounts(self) -> tuple[Step, ...]:
        """What came off one ticket, in the order in which it did."""
        return tuple(step for step in self.steps if step.kind in ("automatic", "code"))

    @property
    def all_in_price(self) -> int:
        """What the buyer pays for one ticket."""
        return self.price + self.fee + sum(charge.amount for charge in self.own) + self.tax


@dataclass(frozen=True)
class Quote:
    """A computed breakdown: `total` = `subtotal` + `fees` + own fees + taxes on top.

    The platform gets `fees` and `absorbed`, the organizer everything else: `subtotal` less `absorbed`, its own fees, and the
    taxes, which it owes to its tax office.
    """

    currency: str
    lines: tuple[Line, ...]
    subtotal: int
    fees: int
    total: int
    absorbed: int = 0
    own: tuple[Charge, ...] = ()
    taxes: tuple[TaxLine, ...] = ()
    is_test: bool = False  # of a test event: it is free whatever the tickets cost

    @property
    def platform_fee(self) -> int:
        """Our whole fee, whoever bears it."""
        return self.fees + self.absorbed

    @property
    def per_order(self) -> int:
        """What is paid once for the order and for none of its tickets, tax on top of it included."""
        return self.total - sum(line.total for line in self.lines)

    @property
    def is_free(self) -> bool:
        return self.total == 0

    def taken(self, kind: Reason, name: str) -> int:
        """What a discount or a code of this name has taken off in all: 0 where it did not apply."""
        return -sum(
            line.quantity * step.amount
            for line in self.lines
            for step in line.steps
            if step.kind == kind and step.name == name
        )

    @property
    def quantity(self) -> int:
        """How many tickets in all."""
        return sum(line.quantity for line in self.lines)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, to freeze on a hold; what there is none of is left out."""
        plain = asdict(self)
        for part in (plain, *plain["lines"], *plain["own"], *(own for line in plain["lines"] for own in line["own"])):
            for name in _LEFT_OUT:
                if not part.get(name, True):
                    del part[name]
        return plain

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Quote":
        """The quote that `as_dict` froze."""
        lines = (
            Line(
                **{
                    **line,
                    "seats": tuple(line.get("seats", ())),
                    "own": _charges(line),
                    "steps": tuple(Step(**step) for step in line.get("steps", ())),
                }
            )
            for line in data["lines"]
        )
        taxes = tuple(TaxLine(**tax) for tax in data.get("taxes", ()))
        return cls(**{**data, "lines": tuple(lines), "own": _charges(data), "taxes": taxes})


_LEFT_OUT = (
    "seats",
    "absorbed",
    "own",
    "tax",
    "included",
    "taxes",
    "is_per_order",
    "steps",
    "bundle",
    "phase",
    "is_test",
)


def _charges(data: dict[str, Any]) -> tuple[Charge, ...]:
    return tuple(Charge(**charge) for charge in data.get("own", ()))


def fee_on(price: int, plan: FeePlan, *, step: int = 1) -> int:
    """The platform's fee on one ticket of `price`, half a minor unit rounded up; then to whole steps, half a step up.

    `step` is the smallest amount that can be paid in the currency: the provider takes no application fee of half a step.
    """
    if price == 0:
        return 0
    fee = max((price * plan.basis_points + 5000) // 10000 + plan.fixed, plan.minimum)
    return _rounded(fee if plan.maximum is None else min(fee, plan.maximum), 1, step)


def borne_by_buyer(fee: int, *, price: int, share: int, step: int = 1) -> int:
    """What of our `fee` on a ticket of `price` goes on top: `share` percent, half a `step` rounded up.

    What the organizer absorbs is taken from the price, so it is never more than that: the rest goes on top all the same.
    """
    on_top = min(_rounded(fee * share, 100, step), fee // step * step)
    return max(on_top, -((price - fee) // step) * step)


def price_one(price: int, terms: Terms, tax: TaxRate | None = None) -> Line:
    """One ticket at the organizer's `price`, for a listing."""
    return quote_one(price, terms, tax).lines[0]


def quote_one(price: int, terms: Terms, tax: TaxRate | None = None) -> Quote:
    """The same with its taxes, without what a paid order costs once (`price_once`)."""
    per_ticket = replace(terms, own_fees=tuple(fee for fee in terms.own_fees if not fee.is_per_order))
    return quote([Item(NOBODY, "", 1, price, tax=tax)], currency="", terms=per_ticket)


@dataclass(frozen=True)
class Once:
    """What a paid order costs besides its tickets, whatever they are: own fees and `tax` on top of them."""

    charges: tuple[Charge, ...]
    tax: int

    @property
    def total(self) -> int:
        """In minor units."""
        return sum(charge.amount for charge in self.charges) + self.tax


def price_once(terms: Terms) -> Once:
    """What a paid order costs once, for a page that adds up tickets."""
    charged = tuple(_charged(terms, terms.step, is_per_order=True))
    bases = _bases((charge.amount, tax) for charge, tax in charged)
    on_top = sum(tax_on(base, rate, step=terms.step) for rate, base in bases.items() if not rate.is_inclusive)
    return Once(tuple(charge for charge, _tax in charged), on_top)


def quote(items: Iterable[Item], *, currency: str, terms: Terms, discounts: Sequence[Discount] = ()) -> Quote:
    """Price a basket. Discounts come first (`pricing.discounts`); fees and taxes are on what is left of the price.

    A tax on top is rounded once per rate for each ticket, and once for what is charged per order, so that a ticket's price
    times their number is the total. A tax inside is rounded once per rate for the whole order and parted among the lines by
    largest remainder, so that they add up to it.
    """
    singles = [_Single.of(item, terms) for item in discounted(items, discounts, step=terms.step)]
    subtotal = sum(one.item.quantity * one.item.price for one in singles)
    orders = tuple(_charged(terms, subtotal, is_per_order=True))
    lines = [one.line() for one in singles]
    taxes, included = _taxes(singles, orders, terms.step)
    lines = [replace(line, included=part) for line, part in zip(lines, included, strict=True)]
    fees = sum(line.quantity * line.fee for line in lines)
    own = _summed(lines, [charge for charge, _tax in orders])
    on_top = sum(tax.amount for tax in taxes if not tax.is_inclusive)
    return Quote(
        currency=currency,
        lines=tuple(lines),
        subtotal=subtotal,
        fees=fees,
        total=subtotal + fees + sum(charge.amount for charge in own) + on_top,
        absorbed=sum(line.quantity * line.absorbed for line in lines),
        own=own,
        taxes=taxes,
    )


Charged = tuple[Charge, TaxRate | None]


def _charged(terms: Terms, price: int, *, is_per_order: bool) -> Iterable[Charged]:
    """The organizer's own fees on a ticket of `price`, or on an order of tickets of `price` in all; none where that is free."""
    for fee in terms.own_fees:
        percent = 0 if fee.is_per_order else _rounded(price * fee.basis_points, 10_000, terms.step)
        amount = percent + fee.fixed // terms.step * terms.step
        if price and amount and fee.is_per_order == is_per_order:
            yield Charge(fee.name, amount, is_per_order), fee.tax


@dataclass(frozen=True)
class _Single:
    """One ticket of an item with what is taxed of it: our fee on top is part of the price of admission."""

    item: Item
    fee: int
    absorbed: int
    own: tuple[Charged, ...]
    on_top: dict[TaxRate, int]  # by rate, what one ticket is taxed

    @classmethod
    def of(cls, item: Item, terms: Terms) -> "_Single":
        whole = fee_on(item.price, terms.plan, step=terms.step)
        fee = borne_by_buyer(whole, price=item.price, share=terms.fee_share, step=terms.step)
        own = tuple(_charged(terms, item.price, is_per_order=False))
        bases = _bases([(item.price + fee, item.tax), *((charge.amount, tax) for charge, tax in own)])
        on_top = {rate: tax_on(base, rate, step=terms.step) for rate, base in bases.items() if not rate.is_inclusive}
        return cls(item, fee, whole - fee, own, on_top)

    @property
    def taxed(self) -> list[tuple[int, TaxRate | None]]:
        """The parts of one ticket, each with its tax."""
        return [(self.item.price + self.fee, self.item.tax), *((charge.amount, tax) for charge, tax in self.own)]

    def line(self) -> Line:
        """All of the item."""
        tax = sum(self.on_top.values())
        own = tuple(charge for charge, _tax in self.own)
        one = self.item.price + self.fee + sum(charge.amount for charge in own) + tax
        return Line(
            ticket_type_id=str(self.item.ticket_type_id),
            name=self.item.name,
            quantity=self.item.quantity,
            price=self.item.price,
            fee=self.fee,
            total=self.item.quantity * one,
            seats=self.item.seats,
            absorbed=self.absorbed,
            own=own,
            tax=tax,
            steps=self.item.steps,
            bundle=str(self.item.bundle or ""),
            phase=str(self.item.phase or ""),
        )


def tax_on(base: int, rate: TaxRate, *, step: int = 1) -> int:
    """The tax on top of `base`, or inside it; half a minor unit rounded up."""
    if rate.is_inclusive:
        return _rounded(base * rate.basis_points, 10_000 + rate.basis_points, 1)
    return _rounded(base * rate.basis_points, 10_000, step)


def _taxes(singles: Sequence[_Single], orders: Sequence[Charged], step: int) -> tuple[tuple[TaxLine, ...], list[int]]:
    """The order's taxes by rate, in the order in which they occur, and what of the inclusive ones is in each line."""
    per_order = [(charge.amount, tax) for charge, tax in orders]
    rates = dict.fromkeys(
        rate for parts in (*(one.taxed for one in singles), per_order) for _amount, rate in parts if rate is not None
    )
    found, included = [], [0] * len(singles)
    for rate in rates:
        weights = [one.item.quantity * _bases(one.taxed).get(rate, 0) for one in singles]
        once = _bases(per_order).get(rate, 0)
        base = sum(weights) + once
        if rate.is_inclusive:
            amount = tax_on(base, rate)
            parts = largest_remainder(amount, [*weights, once])
            included = [sum(both) for both in zip(included, parts[:-1], strict=True)]
        else:
            amount = sum(one.item.quantity * one.on_top.get(rate, 0) for one in singles) + tax_on(once, rate, step=step)
        if base:
            found.append(TaxLine(rate.name, rate.basis_points, rate.is_inclusive, base, amount))
    return tuple(found), included


def _bases(parts: Iterable[tuple[int, TaxRate | None]]) -> dict[TaxRate, int]:
    bases: dict[TaxRate, int] = {}
    for amount, rate in parts:
        if rate is not None:
            bases[rate] = bases.get(rate, 0) + amount
    return bases


def _summed(lines: Iterable[Line], orders: Iterable[Charge]) -> tuple[Charge, ...]:
    """The own fees of all tickets by name, then those of the order."""
    sums: dict[str, int] = {}
    for line in lines:
        for charge in line.own:
            sums[charge.name] = sums.get(charge.name, 0) + line.quantity * charge.amount
    return (*(Charge(name, amount) for name, amount in sums.items()), *orders)


def _rounded(amount: int, whole: int, step: int) -> int:
    """`amount` / `whole` to whole steps, half a step rounded up."""
    return (2 * amount + whole * step) // (2 * whole * step) * step
