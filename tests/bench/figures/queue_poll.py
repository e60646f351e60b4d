"""A poll of the waiting room with 50,000 in line, in CPU time of the server: it must cost no more than the empty view."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import cycle
from pathlib import Path

from django.utils import timezone

from audit.actions import SYSTEM
from tenants.queries import normal_host
from tests import world
from tests.bench.bench import BEHIND, Bench
from tests.bench.figure import Figure, figure
from tests.load import Rush, payload
from waiting_room import store, tend
from waiting_room.actions import change_room
from waiting_room.models import Line
from waiting_room.queries import open_line, room_of
from waiting_room.tokens import Entry, Kind, entry_id, new_browser, sign_entry

EARLY, LATE = 25_000, 25_000


def measure(bench: Bench) -> Figure:
    """`queue_poll`"""
    event = world.make_event("Stadium Queue", kinds=((world.STANDARD, 2400, 1000),))
    path = f"/events/{event.slug}/queue/position/"
    polls = [
        payload("GET", path, host=bench.host, Cookie=f"queue_token={token}; queue_browser={browser}")
        for token, browser in _line(bench, event)
    ]
    values, baselines, last = list[float](), list[float](), Rush()
    bench.hammer(lambda: cycle(polls), seconds=1)
    for _round in range(bench.rounds):
        baselines.append(_per_cpu_second(bench, bench.empty_view())[0])
        value, last = _per_cpu_second(bench, lambda: cycle(polls))
        values.append(value)
    change_room(event_id=event.pk, mode="off", actor=SYSTEM, rate_min=60, rate_max=60)
    latency = f"{last.milliseconds(0.5):.0f} ms half, {last.milliseconds(0.99):.0f} ms 99 of 100"
    how = f"GET {path}, {EARLY:,} shuffled and {LATE:,} late ones in turn, per second of the server's CPU; {latency}; {BEHIND}"
    return figure("queue_poll", values, baselines, how=how, unit="1/CPU s")


def _line(bench: Bench, event: world.Event) -> Iterator[tuple[str, str]]:
    """The tokens and browsers of everybody: half came before the start, none has polled yet."""
    soon = timezone.now() + timedelta(hours=1)
    change_room(event_id=event.pk, mode="on", starts_at=soon, actor=SYSTEM, rate_min=60, rate_max=60)
    line, room, host = open_line(event.pk), room_of(event.pk), normal_host(bench.host)
    assert line is not None
    assert room is not None
    tend.tend(room)
    for number in range(EARLY + LATE):
        if number == EARLY:
            Line.objects.filter(pk=line.pk).update(starts_at=timezone.now())
            tend.tend(room)
        browser = new_browser()
        kind, late = store.enter(line.pk, entry_id(line.pk, browser))
        if kind == "reserve":
            tend.more_numbers(line)
            kind, late = store.enter(line.pk, entry_id(line.pk, browser))
        entry = Entry(line.pk, entry_id(line.pk, browser), Kind[kind.upper()], late)
        yield sign_entry(entry, host=host, browser=browser), browser


def _per_cpu_second(bench: Bench, make: Callable[[], Iterator[bytes]]) -> tuple[float, Rush]:
    """Answers per second of CPU time of the web server's processes; any other answer than 200 fails."""
    before = _cpu_seconds(bench.web.process.child.pid)
    rush = bench.hammer(make)
    spent = _cpu_seconds(bench.web.process.child.pid) - before
    if set(rush.by_status) != {200}:
        raise AssertionError(f"queue_poll: answers by status {rush.by_status}, expected only 200")
    return len(rush.answers) / spent, rush


def _cpu_seconds(pid: int) -> float:
    """What a process and its children have used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(_cpu_seconds(int(child)) for child in children)
