"""The running order in Redis: what a poll reads and an entry changes. All of it can be made again from Postgres.

Keys of a line, under `room:<line>:`: `meta` (a hash, the line's facts), `early` (the set of entries before the start), `unsaved`
(those of them that Postgres does not have yet), `rank` (entry -> position of the shuffled), `late` (entry -> arrival number),
`turns` (position -> instant at which it was let in). A script changes several at once or nothing.
"""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

import redis
from django.conf import settings
from redis.exceptions import RedisError

from waiting_room.errors import LineUnavailable

META_SECONDS = 0.5  # how old a line's facts may be in a process
STALE_SECONDS = 30  # and how old while Redis does not answer
KEPT_SECONDS = 24 * 3600  # keys of a line that nothing writes any more
REGISTRY = "room:tended"

_ENTER = """
if redis.call('HEXISTS', KEYS[1], 'issued') == 0 then return {'lost', 0} end
local rank = redis.call('HGET', KEYS[4], ARGV[1])
if rank then return {'placed', tonumber(rank)} end
if redis.call('HGET', KEYS[1], 'started') ~= '1' then
  if redis.call('SADD', KEYS[2], ARGV[1]) == 1 then redis.call('RPUSH', KEYS[3], ARGV[1]) end
  return {'early', 0}
end
local early_total = redis.call('HGET', KEYS[1], 'early_total')
if (not early_total or early_total == '') and redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return {'early', 0}  -- the shuffle is under way
end
local late = redis.call('HGET', KEYS[5], ARGV[1])
if late then return {'late', tonumber(late)} end
local issued = tonumber(redis.call('HGET', KEYS[1], 'issued') or '0')
if issued >= tonumber(redis.call('HGET', KEYS[1], 'reserved') or '0') then return {'reserve', 0} end
redis.call('HSET', KEYS[1], 'issued', issued + 1)
redis.call('HSET', KEYS[5], ARGV[1], issued + 1)
return {'late', issued + 1}
"""
# Only this makes a line whole: `issued` says so, and whoever comes second with it changes nothing.
_FOUND = """
if redis.call('HEXISTS', KEYS[1], 'issued') == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1
"""
_FREEZE = """
redis.call('HSET', KEYS[1], 'started', '1')
return redis.call('LRANGE', KEYS[2], 0, -1)
"""
_LIMIT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""


@dataclass(frozen=True)
class Meta:
    """A line's facts as the last tick left them. Instants are seconds since 1970; `early_total` is None before the start."""

    slug: str
    starts_at: int | None
    early_total: int | None
    issued: int
    mark: int
    rate: float
    state: str  # open, paused, sold_out, closed
    left: int | None
    visit_seconds: int

    @property
    def total(self) -> int:
        """How many positions were given out; 0 before the start."""
        return self.issued + self.early_total if self.early_total is not None else 0


@lru_cache(maxsize=1)
def client() -> Any:
    """The process's connections to the Redis of shared facts. Untyped: redis-py's types do not know that answers are text."""
    return redis.Redis.from_url(settings.LIVE_REDIS_URL, decode_responses=True, **settings.REDIS_PATIENCE)


def key(line_id: UUID, name: str) -> str:
    """A key of a line."""
    return f"room:{line_id.hex}:{name}"


def _script(text: str, keys: list[str], *arguments: object) -> Any:
    return _registered(text)(keys=keys, args=[str(argument) for argument in arguments])


@lru_cache(maxsize=8)
def _registered(text: str) -> Any:
    return client().register_script(text)


# --- Visitors -----------------------------------------------------------------------------------------------------------


def enter(line_id: UUID, entry: str) -> tuple[str, int]:
    """Take a place, or find the one that this entry has: ("early", 0), ("late", n) or ("placed", position).

    ("reserve", 0) says that numbers must be reserved first, ("lost", 0) that the line must be restored. Raises
    LineUnavailable.
    """
    keys = [key(line_id, name) for name in ("meta", "early", "unsaved", "rank", "late")]
    try:
        kind, number = _script(_ENTER, keys, entry)
    except RedisError as error:
        raise LineUnavailable from error
    return str(kind), int(number)


def meta(line_id: UUID) -> Meta | None:
    """The line's facts, at most META_SECONDS old; None when they are lost or Redis has not answered for a while."""
    now = time.monotonic()
    known = _METAS.get(line_id)
    if known is not None and now - known[0] < META_SECONDS:
        return known[1]
    try:
        fresh = _meta_from(client().hgetall(key(line_id, "meta")))
    except RedisError:
        return known[1] if known is not None and now - known[0] < STALE_SECONDS else None
    if len(_METAS) > 1000:
        _METAS.clear()
    _METAS[line_id] = (now, fresh)
    return fresh


def fresh_meta(line_id: UUID) -> Meta | None:
    """The line's facts as they are now. Raises RedisError."""
    return _meta_from(client().hgetall(key(line_id, "meta")))


_METAS: dict[UUID, tuple[float, Meta | None]] = {}


def forget_metas() -> None:
    """Drop what this process remembers."""
    _METAS.clear()


def _meta_from(fields: Mapping[str, str]) -> Meta | None:
    if "issued" not in fields or "slug" not in fields:
        return None

    def number(name: str) -> int | None:
        return int(fields[name]) if fields.get(name) else None

    return Meta(
        slug=fields["slug"],
        starts_at=number("starts_at"),
        early_total=number("early_total"),
        issued=number("issued") or 0,
        mark=number("mark") or 0,
        rate=float(fields.get("rate") or 0),
        state=fields["state"],
        left=number("left"),
        visit_seconds=number("visit_seconds") or 0,
    )


def turn_of(line_id: UUID, position: int) -> int | None:
    """When this position was let in, in seconds since 1970; None when it was not, or too long ago to be remembered."""
    found = client().zrangebyscore(key(line_id, "turns"), position, "+inf", start=0, num=1)
    return int(float(found[0].partition(":")[2])) if found else None


def spend(nonce: str, *, seconds: int) -> bool:
    """Whether this is the first time that the nonce is seen. Raises LineUnavailable."""
    try:
        return bool(client().set(f"room:spent:{nonce}", "1", nx=True, ex=seconds))
    except RedisError as error:
        raise LineUnavailable from error


def count_up(name: str, *, seconds: int) -> int:
    """How often this was called for `name` in the present window of `seconds`. Raises RedisError."""
    return int(_script(_LIMIT, [f"room:limit:{name}"], seconds))


# --- Tending ------------------------------------------------------------------------------------------------------------


def has(line_id: UUID, *, early: int) -> bool:
    """Whether Redis has the line whole: its facts, and the ranks of all who were shuffled, `early` of them (0 before the start)."""
    pipe = client().pipeline()
    pipe.hexists(key(line_id, "meta"), "issued").hlen(key(line_id, "rank"))
    is_found, ranked = pipe.execute()
    return bool(is_found) and int(ranked) >= early


def found(line_id: UUID, *, issued: int, reserved: int, is_started: bool) -> None:
    """Begin a line, or begin it again after a loss: arrival numbers go from `issued` + 1 to `reserved`."""
    facts = ("issued", issued, "reserved", reserved, "started", int(is_started))
    _script(_FOUND, [key(line_id, "meta")], *facts)


def put_meta(line_id: UUID, facts: Mapping[str, object]) -> None:
    """Write facts of the line; an absent value is written as nothing."""
    written = {name: "" if value is None else str(value) for name, value in facts.items()}
    pipe = client().pipeline()
    pipe.hset(key(line_id, "meta"), mapping=written)
    for name in ("meta", "early", "unsaved", "rank", "late", "turns"):
        pipe.expire(key(line_id, name), KEPT_SECONDS)
    pipe.execute()


def numbers_left(line_id: UUID) -> int:
    """How many arrival numbers can be given out before more must be reserved."""
    issued, reserved = client().hmget(key(line_id, "meta"), "issued", "reserved")
    return int(reserved or 0) - int(issued or 0)


def raise_reserved(line_id: UUID, reserved: int) -> None:
    """Let arrival numbers go up to `reserved`."""
    client().hset(key(line_id, "meta"), "reserved", reserved)


def put_early(line_id: UUID, entries: Iterable[str]) -> None:
    """Put back the entries that Postgres has."""
    for part in _chunks(entries):
        client().sadd(key(line_id, "early"), *part)


def count_early(line_id: UUID) -> int:
    """How many wait for the start."""
    return int(client().scard(key(line_id, "early")))


def unsaved(line_id: UUID) -> list[str]:
    """The early entries that Postgres does not have yet."""
    return list(client().lrange(key(line_id, "unsaved"), 0, -1))


def saved(line_id: UUID, count: int) -> None:
    """The first `count` of them are saved now."""
    if count:
        client().ltrim(key(line_id, "unsaved"), count, -1)


def freeze(line_id: UUID) -> list[str]:
    """From here on whoever comes is late. Returns the early entries that Postgres does not have yet; may be repeated."""
    return [str(entry) for entry in _script(_FREEZE, [key(line_id, "meta"), key(line_id, "unsaved")])]


def put_ranks(line_id: UUID, order: Iterable[str]) -> None:
    """Write the order of the shuffled, from position 1."""
    for part in _chunks(enumerate(order, 1)):
        client().hset(key(line_id, "rank"), mapping={entry: position for position, entry in part})


def put_turns(line_id: UUID, turns: Iterable[tuple[int, float]]) -> None:
    """Remember when positions were let in: (last position of a step, instant in seconds since 1970)."""
    for part in _chunks(turns):
        client().zadd(key(line_id, "turns"), {f"{last}:{at:.0f}": last for last, at in part})


def _chunks(items: Iterable[Any]) -> Iterable[list[Any]]:
    rest = iter(items)
    while part := list(islice(rest, 5000)):
        yield part


# --- Which organizers have something to tend --------------------------------------------------------------------------------


def tended() -> set[str]:
    """The schemas with rooms that are open or wait for their rule."""
    return set(client().smembers(REGISTRY))


def tend_also(*schemas: str) -> None:
    """Let the next tick look into these schemas."""
    if schemas:
        client().sadd(REGISTRY, *schemas)


def tend_soon(schema: str) -> None:
    """The same for a verb, which must not fail because Redis is away: the watch comes by every few seconds anyway."""
    with suppress(RedisError):
        tend_also(schema)


def tend_no_more(schema: str) -> None:
    """Nothing is left to do there."""
    client().srem(REGISTRY, schema)


def take_turn(*, seconds: int) -> bool:
    """Whether no other tick is at work; a killed one counts as over after `seconds`. The rows' locks decide in the end."""
    return bool(client().set("room:tick", "1", nx=True, ex=seconds))


def end_turn() -> None:
    """This tick is over."""
    with suppress(RedisError):
        client().delete("room:tick")
