"""How an event comes before people: when its sale begins, who may find it, pausing, postponing, going on."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from analytics.queries import event_sales
from checkout.publish import pause_event, postpone_event, resume_event
from events.models import Event
from events.preview import preview_token
from events.publication import renew_preview_link, set_sale_start, set_visibility
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.publishing import PostponeForm, PublishingForm
from organizer_portal.views.events import event_or_404, event_page, place_refusal
from tenants.queries import storefront_url
from ui.errors import DomainError
from ui.forms import posted


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def publishing(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Change when its sale begins and who may find it; hand out the preview link."""
    found = event_or_404(event_id)
    form = PublishingForm(request.POST, event=found) if request.method == "POST" else PublishingForm.of(found)
    if request.method == "POST" and form.is_valid():
        try:
            _save(form, desk, found)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("organizer_portal:event_publishing", found.pk)
    path = f"/events/{found.slug}/"
    context = {
        "form": form,
        "event": found,
        "public_url": storefront_url(desk.organizer, path),
        "preview_url": storefront_url(desk.organizer, f"{path}?preview={preview_token(found)}"),
    }
    return render(request, "organizer_portal/event_publishing.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _save(form: PublishingForm, desk: Desk, found: Event) -> None:
    """One form is two verbs."""
    words = form.cleaned_data
    set_sale_start(event_id=found.pk, sale_starts_at=words["sale_starts_at"], actor=desk.actor)
    set_visibility(event_id=found.pk, visibility=words["visibility"], password=words["password"], actor=desk.actor)


@require_POST
@staff(EDIT_EVENTS)
def preview_links(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """End the preview links that were given out; the page has a new one."""
    renew_preview_link(event_id=event_or_404(event_id).pk, actor=desk.actor)
    messages.success(request, _("The old preview links no longer work. Here is a new one."))
    return redirect("organizer_portal:event_publishing", event_id)


@require_POST
@staff(EDIT_EVENTS)
def pause(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Stop the sale for a while."""
    words = _("The sale is paused. Nothing new is held; what is held can still be paid.")
    return _moved(request, desk, event_id, pause_event, words)


@require_POST
@staff(EDIT_EVENTS)
def event_resumption(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Put a paused or postponed event on sale again."""
    return _moved(request, desk, event_id, resume_event, _("It is on sale again."))


def _moved(request: HttpRequest, desk: Desk, event_id: UUID, verb: Callable[..., Event], words: str) -> HttpResponse:
    found = event_or_404(event_id)
    try:
        verb(event_id=found.pk, actor=desk.actor)
    except DomainError as refusal:
        return event_page(request, desk, event_or_404(event_id), refusal=refusal.detail)
    messages.success(request, words)
    return redirect("organizer_portal:event", found.pk)


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def postponement(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Take its dates from an event until new ones are known; who has tickets is mailed."""
    found = event_or_404(event_id)
    form = PostponeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            postpone_event(event_id=found.pk, words=form.cleaned_data["words"], actor=desk.actor)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("It is postponed. Everybody who has tickets gets an e-mail."))
            return redirect("organizer_portal:event", found.pk)
    context = {"form": form, "event": found, "sold": event_sales(found, at=timezone.now()).sold}
    return render(request, "organizer_portal/event_postponement.html", context, status=422 if form.errors else 200)
