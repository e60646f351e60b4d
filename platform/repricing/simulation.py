"""What rules would have made of a sale: past buyers or invented ones go through it hour by hour, at moving prices and at a fixed one.

Pure functions. The prices are made by the function that sells (`pricing.dynamic.wanted`); only the buyers are an assumption:
whoever bought at one price would have paid up to another, and their number falls with the price to the power of the elasticity
(docs/dynamic-prices.md). The same seed gives the same buyers.
"""

import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pricing.dynamic import HOURS_A_DAY, MOST_PRICE, Lately, Rules, SaleState, wanted

Curve = Literal["even", "early", "late", "both"]

MOST_ARRIVALS = 60_000  # of one simulation
LONGEST_SALE = 400 * HOURS_A_DAY  # hours; a longer one is squeezed into it


@dataclass(frozen=True)
class Arrival:
    """Somebody who comes in this hour of the sale and buys one ticket if it costs no more than `most` minor units."""

    hour: int
    most: int


@dataclass(frozen=True)
class Sale:
    """What is simulated: `size` tickets whose own price is `base`, for `hours` until the start, and who comes, in order.

    `house` has, for each hour, how many of `house_size` places of the whole house were sold before it.
    """

    base: int
    size: int
    hours: int
    arrivals: tuple[Arrival, ...]
    house: tuple[int, ...] = ()
    house_size: int = 0


@dataclass(frozen=True)
class Past:
    """What was sold of a ticket type: (hour of the sale, price paid, tickets), out of `size`, at an own price of `base`."""

    base: int
    size: int
    hours: int
    sold: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Point:
    """How it stands at the end of an hour: the price in it, tickets sold and money taken so far, minor units, before fees."""

    hour: int
    price: int
    sold: int
    revenue: int


@dataclass(frozen=True)
class Run:
    """A sale gone through: a point for every hour."""

    points: tuple[Point, ...]

    @property
    def sold(self) -> int:
        return self.points[-1].sold

    @property
    def revenue(self) -> int:
        return self.points[-1].revenue

    @property
    def average(self) -> int:
        """What a ticket brought on average, minor units, rounded down."""
        return self.revenue // self.sold if self.sold else 0

    @property
    def prices(self) -> tuple[int, int]:
        """The least and the most that a ticket cost."""
        return min(point.price for point in self.points), max(point.price for point in self.points)

    def sold_out_after(self, size: int) -> int | None:
        """The hour in which the last ticket went, None where some were left."""
        return next((point.hour for point in self.points if point.sold >= size), None)


def run(sale: Sale, rules: Rules | None) -> Run:
    """Sell to whoever comes; with `rules` the price is brought to what they want at the beginning of every hour."""
    price, sold, revenue, index = sale.base, 0, 0, 0
    amounts = deque([(0, 0)])  # (hour, what was added from then on)
    recent: deque[tuple[int, int]] = deque()  # (hour, tickets) within the hours that count as pace
    points = []
    for hour in range(sale.hours):
        if rules is not None:
            while len(amounts) > 1 and amounts[1][0] <= hour - HOURS_A_DAY:
                amounts.popleft()
            while recent and recent[0][0] < hour - rules.pace_hours:
                recent.popleft()
            known = [amount for _hour, amount in amounts]
            state = SaleState(
                sold=sold,
                size=sale.size,
                house_sold=sale.house[hour] if sale.house else sold,
                house_size=sale.house_size if sale.house else sale.size,
                hours_to_go=sale.hours - hour,
                hours_on_sale=hour,
                sold_lately=sum(count for _hour, count in recent),
            )
            found = wanted(sale.base, rules, state, Lately(known[-1], min(known), max(known)))
            if found.amount != known[-1]:
                amounts.append((hour, found.amount))
            price = found.price
        before = sold
        while index < len(sale.arrivals) and sale.arrivals[index].hour <= hour:
            if sale.arrivals[index].most >= price and sold < sale.size:
                sold += 1
                revenue += price
            index += 1
        if sold > before:
            recent.append((hour, sold - before))
        points.append(Point(hour, price, sold, revenue))
    return Run(tuple(points))


def compare(sale: Sale, rules: Rules) -> tuple[Run, Run]:
    """The same buyers at the fixed price and at moving ones. Where nothing is known of the house it fills as the fixed sale does."""
    fixed = run(sale, None)
    if not sale.house:
        house = (0, *(point.sold for point in fixed.points[:-1]))
        sale = replace(sale, house=house, house_size=sale.size)
    return fixed, run(sale, rules)


def invented(
    *, base: int, size: int, hours: int, people: int, elasticity: int, curve: Curve, lowest: int, seed: int
) -> Sale:
    """A sale to `people` who would buy at `base`, and to those who would only for less, down to `lowest`.

    `elasticity` is in hundredths: at 100 a price that is 10 % higher finds about 10 % fewer buyers, at 200 about 20 %.
    """
    dice = random.Random(seed)
    hours = max(1, min(hours, LONGEST_SALE))
    power = elasticity / 100
    number = min(MOST_ARRIVALS, round(people * (base / lowest) ** power))
    arrivals = [
        Arrival(min(hours - 1, int(_moment(dice, curve) * hours)), _most(dice, lowest, power)) for _n in range(number)
    ]
    return Sale(base, size, hours, _in_order(arrivals))


def replayed(past: Past, *, base: int, size: int, hours: int, elasticity: int, lowest: int, seed: int) -> Sale:
    """Past sales brought to this sale's length, price and size. Whoever bought would have paid what they paid, or more.

    Besides them come those who would have bought for less than was asked, as many as the elasticity says.
    """
    dice = random.Random(seed)
    hours = max(1, min(hours, LONGEST_SALE))
    power = elasticity / 100
    arrivals: list[Arrival] = []
    owed = more = 0.0
    for hour, paid, count in past.sold:
        at = min(hours - 1, hour * hours // max(1, past.hours))
        price = max(lowest, paid * base // max(1, past.base))
        owed += count * size / max(1, past.size)
        more += count * size / max(1, past.size) * ((price / lowest) ** power - 1)
        while owed >= 1 and len(arrivals) < MOST_ARRIVALS:
            owed -= 1
            arrivals.append(Arrival(at, _most(dice, price, power)))
        while more >= 1 and len(arrivals) < MOST_ARRIVALS:
            more -= 1
            arrivals.append(Arrival(at, min(price - 1, _most_below(dice, lowest, price, power))))
    return Sale(base, size, hours, _in_order(arrivals))


def at_most(points: Sequence[Point], number: int) -> list[Point]:
    """So many of the points, evenly spread, the last one among them."""
    if len(points) <= number:
        return list(points)
    return [points[(index + 1) * len(points) // number - 1] for index in range(number)]


def _in_order(arrivals: Iterable[Arrival]) -> tuple[Arrival, ...]:
    return tuple(sorted(arrivals, key=lambda one: one.hour))


def _moment(dice: random.Random, curve: Curve) -> float:
    """When in the sale somebody comes, from 0 to 1."""
    even = dice.random()
    soon: float = even**2.5
    if curve == "early":
        return soon
    if curve == "late":
        return 1 - soon
    if curve == "both":
        return soon if dice.random() < 0.5 else 1 - soon
    return even


def _most(dice: random.Random, price: int, power: float) -> int:
    """What somebody would pay who would pay `price`: as many as (price / p) ** power of them would pay p."""
    return min(MOST_PRICE, int(price * (1 - dice.random()) ** (-1 / power)))


def _most_below(dice: random.Random, lowest: int, price: int, power: float) -> int:
    """The same for somebody who would pay `lowest` and not `price`."""
    share = 1 - (lowest / price) ** power
    return int(lowest * (1 - dice.random() * share) ** (-1 / power))
