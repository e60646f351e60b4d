"""An event's waiting room: its settings, and how its line does now."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from analytics.chart import draw
from analytics.queries import Bar
from events.models import Event
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.events import RoomForm
from organizer_portal.views.events import event_or_404, place_refusal
from tenants.queries import storefront_url
from ui.errors import DomainError
from waiting_room.actions import change_room
from waiting_room.queries import admitted_by_minute, latest_line, line_figures, room_of

MINUTES_SHOWN = 60


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def waiting_room(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Change the room, or look at it."""
    found = event_or_404(event_id)
    zone = found.venue.timezone
    form = RoomForm(request.POST, zone=zone) if request.method == "POST" else RoomForm.of(room_of(found.pk), zone=zone)
    if request.method == "POST" and form.is_valid():
        try:
            change_room(event_id=found.pk, actor=desk.actor, **form.cleaned_data)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("organizer_portal:waiting_room", found.pk)
    context = {
        **_figures(found),
        "form": form,
        "queue_url": storefront_url(desk.organizer, f"/events/{found.slug}/queue/"),
    }
    return render(request, "organizer_portal/waiting_room.html", context, status=422 if form.errors else 200)


@require_safe
@staff(EDIT_EVENTS)
def line(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """The live part of that page, alone."""
    return render(request, "organizer_portal/_line.html", _figures(event_or_404(event_id)))


def _figures(found: Event) -> dict[str, Any]:
    """`line` (the open or the last one, or None), its `figures`, and the `chart` of those let in per minute of the last hour."""
    now = timezone.now()
    latest = latest_line(found.pk)
    context: dict[str, Any] = {"event": found, "zone": found.venue.timezone, "line": latest}
    if latest is None:
        return context
    counts = admitted_by_minute(latest, since=now - timedelta(minutes=MINUTES_SHOWN))
    this_minute = now.replace(second=0, microsecond=0)
    minutes = [this_minute - timedelta(minutes=back) for back in range(MINUTES_SHOWN - 1, -1, -1)]
    chart = draw([Bar(starts_at=minute, tickets=counts.get(minute, 0)) for minute in minutes])
    return {**context, "figures": line_figures(latest, at=now), "chart": chart}
