"""What figures share: the running product, rounds that interleave subject and baseline, medians."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.db import connection

from tests import world
from tests.bench.figure import Figure, figure
from tests.load import Rush, hammer, numbered, payload, repeated
from tests.stack import Web

Make = Callable[[], Iterator[bytes]]
CONNECTIONS = 32
KEY = "a-key-of-its-own-%d"
_starts = count(0, 1_000_000)  # no key is used in two rounds


@dataclass
class Bench:
    """The product on gunicorn with an organizer whose data is committed; figures run inside that organizer."""

    web: Web
    onsale: Web
    house: world.House
    rounds: int
    seconds: float

    @property
    def host(self) -> str:
        """The Host header of the organizer."""
        return self.web.host(self.house.organizer.slug)

    def empty_view(self) -> Make:
        """The baseline of everything over HTTP."""
        return repeated(payload("GET", "/bench/empty", host=self.host))

    def against_empty(self, name: str, make: Callable[[], Make], *, status: int, how: str) -> Figure:
        """Measure a request (`make` gives the payloads of the next round) in answers of `status` per second."""
        self.hammer(self.empty_view(), seconds=1)
        self.hammer(make(), seconds=1)
        baselines, values, last = list[float](), list[float](), Rush()
        for _round in range(self.rounds):
            baselines.append(self.hammer(self.empty_view()).per_second(200))
            last = self.hammer(make())
            if set(last.by_status) != {status}:
                raise AssertionError(f"{name}: answers by status {last.by_status}, expected only {status}")
            values.append(last.per_second(status))
        latency = f"{last.milliseconds(0.5):.0f} ms half, {last.milliseconds(0.99):.0f} ms 99 of 100"
        return figure(name, values, baselines, how=f"{how}; {CONNECTIONS} connections; {latency}; {BEHIND}")

    def hammer(self, make: Make, *, seconds: float = 0) -> Rush:
        """One round of load from another process."""
        return hammer(self.web.port, make, connections=CONNECTIONS, seconds=seconds or self.seconds)

    def event_for_holds(self, title: str, *, places: int) -> tuple[world.Event, dict[str, Any]]:
        """An event with so many places, and the body of a hold of one of them.

        As long before a sale: autovacuum has been here, and all is written to the disk. What was just made would be written while
        the sale waits for the same disk.
        """
        event = world.make_event(title, kinds=((world.STANDARD, 2400, places),))
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
        kind = world.kind_of(event, world.STANDARD)
        items = [{"ticket_type_id": str(kind.pk), "quantity": 1}]
        return event, {"performance_id": str(world.the_performance(event).pk), "items": items}

    def holds(self, body: dict[str, Any], *, on: Web) -> Make:
        """Holds with a key of their own each, never twice."""
        template = payload("POST", "/api/v1/holds", host=on.host(self.slug), body=body, Idempotency_Key=KEY)
        return numbered(template, start=next(_starts))

    def empty_asgi(self) -> Make:
        """The baseline of the on-sale path: the least that its server can answer."""
        return repeated(payload("GET", "/bench/empty", host=self.onsale.host(self.slug)))

    @property
    def slug(self) -> str:
        return str(self.house.organizer.slug)

    def in_process(
        self, name: str, subject: Callable[[], object], baseline: Callable[[], object], *, how: str
    ) -> Figure:
        """Measure a function of this process in calls per second."""
        subject()
        baseline()
        baselines, values = list[float](), list[float]()
        for _round in range(self.rounds):
            baselines.append(self._calls_per_second(baseline))
            values.append(self._calls_per_second(subject))
        return figure(name, values, baselines, how=how)

    def _calls_per_second(self, function: Callable[[], object]) -> float:
        started, calls = time.perf_counter(), 0
        while (seconds := time.perf_counter() - started) < self.seconds:
            function()
            calls += 1
        return calls / seconds


BEHIND = "gunicorn, 2 processes of 8 threads, against an empty JSON view behind the same server and middleware"
