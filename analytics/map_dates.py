"""The dates that sell a seat map, for whoever draws it: what somebody has there, and which seats are set aside for whom."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from events.models import UNDER_WAY, Performance
from inventory.models import SeatRun

MOST_DATES = 40  # the soonest ones; who draws for a longer run sees the others at each date's own map


def dates_of_map(map_id: UUID) -> list[Performance]:
    """The dates to come of events on sale that sell a version of this map, their own or their event's, soonest first."""
    found = Performance.objects.filter(
        Q(own_map__version__seat_map=map_id) | Q(own_map=None, event__seating__version__seat_map=map_id),
        event__state__in=UNDER_WAY,
        state=Performance.State.SCHEDULED,
        ends_at__gt=timezone.now(),
    )
    found = found.filter(Exists(SeatRun.objects.filter(performance=OuterRef("pk"))))
    found = found.select_related("event__venue")
    return list(found.order_by("starts_at", "pk")[:MOST_DATES])


@dataclass(frozen=True, slots=True)
class TakenSeat:
    """A seat that somebody has at a date: held, sold or set aside (then `block_id`)."""

    performance_id: UUID
    id: str
    index: int
    state: str
    block_id: UUID | None


_TAKEN = """
SELECT seat.performance_id, seat.seat_id, seat.seat_index, place.state, kept.block_id
  FROM inventory_seatplace seat
  JOIN inventory_place place ON place.id = seat.place_id
  LEFT JOIN inventory_blockedplace kept ON kept.place_id = place.id
 WHERE seat.performance_id = ANY (%s) AND place.state <> 'free'
   AND NOT (place.state = 'held' AND place.held_until <= statement_timestamp())
 ORDER BY seat.performance_id, seat.seat_index
"""


def taken_seats(performance_ids: Collection[UUID]) -> list[TakenSeat]:
    """Every seat of these dates that is not anybody's."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [list(performance_ids)])
        return [TakenSeat(*row) for row in cursor.fetchall()]


_IN_AREAS = """
SELECT most.category, max(most.n)
  FROM (SELECT kind.category, pool.performance_id, count(DISTINCT place.id) AS n
          FROM inventory_pool pool
          JOIN inventory_place place ON place.pool_id = pool.id
          JOIN events_quota_ticket_types link ON link.quota_id = pool.quota_id
          JOIN events_tickettype kind ON kind.id = link.tickettype_id
         WHERE pool.performance_id = ANY (%s) AND place.state <> 'free'
           AND NOT (place.state = 'held' AND place.held_until <= statement_timestamp())
           AND NOT EXISTS (SELECT FROM inventory_seatplace seat WHERE seat.place_id = place.id)
         GROUP BY kind.category, pool.performance_id) most
 GROUP BY most.category
"""


def taken_in_areas(performance_ids: Sequence[UUID]) -> Mapping[str, int]:
    """By an area's category how many places somebody has in it, at the date where they are most."""
    with connection.cursor() as cursor:
        cursor.execute(_IN_AREAS, [list(performance_ids)])
        return dict(cursor.fetchall())
