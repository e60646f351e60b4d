"""Checkouts that were left: the buyer's consent to be reminded, and the page that a reminder leads to."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from checkout.recovery import price_today, restore
from events.models import Performance
from inventory.queries import hold_by_token
from pricing.quote import Quote
from recovery.actions import agree, stop, withdraw
from recovery.models import Reminder
from recovery.queries import reminder_by_token
from storefront.views.pages import secret_page
from ui.errors import DomainError, NotFound
from ui.middleware import public_form
from waitlist.models import ListOffer
from waitlist.queries import rules_of


@secret_page
@public_form
@require_POST
def checkout_reminder(request: HttpRequest, hold_id: UUID, token: str) -> HttpResponse:
    """The box on the checkout page, ticked (`reminder`, with the `email` and `name` that are typed) or unticked: 204, or 422 for no address."""
    hold = hold_by_token(hold_id, token)
    if "reminder" not in request.POST or ListOffer.objects.filter(hold=hold).exists():
        withdraw(hold=hold)
        return HttpResponse(status=204)
    try:
        agree(hold=hold, email=request.POST.get("email", ""), name=request.POST.get("name", ""))
    except DomainError as error:
        return HttpResponse(str(error.detail), status=error.status, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)


@secret_page
@require_safe
def left_order(request: HttpRequest, reminder_id: UUID, token: str) -> HttpResponse:
    """`storefront/left_order.html`: see `_page`. A look holds nothing, for mail programs look too."""
    return _page(request, reminder_by_token(reminder_id, token))


def _page(request: HttpRequest, reminder: Reminder, *, error: DomainError | None = None) -> HttpResponse:
    """What the page shows.

    `reminder`, `event`, `performance`, the `quote` of then, the total `then` and `today` (None where it is not offered now),
    `is_over` (the date), `has_waiting_list`, `error`.
    """
    performance = reminder.hold.performance
    quote = Quote.from_dict(reminder.hold.quote)
    is_over = performance.ends_at <= timezone.now() or performance.state == Performance.State.CANCELLED
    context: dict[str, Any] = {
        "reminder": reminder,
        "event": performance.event,
        "performance": performance,
        "quote": quote,
        "then": quote.total,
        "today": None if is_over else price_today(reminder),
        "is_over": is_over,
        "has_waiting_list": not is_over and rules_of(performance.event_id).is_open,
        "error": error,
    }
    return render(request, "storefront/left_order.html", context, status=error.status if error else 200)


@secret_page
@public_form
@require_POST
def left_order_holds(request: HttpRequest, reminder_id: UUID, token: str) -> HttpResponse:
    """Hold the same again, and on to the checkout."""
    reminder = reminder_by_token(reminder_id, token)
    try:
        hold = restore(reminder_id=reminder.pk, token=token)
    except NotFound as error:
        return _page(request, reminder, error=error)
    except DomainError as error:
        return _page(request, reminder, error=error)
    return redirect("storefront:checkout", hold_id=hold.pk, token=hold.token)


@secret_page
@public_form
@require_POST
def left_order_stop(request: HttpRequest, reminder_id: UUID, token: str) -> HttpResponse:
    """No more reminders."""
    reminder = stop(reminder_id=reminder_id, token=token)
    return redirect("storefront:left_order", reminder_id=reminder.pk, token=token)
