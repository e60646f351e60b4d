"""The state of every seat of a performance in two bits each: what browsers are sent and the search for good seats reads.

Nothing in it is private: what is sold, set aside for the house, closed or kept for the waiting list is *gone*, whoever has it.
"""

import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django.db import connection

FREE, HELD, GONE, RESERVED = range(4)  # RESERVED is for later; readers take it for gone
MAGIC: Final = b"MQS1"
_HEADER = struct.Struct("<4s16sQII")

# Of each byte of four seats, the hexadecimal digit whose bits say which of them are free.
_FREE_DIGITS = bytes(ord(f"{sum(1 << seat for seat in range(4) if not byte >> 2 * seat & 3):x}") for byte in range(256))


@dataclass(frozen=True)
class SeatVector:
    """`states` has two bits for each of the `n` seats of the map with hash `map`, seat 0 in the lowest of the first byte."""

    map: str
    n: int
    states: bytes

    @classmethod
    def of_digits(cls, map: str, digits: str) -> "SeatVector":
        """From one digit per seat."""
        n = len(digits)
        return cls(map, n, int(digits[::-1] or "0", 4).to_bytes((n + 3) // 4, "little"))

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> "SeatVector":
        """What `as_json` made."""
        return cls(facts["map"], facts["n"], b64decode(facts["states"]))

    def as_json(self) -> dict[str, Any]:
        """Plain values, as Redis keeps them."""
        return {"map": self.map, "n": self.n, "states": b64encode(self.states).decode()}

    def as_bytes(self, seq: int) -> bytes:
        """As browsers get it under number `seq` (docs/seat-maps.md §wire)."""
        header = _HEADER.pack(MAGIC, bytes.fromhex(self.map), seq, self.n, zlib.crc32(self.states))
        return header + self.states

    def state_of(self, index: int) -> int:
        """FREE, HELD, GONE or RESERVED."""
        return self.states[index >> 2] >> 2 * (index & 3) & 3

    @cached_property
    def free(self) -> bytes:
        """One bit per seat, set where it is free; seat 0 in the lowest bit of the first byte."""
        # A hexadecimal number is read in time that grows with its length alone, and its digits are written last seat first.
        padded = self.states + bytes(-len(self.states) % 2)
        mask = int(padded.translate(_FREE_DIGITS)[::-1] or b"0", 16) & ((1 << self.n) - 1)
        return mask.to_bytes((self.n + 7) // 8, "little")

    def without(self, seats: Iterable[int]) -> "SeatVector":
        """The same with these seats gone."""
        states = bytearray(self.states)
        for index in seats:
            states[index >> 2] |= GONE << 2 * (index & 3)
        return SeatVector(self.map, self.n, bytes(states))

    def runs_since(self, before: "SeatVector | None") -> list[list[int]]:
        """What differs from `before`, as `[first index, how many, state]`; everything when that is of another map."""
        if before is None or (before.map, before.n) != (self.map, self.n):
            changed: Iterable[int] = range(self.n)
        else:
            changed = (
                index
                for place, (old, new) in enumerate(zip(before.states, self.states, strict=True))
                if old != new
                for index in range(4 * place, min(4 * place + 4, self.n))
                if before.state_of(index) != self.state_of(index)
            )
        # Neighbours of one state share the difference between index and place in the list.
        numbered = enumerate((index, self.state_of(index)) for index in changed)
        runs = []
        for (_shift, state), group in groupby(numbered, key=lambda one: (one[1][0] - one[0], one[1][1])):
            seats = [index for _number, (index, _state) in group]
            runs.append([seats[0], len(seats), state])
        return runs


# No join at all, neither of seats with the numbers from 0 nor with their places: where the tables are new to Postgres, or where it
# believes them empty (analysed after a publication that was rolled back), it would compare each of 20,000 rows with each of
# 20,000 (half a minute). Rows of both tables that name one place are brought together by GROUP BY, which is in proportion to
# them whatever is believed. A number alone says "gone" (2), the greatest of the states.
READ = """
SELECT performance.id, version.hash, every.digits
  FROM events_performance performance
  JOIN events_event event ON event.id = performance.event_id AND event.state = 'published'
  JOIN events_seatingplan plan ON plan.event_id = event.id
  LEFT JOIN events_datemap own ON own.performance_id = performance.id
  JOIN seating_mapversion version ON version.id = coalesce(own.version_id, plan.version_id)
 CROSS JOIN LATERAL (
       SELECT string_agg(state::text, '' ORDER BY seat_index) AS digits
         FROM (SELECT seat_index, min(state) AS state
                 FROM (SELECT i AS seat_index, 2 AS state FROM generate_series(0, version.n_seats - 1) i
                        UNION ALL
                       SELECT max(seat_index), max(state)
                         FROM (SELECT place_id, seat_index, NULL::int AS state
                                 FROM inventory_seatplace
                                WHERE performance_id = performance.id AND seat_index < version.n_seats
                                UNION ALL
                               SELECT id, NULL, CASE WHEN state = 'free' THEN 0
                                                     WHEN state <> 'held' THEN 2
                                                     WHEN held_until <= statement_timestamp() THEN 0 ELSE 1 END
                                 FROM inventory_place
                                WHERE pool_id = ANY (ARRAY(SELECT id FROM inventory_pool
                                                            WHERE performance_id = performance.id
                                                              AND (NOT is_waited_for OR %(for_list)s)))
                                UNION ALL
                               SELECT id, NULL, CASE WHEN state = 'held' AND held_until > statement_timestamp()
                                                     THEN 1 ELSE 2 END
                                 FROM inventory_place
                                WHERE pool_id = ANY (ARRAY(SELECT id FROM inventory_pool
                                                            WHERE performance_id = performance.id
                                                              AND is_waited_for AND NOT %(for_list)s))) half
                        GROUP BY place_id
                       HAVING max(seat_index) IS NOT NULL) told
                GROUP BY seat_index) seat) every
 WHERE performance.id = ANY (%(ids)s) AND performance.state = 'scheduled' AND performance.sales_stopped_at IS NULL
       AND performance.sale_paused_at IS NULL
"""


def read_vectors(performance_ids: Iterable[UUID], *, for_list: bool = False) -> dict[UUID, SeatVector]:
    """The seats of each of these performances as Postgres has them now; those without seats or not on offer are not there.

    Free seats that somebody waits for are gone, but `for_list`.
    """
    with connection.cursor() as cursor:
        cursor.execute(READ, {"ids": list(performance_ids), "for_list": for_list})
        return {pk: SeatVector.of_digits(digest, digits) for pk, digest, digits in cursor.fetchall()}
