"""The socket of an open event page: what is left, as numbered deltas (docs/live.md)."""

from collections import Counter
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from inventory.live import compact, mark_of, stock_of
from storefront.stock_hub import stock_hub
from ui.network import client_network

CLOSE_NOT_ON_OFFER = 4404
CLOSE_TOO_MANY = 4429
CLOSE_SAYS_SOMETHING = 1008

_open_by_network: Counter[str] = Counter()


class StockConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # untyped base
    """`hello {seq, map}`, then `delta {from, to, types, seats}` and every 15 s `beat {seq}`.

    For anybody, of dates on offer here; `map` and `seats` are there where the date has a seat map.
    """

    channel_layer_alias = ""  # deltas come by the hub: one subscription for all sockets of the process
    network: str | None = None
    mark: str | None = None

    async def connect(self) -> None:
        """Begin to listen, or refuse the handshake."""
        if not self._is_within_limit():
            await self._refuse(CLOSE_TOO_MANY)
            return
        performance_id = self.scope["url_route"]["kwargs"]["performance_id"]
        self.early: list[str] | None = []
        self.mark = mark_of(self.scope["organizer"].schema_name, performance_id)
        shot = await stock_hub().join(self.mark, self.tell)
        # Only what is on offer is ever announced; what is not announced yet is looked up, and announced from now on.
        if shot is None and not await database_sync_to_async(stock_of)([performance_id]):
            await self._refuse(CLOSE_NOT_ON_OFFER)
            return
        await self.accept()
        early, self.early = self.early, None
        hello: dict[str, Any] = {"kind": "hello", "seq": shot.seq if shot else 0}
        if shot is not None and shot.seats is not None:
            hello["map"] = shot.seats.map
        for frame in [compact(hello), *early]:
            await self.send(frame)

    async def tell(self, frame: str) -> None:
        """Pass a frame of the hub on, after the hello."""
        if self.early is None:
            await self.send(frame)
        else:
            self.early.append(frame)

    async def receive(self, **_words: Any) -> None:
        """Nothing is to be said here."""
        await self.close(code=CLOSE_SAYS_SOMETHING)

    async def disconnect(self, code: int) -> None:
        """Stop listening."""
        network, self.network = self.network, None
        if network is not None:
            _open_by_network[network] -= 1
            if not _open_by_network[network]:
                del _open_by_network[network]
        mark, self.mark = self.mark, None
        if mark is not None:
            await stock_hub().leave(mark, self.tell)

    async def _refuse(self, code: int) -> None:
        await self.disconnect(code)
        await self.close(code=code)

    def _is_within_limit(self) -> bool:
        self.network = _network(self.scope)
        _open_by_network[self.network] += 1
        return _open_by_network[self.network] <= int(settings.STOCK_SOCKETS_PER_NETWORK)


def _network(scope: dict[str, Any]) -> str:
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    client = scope.get("client")
    return client_network(client[0] if client else "", forwarded)
