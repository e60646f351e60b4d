"""How soon two thousand open pages hear of a change: from before its transaction to the delta in each socket."""

import random
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from inventory.announcer import TICK_SECONDS
from tests import world
from tests.bench.bench import Bench
from tests.bench.figure import Figure, figure
from tests.processes import Process
from tests.sockets import Listeners
from tests.stack import Web, start_web

SOCKETS = 2_000
PROMISED_SECONDS = 1.0  # for 95 of 100
CHANGES = 10  # a round


def measure(bench: Bench) -> Figure:
    """`sockets`"""
    more = SOCKETS * 2 + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(more, hard)), hard))
    event = world.make_event("Two Thousand Pages", kinds=((world.STANDARD, 2400, 50),), max_per_order=50)
    path = f"/ws/stock/{world.the_performance(event).pk}/"
    values, everything = list[float](), list[float]()
    with (
        _daphne_and_announcer(bench) as web,
        Listeners(web.port, path, host=web.host(bench.house.organizer.slug)) as pages,
    ):
        pages.open(20)
        before = _resident_bytes(web)
        pages.open(SOCKETS - 20)
        per_socket = (_resident_bytes(web) - before) / (SOCKETS - 20)
        pages.until_all_heard(lambda frame: frame["kind"] == "hello", seconds=30)
        _change(event, pages)
        for _round in range(min(bench.rounds, 4)):
            heard = sorted(late for _n in range(CHANGES) for late in _change(event, pages))
            values.append(SOCKETS / _share(heard, 0.95))
            everything += heard
    everything.sort()
    half, most, nearly_all = (_share(everything, share) for share in (0.5, 0.95, 0.99))
    how = (
        f"{SOCKETS:,} sockets on one page, one daphne, one announcer: sockets per second until 95 of 100 have heard,"
        f" against {PROMISED_SECONDS:g} s; from before the hold {half * 1000:.0f} ms half, {most * 1000:.0f} ms 95 of 100,"
        f" {nearly_all * 1000:.0f} ms 99 of 100, {everything[-1] * 1000:.0f} ms all;"
        f" {per_socket / 1024:.0f} KiB of memory for each socket"
    )
    return figure("sockets", values, [SOCKETS / PROMISED_SECONDS] * len(values), how=how)


def _change(event: world.Event, pages: Listeners) -> list[float]:
    """Hold one place at any moment of the announcer's turn; after how many seconds each page heard of it."""
    time.sleep(random.uniform(0, TICK_SECONDS))
    started = time.monotonic()
    world.hold(event, Standard=1)
    return [at - started for at in pages.until_all_heard(lambda frame: frame["kind"] == "delta", seconds=20)]


def _share(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))]


@contextmanager
def _daphne_and_announcer(bench: Bench) -> Iterator[Web]:
    env = bench.web.process.env
    same = {name: env[name] for name in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "MARQUEE_TEST")}
    with TemporaryDirectory() as folder:
        log = Path(folder) / "announcer.log"
        announcer = Process("announcer", [sys.executable, "manage.py", "announce"], env, log).start()
        try:
            with start_web(Path(folder) / "web", server="daphne", STOCK_SOCKETS_PER_NETWORK="5000", **same) as web:
                yield web
        finally:
            announcer.kill()


def _resident_bytes(web: Web) -> int:
    assert web.process.child is not None
    pages = int(Path(f"/proc/{web.process.child.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()
