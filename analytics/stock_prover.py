"""Derive a performance's stock three times, from the journal, the places and the tickets, and compare: one statement.

A statement sees one instant of the database, and every verb of a sale is one transaction, so the proof is right while
sales go on and waits for nobody. It reads each place's last journal entry by index, so its cost grows with the places and
the tickets, not with the length of the journal.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import connection

MOST_EXAMPLES = 20

PROOF = """
WITH pool AS (
    SELECT pool.id, pool.quota_id, quota.name, coalesce(own.size, quota.size) AS size
      FROM inventory_pool pool JOIN events_quota quota ON quota.id = pool.quota_id
      LEFT JOIN events_datequota own ON own.performance_id = pool.performance_id AND own.quota_id = quota.id
     WHERE pool.performance_id = %(id)s
), place AS (
    -- (a) and (b): each place as its row says, and as the last entry about it says.
    SELECT place.id, place.pool_id, place.number, place.state, place.hold_id, place.position_id,
           CASE WHEN entry.kind IN ('hold', 'extend') THEN 'held' WHEN entry.kind = 'sale' THEN 'sold'
                WHEN entry.kind = 'block' THEN 'blocked' ELSE 'free' END AS journal_state,
           CASE WHEN entry.kind IN ('hold', 'extend', 'sale') THEN entry.hold_id END AS journal_hold_id,
           CASE WHEN entry.kind = 'sale' THEN entry.position_id END AS journal_position_id
      FROM pool JOIN inventory_place place ON place.pool_id = pool.id
      LEFT JOIN LATERAL (SELECT kind, hold_id, position_id FROM inventory_stockentry
                          WHERE place_id = place.id ORDER BY id DESC LIMIT 1) entry ON true
), claimed AS (
    -- (c): who has a right to a place: a valid ticket, or an order whose money is being taken.
    SELECT position.id, position.ticket_type_id, position.phase_id FROM orders_position position
      JOIN tickets_ticket ticket ON ticket.position_id = position.id AND ticket.state = 'valid'
     WHERE position.performance_id = %(id)s
    UNION ALL
    SELECT position.id, position.ticket_type_id, position.phase_id FROM orders_position position
      JOIN orders_order sale ON sale.id = position.order_id AND sale.state = 'secured'
     WHERE position.performance_id = %(id)s
), ticket AS (
    SELECT claimed.id AS position_id, pool.id AS pool_id, count(*) AS number
      FROM claimed
      JOIN LATERAL (
           SELECT quota_id FROM events_quota_ticket_types WHERE tickettype_id = claimed.ticket_type_id
           UNION ALL SELECT quota_id FROM events_phase WHERE id = claimed.phase_id) drawn ON true
      JOIN pool ON pool.quota_id = drawn.quota_id GROUP BY 1, 2
), sold AS (
    SELECT pool_id, position_id FROM place WHERE state = 'sold'
), difference AS (
    SELECT jsonb_build_object('what', 'place', 'quota', pool.name, 'number', place.number, 'place', place.id,
               'by_journal', place.journal_state, 'by_places', place.state, 'order', sale.number) AS line
      FROM place JOIN pool ON pool.id = place.pool_id
      LEFT JOIN orders_position position ON position.id = coalesce(place.position_id, place.journal_position_id)
      LEFT JOIN orders_order sale ON sale.id = position.order_id
     WHERE (place.state, place.hold_id, place.position_id)
           IS DISTINCT FROM (place.journal_state, place.journal_hold_id, place.journal_position_id)
    UNION ALL
    SELECT jsonb_build_object('what', 'ticket', 'quota', pool.name, 'position', position_id,
               'by_tickets', coalesce(ticket.number, 0), 'by_places', (sold.position_id IS NOT NULL)::int,
               'order', sale.number)
      FROM ticket FULL JOIN sold USING (pool_id, position_id) JOIN pool ON pool.id = pool_id
      LEFT JOIN orders_position position ON position.id = position_id
      LEFT JOIN orders_order sale ON sale.id = position.order_id
     WHERE ticket.number IS DISTINCT FROM 1 OR sold.position_id IS NULL
    UNION ALL
    -- A seated category's place is one seat, and whoever bought it is told that one.
    SELECT jsonb_build_object('what', 'seat', 'quota', pool.name, 'number', place.number, 'place', place.id,
               'by_places', coalesce(seat.seat_id, ''), 'by_tickets', coalesce(position.seat_id, ''), 'order', sale.number)
      FROM place JOIN pool ON pool.id = place.pool_id
      JOIN (SELECT DISTINCT its.pool_id FROM inventory_seatplace one JOIN inventory_place its ON its.id = one.place_id
             WHERE one.performance_id = %(id)s) seated ON seated.pool_id = pool.id
      LEFT JOIN inventory_seatplace seat ON seat.place_id = place.id
      LEFT JOIN orders_position position ON position.id = place.position_id AND place.state = 'sold'
      LEFT JOIN orders_order sale ON sale.id = position.order_id
     WHERE seat.id IS NULL OR position.seat_id <> seat.seat_id
    UNION ALL
    SELECT jsonb_build_object('what', 'size', 'quota', pool.name, 'quota_size', pool.size, 'places', count(place.id))
      FROM pool LEFT JOIN place ON place.pool_id = pool.id
     GROUP BY pool.id, pool.name, pool.size HAVING count(place.id) <> pool.size
)
SELECT clock_timestamp() AS at, counted.*, differences.*,
       (SELECT coalesce(sum(number), 0)::int FROM ticket) AS sold_by_tickets,
       (SELECT coalesce(jsonb_agg(line), '[]') FROM (SELECT line FROM difference ORDER BY line LIMIT %(most)s) first)
           AS examples
  FROM (SELECT count(*) AS places,
               count(*) FILTER (WHERE journal_state = 'held') AS held_by_journal,
               count(*) FILTER (WHERE state = 'held') AS held_by_places,
               count(*) FILTER (WHERE journal_state = 'blocked') AS blocked_by_journal,
               count(*) FILTER (WHERE state = 'blocked') AS blocked_by_places,
               count(*) FILTER (WHERE journal_state = 'sold') AS sold_by_journal,
               count(*) FILTER (WHERE state = 'sold') AS sold_by_places
          FROM place) counted,
       (SELECT count(*) AS differences, md5(coalesce(string_agg(line::text, ';' ORDER BY line), '')) AS digest
          FROM difference) differences
"""


@dataclass(frozen=True)
class Finding:
    """What the three tell, in places (analytics.models.StockProof says what each count is)."""

    at: datetime
    milliseconds: int
    places: int
    held_by_journal: int
    held_by_places: int
    blocked_by_journal: int
    blocked_by_places: int
    sold_by_journal: int
    sold_by_places: int
    sold_by_tickets: int
    differences: int
    digest: str
    examples: list[dict[str, Any]]


def compare_stock(performance_id: UUID) -> Finding:
    """Derive and compare the stock of a performance as of now; writes nothing."""
    started = monotonic()
    with connection.cursor() as cursor:
        cursor.execute(PROOF, {"id": performance_id, "most": MOST_EXAMPLES})
        counts = dict(zip((column.name for column in cursor.description), cursor.fetchone(), strict=True))
    counts["examples"] = json.loads(counts["examples"])
    return Finding(milliseconds=round((monotonic() - started) * 1000), **counts)
