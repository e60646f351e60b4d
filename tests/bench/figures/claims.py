"""Millions of attempts on the same few places: how many were given to two people at once. Not part of a plain `make bench`."""

import multiprocessing
import os
import random
import time
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection

from checkout.catalog import Offer, read_offer
from checkout.holding import Asked, claim_request
from inventory.claim import CALL, answers, parameters
from tests import world
from tests.bench.bench import Bench
from tests.bench.figure import Figure
from tests.own_database import application_url

IS_LONG = True
ATTEMPTS = int(os.environ.get("CLAIMS", "10_000_000"))
PROCESSES = 4
PLACES = 500
SECONDS = 0.25  # a hold's life, so that the same places are fought for again and again
GROUPS = (1, 1, 8, 64, 64, 64)  # requests per call, the normal path's among them
LONGEST = 3600  # seconds, whatever the machine does

OVERLAPS = """
SELECT count(*) FROM (
    SELECT until, lead(at) OVER (PARTITION BY place_id ORDER BY at, id) AS next_at
      FROM inventory_stockentry WHERE kind = 'hold' AND place_id IN (SELECT id FROM inventory_place WHERE pool_id = ANY (%s))
) taken WHERE next_at < until
"""
PARTIAL = """
SELECT count(*) FROM (
    SELECT h.id FROM inventory_hold h LEFT JOIN inventory_stockentry e ON e.hold_id = h.id AND e.kind = 'hold'
     WHERE h.performance_id = %s GROUP BY h.id HAVING count(e.id) <> (h.quote ->> 'n')::int
) wrong
"""


def measure(bench: Bench) -> Figure:
    """`claims`: double claims among so many attempts; 0 is the only good value."""
    event = world.make_event("Fought for", kinds=((world.STANDARD, 2400, PLACES),))
    offer = read_offer(world.the_performance(event).pk)
    kind = world.kind_of(event, world.STANDARD).pk
    context = multiprocessing.get_context("fork")
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # nothing open is shared with a fork
    results: Any = context.Queue()
    share = ATTEMPTS // PROCESSES
    started = time.monotonic()
    children = [
        context.Process(target=_fight, args=(results, bench.house.organizer.schema_name, offer, kind, share, seed))
        for seed in range(PROCESSES)
    ]
    for child in children:
        child.start()
    counts = [results.get(timeout=LONGEST) for _child in children]
    for child in children:
        child.join()
    seconds = time.monotonic() - started
    attempts, held, busy = (sum(count[index] for count in counts) for index in range(3))
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS, [[pool for kind in offer.kinds.values() for pool, _size in kind.pools]])
        overlaps = cursor.fetchone()[0]
        cursor.execute(PARTIAL, [offer.performance_id])
        partial = cursor.fetchone()[0]
    how = (
        f"places given to two people at once, by the journal, in {attempts:,} attempts on {PLACES} places by {PROCESSES}"
        f" processes in {seconds:.0f} s, holds of {SECONDS} s, 1 to 4 places, 1 to 64 requests a call: {held:,} held,"
        f" {busy:,} told busy, {partial} partial; one run"
    )
    if overlaps or partial or attempts < ATTEMPTS * 0.99:
        raise AssertionError(how)
    return Figure("claims", float(overlaps), "double claims", float(attempts), 0.0, how)


def _fight(results: Any, schema: str, offer: Offer, kind: UUID, share: int, seed: int) -> None:
    chance = random.Random(seed)
    attempts = held = busy = 0
    with psycopg.connect(application_url(), autocommit=True) as database:
        call = CALL.format(schema=f'"{schema}".')
        ends = time.monotonic() + LONGEST - 60
        while attempts < share and time.monotonic() < ends:
            requests = []
            for _request in range(chance.choice(GROUPS)):
                n = chance.randint(1, 4)
                request = claim_request(offer, offer.price({kind: n}), Asked())
                requests.append(request._replace(seconds=SECONDS, quote=f'{{"n": {n}}}'))
            values = parameters(
                offer.performance_id,
                offer.version,
                requests,
                at=None,
                waits=len(requests) == 1 and chance.random() < 0.1,
            )
            try:
                rows = database.execute(call, values, prepare=True).fetchall()
            except psycopg.errors.LockNotAvailable:
                busy += len(requests)
            else:
                given = [answer.verdict for answer in answers(requests, rows)]
                held += given.count("held")
                busy += given.count("busy")
            attempts += len(requests)
    results.put((attempts, held, busy))
