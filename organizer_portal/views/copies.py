"""New events from others: copies and templates."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checkout.copies import copy_event
from events.copies import discard_template
from events.models import Event
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.copies import CopyForm
from organizer_portal.views.events import event_or_404, place_refusal
from scanning.actions import create_gate
from ui.errors import DomainError


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def copies(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Make a draft or a template from an event, or a draft from a template."""
    found = event_or_404(event_id)
    form = CopyForm(request.POST, event=found) if request.method == "POST" else CopyForm.of(found)
    if request.method == "POST" and form.is_valid():
        try:
            made = _copied(desk, found, form)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            words = (
                _("“%(title)s” is saved as a template.")
                if made.state == Event.State.TEMPLATE
                else _("“%(title)s” is a draft with the same settings. Look through it, then publish.")
            )
            messages.success(request, words % {"title": made.title})
            return redirect("organizer_portal:event", made.pk)
    context = {"form": form, "event": found}
    return render(request, "organizer_portal/event_copies.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _copied(desk: Desk, found: Event, form: CopyForm) -> Event:
    """Its gates come along; phones are paired anew."""
    words: dict[str, Any] = form.cleaned_data
    made = copy_event(
        event_id=found.pk,
        title=words["title"],
        first_on=words["first_on"],
        is_template=form.is_template,
        actor=desk.actor,
    )
    for gate in found.gates.order_by("pk"):
        create_gate(event_id=made.pk, name=gate.name, actor=desk.actor)
    return made


@require_safe
@staff(EDIT_EVENTS)
def templates(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All templates by name."""
    found = Event.objects.filter(state=Event.State.TEMPLATE).select_related("venue")
    rows = list(found.prefetch_related("ticket_types").order_by("title", "pk"))
    return render(request, "organizer_portal/event_templates.html", {"templates": rows})


@require_POST
@staff(EDIT_EVENTS)
def removals(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Discard a template; what was made from it stays."""
    found = event_or_404(event_id)
    try:
        discard_template(event_id=found.pk, actor=desk.actor)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("organizer_portal:event", found.pk)
    messages.success(request, _("“%(title)s” is discarded. Events made from it stay.") % {"title": found.title})
    return redirect("organizer_portal:event_templates")
