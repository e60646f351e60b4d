"""What everybody may know of a performance's stock, kept in Redis for pages and sockets (docs/live.md).

Verbs mark a performance after their commit; one announcer (`inventory.announcer`) reads it anew from Postgres, numbers what
changed and publishes it. Redis that is away costs freshness, never a sale: nothing here raises because of it.
"""

import logging
import time
from functools import lru_cache
from uuid import UUID

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from tenants.current import current_schema
from tenants.transactions import on_commit

logger = logging.getLogger(__name__)

CHANGED = "live:changed"  # a set of marks: performances to look at again
SILENCE_SECONDS = 1.0  # after a failure Redis is left alone for so long, so that it cannot slow down every sale

_silent_until = 0.0


def mark_changed(performance_id: UUID) -> None:
    """Have the announcer look at a performance of the current organizer once this transaction is committed.

    At once when no transaction is open. Costs one call to Redis and may be called any number of times.
    """
    on_commit(lambda: mark(performance_id), robust=True)


def mark(*performance_ids: UUID) -> None:
    """The same without waiting for a commit: for what is committed already, or only asked for."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        connected().sadd(CHANGED, *(mark_of(current_schema(), performance_id) for performance_id in performance_ids))
    except RedisError:
        _silent_until = time.monotonic() + SILENCE_SECONDS
        logger.warning("Redis did not take a mark; the counts of a performance may be late by half a minute.")


def mark_of(schema: str, performance_id: object) -> str:
    """How a performance is named in Redis: with the organizer's schema in front."""
    return f"{schema}:{performance_id}"


@lru_cache(maxsize=1)
def connected() -> Redis:
    """This process's connections to the Redis of live counts."""
    return Redis.from_url(settings.LIVE_REDIS_URL, **settings.REDIS_PATIENCE, decode_responses=True)
