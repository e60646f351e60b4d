"""Admissions per second at the door's API: every scan is another ticket's first, and is let in."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from uuid import uuid4

from django.utils import timezone

from audit.actions import SYSTEM
from scanning.actions import create_gate, pair_device
from scanning.models import Admission
from tests import world
from tests.bench.bench import CONNECTIONS, Bench, Make
from tests.bench.figure import Figure
from tests.load import payload
from tickets.models import Ticket

PER_SECOND = 600  # more than one gate and this machine can admit
BASKET = 50


def measure(bench: Bench) -> Figure:
    """`scans_http`"""
    now = timezone.now()
    wanted = int((bench.rounds * bench.seconds + 1) * PER_SECOND) + CONNECTIONS
    event = world.make_event(
        "Full House",
        kinds=((world.FREE, 0, wanted + BASKET),),
        starts_at=now + timedelta(hours=1),
        doors_at=now - timedelta(hours=1),
        max_per_order=BASKET,
    )
    for _order in range(wanted // BASKET + 1):
        world.place_order(event, **{world.FREE: BASKET})
    gate = create_gate(event_id=event.pk, name="Main entrance", actor=SYSTEM)
    _device, token = pair_device(gate_id=gate.pk, name="Scanner", actor=SYSTEM)
    codes = [ticket.code for ticket in Ticket.objects.filter(position__order__event=event).order_by("pk")]

    def unused() -> Make:
        """Scans of the tickets that no earlier round admitted."""
        rest = codes[Admission.objects.filter(gate=gate).count() :]

        def scans() -> Iterator[bytes]:
            for code in islice(rest, len(rest)):
                body = {"code": code, "nonce": uuid4().hex}
                yield payload("POST", "/api/v1/scans", host=bench.host, body=body, Authorization=f"Bearer {token}")

        return scans

    made = bench.against_empty("scans_http", unused, status=200, how="POST /api/v1/scans, each admits another ticket")
    if Admission.objects.filter(gate=gate).count() >= len(codes):
        raise AssertionError("scans_http: more was scanned than there were tickets")
    return made
