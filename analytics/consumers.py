"""The socket that tells staff screens when to look again."""

import asyncio
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from accounts.scope import verified_user
from analytics.live import sales_group
from people.models import Membership
from people.queries import membership_of

CLOSE_NOT_STAFF = 4401
AT_MOST_EVERY_SECONDS = 0.5  # an on-sale sells hundreds a second; a screen need not repaint more often


class SalesConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # untyped base
    """Sends `{"event_id": ...}` when an event's sales moved. For members who may see sales, past the second step."""

    async def connect(self) -> None:
        """Join the organizer's group, or refuse the handshake."""
        self.waiting: set[str] = set()
        self.sender: asyncio.Task[None] | None = None
        organizer = self.scope["organizer"]
        user = await verified_user(self.scope, organizer=organizer)
        membership: Membership | None = await database_sync_to_async(membership_of)(user.pk) if user else None
        if membership is None or not membership.can_sell:
            await self.close(code=CLOSE_NOT_STAFF)
            return
        self.group = sales_group(organizer.pk)
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        if self.sender is not None:
            self.sender.cancel()
        if hasattr(self, "group"):
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def sales_moved(self, message: dict[str, Any]) -> None:
        """Pass the hint on; many within half a second become one per event."""
        self.waiting.add(message["event_id"])
        if self.sender is None or self.sender.done():
            self.sender = asyncio.create_task(self._send_soon())

    async def _send_soon(self) -> None:
        await asyncio.sleep(AT_MOST_EVERY_SECONDS)
        waiting, self.waiting = self.waiting, set()
        for event_id in sorted(waiting):
            await self.send_json({"event_id": event_id})
