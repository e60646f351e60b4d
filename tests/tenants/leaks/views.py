"""Views in which the stock backend answers with another organizer's row."""

import asyncio
from typing import Any

from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django_tenants.utils import schema_context

from tests.tenants.leaks.canary import read, read_async

# What views started and left running; the harness waits for them.
background: dict[str, asyncio.Task[str]] = {}


async def cached(request: HttpRequest) -> HttpResponse:
    """Says what the cache has under a fixed key, then puts the organizer's name there."""
    found = cache.get("greeting", "nothing")
    cache.set("greeting", request.tenant.schema_name, 60)  # type: ignore[attr-defined]
    return HttpResponse(found)


async def nested(request: HttpRequest) -> HttpResponse:
    """Reads the row of the schema in ?schema= from an asynchronous view."""
    with schema_context(request.GET["schema"]):
        return HttpResponse(await read_async())


async def afterwards(request: HttpRequest) -> HttpResponse:
    """Starts work that reads after the response was sent."""

    async def work() -> str:
        await asyncio.sleep(0.2)
        return await read_async()

    background["afterwards"] = asyncio.create_task(work())
    return HttpResponse("started")


async def other_thread(request: HttpRequest) -> HttpResponse:
    """Reads on whatever thread is free."""
    return HttpResponse(await sync_to_async(read, thread_sensitive=False)())


async def gathered(request: HttpRequest) -> HttpResponse:
    """Reads five times at once."""
    return HttpResponse(",".join(await asyncio.gather(*(read_async() for _ in range(5)))))


def plain(request: HttpRequest) -> HttpResponse:
    """Reads in a synchronous view."""
    return HttpResponse(read())


def schema_now(request: HttpRequest) -> HttpResponse:
    """The schema by name."""
    return HttpResponse(connection.schema_name)  # type: ignore[attr-defined]


_views: list[Any] = [cached, nested, afterwards, other_thread, gathered, plain, schema_now]
urlpatterns = [path(view.__name__, view) for view in _views]
