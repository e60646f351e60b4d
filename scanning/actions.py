"""Everything that writes at the door: gates and devices are set up, codes are scanned."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.actions import Actor, record
from events.models import Event
from scanning.errors import DeviceNotFound, EventNotFound, GateNotFound, NonceReused
from scanning.models import Admission, Device, Gate, Scan
from scanning.queries import admission_of_position, digest_of, scan_by_nonce
from scanning.rules import Attempt, Refusal, first_refusal, identify
from tickets.models import Ticket
from ui.ids import new_token

LONGEST_OFFLINE = timedelta(days=7)  # no queue of a device is older; an older time is a wrong clock


@dataclass(frozen=True)
class ScanResult:
    """What the door is told. `facts` are plain JSON values (admitted_at, admitted_gate, void_reason, doors_at ...)."""

    scan: Scan
    outcome: Scan.Outcome
    ticket: Ticket | None
    facts: dict[str, Any]


@transaction.atomic
def create_gate(*, event_id: UUID, name: str, actor: Actor) -> Gate:
    """Open an entrance of an event. Raises EventNotFound."""
    if not Event.objects.filter(pk=event_id).exists():
        raise EventNotFound
    gate = Gate.objects.create(event_id=event_id, name=name)
    record(verb="create_gate", target=gate, actor=actor)
    return gate


@transaction.atomic
def pair_device(*, gate_id: UUID, name: str, actor: Actor) -> tuple[Device, str]:
    """A device for a gate, and its bearer token, which is shown once and kept nowhere. Raises GateNotFound."""
    gate = Gate.objects.select_related("event").filter(pk=gate_id).first()
    if gate is None:
        raise GateNotFound
    token = f"door_{new_token()}"
    device = Device.objects.create(gate=gate, name=name, token_digest=digest_of(token))
    record(verb="pair_device", target=device, actor=actor, detail={"gate": str(gate.pk)})
    return device, token


@transaction.atomic
def revoke_device(*, device_id: UUID, actor: Actor) -> Device:
    """End a device's access from its next request on; a second call changes nothing. Raises DeviceNotFound."""
    device = Device.objects.select_for_update(no_key=True).filter(pk=device_id).first()
    if device is None:
        raise DeviceNotFound
    if device.revoked_at is None:
        device.revoked_at = timezone.now()
        device.save(update_fields=["revoked_at"])
        record(verb="revoke_device", target=device, actor=actor)
    return device


def scan(*, device: Device, code: str, nonce: str, scanned_at: datetime | None = None) -> ScanResult:
    """Judge what a device read and, if all is well, let one person in.

    `nonce` names the attempt: sent again (a lost answer, two requests at once) it gives the same result and does nothing.
    Raises NonceReused when it was another code's. `scanned_at` is the device's clock, which may lie in the past; the door
    opens and closes by it, and never by a time that is still to come. The Scan row is the audit record of this verb.
    """
    try:
        with transaction.atomic():
            return _scan_once(device, code, nonce, scanned_at)
    except IntegrityError:
        # The same nonce came before, or twice at once and the other one was first: nothing of ours remains. Asking for it
        # beforehand would cost every scan a query for the sake of the few that are sent again.
        earlier = scan_by_nonce(device, nonce)
        if earlier is None:
            raise
    return _answer_again(earlier, code)


def _scan_once(device: Device, code: str, nonce: str, scanned_at: datetime | None) -> ScanResult:
    now = timezone.now()
    at = max(min(scanned_at or now, now), now - LONGEST_OFFLINE).astimezone(UTC)
    found = identify(code)
    ticket = found if isinstance(found, Ticket) else None
    outcome, facts = _judge(found, device, at)
    row = Scan.objects.create(
        device=device,
        gate=device.gate,
        nonce=nonce,
        code_digest=digest_of(code),
        outcome=outcome,
        answer=facts,
        # Scans stay for ever and test tickets do not, so the one does not point to the other.
        ticket=None if outcome == Scan.Outcome.TEST else ticket,
        scanned_at=at,
    )
    return ScanResult(scan=row, outcome=outcome, ticket=ticket, facts=facts)


def _judge(found: Ticket | Refusal, device: Device, at: datetime) -> tuple[Scan.Outcome, dict[str, Any]]:
    if isinstance(found, Refusal):
        return found.outcome, dict(found.facts)
    refusal = first_refusal(Attempt(gate=device.gate, ticket=found, at=at))
    if refusal is not None:
        return refusal.outcome, dict(refusal.facts)
    entered = _enter(found, device, at)
    outcome = Scan.Outcome.ADMITTED if entered else Scan.Outcome.ALREADY_ADMITTED
    return outcome, _entry_facts(found, device, at, entered=entered)


def _enter(ticket: Ticket, device: Device, at: datetime) -> bool:
    """Insert the position's one Admission; False when it has one. The unique row decides, whoever else tries now."""
    table = connection.ops.quote_name(Admission._meta.db_table)
    with connection.cursor() as cursor:
        # One statement: the ORM can ignore a conflict, but then does not say whether there was one.
        cursor.execute(
            f"INSERT INTO {table} (position_id, ticket_id, performance_id, gate_id, device_id, at)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (position_id) DO NOTHING",
            [ticket.position_id, ticket.pk, ticket.position.performance_id, device.gate_id, device.pk, at],
        )
        return bool(cursor.rowcount == 1)


def _entry_facts(ticket: Ticket, device: Device, at: datetime, *, entered: bool) -> dict[str, Any]:
    if entered:
        return {"admitted_at": at.isoformat(), "admitted_gate": device.gate.name}
    admission = admission_of_position(ticket.position_id)
    if admission is None:  # cannot be: admissions are never deleted
        raise RuntimeError("an admission refused a second one and is not there")
    return {"admitted_at": admission.at.isoformat(), "admitted_gate": admission.gate.name}


def _answer_again(earlier: Scan, code: str) -> ScanResult:
    if earlier.code_digest != digest_of(code):
        raise NonceReused
    return ScanResult(scan=earlier, outcome=Scan.Outcome(earlier.outcome), ticket=earlier.ticket, facts=earlier.answer)
