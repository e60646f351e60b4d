"""Orders: find, look into, refund, send again."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checkout.actions import refund_order, resend_tickets
from orders.models import Order
from orders.queries import order_with_all, search_orders
from organizer_portal.access import REFUND, SEE_SALES, Desk, staff
from organizer_portal.forms.orders import RefundForm
from organizer_portal.timeline import mails_of, timeline
from payments.queries import payment_of
from scanning.models import Admission
from tickets.queries import ticket_history_of_order
from ui.errors import DomainError
from ui.forms import posted

PER_PAGE = 40


@require_safe
@staff(SEE_SALES)
def orders(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Orders by number, name or e-mail, newest first; one state or all."""
    text, state = request.GET.get("q", "").strip()[:100], request.GET.get("state", "")
    found = search_orders(text)
    if state in Order.State.values:
        found = found.filter(state=state)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    shown = (Order.State.PAID, Order.State.REFUNDED, Order.State.PENDING, Order.State.CANCELLED)
    context = {
        "page_obj": page,
        "text": text,
        "state": state,
        "states": [(value.value, value.label) for value in shown],
        "zone": desk.organizer.timezone,
        "page_query": f"{urlencode({'q': text, 'state': state})}&",
    }
    return render(request, "organizer_portal/orders.html", context)


@require_safe
@staff(SEE_SALES)
def order(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """One order: what happened, the money, positions, tickets, mails."""
    return _order_page(request, desk, order_with_all(number))


def _order_page(request: HttpRequest, desk: Desk, found: Order, *, refusal: str = "") -> HttpResponse:
    payment = payment_of(found.pk)
    tickets = ticket_history_of_order(found.pk)
    context = {
        "order": found,
        "payment": payment,
        "refunds": list(payment.refunds.order_by("created_at")) if payment else [],
        "fees": sum(fee.amount for fee in found.fees.all()),
        "admitted": set(Admission.objects.filter(position__order=found).values_list("position_id", flat=True)),
        "tickets": tickets,
        "mails": mails_of(found),
        "timeline": timeline(found),
        "may_refund": desk.membership.can_refund,
        "refusal": refusal,
        "zone": found.performance.timezone,
        "form": None,
    }
    return render(request, "organizer_portal/order.html", context, status=409 if refusal else 200)


@require_POST
@staff(SEE_SALES)
def deliveries(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Send the tickets again, to the order's own address."""
    found = order_with_all(number)
    try:
        resend_tickets(order_id=found.pk, actor=desk.actor)
    except DomainError as refusal:
        return _order_page(request, desk, found, refusal=refusal.detail)
    messages.success(request, _("The tickets are on their way to %(email)s.") % {"email": found.email})
    return redirect("organizer_portal:order", found.number)


@require_http_methods(["GET", "POST"])
@staff(REFUND)
def refund(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Refund an order in full, after its amount was typed."""
    found = order_with_all(number)
    if not found.is_paid:
        words = _("Only a paid order can be refunded; this one is “%s”.") % found.get_state_display()
        return _order_page(request, desk, found, refusal=words)
    form = RefundForm(posted(request), total=found.total, currency=found.currency)
    if request.method == "POST" and form.is_valid():
        try:
            refund_order(order_id=found.pk, actor=desk.actor)
        except DomainError as refusal:
            return _order_page(request, desk, order_with_all(number), refusal=refusal.detail)
        messages.success(request, _("Order %(number)s is refunded; its tickets no longer admit.") % {"number": number})
        return redirect("organizer_portal:order", found.number)
    context = {"order": found, "form": form, "fees": sum(fee.amount for fee in found.fees.all())}
    return render(request, "organizer_portal/refund.html", context, status=422 if form.errors else 200)
