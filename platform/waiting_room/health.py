"""How the checkout does, as its own doors see it: counted in the process, sent to Redis once a second.

Per organizer: how many requests to the hold and order doors, how many failed by our fault, and how long they took, in slots
of five seconds. And per event with a rule: how many people look at it.
"""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from redis.exceptions import RedisError

from waiting_room import store
from waiting_room.pace import Health

BOUNDS = (
    0.05,
    0.1,
    0.2,
    0.4,
    0.7,
    1.0,
    1.5,
    2.5,
    5.0,
    30.0,
)  # seconds; a request counts for the first that it is within
SLOT_SECONDS = 5
WINDOW_SLOTS = 3  # the present slot and the two before
KEPT_SECONDS = 120


@dataclass
class _Meter:
    """What this process counted since it last told Redis: key -> field -> count."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    sent_at: float = 0.0


_METER = _Meter()


def count_request(organizer_id: UUID, *, seconds: float, status: int) -> None:
    """A request to a hold or order door was answered. What the asker got wrong, or what is sold out, is no error."""
    note_request(organizer_id, seconds=seconds, status=status)
    _flush_when_due()


def note_request(organizer_id: UUID, *, seconds: float, status: int) -> None:
    """The same for a door that calls `flush` itself, because it must not wait for Redis."""
    counts = {f"b{min(bisect_left(BOUNDS, seconds), len(BOUNDS) - 1)}": 1, "n": 1, "errors": int(status >= 500)}
    _count(f"room:health:{organizer_id.hex}:{_slot()}", counts)


def count_arrival(event_id: UUID) -> None:
    """Somebody looks at an event that has a rule."""
    _count(f"room:arrivals:{event_id.hex}:{int(time.time()) // 60}", {"n": 1})
    _flush_when_due()


def checkout_health(organizer_id: UUID) -> Health:
    """The last ten to fifteen seconds of this organizer's doors, over all processes. Knows nothing of stock."""
    pipe = store.client().pipeline()
    for back in range(WINDOW_SLOTS):
        pipe.hgetall(f"room:health:{organizer_id.hex}:{_slot() - back}")
    total = Counter[str]()
    for fields in pipe.execute():
        total.update({name: int(number) for name, number in fields.items()})
    return Health(requests=total["n"], errors=total["errors"], p95_seconds=_p95(total))


def arrivals_per_minute(event_id: UUID) -> int:
    """How many looked at the event in the busier of this minute and the last."""
    minute = int(time.time()) // 60
    pipe = store.client().pipeline()
    for at in (minute, minute - 1):
        pipe.hget(f"room:arrivals:{event_id.hex}:{at}", "n")
    return max(int(number or 0) for number in pipe.execute())


def flush() -> None:
    """Tell Redis now what this process counted; when it does not answer, the counts are dropped."""
    counts, _METER.counts, _METER.sent_at = _METER.counts, {}, time.monotonic()
    if not counts:
        return
    try:
        pipe = store.client().pipeline()
        for name, fields in counts.items():
            for part, number in fields.items():
                if number:
                    pipe.hincrby(name, part, number)
            pipe.expire(name, KEPT_SECONDS)
        pipe.execute()
    except RedisError:
        pass


def _count(name: str, fields: Mapping[str, int]) -> None:
    # Threads may lose a count to each other; a rate is none the worse for it.
    _METER.counts.setdefault(name, Counter()).update(fields)


def _flush_when_due() -> None:
    if time.monotonic() - _METER.sent_at >= 1.0:
        flush()


def _slot() -> int:
    return int(time.time()) // SLOT_SECONDS


def _p95(total: Counter[str]) -> float:
    """The upper bound of the bucket in which 95 of 100 requests are answered."""
    wanted, seen = total["n"] * 0.95, 0
    for index, bound in enumerate(BOUNDS):
        seen += total[f"b{index}"]
        if seen >= wanted and seen:
            return bound
    return 0.0
