"""Sixty buyers at once on one hall, two hundred picks each, by hand and by best seats. Not part of a plain `make bench`."""

import time

from django.db import connection

from analytics.stock_prover import compare_stock
from inventory import live
from tests import world
from tests.bench.bench import Bench
from tests.bench.figure import Figure
from tests.seat_rush import double_sales, new_orphans, rush, table_of
from tests.world import BALCONY, STALLS

IS_LONG = True
BUYERS, PICKS = 60, 200


def measure(bench: Bench) -> Figure:
    """`seatmap_rush`: double sales and new single seats; 0 is the only good value."""
    live.connected().flushdb()
    # Each buyer with a connection of their own, so that all of them meet in Postgres, and as much patience as it takes.
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["OPTIONS"]["pool"] |= {"max_size": BUYERS + 4, "timeout": 120.0}
    event = world.make_seated_event(
        world.seat_map(
            ("Stalls", STALLS, [(12, 14, 12)] * 24), ("Balcony", BALCONY, [(10, 11)] * 20), name="The opera"
        ),
        kinds=(("Adult", 0, STALLS), ("High", 0, BALCONY)),
        title="Rush",
    )
    performance = world.the_performance(event).pk
    started = time.monotonic()
    told, page = rush(event, bench.house.organizer, buyers=BUYERS, picks=PICKS)
    seconds = time.monotonic() - started
    doubles, orphans = double_sales(performance), new_orphans(event)
    differs = sum(one != other for one, other in zip(page.digits, table_of(performance), strict=True))
    unequal = compare_stock(performance).differences
    outcomes = ", ".join(f"{number:,} {code}" for code, number in told.outcomes.most_common())
    how = (
        f"double sales and new single seats, by the journal and brute force, among {BUYERS} buyers x {PICKS} picks on"
        f" {len(page.digits):,} seats in {seconds:.0f} s, strict rules: {outcomes}; {doubles} double, {len(orphans)} new"
        f" singles, {differs} seats where an open page differs from the table ({page.refetches} refetches), {unequal}"
        " differences of the stock prover; one run"
    )
    if told.faults or doubles or orphans or differs or unequal:
        raise AssertionError(f"{how}; {told.faults[:3]}; {orphans[:3]}")
    return Figure("seatmap_rush", float(doubles + len(orphans)), "breaches", float(BUYERS * PICKS), 0.0, how)
