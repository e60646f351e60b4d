"""Whose link a visitor followed, and whose a sale is: pure functions, without a clock or a database of their own."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from promotions.affiliate_models import LONGEST_WINDOW
from promotions.words import code_key

MOST_TOUCHES = 12
SAME_VISIT = timedelta(minutes=30)
CLOCKS_DIFFER = timedelta(minutes=1)  # of two machines that served one visitor


class Touch(NamedTuple):
    """That a link with this affiliate's key was followed."""

    key: str
    at: datetime


def touched(before: Sequence[Touch], key: str, *, at: datetime) -> tuple[Touch, ...]:
    """What is known of a visitor after they followed another link.

    The same link within half an hour is one touch. What is older than any window is forgotten; of too many the first and the newest stay.
    """
    kept = [one for one in before if at - one.at <= timedelta(days=LONGEST_WINDOW)]
    if kept and kept[-1].key == key and at - kept[-1].at < SAME_VISIT:
        return tuple(kept)
    kept.append(Touch(key, at))
    return tuple(kept) if len(kept) <= MOST_TOUCHES else (kept[0], *kept[1 - MOST_TOUCHES :])


def by_claim(touches: Iterable[Touch], *, at: datetime, window_days: int, is_first: bool) -> list[str]:
    """The keys of the affiliates who may claim a sale at instant `at`, whoever has the best claim first.

    A touch counts for `window_days` to the second, both edges among them. `is_first`: the first of those counts, else the last.
    """
    window = timedelta(days=window_days)
    counted = sorted((one for one in touches if -CLOCKS_DIFFER <= at - one.at <= window), key=lambda one: one.at)
    return list(dict.fromkeys(one.key for one in (counted if is_first else reversed(counted))))


def as_plain(touches: Iterable[Touch]) -> list[list[Any]]:
    """Plain JSON values, for a cookie: seconds since 1970."""
    return [[one.key, int(one.at.timestamp())] for one in touches]


def from_plain(data: Any) -> tuple[Touch, ...]:
    """The touches that `as_plain` wrote; none for anything else."""
    try:
        found = [Touch(str(key), datetime.fromtimestamp(int(seconds), UTC)) for key, seconds in data[:MOST_TOUCHES]]
    except (TypeError, ValueError, OverflowError, OSError, KeyError):
        return ()
    return tuple(one for one in found if code_key(one.key) == one.key and one.key)
