"""What a ticket should cost now, by its rules and how its sale stands: pure functions over integers.

A rule set has five ladders. Each that is reached adds its part to the ticket type's own price; then the result is kept within what a
day may change, within floor and cap, and brought to the nearest price that reads well. Nothing here knows who looks or buys.
docs/dynamic-prices.md goes through one sale line by line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, Literal

from pricing.basket import Item, Step

Cause = Literal["fill", "days", "faster", "slower", "ahead", "behind", "day_limit", "cap", "floor", "rules_off"]

HOURS_A_DAY = 24
LEAST_FOR_PACE = 5  # tickets within the hours that count: fewer say nothing about demand
LONGEST_DAYS, LONGEST_HOURS, MOST_RUNGS = 730, 24 * 14, 8
MOST_PRICE = 99_999_999  # minor units: as much as a ticket may cost
MOST_PERCENT = 100_000  # basis points: ten times the price more


@dataclass(frozen=True)
class Rung:
    """From `at` on the price is `value` higher, or lower where it is below 0."""

    at: int
    value: int


@dataclass(frozen=True)
class Rules:
    """How a ticket type's price moves. Values are basis points of its own price (`is_percent`) or minor units.

    Of each ladder the rung that is reached last counts, never several. `fill`: percent sold. `days`: so many days to go, or
    fewer. `faster` and `slower`: the sales of the last `pace_hours` as a percentage of the even pace that would sell out exactly
    at the start. `ahead` and `behind`: percentage points by which the type's places are fuller, or emptier, than the house.

    The price is never below `floor` or above `cap`, moves by no more than `most_a_day` within any 24 hours (None: by as much as
    the rules say), and leaves `ending` when divided by `step` (100 and 90: 23.90), unless it is the type's own price.
    """

    floor: int
    cap: int
    is_percent: bool = False
    fill: tuple[Rung, ...] = ()
    days: tuple[Rung, ...] = ()
    faster: tuple[Rung, ...] = ()
    slower: tuple[Rung, ...] = ()
    ahead: tuple[Rung, ...] = ()
    behind: tuple[Rung, ...] = ()
    pace_hours: int = 24
    most_a_day: int | None = None
    step: int = 1
    ending: int = 0

    @property
    def is_still(self) -> bool:
        """Whether nothing can move the price."""
        return not any(getattr(self, name) for name in LADDERS)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Rules":
        """The rules that `as_dict` kept."""
        return cls(**{**data, **{name: tuple(Rung(**rung) for rung in data[name]) for name in LADDERS}})


LADDERS = ("fill", "days", "faster", "slower", "ahead", "behind")
_UP, _DOWN = ("fill", "faster", "ahead"), ("slower", "behind")
_HIGHEST = {"fill": 100, "days": LONGEST_DAYS, "faster": 10_000, "slower": 100, "ahead": 100, "behind": 100}


@dataclass(frozen=True)
class SaleState:
    """How the sale of a ticket type stands: `sold` of the `size` places that it draws from and that are for sale, the same of the
    whole house, whole hours until the start and since the sale began, and how many were sold within the rules' `pace_hours`."""

    sold: int
    size: int
    house_sold: int
    house_size: int
    hours_to_go: int
    hours_on_sale: int = 0
    sold_lately: int = 0

    @property
    def percent_sold(self) -> int:
        """Rounded down."""
        return self.sold * 100 // self.size if self.size else 0

    def as_dict(self) -> dict[str, int]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Lately:
    """What is added to a type's own price now, and the least and the most that was added within the last 24 hours, minor units."""

    amount: int = 0
    lowest: int = 0
    highest: int = 0


@dataclass(frozen=True)
class Reason:
    """A part of a price: `amount` minor units because of `cause`, whose rung lies at `at`.

    `cap`, `floor` and `day_limit` say what was taken back, or given, so that the price stays within them.
    """

    cause: Cause
    at: int
    amount: int


@dataclass(frozen=True)
class Wanted:
    """What a ticket should cost: `amount` more, or less, than the type's own price, which makes `price`."""

    price: int
    amount: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Moved:
    """What is added to a ticket type's own price, or to its sale phase's, at one date: `amount` minor units, and between which
    prices the sum stays: a price that is lower or higher by itself, as a sale phase's may be, is not brought within them."""

    amount: int
    floor: int
    cap: int

    def on(self, base: int) -> int:
        """What is added to a ticket of `base` minor units; what is free stays free."""
        if not self.amount or not base:
            return 0
        return max(min(self.floor, base), min(max(self.cap, base), base + self.amount)) - base

    def item(self, item: Item) -> Item:
        """The item at what it costs now, with this as one more of its reasons."""
        amount = self.on(item.price)
        if not amount:
            return item
        return replace(item, price=item.price + amount, steps=(*item.reasons, Step("dynamic", "", amount)))


STILL = Moved(0, 1, 1)


def wanted(base: int, rules: Rules, state: SaleState, lately: Lately | None = None) -> Wanted:
    """The price of a ticket whose own price is `base` minor units, after what was added `lately`.

    A `base` outside the bounds, as a sale phase's may be, is one more bound: the rules bring no price up to the floor.
    """
    lately = lately or Lately()
    rules = replace(rules, floor=min(rules.floor, base), cap=max(rules.cap, base))
    reasons = _reached(base, rules, state)
    asked = base + sum(reason.amount for reason in reasons)
    target = max(rules.floor, min(rules.cap, asked))
    if target != asked:
        reasons.append(Reason("cap" if target < asked else "floor", target, target - asked))
    low, high = _allowed(base, rules, lately)
    if not low <= target <= high:
        kept = max(low, min(high, target))
        reasons.append(Reason("day_limit", rules.most_a_day or 0, kept - target))
        target = kept
    price = _nearest(target, base, rules, low, high)
    if price is None:
        price = max(low, min(high, base + lately.amount))
    return Wanted(price, price - base, tuple(reasons))


def even_pace(state: SaleState, hours: int) -> int:
    """How many tickets would have to be sold within `hours` to sell out exactly at the start, rounded up."""
    left = max(0, state.size - state.sold) + state.sold_lately
    return -(-left * hours // (state.hours_to_go + hours))


def price_at(base: int, rules: Rules, rung: Rung) -> int:
    """What a rung alone would make of `base`, within floor and cap and rounded: for a picture of the rules."""
    asked = max(rules.floor, min(rules.cap, base + _part(base, rules, rung.value)))
    found = _nearest(asked, base, rules, rules.floor, rules.cap)
    return base if found is None else found


def problem(rules: Rules, *, base: int, smallest: int = 1) -> tuple[str, str]:
    """Which part of `rules` cannot be (a field's name) and why (a word), or two empty texts.

    Ladders that follow demand may only rise with it, so that more demand never makes a ticket cheaper.
    """
    if not 0 < rules.floor <= base <= rules.cap <= MOST_PRICE:
        return ("floor", "bounds") if rules.floor > base or rules.floor <= 0 else ("cap", "bounds")
    if any(one % smallest for one in (rules.floor, rules.cap, rules.step, rules.ending)):
        return "floor", "smallest"
    if not 0 <= rules.ending < rules.step:
        return "rounding", "rounding"
    if rules.most_a_day is not None and not 0 < rules.most_a_day <= MOST_PRICE:
        return "most_a_day", "most_a_day"
    if not 1 <= rules.pace_hours <= LONGEST_HOURS:
        return "pace_hours", "pace_hours"
    for name in LADDERS:
        if why := _ladder_problem(name, getattr(rules, name), is_percent=rules.is_percent):
            return name, why
    return "", ""


def _ladder_problem(name: str, rungs: Sequence[Rung], *, is_percent: bool) -> str:
    if len(rungs) > MOST_RUNGS:
        return "many"
    if any(not 0 <= rung.at <= _HIGHEST[name] for rung in rungs):
        return "at"
    most = MOST_PERCENT if is_percent else MOST_PRICE
    if any(abs(rung.value) > most for rung in rungs):
        return "value"
    ordered = sorted(rungs, key=lambda rung: rung.at)
    if any(one.at == other.at for one, other in pairwise(ordered)):
        return "twice"
    values = [rung.value for rung in ordered]
    if name != "days" and values != sorted(values, reverse=name == "behind"):
        return "order"
    if name in _UP and any(rung.value < 0 for rung in rungs):
        return "sign_up"
    if name in _DOWN and any(rung.value > 0 for rung in rungs):
        return "sign_down"
    return ""


def _reached(base: int, rules: Rules, state: SaleState) -> list[Reason]:
    """What each ladder adds now: each compares whole numbers, multiplied out, so that no rounding decides."""
    left, lately = max(0, state.size - state.sold), state.sold_lately
    hours = rules.pace_hours
    pace, even = lately * 100 * (state.hours_to_go + hours), (left + lately) * hours
    # More sold in the type than in the house, in hundredths of size x house_size.
    ahead = (state.sold * state.house_size - state.house_sold * state.size) * 100
    whole = state.size * state.house_size
    found: list[tuple[Cause, Rung | None]] = [
        ("fill", _highest(rules.fill, state.sold * 100, state.size)),
        ("days", _lowest(rules.days, state.hours_to_go, HOURS_A_DAY)),
        ("faster", _highest(rules.faster, pace, even) if lately >= LEAST_FOR_PACE else None),
        # Nothing is left to be sold slowly in a full house, however few bought it up lately.
        ("slower", _lowest(rules.slower, pace, even) if left and state.hours_on_sale >= hours else None),
        ("ahead", _highest(rules.ahead, ahead, whole)),
        ("behind", _highest(rules.behind, -ahead, whole)),
    ]
    parts = ((cause, rung, _part(base, rules, rung.value)) for cause, rung in found if rung is not None)
    return [Reason(cause, rung.at, amount) for cause, rung, amount in parts if amount]


def _highest(rungs: Iterable[Rung], measured: int, whole: int) -> Rung | None:
    """The highest rung with `measured` at or above it, which is `at` of `whole`."""
    reached = (rung for rung in rungs if whole > 0 and measured >= rung.at * whole)
    return max(reached, key=lambda rung: rung.at, default=None)


def _lowest(rungs: Iterable[Rung], measured: int, whole: int) -> Rung | None:
    """The lowest rung with `measured` at or below it."""
    reached = (rung for rung in rungs if whole > 0 and measured <= rung.at * whole)
    return min(reached, key=lambda rung: rung.at, default=None)


def _part(base: int, rules: Rules, value: int) -> int:
    """A rung's value in minor units, half a unit away from nothing."""
    if not rules.is_percent:
        return value
    part = (base * abs(value) + 5000) // 10_000
    return part if value > 0 else -part


def _allowed(base: int, rules: Rules, lately: Lately) -> tuple[int, int]:
    """The prices that a change may lead to: within floor and cap, and within what a day may change where that leaves any."""
    if rules.most_a_day is None:
        return rules.floor, rules.cap
    low, high = base + lately.highest - rules.most_a_day, base + lately.lowest + rules.most_a_day
    if low > high:  # a day may change less than it did: the price waits
        low = high = base + lately.amount
    return max(rules.floor, min(rules.cap, low)), max(rules.floor, min(rules.cap, high))


def _nearest(target: int, base: int, rules: Rules, low: int, high: int) -> int | None:
    """The price nearest to `target` that reads well or is the type's own, of two the higher; None where none is allowed."""
    below = (target - rules.ending) // rules.step * rules.step + rules.ending
    choices = [one for one in (below, below + rules.step, base) if low <= one <= high]
    return min(choices, key=lambda one: (abs(one - target), -one), default=None)
