"""The quotas of an event: one over many tickets, one ticket in many."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checkout.changes import change_quotas
from events.models import Event
from events.quotas import shared_quotas
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.quotas import quotas_form
from organizer_portal.views.events import event_or_404
from ui.errors import DomainError
from ui.forms import posted


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def quotas(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """How many there are for each date, and which tickets share them."""
    found = event_or_404(event_id)
    kinds = list(found.ticket_types.filter(is_active=True, category=""))
    present = list(shared_quotas(found).prefetch_related("ticket_types"))
    is_draft = found.state == Event.State.DRAFT
    form = quotas_form(posted(request), present, kinds=kinds, is_draft=is_draft)
    if request.method == "POST" and form.is_valid():
        try:
            change_quotas(event_id=found.pk, quotas=[row.wish for row in form.kept], actor=desk.actor)
        except DomainError as refusal:
            form.place_refusal(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect(
                "organizer_portal:quotas" if "another" in request.POST else "organizer_portal:event", found.pk
            )
    context = {"form": form, "event": found, "kinds": kinds, "is_draft": is_draft}
    return render(request, "organizer_portal/quotas.html", context, status=422 if request.method == "POST" else 200)
