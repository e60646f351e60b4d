"""Holds per second over HTTP on the normal path: one place each, key and answer kept, committed before it is answered."""

from tests.bench.bench import Bench
from tests.bench.figure import Figure

STOCK = 60_000


def measure(bench: Bench) -> Figure:
    """`holds_http`"""
    _event, body = bench.event_for_holds("Stadium", places=STOCK)
    how = f"POST /api/v1/holds, 1 of {STOCK} places, own Idempotency-Key each"
    return bench.against_empty("holds_http", lambda: bench.holds(body, on=bench.web), status=201, how=how)
