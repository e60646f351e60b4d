"""The socket of an event page: whose it is, what it says, what it notices."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import connection
from django_tenants.utils import tenant_context

from config.asgi import application
from events.models import Event
from inventory import live
from inventory.announcer import Announcer
from storefront.consumers import _open_by_network
from storefront.stock_hub import AFTER_FAILURE_SECONDS, stock_hub
from tests import world

SOON = 3
NEVER = 0.4


@pytest.fixture(scope="module")
def houses(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[world.House, world.House]]:
    """Two organizers of these tests' own: sockets ask from other connections, so what they see is committed."""
    with django_db_blocker.unblock():
        here = world.open_house("Livewire", "livewire", owner="Liv", door="Lev")
        there = world.open_house("Deadwire", "deadwire", owner="Ada", door="Ari")
        for house in (here, there):
            world.let_charge(house)
        connection.set_schema_to_public()
        yield here, there
        connection.set_schema_to_public()


@dataclass
class Stage:
    """An event with three tickets at the first house, announced."""

    here: world.House
    there: world.House
    event: Event
    performance: UUID
    draft: UUID

    def hold(self, quantity: int) -> None:
        """Hold and announce."""
        with tenant_context(self.here.organizer):
            world.hold(self.event, Standard=quantity)
        self.announce()

    def announce(self) -> None:
        """As a new announcer would: everything is looked at."""
        live.connected().delete(live.LEADER)
        Announcer(live.connected()).tick()
        connection.set_schema_to_public()  # type: ignore[attr-defined]


@pytest.fixture
def stage(houses: tuple[world.House, world.House], django_db_blocker: Any) -> Iterator[Stage]:
    live.connected().flushdb()
    with django_db_blocker.unblock():
        with tenant_context(houses[0].organizer):
            event = world.make_event(kinds=(("Standard", 2400, 3),))
            draft = world.make_event(kinds=(("Standard", 2400, 3),), is_published=False)
            made = Stage(*houses, event, world.the_performance(event).pk, world.the_performance(draft).pk)
        made.announce()
        yield made


def dial(house: world.House, performance: UUID, *, origin: str = "", address: str = "192.0.2.7") -> Any:
    headers = [(b"host", house.host.encode()), (b"origin", (origin or f"http://{house.host}").encode())]
    socket = WebsocketCommunicator(application, f"/ws/stock/{performance}/", headers=headers)
    socket.scope["client"] = [address, 4711]
    return socket


async def open_socket(house: world.House, performance: UUID) -> tuple[Any, int]:
    """A socket that is let in, and the number that its hello says."""
    socket = dial(house, performance)
    connected, _code = await socket.connect(timeout=10)
    assert connected
    hello = await next_frame(socket)
    assert hello["kind"] == "hello"
    return socket, hello["seq"]


async def next_frame(socket: Any) -> Any:
    return json.loads(await socket.receive_from(timeout=SOON))


async def test_a_page_hears_each_change_from_the_number_of_its_hello_on(stage: Stage) -> None:
    socket, seq = await open_socket(stage.here, stage.performance)

    await sync_to_async(stage.hold)(2)
    first = await next_frame(socket)
    await sync_to_async(stage.hold)(1)
    second = await next_frame(socket)

    assert (first["kind"], first["from"]) == ("delta", seq)
    assert [(kind["left"], kind["status"]) for kind in first["types"] + second["types"]] == [
        (1, "available"),
        (0, "sold_out"),
    ]
    assert second["from"] == first["to"]
    await socket.disconnect()


async def test_what_says_which_organizer_is_the_host_alone(stage: Stage) -> None:
    for house, performance, origin in (
        (stage.there, stage.performance, ""),  # the other organizer's host
        (stage.here, stage.draft, ""),
        (stage.here, UUID(int=7), ""),
        (stage.here, stage.performance, "http://evil.example"),
        (stage.here, stage.performance, f"http://{stage.there.host}"),
    ):
        connected, code = await dial(house, performance, origin=origin).connect(timeout=10)
        assert not connected
        assert code == (4403 if origin else 4404)


async def test_another_date_s_changes_are_not_heard(stage: Stage) -> None:
    def another_event() -> Stage:
        with tenant_context(stage.here.organizer):
            event = world.make_event(kinds=(("Standard", 2400, 3),))
            return Stage(stage.here, stage.there, event, world.the_performance(event).pk, stage.draft)

    other = await sync_to_async(another_event)()
    socket, _seq = await open_socket(stage.here, stage.performance)

    await sync_to_async(other.hold)(1)

    assert await socket.receive_nothing(timeout=NEVER)
    await socket.disconnect()


async def test_the_heartbeat_names_the_number_so_that_a_lost_delta_is_noticed(stage: Stage) -> None:
    socket, seq = await open_socket(stage.here, stage.performance)
    await stock_hub().news.unsubscribe()  # what is published now is lost
    await sync_to_async(stage.hold)(1)
    assert await socket.receive_nothing(timeout=NEVER)

    await stock_hub().beat()
    beat = await next_frame(socket)

    assert beat["kind"] == "beat"
    assert beat["seq"] > seq
    await sync_to_async(stage.hold)(1)
    assert (await next_frame(socket))["from"] == beat["seq"]  # the heartbeat subscribed again
    await socket.disconnect()


async def test_a_subscription_that_was_cut_is_taken_up_again(stage: Stage) -> None:
    socket, _seq = await open_socket(stage.here, stage.performance)
    cut = [
        client["id"]
        for client in live.connected().client_list()
        if client["name"] == "stock-hub" and client["sub"] != "0" and client["db"] == str(_database())
    ]
    for client_id in cut:
        live.connected().client_kill_filter(_id=client_id)
    await asyncio.sleep(AFTER_FAILURE_SECONDS + 0.2)

    await sync_to_async(stage.hold)(2)

    assert len(cut) == 1
    assert (await next_frame(socket))["types"][0]["left"] == 1
    await socket.disconnect()


def _database() -> int:
    """The number of the database of live counts: the server is shared with other tests."""
    return int(live.connected().connection_pool.connection_kwargs["db"])


async def test_with_no_announcer_the_number_is_0_so_that_pages_poll(stage: Stage) -> None:
    live.connected().delete(live.LEADER)

    socket, seq = await open_socket(stage.here, stage.performance)
    assert seq == 0
    await sync_to_async(stage.announce)()
    await stock_hub().beat()
    while (frame := await next_frame(socket))["kind"] != "beat":
        pass

    assert frame["seq"] > 0
    await socket.disconnect()


async def test_without_redis_the_socket_opens_and_the_page_polls(
    stage: Stage, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIVE_REDIS_URL = "redis://127.0.0.1:9/0"  # nothing listens there
    monkeypatch.setattr(live, "_silent_until", 0.0)
    live.connected.cache_clear()
    try:
        socket, seq = await open_socket(stage.here, stage.performance)
        await stock_hub().beat()
        beat = await next_frame(socket)
        await socket.disconnect()
    finally:
        live.connected.cache_clear()

    assert (seq, beat["seq"]) == (0, 0)


async def test_a_network_opens_so_many_sockets_and_no_more(stage: Stage, settings: Any) -> None:
    settings.STOCK_SOCKETS_PER_NETWORK = 2
    first, _seq = await open_socket(stage.here, stage.performance)
    second, _seq = await open_socket(stage.here, stage.performance)

    assert await dial(stage.here, stage.performance).connect(timeout=10) == (False, 4429)
    elsewhere = dial(stage.here, stage.performance, address="198.51.100.7")
    assert (await elsewhere.connect(timeout=10))[0]
    await first.disconnect()
    third, _seq = await open_socket(stage.here, stage.performance)

    for socket in (second, third, elsewhere):
        await socket.disconnect()
    assert _open_by_network == {}


async def test_behind_a_proxy_what_a_visitor_says_of_its_network_is_not_believed(stage: Stage, settings: Any) -> None:
    settings.STOCK_SOCKETS_PER_NETWORK, settings.BEHIND_PROXY = 2, True
    sockets = []
    for n in range(3):
        socket = dial(stage.here, stage.performance)
        # The visitor's own line, and the one that the proxy wrote.
        for address in (f"198.51.100.{n}, 6", "203.0.113.7"):
            socket.scope["headers"].append((b"x-forwarded-for", address.encode()))
        sockets.append(socket)

    connected = [(await socket.connect(timeout=10))[0] for socket in sockets]

    assert connected == [True, True, False]
    assert _open_by_network == {"203.0.113.7": 2}
    for socket in sockets[:2]:
        await socket.disconnect()


async def test_nothing_is_to_be_said_on_it(stage: Stage) -> None:
    socket, _seq = await open_socket(stage.here, stage.performance)

    await socket.send_to(text_data="hello?")

    assert (await socket.receive_output(timeout=SOON))["code"] == 1008
    await socket.disconnect()


async def test_the_last_one_to_leave_ends_the_hubs_work(stage: Stage) -> None:
    socket, _seq = await open_socket(stage.here, stage.performance)
    assert len(stock_hub().tasks) == 2

    await socket.disconnect()

    assert stock_hub().tasks == []
    assert stock_hub().rooms == {}


async def test_a_date_with_a_map_names_it_and_tells_which_seats_changed(stage: Stage) -> None:
    def a_hall() -> tuple[UUID, str]:
        with tenant_context(stage.here.organizer):
            event = world.make_seated_event()
            pk = world.the_performance(event).pk
            live.mark(pk)
            digest = event.seating.version.hash
        stage.announce()
        return pk, digest

    def take(performance: UUID) -> None:
        with tenant_context(stage.here.organizer):
            world.hold_seats(Event.objects.get(performances=performance), Adult=["Stalls-A-1", "Stalls-A-2"])
        stage.announce()

    performance, digest = await sync_to_async(a_hall)()
    socket = dial(stage.here, performance)
    assert (await socket.connect(timeout=10))[0]
    hello = await next_frame(socket)
    await sync_to_async(take)(performance)
    delta = await next_frame(socket)

    assert hello["map"] == digest
    assert (delta["from"], delta["seats"]) == (hello["seq"], [[0, 2, 1]])
    await socket.disconnect()
