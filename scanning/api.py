"""The door's API: a device sends what it read and is told what to do."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Header, Query, Router
from ninja.security import HttpBearer

from scanning import queries
from scanning.actions import scan
from scanning.errors import DeviceUnknown
from scanning.models import Device
from scanning.schemas import (
    DoorOut,
    ScanIn,
    ScanOut,
    ScanPage,
    result_of,
    scan_out,
)
from tenants.current import current_organizer
from ui.problems import Problem


class DeviceToken(HttpBearer):
    """The bearer token that a device was given when it was paired."""

    openapi_description = "The token of a door device, shown once when it is paired with a gate in the portal."

    def __call__(self, request: HttpRequest) -> Device:
        """The device that asks. Raises DeviceUnknown without a header, too."""
        device: Device | None = super().__call__(request)
        if device is None:
            raise DeviceUnknown
        return device

    def authenticate(self, request: HttpRequest, token: str) -> Device | None:
        """The paired device of this token."""
        return queries.paired_device(token)


router = Router(tags=["door"], auth=DeviceToken())

PROBLEMS = {401: Problem, 422: Problem}


@router.post(
    "/scans",
    operation_id="create_scan",
    response={200: ScanOut, 400: Problem, 409: Problem, **PROBLEMS},
    summary="Scan a ticket",
    description="Judges a code and, if all is well, admits one person. Whatever the race between gates, a ticket admits "
    "once. A refused ticket is an answer with status 200 and an `outcome`, never an error.",
)
def create_scan(
    request: HttpRequest,
    payload: ScanIn,
    key: str | None = Header(
        None, alias="Idempotency-Key", description="Accepted, and not needed: `nonce` is the key."
    ),
) -> dict[str, Any]:
    """POST /scans"""
    device = _device(request)
    result = scan(device=device, code=payload.code, nonce=payload.nonce, scanned_at=payload.scanned_at)
    return scan_out(result, device=device, zone=queries.zone_of_scan(device, result.ticket))


@router.get(
    "/scans",
    operation_id="list_scans",
    response={200: ScanPage, **PROBLEMS},
    summary="Scans of this gate",
    description="What was scanned at the device's gate, newest first, by all its devices.",
)
def list_scans(
    request: HttpRequest,
    limit: int = Query(20, ge=1, le=100, description="How many at most."),
    before: UUID | None = Query(None, description="The `next` of the page before."),
) -> dict[str, Any]:
    """GET /scans"""
    device = _device(request)
    scans = queries.scans_of_gate(device.gate_id, before=before, limit=limit + 1)
    zone = queries.zone_of_event(device.gate.event)
    items = [scan_out(result_of(row), device=device, zone=zone) for row in scans[:limit]]
    return {"items": items, "next": items[-1]["id"] if len(scans) > limit else None}


@router.get(
    "/door",
    operation_id="get_door",
    response={200: DoorOut, 401: Problem},
    summary="This device's gate",
    description="The gate and event that this device is paired with, and how many people are in.",
)
def get_door(request: HttpRequest) -> dict[str, Any]:
    """GET /door"""
    device = _device(request)
    event = device.gate.event
    return {
        "device": device.name,
        "gate": device.gate.name,
        "event": event.title,
        "organizer": current_organizer().name,
        "admitted": queries.admitted_count(event.pk),
        "expected": queries.expected_count(event.pk),
        "timezone": queries.zone_of_event(event),
    }


def _device(request: HttpRequest) -> Device:
    device: Device = request.auth  # type: ignore[attr-defined]
    return device
