"""Where our books and the provider's differ: the inbox, one incident, and the check."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.actions import SYSTEM
from organizer_portal.access import SEE_MONEY, Desk, staff
from payments.queries import connected_account
from people.models import Membership
from reconciliation import queries
from reconciliation.actions import close_incident, request_check
from reconciliation.forms import CloseForm
from reconciliation.kinds import playbook
from reconciliation.models import Incident
from ui.errors import DomainError

PER_PAGE = 40


@require_safe
@staff(SEE_MONEY)
def incidents(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Incidents of one state, the open ones unless asked otherwise, newest first."""
    return _inbox(request, desk)


@require_POST
@staff(SEE_MONEY)
def checks(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Compare the books with the provider's now; the page shows how far it is."""
    try:
        request_check(actor=desk.actor)
    except DomainError as refusal:
        return _inbox(request, desk, refusal=refusal.detail, status=refusal.status)
    return redirect("organizer_portal:incidents")


@require_safe
@staff(SEE_MONEY)
def check(request: HttpRequest, desk: Desk) -> HttpResponse:
    """How far the check is, alone; once it is done the whole page is loaded anew."""
    context = _check_context(desk)
    response = render(request, "reconciliation/_check.html", context)
    if context["check"] and context["check"].is_done:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@staff(SEE_MONEY)
def incident(request: HttpRequest, desk: Desk, incident_id: UUID) -> HttpResponse:
    """One incident: what it is about, what to do."""
    return _incident_page(request, desk, queries.incident_by_id(incident_id), CloseForm())


@require_POST
@staff(SEE_MONEY)
def closure(request: HttpRequest, desk: Desk, incident_id: UUID) -> HttpResponse:
    """Close an incident with what was found or done."""
    found, form = queries.incident_by_id(incident_id), CloseForm(request.POST)
    if not form.is_valid():
        return _incident_page(request, desk, found, form)
    try:
        close_incident(incident_id=found.pk, note=form.cleaned_data["note"], actor=desk.actor)
    except DomainError as refusal:
        messages.warning(request, refusal.detail)
    else:
        messages.success(request, _("The incident is closed."))
    return redirect("organizer_portal:incident", found.pk)


def _inbox(request: HttpRequest, desk: Desk, *, refusal: str = "", status: int = 200) -> HttpResponse:
    state = request.GET.get("state", Incident.State.OPEN)
    page = Paginator(queries.incidents(state), PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.state_counts()
    context = {
        "page_obj": page,
        "state": state if state in counts else "all",
        "states": [
            *((value, label, counts[value]) for value, label in Incident.State.choices),
            ("all", _("All"), sum(counts.values())),
        ],
        "page_query": f"state={state}&" if state in counts else "state=all&",
        "is_connected": connected_account() is not None,
        "run_url": reverse("organizer_portal:checks"),
        "refusal": refusal,
        **_check_context(desk),
    }
    return render(request, "organizer_portal/incidents.html", context, status=status)


def _check_context(desk: Desk) -> dict[str, Any]:
    return {
        "check": queries.last_check(),
        "check_url": reverse("organizer_portal:check"),
        "zone": desk.organizer.timezone,
    }


def _incident_page(request: HttpRequest, desk: Desk, found: Incident, form: CloseForm) -> HttpResponse:
    context = {
        "incident": found,
        "playbook": playbook(found.kind),
        "form": form,
        "settled_by": _name_of(found.settled_by),
        "zone": desk.organizer.timezone,
    }
    return render(request, "organizer_portal/incident.html", context, status=422 if form.errors else 200)


def _name_of(actor: str) -> str:
    """Who settled it, in words: by itself, a colleague, or the platform."""
    if not actor or actor == str(SYSTEM):
        return _("by itself") if actor else ""
    kind, _colon, identifier = actor.partition(":")
    member = Membership.objects.filter(user_id=identifier).first() if kind == "user" else None
    return member.name or member.email if member else _("the platform")
