"""The rows behind stock, made in bulk: places of a pool, and which of them is which seat.

A house has tens of thousands of seats; each statement here writes all of a pool's rows at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from django.db import connection

from events.models import Performance, Quota
from events.seating_plan import Painting
from inventory.models import Pool


def add_pools(*, event_id: UUID, performance_ids: Sequence[UUID]) -> tuple[list[Pool], int]:
    """The pools that these dates lack, one of each of the event's quotas, with their free places; and how many those are."""
    if not performance_ids:
        return [], 0
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_pool (performance_id, quota_id)"
            " SELECT date.id, quota.id FROM events_performance date JOIN events_quota quota ON quota.event_id = date.event_id"
            "  WHERE date.event_id = %s AND date.id = ANY (%s) ORDER BY date.id, quota.id"
            " ON CONFLICT (performance_id, quota_id) DO NOTHING RETURNING id, performance_id, quota_id",
            [event_id, list(performance_ids)],
        )
        pools = [
            Pool(pk=pool_id, performance_id=date, quota_id=quota) for pool_id, date, quota in sorted(cursor.fetchall())
        ]
        cursor.execute(
            "INSERT INTO inventory_place (pool_id, number, state)"
            " SELECT pool.id, n, 'free' FROM inventory_pool pool JOIN events_quota quota ON quota.id = pool.quota_id"
            "   LEFT JOIN events_datequota own"
            "          ON own.performance_id = pool.performance_id AND own.quota_id = pool.quota_id"
            "  CROSS JOIN LATERAL generate_series(1, coalesce(own.size, quota.size)) n"
            "  WHERE pool.id = ANY (%s) ORDER BY pool.id, n",
            [[pool.pk for pool in pools]],
        )
        return pools, cursor.rowcount


def add_places(*, pool_id: int, first: int, count: int) -> int:
    """Free places numbered `first` and up; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_place (pool_id, number, state)"
            " SELECT %s, n, 'free' FROM generate_series(%s::int, %s::int) n",
            [pool_id, first, first + count - 1],
        )
    return count


def name_places(performance: Performance, shown: Painting, pools: Mapping[int, Pool]) -> None:
    """Say of new pools (by their quota's id) which place is which seat: in the map's order, from each pool's place 1 on.

    Closed seats have no place. Writes the performance's runs, too.
    """
    quotas = Quota.objects.filter(pk__in=pools).values_list("pk", "ticket_types__category")
    for quota_id, category in sorted(set(quotas), key=lambda row: (row[0], row[1] or "")):
        seats = shown.seats_by_category.get(category or "", ())
        name_seats(
            performance.pk,
            shown,
            pool_id=pools[quota_id].pk,
            numbers=dict(zip(seats, range(1, len(seats) + 1), strict=True)),
        )
    write_runs(performance.pk, shown)


def name_seats(performance_id: UUID, shown: Painting, *, pool_id: int, numbers: Mapping[int, int]) -> None:
    """Which numbers of a pool are which seats: `numbers` maps seat indexes to places' numbers."""
    indexes = list(numbers)
    if not indexes:
        return
    words = [shown.compiled.place_words(index) for index in indexes]
    seats = [shown.compiled.seats[index] for index in indexes]
    at_tables = [shown.compiled.lines[seat.line].kind != "row" for seat in seats]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO inventory_seatplace
                   (performance_id, place_id, seat_id, seat_index, run, section, "row", label, is_at_table)
            SELECT %s, p.id, x.seat_id, x.seat_index, x.run, x.section, x.line, x.label, x.at_table
              FROM unnest(%s::int[], %s::text[], %s::int[], %s::int[], %s::text[], %s::text[], %s::text[], %s::bool[])
                   AS x(number, seat_id, seat_index, run, section, line, label, at_table)
              JOIN inventory_place p ON p.pool_id = %s AND p.number = x.number
             ORDER BY x.seat_index
            """,
            [
                performance_id,
                list(numbers.values()),
                [seat.id for seat in seats],
                indexes,
                [seat.run for seat in seats],
                *(list(column) for column in zip(*words, strict=True)),
                at_tables,
                pool_id,
            ],
        )


def write_runs(performance_id: UUID, shown: Painting) -> None:
    """The performance's runs as the map has them, those that are not there yet."""
    runs: Iterable[tuple[int, int, int]] = [(run.index, run.first, run.count) for run in shown.compiled.runs]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_seatrun (performance_id, run, first, count)"
            " SELECT %s, x.run, x.first, x.count FROM unnest(%s::int[], %s::int[], %s::int[]) AS x(run, first, count)"
            " ORDER BY x.run ON CONFLICT (performance_id, run) DO NOTHING",
            [performance_id, *(list(column) for column in zip(*runs, strict=True))],
        )
