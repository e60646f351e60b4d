"""How often somebody may ask for something: counted in Redis, and in this process while Redis is away."""

import time
from dataclasses import dataclass
from hashlib import sha256

from django.core.cache import caches
from django.utils.translation import ngettext
from redis.exceptions import RedisError

from ui.errors import TooOften


@dataclass(frozen=True)
class Limit:
    """`times` within a window of `seconds`; windows begin at the same instants for everybody. `name` tells counts apart."""

    name: str
    times: int
    seconds: int


def count_against(limit: Limit, who: str) -> None:
    """Count one more request of `who` (an address, a network) at this organizer. Raises TooOften beyond the limit.

    Each organizer has its own counts, and `who` is kept as a digest only. An empty `who` is nobody in particular: not counted.
    """
    if not who:
        return
    if _count(_key(limit, who), seconds=limit.seconds) > limit.times:
        raise _refusal(int(limit.seconds - time.time() % limit.seconds) + 1)


def count_once(limit: Limit, who: str) -> None:
    """Count what `who` did without refusing anything: whoever asks `times_in_window` judges."""
    _count(_key(limit, who), seconds=limit.seconds)


def times_in_window(limit: Limit, who: str) -> int:
    """How often `who` was counted in this window so far."""
    key = _key(limit, who)
    try:
        return int(caches["default"].get(key, 0))
    except RedisError:
        return int(caches["process"].get(key, 0))


def _key(limit: Limit, who: str) -> str:
    window = int(time.time() // limit.seconds)
    return f"limit:{limit.name}:{window}:{sha256(who.casefold().encode()).hexdigest()}"


def _count(key: str, *, seconds: int) -> int:
    try:
        return _count_in("default", key, seconds=seconds)
    except RedisError:  # each process for itself is still a limit
        return _count_in("process", key, seconds=seconds)


def _count_in(name: str, key: str, *, seconds: int) -> int:
    cache = caches[name]
    if cache.add(key, 1, seconds):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # its window ended between the two
        return 1


def _refusal(wait_seconds: int) -> TooOften:
    minutes = -(-wait_seconds // 60)
    words = ngettext(
        "This was asked for several times just now. Nothing more was sent: look in your inbox and the spam folder, "
        "or ask again in %(minutes)d minute.",
        "This was asked for several times just now. Nothing more was sent: look in your inbox and the spam folder, "
        "or ask again in %(minutes)d minutes.",
        minutes,
    )
    return TooOften(words % {"minutes": minutes}, wait_seconds=wait_seconds)
