"""`make bench-onsale BUYERS=5000 PLACES=500`: the whole rush against the running product, with a report and its charts."""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.own_database import own_database
from tests.rush.buyer import Buyer, Diary, Shop
from tests.rush.report import percentile, write
from tests.rush.wire import Wire

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "onsale"
FIGURES = ROOT / "var" / "bench.json"
ARRIVE_SECONDS = 20.0  # most come within this time before the start, the rest within as long after it


def main() -> int:
    """One rush; 1 when something was sold twice, somebody got no answer, or an invariant is broken."""
    parser = argparse.ArgumentParser(prog="make bench-onsale", description=__doc__)
    parser.add_argument("--buyers", type=int, default=5000)
    parser.add_argument("--places", type=int, default=500)
    parser.add_argument(
        "--rate", type=int, default=6000, help="people per minute that the waiting room lets in at most"
    )
    options = parser.parse_args()
    with own_database():
        facts = _rush(options.buyers, options.places, options.rate)
    page = write(FOLDER, facts)
    _keep_figure(facts)
    print(json.dumps({name: value for name, value in facts.items() if not name.endswith("_at")}, indent=2))
    print(f"\nReport: {page}")
    return 1 if facts["problems"] else 0


def _rush(buyers: int, places: int, rate: int) -> dict[str, Any]:
    from django_tenants.utils import tenant_context

    from tests import world

    with TemporaryDirectory() as folder, _product(Path(folder)) as (stack, onsale, house):
        with tenant_context(house.organizer):
            event = world.make_event("On Sale Now", kinds=((world.STANDARD, 2400, places),))
            shop = _shop(stack, onsale, house, event)
            _open_room(event, rate)
        diary = Diary()
        asyncio.run(_crowd(buyers, shop, diary))
        with tenant_context(house.organizer):
            return _facts(event, diary, buyers, places)


@contextmanager
def _product(folder: Path) -> Iterator[tuple[Any, Any, Any]]:
    """Everything as in production: gunicorn, the on-sale path's server, worker, clock, announcer, sandbox."""
    from tests.flows.conftest import open_connected_house
    from tests.stack import start_stack, start_web

    with start_stack(folder, server="gunicorn", MARQUEE_TEST="0") as stack:
        house = open_connected_house(stack, "Rush & Sons", "rush")
        with start_web(folder / "onsale", server="onsale", MARQUEE_TEST="0") as onsale:
            yield stack, onsale, house


def _shop(stack: Any, onsale: Any, house: Any, event: Any) -> Shop:
    from payments.queries import connected_account
    from tests import world

    account = connected_account()
    assert account is not None
    return Shop(
        web=stack.port,
        onsale=onsale.port,
        sandbox=int(stack.sandbox.base.rpartition(":")[2]),
        stripe_key=stack.sandbox.settings()["STRIPE_SECRET_KEY"],
        account=account.account_id,
        host=f"{house.organizer.slug}.localhost:{stack.port}",
        slug=event.slug,
        performance_id=str(world.the_performance(event).pk),
        ticket_type_id=str(world.kind_of(event, world.STANDARD).pk),
    )


def _open_room(event: Any, rate: int) -> None:
    from django.utils import timezone

    from audit.actions import SYSTEM
    from waiting_room.actions import change_room

    change_room(
        event_id=event.pk,
        actor=SYSTEM,
        mode="on",
        starts_at=timezone.now() + timedelta(seconds=ARRIVE_SECONDS + 5),
        rate_min=min(rate, 600),
        rate_max=rate,
    )


async def _crowd(buyers: int, shop: Shop, diary: Diary) -> None:
    """Four of five come before the start, the rest after it."""
    wire, chance = Wire(), random.Random(1)

    async def one(number: int) -> None:
        early = chance.random() < 0.8
        await asyncio.sleep(chance.uniform(0, ARRIVE_SECONDS) + (0 if early else ARRIVE_SECONDS + 5))
        await Buyer(number, wire, shop, diary).buy()

    told = asyncio.create_task(_tell(buyers, diary))
    await asyncio.gather(*(one(number) for number in range(buyers)))
    told.cancel()
    wire.close()


async def _tell(buyers: int, diary: Diary) -> None:
    while True:
        await asyncio.sleep(10)
        print(
            f"  {diary.now:4.0f} s  {sum(diary.ends.values()):,} of {buyers:,} have their answer, {len(diary.held_at):,} held,"
            f" {len(diary.paid_at):,} have tickets",
            flush=True,
        )


def _facts(event: Any, diary: Diary, buyers: int, places: int) -> dict[str, Any]:
    """The figures, and every way in which they do not add up."""
    from analytics.invariants import breaches
    from inventory.models import Place
    from orders.models import Order
    from tickets.models import Ticket

    sold = Place.objects.filter(pool__performance__event=event, state="sold").count()
    paid = Order.objects.filter(event=event, state="paid").count()
    tickets = Ticket.objects.filter(position__order__event=event, state="valid").count()
    expected = min(buyers, places)
    broken = breaches()
    problems = [
        f"{what}: {found}, expected {wanted}"
        for what, found, wanted in (
            ("places sold", sold, expected),
            ("orders paid", paid, expected),
            ("tickets", tickets, expected),
            ("buyers with tickets", diary.ends["tickets"], expected),
            ("buyers with a final answer", sum(diary.ends.values()), buyers),
        )
        if found != wanted
    ]
    problems += [f"{n} buyers ended with {end}" for end, n in diary.ends.items() if end not in FINE_ENDS]
    problems += [f"invariant {name} broken: {rows}" for name, rows in broken.items()]
    first, last = min(diary.held_at, default=0.0), max(diary.paid_at, default=0.0)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} CPUs, buyers included, load {os.getloadavg()[0]:.1f}",
        "buyers": buyers,
        "places": places,
        "tickets": diary.ends["tickets"],
        "refused": diary.ends["sold_out"] + diary.ends["line_sold_out"],
        "conflicts": diary.statuses["hold"][409] - diary.ends["sold_out"],
        "server_errors": sum(n for by in diary.statuses.values() for s, n in by.items() if s == 0 or s >= 500),
        "seconds": round(max(diary.ended_at, default=0.0), 1),
        "orders_per_minute": round(len(diary.paid_at) / max(last - first, 1) * 60, 1),
        "seconds_from_first_hold_to_last_ticket": round(last - first, 1),
        "ends": dict(diary.ends),
        "steps": {
            step: {
                "count": len(times),
                **{f"p{share}": percentile(times, share / 100) for share in (50, 95, 99)},
                "statuses": {str(status): n for status, n in sorted(diary.statuses[step].items())},
            }
            for step, times in diary.times.items()
        },
        "problems": problems,
        "held_at": [round(at, 2) for at in diary.held_at],
        "paid_at": [round(at, 2) for at in diary.paid_at],
    }


FINE_ENDS = {"tickets", "sold_out", "line_sold_out"}


def _keep_figure(facts: dict[str, Any]) -> None:
    """Beside the other figures, as `rush_product`."""
    known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    how = (
        f"make bench-onsale BUYERS={facts['buyers']} PLACES={facts['places']}: waiting room, page, hold, payment at the"
        f" sandbox, tickets; {facts['tickets']} orders in {facts['seconds_from_first_hold_to_last_ticket']} s from the first"
        f" hold to the last ticket; everybody had a final answer after {facts['seconds']} s; {facts['machine']}"
    )
    known["rush_product"] = {
        "value": facts["orders_per_minute"],
        "unit": "orders/min",
        "baseline": float(facts["places"]),
        "ratio": round(facts["tickets"] / max(facts["places"], 1), 3),
        "how": how,
        "at": facts["at"],
    }
    FIGURES.parent.mkdir(exist_ok=True)
    FIGURES.write_text(json.dumps(dict(sorted(known.items())), indent=2) + "\n")


if __name__ == "__main__":
    started = time.monotonic()
    code = main()
    print(f"{time.monotonic() - started:.0f} s in all")
    sys.exit(code)
