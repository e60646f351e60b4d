"""Fees of an event: who bears ours, and what each ticket then costs and brings."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from events.actions import change_event
from events.models import Event
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.fees import FeeShareForm
from organizer_portal.views.events import event_or_404, place_refusal
from pricing.plans import terms_of
from pricing.quote import Terms, price_one
from ui.errors import DomainError


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def event_fees(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Who bears our fee on the event's tickets; what is held or sold keeps its price."""
    found = event_or_404(event_id)
    form = FeeShareForm(request.POST) if request.method == "POST" else FeeShareForm.of(found)
    if request.method == "POST" and form.is_valid():
        try:
            change_event(event_id=found.pk, actor=desk.actor, fee_share=form.cleaned_data["fee_share"])
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved. It holds for tickets that nobody has chosen yet."))
            return redirect("organizer_portal:event_fees", found.pk)
    context = {"event": found, "form": form, "rows": _rows(found, terms_of(found))}
    return render(request, "organizer_portal/event_fees.html", context, status=422 if form.errors else 200)


@require_safe
@staff(EDIT_EVENTS)
def fee_rows(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """What each ticket would cost and bring with the share being chosen."""
    found = event_or_404(event_id)
    form = FeeShareForm(request.GET)
    terms = terms_of(found)
    if form.is_valid():
        terms = replace(terms, fee_share=form.cleaned_data["fee_share"])
    return render(request, "organizer_portal/_fee_rows.html", {"event": found, "rows": _rows(found, terms)})


def _rows(event: Event, terms: Terms) -> list[dict[str, Any]]:
    """Each ticket type with its price for one ticket (`pricing.quote.Line`), and what the organizer gets of it."""
    kinds = event.ticket_types.filter(is_active=True)
    lines = [(kind, price_one(kind.price, terms)) for kind in kinds]
    return [{"kind": kind, "line": line, "gets": line.price - line.absorbed} for kind, line in lines]
