"""The platform's back office."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from audit.actions import user_actor
from console import queries
from console.access import platform_admin
from console.forms import SuspendForm
from tenants.actions import resume_organizer, suspend_organizer
from tenants.models import Organizer
from tenants.queries import portal_url, storefront_url
from ui.errors import NotFound

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
    }
    return render(request, "console/organizer.html", context, status=422 if form.errors else 200)
