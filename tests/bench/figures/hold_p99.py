"""How long a hold takes when people arrive at their own pace: at 60 % of what each path can do, against an empty answer."""

from statistics import median

from tests.bench.bench import Bench, Make
from tests.bench.figure import Figure, figure
from tests.load import arrive, hammer
from tests.stack import Web

SHARE = 0.6
# Of the same arrivals before each round of both. The first answers after a pause are late and the generator opens its connections
# then: some 500 requests queue up, which at 60 % of the capacity have gone after 0.9 seconds.
WARM_SECONDS = 1.5


def measure(bench: Bench) -> list[Figure]:
    """`hold_p99` (on-sale path) and `hold_p99_normal`, milliseconds: less is better, 5 times the empty answer the limit."""
    return [
        _path(bench, "hold_p99", bench.onsale, bench.empty_asgi(), connections=64, places=60_000),
        _path(bench, "hold_p99_normal", bench.web, bench.empty_view(), connections=32, places=6_000),
    ]


def _path(bench: Bench, name: str, web: Web, empty: Make, *, connections: int, places: int) -> Figure:
    values, baselines, rates = list[float](), list[float](), list[float]()
    for number in range(bench.rounds):
        _event, body = bench.event_for_holds(f"Arrivals {name} {number}", places=places)
        # Measured anew each time: the machine's own speed changes within seconds.
        rate = SHARE * median(
            hammer(web.port, bench.holds(body, on=web), connections=connections, seconds=1).per_second(201)
            for _time in range(3)
        )
        nothing, holds = (
            arrive(web.port, make, per_second=rate, seconds=bench.seconds, warm=WARM_SECONDS)
            for make in (empty, bench.holds(body, on=web))
        )
        if set(holds.by_status) != {201} or set(nothing.by_status) != {200}:
            raise AssertionError(f"{name}: answers by status {holds.by_status}, {nothing.by_status}")
        rates.append(rate)
        baselines.append(nothing.milliseconds(0.99))
        values.append(holds.milliseconds(0.99))
    how = (
        f"99 of 100 holds within, open-loop arrivals of {median(rates):.0f}/s ({SHARE:.0%} of what {connections} connections"
        " reach just before);"
        " against the empty answer of the same server under the same arrivals; less is better"
    )
    return figure(name, values, baselines, how=how, unit="ms")
