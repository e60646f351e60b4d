"""A small HTTP load generator: many keep-alive connections on one thread, bounded in requests and time, loopback only.

Asking costs some 25 microseconds of CPU per request, so that on a small machine the server keeps the rest. `ask` sends each
payload once and keeps the answers; `hammer` sends as many as it can in so many seconds, from a process of its own.
"""

import gc
import json
import multiprocessing
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, repeat
from typing import Any

MOST_AT_ONCE = 512  # open-loop requests under way; more than that wait their turn, and their time counts
MOST_BYTES = 8192  # read at once; a larger buffer for each answer costs more than the answer
MOST_SECONDS = 60  # nothing here runs longer, whatever a test asks for


@dataclass(frozen=True)
class Answer:
    """What came back: `status` 0 when the connection was cut before a whole answer came."""

    status: int
    body: bytes
    seconds: float

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Rush:
    """What a burst or a round of load came to."""

    answers: list[Answer] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def by_status(self) -> dict[int, int]:
        return dict(Counter(answer.status for answer in self.answers))

    def per_second(self, status: int) -> float:
        """How many answers of this status came per second."""
        return self.by_status.get(status, 0) / self.seconds if self.seconds else 0.0

    def milliseconds(self, share: float) -> float:
        """The time within which this share of the answers came, in milliseconds."""
        times = sorted(answer.seconds for answer in self.answers)
        return times[min(len(times) - 1, int(len(times) * share))] * 1000 if times else 0.0


def payload(method: str, path: str, *, host: str, body: Any = None, **headers: str) -> bytes:
    """One HTTP/1.1 request; a `body` goes as JSON, a header's name may be written with underscores."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def ask(port: int, payloads: Iterable[bytes], *, seconds: float = MOST_SECONDS) -> Rush:
    """Send every payload at once, each on a connection of its own that was open before; the answers in that order."""
    wanted = list(payloads)
    crowd = _Crowd(port, len(wanted))
    return crowd.run([iter([one]) for one in wanted], seconds=seconds, keeps_order=True)


def ask_over(port: int, payloads: Iterable[bytes], *, connections: int, seconds: float = MOST_SECONDS) -> Rush:
    """Send every payload once over so many connections, each the next as soon as its last is answered."""
    source = iter(list(payloads))
    return _Crowd(port, connections).run([source] * connections, seconds=seconds)


def arrive(
    port: int, make: Callable[[], Iterator[bytes]], *, per_second: float, seconds: float, warm: float = 0.0
) -> Rush:
    """Open-loop arrivals: a request every 1/`per_second`, whether or not the last is answered, from another process.

    An answer's time counts from when its request was due, so that a server that falls behind cannot hide it. For `warm`
    seconds before that the same arrivals come and are not counted: their connections are open when counting begins.
    """
    return _in_child(_arrive, (port, make, per_second, seconds, warm), warm + seconds)


def hammer(port: int, make: Callable[[], Iterator[bytes]], *, connections: int, seconds: float) -> Rush:
    """Keep `connections` busy for `seconds`, from another process; `make` (picklable) gives the payloads to send."""
    return _in_child(_hammer, (port, make, connections, seconds), seconds)


def _in_child(work: Callable[..., None], arguments: tuple[Any, ...], seconds: float) -> Rush:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=work, args=(theirs, *arguments), daemon=True)
    child.start()
    theirs.close()
    try:
        if not ours.poll(min(seconds, MOST_SECONDS) + 30):
            raise TimeoutError("the load generator did not end")
        rush: Rush = ours.recv()
    finally:
        child.join(timeout=5)
        if child.is_alive():
            child.kill()
    return rush


def repeated(one: bytes) -> Callable[[], Iterator[bytes]]:
    """The same payload, over and over."""
    return lambda: repeat(one)


def numbered(template: bytes, *, start: int = 0) -> Callable[[], Iterator[bytes]]:
    """The payload with its `%d` replaced by a number that grows (twelve digits, so that its length stays)."""
    head, tail = template.split(b"%d")
    return lambda: (head + b"%012d" % number + tail for number in count(start))


def _be_light() -> None:
    """Keep the collector of this process, a fork of a whole Django, from stopping the clock for a tenth of a second."""
    gc.freeze()
    gc.disable()


def _hammer(pipe: Any, port: int, make: Callable[[], Iterator[bytes]], connections: int, seconds: float) -> None:
    _be_light()
    source = make()
    rush = _Crowd(port, connections).run([source] * connections, seconds=seconds, keeps_bodies=False)
    pipe.send(rush)


def _arrive(
    pipe: Any, port: int, make: Callable[[], Iterator[bytes]], per_second: float, seconds: float, warm: float
) -> None:
    _be_light()
    pipe.send(_Crowd(port, 0).run_open(make(), per_second=per_second, seconds=seconds, warm=warm))


@dataclass
class _Line:
    """One connection and what is under way on it."""

    socket: socket.socket
    source: Iterator[bytes]
    index: int
    received: bytearray = field(default_factory=bytearray)
    sent_at: float = 0.0


class _Crowd:
    """Connections that ask and wait on one epoll."""

    def __init__(self, port: int, connections: int) -> None:
        self.address = ("127.0.0.1", port)
        self.sockets = [self._connect() for _n in range(connections)]
        if connections > 1000:
            time.sleep(1)  # until the server has taken them all: they are open to us from the kernel's answer on

    def _connect(self) -> socket.socket:
        for attempt in range(20):  # a full backlog drops a SYN
            try:
                connected = socket.create_connection(self.address, timeout=5)
            except OSError:
                if attempt == 19:
                    raise
                time.sleep(0.05)
            else:
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connected
        raise AssertionError("unreachable")

    def run(
        self, sources: list[Iterator[bytes]], *, seconds: float, keeps_bodies: bool = True, keeps_order: bool = False
    ) -> Rush:
        """Drive every connection from its source until the sources or the time are over."""
        self.rush, self.keeps_bodies = Rush(), keeps_bodies
        self.ordered: list[Answer | None] = [None] * len(sources) if keeps_order else []
        self.poll, self.open = select.epoll(), dict[int, _Line]()
        started = time.monotonic()
        self.deadline = started + min(seconds, MOST_SECONDS)
        for index, (connected, source) in enumerate(zip(self.sockets, sources, strict=True)):
            line = _Line(connected, source, index)
            self.open[connected.fileno()] = line
            self.poll.register(connected.fileno(), select.EPOLLIN)
            self._send_next(line)
        grace = self.deadline + 10  # what is under way at the end may still be answered
        while self.open and time.monotonic() < grace:
            for number, _event in self.poll.poll(0.2):
                self._read(self.open[number])
        self.rush.seconds = time.monotonic() - started
        for line in list(self.open.values()):
            self._note(line, 0, b"")
            self._drop(line)
        if keeps_order:
            self.rush.answers = [answer or Answer(0, b"", 0.0) for answer in self.ordered]
        return self.rush

    def run_open(self, source: Iterator[bytes], *, per_second: float, seconds: float, warm: float) -> Rush:
        """Send at fixed times over whichever connection is idle; what is due in the first `warm` seconds does not count."""
        self.rush, self.keeps_bodies, self.ordered = Rush(), False, []
        self.poll, self.open = select.epoll(), dict[int, _Line]()
        self.idle = list[_Line]()
        started, sent = time.monotonic(), 0
        self.counts_from = started + warm
        lasting = min(warm + seconds, MOST_SECONDS)
        wanted = int(lasting * per_second)
        while sent < wanted or self.open:
            now = time.monotonic()
            if now > started + lasting + 10:
                break
            while sent < wanted and started + sent / per_second <= now and len(self.open) < MOST_AT_ONCE:
                line = self.idle.pop() if self.idle else self._new_line()
                line.received.clear()
                line.sent_at = started + sent / per_second
                self.open[line.socket.fileno()] = line
                with suppress(OSError):  # closed this instant: the poll tells of it
                    line.socket.sendall(next(source))
                sent += 1
            # Who may not send waits for an answer: to look again at once would take the processor from who is to give it.
            may_send = sent < wanted and len(self.open) < MOST_AT_ONCE
            due = started + sent / per_second - time.monotonic() if may_send else 0.05
            for number, _event in self.poll.poll(max(0.0, min(due, 0.05))):
                self._read_open(number)
        self.rush.seconds = time.monotonic() - self.counts_from
        for line in list(self.open.values()):
            self._note_open(line, 0)
        return self.rush

    def _new_line(self) -> _Line:
        line = _Line(self._connect(), iter(()), 0)
        self.poll.register(line.socket.fileno(), select.EPOLLIN)
        return line

    def _read_open(self, number: int) -> None:
        line = self.open.get(number)
        if line is None:  # there is something to read where nothing is due: the end of an idle connection
            (line,) = (idle for idle in self.idle if idle.socket.fileno() == number)
            self.idle.remove(line)
            line.socket.close()
            return
        try:
            data = line.socket.recv(MOST_BYTES)
        except OSError:
            data = b""
        line.received += data
        head = line.received.find(b"\r\n\r\n")
        if data and (head < 0 or len(line.received) < head + 4 + _content_length(line.received, head)):
            return
        del self.open[number]
        self._note_open(line, int(line.received[9:12]) if data else 0)
        if data:
            self.idle.append(line)
        else:
            line.socket.close()

    def _note_open(self, line: _Line, status: int) -> None:
        if line.sent_at >= self.counts_from:
            self._note(line, status, b"")

    def _send_next(self, line: _Line) -> None:
        line.received.clear()
        one = None if time.monotonic() >= self.deadline else next(line.source, None)
        if one is None:
            self._drop(line)
            return
        line.sent_at = time.monotonic()
        try:
            line.socket.sendall(one)
        except OSError:
            self._cut_off(line)

    def _read(self, line: _Line) -> None:
        try:
            data = line.socket.recv(MOST_BYTES)
        except OSError:
            data = b""
        if not data:
            self._cut_off(line)
            return
        line.received += data
        head = line.received.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _content_length(line.received, head)
        if len(line.received) < head + 4 + length:
            return
        self._note(line, int(line.received[9:12]), bytes(line.received[head + 4 :]) if self.keeps_bodies else b"")
        self._send_next(line)

    def _cut_off(self, line: _Line) -> None:
        """Note the broken request and go on with a new connection."""
        self._note(line, 0, b"")
        number = line.socket.fileno()
        self.poll.unregister(number)
        del self.open[number]
        line.socket.close()
        if time.monotonic() >= self.deadline:
            return
        with suppress(OSError):
            line.socket = self._connect()
            self.open[line.socket.fileno()] = line
            self.poll.register(line.socket.fileno(), select.EPOLLIN)
            self._send_next(line)

    def _note(self, line: _Line, status: int, body: bytes) -> None:
        answer = Answer(status, body, time.monotonic() - line.sent_at)
        if self.ordered:
            self.ordered[line.index] = answer
        else:
            self.rush.answers.append(answer)

    def _drop(self, line: _Line) -> None:
        number = line.socket.fileno()
        if number in self.open:
            self.poll.unregister(number)
            del self.open[number]
            line.socket.close()


def _content_length(received: bytearray, head: int) -> int:
    at = received.find(b"ontent-Length:", 0, head)
    if at < 0:
        at = received.find(b"ontent-length:", 0, head)
    if at < 0:
        return 0  # 204, or an empty answer
    return int(received[at + 14 : received.find(b"\r", at)])
