"""A cancelled event: cancel it, watch its orders being given back, try again what failed."""

import csv
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checkout.batches import cancel_and_refund, progress, retry_turns
from organizer_portal.access import REFUND, Desk, staff
from organizer_portal.forms.fields import amount_text
from organizer_portal.forms.orders import CancelEventForm
from organizer_portal.seating import harmless
from organizer_portal.views.events import event_or_404, place_refusal
from payments.models import RefundBatch, RefundTurn
from payments.queries import batch_of_event, value_to_refund
from ui.errors import DomainError
from ui.forms import posted

PER_PAGE = 50


@require_http_methods(["GET", "POST"])
@staff(REFUND)
def cancellation(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Cancel an event after its title was typed; then its progress and each order's result."""
    found = event_or_404(event_id)
    batch = batch_of_event(found.pk)
    if batch is not None:
        return render(request, "organizer_portal/refund_batch.html", _context(request, desk, batch))
    if found.published_at is None:
        raise Http404
    form = CancelEventForm(posted(request), title=found.title)
    if request.method == "POST" and form.is_valid():
        try:
            cancel_and_refund(event_id=found.pk, words=form.cleaned_data["words"], actor=desk.actor)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            return redirect(request.path)
    context = {"event": found, "form": form, "stakes": value_to_refund(found.pk)}
    return render(request, "organizer_portal/event_cancellation.html", context, status=422 if form.errors else 200)


@require_safe
@staff(REFUND)
def date_cancellation(request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID) -> HttpResponse:
    """How the orders of one cancelled date are given back; it was cancelled among the event's dates."""
    batch = _batch(event_id, performance_id)
    return render(request, "organizer_portal/refund_batch.html", _context(request, desk, batch))


@require_safe
@staff(REFUND)
def batch_progress(
    request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID | None = None
) -> HttpResponse:
    """The progress and the results, alone, as the page asks every two seconds."""
    batch = _batch(event_id, performance_id)
    return render(request, "organizer_portal/_refund_batch.html", _context(request, desk, batch))


@require_POST
@staff(REFUND)
def retries(request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID | None = None) -> HttpResponse:
    """Give every failed order another turn."""
    batch = _batch(event_id, performance_id)
    number = retry_turns(batch_id=batch.pk, actor=desk.actor)
    words = ngettext("%d order is tried again.", "%d orders are tried again.", number) % number
    messages.success(request, words)
    return redirect(_urls(batch)["page"])


@require_safe
@staff(REFUND)
def results(request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID | None = None) -> HttpResponse:
    """Each order's result as CSV."""
    batch = _batch(event_id, performance_id)
    # With its byte order mark, or a spreadsheet reads UTF-8 as something else.
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refunds-{batch.event.slug}.csv"'
    rows = csv.writer(response)
    rows.writerow([_("Order"), _("Buyer"), _("Result"), _("Amount"), _("Currency"), _("Why not")])
    for turn in _turns(batch).order_by("pk").iterator():
        amount = amount_text(turn.refund.amount, turn.order.currency) if turn.refund else "0"
        words = [turn.order.number, turn.order.email, turn.get_state_display(), amount, turn.order.currency, turn.error]
        rows.writerow([harmless(word) for word in words])
    return response


def _batch(event_id: UUID, performance_id: UUID | None) -> RefundBatch:
    batch = batch_of_event(event_id, performance_id)
    if batch is None:
        raise Http404
    return batch


def _urls(batch: RefundBatch) -> dict[str, str]:
    """Where a batch is shown and tried again: an event's, or one date's."""
    if batch.performance_id is None:
        names = ("event_cancellation", "batch_progress", "batch_retries", "batch_results")
        arguments = [batch.event_id]
    else:
        names = ("date_cancellation", "date_batch_progress", "date_batch_retries", "date_batch_results")
        arguments = [batch.event_id, batch.performance_id]
    made = [reverse(f"organizer_portal:{name}", args=arguments) for name in names]
    return dict(zip(("page", "progress", "retries", "results"), made, strict=True))


def _turns(batch: RefundBatch) -> Any:
    return batch.turns.select_related("order", "refund")


def _minutes_left(batch: RefundBatch, counts: dict[str, int]) -> int | None:
    """How long the rest takes at the pace of the last minute, once a tenth is done; None while nobody knows."""
    if batch.state != RefundBatch.State.RUNNING or (counts["done"] + counts["failed"]) * 10 < counts["total"]:
        return None
    lately = batch.turns.filter(done_at__gt=timezone.now() - timedelta(minutes=1)).count()
    return max(1, round(counts["waiting"] / lately)) if lately and counts["waiting"] else None


def _context(request: HttpRequest, desk: Desk, batch: RefundBatch) -> dict[str, Any]:
    state = request.GET.get("state", "")
    turns = _turns(batch)
    if state in RefundTurn.State.values:
        turns = turns.filter(state=state)
    counts = progress(batch)
    return {
        "batch": batch,
        "event": batch.event,
        "urls": _urls(batch),
        "counts": counts,
        "settled": counts["done"] + counts["failed"],
        "minutes_left": _minutes_left(batch, counts),
        "page_obj": Paginator(turns.order_by(F("done_at").desc(nulls_last=True), "pk"), PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "state": state,
        "states": [(value.value, value.label, counts[value.value]) for value in RefundTurn.State],
        "zone": desk.organizer.timezone,
        "page_query": f"state={state}&",
    }
