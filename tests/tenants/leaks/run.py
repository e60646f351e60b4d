"""Runs every scenario and prints {name: [what was seen, what would have been right]} as JSON."""

# ruff: noqa: E402  Django must be set up before models are imported

import asyncio
import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.tenants.leaks.settings")
django.setup()

import httpx
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import RequestFactory
from django_tenants.models import TenantMixin
from django_tenants.utils import schema_context, tenant_context

from tenants import transactions
from tenants.models import Organizer
from tests.tenants.leaks import views
from tests.tenants.leaks.canary import Canary, CanaryConsumer, read

STOCK = settings.ENGINE == "stock"
if STOCK:
    request_started.disconnect(dispatch_uid="tenants.leave_organizer.started")
    request_finished.disconnect(dispatch_uid="tenants.leave_organizer.finished")
EAST, WEST = (Organizer.objects.get(slug=slug) for slug in ("eastgate", "westgate"))
EAST_NAME, WEST_NAME = EAST.schema_name, WEST.schema_name


async def get(host: str, path: str) -> str:
    """One request through the whole ASGI handler."""
    transport = httpx.ASGITransport(app=ASGIHandler())
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        response = await client.get(path)
        return response.text if response.status_code == 200 else f"error {response.status_code}"


async def cache_in_async_view() -> tuple[str, str]:
    """1: a synchronous cache call inside `async def` uses the key of `public`."""
    await get("eastgate.localhost", "/cached")
    return await get("westgate.localhost", "/cached"), "nothing"


async def schema_context_in_coroutine() -> tuple[str, str]:
    """2: the asynchronous ORM ignores a schema_context entered in a coroutine."""
    return await get("eastgate.localhost", f"/nested?schema={WEST_NAME}"), WEST_NAME


async def task_after_response() -> tuple[str, str]:
    """3: what outlives the response loses its organizer."""
    await get("eastgate.localhost", "/afterwards")
    return await views.background["afterwards"], EAST_NAME


async def thread_that_is_not_sensitive() -> tuple[str, str]:
    """4: another thread has another connection, on public or on whatever was there before."""
    return await get("eastgate.localhost", "/other_thread"), EAST_NAME


async def sockets_share_a_thread() -> tuple[str, str]:
    """5: all consumers of a process share one database thread."""
    east = WebsocketCommunicator(CanaryConsumer.as_asgi(), "/")
    east.scope["organizer"] = EAST
    await east.connect()
    west = WebsocketCommunicator(CanaryConsumer.as_asgi(), "/")
    west.scope["organizer"] = WEST
    await west.connect()
    await east.send_to(text_data="where am I?")
    seen = await east.receive_from()
    await east.disconnect()
    await west.disconnect()
    return seen, EAST_NAME


def failing_set() -> tuple[str, str]:
    """6: when SET search_path fails, the statement runs on the schema of the connection's last user."""

    def cancelled(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SET search_path"):
            raise OperationalError("canceling statement due to statement timeout")
        return execute(sql, params, many, context)

    with tenant_context(EAST):
        read()
    with tenant_context(WEST), connection.execute_wrapper(cancelled):
        try:
            return read(), "refused"
        except OperationalError:
            return "refused", "refused"


def organizer_as_context_manager() -> tuple[str, str]:
    """7: `with organizer:` keeps the previous one in a list that all threads share."""
    enter: Any = TenantMixin.__enter__ if STOCK else Organizer.__enter__
    barrier = [threading.Event() for _ in range(3)]

    def one() -> str:
        connection.set_tenant(EAST)
        enter(WEST)
        barrier[0].set()
        barrier[1].wait(5)
        WEST.__exit__(None, None, None)
        return str(connection.schema_name)

    def two() -> str:
        barrier[0].wait(5)
        connection.set_tenant(WEST)
        enter(EAST)
        barrier[1].set()
        return str(connection.schema_name)

    with ThreadPoolExecutor(2) as pool:
        seen = [pool.submit(one), pool.submit(two)]
        try:
            return seen[0].result(10), EAST_NAME
        except TypeError:
            barrier[0].set()
            return EAST_NAME, EAST_NAME  # our model refuses


def schema_context_as_decorator() -> tuple[str, str]:
    """8: a decorator is one object for all threads. Both engines: tests/rules forbid it in our code."""
    first_is_in, second_is_in = threading.Event(), threading.Event()

    @schema_context("public")
    def work(first: bool) -> None:
        if first:
            first_is_in.set()
            second_is_in.wait(5)
        else:
            second_is_in.set()

    def one() -> str:
        connection.set_tenant(EAST)
        work(True)
        return str(connection.schema_name)

    def two() -> str:
        first_is_in.wait(5)
        connection.set_tenant(WEST)
        work(False)
        return str(connection.schema_name)

    with ThreadPoolExecutor(2) as pool:
        seen = [pool.submit(one), pool.submit(two)]
        return seen[0].result(10), EAST_NAME


def on_commit_in_nested_context() -> tuple[str, str]:
    """9: what was registered inside a nested context runs outside it."""
    seen: list[str] = []
    register = transaction.on_commit if STOCK else transactions.on_commit
    with tenant_context(EAST), transaction.atomic(), tenant_context(WEST):
        register(lambda: seen.append(read()))
    return seen[0], WEST_NAME


def lazy_queryset() -> tuple[str, str]:
    """10: a queryset that leaves its context is evaluated in another. Both engines: return lists."""
    with tenant_context(EAST):
        lazy = Canary.objects.all()
    with tenant_context(WEST):
        return lazy[0].value, EAST_NAME


def organizer_after_response() -> tuple[str, str]:
    """11: a WSGI thread keeps the organizer of its last request."""
    request = RequestFactory().get("/plain", headers={"host": "eastgate.localhost"})
    response = WSGIHandler()(request.environ, lambda *args: None)
    response.close()
    return str(connection.schema_name), "public"


def file_in_another_schema() -> tuple[str, str]:
    """13: a file's place follows the schema of whoever opens it."""
    with tenant_context(EAST):
        name = storages["private"].save("ticket.pdf", ContentFile(b"east"))
    with tenant_context(WEST):
        try:
            path = storages["private"].path(name)
        except SuspiciousFileOperation:
            return "refused", "refused"
    return "another organizer's folder" if WEST_NAME in path else path, "refused"


# --- What works on both, and must keep working --------------------------------------------------------------------------


async def gathered_reads() -> tuple[str, str]:
    """asyncio.gather inside one request."""
    return await get("eastgate.localhost", "/gathered"), ",".join([EAST_NAME] * 5)


def rollbacks_in_nested_contexts() -> tuple[str, str]:
    """A rollback takes back the SET that ran inside it; the next statement must set again."""
    seen = []
    with tenant_context(EAST):
        seen.append(read())
        try:
            with transaction.atomic(), tenant_context(WEST):
                seen.append(read())
                raise LookupError
        except LookupError:
            seen.append(read())
        with transaction.atomic():
            try:
                with transaction.atomic(), tenant_context(WEST):
                    seen.append(read())
                    raise LookupError
            except LookupError:
                seen.append(read())
    return ",".join(seen), ",".join([EAST_NAME, WEST_NAME, EAST_NAME, WEST_NAME, EAST_NAME])


def threads_on_the_pool() -> tuple[str, str]:
    """Twelve threads take turns with eight pooled connections, alternating organizers, with server-side cursors."""

    def work(number: int) -> int:
        wrong = 0
        for turn in range(60):
            organizer = EAST if (number + turn) % 2 else WEST
            with tenant_context(organizer):
                wrong += read() != organizer.schema_name
                wrong += [row.value for row in Canary.objects.iterator()] != [organizer.schema_name]
            if turn % 3 == 0:
                connection.close()
        connection.close()
        return wrong

    with ThreadPoolExecutor(12) as pool:
        return str(sum(pool.map(work, range(12)))), "0"


async def requests_at_once() -> tuple[str, str]:
    """Eighty requests for two organizers in flight together."""
    hosts = ["eastgate.localhost", "westgate.localhost"] * 40
    wanted = [EAST_NAME, WEST_NAME] * 40
    seen = await asyncio.gather(*(get(host, "/plain") for host in hosts))
    return str(sum(a != b for a, b in zip(seen, wanted, strict=True))), "0"


async def _all() -> dict[str, tuple[str, str]]:
    cache.clear()
    results = {}
    for scenario in (
        cache_in_async_view,
        schema_context_in_coroutine,
        task_after_response,
        thread_that_is_not_sensitive,
        sockets_share_a_thread,
        gathered_reads,
        requests_at_once,
    ):
        try:
            results[scenario.__name__] = await scenario()
        except DatabaseError as error:  # public has no such table
            results[scenario.__name__] = type(error).__name__, "a row"
    return results


def main() -> None:
    """Asynchronous scenarios first, then those that need no event loop."""
    results = asyncio.run(_all())
    for scenario in (
        failing_set,
        organizer_as_context_manager,
        schema_context_as_decorator,
        on_commit_in_nested_context,
        lazy_queryset,
        organizer_after_response,
        file_in_another_schema,
        rollbacks_in_nested_contexts,
        threads_on_the_pool,
    ):
        connection.set_schema_to_public()
        try:
            results[scenario.__name__] = scenario()
        except DatabaseError as error:
            results[scenario.__name__] = type(error).__name__, "a row"
        connection.close()
    print(json.dumps(results))


main()
