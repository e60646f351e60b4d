"""The buyer gives tickets back: choose, see what comes back, confirm, or ask the organizer."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from checkout.cancellations import cancel_by_buyer, quote_cancellation, request_cancellation
from checkout.errors import NotRefundable
from inventory.queries import database_now
from orders.models import Order, Position
from orders.queries import order_by_token
from payments.queries import open_refund_request
from storefront.views.pages import secret_page
from ui.errors import DomainError
from ui.forms import typed_number
from ui.middleware import public_form


@secret_page
@public_form
@require_http_methods(["GET", "POST"])
def cancellation(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """`storefront/cancellation.html`. A post cancels the tickets it names for the amount that was shown, or asks for it."""
    order = order_by_token(number, token)
    if not order.is_paid:
        return redirect("storefront:order", number=order.number, token=order.token)
    if request.method == "GET":
        return render(request, "storefront/cancellation.html", _context(request, order))
    try:
        if request.POST.get("wish") == "request":
            words = request.POST.get("words", "")
            request_cancellation(order_id=order.pk, position_ids=_chosen(request, order), words=words)
            sent = "requested"
        else:
            amount = typed_number(request.POST.get("amount", ""), longest=9)
            expected = -1 if amount is None else amount
            cancel_by_buyer(order_id=order.pk, position_ids=_chosen(request, order), expected=expected)
            sent = "cancelled"
    except DomainError as error:
        context = {**_context(request, order), "error": error, "words": request.POST.get("words", "")}
        return render(request, "storefront/cancellation.html", context, status=409 if _is_late(error) else 422)
    return redirect(f"{reverse('storefront:order', args=[number, token])}?{sent}=1")


def _is_late(error: DomainError) -> bool:
    return not isinstance(error, NotRefundable) and error.status == 409


def _chosen(request: HttpRequest, order: Order) -> frozenset[UUID]:
    """The tickets named; all that are valid on a first look."""
    data = request.POST if request.method == "POST" else request.GET
    sold = {str(one.index): one.pk for one in order.positions.all() if one.state == Position.State.SOLD}
    if request.method == "GET" and "chosen" not in data:
        return frozenset(sold.values())
    return frozenset(sold[index] for index in data.getlist("ticket") if index in sold)


def _context(request: HttpRequest, order: Order) -> dict[str, Any]:
    """`order`, `event`, `performance`, every valid ticket with its `quotes`, those `chosen`, the `quote` of them, `waiting`
    (a request that is not decided yet), `error`, `words` as typed."""
    at = database_now()
    chosen = _chosen(request, order)
    every = quote_cancellation(order, frozenset(one.pk for one in order.positions.all()), at=at)
    return {
        "order": order,
        "event": order.event,
        "performance": order.performance,
        "quotes": every.tickets,
        "chosen": chosen,
        "quote": quote_cancellation(order, chosen, at=at),
        "waiting": open_refund_request(order.pk),
        "error": None,
        "words": "",
    }
