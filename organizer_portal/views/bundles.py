"""Bundles of an event: several ticket types for one price."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from events.bundles import remove_bundle, set_bundle
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.bundles import BundleForm
from organizer_portal.views.events import event_or_404, place_refusal
from ui.errors import DomainError, NotFound
from ui.forms import posted


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def bundle(request: HttpRequest, desk: Desk, event_id: UUID, bundle_id: UUID | None = None) -> HttpResponse:
    """Put one together, or change it; what was sold stays as it was."""
    found = event_or_404(event_id)
    present = found.bundles.filter(pk=bundle_id, is_active=True).first() if bundle_id else None
    if bundle_id and present is None:
        raise NotFound
    kinds = list(found.ticket_types.filter(is_active=True, least_price=None))
    if request.method == "POST" or present is None:
        form = BundleForm(posted(request), kinds=kinds, currency=found.currency)
    else:
        form = BundleForm.of(present, kinds=kinds, currency=found.currency)
    if request.method == "POST" and form.is_valid():
        try:
            set_bundle(event_id=found.pk, bundle_id=bundle_id, actor=desk.actor, **form.cleaned_data)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("organizer_portal:event", found.pk)
    context = {"form": form, "event": found, "bundle": present}
    return render(request, "organizer_portal/bundle.html", context, status=422 if form.errors else 200)


@require_POST
@staff(EDIT_EVENTS)
def removals(request: HttpRequest, desk: Desk, event_id: UUID, bundle_id: UUID) -> HttpResponse:
    """Take it off sale."""
    remove_bundle(event_id=event_or_404(event_id).pk, bundle_id=bundle_id, actor=desk.actor)
    messages.success(request, _("The bundle is no longer on sale. What was sold stays valid."))
    return redirect("organizer_portal:event", event_id)
