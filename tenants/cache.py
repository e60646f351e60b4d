"""Cache keys that carry the organizer, and a public cache whose outage costs time only."""

import logging
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

from tenants.current import current_schema

logger = logging.getLogger(__name__)


class SharedConnectionsCache(RedisCache):
    """Django's cache in Redis, with one pool of connections for each server and process.

    Django keeps a cache object per context. Under ASGI each request and each task is one, and its own would connect to Redis
    anew: some milliseconds of this process's time, many times a second (docs/benchmarks.md).
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _client  # what Django's makes its client with, when it is first used


def _client(servers: list[str], **options: Any) -> RedisCacheClient:
    return _kept_client(tuple(servers), tuple(options.items()))


@lru_cache
def _kept_client(servers: tuple[str, ...], options: tuple[tuple[str, Any], ...]) -> RedisCacheClient:
    return RedisCacheClient(list(servers), **dict(options))


def organizer_key(key: str, key_prefix: str, version: int) -> str:
    """Django's KEY_FUNCTION of the default cache: the same key is another entry for every organizer."""
    return f"{current_schema()}:{key_prefix}:{version}:{key}"


def public_get(key: str) -> Any:
    """The shared entry, or None: also when Redis does not answer."""
    try:
        return caches["public"].get(key)
    except RedisError:
        logger.warning("The public cache did not answer; going on without it.")
        return None


def public_set(key: str, value: Any, seconds: int) -> None:
    """Keep a shared entry for `seconds`, if Redis answers."""
    try:
        caches["public"].set(key, value, seconds)
    except RedisError:
        logger.warning("The public cache did not take an entry.")


def public_delete(keys: Iterable[str]) -> None:
    """Drop shared entries; when Redis does not answer they live until their time is over."""
    try:
        caches["public"].delete_many(list(keys))
    except RedisError:
        logger.error("The public cache did not drop entries; hosts may be stale for a minute.")
