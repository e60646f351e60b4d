"""Holds per second on the on-sale path, against an empty endpoint of its server; and against the normal path, in turn."""

from tests.bench.bench import Bench
from tests.bench.figure import Figure, figure
from tests.load import hammer

PER_SECOND = 20_000  # places for each second of a round; more than anybody has held
SERVER = "gunicorn's ASGI worker, 1 process"


def measure(bench: Bench) -> list[Figure]:
    """`holds_hot` (64 connections), `holds_hot_256`, `holds_hot_times` (how many times `holds_http`)."""
    figures, rates = [], {}
    for connections, name in ((64, "holds_hot"), (256, "holds_hot_256")):
        hammer(bench.onsale.port, bench.empty_asgi(), connections=connections, seconds=1)
        values, baselines = list[float](), list[float]()
        for number in range(bench.rounds):
            stock = min(100_000, int(PER_SECOND * (1 + bench.seconds)))
            _event, body = bench.event_for_holds(f"Stadium {number} for {connections}", places=stock)
            hammer(bench.onsale.port, bench.holds(body, on=bench.onsale), connections=connections, seconds=1)
            empty = hammer(bench.onsale.port, bench.empty_asgi(), connections=connections, seconds=bench.seconds)
            baselines.append(empty.per_second(200))
            last = hammer(
                bench.onsale.port,
                bench.holds(body, on=bench.onsale),
                connections=connections,
                seconds=bench.seconds,
            )
            if set(last.by_status) != {201}:
                raise AssertionError(f"{name}: answers by status {last.by_status}, expected only 201")
            values.append(last.per_second(201))
        how = (
            f"POST /api/v1/holds in groups, 1 of {stock} places, own key each; {connections} connections;"
            f" {last.milliseconds(0.5):.0f} ms half, {last.milliseconds(0.99):.0f} ms 99 of 100; {SERVER}, against an"
            " empty endpoint of the same"
        )
        rates[connections] = values
        figures.append(figure(name, values, baselines, how=how))
    return [*figures, _times(bench, rates[256])]


def _times(bench: Bench, hot: list[float]) -> Figure:
    _event, body = bench.event_for_holds("Stadium for comparison", places=60_000)
    normal = []
    for _round in range(bench.rounds):
        last = hammer(bench.web.port, bench.holds(body, on=bench.web), connections=32, seconds=bench.seconds)
        normal.append(last.per_second(201))
    how = "on-sale path at 256 connections against the normal path at 32 (gunicorn, 2 processes of 8 threads)"
    return figure("holds_hot_times", hot, normal, how=how)
