"""What a ticket goes with, where it is an add-on."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from events.add_ons import set_add_on
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.add_ons import AddOnForm
from organizer_portal.views.events import event_or_404, place_refusal
from ui.errors import DomainError, NotFound


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def add_on(request: HttpRequest, desk: Desk, event_id: UUID, ticket_type_id: UUID) -> HttpResponse:
    """Parking, a drink, a programme: sold only together with a ticket."""
    found = event_or_404(event_id)
    kind = found.ticket_types.filter(pk=ticket_type_id).first()
    if kind is None:
        raise NotFound
    tickets = list(found.ticket_types.filter(is_active=True, is_add_on=False).exclude(pk=kind.pk))
    form = AddOnForm(request.POST, tickets=tickets) if request.method == "POST" else AddOnForm.of(kind, tickets=tickets)
    if request.method == "POST" and form.is_valid():
        try:
            set_add_on(ticket_type_id=kind.pk, actor=desk.actor, **form.cleaned_data)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("organizer_portal:event", found.pk)
    context = {"form": form, "event": found, "ticket_type": kind, "tickets": tickets}
    return render(request, "organizer_portal/add_on.html", context, status=422 if form.errors else 200)
