"""The live socket: staff of an organizer hear of its own sales, on its own host, past both steps; nobody else hears a word.

Sockets work in threads of their own, so what they see here is committed, in organizers of these tests alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django_tenants.utils import tenant_context

from analytics.live import sales_group
from config.asgi import application
from tests import world
from tests.staff import signed_in, with_password

SOON = 3  # seconds: a hint is sent half a second after a sale
NEVER = 1.5


@dataclass
class Sockets:
    """Two organizers and the session cookies of their people."""

    east: world.House
    west: world.House
    owner: str
    steward: str
    next_door: str
    half_way: str  # the password alone

    @property
    def groups(self) -> tuple[str, str]:
        return sales_group(self.east.organizer.pk), sales_group(self.west.organizer.pk)


@pytest.fixture(scope="module")
def sockets(django_db_setup: None, django_db_blocker: Any) -> Iterator[Sockets]:
    """Committed, since the socket reads from other connections."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        east = world.open_house("Eastside Socket", "east-socket", owner="Ed", door="Edda")
        west = world.open_house("Westside Socket", "west-socket", owner="Wil", door="Wanda")
        caches["public"].clear()
        cookies = [
            browser.cookies[settings.SESSION_COOKIE_NAME].value
            for browser in (
                signed_in(east.owner, east.host),
                signed_in(east.door, east.host),
                signed_in(west.owner, east.host),
                with_password(east.owner, east.host),
            )
        ]
        connection.set_schema_to_public()
        yield Sockets(east, west, *cookies)
        connection.set_schema_to_public()


def dial(host: str, cookie: str = "", *, origin: str | None = "") -> WebsocketCommunicator:
    """A browser's handshake at a host; `origin` of its own page when empty."""
    headers = [(b"host", host.encode())]
    if cookie:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
    if origin is not None:
        headers.append((b"origin", (origin or f"http://{host}").encode()))
    return WebsocketCommunicator(application, "/ws/sales/", headers=headers)


@pytest.fixture(autouse=True)
def _open_database(django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


async def announce(group: str, event_id: str) -> None:
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send(group, {"type": "sales.moved", "event_id": event_id})


async def test_an_owner_hears_of_the_own_sales_and_of_no_other(sockets: Sockets) -> None:
    socket = dial(sockets.east.host, sockets.owner)
    connected, _ = await socket.connect(timeout=10)
    assert connected
    east, west = sockets.groups

    await announce(west, "theirs")
    await announce(east, "ours")

    assert await socket.receive_json_from(timeout=SOON) == {"event_id": "ours"}
    assert await socket.receive_nothing(timeout=NEVER)
    await socket.disconnect()


async def test_a_group_names_its_organizer() -> None:
    assert sales_group("an-id") == "o.an-id.sales"


@pytest.mark.parametrize(
    ("who", "host"),
    [
        ("", "east"),
        ("steward", "east"),  # stewards see no sales
        ("half_way", "east"),
        ("next_door", "east"),  # signed in at this host, and no member here
        ("owner", "west"),
        ("owner", "localhost"),
        ("owner", "nobody.localhost"),
    ],
)
async def test_nobody_else_gets_a_socket(sockets: Sockets, who: str, host: str) -> None:
    hosts = {"east": sockets.east.host, "west": sockets.west.host}
    socket = dial(hosts.get(host, host), getattr(sockets, who) if who else "")

    connected, code = await socket.connect(timeout=10)

    assert not connected
    assert code in (4401, 4404)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://west-socket.localhost", "file://", "http://[", "http://localhost"]
)
async def test_a_page_of_another_host_gets_no_socket(sockets: Sockets, origin: str) -> None:
    socket = dial(sockets.east.host, sockets.owner, origin=origin)

    connected, code = await socket.connect(timeout=10)

    assert (connected, code) == (False, 4403)


@pytest.mark.parametrize("cookie", ["x", "x" * 32, "\x01", ";;==", '"'])
async def test_a_cookie_that_is_none_gets_no_socket(sockets: Sockets, cookie: str) -> None:
    connected, code = await dial(sockets.east.host, cookie).connect(timeout=10)

    assert (connected, code) == (False, 4401)


async def test_a_sale_is_announced_to_its_own_organizer(sockets: Sockets) -> None:
    socket = dial(sockets.east.host, sockets.owner)
    connected, _ = await socket.connect(timeout=10)
    assert connected

    there = await sync_to_async(_sell)(sockets.west)
    assert await socket.receive_nothing(timeout=NEVER), there
    here = await sync_to_async(_sell)(sockets.east)

    assert await socket.receive_json_from(timeout=SOON) == {"event_id": here}
    await socket.disconnect()


def _sell(house: world.House) -> str:
    from analytics.live import announce_sale

    with tenant_context(house.organizer):
        event = world.make_event(kinds=((world.FREE, 0, 5),))
        order = world.place_order(event, **{world.FREE: 1})
        announce_sale(order_id=order.pk)
        return str(event.pk)
