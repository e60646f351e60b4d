"""The socket on which a line moves: its facts come once a second from the tick, each visitor's own numbers are made here."""

import asyncio
import random
from http.cookies import CookieError, SimpleCookie
from typing import Any

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from tenants.queries import normal_host
from waiting_room.live import line_group
from waiting_room.standing import entry_of, standing_of
from waiting_room.store import META_SECONDS

CLOSE_NO_ENTRY = 4401
SPREAD_SECONDS = 0.5  # so that a thousand sockets are not written to in the same moment


class LineConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # untyped base
    """Sends a visitor's standing when the line moves, if it changed. For who carries a token of this event at this host."""

    async def connect(self) -> None:
        """Join the line's group, or refuse the handshake."""
        self.sender: asyncio.Task[None] | None = None
        self.last: dict[str, Any] = {}
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.scope["headers"]}
        try:
            jar = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            jar = SimpleCookie()
        cookies = {name: morsel.value for name, morsel in jar.items()}
        self.slug = self.scope["url_route"]["kwargs"]["slug"]
        _carried, entry = entry_of(cookies, "", host=normal_host(headers.get("host", "")))
        if entry is None:
            await self.close(code=CLOSE_NO_ENTRY)
            return
        self.entry = entry
        self.group = line_group(self.scope["organizer"].pk, entry.line_id)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        await self._send()

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        if self.sender is not None:
            self.sender.cancel()
        if hasattr(self, "group"):
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def line_moved(self, message: dict[str, Any]) -> None:
        """Tell the visitor soon; many hints within that time become one."""
        if self.sender is None or self.sender.done():
            self.sender = asyncio.create_task(self._send_soon())

    async def _send_soon(self) -> None:
        # Longer than this process remembers the line's facts: what is told is never older than the hint.
        await asyncio.sleep(META_SECONDS + random.random() * SPREAD_SECONDS)
        await self._send()

    async def _send(self) -> None:
        standing, self.entry = await sync_to_async(standing_of)(self.entry, slug=self.slug)
        told = standing.as_json()
        if told != self.last:
            self.last = told
            await self.send_json(told)
