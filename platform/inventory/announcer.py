"""The one who tells everybody what is left: looks at marked performances, numbers what changed, publishes it (docs/live.md).

Numbers are given after the commit and by one process alone, so that the order in which transactions commit does not matter:
a look reads the whole stock of a performance, and each difference from the last look gets the next number.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, cast
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import connection
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context
from redis import Redis
from redis.exceptions import RedisError

from inventory.live import CHANGED, LEADER, Snapshot, compact, mark_of, snapshot_key, topic, type_as_json
from inventory.queries import PerformanceStock, Stock, availability
from inventory.seat_vector import SeatVector, read_vectors
from tenants.models import Organizer
from ui.ids import uuid7

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.25  # changes of one performance within a tick become one delta
LEADER_SECONDS = 3.0  # after this an announcer that is gone is followed by another
WATCH_SECONDS = 60.0  # a performance is looked at for so long after its last mark; open sockets mark theirs every 15 s
SWEEP_SECONDS = 30.0  # at the latest: what a lost mark may cost
SNAPSHOT_SECONDS = 90.0
AFTER_FAILURE_SECONDS = 1.0
BACK_OFF_SECONDS = 5.0  # after a failure with one organizer's tables
MARKS_PER_TICK = 500
MOST_RUNS = 1000  # of changed seats in one delta; more are a snapshot, which pages fetch

_LEAD = """
local leader = redis.call('GET', KEYS[1])
if leader and leader ~= ARGV[1] then return 'follows' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return leader and 'leads' or 'begins'
"""
# Only onto the snapshot that was compared with: two announcers for a moment cannot give one number twice.
_PUBLISH = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('PUBLISH', KEYS[2], ARGV[4])
return 1
"""


@dataclass
class Watch:
    """When to look at a performance next, and until when anybody cares; on the monotonic clock."""

    look_at: float
    until: float


class Announcer:
    """Any number may run; one leads, the others wait for its place."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.name = uuid7().hex
        self.watched: dict[str, Watch] = {}
        self.has_missed = True  # marks may have been lost: look at everything
        self.organizers: dict[str, Organizer | None] = {}
        self._lead = redis.register_script(_LEAD)
        self._publish = redis.register_script(_PUBLISH)

    def run(self, stop: Event, *, heartbeat: Path | None = None) -> None:
        """Tick until `stop`, through any outage of Redis or Postgres; touches `heartbeat` at each turn."""
        while not stop.is_set():
            started = time.monotonic()
            try:
                self.tick()
            except (RedisError, DatabaseError) as error:
                logger.warning("live counts wait: %s", error)
                self.has_missed = True
                stop.wait(AFTER_FAILURE_SECONDS)
            finally:
                connection.close()  # back to the pool, which gives a living one next time
            if heartbeat is not None:
                heartbeat.touch()
            stop.wait(max(0.0, TICK_SECONDS - (time.monotonic() - started)))

    def tick(self) -> int:
        """Look at what is due; returns how many deltas were published. Raises RedisError or DatabaseError, losing nothing."""
        role = self._lead(keys=[LEADER], args=[self.name, int(LEADER_SECONDS * 1000)])
        if role == "follows":
            self.watched.clear()
            self.has_missed = True
            return 0
        if role == "begins" or self.has_missed:
            self._watch(key.removeprefix(snapshot_key("")) for key in self.redis.scan_iter(match=snapshot_key("*")))
            self.organizers.clear()
            self.has_missed = False
        self._watch(cast("list[str]", self.redis.spop(CHANGED, MARKS_PER_TICK)))
        return self._look_at_due()

    def _watch(self, marks: Iterable[str]) -> None:
        now = time.monotonic()
        for mark in marks:
            self.watched[mark] = Watch(look_at=now, until=now + WATCH_SECONDS)

    def _look_at_due(self) -> int:
        now = time.monotonic()
        due: dict[str, list[str]] = defaultdict(list)
        for mark, watch in list(self.watched.items()):
            if watch.until < now:
                self._forget(mark)
            elif watch.look_at <= now:
                due[mark.partition(":")[0]].append(mark)
        return sum(self._look_at_one_organizers(schema, marks) for schema, marks in due.items())

    def _look_at_one_organizers(self, schema: str, marks: list[str]) -> int:
        """One organizer's trouble (a table that is being altered) must not silence the others. Raises when it is everybody's."""
        try:
            return self._look_at(schema, marks)
        except DatabaseError as error:
            if not connection.is_usable():
                raise
            logger.warning("live counts of %s wait: %s", schema, error)
            for mark in marks:
                self.watched[mark].look_at = time.monotonic() + BACK_OFF_SECONDS
            return 0

    def _look_at(self, schema: str, marks: list[str]) -> int:
        """Compare the performances of one organizer with their snapshots and publish what differs."""
        kept = cast("list[str | None]", self.redis.mget(map(snapshot_key, marks)))
        stocks, seats = self._stocks(schema, marks)
        published = 0
        for mark, text in zip(marks, kept, strict=True):
            stock = stocks.get(mark)
            if stock is None:
                self._forget(mark)
                continue
            wait = SWEEP_SECONDS if stock.lapse_seconds is None else min(SWEEP_SECONDS, stock.lapse_seconds)
            self.watched[mark].look_at = time.monotonic() + wait
            published += self._announce(mark, before=text or "", types=stock.types, seats=seats.get(mark))
        return published

    def _stocks(self, schema: str, marks: list[str]) -> tuple[dict[str, PerformanceStock], dict[str, SeatVector]]:
        """What the tables say of each mark: the counts, and the seats where there is a map.

        Two statements see two moments, but a change between them has its own mark, which brings another look.
        """
        if schema not in self.organizers:
            with schema_context(get_public_schema_name()):
                self.organizers[schema] = Organizer.objects.filter(schema_name=schema).first()
        organizer = self.organizers[schema]
        if organizer is None:
            return {}, {}
        with tenant_context(organizer):
            counted = availability(UUID(mark.partition(":")[2]) for mark in marks)
            vectors = read_vectors(counted)
        return (
            {mark_of(schema, pk): stock for pk, stock in counted.items()},
            {mark_of(schema, pk): vector for pk, vector in vectors.items()},
        )

    def _announce(self, mark: str, *, before: str, types: dict[UUID, Stock], seats: SeatVector | None = None) -> int:
        """Publish the difference from the snapshot `before` under the next number; 0 when there is none."""
        old = Snapshot.from_text(before) if before else Snapshot(seq=0, types={})
        if before and old.types == types and old.seats == seats:
            self.redis.pexpire(snapshot_key(mark), int(SNAPSHOT_SECONDS * 1000))
            return 0
        # From the clock, so that a Redis that lost everything does not count from one again.
        new = Snapshot(seq=max(old.seq + 1, time.time_ns() // 1_000_000), types=types, seats=seats)
        gone = {pk: Stock(left=0, is_few=False) for pk in old.types.keys() - types.keys()}
        changed = {pk: stock for pk, stock in {**types, **gone}.items() if old.types.get(pk) != stock}
        delta: dict[str, Any] = {
            "kind": "delta",
            "from": old.seq,
            "to": new.seq,
            "types": [type_as_json(pk, stock) for pk, stock in changed.items()],
        }
        delta |= _seats_member(old.seats, seats)
        done = self._publish(
            keys=[snapshot_key(mark), topic(mark)],
            args=[before, new.as_text(), int(SNAPSHOT_SECONDS * 1000), compact(delta)],
        )
        if not done:  # somebody else announced in between: look again, at what is there by then
            self._watch([mark])
        return int(done)

    def _forget(self, mark: str) -> None:
        self.redis.delete(snapshot_key(mark))
        del self.watched[mark]


def _seats_member(before: SeatVector | None, now: SeatVector | None) -> dict[str, Any]:
    """What a delta says of seats; nothing where none changed.

    Too many runs for a frame are not sent: `seats` is null then, and the page fetches the vector. `map` is there when the
    seats are those of another map than before.
    """
    if now is None or now == before:
        return {}
    runs = now.runs_since(before)
    member: dict[str, Any] = {"seats": runs if len(runs) <= MOST_RUNS else None}
    if before is not None and before.map != now.map:
        member["map"] = now.map
    return member
