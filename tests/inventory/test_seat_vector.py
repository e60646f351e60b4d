"""Two bits a seat: written, read, compared, announced; nothing private in it."""

import json
import struct
import zlib
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from audit.actions import SYSTEM
from inventory import live
from inventory.announcer import Announcer
from inventory.blocks import Purpose, block_seats
from inventory.seat_vector import READ, SeatVector, read_vectors
from tests import world
from tests.inventory.test_announcer import look
from tests.world import STALLS

DIGITS = st.text("0123", min_size=1, max_size=70)
HASH = "00112233445566778899aabbccddeeff"


@given(DIGITS)
def test_a_vector_is_its_states(digits: str) -> None:
    vector = SeatVector.of_digits(HASH, digits)

    assert "".join(str(vector.state_of(index)) for index in range(vector.n)) == digits
    free = int.from_bytes(vector.free, "little")
    assert [free >> index & 1 for index in range(vector.n)] == [digit == "0" for digit in digits]
    assert SeatVector.from_json(json.loads(json.dumps(vector.as_json()))) == vector


@given(st.data(), DIGITS)
def test_runs_lead_from_one_state_to_the_other(data: st.DataObject, before: str) -> None:
    after = data.draw(st.text("0123", min_size=len(before), max_size=len(before)))
    old, new = SeatVector.of_digits(HASH, before), SeatVector.of_digits(HASH, after)

    applied = list(before)
    runs = new.runs_since(old)
    for first, count, state in runs:
        assert all(one != str(state) for one in applied[first : first + count])  # nothing is said that was known
        applied[first : first + count] = str(state) * count

    assert "".join(applied) == after
    assert sum(count for _first, count, _state in new.runs_since(None)) == len(after)


def test_what_browsers_get_is_laid_out_as_documented() -> None:
    content = SeatVector.of_digits(HASH, "01230").as_bytes(7)

    magic, digest, seq, n, crc = struct.unpack("<4s16sQII", content[:36])
    assert (magic, digest.hex(), seq, n) == (b"MQS1", HASH, 7, 5)
    assert content[36:] == bytes([0b11100100, 0b00])
    assert crc == zlib.crc32(content[36:])


@pytest.fixture
def hall(northside: world.House) -> Any:
    live.connected().flushdb()
    return world.make_seated_event(
        world.seat_map(("Stalls", STALLS, (6,))), kinds=(("Adult", 0, STALLS),), closed=["Stalls-A-6"]
    )


def states(event: Any) -> str:
    pk = world.the_performance(event).pk
    vector = read_vectors([pk])[pk]
    return "".join(str(vector.state_of(index)) for index in range(vector.n))


def test_sold_blocked_and_closed_all_read_as_gone_and_a_lapsed_hold_as_free(hall: Any) -> None:
    with world.an_hour_ago():
        world.hold_seats(hall, Adult=["Stalls-A-1", "Stalls-A-2"])
    assert states(hall) == "000002"

    world.order_seats(hall, Adult=["Stalls-A-1", "Stalls-A-2"])
    world.hold_seats(hall, Adult=["Stalls-A-3"])
    block_seats(performance_id=world.the_performance(hall).pk, seats=[3], purpose=Purpose(owner="house"), actor=SYSTEM)

    assert states(hall) == "221202"


TABLES = ["inventory_place", "inventory_seatplace"]
UNKNOWN = (
    "SELECT pg_clear_relation_stats(current_schema()::text, t) FROM unnest(%s::text[]) t",
    "SELECT pg_clear_attribute_stats(schemaname::text, tablename::text, attname::text, inherited) FROM pg_stats"
    " WHERE schemaname = current_schema() AND tablename = ANY (%s)",
)
EMPTY = (
    *UNKNOWN,
    "SELECT pg_restore_relation_stats('schemaname', current_schema()::text, 'relname', t,"
    " 'relpages', pg_relation_size(t::regclass)::int / 8192, 'reltuples', 0::real) FROM unnest(%s::text[]) t",
)


@pytest.mark.parametrize("statistics", [UNKNOWN, EMPTY], ids=["none", "of_empty_tables"])
def test_seats_are_read_in_proportion_to_their_number_whatever_postgres_believes(
    northside: world.House, statistics: tuple[str, ...]
) -> None:
    """Without statistics, or with those of a publication that was rolled back, it once compared each seat with each."""
    rows = world.seat_map(("Stalls", STALLS, (60, 60, 60, 60, 60)))
    event = world.make_seated_event(rows, kinds=(("Adult", 0, STALLS),))

    with connection.cursor() as cursor:
        for statement in statistics:
            cursor.execute(statement, [TABLES])
        cursor.execute("SET LOCAL enable_hashjoin = off")
        cursor.execute("SET LOCAL enable_mergejoin = off")
        cursor.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {READ}", {"ids": [world.the_performance(event).pk], "for_list": False}
        )
        [[[plan]]] = cursor.fetchall()

    assert 300 <= handled(plan["Plan"]) < 300 * 20
    assert states(event) == "0" * 300


def handled(node: dict[str, Any]) -> float:
    """How many rows a step of a plan and all below it gave or threw away."""
    thrown = node.get("Rows Removed by Join Filter", 0) + node.get("Rows Removed by Filter", 0)
    below = sum(handled(one) for one in node.get("Plans", ()))
    return float((node["Actual Rows"] + thrown) * node["Actual Loops"] + below)


def test_a_delta_has_the_seats_that_changed_and_the_snapshot_all_of_them(hall: Any) -> None:
    announcer = Announcer(live.connected())
    performance = world.the_performance(hall).pk

    [first] = look(announcer, hall)
    hold = world.hold_seats(hall, Adult=["Stalls-A-1", "Stalls-A-2"])
    [second] = look(announcer, hall)
    world.checkout.release_hold(hold_id=hold.pk, token=hold.token)
    [third] = look(announcer, hall)

    assert first["seats"] == [[0, 5, 0], [5, 1, 2]]
    assert second["seats"] == [[0, 2, 1]]
    assert third["seats"] == [[0, 2, 0]]
    assert live.seats_of(performance) == (third["to"], read_vectors([performance])[performance])
    assert look(announcer, hall) == []


def test_too_much_for_a_frame_is_fetched(hall: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inventory.announcer.MOST_RUNS", 1)

    [delta] = look(Announcer(live.connected()), hall)

    assert delta["seats"] is None


def test_a_date_without_a_map_says_nothing_of_seats(northside: world.House) -> None:
    live.connected().flushdb()
    event = world.make_event(kinds=(("Standing", 0, 5),))

    [delta] = look(Announcer(live.connected()), event)

    assert "seats" not in delta
    assert live.seats_of(world.the_performance(event).pk) is None
