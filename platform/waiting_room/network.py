"""Per-network limits at the entrance: counted in Redis, and in the process alone while Redis is away."""

import time
from collections import Counter

from django.http import HttpRequest
from redis.exceptions import RedisError

from ui.network import client_network
from waiting_room import store
from waiting_room.errors import TooManyEntries

MINUTE = 60
WITH_PROOF, WITHOUT_PROOF = 120, 6  # entries per minute and network: whole offices share an address


def network_of(request: HttpRequest) -> str:
    """The network that the request comes from; one whose address cannot be read shares its count with the like."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return client_network(request.META.get("REMOTE_ADDR", ""), forwarded) or "unknown"


def count_entry(network: str, *, line: str, has_proof: bool) -> None:
    """Count an entry of this network into this line. Raises TooManyEntries above the minute's share."""
    lane = "proof" if has_proof else "plain"
    most = WITH_PROOF if has_proof else WITHOUT_PROOF
    name = f"{line}:{lane}:{network}"
    try:
        count = store.count_up(name, seconds=MINUTE)
    except RedisError:
        count = _count_here(name)
    if count > most:
        raise TooManyEntries(retry_after=MINUTE)


_HERE: tuple[list[int], Counter[str]] = ([0], Counter())


def _count_here(name: str) -> int:
    minute, counts = _HERE
    now = int(time.monotonic()) // MINUTE
    if minute[0] != now:
        minute[0] = now
        counts.clear()
    counts[name] += 1
    return counts[name]
