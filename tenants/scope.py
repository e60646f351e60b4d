"""The edge for WebSockets: Host -> organizer -> schema, and the Origin must be the same host."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from django_tenants.utils import tenant_context

from tenants.queries import normal_host, organizer_for_host

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

CLOSE_UNKNOWN_HOST = 4404
CLOSE_FOREIGN_ORIGIN = 4403


class OrganizerScope:
    """Wraps the WebSocket application: sets `scope["organizer"]` and runs everything inside its schema.

    A browser gets a refused handshake (HTTP 403) when the host is unknown or not active, and when a page of another host
    opened the socket: cookies travel with such a request, so nothing else would stop it. A program that sends no Origin
    is let through, for it has no browser's cookies. Who the visitor is, a consumer that cares finds out (accounts.scope).
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        """One socket, from handshake to close."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        host = normal_host(_header(scope, b"host"))
        if not _is_same_origin(scope, host):
            await _refuse(receive, send, CLOSE_FOREIGN_ORIGIN)
            return
        # Gives the thread's connection back to the pool afterwards, which plain sync_to_async does not.
        organizer = await database_sync_to_async(organizer_for_host)(host)
        if organizer is None or not organizer.is_active:
            await _refuse(receive, send, CLOSE_UNKNOWN_HOST)
            return
        with tenant_context(organizer):
            await self.app({**scope, "organizer": organizer}, receive, send)


def group_name(organizer_id: object, *parts: object) -> str:
    """A channel group that only this organizer's sockets join: `o.<id>.event.<id>`."""
    return ".".join(["o", str(organizer_id), *(str(part) for part in parts)])


def _header(scope: Scope, name: bytes) -> str:
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin1") if len(values) == 1 else ""


def _is_same_origin(scope: Scope, host: str) -> bool:
    origins = [value for key, value in scope["headers"] if key == b"origin"]
    if not origins:
        return True
    try:
        origin = urlsplit(origins[0].decode("latin1"))
        return len(origins) == 1 and origin.scheme in ("http", "https") and normal_host(origin.netloc) == host
    except ValueError:
        return False


async def _refuse(receive: Callable[[], Awaitable[Any]], send: Any, code: int) -> None:
    await receive()
    await send({"type": "websocket.close", "code": code})
