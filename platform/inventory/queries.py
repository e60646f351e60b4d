"""Reads and locked reads of stock."""

import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q

from events.models import Performance
from events.seating_plan import plan_of_date
from inventory.errors import HoldNotFound
from inventory.models import Hold, Place, Pool, SeatPlace


def database_now() -> datetime:
    """The one clock that decides holds: the database's, UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


StockStatus = Literal["available", "few_left", "sold_out"]


@dataclass(frozen=True)
class Stock:
    """What everybody may know of a ticket type's stock: `left` is what one order may take, never more than its limit."""

    left: int
    is_few: bool

    @property
    def status(self) -> StockStatus:
        """How it stands, in a word."""
        return "sold_out" if self.left == 0 else "few_left" if self.is_few else "available"


@dataclass(frozen=True)
class PerformanceStock:
    """Of a published performance: its active ticket types and bundles, and in how many seconds the next hold lapses (None: none does)."""

    types: dict[UUID, Stock]
    lapse_seconds: float | None


FEW_LEFT_SHARE = 10  # "few" is under a tenth of the type's quota, and only then: no fake scarcity
_MOST_PER_ORDER = 50  # by constraint; nobody needs to know of more, so no more are counted

_AVAILABILITY = f"""
WITH counted AS MATERIALIZED (
    SELECT pool.performance_id, pool.quota_id, coalesce(own.size, quota.size) AS size,
        CASE WHEN pool.is_waited_for THEN 0 ELSE (SELECT count(*) FROM (
            SELECT FROM inventory_place WHERE pool_id = pool.id AND state = 'free'
             LIMIT coalesce(own.size, quota.size) / {FEW_LEFT_SHARE}
                   + {_MOST_PER_ORDER + 1} * (SELECT coalesce(max(quantity), 1) FROM events_bundlepart)) AS free_ones)
        + (SELECT count(*) FROM inventory_place
            WHERE pool_id = pool.id AND state = 'held' AND held_until <= statement_timestamp()) END AS n_left,
        (SELECT min(held_until) FROM inventory_place
          WHERE pool_id = pool.id AND state = 'held' AND held_until > statement_timestamp()
            AND NOT pool.is_waited_for) AS next_lapse
      FROM inventory_pool pool
      JOIN events_quota quota ON quota.id = pool.quota_id
      LEFT JOIN events_datequota own ON own.performance_id = pool.performance_id AND own.quota_id = pool.quota_id
      JOIN events_performance performance ON performance.id = pool.performance_id
           AND performance.state = 'scheduled' AND performance.sales_stopped_at IS NULL
           AND performance.sale_paused_at IS NULL
      JOIN events_event event ON event.id = performance.event_id AND event.state = 'published'
     WHERE pool.performance_id = ANY (%s)
)
SELECT counted.performance_id, kind.id, least(min(counted.n_left), kind.max_per_order, kind.max_per_person),
       min(counted.n_left) * {FEW_LEFT_SHARE} < min(counted.size),
       extract(epoch FROM min(counted.next_lapse) - statement_timestamp())
  FROM counted
  JOIN events_quota_ticket_types link ON link.quota_id = counted.quota_id
  JOIN events_tickettype kind ON kind.id = link.tickettype_id AND kind.is_active
 GROUP BY counted.performance_id, kind.id
UNION ALL
-- Of a bundle as many as the pool allows that has least for its parts, which may draw from one several times.
SELECT performance_id, bundle_id, least(min(n_left / n), max_per_order), bool_or(n_left * {FEW_LEFT_SHARE} < size),
       extract(epoch FROM min(next_lapse) - statement_timestamp())
  FROM (SELECT counted.*, bundle.id AS bundle_id, bundle.max_per_order, sum(part.quantity) AS n
          FROM counted
          JOIN events_quota_ticket_types link ON link.quota_id = counted.quota_id
          JOIN events_bundlepart part ON part.ticket_type_id = link.tickettype_id
          JOIN events_bundle bundle ON bundle.id = part.bundle_id AND bundle.is_active
         GROUP BY counted.performance_id, counted.quota_id, counted.size, counted.n_left, counted.next_lapse, bundle.id) drawn
 GROUP BY performance_id, bundle_id, max_per_order
 ORDER BY 1, 2
"""


def availability(performance_ids: Iterable[UUID]) -> dict[UUID, PerformanceStock]:
    """What could be held right now of each ticket type, and each bundle: the least that any of its quotas has left for everybody.

    Performances that are not on offer (a draft's, a cancelled or a stopped one) are not in the answer. Counts along the partial
    indexes alone, so that it costs the same for a full house and an empty one.
    """
    found: dict[UUID, PerformanceStock] = {}
    with connection.cursor() as cursor:
        cursor.execute(_AVAILABILITY, [list(performance_ids)])
        for performance_id, ticket_type_id, left, is_few, lapse in cursor.fetchall():
            before = found.get(performance_id, PerformanceStock({}, None))
            lapses = [float(seconds) for seconds in (before.lapse_seconds, lapse) if seconds is not None]
            stock = Stock(left=left, is_few=left > 0 and is_few)
            found[performance_id] = PerformanceStock(
                types={**before.types, ticket_type_id: stock}, lapse_seconds=min(lapses, default=None)
            )
    return found


def left_in_phases(performance_ids: Iterable[UUID]) -> dict[tuple[UUID, UUID], int]:
    """How many could be had right now in each sale phase that has a quota, by performance and phase. One query."""
    found: dict[tuple[UUID, UUID], int] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pool.performance_id, phase.id,
                   (SELECT count(*) FROM inventory_place WHERE pool_id = pool.id AND state = 'free')
                   + (SELECT count(*) FROM inventory_place
                       WHERE pool_id = pool.id AND state = 'held' AND held_until <= statement_timestamp())
              FROM inventory_pool pool JOIN events_phase phase ON phase.quota_id = pool.quota_id AND phase.is_active
             WHERE pool.performance_id = ANY (%s)
            """,
            [list(performance_ids)],
        )
        for performance_id, phase_id, left in cursor.fetchall():
            found[performance_id, phase_id] = left
    return found


def stock_by_state(performance: Performance, *, at: datetime) -> dict[int, dict[str, int]]:
    """Per quota id: how many places are free (a lapsed hold counts as free), held, sold and blocked at `at`."""
    return stock_by_date([performance], at=at)[performance.pk]


def stock_by_date(performances: Collection[Performance], *, at: datetime) -> dict[UUID, dict[int, dict[str, int]]]:
    """The same for each of these dates, by its id. One query."""
    rows = (
        Pool.objects.filter(performance__in=performances)
        .values("performance_id", "quota_id")
        .annotate(
            free=Count("places", filter=_claimable(at)),
            held=Count("places", filter=Q(places__state=Place.State.HELD, places__held_until__gt=at)),
            sold=Count("places", filter=Q(places__state=Place.State.SOLD)),
            blocked=Count("places", filter=Q(places__state=Place.State.BLOCKED)),
        )
    )
    found: dict[UUID, dict[int, dict[str, int]]] = {date.pk: {} for date in performances}
    for row in rows:
        states = {state: row[state] for state in ("free", "held", "sold", "blocked")}
        found[row["performance_id"]][row["quota_id"]] = states
    return found


@dataclass(frozen=True)
class Filled:
    """How full a pool is: `sold` of the places that are `for_sale` (all but blocked ones), and the ticket types that draw from it."""

    sold: int
    for_sale: int
    ticket_type_ids: tuple[UUID, ...]


_FILLED = """
SELECT count(*) FILTER (WHERE place.state = 'sold'), count(*) FILTER (WHERE place.state <> 'blocked'),
       ARRAY(SELECT link.tickettype_id FROM events_quota_ticket_types link WHERE link.quota_id = pool.quota_id ORDER BY 1)
  FROM inventory_pool pool JOIN inventory_place place ON place.pool_id = pool.id
 WHERE pool.performance_id = %s GROUP BY pool.id ORDER BY pool.id
"""


def filled_pools(performance_id: UUID) -> list[Filled]:
    """How full each pool is that ticket types of a performance draw from. Held places are not sold."""
    with connection.cursor() as cursor:
        cursor.execute(_FILLED, [performance_id])
        return [Filled(sold, size, tuple(kinds)) for sold, size, kinds in cursor.fetchall() if kinds]


def hold_by_token(hold_id: UUID, token: str) -> Hold:
    """The hold, for the buyer who has its token. Raises HoldNotFound for a wrong token as for a wrong id."""
    hold = Hold.objects.select_related("performance__event__venue").filter(pk=hold_id).first()
    if hold is None or not hmac.compare_digest(hold.token.encode(), token.encode()):
        raise HoldNotFound
    return hold


def hold_for_update(hold_id: UUID) -> Hold:
    """The hold, its row locked until the transaction ends. Raises HoldNotFound."""
    hold = Hold.objects.select_for_update().filter(pk=hold_id).first()
    if hold is None:
        raise HoldNotFound
    return hold


def places_of_hold_for_update(hold: Hold) -> list[Place]:
    """The places that still carry this hold, locked, in primary-key order."""
    return list(Place.objects.select_for_update().filter(hold=hold, state=Place.State.HELD).order_by("pk"))


def seats_of_positions(position_ids: Iterable[UUID]) -> dict[UUID, SeatPlace]:
    """The seat that each of these sold positions sits on; positions without a seat are not there. One query."""
    seats = SeatPlace.objects.select_related("place").filter(place__position_id__in=list(position_ids))
    return {seat.place.position_id: seat for seat in seats if seat.place.position_id is not None}


def seats_of_hold(hold: Hold) -> list[SeatPlace]:
    """The seats that a hold was made for, in the map's order, whether or not it still has them. One query."""
    ids = [seat_id for line in hold.quote["lines"] for seat_id in line.get("seats", ())]
    if not ids:
        return []
    found = SeatPlace.objects.select_related("place").filter(performance_id=hold.performance_id, seat_id__in=ids)
    return list(found.order_by("seat_index"))


def words_of_seats(performance_id: UUID, indexes: Iterable[int]) -> list[str]:
    """How people say these seats, in the map's order."""
    found = SeatPlace.objects.filter(performance_id=performance_id, seat_index__in=list(indexes))
    return [seat.words for seat in found.order_by("seat_index")]


def hash_of_map(performance_id: UUID) -> str:
    """The hash of the map that a performance's seats are numbered by, "" where it has none."""
    plan = plan_of_date(performance_id)
    return plan.version.hash if plan else ""


def _claimable(at: datetime) -> Q:
    return Q(places__state=Place.State.FREE) | Q(places__state=Place.State.HELD, places__held_until__lte=at)
