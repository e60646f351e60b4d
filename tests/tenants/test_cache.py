"""The caches in Redis: every context has its own cache object, and all share the process's connections."""

import asyncio
from contextvars import Context

import pytest
import redis
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.cache import caches


@pytest.mark.parametrize("name", ["default", "public"])
def test_tasks_one_after_the_other_connect_to_redis_once(name: str) -> None:
    server = redis.Redis.from_url(settings.REDIS_URL)

    def connected() -> int:
        return int(server.info("stats")["total_connections_received"])

    def read() -> object:
        return caches[name].get("seats")

    async def in_tasks_of_their_own() -> list[object]:
        return [await asyncio.create_task(sync_to_async(read)(), context=Context()) for _task in range(20)]

    caches[name].set("seats", 18_000, 5)
    before = connected()
    found = asyncio.run(in_tasks_of_their_own())

    assert found == [18_000] * 20
    assert connected() - before <= 1
