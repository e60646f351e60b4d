"""Holds per second over HTTP: one place each, key and answer kept, committed before it is answered."""

from itertools import count

from tests import world
from tests.bench.bench import Bench
from tests.bench.figure import Figure
from tests.load import numbered, payload

STOCK = 40_000
_starts = count(0, 1_000_000)  # no key is used in two rounds


def measure(bench: Bench) -> Figure:
    """`holds_http`"""
    event = world.make_event("Stadium", kinds=((world.STANDARD, 2400, STOCK),))
    body = {
        "performance_id": str(world.the_performance(event).pk),
        "items": [{"ticket_type_id": str(world.kind_of(event, world.STANDARD).pk), "quantity": 1}],
    }
    template = payload("POST", "/api/v1/holds", host=bench.host, body=body, Idempotency_Key="hold-%d")
    how = f"POST /api/v1/holds, 1 of {STOCK} places, own Idempotency-Key each"
    return bench.against_empty("holds_http", lambda: numbered(template, start=next(_starts)), status=201, how=how)
