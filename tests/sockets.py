"""Many WebSockets that listen, on one thread: opened by hand, read on one epoll, loopback only."""

import base64
import json
import os
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


@dataclass
class Line:
    """One open socket and what has come of its next frame."""

    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)

    def frames(self) -> list[tuple[int, bytes]]:
        """The whole frames that have come: (kind, content). A server's frames are short and never masked."""
        found = []
        while len(self.received) >= 2:
            length, start = self.received[1], 2
            if length == 126:
                length, start = int.from_bytes(self.received[2:4]), 4
            if len(self.received) < start + length:
                break
            found.append((self.received[0] & 15, bytes(self.received[start : start + length])))
            del self.received[: start + length]
        return found

    def pong(self, content: bytes) -> None:
        """Answer a ping, masked with nothing."""
        self.socket.sendall(bytes([128 | PONG, 128 | len(content), 0, 0, 0, 0]) + content)


class Listeners:
    """Open sockets at one address. Use as a context manager."""

    def __init__(self, port: int, path: str, *, host: str) -> None:
        self.port, self.path, self.host = port, path, host
        self.poll = select.epoll()
        self.lines: dict[int, Line] = {}

    def __enter__(self) -> "Listeners":
        return self

    def __exit__(self, *_: object) -> None:
        for line in self.lines.values():
            line.socket.close()
        self.poll.close()

    def open(self, count: int, *, at_a_time: int = 50) -> None:
        """Open so many more. Raises ConnectionError when a handshake is refused."""
        while count > 0:
            batch = [self._ask() for _n in range(min(count, at_a_time))]
            for opened in batch:
                self._add(opened)
            count -= len(batch)

    def _ask(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {self.path} HTTP/1.1", f"Host: {self.host}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", ""]
        opened.sendall("\r\n".join(lines).encode())
        return opened

    def _add(self, opened: socket.socket) -> None:
        line = Line(opened)
        while (end := line.received.find(b"\r\n\r\n")) < 0:
            line.received += opened.recv(4096) or b"\r\n\r\n"
        if not line.received.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(bytes(line.received[:end]).decode())
        del line.received[: end + 4]
        self.lines[opened.fileno()] = line
        self.poll.register(opened.fileno(), select.EPOLLIN)

    def until_all_heard(self, is_meant: Callable[[Any], bool], *, seconds: float) -> list[float]:
        """When each one heard a text that is meant, on the monotonic clock; waits for all. Raises TimeoutError."""
        at: dict[int, float] = {}
        deadline = time.monotonic() + seconds
        while len(at) < len(self.lines):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(at)} of {len(self.lines)} sockets heard it within {seconds} s")
            for number, _event in self.poll.poll(0.2):
                for content in self._texts(self.lines[number]):
                    if number not in at and is_meant(json.loads(content)):
                        at[number] = time.monotonic()
        return list(at.values())

    def _texts(self, line: Line) -> list[bytes]:
        data = line.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed a socket")
        line.received += data
        texts = []
        for kind, content in line.frames():
            if kind == PING:
                line.pong(content)
            elif kind == CLOSE:
                raise ConnectionError(f"the server closed a socket: {content!r}")
            elif kind == TEXT:
                texts.append(content)
        return texts
