"""The product's ASGI application with an empty endpoint in front of it: the least that its server can answer."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from config.asgi import application as product

CONTENT = b'{"ok":true}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(CONTENT)).encode())]


async def application(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """`/bench/empty` at once, everything else as always."""
    if scope["type"] == "http" and scope["path"] == "/bench/empty":
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": CONTENT})
    else:
        await product(scope, receive, send)  # type: ignore[arg-type]
