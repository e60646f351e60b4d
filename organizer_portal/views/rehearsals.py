"""Test mode of an event: begin it, look at its orders, delete them, go live."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from checkout.rehearsals import go_live, purge_test_orders, set_test_mode, test_orders_of
from events.models import Event
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.views.events import event_or_404
from ui.errors import DomainError


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def test_mode(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """What test mode is, and how far this event is in it. A post with `on` or without begins or ends it for a draft."""
    found = event_or_404(event_id)
    if request.method == "POST":
        try:
            set_test_mode(event_id=found.pk, is_test="on" in request.POST, actor=desk.actor)
        except DomainError as refusal:
            return _page(request, found, refusal=refusal.detail)
        return redirect("organizer_portal:event_test_mode", found.pk)
    return _page(request, found)


@require_POST
@staff(EDIT_EVENTS)
def test_order_removals(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Delete its test orders."""
    found = event_or_404(event_id)
    try:
        number = purge_test_orders(event_id=found.pk, actor=desk.actor)
    except DomainError as refusal:
        return _page(request, found, refusal=refusal.detail)
    words = ngettext(
        "%d test order is deleted, and its places are free.",
        "%d test orders are deleted, and their places are free.",
        number,
    )
    messages.success(request, words % number)
    return redirect("organizer_portal:event_test_mode", event_id)


@require_POST
@staff(EDIT_EVENTS)
def launch(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Sell it for real from now on."""
    found = event_or_404(event_id)
    try:
        go_live(event_id=found.pk, actor=desk.actor)
    except DomainError as refusal:
        return _page(request, found, refusal=refusal.detail)
    messages.success(request, _("“%(title)s” is live: orders are real from now on.") % {"title": found.title})
    return redirect("organizer_portal:event", found.pk)


def _page(request: HttpRequest, found: Event, *, refusal: str = "") -> HttpResponse:
    context = {"event": found, "number": test_orders_of(found.pk), "refusal": refusal}
    return render(request, "organizer_portal/event_test_mode.html", context, status=422 if refusal else 200)
