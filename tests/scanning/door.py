"""A door phone in a test: paired by the real verb, speaking HTTP to the real host; and a house for what must commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from audit.actions import SYSTEM
from events.models import Event
from outbox.models import OutboxMessage
from scanning.actions import create_gate, pair_device
from scanning.models import Device
from tests.world import House, open_house
from tickets.models import Ticket


@contextmanager
def committing_house() -> Iterator[House]:
    """Side Door, an organizer of its own, entered, where writes are committed and stay: no other test looks there.

    Needs the database unblocked. Nobody drains its outbox, so that is closed at the end.
    """
    with schema_context("public"):
        house = open_house("Side Door", "sidedoor", owner="Olga", door="Dirk")
    with tenant_context(house.organizer):
        yield house
        OutboxMessage.objects.filter(done_at=None).update(done_at=timezone.now())


@dataclass
class Phone:
    """A paired device and its token."""

    house: House
    device: Device
    token: str

    def post(self, body: Any, **headers: str) -> HttpResponse:
        """POST /scans as it is."""
        with tenant_context(self.house.organizer):  # a request leaves its organizer; the test stays
            return Client().post(
                "/api/v1/scans",
                body,
                content_type="application/json",
                headers={"host": self.house.host, "authorization": f"Bearer {self.token}", **headers},
            )

    def get(self, path: str) -> HttpResponse:
        """GET a path of the door's API."""
        with tenant_context(self.house.organizer):
            return Client().get(path, headers={"host": self.house.host, "authorization": f"Bearer {self.token}"})

    def scan(self, code: str | Ticket, *, nonce: str = "", **more: Any) -> dict[str, Any]:
        """What the door is told about a code or a ticket."""
        text = code.code if isinstance(code, Ticket) else code
        response = self.post({"code": text, "nonce": nonce or uuid4().hex, **more})
        assert response.status_code == 200, response.content
        answer: dict[str, Any] = response.json()
        return answer


def phone_at(house: House, event: Event, gate: str = "Gate A") -> Phone:
    """A new gate of an event, and a phone paired with it; in the house's context."""
    opened = create_gate(event_id=event.pk, name=gate, actor=SYSTEM)
    device, token = pair_device(gate_id=opened.pk, name="Dora's phone", actor=SYSTEM)
    return Phone(house=house, device=device, token=token)
