"""Statements asked over and over on one connection (inventory/prepared.py), on a real one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from psycopg import AsyncConnection, DataError, OperationalError
from psycopg.errors import DivisionByZero

from inventory.lanes import _address
from inventory.prepared import MOST_PREPARED, Prepared


@pytest.fixture
async def connected(django_db_setup: None) -> AsyncIterator[AsyncConnection]:
    connected = await AsyncConnection.connect(_address(), autocommit=True)
    yield connected
    await connected.close()


async def test_rows_come_in_the_types_that_the_driver_gives(connected: AsyncConnection) -> None:
    statement = "SELECT %s::int, %s::text[], %s::boolean, %s::timestamptz, %s::text"
    async with Prepared(connected) as prepared:
        rows = await prepared.rows(statement, [7, '{Zoë,"a, b"}', True, "2026-11-28 20:00:00+01", None])
        again = await prepared.rows(statement, [8, "{}", False, None, "東京"])

    assert rows == [(7, ["Zoë", "a, b"], True, datetime(2026, 11, 28, 19, tzinfo=UTC), None)]
    assert again == [(8, [], False, None, "東京")]


async def test_what_postgres_refuses_is_the_drivers_error_and_the_next_statement_works(
    connected: AsyncConnection,
) -> None:
    async with Prepared(connected) as prepared:
        with pytest.raises(DivisionByZero):
            await prepared.rows("SELECT 1 / %s::int", [0])

        assert await prepared.rows("SELECT 1 / %s::int", [1]) == [(1,)]


async def test_no_half_of_a_text_is_sent(connected: AsyncConnection) -> None:
    async with Prepared(connected) as prepared:
        with pytest.raises(DataError, match="NUL"):
            await prepared.rows("SELECT %s::text", ["a\x00b"])

        assert await prepared.rows("SELECT %s::text", ["ab"]) == [("ab",)]


async def test_more_than_the_socket_takes_at_once_arrives_whole(connected: AsyncConnection) -> None:
    async with Prepared(connected) as prepared:
        rows = await prepared.rows("SELECT length(%s::text), repeat('x', %s::int)", ["a" * 20_000_000, 20_000_000])

    assert rows == [(20_000_000, "x" * 20_000_000)]


async def test_a_connection_that_is_cut_is_told_of_while_asking_and_before(connected: AsyncConnection) -> None:
    async with Prepared(connected) as prepared:
        asking = asyncio.create_task(prepared.rows("SELECT pg_sleep(%s::int)", [30]))
        await asyncio.sleep(0.3)
        await _cut(connected.info.backend_pid)

        with pytest.raises(OperationalError):
            await asyncio.wait_for(asking, 5)
        with pytest.raises(OperationalError):
            await prepared.rows("SELECT %s::int", [1])


async def test_a_connection_that_is_cut_while_nobody_asks_does_not_keep_the_loop_busy(
    connected: AsyncConnection,
) -> None:
    async with Prepared(connected) as prepared:
        await prepared.rows("SELECT %s::int", [1])
        socket = connected.pgconn.socket
        await _cut(connected.info.backend_pid)
        await asyncio.sleep(0.3)

        assert not asyncio.get_running_loop().remove_reader(socket)  # it was taken out
        with pytest.raises(OperationalError):
            await prepared.rows("SELECT %s::int", [1])


async def test_a_connection_keeps_so_many_plans_at_most(connected: AsyncConnection) -> None:
    async with Prepared(connected) as prepared:
        for number in range(2 * MOST_PREPARED + 1):
            assert await prepared.rows(f"SELECT %s::int + {number}", [1]) == [(number + 1,)]
        ((kept,),) = await prepared.rows("SELECT count(*) FROM pg_prepared_statements WHERE name = %s", ["prepared_0"])
        ((plans,),) = await prepared.rows("SELECT count(*)::int FROM pg_prepared_statements WHERE %s", [True])

    assert (kept, plans) == (1, 3)


async def _cut(pid: int) -> None:
    async with await AsyncConnection.connect(_address(), autocommit=True) as other:
        await other.execute("SELECT pg_terminate_backend(%s)", [pid])
