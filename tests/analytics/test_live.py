"""The socket that tells screens to look again."""

import asyncio
from typing import Any

import pytest
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator

from analytics.live import announce_sale, sales_group
from config.asgi import application
from tests import world


def socket(host: str, cookie: str = "", origin: str | None = None) -> Any:
    headers = [(b"host", f"{host}:8000".encode()), (b"origin", (origin or f"http://{host}:8000").encode())]
    if cookie:
        headers.append((b"cookie", f"session={cookie}".encode()))
    return WebsocketCommunicator(application, "/ws/sales/", headers=headers)


async def is_let_in(host: str, cookie: str = "", origin: str | None = None) -> bool:
    communicator = socket(host, cookie, origin)
    connected, _code = await communicator.connect()
    await communicator.disconnect()
    return bool(connected)


def test_the_hint_names_the_event_and_goes_to_this_organizers_group(
    northside: world.House, southside: world.House
) -> None:
    order = world.place_order(world.make_event(kinds=(("Guest", 0, 5),)), Guest=1)

    async def listen() -> list[Any]:
        layer = get_channel_layer()
        await layer.group_add(sales_group(northside.organizer.pk), "staff.north")
        await layer.group_add(sales_group(southside.organizer.pk), "staff.south")
        await asyncio.to_thread(lambda: None)
        await layer.group_send(
            sales_group(northside.organizer.pk), {"type": "sales.moved", "event_id": str(order.event_id)}
        )
        heard = [await asyncio.wait_for(layer.receive("staff.north"), 2)]
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(layer.receive("staff.south"), 0.3)
        return heard

    assert asyncio.run(listen()) == [{"type": "sales.moved", "event_id": str(order.event_id)}]
    announce_sale(order_id=order.pk)  # with nobody listening it is no error
