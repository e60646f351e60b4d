"""A statement asked over and over on one connection, with little between it and libpq.

The driver's own `execute` makes a cursor, converts the values and registers the socket anew each time; of a claim for one hold
that was a fifth of this process's time (docs/benchmarks.md). Here the socket stays registered and the values are text already. Goes
through the driver's wrapper of libpq (https://www.psycopg.org/psycopg3/docs/api/pq.html), in the order that libpq's asynchronous
commands ask for (https://www.postgresql.org/docs/current/libpq-async.html).
"""

import asyncio
import re
from collections.abc import Sequence
from itertools import count
from typing import Any, Self
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection, DataError, OperationalError
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

MOST_PREPARED = 100  # statements of one connection: Postgres keeps the plan of each

_names: WeakKeyDictionary[AsyncConnection[Any], dict[str, bytes]] = WeakKeyDictionary()


class Prepared:
    """Asks one statement at a time of a connection in autocommit that nobody else uses meanwhile. An async context manager."""

    def __init__(self, connected: AsyncConnection[Any]) -> None:
        self._libpq = connected.pgconn
        self._names = _names.setdefault(connected, {})
        self._loader = Transformer(connected)
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[PGresult] | None = None
        self._result: PGresult | None = None

    async def __aenter__(self) -> Self:
        self._socket = self._libpq.socket
        self._loop.add_reader(self._socket, self._read)
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._loop.remove_reader(self._socket)

    async def rows(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """The rows of a statement with a `%s` for each of `values`: None for NULL, else what Postgres reads from its `str`.

        Raises DataError for a value with a NUL, the driver's error for what Postgres refuses, OperationalError when the
        connection is lost.
        """
        texts = [None if value is None else str(value).encode() for value in values]
        if any(text is not None and b"\0" in text for text in texts):  # libpq would send what is before it
            raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
        name = self._names.get(statement) or await self._prepare(statement)
        self._libpq.send_query_prepared(name, texts)
        result = await self._answered()
        self._loader.set_pgresult(result)
        return self._loader.load_rows(0, result.ntuples, tuple)

    async def _prepare(self, statement: str) -> bytes:
        if len(self._names) >= MOST_PREPARED:
            self._libpq.send_query(b"DEALLOCATE ALL")
            await self._answered()
            self._names.clear()
        name, number = f"prepared_{len(self._names)}".encode(), count(1)
        self._libpq.send_prepare(name, re.sub("%s", lambda _mark: f"${next(number)}", statement).encode())
        await self._answered()
        self._names[statement] = name
        return name

    async def _answered(self) -> PGresult:
        """What came back of the command just sent. Raises the driver's errors."""
        self._answer, self._result = self._loop.create_future(), None
        while self._libpq.flush():  # more than the socket takes at once
            await self._writable()
        result = await self._answer
        if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            raise error_from_result(result)
        return result

    async def _writable(self) -> None:
        writable = self._loop.create_future()
        self._loop.add_writer(self._socket, writable.set_result, None)
        try:
            await writable
        finally:
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        """Something came: part of an answer, all of it, or the end of the connection."""
        answer = self._answer
        try:
            self._libpq.consume_input()
            while answer is not None and not answer.done() and not self._libpq.is_busy():
                result = self._libpq.get_result()
                if result is not None:
                    self._result = result
                elif self._result is not None:  # nothing more of this command
                    answer.set_result(self._result)
                else:
                    raise OperationalError("the connection gave no answer")
        except OperationalError as error:
            self._loop.remove_reader(self._socket)
            if answer is not None and not answer.done():
                answer.set_exception(error)
