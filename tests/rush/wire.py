"""A small asyncio HTTP/1.1 client for thousands of virtual buyers on one core: loopback only, connections kept and shared."""

import asyncio
import json
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

LONGEST = 60.0  # seconds for one answer


@dataclass(frozen=True)
class Reply:
    """An answer; `status` 0 when the connection was cut, `seconds` from asking to the last byte."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        return json.loads(self.body) if self.body else {}

    @property
    def retry_after(self) -> float:
        return float(self.headers.get("retry-after", "1"))


class Wire:
    """Asks servers on loopback, at most `most` requests at a time to each port."""

    def __init__(self, *, most: int = 256) -> None:
        self._idle: dict[int, list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]] = defaultdict(list)
        self._gates: dict[int, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(most))

    async def ask(
        self, port: int, method: str, path: str, *, source: str = "", body: bytes = b"", **headers: str
    ) -> Reply:
        """One request; `source` is a loopback address to come from, on a connection of its own."""
        lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {text}" for name, text in headers.items())]
        if method != "GET":
            lines.append(f"Content-Length: {len(body)}")
        payload = "\r\n".join([*lines, "", ""]).encode() + body
        async with self._gates[port]:
            started = time.monotonic()
            while True:
                kept = self._idle[port].pop() if self._idle[port] and not source else None
                reply = await self._once(port, kept, payload, source, started)
                if reply is not None:
                    return reply
                # The server had closed the connection that we kept: the request never reached it.

    async def _once(
        self,
        port: int,
        kept: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None,
        payload: bytes,
        source: str,
        started: float,
    ) -> Reply | None:
        try:
            async with asyncio.timeout(LONGEST):
                reader, writer = kept or await asyncio.open_connection(
                    "127.0.0.1", port, local_addr=(source, 0) if source else None
                )
                writer.write(payload)
                head = await reader.readuntil(b"\r\n\r\n")
                status, headers = _head(head)
                if headers.get("transfer-encoding") == "chunked":
                    body = await _chunks(reader)
                else:
                    body = await reader.readexactly(int(headers.get("content-length", "0")))
        except asyncio.IncompleteReadError as error:
            if kept is not None and not error.partial:
                return None
            return Reply(0, {}, b"", time.monotonic() - started)
        except (OSError, TimeoutError):
            return None if kept is not None else Reply(0, {}, b"", time.monotonic() - started)
        if source or headers.get("connection", "").lower() == "close":
            writer.close()
        else:
            self._idle[port].append((reader, writer))
        return Reply(status, headers, body, time.monotonic() - started)

    def close(self) -> None:
        """Let every kept connection go."""
        for kept in self._idle.values():
            for _reader, writer in kept:
                with suppress(OSError):
                    writer.close()
        self._idle.clear()


def _head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin1").rstrip("\r\n").split("\r\n")
    headers = dict(line.split(":", 1) for line in lines)
    return int(first.split(" ", 2)[1]), {name.lower(): value.strip() for name, value in headers.items()}


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return body
