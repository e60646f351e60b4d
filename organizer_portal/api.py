"""The staff API: who may use it, and seat maps in and out (codes: codes_api.py). A program shows an organizer's key; a staff screen its session and CSRF token."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from ninja import Header, Path, Query, Router, Status
from ninja.security import HttpBearer
from ninja.utils import check_csrf

from accounts.access import is_verified, signed_in_user
from audit.actions import Actor, key_actor, user_actor
from idempotency.actions import open_key, remember_answer
from organizer_portal import schemas
from organizer_portal.map_exports import map_export, version_of
from people.keys import note_use
from people.queries import api_key_of, membership_of
from seating.actions import create_seat_map
from seating.checks import faults_of
from seating.document import Document, as_dict, parse
from seating.errors import Fault
from seating.formats import READERS, WRITERS, import_file
from seating.models import MapVersion, SeatMap, Venue
from seating.plan import compile_plan
from seating.queries import seat_map_by_id
from ui.errors import BadInput, BodyTooLarge, NotAllowed, NotSignedIn, TooOften
from ui.limits import Limit, count_against
from ui.problems import Problem

PER_MINUTE = Limit("staff-api", 120, 60)
HEAVY_PER_MINUTE = Limit("staff-api-files", 20, 60)
MOST_TOLD = 2_500  # faults in one answer


@dataclass(frozen=True)
class Caller:
    """Who asks: a key or a person."""

    actor: Actor


class StaffAccess(HttpBearer):
    """An organizer's API key as bearer token; without one the session of somebody on the team who passed both steps."""

    openapi_description = "An API key of the organizer: made in the portal under Settings, shown once."

    def __call__(self, request: HttpRequest) -> Caller:
        """Raises NotSignedIn, NotAllowed, TooOften."""
        caller = super().__call__(request) if "Authorization" in request.headers else self.by_session(request)
        if not isinstance(caller, Caller):
            raise NotSignedIn(_("Send an API key as “Authorization: Bearer <key>”."))
        _count(PER_MINUTE, caller)
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        """The key that has this token, if it may set things up."""
        key = api_key_of(token)
        if key is None:
            return None
        if not key.can_edit_events:
            raise NotAllowed(_("This needs the Owner or Manager role."))
        note_use(key)
        return Caller(key_actor(key.pk))

    def by_session(self, request: HttpRequest) -> Caller | None:
        """The person whose session this is. A session proves nothing on an organizer's domain of their own."""
        user = signed_in_user(request)
        if user is None or request.is_custom_domain or not is_verified(request):  # type: ignore[attr-defined]
            return None
        membership = membership_of(user.pk)
        if membership is None or not membership.can_edit_events:
            raise NotAllowed(_("This needs the Owner or Manager role."))
        if check_csrf(request) is not None:
            raise NotAllowed(_("Send the CSRF token as “X-CSRFToken”."))
        return Caller(user_actor(user.pk))


router = Router(tags=["seat maps"], auth=StaffAccess())
REFUSED = {401: Problem, 403: Problem, 422: Problem, 429: Problem}
KEY = Header(None, alias="Idempotency-Key", description="Optional; with one, asking again makes no second thing")
FORMATS = ", ".join(READERS)


def caller_of(request: HttpRequest) -> Caller:
    """Who asks, of an operation behind `StaffAccess`."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


def _count(limit: Limit, caller: Caller) -> None:
    try:
        count_against(limit, str(caller.actor))
    except TooOften as refusal:
        words = (
            ngettext(
                "Too many requests: try again in %d second.",
                "Too many requests: try again in %d seconds.",
                refusal.extra["wait_seconds"],
            )
            % refusal.extra["wait_seconds"]
        )
        raise TooOften(words, **refusal.extra) from refusal


# --- Look ------------------------------------------------------------------------------------------------------------------


@router.get("/seat-maps", operation_id="list_seat_maps", response={200: schemas.SeatMapListOut, **REFUSED})
def list_seat_maps(
    request: HttpRequest, limit: int = Query(100, ge=1, le=200), offset: int = Query(0, ge=0, le=1_000_000)
) -> dict[str, Any]:
    """The organizer's seat maps by name, and its venues."""
    maps = list(SeatMap.objects.select_related("venue").defer("draft")[offset : offset + limit])
    return {
        "items": [_map_out(one) for one in maps],
        "venues": [_venue_out(venue) for venue in Venue.objects.order_by("name", "pk")[:200]],
    }


@router.get(
    "/seat-maps/{uuid:seat_map_id}",
    operation_id="get_seat_map",
    response={200: schemas.SeatMapDetailOut, 404: Problem, **REFUSED},
)
def get_seat_map(request: HttpRequest, seat_map_id: UUID) -> dict[str, Any]:
    """A seat map with its draft, what is on it, and what keeps it from being published."""
    seat_map = seat_map_by_id(seat_map_id)
    document = parse(seat_map.draft)
    return {
        **_map_out(seat_map),
        "summary": _summary(document),
        "faults": _told(faults_of(document)),
        "document": as_dict(document),
    }


@router.get(
    "/seat-maps/{uuid:seat_map_id}/exports/{format}",
    operation_id="export_seat_map",
    response={200: schemas.MapExportOut, 404: Problem, **REFUSED},
)
def export_seat_map(
    request: HttpRequest,
    seat_map_id: UUID,
    format: str = Path(..., max_length=20, description=", ".join(WRITERS)),
    version: UUID | None = Query(None, description="The id of a version; without it the draft"),
) -> dict[str, Any]:
    """A seat map as a file of another kind, with a list of what that kind cannot hold."""
    _count(HEAVY_PER_MINUTE, caller_of(request))
    seat_map = seat_map_by_id(seat_map_id)
    found = version_of(seat_map, version) if version is not None else None
    file_name, exported = map_export(seat_map, found, format)
    return {
        "file_name": file_name,
        "media_type": exported.media_type,
        "content": exported.content.decode(),
        "lost": _told(exported.lost),
    }


# --- Make ------------------------------------------------------------------------------------------------------------------

_FILE = {
    "requestBody": {
        "required": True,
        "description": "The file itself, of any media type; at most 20 MB.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "/seat-maps/imports",
    operation_id="import_seat_map",
    response={200: schemas.MapMadeOut, 201: schemas.MapMadeOut, 400: Problem, 409: Problem, 413: Problem, **REFUSED},
    openapi_extra=_FILE,
)
def import_seat_map(
    request: HttpRequest,
    format: str | None = Query(None, max_length=20, description=f"{FORMATS}; without it found out from the file"),
    name: str | None = Query(None, max_length=80, description="What the map is called; else what the file says"),
    venue_id: UUID | None = Query(None, description="Needed unless it is a dry run"),
    dry_run: bool = Query(False, description="Say what would become of the file, and make nothing"),
    clusters: list[str] = Query([], max_length=40, description="SVG: which of the proposal's shapes are seats"),
    areas: list[str] = Query(
        [], max_length=200, description="pretix: which areas are standing room for how many: `zones[0].areas[1]:250`"
    ),
    key: str | None = KEY,
) -> Any:
    """Make a seat map from a file: every fault is told one by one, nothing is dropped or merged in silence.

    A drawing (SVG) is a guess until somebody confirms which shapes are seats: its first answer is 200 with a proposal.
    """
    caller = caller_of(request)
    _count(HEAVY_PER_MINUTE, caller)
    content = read_file(request, most=settings.SEAT_MAP_FILE_MAX)
    options: dict[str, Any] = {"clusters": clusters} if clusters else {}
    if areas:
        options["areas"] = _capacities(areas)
    imported = import_file(name or "", content, format, options)
    document = _named(imported.document, name)
    made = {
        "format": imported.format,
        "needs_confirmation": imported.needs_confirmation,
        "proposal": dict(imported.proposal),
        "summary": _summary(document),
        "faults": _told([*imported.faults, *faults_of(document)]),
    }
    asked = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "format": format,
        "name": name,
        "venue": str(venue_id),
        "options": options,
    }
    is_dry = dry_run or imported.needs_confirmation
    return _made(caller, document, made, venue_id=venue_id, dry_run=is_dry, key=key, asked=asked)


@router.post(
    "/seat-maps/compilations",
    operation_id="compile_seat_map",
    response={200: schemas.MapPlanOut, 201: schemas.MapPlanOut, 400: Problem, 409: Problem, **REFUSED},
)
def compile_seat_map(request: HttpRequest, payload: schemas.MapPlanIn, key: str | None = KEY) -> Any:
    """Make a seat map from a plan: rows, seats, curves and numbering in a few words (docs/seat-map-formats.md)."""
    caller = caller_of(request)
    _count(HEAVY_PER_MINUTE, caller)
    planned = compile_plan(payload.plan)
    made = {
        "format": "plan",
        "needs_confirmation": False,
        "proposal": {},
        "summary": _summary(planned.document),
        "faults": _told([*planned.faults, *faults_of(planned.document)]),
        "document": as_dict(planned.document) if payload.with_document else None,
    }
    return _made(
        caller,
        planned.document,
        made,
        venue_id=payload.venue_id,
        dry_run=payload.dry_run,
        key=key,
        asked=payload.model_dump(mode="json"),
    )


def _made(
    caller: Caller,
    document: Document,
    made: dict[str, Any],
    *,
    venue_id: UUID | None,
    dry_run: bool,
    key: str | None,
    asked: Mapping[str, Any],
) -> HttpResponse | Status[Any]:
    """The answer; unless it is a dry run, after the map has been made, once for each key."""
    made |= {"dry_run": dry_run, "seat_map_id": None}
    if dry_run:
        return Status(200, made)
    with transaction.atomic():
        row = open_key(scope=f"seat_map:{caller.actor}", key=key, body=asked) if key is not None else None
        if row is not None and row.status:
            return Status(row.status, made | row.body)
        venue = Venue.objects.filter(pk=venue_id).first()
        if venue is None:
            raise BadInput(_("Say with “venue_id” which of your venues the map belongs to."), field="venue_id")
        seat_map = create_seat_map(venue=venue, document=document, actor=caller.actor)
        made["seat_map_id"] = str(seat_map.pk)
        if row is not None:
            remember_answer(row=row, status=201, body={"seat_map_id": made["seat_map_id"]})
    return Status(201, made)


def read_file(request: HttpRequest, *, most: int) -> bytes:
    """The request's body, if it is no larger than `most` bytes; a larger one is not read. Raises BodyTooLarge."""
    words = _("A seat map's file has at most %d MB.") % (most // 1024**2)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > most:
        raise BodyTooLarge(words)
    parts: list[bytes] = []
    read = 0
    while chunk := request.read(256 * 1024):
        read += len(chunk)
        if read > most:
            raise BodyTooLarge(words)
        parts.append(chunk)
    return b"".join(parts)


# --- Words and numbers -----------------------------------------------------------------------------------------------------


def _capacities(areas: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in areas:
        where, _colon, capacity = one.rpartition(":")
        if not where or not capacity.isdecimal() or len(capacity) > 6:
            raise BadInput(_("An area is written as its path, a colon and how many it holds."), field="areas")
        found[where] = int(capacity)
    return found


def _named(document: Document, name: str | None) -> Document:
    """The document under a name of its own. Raises BadInput for one that cannot be printed."""
    if name is None:
        return document
    if not name.strip() or not name.isprintable():
        raise BadInput(_("Give the map a name of at most 80 characters."), field="name")
    return replace(document, name=name.strip())


def _summary(document: Document) -> dict[str, Any]:
    """How much of what is on the map."""
    seats_of: Counter[str | None] = Counter()
    flags: Counter[str] = Counter()
    sections: list[dict[str, Any]] = []
    for floor, section in document.sections:
        lines: list[dict[str, Any]] = []
        for line in section.lines:
            for seat in line.seats:
                seats_of[seat.category or line.category or section.category] += 1
                flags.update(seat.flags)
            whole = getattr(line, "is_whole", None)
            kind = "row" if whole is None else "whole_table" if whole else "table"
            lines.append({"id": line.id, "label": line.label, "kind": kind, "seats": len(line.seats)})
        total = sum(line["seats"] for line in lines)
        sections.append({"id": section.id, "name": section.name, "floor": floor.name, "seats": total, "lines": lines})
    areas = [
        {"id": a.id, "name": a.name, "floor": floor.name, "capacity": a.capacity, "category": a.category}
        for floor in document.floors
        for a in floor.areas
    ]
    return {
        "name": document.name,
        "width": document.width,
        "height": document.height,
        "seats": sum(seats_of.values()),
        "places": sum(area.capacity for area in document.areas),
        "floors": [floor.name for floor in document.floors],
        "sections": sections,
        "areas": areas,
        "categories": [
            {
                "key": category.key,
                "name": category.name,
                "color": category.color,
                "seats": seats_of[category.key],
                "places": sum(area.capacity for area in document.areas if area.category == category.key),
            }
            for category in document.categories
        ],
        "flags": dict(sorted(flags.items())),
    }


def _told(faults: Sequence[Fault]) -> list[dict[str, str]]:
    told = [fault.as_dict() for fault in faults[:MOST_TOLD]]
    if len(faults) > MOST_TOLD:
        words = _("And %d more.") % (len(faults) - MOST_TOLD)
        told.append(Fault("more", words, severity=faults[-1].severity).as_dict())
    return told


def _venue_out(venue: Venue) -> dict[str, Any]:
    return {"id": venue.pk, "name": venue.name, "city": venue.city}


def _map_out(seat_map: SeatMap) -> dict[str, Any]:
    latest = seat_map.versions.filter(kind=MapVersion.Kind.PUBLISHED).defer("document").order_by("-number").first()
    return {
        "id": seat_map.pk,
        "name": seat_map.name,
        "venue": _venue_out(seat_map.venue),
        "revision": seat_map.revision,
        "updated_at": seat_map.updated_at,
        "published": latest
        and {
            "number": latest.number,
            "hash": latest.hash,
            "seats": latest.n_seats,
            "places": latest.n_places,
            "published_at": latest.created_at,
        },
    }
