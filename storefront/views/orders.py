"""An order as its buyer sees it: payment, tickets, receipt; finding it again."""

from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.actions import buyer_actor
from checkout import actions as checkout
from checkout import letters
from checkout.errors import NoReceipt
from checkout.receipts import store_receipt
from checkout.seat_words import map_of_date
from orders.models import Order, OrderVisit
from orders.queries import order_by_token
from payments.declines import decline_of
from payments.models import Payment
from payments.queries import open_refund_request, payment_of, refunded_amount
from seating.overview import floor_of, overview
from storefront.buyers import signed_in
from storefront.payments import payment_details
from storefront.views.checkout import note_order_seen, stripe_island
from storefront.views.pages import count_mail, secret_page, told_to_wait
from tickets.actions import store_pdf
from tickets.calendar import calendar_of_order
from tickets.qr import qr_png
from tickets.queries import tickets_of_order
from ui.addresses import normal_address
from ui.dates import event_time
from ui.errors import DomainError, TooOften
from ui.middleware import public_form

BROWSER_POLL_SECONDS = 2


@secret_page
@require_GET
def order_page(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """`storefront/order.html`: see `_order_context`. A buyer who comes back from the bank is told at once where it stands."""
    order = order_by_token(number, token)
    if order.state == Order.State.PENDING and "redirect_status" in request.GET:
        with suppress(DomainError):  # the provider is away: the webhook or the reconciler will tell
            checkout.settle_payment(order_id=order.pk)
        order = order_by_token(number, token)
    note_order_seen(request, order, OrderVisit.Kind.PAGE)
    return render(request, "storefront/order.html", _order_context(request, order))


@secret_page
@require_GET
def order_status(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """`storefront/_order_status.html`, polled every 2 s while `confirming`; tells htmx to reload once there is news."""
    order = order_by_token(number, token)
    context = _order_context(request, order)
    response = render(request, "storefront/_order_status.html", context)
    if not context["is_confirming"]:
        response["HX-Redirect"] = reverse("storefront:order", args=[number, token])
    return response


@secret_page
@public_form
@require_POST
def order_payment(request: HttpRequest, number: str, token: str) -> JsonResponse:
    """After an attempt that did not go through: why, what to do, and until when the places are kept, in words.

    `title`, `advice`, `held` ("Held until 20:19"), `seconds_left`; `url` instead where there is nothing left to pay here.
    """
    order = order_by_token(number, token)
    with suppress(DomainError):  # the provider is away: what we know already is told
        checkout.settle_payment(order_id=order.pk)
    order = order_by_token(number, token)
    seconds_left = _seconds_left(order)
    if order.state != Order.State.PENDING or not seconds_left:
        return JsonResponse({"url": letters.order_url(order)})
    payment = payment_of(order.pk)
    decline = decline_of(payment.last_error, is_saved=payment.failed_saved) if payment else decline_of("")
    time = event_time(order.expires_at, order.performance.timezone)
    kept = _("Your tickets are held until %(time)s.") % {"time": time}
    told = {
        "title": decline.title,
        "advice": f"{decline.advice} {kept}",
        "held": _("Held until %(time)s") % {"time": time},
        "seconds_left": seconds_left,
        "url": "",
    }
    return JsonResponse(told)


def _seconds_left(order: Order) -> int:
    return max(0, int((order.expires_at - timezone.now()).total_seconds()))


def _where_they_sit(order: Order) -> list[dict[str, Any]]:
    """A picture of each floor on which the order has seats: `floor` (its name, "" where there is one) and `svg`."""
    compiled = map_of_date(order.performance_id) if any(one.seat_id for one in order.positions.all()) else None
    if compiled is None:
        return []
    words = {compiled.index_of(one.seat_id): one.seat_words for one in order.positions.all() if one.seat_id}
    seats = {index: said for index, said in words.items() if index is not None}
    floors = compiled.document.floors
    pictures = []
    for floor in sorted({floor_of(compiled, seat) for seat in seats}):
        here = [seat for seat in seats if floor_of(compiled, seat) == floor]
        label = "; ".join(seats[seat] for seat in sorted(here))
        svg = overview(compiled, floor=floor, label=label, marked=here)
        pictures.append({"floor": floors[floor].name if len(floors) > 1 else "", "svg": svg})
    return pictures


def _order_context(request: HttpRequest, order: Order) -> dict[str, Any]:
    """What the order page shows.

    `order` (with positions and fees), `event`, `performance`, `tickets` (valid ones, when paid), `payment`, `refunds`,
    `is_confirming` (the bank is being asked: poll; not while its money takes days), `stripe` (as on the checkout page, with `client_secret` and
    `return_url`) while it waits for a payment, `decline` (of the last attempt), `pictures` of the floors with the order's seats marked, `error` when the payment service is away, `sent` after “send again”,
    `is_slow` when the bank has been asked for half a minute.
    """
    payment = payment_of(order.pk)
    asked = "confirming" in request.GET or "redirect_status" in request.GET or "payment_intent" in request.GET
    has_failed = payment is not None and payment.last_error != ""
    is_under_way = payment is not None and payment.state == Payment.State.UNDER_WAY
    is_confirming = (order.state == Order.State.SECURED and not is_under_way) or (
        order.state == Order.State.PENDING and asked and not has_failed
    )
    context: dict[str, Any] = {
        "order": order,
        "event": order.event,
        "performance": order.performance,
        "positions": list(order.positions.all()),
        "fees": list(order.fees.all()),
        "taxes": list(order.taxes.all()),
        "tickets": tickets_of_order(order.pk) if order.is_paid else [],
        "pictures": _where_they_sit(order) if order.is_paid else [],
        "payment": payment,
        "refunds": list(payment.refunds.order_by("created_at")) if payment else [],
        "refunded": refunded_amount(payment) if payment else 0,
        "is_confirming": is_confirming,
        "seconds_left": _seconds_left(order),
        "decline": decline_of(payment.last_error, is_saved=payment.failed_saved)
        if payment and payment.last_error
        else None,
        "stripe": None,
        "error": None,
        "sent": "sent" in request.GET,
        "cancelled": "cancelled" in request.GET,
        "waiting": open_refund_request(order.pk) if order.is_paid else None,
        "poll_seconds": BROWSER_POLL_SECONDS,
        "is_slow": "slow" in request.GET,
    }
    if order.state == Order.State.PENDING and not is_confirming:
        session = signed_in(request)
        try:
            context["stripe"] = {
                **stripe_island(order.total, order.currency, order.performance, at=order.created_at),
                **payment_details(order, payer=session.customer if session else None, offers_cards=True),
                "return_url": letters.order_url(order),
            }
        except DomainError as error:
            context["error"] = error
    return context


@secret_page
@require_GET
def order_pdf(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """The tickets of a paid order as one PDF."""
    order = order_by_token(number, token)
    if not order.is_paid:
        raise Http404
    note_order_seen(request, order, OrderVisit.Kind.TICKETS)
    response = HttpResponse(storages["private"].open(store_pdf(order)).read(), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="tickets-{order.number}.pdf"'
    return response


@secret_page
@require_GET
def order_receipt(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """What was paid and what went back of it, as a PDF; also of an order that was refunded since."""
    order = order_by_token(number, token)
    try:
        name = store_receipt(order)
    except NoReceipt as error:
        raise Http404 from error
    response = HttpResponse(storages["private"].open(name).read(), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="receipt-{order.number}.pdf"'
    return response


@secret_page
@require_GET
def order_calendar(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """The performance as a calendar entry."""
    order = order_by_token(number, token)
    text = calendar_of_order(order, url=letters.order_url(order))
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{order.number}.ics"'
    return response


@secret_page
@require_GET
def ticket_code(request: HttpRequest, number: str, token: str, index: int) -> HttpResponse:
    """The QR of the ticket of position `index`, as a PNG, black on white."""
    order = order_by_token(number, token)
    ticket = next((t for t in tickets_of_order(order.pk) if t.position.index == index), None)
    if ticket is None or not order.is_paid:
        raise Http404
    return HttpResponse(qr_png(ticket.code), content_type="image/png")


@secret_page
@public_form
@require_POST
def order_emails(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """“Send my tickets again”: to the order's own address, then back to its page."""
    order = order_by_token(number, token)
    try:
        count_mail(request, to=order.email)
        checkout.resend_tickets(order_id=order.pk, actor=buyer_actor(order.pk))
    except DomainError as error:
        context = {**_order_context(request, order), "error": error}
        return told_to_wait(render(request, "storefront/order.html", context, status=422), error)
    return redirect(reverse("storefront:order", args=[number, token]) + "?sent=1")


@public_form
@require_http_methods(["GET", "POST"])
def find_order(request: HttpRequest) -> HttpResponse:
    """`storefront/find_order.html`: `email` as typed, `error`, `is_sent`. The reply is the same whether there are orders."""
    if request.method == "GET":
        return render(request, "storefront/find_order.html", {"is_sent": "sent" in request.GET})
    typed = request.POST.get("email", "").strip()
    try:
        email = normal_address(typed)
    except ValidationError:
        error = _("Enter an e-mail address like name@example.com.")
        return render(request, "storefront/find_order.html", {"email": typed, "error": error}, status=422)
    try:
        count_mail(request, to=email)
    except TooOften as refused:
        context = {"email": email, "error": refused.detail}
        return told_to_wait(render(request, "storefront/find_order.html", context), refused)
    letters.ask_for_orders(email=email)
    return redirect(reverse("storefront:find_order") + "?sent=1")
