"""The platform's back office."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_tenants.utils import tenant_context

from accounts.models import User
from audit.actions import user_actor
from console import queries
from console.access import platform_admin
from console.actions import list_incident
from console.forms import SuspendForm
from console.models import ListedIncident
from reconciliation.actions import close_incident, request_check
from reconciliation.forms import CloseForm
from reconciliation.kinds import playbook
from reconciliation.models import Incident
from reconciliation.queries import last_check
from tenants.actions import resume_organizer, suspend_organizer
from tenants.models import Organizer
from tenants.queries import portal_url, storefront_url
from ui.errors import DomainError, NotFound

PER_PAGE = 50


@require_safe
@platform_admin
def home(request: HttpRequest, user: User) -> HttpResponse:
    """All organizers, found by name, address or host."""
    text, state = request.GET.get("q", "").strip()[:100], request.GET.get("state", "")
    page = Paginator(queries.organizers(text=text, state=state), PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.state_counts()
    context = {
        "page_obj": page,
        "text": text,
        "state": state,
        "states": [(value, label, counts[value]) for value, label in Organizer.State.choices],
        "all_count": sum(counts.values()),
        "totals": queries.currency_totals(),
        "page_query": f"{urlencode({'q': text, 'state': state})}&",
    }
    return render(request, "console/organizers.html", context)


@require_safe
@platform_admin
def organizer(request: HttpRequest, user: User, organizer_id: UUID) -> HttpResponse:
    """One organizer: figures, hosts, history, and what can be done about it."""
    return _organizer_page(request, organizer_id, SuspendForm())


@require_POST
@platform_admin
def suspensions(request: HttpRequest, user: User, organizer_id: UUID) -> HttpResponse:
    """Close an organizer's pages, with a reason."""
    found, form = _found(organizer_id), SuspendForm(request.POST)
    if not form.is_valid():
        return _organizer_page(request, organizer_id, form)
    if found.is_active:
        suspend_organizer(organizer_id=found.pk, reason=form.cleaned_data["reason"], actor=user_actor(user.pk))
        messages.success(request, _("%(name)s is suspended: its pages say so from now on.") % {"name": found.name})
    return redirect("console:organizer", organizer_id)


@require_POST
@platform_admin
def reactivations(request: HttpRequest, user: User, organizer_id: UUID) -> HttpResponse:
    """Open a suspended organizer's pages again."""
    found = _found(organizer_id)
    if found.state == Organizer.State.SUSPENDED:
        resume_organizer(organizer_id=found.pk, actor=user_actor(user.pk))
        messages.success(request, _("%(name)s is open again.") % {"name": found.name})
    return redirect("console:organizer", organizer_id)


@require_safe
@platform_admin
def health(request: HttpRequest, user: User) -> HttpResponse:
    """Prepared schemas, the outbox, webhooks."""
    context = {
        "pool": queries.pool_state(),
        "outbox": queries.outbox_backlog(),
        "webhooks": queries.webhook_backlog(),
    }
    return render(request, "console/health.html", context)


# --- Money that does not agree -----------------------------------------------------------------------------------------------


@require_safe
@platform_admin
def incidents(request: HttpRequest, user: User) -> HttpResponse:
    """All organizers' incidents of one state, the open ones unless asked otherwise."""
    state, counts = request.GET.get("state", Incident.State.OPEN), queries.incident_counts()
    context = {
        "page_obj": Paginator(queries.incidents(state), PER_PAGE).get_page(request.GET.get("page")),
        "state": state if state in counts else "all",
        "states": [
            *((value, label, counts[value]) for value, label in Incident.State.choices),
            ("all", _("All"), sum(counts.values())),
        ],
        "page_query": f"state={state if state in counts else 'all'}&",
    }
    return render(request, "console/incidents.html", context)


@require_safe
@platform_admin
def incident(request: HttpRequest, user: User, incident_id: UUID) -> HttpResponse:
    """One incident: what it is about, what to do, and the last check of its organizer."""
    return _incident_page(request, incident_id, CloseForm())


@require_POST
@platform_admin
def closure(request: HttpRequest, user: User, incident_id: UUID) -> HttpResponse:
    """Close an organizer's incident with what was found or done."""
    found, form = _listed(incident_id), CloseForm(request.POST)
    if not form.is_valid():
        return _incident_page(request, incident_id, form)
    with tenant_context(found.organizer):
        try:
            close_incident(incident_id=incident_id, note=form.cleaned_data["note"], actor=user_actor(user.pk))
        except DomainError as refusal:
            messages.warning(request, refusal.detail)
        else:
            messages.success(request, _("The incident is closed."))
        list_incident(incident_id=incident_id)  # now, for whoever looks at it
    return redirect("console:incident", incident_id)


@require_POST
@platform_admin
def checks(request: HttpRequest, user: User, organizer_id: UUID) -> HttpResponse:
    """Compare an organizer's books with the provider's now."""
    with tenant_context(_found(organizer_id)):
        try:
            request_check(actor=user_actor(user.pk))
        except DomainError as refusal:
            messages.warning(request, refusal.detail)
        else:
            messages.success(request, _("The check has begun."))
    return redirect("console:organizer", organizer_id)


@require_safe
@platform_admin
def check(request: HttpRequest, user: User, organizer_id: UUID) -> HttpResponse:
    """How far an organizer's check is, alone; once it is done the whole page is loaded anew."""
    context = _check_context(_found(organizer_id))
    response = render(request, "reconciliation/_check.html", context)
    if context["check"] and context["check"].is_done:
        response["HX-Refresh"] = "true"
    return response


def _listed(incident_id: UUID) -> ListedIncident:
    try:
        return queries.incident(incident_id)
    except NotFound as error:
        raise Http404 from error


def _incident_page(request: HttpRequest, incident_id: UUID, form: CloseForm) -> HttpResponse:
    found = _listed(incident_id)
    context = {
        "incident": found,
        "playbook": playbook(found.kind),
        "form": form,
        "close_url": reverse("console:incident_closure", args=[incident_id]),
        "order_url": portal_url(found.organizer, f"/portal/orders/{found.order_number}/"),
        "portal_url": portal_url(found.organizer, f"/portal/incidents/{incident_id}/"),
        **_check_context(found.organizer),
    }
    return render(request, "console/incident.html", context, status=422 if form.errors else 200)


def _check_context(shown: Organizer) -> dict[str, Any]:
    """The one organizer's last check, from its own schema."""
    found = None
    if shown.state != Organizer.State.PROVISIONING:  # then there is no schema yet
        with tenant_context(shown):
            found = last_check()
    return {
        "check": found,
        "check_url": reverse("console:check", args=[shown.pk]),
        "run_url": reverse("console:checks", args=[shown.pk]),
        "zone": "UTC",
    }


def _found(organizer_id: UUID) -> Organizer:
    try:
        return queries.organizer(organizer_id)
    except NotFound as error:
        raise Http404 from error


def _organizer_page(request: HttpRequest, organizer_id: UUID, form: SuspendForm) -> HttpResponse:
    found = _found(organizer_id)
    context = {
        "shown": found,
        "form": form,
        "history": queries.history(organizer_id),
        "storefront_url": storefront_url(found),
        "portal_url": portal_url(found),
        **_check_context(found),
    }
    return render(request, "console/organizer.html", context, status=422 if form.errors else 200)
