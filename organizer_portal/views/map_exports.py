"""A seat map as a file to take along: what each kind of file cannot hold is said before it is fetched."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.map_exports import losses, map_export, version_of
from seating.formats import WRITERS
from seating.models import MapVersion, SeatMap
from seating.queries import seat_map_by_id
from ui.errors import NotFound

MOST_TOLD = 12  # kinds of losses that are told of one kind of file


def _asked(request: HttpRequest, map_id: UUID) -> tuple[SeatMap, MapVersion | None]:
    """The map, and its version that `?version=` names; None for its draft. Raises NotFound."""
    found = seat_map_by_id(map_id)
    named = request.GET.get("version", "")
    if not named:
        return found, None
    try:
        return found, version_of(found, UUID(named))
    except ValueError as error:
        raise NotFound from error


@require_safe
@staff(EDIT_EVENTS)
def exports(request: HttpRequest, desk: Desk, map_id: UUID) -> HttpResponse:
    """The kinds of files that there are, each with what it loses of this map."""
    found, version = _asked(request, map_id)
    context = {"map": found, "version": version, "kinds": [_kind(found, version, name) for name in WRITERS]}
    return render(request, "organizer_portal/seat_map_exports.html", context)


def _kind(found: SeatMap, version: MapVersion | None, name: str) -> dict[str, Any]:
    words = {
        "native": (_("Marquee"), _("The map itself, to keep or to read in again.")),
        "pretix": (_("pretix"), _("A seating plan for pretix.")),
        "svg": (_("SVG"), _("A drawing for print and for drawing programs.")),
        "csv": (_("CSV"), _("A list of the seats for a spreadsheet.")),
    }
    title, about = words[name]
    file_name, exported = map_export(found, version, name)
    lost = losses(exported.lost)
    return {
        "key": name,
        "title": title,
        "about": about,
        "file_name": file_name,
        "size": len(exported.content),
        "lost": lost[:MOST_TOLD],
        "more": max(0, len(lost) - MOST_TOLD),
    }


@require_safe
@staff(EDIT_EVENTS)
def export(request: HttpRequest, desk: Desk, map_id: UUID, format: str) -> HttpResponse:
    """The file, always as a download: no browser shows a drawing as a page of ours."""
    found, version = _asked(request, map_id)
    if format not in WRITERS:
        raise NotFound
    file_name, exported = map_export(found, version, format)
    return HttpResponse(
        exported.content,
        content_type=exported.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{file_name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
