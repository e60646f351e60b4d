"""A room at Northside Hall, and visitors with browsers of their own."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.utils import timezone

from audit.actions import SYSTEM
from events.models import Event
from tests import world
from tests.waiting_room.line import Browser, joins
from waiting_room import gate, health, store
from waiting_room.actions import change_room
from waiting_room.models import Line
from waiting_room.queries import open_line


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """Neither Redis nor this process knows anything of other tests' lines."""
    caches["public"].clear()
    for forget in (store.forget_metas, gate._KNOWN.clear, health._METER.counts.clear):
        forget()
    yield
    caches["public"].clear()
    gate._KNOWN.clear()


@pytest.fixture
def always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that remembers a line's facts for no time at all: what a tick writes is seen at once."""
    monkeypatch.setattr(store, "META_SECONDS", 0.0)


@pytest.fixture
def event(northside: world.House, always_fresh: None) -> Event:
    """Fifty free tickets, published."""
    return world.make_event(kinds=((world.FREE, 0, 50),))


@pytest.fixture
def open_room(event: Event) -> Callable[..., Line]:
    """`open_room()`: the event's line, open; `open_room(starts_in=60)`: with a pre-queue of so many seconds."""

    def made(*, starts_in: float = 0, rate_min: int = 60, rate_max: int = 60, **more: Any) -> Line:
        starts_at = timezone.now() + timedelta(seconds=starts_in) if starts_in else None
        change_room(
            event_id=event.pk,
            actor=SYSTEM,
            mode="on",
            starts_at=starts_at,
            rate_min=rate_min,
            rate_max=rate_max,
            **more,
        )
        line = open_line(event.pk)
        assert line is not None
        return line

    return made


@pytest.fixture
def newcomer(northside: world.House, event: Event) -> Callable[..., Browser]:
    """`newcomer()`: a browser that has joined the event's line."""

    def made() -> Browser:
        return joins(Browser(northside), event)

    return made
