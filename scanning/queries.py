"""Reads of gates, devices and scans."""

from hashlib import sha256
from uuid import UUID

from django.db.models import QuerySet

from events.models import Event, Performance
from orders.models import Order, Position
from scanning.models import Admission, Device, Gate, Scan
from tickets.models import Ticket


def digest_of(secret: str) -> str:
    """SHA-256 in hexadecimal: how tokens and codes are kept."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def paired_device(token: str) -> Device | None:
    """The device whose token this is, with gate and event, unless it was revoked."""
    try:
        return Device.objects.select_related("gate__event").get(token_digest=digest_of(token), revoked_at=None)
    except Device.DoesNotExist:
        return None


def gates_of_event(event_id: UUID) -> list[Gate]:
    """The gates of an event, oldest first, each with its devices."""
    return list(Gate.objects.filter(event_id=event_id).order_by("pk").prefetch_related("devices"))


def devices_of_event(event_id: UUID) -> list[Device]:
    """The event's devices, revoked ones too, newest first."""
    return list(Device.objects.filter(gate__event_id=event_id).select_related("gate").order_by("-pk"))


def scan_by_nonce(device: Device, nonce: str) -> Scan | None:
    """The scan that this device already sent under this nonce."""
    return _with_ticket().filter(device=device, nonce=nonce).first()


def scans_of_gate(gate_id: UUID, *, before: UUID | None, limit: int) -> list[Scan]:
    """The newest `limit` scans of a gate, newest first; only those older than the scan `before`, when given."""
    scans = _with_ticket().filter(gate_id=gate_id)
    if before is not None:
        scans = scans.filter(pk__lt=before)
    return list(scans.order_by("-pk")[:limit])


def admission_of_position(position_id: UUID) -> Admission | None:
    """When and at which gate a position entered, or None."""
    return Admission.objects.select_related("gate").filter(position_id=position_id).first()


def has_admissions(order_id: UUID) -> bool:
    """Whether anybody has come in with a ticket of this order."""
    return Admission.objects.filter(position__order_id=order_id).exists()


def admitted_count(event_id: UUID) -> int:
    """How many people are in, over all gates and performances of an event."""
    return Admission.objects.filter(performance__event_id=event_id).count()


def expected_count(event_id: UUID) -> int:
    """How many people may still come or came: the sold positions of paid orders."""
    sold = Position.objects.filter(performance__event_id=event_id, state=Position.State.SOLD)
    return sold.filter(order__state=Order.State.PAID).count()


def zone_of_scan(device: Device, ticket: Ticket | None) -> str:
    """The time zone in which a gate reads its times; a ticket of its event has it at hand."""
    if ticket is not None and ticket.event_id == device.gate.event_id:
        return ticket.position.performance.timezone
    return zone_of_event(device.gate.event)


def zone_of_event(event: Event) -> str:
    """The time zone of an event's first performance, or of its venue."""
    zone = Performance.objects.filter(event=event).values_list("timezone", flat=True).first()
    return zone or event.venue.timezone


def _with_ticket() -> QuerySet[Scan]:
    return Scan.objects.select_related("ticket__event", "ticket__position__order", "ticket__position__performance")
