"""Who sits where at one date: what staff see of its seats. It has names, so it is for the portal alone and kept nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q

from events.models import Performance
from inventory.models import Block


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One seat that is for sale. `state` is free, held, sold or blocked; a lapsed hold is free.

    The members from `position_id` on are of whom it was sold to, `block_id` of the block that keeps it.
    """

    index: int
    section: str
    row: str
    label: str
    is_at_table: bool
    quota_id: int
    state: str
    block_id: UUID | None
    position_id: UUID | None
    price: int | None
    ticket_type: str | None
    order_number: str | None
    holder: str | None
    email: str | None
    is_paid: bool | None
    short_code: str | None
    is_entered: bool


_SEATS = """
SELECT seat.seat_index, seat.section, seat.row, seat.label, seat.is_at_table, pool.quota_id,
       CASE WHEN place.state = 'held' AND place.held_until <= statement_timestamp() THEN 'free' ELSE place.state END,
       kept.block_id, position.id, position.price, position.ticket_type_name, sale.number, sale.name, sale.email,
       sale.state = 'paid', ticket.short_code, admission.id IS NOT NULL
  FROM inventory_seatplace seat
  JOIN inventory_place place ON place.id = seat.place_id
  JOIN inventory_pool pool ON pool.id = place.pool_id
  LEFT JOIN inventory_blockedplace kept ON kept.place_id = place.id
  LEFT JOIN orders_position position ON position.id = place.position_id
  LEFT JOIN orders_order sale ON sale.id = position.order_id
  LEFT JOIN tickets_ticket ticket ON ticket.position_id = position.id AND ticket.state = 'valid'
  LEFT JOIN scanning_admission admission ON admission.position_id = position.id
 WHERE seat.performance_id = %s
 ORDER BY seat.seat_index
"""


def seat_rows(performance_id: UUID) -> list[SeatRow]:
    """Every seat of a date, in the map's order. One statement, so that it is one instant."""
    with connection.cursor() as cursor:
        cursor.execute(_SEATS, [performance_id])
        return [SeatRow(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class CategoryCount:
    """A category of a date, or a quota without seats: how its places stand, and what was paid for those sold.

    `value` is in minor units, before our fee. `is_seated` says that its places are seats.
    """

    quota_id: int
    name: str
    categories: Sequence[str]
    is_seated: bool
    free: int
    held: int
    sold: int
    blocked: int
    value: int

    @property
    def size(self) -> int:
        return self.free + self.held + self.sold + self.blocked


_COUNTS = """
SELECT quota.id, quota.name,
       (SELECT array_agg(DISTINCT kind.category) FROM events_quota_ticket_types link
          JOIN events_tickettype kind ON kind.id = link.tickettype_id WHERE link.quota_id = quota.id),
       EXISTS (SELECT FROM inventory_seatplace seat JOIN inventory_place p ON p.id = seat.place_id
                WHERE p.pool_id = pool.id),
       counted.*
  FROM inventory_pool pool
  JOIN events_quota quota ON quota.id = pool.quota_id
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE place.state = 'free' OR place.held_until <= statement_timestamp()),
           count(*) FILTER (WHERE place.state = 'held' AND place.held_until > statement_timestamp()),
           count(*) FILTER (WHERE place.state = 'sold'),
           count(*) FILTER (WHERE place.state = 'blocked'),
           coalesce(sum(position.price), 0)::bigint
      FROM inventory_place place LEFT JOIN orders_position position ON position.id = place.position_id
     WHERE place.pool_id = pool.id) counted
 WHERE pool.performance_id = %s
   AND NOT EXISTS (SELECT FROM events_phase phase WHERE phase.quota_id = quota.id)  -- those draw from the type's own as well
 ORDER BY quota.id
"""


def category_counts(performance_id: UUID) -> list[CategoryCount]:
    """How the places of each category stand at a date, with their sold value."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [performance_id])
        return [CategoryCount(row[0], row[1], row[2] or [], *row[3:]) for row in cursor.fetchall()]


def open_blocks(performance: Performance) -> list[Block]:
    """The blocks of a date that still keep places, oldest first, each with `n_places` and `n_seats`."""
    blocks = Block.objects.filter(performance=performance, released_at=None)
    return list(
        blocks.annotate(
            n_places=Count("places", distinct=True),
            n_seats=Count("places", filter=Q(places__place__seat__isnull=False), distinct=True),
        )
    )


_CURSOR = """
SELECT coalesce((SELECT max(id) FROM inventory_stockentry), 0),
       (SELECT count(*) FROM scanning_admission WHERE performance_id = %s)
"""


def seats_cursor(performance_id: UUID) -> str:
    """Names the state of a date's seats: another one after anything has happened to them, or to others' stock.

    Asked before the seats are read. What commits between the two under a lower number than one that was seen is found by
    whoever asks without it, as every page does now and then.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CURSOR, [performance_id])
        last, entered = cursor.fetchone()
    return f"{last}-{entered}"
