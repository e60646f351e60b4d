"""Many gates at once, with real connections and real commits: one person enters."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from events.models import Event
from scanning.actions import ScanResult, create_gate, pair_device, scan
from scanning.models import Admission, Device, Scan
from tests.scanning.door import committing_house
from tests.tickets.sales import open_event, sell
from tests.world import House
from tickets.actions import reissue_ticket
from tickets.models import Ticket

AT_ONCE = 20  # on the eight connections of this process's pool


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[House]:
    """What this test writes is committed and stays, in a house of its own."""
    with django_db_blocker.unblock(), committing_house() as house:  # type: ignore[attr-defined]
        yield house


def devices_at_gates(event: Event, count: int) -> list[Device]:
    return [
        pair_device(gate_id=create_gate(event_id=event.pk, name=f"Gate {n}", actor=SYSTEM).pk, name="", actor=SYSTEM)[0]
        for n in range(1, count + 1)
    ]


def all_at_once(house: House, calls: list[Callable[[], object]]) -> list[object]:
    """Run the calls on threads of their own, all starting together; the pool's connections are shared out among them."""
    together = Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        with tenant_context(house.organizer):
            try:
                together.wait(timeout=20)
                return call()
            finally:
                connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def outcomes(results: list[object]) -> Counter[str]:
    return Counter(str(result.outcome.value) for result in results if isinstance(result, ScanResult))


@pytest.mark.parametrize("round_", range(5))
def test_one_ticket_at_many_gates_lets_one_person_in(committed: House, round_: int) -> None:
    event = open_event()
    (ticket,) = sell(event)
    devices = devices_at_gates(event, AT_ONCE)

    results = all_at_once(
        committed,
        [lambda device=device: scan(device=device, code=ticket.code, nonce=uuid4().hex) for device in devices],
    )

    assert outcomes(results) == {"admitted": 1, "already_admitted": AT_ONCE - 1}
    admission = Admission.objects.get(position=ticket.position)
    entered = Scan.objects.get(ticket=ticket, outcome="admitted")
    assert admission.gate_id == entered.gate_id
    told = {result.facts["admitted_gate"] for result in results if isinstance(result, ScanResult)}
    assert told == {admission.gate.name}
    assert Scan.objects.filter(ticket=ticket).count() == AT_ONCE


def test_one_attempt_sent_many_times_at_once_is_one_scan(committed: House) -> None:
    event = open_event()
    (ticket,) = sell(event)
    (device,) = devices_at_gates(event, 1)
    nonce = uuid4().hex

    results = all_at_once(committed, [lambda: scan(device=device, code=ticket.code, nonce=nonce)] * AT_ONCE)

    assert outcomes(results) == {"admitted": AT_ONCE}
    assert len({result.scan.pk for result in results if isinstance(result, ScanResult)}) == 1
    assert Scan.objects.filter(device=device).count() == 1
    assert Admission.objects.filter(position=ticket.position).count() == 1


def test_a_ticket_replaced_while_it_is_scanned_is_either_in_before_or_out(committed: House) -> None:
    event = open_event()
    tickets = sell(event, tickets=6)
    devices = devices_at_gates(event, len(tickets))

    all_at_once(
        committed,
        [
            *[
                lambda ticket=ticket, device=device: scan(device=device, code=ticket.code, nonce=uuid4().hex)
                for ticket, device in zip(tickets, devices, strict=True)
            ],
            *[lambda ticket=ticket: reissue_ticket(ticket_id=ticket.pk, actor=SYSTEM) for ticket in tickets],
        ],
    )

    for ticket in tickets:
        row = Scan.objects.get(ticket=ticket)
        ticket.refresh_from_db()
        admission = Admission.objects.filter(position=ticket.position).first()
        assert ticket.state == Ticket.State.VOID
        assert row.outcome == ("void" if admission is None else "admitted")


def test_an_attempt_that_is_rolled_back_leaves_the_place_free(northside: House) -> None:
    event = open_event()
    (ticket,) = sell(event)
    (device,) = devices_at_gates(event, 1)

    with transaction.atomic():
        scan(device=device, code=ticket.code, nonce="lost")
        transaction.set_rollback(True)

    assert scan(device=device, code=ticket.code, nonce="lost").outcome == Scan.Outcome.ADMITTED
