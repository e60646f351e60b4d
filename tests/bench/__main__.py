"""`python -m tests.bench [--rounds N] [--seconds S] [name ...]`: measure, print one table, write `var/bench.json`."""

import argparse
import importlib
import json
import os
import pkgutil
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["MARQUEE_TEST"] = "0"  # as in production: no failpoint is looked for
# Nothing listens there: what is measured calls no payment provider.
os.environ.update(STRIPE_API_BASE="http://127.0.0.1:9", STRIPE_SECRET_KEY="sk_test_none")

from tests.bench import figures
from tests.bench.figure import Figure
from tests.own_database import application_url, own_database

RESULTS = Path(__file__).resolve().parents[2] / "var" / "bench.json"


def main() -> int:
    """Measure what was asked for, or everything."""
    names = [module.name for module in pkgutil.iter_modules(figures.__path__)]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*names, []], help="only these figures")
    parser.add_argument("--rounds", type=int, default=5, help="of subject and baseline in turn; the median counts")
    parser.add_argument("--seconds", type=float, default=3, help="per round")
    options = parser.parse_args()
    started = time.monotonic()
    with own_database():
        results, failed = _measure(options.names or _short(names), rounds=options.rounds, seconds=options.seconds)
    _write(results)
    _print(results)
    for name in failed:
        print(f"\n{name} could not be measured: see above")
    if os.getloadavg()[1] > 2 * (os.cpu_count() or 1):
        print(
            f"\nThe machine was busy with other things (load {os.getloadavg()[1]:.0f}): trust the ratios, not the values."
        )
    print(f"\n{len(results)} figures in {time.monotonic() - started:.0f} s, written to {RESULTS}")
    return 1 if failed else 0


def _short(names: list[str]) -> list[str]:
    """Without what runs for many minutes (`IS_LONG` in its module), which is measured when it is named."""
    return [n for n in names if not getattr(importlib.import_module(f"tests.bench.figures.{n}"), "IS_LONG", False)]


def _measure(names: list[str], *, rounds: int, seconds: float) -> tuple[list[Figure], list[str]]:
    """The figures, and the names of those that failed: one that breaks must not cost the others."""
    from django_tenants.utils import tenant_context

    from tests import world
    from tests.bench.bench import Bench
    from tests.stack import start_web

    house = world.open_house("Bench & Sons", "bench", owner="Ben", door="Ben")
    world.let_charge(house)
    results: list[Figure] = []
    failed: list[str] = []
    with TemporaryDirectory() as folder:
        environment = {
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "DATABASE_URL": application_url(),
            "MARQUEE_TEST": "0",
        }
        # Behind each server the empty endpoint that its figures are compared with.
        empty = {"application": "tests.bench.asgi:application"}
        with (
            start_web(Path(folder) / "web", server="gunicorn", **environment) as web,
            start_web(Path(folder) / "onsale", server="onsale", **empty, **environment) as onsale,
        ):
            bench = Bench(web=web, onsale=onsale, house=house, rounds=rounds, seconds=seconds)
            for name in names:
                print(f"  {name} …", flush=True)
                module = importlib.import_module(f"tests.bench.figures.{name}")
                try:
                    with tenant_context(house.organizer):
                        found = module.measure(bench)
                except Exception:
                    traceback.print_exc()
                    failed.append(name)
                else:
                    results += found if isinstance(found, list) else [found]
    return results, failed


def _write(results: list[Figure]) -> None:
    """Put the figures beside those that other runs left, each with the time of its own."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    at = datetime.now(UTC).isoformat(timespec="seconds")
    known |= {result.name: {**result.as_json(), "at": at} for result in results}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(dict(sorted(known.items())), indent=2) + "\n")


def _print(results: list[Figure]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "figure", "value", "baseline", "ratio", "how", title="Marquee's figures (more is better, but for times)"
    )
    for result in results:
        table.add_row(
            result.name,
            f"{result.value:,g} {result.unit}",
            f"{result.baseline:,g} {result.unit}",
            f"{result.ratio:g}",
            result.how,
        )
    Console(width=None if sys.stdout.isatty() else 140).print(table)


if __name__ == "__main__":
    sys.exit(main())
