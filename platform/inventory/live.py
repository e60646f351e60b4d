"""What everybody may know of a performance's stock, kept in Redis for pages and sockets (docs/live.md).

Verbs mark a performance after their commit; one announcer (`inventory.announcer`) reads it anew from Postgres, numbers what
changed and publishes it. Redis that is away costs freshness, never a sale: nothing here raises because of it.
"""

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from inventory.queries import Stock, availability
from inventory.seat_vector import SeatVector, read_vectors
from tenants.current import current_schema
from tenants.transactions import on_commit

logger = logging.getLogger(__name__)

CHANGED = "live:changed"  # a set of marks: performances to look at again
LEADER = "live:announcer"  # there while an announcer is at work: without it no snapshot is believed
SILENCE_SECONDS = 1.0  # after a failure Redis is left alone for so long, so that it cannot slow down every sale

_silent_until = 0.0


@dataclass(frozen=True)
class Snapshot:
    """The stock of a performance at one number. `seq` is 0 when it was read from Postgres and nobody numbered it.

    `seats` is there for performances with a seat map, once they are announced.
    """

    seq: int
    types: dict[UUID, Stock]
    seats: SeatVector | None = None

    def as_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return {"seq": self.seq, "types": [type_as_json(pk, stock) for pk, stock in self.types.items()]}

    def as_text(self) -> str:
        """As it is kept in Redis."""
        return compact({**self.as_json(), "seats": self.seats.as_json()} if self.seats else self.as_json())

    @classmethod
    def from_text(cls, text: str) -> "Snapshot":
        """As it is kept in Redis."""
        facts = json.loads(text)
        types = {UUID(kind["id"]): Stock(kind["left"], kind["status"] == "few_left") for kind in facts["types"]}
        seats = SeatVector.from_json(facts["seats"]) if "seats" in facts else None
        return cls(seq=facts["seq"], types=types, seats=seats)


def type_as_json(ticket_type_id: UUID, stock: Stock) -> dict[str, Any]:
    """One ticket type: how many one order may take now, and in a word how it stands."""
    return {"id": str(ticket_type_id), "left": stock.left, "status": stock.status}


def compact(facts: object) -> str:
    """JSON without blanks."""
    return json.dumps(facts, separators=(",", ":"))


def mark_of(schema: str, performance_id: object) -> str:
    """How a performance is named in Redis: with the organizer's schema in front."""
    return f"{schema}:{performance_id}"


def snapshot_key(mark: str) -> str:
    """Where the snapshot of a marked performance is kept."""
    return f"live:stock:{mark}"


def topic(mark: str) -> str:
    """Where the deltas of a marked performance are published."""
    return f"live:news:{mark}"


# --- Write ------------------------------------------------------------------------------------------------------------------


def mark_changed(performance_id: UUID) -> None:
    """Have the announcer look at a performance of the current organizer once this transaction is committed.

    At once when no transaction is open. Costs one call to Redis and may be called any number of times.
    """
    on_commit(lambda: mark(performance_id), robust=True)


def mark(*performance_ids: UUID) -> None:
    """The same without waiting for a commit: for what is committed already, or only asked for."""
    mark_many((current_schema(), performance_id) for performance_id in performance_ids)


def mark_many(performances: Iterable[tuple[str, UUID]]) -> None:
    """The same for performances of any organizers, each with its schema."""
    marks = [mark_of(schema, performance_id) for schema, performance_id in performances]
    _ask(lambda redis: redis.sadd(CHANGED, *marks))


# --- Read -------------------------------------------------------------------------------------------------------------------


def stock_of(performance_ids: Iterable[UUID]) -> dict[UUID, Snapshot]:
    """What is left of each performance of the current organizer: from Redis while an announcer is at work, else counted.

    Drafts, cancelled and stopped performances and those of another organizer are not in the answer.
    """
    ids = list(dict.fromkeys(performance_ids))
    found = _announced(ids)
    missing = [pk for pk in ids if pk not in found]
    return {**found, **count_stock(missing)} if missing else found


def count_stock(performance_ids: Iterable[UUID]) -> dict[UUID, Snapshot]:
    """The same, exact at this moment: from Postgres."""
    return {pk: Snapshot(seq=0, types=stock.types) for pk, stock in availability(performance_ids).items()}


def seats_of(performance_id: UUID) -> tuple[int, SeatVector] | None:
    """The number and the state of every seat of one performance: announced, or as Postgres has it, then numbered 0.

    None for a performance without a seat map, one that is not on offer, and another organizer's.
    """
    announced = announced_seats(performance_id)
    if announced is not None:
        return announced
    counted = read_vectors([performance_id]).get(performance_id)
    return (0, counted) if counted is not None else None


def announced_seats(performance_id: UUID) -> tuple[int, SeatVector] | None:
    """The same as it was announced last, None while nobody announces it."""
    found = _announced([performance_id]).get(performance_id)
    return (found.seq, found.seats) if found is not None and found.seats is not None else None


def _announced(ids: list[UUID]) -> dict[UUID, Snapshot]:
    schema = current_schema()
    keys = [snapshot_key(mark_of(schema, pk)) for pk in ids]
    leader, *texts = _ask(lambda redis: redis.mget(LEADER, *keys)) or [None]
    if leader is None:
        return {}
    found = {pk: Snapshot.from_text(text) for pk, text in zip(ids, texts, strict=True) if text}
    unknown = [pk for pk in ids if pk not in found]
    if unknown:
        mark(*unknown)  # from now on it is announced, for as long as somebody asks
    return found


# --- Redis ------------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def connected() -> Redis:
    """This process's connections to the Redis of live counts."""
    return Redis.from_url(settings.LIVE_REDIS_URL, **settings.REDIS_PATIENCE, decode_responses=True)


def _ask(call: Callable[[Redis], Any]) -> Any:
    """The answer, or None when Redis gives none."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return None
    try:
        return call(connected())
    except RedisError:
        _silent_until = time.monotonic() + SILENCE_SECONDS
        logger.warning("Redis does not answer; live counts may be late by half a minute.")
        return None
