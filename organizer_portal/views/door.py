"""The door: entrances, the phones at them, and how many are in."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.qr import qr_svg
from analytics.queries import upcoming_events
from events.models import Event
from organizer_portal.access import RUN_DOOR, Desk, staff
from organizer_portal.forms.staff import DeviceForm, GateForm
from organizer_portal.views.events import event_or_404
from scanning.actions import create_gate, pair_device, revoke_device
from scanning.models import Device, Gate
from scanning.queries import admitted_count, expected_count, gates_of_event
from tenants.queries import portal_url
from ui.errors import NotFound

PAIRING_SALT = "organizer_portal.pairing"
PAIRING_SECONDS = 600
DOORS_SHOWN = 50


@require_safe
@staff(RUN_DOOR)
def door(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Which event's door? The one there is, at once."""
    upcoming = upcoming_events(at=timezone.now(), limit=DOORS_SHOWN)
    if len(upcoming) == 1:
        return redirect("organizer_portal:event_door", upcoming[0].pk)
    return render(request, "organizer_portal/door.html", {"events": upcoming})


@require_safe
@staff(RUN_DOOR)
def event_door(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """An event's entrances and phones."""
    return _door_page(request, event_or_404(event_id))


def _door_page(request: HttpRequest, event: Event, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "event": event,
        "performances": list(event.performances.all()),
        "gates": gates_of_event(event.pk),
        "admitted": admitted_count(event.pk),
        "expected": expected_count(event.pk),
        "gate_form": GateForm(),
        "device_form": DeviceForm(),
        "form": None,
        **more,
    }
    return render(request, "organizer_portal/event_door.html", context, status=status)


@require_POST
@staff(RUN_DOOR)
def gates(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Open an entrance."""
    event, form = event_or_404(event_id), GateForm(request.POST)
    if not form.is_valid():
        return _door_page(request, event, status=422, gate_form=form, form=form)
    create_gate(event_id=event.pk, name=form.cleaned_data["gate_name"], actor=desk.actor)
    return redirect("organizer_portal:event_door", event.pk)


@require_POST
@staff(RUN_DOOR)
def devices(request: HttpRequest, desk: Desk, event_id: UUID, gate_id: UUID) -> HttpResponse:
    """Pair a phone: its token is shown this one time, as text and as a QR code."""
    event, form = event_or_404(event_id), DeviceForm(request.POST)
    gate = Gate.objects.filter(pk=gate_id, event=event).first()
    if gate is None:
        raise NotFound
    if not form.is_valid():
        return _door_page(request, event, status=422, device_form=form, form=form, failed_gate=gate.pk)
    device, token = pair_device(gate_id=gate.pk, name=form.cleaned_data["device_name"], actor=desk.actor)
    context = {
        "event": event,
        "gate": gate,
        "device": device,
        "token": token,
        "door_url": _door_url(desk),
        # The picture has an address of its own, which for ten minutes carries the token, readable by this server alone.
        "pairing": signing.dumps(token, salt=PAIRING_SALT, compress=True),
    }
    return render(request, "organizer_portal/device_paired.html", context)


@require_safe
@staff(RUN_DOOR)
def pairing_qr(request: HttpRequest, desk: Desk, pairing: str) -> HttpResponse:
    """The QR code that a phone scans to become a door device."""
    try:
        token = signing.loads(pairing, salt=PAIRING_SALT, max_age=PAIRING_SECONDS)
    except signing.BadSignature as error:
        raise Http404 from error
    return HttpResponse(qr_svg(f"{_door_url(desk)}#{token}"), content_type="image/svg+xml")


@require_POST
@staff(RUN_DOOR)
def revocations(request: HttpRequest, desk: Desk, device_id: UUID) -> HttpResponse:
    """End a phone's access."""
    device = Device.objects.select_related("gate").filter(pk=device_id).first()
    if device is None:
        raise NotFound
    revoke_device(device_id=device.pk, actor=desk.actor)
    messages.success(request, _("“%(name)s” can no longer scan.") % {"name": device.name})
    return redirect("organizer_portal:event_door", device.gate.event_id)


def _door_url(desk: Desk) -> str:
    return portal_url(desk.organizer, "/door/")
