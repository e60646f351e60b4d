"""`python -m tests.chaos [words of a case]`: play the matrix, print a table, exit 1 when anything was lost or doubled."""

import argparse
import os
import sys
import time
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.own_database import own_database

if TYPE_CHECKING:
    from tests import world
    from tests.chaos.matrix import Case
    from tests.stack import Stack

MOST_SECONDS = 3600


def main() -> int:
    """Play everything, or the cases whose names have all the words."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("words", nargs="*", help="only cases whose name has all of these words")
    words = parser.parse_args().words
    os.environ["MARQUEE_TEST"] = "1"
    with own_database(), TemporaryDirectory() as folder:
        return _play(words, Path(folder))


def _play(words: list[str], folder: Path) -> int:
    import redis
    from django.conf import settings
    from rich.console import Console
    from rich.table import Table

    from tests import crashes
    from tests.chaos import disk, matrix, money, rush, separate, servers, unsold, wire
    from tests.stack import start_stack

    servers.check_ours()
    redis.Redis.from_url(settings.REDIS_URL).flushall()  # what an earlier run left in the queue
    chosen = [
        case
        for part in (matrix, money, separate, unsold, servers, rush, disk, wire)
        for case in part.cases()
        if all(word in case.name for word in words)
    ]
    table = Table("what goes wrong", "what must come of it", "", "seconds", "facts", title="Chaos")
    failures, started = 0, time.monotonic()
    with start_stack(folder, worker=("--pool", "solo")) as stack:
        house = crashes.connect(stack, "Chaos & Sons", "chaos")
        for case in chosen:
            began = time.monotonic()
            if began - started > MOST_SECONDS:
                verdict, facts = "not played", "out of time"
            else:
                verdict, facts = _one(case, stack, house)
            failures += verdict != "ok"
            seconds = f"{time.monotonic() - began:.1f}"
            print(f"  {verdict:>10}  {case.name}  {seconds} s  {facts}", flush=True)
            table.add_row(case.name, case.outcome, verdict, seconds, facts.splitlines()[0] if facts else "")
    Console(width=None if sys.stdout.isatty() else 150).print(table)
    print(f"{len(chosen)} cases, {failures} failed, {time.monotonic() - started:.0f} s")
    return 1 if failures or not chosen else 0


def _one(case: "Case", stack: "Stack", house: "world.House") -> tuple[str, str]:
    from django_tenants.utils import tenant_context

    try:
        with tenant_context(house.organizer):
            facts = case.play(stack, house)
        return "ok", facts if isinstance(facts, str) else f"{getattr(facts, 'restarts', 0)} restarts"
    except Exception as error:  # the next cases must be played all the same
        for marker in stack.failpoints.iterdir():
            marker.unlink()
        stack.sandbox.control("webhooks", mode="normal")
        stack.revive()
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = str(error) or where.line  # an assertion without words says what it asserts
        return "FAILED", f"{type(error).__name__}: {said} ({Path(where.filename).name}:{where.lineno})"


if __name__ == "__main__":
    sys.exit(main())
