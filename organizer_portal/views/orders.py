"""Orders: find, look into, give back, send again."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checkout.actions import resend_tickets
from checkout.errors import NotRefundable
from checkout.refunds import GivingBack, fee_with, give_back, left_for, repaid_otherwise, send_again, what_each_cost
from inventory.blocks import release_block
from orders.models import Order, Position
from orders.queries import kept_back_of, order_with_all, search_orders
from organizer_portal.access import REFUND, SEE_SALES, Desk, staff
from organizer_portal.forms.orders import GivingBackForm
from organizer_portal.timeline import mails_of, timeline
from payments.models import Payment, Refund
from payments.queries import OWED, disputes_of_order, left_of, payment_of, standings
from payments.standing import Standing
from scanning.models import Admission
from tickets.queries import ticket_history_of_order
from ui.errors import DomainError
from ui.forms import posted
from ui.ids import uuid7
from ui.money import format_money

PER_PAGE = 40
TONES = {
    Standing.PENDING: "warn",
    Standing.UNDER_WAY: "warn",
    Standing.CONFIRMING: "warn",
    Standing.PAID: "ok",
    Standing.PARTLY_REFUNDED: "note",
    Standing.TICKETS_CANCELLED: "note",
    Standing.CANCELLED_PARTLY_REFUNDED: "note",
    Standing.REFUNDED: "note",
    Standing.CANCELLED: "err",
    Standing.DISPUTED: "warn",
    Standing.CHARGED_BACK: "err",
}


@require_safe
@staff(SEE_SALES)
def orders(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Orders by number, name or e-mail, newest first; one state or all."""
    text, state = request.GET.get("q", "").strip()[:100], request.GET.get("state", "")
    found = search_orders(text)
    if state in Order.State.values:
        found = found.filter(state=state)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    shown = (Order.State.PAID, Order.State.REFUNDED, Order.State.PENDING, Order.State.SECURED, Order.State.CANCELLED)
    stand = standings(page.object_list)
    context = {
        "page_obj": page,
        "rows": [(one, stand[one.pk][0], TONES[stand[one.pk][0]]) for one in page.object_list],
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
    standing, _back = standings([found])[found.pk]
    tickets = ticket_history_of_order(found.pk)
    context = {
        "order": found,
        "standing": standing,
        "tone": TONES[standing],
        "payment": payment,
        "refunds": list(payment.refunds.order_by("created_at")) if payment else [],
        "owed": list(payment.refunds.filter(OWED).order_by("created_at")) if payment else [],
        "admitted": set(Admission.objects.filter(position__order=found).values_list("position_id", flat=True)),
        "tickets": tickets,
        "mails": mails_of(found),
        "timeline": timeline(found),
        "may_refund": desk.membership.can_refund,
        "can_give_back": bool(found.is_paid or (found.paid_at and _left(payment))),
        "disputes": disputes_of_order(found.pk),
        "kept": kept_back_of(found),
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
    """Cancel tickets of an order, send money back, or both, after the amount was typed."""
    found = order_with_all(number)
    payment, costs = payment_of(found.pk), what_each_cost(found)
    if found.paid_at is None or not (costs or _left(payment)):
        words = _("Only a paid order can be refunded; this one is “%s”.") % found.get_state_display()
        return _order_page(request, desk, found, refusal=words)
    form = GivingBackForm(
        posted(request),
        tickets=[(str(one.pk), _ticket_words(one, costs, found.currency)) for one in _positions(found, costs)],
        costs=costs,
        cost_of=lambda chosen: left_for(found, payment, chosen),
        currency=found.currency,
        initial={"key": str(uuid7()), "tickets": [str(one) for one in costs]},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = give_back(order_id=found.pk, asked=form.cleaned_data["asked"], actor=desk.actor)
        except NotRefundable as refusal:
            field = str(refusal.extra.get("field", ""))
            form.add_error(field if field in form.fields else None, refusal.detail)
        else:
            messages.success(request, _given_words(found, form.cleaned_data["asked"], made))
            return redirect("organizer_portal:order", found.number)
    context = {"order": found, "form": form, "left": _left(payment), **_quote(found, payment, form)}
    return render(request, "organizer_portal/refund.html", context, status=422 if form.errors else 200)


@require_safe
@staff(REFUND)
def refund_quote(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """What the tickets chosen in the form cost, and whose money it is."""
    found = order_with_all(number)
    chosen = set(request.GET.getlist("tickets"))
    payment = payment_of(found.pk)
    costs = left_for(found, payment, {one.pk for one in found.positions.all() if str(one.pk) in chosen})
    return render(request, "organizer_portal/_refund_quote.html", _quote_of(found, payment, costs))


@require_POST
@staff(REFUND)
def kept_places(request: HttpRequest, desk: Desk, number: str, block_id: UUID) -> HttpResponse:
    """Put places back on sale that were kept when tickets of this order were cancelled."""
    found = order_with_all(number)
    if not found.positions.filter(kept_back=block_id).exists():
        raise Http404
    places = release_block(block_id=block_id, actor=desk.actor)
    words = ngettext("%d place is on sale again.", "%d places are on sale again.", places) % places
    messages.success(request, words)
    return redirect("organizer_portal:order", found.number)


@require_POST
@staff(REFUND)
def refund_again(request: HttpRequest, desk: Desk, number: str, refund_id: UUID) -> HttpResponse:
    """Send a failed refund once more."""
    found = _order_of_refund(number, refund_id)
    try:
        send_again(refund_id=refund_id, actor=desk.actor)
    except NotRefundable as refusal:
        return _order_page(request, desk, found, refusal=refusal.detail)
    messages.success(request, _("The refund is sent again."))
    return redirect("organizer_portal:order", found.number)


@require_POST
@staff(REFUND)
def repayments(request: HttpRequest, desk: Desk, number: str, refund_id: UUID) -> HttpResponse:
    """Note how the money of a failed refund reached the buyer."""
    found = _order_of_refund(number, refund_id)
    try:
        repaid_otherwise(refund_id=refund_id, words=request.POST.get("words", ""), actor=desk.actor)
    except NotRefundable as refusal:
        return _order_page(request, desk, found, refusal=refusal.detail)
    messages.success(request, _("Noted. The buyer's page says so too."))
    return redirect("organizer_portal:order", found.number)


def _order_of_refund(number: str, refund_id: UUID) -> Order:
    found = order_with_all(number)
    if not Refund.objects.filter(pk=refund_id, payment__order=found).exists():
        raise Http404
    return found


def _left(payment: Payment | None) -> int:
    return left_of(payment) if payment else 0


def _positions(order: Order, costs: Mapping[UUID, int]) -> list[Position]:
    return [position for position in order.positions.all() if position.pk in costs]


def _ticket_words(position: Position, costs: Mapping[UUID, int], currency: str) -> str:
    parts = [f"{position.index}. {position.ticket_type_name}", position.seat_words]
    parts.append(format_money(costs[position.pk], currency) if costs[position.pk] else "")
    parts.append(_("cancelled") if position.state == Position.State.CANCELLED else "")
    return " · ".join(part for part in parts if part)


def _quote(order: Order, payment: Payment | None, form: GivingBackForm) -> dict[str, Any]:
    chosen = {str(one) for one in form["tickets"].value() or ()}
    return _quote_of(order, payment, left_for(order, payment, {pk for pk in form.costs if str(pk) in chosen}))


def _quote_of(order: Order, payment: Payment | None, costs: Mapping[UUID, int]) -> dict[str, Any]:
    cost = sum(costs.values())
    fee = fee_with(payment, cost) if payment else 0
    return {"order": order, "chosen": len(costs), "cost": cost, "fee": fee, "own": cost - fee}


def _given_words(order: Order, asked: GivingBack, made: Refund | None) -> str:
    amount = format_money(made.amount, order.currency) if made else ""
    if not asked.cancels:
        return _("%(amount)s of order %(number)s goes back to the buyer.") % {"amount": amount, "number": order.number}
    tickets = ngettext(
        "%(n)d ticket of order %(number)s no longer admits.",
        "%(n)d tickets of order %(number)s no longer admit.",
        len(asked.positions),
    ) % {"n": len(asked.positions), "number": order.number}
    return f"{tickets} {_('%s goes back to the buyer.') % amount}" if amount else tickets
