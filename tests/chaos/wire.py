"""A bad wire between the product and Postgres or Redis: slow, silent, cut. One small proxy stands in between."""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from tests import world
from tests.chaos import servers
from tests.chaos.matrix import Case
from tests.chaos.rush import opened
from tests.own_database import application_url
from tests.processes import free_port
from tests.stack import Stack

SILENT_SECONDS = 6.0
AWAY_SECONDS = 0.05


class Wire:
    """Passes bytes on between a port of its own and a server; how, `delay`, `is_silent` and `cut` say."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.port = free_port()
        self.delay = 0.0
        self.is_silent = False
        self._sockets: set[socket.socket] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "Wire":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(5)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def cut(self) -> None:
        """Reset every connection that there is."""
        for one in list(self._sockets):
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)

    async def _serve(self) -> None:
        await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            behind, ahead = await asyncio.open_connection(*self.address)
        except OSError:
            writer.close()
            return
        ends = [writer.get_extra_info("socket"), ahead.get_extra_info("socket")]
        self._sockets.update(ends)
        with suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(self._pass(reader, ahead), self._pass(behind, writer))
        self._sockets.difference_update(ends)
        for end in (writer, ahead):
            end.close()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if self.delay:
                await asyncio.sleep(self.delay)
            while self.is_silent:
                await asyncio.sleep(0.05)
            target.write(data)
            await target.drain()
        target.close()


def cases() -> list[Case]:
    """Each path, each kind of trouble."""
    going_on = "nothing acknowledged is lost, the sale goes on"
    faults: dict[str, Callable[[Wire], None]] = {
        f"{AWAY_SECONDS * 1000:.0f} ms away": _slow,
        f"silent for {SILENT_SECONDS:.0f} s": _silence,
        "cut, 3 times": _cut,
    }
    return [
        Case(f"wire: {name} {what}, {server}", going_on, partial(_sell, name, server, fault))
        for name in ("Postgres", "Redis")
        for server in ("gunicorn", "onsale")
        for what, fault in faults.items()
    ]


def _sell(name: str, server: str, fault: Callable[[Wire], None], stack: Stack, house: world.House) -> str:
    times = 3 if fault is _cut else 1
    with _wired(name) as (wire, env), opened(server, **env) as door:
        return servers.sell_through(stack, house, partial(fault, wire), times, door=door, most_silence=None)


@contextmanager
def _wired(name: str) -> Iterator[tuple[Wire, dict[str, str]]]:
    setting, url = ("DATABASE_URL", application_url()) if name == "Postgres" else ("REDIS_URL", settings.REDIS_URL)
    parts = urlsplit(url)
    with Wire((str(parts.hostname), int(parts.port or 0))) as wire:
        login = parts.netloc.rpartition("@")[0]
        netloc = f"{login}@127.0.0.1:{wire.port}" if login else f"127.0.0.1:{wire.port}"
        yield wire, {setting: urlunsplit(parts._replace(netloc=netloc))}


def _slow(wire: Wire) -> None:
    wire.delay = AWAY_SECONDS


def _silence(wire: Wire) -> None:
    wire.is_silent = True
    time.sleep(SILENT_SECONDS)
    wire.is_silent = False


def _cut(wire: Wire) -> None:
    wire.cut()
