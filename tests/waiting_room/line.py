"""What people do in a line, and the clock that lets them in."""

from datetime import timedelta
from itertools import count
from typing import Any

from altcha import Challenge, Payload, solve_challenge
from django.db import connection
from django.test import Client
from django.utils import timezone

from events.models import Event
from tests import world
from waiting_room import tend
from waiting_room.models import Line
from waiting_room.queries import room_of

_addresses = count(1)


class Browser(Client):
    """Somebody at an address of their own, on an organizer's host. A request leaves the organizer; the test stays in it."""

    def __init__(self, house: world.House, *, address: str = "") -> None:
        number = next(_addresses)
        super().__init__(HTTP_HOST=house.host, REMOTE_ADDR=address or f"198.51.{number // 250}.{number % 250 + 1}")
        self.house = house

    def request(self, **request: Any) -> Any:
        tenant = connection.tenant  # type: ignore[attr-defined]
        try:
            return super().request(**request)
        finally:
            connection.set_tenant(tenant)  # type: ignore[attr-defined]

    def standing(self, event: Event) -> dict[str, Any]:
        """What a poll answers."""
        answer = self.get(f"/events/{event.slug}/queue/position/")
        assert answer.status_code == 200
        return dict(answer.json())


def joins(browser: Browser, event: Event, **fields: str) -> Browser:
    """Press "Join the line"; no proof of work unless given."""
    answer = browser.post(f"/events/{event.slug}/queue/entries/", fields)
    assert answer.status_code == 302, answer.content.decode()
    return browser


def proof_from(browser: Browser, event: Event) -> str:
    """What the page's script makes of a challenge."""
    challenge = Challenge.from_dict(browser.get(f"/events/{event.slug}/queue/challenge/").json())
    solution = solve_challenge(challenge)
    assert solution is not None
    return str(Payload(challenge, solution).to_base64())


def tick(event: Event, *, seconds: float = 1.0) -> Line | None:
    """A tick, as if the last one had been so many seconds ago."""
    _let_pass(event, seconds)
    room = room_of(event.pk)
    assert room is not None
    return tend.tend(room)


def start(event: Event) -> Line | None:
    """The moment of the start has come."""
    Line.objects.filter(room__event=event, closed_at=None).update(starts_at=timezone.now() - timedelta(seconds=1))
    return tick(event, seconds=0)


def _let_pass(event: Event, seconds: float) -> None:
    """Put a started line so far back in time; steps are append-only and stay."""
    for line in Line.objects.filter(room__event=event, closed_at=None, started_at__isnull=False):
        assert line.started_at is not None
        assert line.ticked_at is not None
        earlier = timedelta(seconds=seconds)
        Line.objects.filter(pk=line.pk).update(
            started_at=line.started_at - earlier, ticked_at=min(line.ticked_at, timezone.now()) - earlier
        )
