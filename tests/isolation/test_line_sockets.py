"""The line's socket: who carries a token of this line at this host hears of it, and nobody else does.

Sockets work in threads of their own, so what they see here is committed, in an organizer of these tests alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.core.cache import caches
from django.db import connection
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from config.asgi import application
from tests import world
from waiting_room import store, tend
from waiting_room.actions import change_room
from waiting_room.queries import open_line
from waiting_room.tokens import Entry, Kind, entry_id, sign_entry

SOON, NEVER = 5, 1.5


@dataclass
class InLine:
    """An event with a line, and somebody in it."""

    house: world.House
    event: world.Event
    token: str

    def tick(self) -> None:
        with tenant_context(self.house.organizer):
            line = open_line(self.event.pk)
            assert line is not None
            tend.tend(line.room)


@pytest.fixture
def in_line(django_db_setup: None, django_db_blocker: Any) -> Iterator[InLine]:
    with django_db_blocker.unblock():
        caches["public"].clear()
        house = world.open_house("Northeast Line", "northeast-line", owner="Nell", door="Ned")
        with tenant_context(house.organizer):
            event = world.make_event(kinds=((world.FREE, 0, 20),))
            change_room(event_id=event.pk, mode="on", actor=SYSTEM, rate_min=1, rate_max=1)
            line = open_line(event.pk)
            assert line is not None
            tend.tend(line.room)
            entry = entry_id(line.pk, "nell")
            kind, number = store.enter(line.pk, entry)
            assert (kind, number) == ("late", 1)
            token = sign_entry(Entry(line.pk, entry, Kind.LATE, number), host=house.host, browser="nell")
        yield InLine(house, event, token)
        with tenant_context(house.organizer):
            change_room(event_id=event.pk, mode="off", actor=SYSTEM, rate_min=1, rate_max=1)
        connection.set_schema_to_public()


def dial(in_line: InLine, *, host: str = "", slug: str = "", browser: str = "nell", origin: str = "") -> Any:
    host = host or in_line.house.host
    headers = [
        (b"host", host.encode()),
        (b"origin", (origin or f"http://{host}").encode()),
        (b"cookie", f"queue_token={in_line.token}; queue_browser={browser}".encode()),
    ]
    return WebsocketCommunicator(application, f"/events/{slug or in_line.event.slug}/queue/live/", headers=headers)


async def test_a_line_that_moves_is_told_at_once(in_line: InLine) -> None:
    socket = dial(in_line)
    connected, _ = await socket.connect(timeout=10)
    assert connected
    first = await socket.receive_json_from(timeout=SOON)
    assert (first["state"], first["position"], first["ahead"]) == ("waiting", 1, 0)

    await sync_to_async(close)(in_line)

    told = await socket.receive_json_from(timeout=SOON)
    while told["state"] == "waiting":
        told = await socket.receive_json_from(timeout=SOON)
    assert told["state"] == "closed"
    await socket.disconnect()


def close(in_line: InLine) -> None:
    with tenant_context(in_line.house.organizer):
        change_room(event_id=in_line.event.pk, mode="off", actor=SYSTEM, rate_min=1, rate_max=1)


@pytest.mark.parametrize(
    "wrong", [{"host": "southside.localhost"}, {"browser": "sam"}, {"origin": "http://evil.example"}]
)
async def test_nobody_else_gets_a_socket(in_line: InLine, wrong: dict[str, str]) -> None:
    connected, code = await dial(in_line, **wrong).connect(timeout=10)

    assert not connected
    assert code in (4401, 4403)


async def test_a_token_of_another_event_hears_nothing_of_this_line(in_line: InLine) -> None:
    socket = dial(in_line, slug="another-night")
    connected, _ = await socket.connect(timeout=10)
    if connected:
        assert (await socket.receive_json_from(timeout=SOON))["state"] == "none"
        assert await socket.receive_nothing(timeout=NEVER)
        await socket.disconnect()
