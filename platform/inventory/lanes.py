"""The group claim: all holds asked for of one performance while a claim is under way go into the next, as one statement.

A lane is a list of waiting requests and one call in flight. There is no timer: an idle lane sends a request at once, a busy
one collects. So one statement and one commit serve up to MOST_IN_GROUP buyers, each still all or nothing, by the same SQL
function as a single claim. Everything here runs on one event loop and knows nothing of HTTP.
"""

import asyncio
import logging
import select
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import AsyncConnection, DatabaseError, OperationalError, sql
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from inventory.claim import CALL, ClaimAnswer, ClaimRequest, answers, parameters
from inventory.live import mark_many
from inventory.prepared import Prepared
from ui.errors import Overloaded

logger = logging.getLogger(__name__)

# A call takes half of those who wait: while Postgres answers these, this process reads and writes for the others. Were all taken,
# each of the two would wait for the other.
LEAST_IN_GROUP = 32  # who are fewer go together: each call costs a commit
MOST_IN_GROUP = 512
MOST_WAITING = 20_000  # per lane; beyond that people are sent away at once
BUSY_SECONDS = 1.0  # so long is a claim made again that others' unfinished ones stood in the way of
BUSY_PAUSE_SECONDS = 0.005
MARK_SECONDS = 0.1  # live counts are asked for so often at most
TURN_CALLS = 20  # a lane keeps its connection for so many calls, then lets others have it
IDLE_SECONDS = 0.02  # and so long while nobody asks: in a rush people come closer together
CONNECTIONS = 4  # claims of different performances that one process may have under way
POOL_SECONDS = 1.0  # a claim waits so long for a connection


class _Waiting:
    __slots__ = ("answer", "busy_until", "offer_version", "request")

    def __init__(self, request: ClaimRequest, offer_version: UUID, answer: asyncio.Future[ClaimAnswer]) -> None:
        self.request, self.offer_version, self.answer = request, offer_version, answer
        self.busy_until = 0.0  # counts from the first time that others stood in the way


class Lanes:
    """All lanes of one process, and the connections that they share. Use from one event loop."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[str, UUID], _Lane] = {}
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] | None = None
        self._changed: set[tuple[str, UUID]] = set()
        self._marking: asyncio.Task[None] | None = None

    async def claim(
        self, *, schema: str, performance_id: UUID, offer_version: UUID, request: ClaimRequest
    ) -> ClaimAnswer:
        """Ask for one hold in a group; the answer comes after the commit. `stale` is for the caller to act upon.

        Raises Overloaded when too many wait, or Postgres does not answer: nothing is held then that was not acknowledged
        (an ambiguous commit is settled by the request's key).
        """
        lane = self._lanes.get((schema, performance_id))
        if lane is None:
            lane = self._lanes[schema, performance_id] = _Lane(self, schema, performance_id)
        if len(lane.waiting) >= MOST_WAITING:
            raise Overloaded
        waiting = _Waiting(request, offer_version, asyncio.get_running_loop().create_future())
        lane.waiting.append(waiting)
        lane.wake()
        return await waiting.answer

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A living connection in autocommit, for one turn of a lane. Raises OperationalError, PoolTimeout."""
        pool = await self._opened()
        async with pool.connection(timeout=POOL_SECONDS) as connected:
            yield connected

    def forget(self, lane: "_Lane") -> None:
        """Drop a lane that nobody waits in."""
        self._lanes.pop((lane.schema, lane.performance_id), None)

    def mark(self, schema: str, performance_id: UUID) -> None:
        """Have the live counts of a performance read anew, soon and once however many ask."""
        self._changed.add((schema, performance_id))
        if self._marking is None or self._marking.done():
            self._marking = asyncio.create_task(self._mark())

    async def _mark(self) -> None:
        await asyncio.sleep(MARK_SECONDS)
        changed, self._changed = self._changed, set()
        await asyncio.to_thread(mark_many, changed)  # a Redis that hangs must not stop the loop

    async def _opened(self) -> AsyncConnectionPool[AsyncConnection[Any]]:
        if self._pool is None:
            pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
                _address(),
                kwargs={"autocommit": True},
                min_size=1,
                max_size=CONNECTIONS,
                open=False,
                # After a restart of Postgres: no dead connection is handed out, and a new one is tried for at once.
                check=_check,
                reconnect_timeout=2.0,
                name="lanes",
            )
            self._pool = pool
            await pool.open()
        return self._pool


class _Lane:
    """One performance's waiting requests."""

    def __init__(self, lanes: Lanes, schema: str, performance_id: UUID) -> None:
        self.lanes, self.schema, self.performance_id = lanes, schema, performance_id
        self.waiting: deque[_Waiting] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._idle: asyncio.Future[None] | None = None
        self._call = CALL.format(schema=f"{sql.Identifier(schema).as_string(None)}.")

    def wake(self) -> None:
        """Start working unless at work."""
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        else:
            self._rouse()

    def _rouse(self) -> None:
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    async def _somebody_asks(self) -> bool:
        """Whether anybody waits, now or within IDLE_SECONDS."""
        if not self.waiting:
            loop = asyncio.get_running_loop()
            self._idle = loop.create_future()
            timer = loop.call_later(IDLE_SECONDS, self._rouse)
            await self._idle
            timer.cancel()
        return bool(self.waiting)

    async def _work(self) -> None:
        group: list[_Waiting] = []
        try:
            async with self.lanes.connection() as connected, Prepared(connected) as prepared:
                for _turn in range(TURN_CALLS):
                    group = self._next_group()
                    if group:
                        await self._serve(prepared, group)
                    if not await self._somebody_asks():
                        break
        except (OperationalError, PoolTimeout) as error:
            # No connection, or it was lost: nobody was told "held", and the keys settle what was committed.
            logger.warning("claims of %s were not answered: %s", self.performance_id, error)
            self._fail_all([*group, *self.waiting])
            self.waiting.clear()
        except Exception:  # whatever it is, nobody must wait for an answer that never comes
            logger.exception("A group claim of %s failed", self.performance_id)
            self._fail_all(group)
        finally:
            self._worker = None
            if self.waiting:
                self.wake()
            else:
                self.lanes.forget(self)

    def _next_group(self) -> list[_Waiting]:
        """The first that were priced with one version; of one person, or with one key, only the first of a group."""
        group: list[_Waiting] = []
        later: list[_Waiting] = []
        persons, keys = set[str](), set[tuple[str, str]]()
        most = min(max(LEAST_IN_GROUP, len(self.waiting) // 2), MOST_IN_GROUP)
        while self.waiting and len(group) < most:
            waiting = self.waiting.popleft()
            request = waiting.request
            if waiting.answer.done():  # its client has gone
                continue
            key = (request.scope, request.key)
            if (
                (group and waiting.offer_version != group[0].offer_version)
                or (request.person and request.person in persons)
                or (request.key and key in keys)
            ):
                later.append(waiting)
                continue
            persons.add(request.person)
            keys.add(key)
            group.append(waiting)
        self.waiting.extendleft(reversed(later))
        return group

    async def _serve(self, prepared: Prepared, group: list[_Waiting]) -> None:
        """One call, one transaction. Raises OperationalError when the connection is lost."""
        requests = [waiting.request for waiting in group]
        values = parameters(self.performance_id, group[0].offer_version, requests, at=None, waits=False)
        try:
            rows = await prepared.rows(self._call, values)
        except OperationalError:
            raise
        except DatabaseError as error:
            if len(group) > 1:  # one bad request fails its whole group: each gets a call of its own
                for waiting in group:
                    await self._serve(prepared, [waiting])
                return
            logger.warning("A claim of %s failed: %s", self.performance_id, error)
            self._fail_all(group)
            return
        self._hand_out(group, answers(requests, rows))
        if all(not waiting.answer.done() for waiting in group):
            await asyncio.sleep(BUSY_PAUSE_SECONDS)

    def _fail_all(self, group: Sequence[_Waiting]) -> None:
        for waiting in group:
            if not waiting.answer.done():
                waiting.answer.set_exception(Overloaded())

    def _hand_out(self, group: list[_Waiting], given: list[ClaimAnswer]) -> None:
        now, again = time.monotonic(), []
        for waiting, answer in zip(group, given, strict=True):
            if answer.verdict == "busy" and not waiting.busy_until:
                waiting.busy_until = now + BUSY_SECONDS
            if answer.verdict == "busy" and now < waiting.busy_until:
                again.append(waiting)
            elif not waiting.answer.done():
                waiting.answer.set_result(answer)
        self.waiting.extendleft(reversed(again))
        if any(answer.verdict == "held" for answer in given):
            self.lanes.mark(self.schema, self.performance_id)


async def _check(connected: AsyncConnection[Any]) -> None:
    """Raises OperationalError for a connection that was cut. One that is silent is alive: to ask it, as the pool's own check
    does, costs this process a quarter of a claim."""
    poll = select.poll()
    poll.register(connected.fileno(), select.POLLIN)
    if poll.poll(0):  # nothing was asked, so it is Postgres's farewell, or a notice
        await AsyncConnectionPool.check_connection(connected)


def _address() -> str:
    """The database of the Django connection, as the same role and with the same limits."""
    facts = connection.settings_dict
    return make_conninfo(
        dbname=facts["NAME"],
        user=facts["USER"],
        password=facts["PASSWORD"],
        host=facts["HOST"],
        port=facts["PORT"],
        **{name: value for name, value in facts["OPTIONS"].items() if name not in ("pool", "server_side_binding")},
    )
