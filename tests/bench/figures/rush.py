"""5,000 buyers at once for 500 places: who gets one, and when the last has an answer."""

from collections import Counter

from inventory.models import Hold, Place, StockEntry
from tests import world
from tests.bench.bench import Bench
from tests.bench.figure import Figure, figure
from tests.load import Rush, ask, ask_over

BUYERS, PLACES, CONNECTIONS = 5000, 500, 256


def measure(bench: Bench) -> list[Figure]:
    """`rush` (every connection open before) and `rush_256` (over 256), seconds: less is better, 2.5 times the limit."""
    return [
        _rush(bench, "rush", how="each on an open connection of its own, all at once", over=0),
        _rush(bench, "rush_256", how=f"over {CONNECTIONS} connections", over=CONNECTIONS),
    ]


def _rush(bench: Bench, name: str, *, how: str, over: int) -> Figure:
    values, baselines = list[float](), list[float]()
    for number in range(max(3, bench.rounds)):
        event, body = bench.event_for_holds(f"Rush {name} {number}", places=PLACES)
        empty = bench.empty_asgi()()
        baselines.append(_all(bench, [next(empty) for _buyer in range(BUYERS)], over, expected={200: BUYERS}).seconds)
        holds = bench.holds(body, on=bench.onsale)()
        wanted = {201: PLACES, 409: BUYERS - PLACES}
        values.append(_all(bench, [next(holds) for _buyer in range(BUYERS)], over, expected=wanted).seconds)
        _check(event)
    how = (
        f"{BUYERS} buyers for {PLACES} places {how}, until the last answer: {PLACES} held, {BUYERS - PLACES} refused, no"
        " reset, no 5xx, each run; against as many empty answers of the same server; less is better"
    )
    return figure(name, values, baselines, how=how, unit="s")


def _all(bench: Bench, payloads: list[bytes], over: int, *, expected: dict[int, int]) -> Rush:
    rush = ask_over(bench.onsale.port, payloads, connections=over) if over else ask(bench.onsale.port, payloads)
    if rush.by_status != expected:
        raise AssertionError(f"answers by status {rush.by_status}, expected {expected}")
    return rush


def _check(event: world.Event) -> None:
    """Exactly 500 places are held, each by one hold, and the journal says the same."""
    states = Counter(Place.objects.filter(pool__performance__event=event).values_list("state", flat=True))
    holds = Hold.objects.filter(performance__event=event)
    entries = StockEntry.objects.filter(kind="hold", hold_id__in=holds.values("pk")).values_list("place_id", flat=True)
    if states != {"held": PLACES} or holds.count() != PLACES or len(set(entries)) != PLACES or len(entries) != PLACES:
        raise AssertionError(f"after the rush: {states}, {holds.count()} holds, {len(entries)} entries")
