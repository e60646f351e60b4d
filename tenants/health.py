"""What `/healthz` says about this process: can it reach what a sale needs."""

from django.core.cache import caches
from django.db import DatabaseError, connection
from redis.exceptions import RedisError


def report() -> tuple[bool, dict[str, str]]:
    """Whether requests can be served, and each part's state. Asks Postgres and Redis one small question each."""
    facts = {"database": _database(), "redis": _redis()}
    return facts["database"] == "ok", facts


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            (value,) = cursor.fetchone()
    except DatabaseError:
        return "down"
    # Off would lose acknowledged orders in a crash.
    return "not durable" if value == "off" else "ok"


def _redis() -> str:
    try:
        caches["public"].get("healthz")
    except RedisError:
        return "down"
    return "ok"
