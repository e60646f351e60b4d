"""All stock sockets of this process behind one subscription to Redis: a delta is read once and handed to each of them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context
from typing import Any, cast
from weakref import WeakKeyDictionary

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from inventory.live import CHANGED, LEADER, Snapshot, compact, snapshot_key, topic

logger = logging.getLogger(__name__)

BEAT_SECONDS = 15.0  # how long a lost delta may go unnoticed
AFTER_FAILURE_SECONDS = 1.0
AT_A_TIME = 100  # frames sent before others get their turn

Send = Callable[[str], Awaitable[None]]


class StockHub:
    """Rooms of listeners, by the mark of a performance (which names the organizer)."""

    def __init__(self) -> None:
        self.redis = Redis.from_url(
            settings.LIVE_REDIS_URL,
            decode_responses=True,
            client_name="stock-hub",
            socket_timeout=0.5,
            socket_connect_timeout=0.5,
            retry=Retry(NoBackoff(), 1),
        )
        self.news = self.redis.pubsub(ignore_subscribe_messages=True)  # waits for news without a limit
        self.rooms: dict[str, set[Send]] = {}
        self.tasks: list[asyncio.Task[None]] = []

    async def join(self, mark: str, send: Send) -> Snapshot | None:
        """Hear every delta from now on; returns the snapshot that they go on from, None when nobody announces."""
        is_first = mark not in self.rooms
        self.rooms.setdefault(mark, set()).add(send)
        try:
            if is_first:
                await self.news.subscribe(topic(mark))
            return (await self._snapshots([mark]))[mark]
        except RedisError:
            return None
        finally:
            if not self.tasks:
                # In a context of their own: they serve every organizer, whoever came first.
                jobs = (self._listen(), self._beat_for_ever())
                self.tasks = [asyncio.create_task(job, context=Context()) for job in jobs]

    async def leave(self, mark: str, send: Send) -> None:
        """Hear nothing more. The last one to leave ends the hub's work."""
        self.rooms[mark].discard(send)
        if self.rooms[mark]:
            return
        del self.rooms[mark]
        if not self.rooms:
            for task in self.tasks:
                task.cancel()
            self.tasks = []
        with suppress(RedisError):  # gone with the connection then
            await self.news.unsubscribe(topic(mark))

    def _is_at_work(self) -> bool:
        """Whether the running task is still one of the hub's: a cancellation can get lost in the Redis client."""
        return asyncio.current_task() in self.tasks

    async def _listen(self) -> None:
        while self._is_at_work():
            try:
                async for message in self.news.listen():
                    await self._tell(message["channel"].removeprefix(topic("")), message["data"])
                await asyncio.sleep(AFTER_FAILURE_SECONDS)  # Redis was away as the first one joined
                await self.news.subscribe(*map(topic, self.rooms))
            except RedisError as error:
                logger.warning("stock sockets wait for Redis: %s", error)
                await asyncio.sleep(AFTER_FAILURE_SECONDS)

    async def _beat_for_ever(self) -> None:
        while self._is_at_work():
            await asyncio.sleep(BEAT_SECONDS)
            await self.beat()

    async def beat(self) -> None:
        """Tell each room its number, so that who missed a delta notices; and keep the performances announced."""
        marks = list(self.rooms)
        try:
            if marks:
                await self.redis.sadd(CHANGED, *marks)
                await self.news.subscribe(*map(topic, marks))  # once more: whatever ended one, it is back by now
            snapshots = await self._snapshots(marks)
        except RedisError:
            snapshots = dict.fromkeys(marks)
        for mark, shot in snapshots.items():
            await self._tell(mark, compact({"kind": "beat", "seq": shot.seq if shot else 0}))

    async def _snapshots(self, marks: list[str]) -> dict[str, Snapshot | None]:
        kept = await self.redis.mget(LEADER, *map(snapshot_key, marks))
        leader, *texts = cast("list[str | None]", kept)
        shots = [Snapshot.from_text(text) if leader and text else None for text in texts]
        return dict(zip(marks, shots, strict=True))

    async def _tell(self, mark: str, frame: str) -> None:
        for number, send in enumerate(list(self.rooms.get(mark, ()))):
            if number % AT_A_TIME == AT_A_TIME - 1:
                await asyncio.sleep(0)
            try:
                await send(frame)
            except Exception:  # one listener that is going away must not cost the others the delta
                logger.debug("a stock socket is gone", exc_info=True)


_hubs: WeakKeyDictionary[Any, StockHub] = WeakKeyDictionary()


def stock_hub() -> StockHub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = StockHub()
    return _hubs[loop]
