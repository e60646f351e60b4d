"""The sale phases of a ticket type."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checkout.changes import change_phases
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.phases import phases_form
from organizer_portal.views.events import event_or_404
from ui.errors import DomainError, NotFound
from ui.forms import posted


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def phases(request: HttpRequest, desk: Desk, event_id: UUID, ticket_type_id: UUID) -> HttpResponse:
    """Early bird, general, last chance: what a ticket costs until when, or until how many are sold."""
    found = event_or_404(event_id)
    kind = found.ticket_types.filter(pk=ticket_type_id).first()
    if kind is None:
        raise NotFound
    present = list(kind.phases.filter(is_active=True).select_related("quota"))
    zone = found.venue.timezone
    form = phases_form(posted(request), present, currency=found.currency, zone=zone)
    if request.method == "POST" and form.is_valid():
        try:
            change_phases(ticket_type_id=kind.pk, phases=[row.wish for row in form.kept], actor=desk.actor)
        except DomainError as refusal:
            form.place_refusal(refusal)
        else:
            messages.success(request, _("Saved."))
            if "another" in request.POST:
                return redirect("organizer_portal:phases", found.pk, kind.pk)
            return redirect("organizer_portal:event", found.pk)
    context = {"form": form, "event": found, "ticket_type": kind, "zone": zone}
    is_refused = request.method == "POST"
    return render(request, "organizer_portal/phases.html", context, status=422 if is_refused else 200)
