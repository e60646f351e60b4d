"""An event's waiting lists: the rules, who waits, what was offered; an offer by hand, a removal, a draw before its time."""

import csv
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checkout.waiting import offer_by_hand
from events.models import Event
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.waiting_lists import ListRulesForm
from organizer_portal.seating import harmless
from organizer_portal.views.events import event_or_404, place_refusal
from ui.dates import moment_text
from ui.errors import DomainError, NotFound
from waitlist.actions import change_rules, draw_now, remove
from waitlist.models import ListRules, WaitingList
from waitlist.queries import figures_of, rows_of, rules_of

PER_PAGE = 50


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def waiting_list(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """`organizer_portal/waiting_list.html`: see `_page`. A post sets the rules."""
    found = event_or_404(event_id)
    zone = found.venue.timezone
    form = (
        ListRulesForm(request.POST, zone=zone)
        if request.method == "POST"
        else ListRulesForm.of(rules_of(found.pk), zone=zone)
    )
    if request.method == "POST" and form.is_valid():
        try:
            change_rules(event_id=found.pk, actor=desk.actor, **form.cleaned_data)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("organizer_portal:waiting_list", found.pk)
    return _page(request, found, form, status=422 if form.errors else 200)


def _page(request: HttpRequest, found: Event, form: ListRulesForm, *, status: int = 200) -> HttpResponse:
    """The `form` of the rules, `figures` (ListFigures), `page_obj` of ListRow, and `draws`, the lists that are still to be drawn."""
    rules = rules_of(found.pk)
    draws = WaitingList.objects.filter(performance__event=found, drawn_at=None).select_related("performance")
    context: dict[str, Any] = {
        "event": found,
        "zone": found.venue.timezone,
        "form": form,
        "figures": figures_of(found),
        "page_obj": Paginator(rows_of(found), PER_PAGE).get_page(request.GET.get("page")),
        "has_dates": found.performances.count() > 1,
        "draws": list(draws) if rules.mode == ListRules.Mode.LOTTERY else [],
    }
    return render(request, "organizer_portal/waiting_list.html", context, status=status)


@require_safe
@staff(EDIT_EVENTS)
def waiting_csv(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Everybody on the lists and what became of them, for a spreadsheet."""
    found = event_or_404(event_id)
    # With its byte order mark, or a spreadsheet reads UTF-8 as something else.
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="waiting-list-{found.slug}.csv"'
    writer = csv.writer(response)
    head = (_("Date"), _("Position"), _("Name"), _("E-mail"), _("Ticket"), _("Tickets"), _("Fewer are fine too"))
    writer.writerow([*head, _("On the list since"), _("State"), _("Offered"), _("Offer ends")])
    for row in rows_of(found):
        entry, zone = row.entry, row.entry.waiting_list.performance.timezone

        def when(moment: Any, zone: str = zone) -> str:
            return moment_text(moment, zone) if moment else ""

        cells = [
            when(entry.waiting_list.performance.starts_at),
            str(row.position or ""),
            entry.name,
            entry.email,
            entry.ticket_type.title,
            str(entry.quantity),
            _("yes") if entry.takes_fewer else "",
            when(entry.confirmed_at),
            str(entry.get_state_display()),
            when(row.offer.made_at) if row.offer else "",
            when(row.offer.expires_at) if row.offer else "",
        ]
        writer.writerow([harmless(cell) for cell in cells])
    return response


@require_POST
@staff(EDIT_EVENTS)
def waiting_offers(request: HttpRequest, desk: Desk, event_id: UUID, entry_id: UUID) -> HttpResponse:
    """Hold places for one person now, out of turn."""
    return _act(
        request,
        event_id,
        lambda: offer_by_hand(entry_id=entry_id, event_id=event_id, actor=desk.actor),
        _("Offered. The tickets are held, and the link is on its way."),
    )


@require_POST
@staff(EDIT_EVENTS)
def waiting_removals(request: HttpRequest, desk: Desk, event_id: UUID, entry_id: UUID) -> HttpResponse:
    """Take somebody off the list."""
    return _act(
        request,
        event_id,
        lambda: remove(entry_id=entry_id, event_id=event_id, actor=desk.actor),
        _("Removed from the list."),
    )


@require_POST
@staff(EDIT_EVENTS)
def waiting_draws(request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID) -> HttpResponse:
    """Draw a date's order now."""
    return _act(
        request,
        event_id,
        lambda: draw_now(performance_id=performance_id, event_id=event_id, actor=desk.actor),
        _("Drawn. The order and its seed are public now."),
    )


def _act(request: HttpRequest, event_id: UUID, verb: Callable[[], object], words: str) -> HttpResponse:
    found = event_or_404(event_id)
    try:
        verb()
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, words)
    return redirect("organizer_portal:waiting_list", found.pk)
