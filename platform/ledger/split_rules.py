"""Who gets what of what an event earns: pure functions over a plan's steps. Amounts are integers in minor units.

A plan is a waterfall. What has been earned so far, all of it together, enters the first step; each share of a step takes its
percent of what reaches it, and what nobody takes flows on to the next step. What is left after the last is the organizer's.
"The first 300.00 to the venue" is a share of 100 % with a cap of 300.00; "1.50 of each ticket to the promoter" takes as much for each
ticket that counts, as far as what reaches its step suffices.

So every minor unit that an event earns has one owner, decided by its number alone: the 30,000th cent the venue, the
30,001st the artist. An order gets the cents that are next, and a refund gives the last ones back: whatever is sold and given
back in whatever order, everybody has what the plan says of what is left, to the minor unit (docs/splits.md).
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import Any, NamedTuple

from ledger.models import Party

WHOLE = 10_000  # basis points
MOST_STEPS = 8
MOST_SHARES = 8  # of one step
MOST_AMOUNT = 99_999_999_999


class Payee(NamedTuple):
    """Who gets a part: a party, and which one where there are several of its kind."""

    party: Party
    reference: str = ""


ORGANIZER = Payee(Party.ORGANIZER)


@dataclass(frozen=True)
class Share:
    """`basis_points` (7000 = 70 %) of what reaches the step to `payee`, at most `cap` over the whole event; or, with
    `per_ticket`, so many minor units for each ticket that counts."""

    payee: Payee
    basis_points: int
    cap: int | None = None
    per_ticket: int | None = None


@dataclass(frozen=True)
class Step:
    """Shares of what reaches this step beyond the first `above`, which flows past it untouched."""

    shares: tuple[Share, ...]
    above: int = 0


@dataclass(frozen=True)
class Working:
    """How one share's part came about: `basis_points` of `reach`, or so much for each of `tickets`, and no more than its cap or
    than what reached it. `number` counts steps from 1."""

    number: int
    share: Share
    above: int
    reach: int
    part: int
    tickets: int = 0

    @property
    def is_short(self) -> bool:
        """Whether less reached it than so much for each ticket comes to."""
        return self.share.per_ticket is not None and self.share.per_ticket * self.tickets > self.reach

    @property
    def is_capped(self) -> bool:
        """Whether its percent, or so much for each ticket, would be more than its cap."""
        if self.share.per_ticket is not None:
            return self.share.cap is not None and self.share.per_ticket * self.tickets > self.share.cap
        return self.share.cap is not None and self.reach * self.share.basis_points > self.share.cap * WHOLE


@dataclass(frozen=True)
class Rules:
    """A plan's steps, in order. Without any, everything is the organizer's."""

    steps: tuple[Step, ...] = ()

    def problem(self) -> str:
        """What is wrong with them, as a word, or "": `steps`, `percent`, `amount`, `twice`, `ticket`."""
        if len(self.steps) > MOST_STEPS or any(not 0 < len(step.shares) <= MOST_SHARES for step in self.steps):
            return "steps"
        for step in self.steps:
            if any(share.per_ticket is not None for share in step.shares):
                if len(step.shares) > 1 or step.above or step.shares[0].basis_points:
                    return "ticket"
                share = step.shares[0]
                amounts = [share.per_ticket or 0, *([share.cap] if share.cap is not None else [])]
                if not all(0 < amount <= MOST_AMOUNT for amount in amounts):
                    return "amount"
                continue
            points = [share.basis_points for share in step.shares]
            if not all(0 < one <= WHOLE for one in points) or sum(points) > WHOLE:
                return "percent"
            caps = [share.cap for share in step.shares if share.cap is not None]
            if not all(0 < cap <= MOST_AMOUNT for cap in caps) or not 0 <= step.above <= MOST_AMOUNT:
                return "amount"
            if len({share.payee for share in step.shares}) < len(step.shares):
                return "twice"
        return ""

    def payees(self) -> list[Payee]:
        """Everybody who may get something, the organizer last, who gets the rest."""
        named = (share.payee for step in self.steps for share in step.shares)
        return [*dict.fromkeys(payee for payee in named if payee != ORGANIZER), ORGANIZER]

    def workings(self, total: int, tickets: int = 0) -> list[Working]:
        """Share by share, what is each one's of `total` earned with so many `tickets`, and how that comes about."""
        found, left = [], total
        for number, step in enumerate(self.steps, start=1):
            reach = max(0, left - step.above)
            first = step.shares[0]
            if first.per_ticket is not None:  # it has its step alone
                part = min(reach, first.per_ticket * tickets, *([first.cap] if first.cap is not None else []))
                found.append(Working(number, first, step.above, reach, part, tickets))
                left -= part
                continue
            counts = apportion(tuple(share.basis_points for share in step.shares), reach)
            for share, count in zip(step.shares, counts, strict=True):
                part = count if share.cap is None else min(count, share.cap)
                found.append(Working(number, share, step.above, reach, part))
                left -= part
        return found

    def parts(self, total: int, tickets: int = 0) -> dict[Payee, int]:
        """What is whose of `total` earned with so many `tickets`, everybody of `payees()` named; together they are `total`."""
        parts = dict.fromkeys(self.payees(), 0)
        for working in self.workings(total, tickets):
            parts[working.share.payee] += working.part
        parts[ORGANIZER] += total - sum(parts.values())
        return parts

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, to freeze on a version."""
        return {
            "steps": [
                {
                    "above": step.above,
                    "shares": [
                        {
                            "party": share.payee.party.value,
                            "reference": share.payee.reference,
                            "basis_points": share.basis_points,
                            "cap": share.cap,
                            **({} if share.per_ticket is None else {"per_ticket": share.per_ticket}),
                        }
                        for share in step.shares
                    ],
                }
                for step in self.steps
            ]
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Rules":
        """The rules that `as_dict` froze."""
        return cls(
            tuple(
                Step(
                    tuple(
                        Share(
                            Payee(Party(one["party"]), one["reference"]),
                            one["basis_points"],
                            one["cap"],
                            one.get("per_ticket"),
                        )
                        for one in step["shares"]
                    ),
                    step["above"],
                )
                for step in data["steps"]
            )
        )


def split(amount: int, rules: Rules, so_far: int = 0, *, tickets: int = 0, tickets_so_far: int = 0) -> dict[Payee, int]:
    """Whose `amount` is that an event earns with `tickets` after `so_far`; negative, for what goes back: whose it was.

    The parts add up to `amount`, and as long as no ticket more or less counts all have its sign or are nothing.
    `split(-a, rules, s + a)` is exactly the opposite of `split(a, rules, s)`. Raises ValueError where less than nothing
    would be left.
    """
    if so_far < 0 or so_far + amount < 0:
        raise ValueError(f"{amount} after {so_far}")
    before, after = rules.parts(so_far, tickets_so_far), rules.parts(so_far + amount, tickets_so_far + tickets)
    return {payee: after[payee] - before[payee] for payee in after}


def apportion(weights: tuple[int, ...], amount: int) -> list[int]:
    """`amount` by `weights` (basis points; what they leave of 10,000 is nobody's), each part its percent rounded up or down.

    Where only one share is taken it is rounded to the nearest. Nobody's part shrinks when the amount grows, which rounding
    each amount to the largest remainders alone would not promise. So it goes unit by unit, each to whoever is behind its
    percent and would first be too far behind (R. Tijdeman, "The chairman assignment problem", Discrete Mathematics 32, 1980);
    after `period` units that repeats.
    """
    period, table = _sequence(weights)
    rounds, rest = divmod(amount, period)
    return [rounds * table[period][index] + table[rest][index] for index in range(len(weights))]


@lru_cache(maxsize=256)
def _sequence(weights: tuple[int, ...]) -> tuple[int, list[tuple[int, ...]]]:
    """After how many units the pattern repeats, and the counts after 0, 1, 2 ... units up to there."""
    shares = [*weights, WHOLE - sum(weights)] if sum(weights) < WHOLE else list(weights)
    step = gcd(*shares)
    shares = [share // step for share in shares]
    period = WHOLE // step
    counts, table = [0] * len(shares), [(0,) * len(weights)]
    for units in range(1, period + 1):
        counts[_next(shares, counts, units, period)] += 1
        table.append(tuple(counts[: len(weights)]))
    return period, table


def _next(shares: list[int], counts: list[int], units: int, period: int) -> int:
    """Who gets unit number `units`: of those at least 1 / (2n - 2) of a unit behind, whose time to be served runs out first."""
    if len(shares) == 1:
        return 0
    slack = 2 * len(shares) - 2
    behind = [slack * (share * units - count * period) for share, count in zip(shares, counts, strict=True)]
    served = [index for index in range(len(shares)) if behind[index] >= period]
    return min(served, key=lambda index: Fraction(period * (slack - 1) - behind[index], shares[index]))
