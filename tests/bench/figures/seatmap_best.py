"""The best seats of a stadium of 20,000, half of them gone: the search with its load, and a whole hold of them.

The baseline is the same question put to Postgres in one statement: every window of so many free neighbours, by gaps and
islands, with the mean quality of each.
"""

import random
import time
from statistics import median, quantiles

from django.db import connection

from checkout import actions as checkout
from checkout import best
from events.seating_plan import painting_of, plan_of
from inventory import live
from inventory.announcer import Announcer
from inventory.best_seats import House, Wish, finder_of
from inventory.models import Place, SeatPlace
from seating.document import as_dict
from seating.plan import compile_plan, preset
from tests import world
from tests.bench.bench import Bench
from tests.bench.figure import Figure, figure

GONE = 0.55
SEARCHES = 400
HOLDS = 100

ISLANDS = """
WITH free AS (
    SELECT seat.run, seat.seat_index, quality.value,
           seat.seat_index - row_number() OVER (PARTITION BY seat.run ORDER BY seat.seat_index) AS island
      FROM inventory_seatplace seat
      JOIN inventory_place place ON place.id = seat.place_id AND place.state = 'free'
      JOIN inventory_pool pool ON pool.id = place.pool_id AND pool.id = %(pool)s
      JOIN bench_quality quality ON quality.seat_index = seat.seat_index
     WHERE seat.performance_id = %(performance)s
), windows AS (
    SELECT seat_index, count(*) OVER w AS n, avg(value) OVER w AS score FROM free
    WINDOW w AS (PARTITION BY run, island ORDER BY seat_index ROWS BETWEEN CURRENT ROW AND %(more)s FOLLOWING)
)
SELECT seat_index, score FROM windows WHERE n = %(more)s + 1 ORDER BY score DESC LIMIT 8
"""


def measure(bench: Bench) -> list[Figure]:
    """`seatmap_best` and `seatmap_open`"""
    document = as_dict(compile_plan(preset("stadium")).document)
    keys = [category["key"] for category in document["categories"]]
    event = world.make_seated_event(
        document, kinds=[(key, 0, key) for key in keys], title="Stadium", is_published=False
    )
    started = time.perf_counter()
    event = world.publish_event(event_id=event.pk, actor=world.SYSTEM)
    opened = time.perf_counter() - started
    performance = world.the_performance(event).pk
    plan = plan_of(event.pk)
    assert plan is not None
    shown = painting_of(plan)
    finder = finder_of(shown)
    chance = random.Random(1)
    gone = [seat.index for seat in shown.compiled.seats if chance.random() < GONE]
    places = SeatPlace.objects.filter(performance=performance, seat_index__in=gone).values("place")
    Place.objects.filter(pk__in=places).update(state=Place.State.BLOCKED)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bench_quality (seat_index int PRIMARY KEY, value float8)")
        rows = ",".join(f"({index},{value})" for index, value in enumerate(finder.quality))
        cursor.execute(f"INSERT INTO bench_quality VALUES {rows}")
        cursor.execute("ANALYZE bench_quality, inventory_place, inventory_seatplace")
    live.mark(performance)
    Announcer(live.connected()).tick()
    live.connected().set(live.LEADER, "bench", ex=3600)  # as if the announcer went on

    def search() -> None:
        wish = Wish(chance.randint(1, 10), chance.choice(keys))
        found = live.announced_seats(performance)
        assert found is not None
        finder.find(wish, House(found[1].free))

    def by_statement() -> None:
        kind = world.kind_of(event, chance.choice(keys))
        pool = kind.quotas.get().pools.get(performance_id=performance)
        with connection.cursor() as cursor:
            cursor.execute(ISLANDS, {"performance": performance, "pool": pool.pk, "more": chance.randint(0, 9)})
            cursor.fetchall()

    walls, cpus = list[float](), list[float]()
    for _search in range(SEARCHES):
        wall, cpu = time.perf_counter(), time.thread_time()
        search()
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.thread_time() - cpu))
    holds = [_hold_ms(performance, world.kind_of(event, chance.choice(keys)).pk, chance) for _hold in range(HOLDS)]
    subject = bench.in_process("seatmap_best", search, by_statement, how="")
    live.connected().delete(live.LEADER)  # or no announcer of a later figure would ever lead
    how = (
        f"searches for 1 to 10 of {len(shown.compiled.seats):,} seats, {GONE:.0%} gone, with the load of the announced vector:"
        f" {median(walls):.2f} ms half, {_p99(walls):.2f} ms 99 of 100 ({_p99(cpus):.2f} ms of CPU); a whole hold of them"
        f" {median(holds):.0f} ms half, {_p99(holds):.0f} ms 99 of 100; against all windows by one statement of SQL{subject.how}"
    )
    best_figure = Figure("seatmap_best", subject.value, "1/s", subject.baseline, subject.ratio, how)
    per_second = len(shown.compiled.seats) / opened
    plain = _one_by_one(bench)
    opening = figure(
        "seatmap_open",
        [per_second],
        [plain],
        how=f"places with their seats made when an event of {len(shown.compiled.seats):,} is published, {opened:.2f} s in all;"
        " against one INSERT a row",
    )
    return [best_figure, opening]


def _hold_ms(performance: object, kind: object, chance: random.Random) -> float:
    started = time.perf_counter()
    basket = {kind: chance.randint(1, 4)}
    hold = best.hold_best(performance_id=performance, baskets=[basket], asked=checkout.ANONYMOUS)  # type: ignore[arg-type, list-item]
    milliseconds = 1000 * (time.perf_counter() - started)
    checkout.release_hold(hold_id=hold.pk, token=hold.token)
    return milliseconds


def _one_by_one(bench: Bench) -> float:
    """Rows a second, each by a statement of its own in one transaction."""
    started, rows = time.perf_counter(), 0
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bench_places (LIKE inventory_place INCLUDING INDEXES)")
        while time.perf_counter() - started < bench.seconds:
            cursor.execute(
                "INSERT INTO bench_places (id, pool_id, number, state) VALUES (%s, 1, %s, 'free')", [rows, rows]
            )
            rows += 1
    return rows / (time.perf_counter() - started)


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100)[-1]
