"""How many to let in next: pure functions from measured health to a rate, and from a rate to people.

The rate grows by equal steps while the checkout is well and shrinks by a share while it is not, always within the limits
that the organizer set. Rates are people per minute.
"""

import math
from dataclasses import dataclass

FROM_MIN_TO_MAX_SECONDS = 30  # a checkout that stays well is trusted with the whole rate after so long
SHRINK_PER_SECOND = 0.8
LONGEST_TICK_SECONDS = 5.0  # a clock that stood still does not let in at once what it missed
SLOWEST_P95 = 1.0  # seconds
MOST_ERRORS = 0.02
FEWEST_REQUESTS = 20  # of fewer no share is made
MOST_HELD = 0.8


@dataclass(frozen=True)
class Health:
    """The checkout over the last seconds: its requests, those that failed, the time within which 95 of 100 came.

    `held` and `free` are places: all of them held means that whoever is let in now finds nothing.
    """

    requests: int = 0
    errors: int = 0
    p95_seconds: float = 0.0
    held: int = 0
    free: int = 0

    @property
    def held_share(self) -> float:
        """How much of what is not sold lies in somebody's hold."""
        return self.held / (self.held + self.free) if self.held + self.free else 0.0

    @property
    def error_share(self) -> float:
        """How many of the requests failed; 0 while there are too few to tell."""
        return self.errors / self.requests if self.requests >= FEWEST_REQUESTS else 0.0

    @property
    def complaint(self) -> str:
        """What is wrong, as a word: `errors`, `slow`, `held`, or nothing."""
        if self.error_share > MOST_ERRORS:
            return "errors"
        if self.requests >= FEWEST_REQUESTS and self.p95_seconds > SLOWEST_P95:
            return "slow"
        return "held" if self.held_share > MOST_HELD else ""


def next_rate(rate: float, health: Health, *, rate_min: int, rate_max: int, seconds: float) -> float:
    """The rate after `seconds` of this health."""
    passed = min(max(seconds, 0.0), LONGEST_TICK_SECONDS)
    if health.complaint:
        rate *= SHRINK_PER_SECOND**passed
    else:
        rate += (rate_max - rate_min) * passed / FROM_MIN_TO_MAX_SECONDS
    return min(max(rate, rate_min), rate_max)


def admissions(*, rate: float, seconds: float, carry: float, waiting: int) -> tuple[int, float]:
    """How many of `waiting` to let in after `seconds`, and the fraction left over for the next time.

    What nobody was there for is not saved up: a quiet hour is followed by no burst.
    """
    due = carry + rate * min(max(seconds, 0.0), LONGEST_TICK_SECONDS) / 60
    count = math.floor(due)
    return (count, due - count) if count <= waiting else (waiting, 0.0)
