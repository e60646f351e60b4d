"""Buyers who want to give tickets back outside what was promised: the queue, and a decision in words."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from checkout.cancellations import approve_request, decline_request
from checkout.refunds import fee_with, left_for
from organizer_portal.access import REFUND, Desk, staff
from organizer_portal.forms.orders import ApprovalForm, DeclineForm
from payments.models import RefundRequest
from payments.queries import payment_of, refund_request_by_id
from ui.errors import DomainError

PER_PAGE = 40


@require_safe
@staff(REFUND)
def refund_requests(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Requests of one state: those that wait, the longest waiting first, or those decided, newest first."""
    state = request.GET.get("state", "")
    state = state if state in RefundRequest.State.values else RefundRequest.State.OPEN.value
    found = RefundRequest.objects.filter(state=state).select_related("order__event", "order__performance", "refund")
    order = "created_at" if state == RefundRequest.State.OPEN else F("decided_at").desc()
    context = {
        "page_obj": Paginator(found.order_by(order, "pk"), PER_PAGE).get_page(request.GET.get("page")),
        "state": state,
        "states": [
            (value.value, value.label, RefundRequest.objects.filter(state=value).count())
            for value in RefundRequest.State
        ],
        "zone": desk.organizer.timezone,
        "page_query": f"state={state}&",
    }
    return render(request, "organizer_portal/refund_requests.html", context)


@require_http_methods(["GET", "POST"])
@staff(REFUND)
def refund_request(request: HttpRequest, desk: Desk, request_id: UUID) -> HttpResponse:
    """One request: what the buyer wants and why; approve it with an amount, or decline it with words."""
    found = refund_request_by_id(request_id)
    wish = request.POST.get("wish", "")
    sent: dict[str, Any] = {"data": request.POST} if request.method == "POST" else {}
    known: dict[str, Any] = {"currency": found.order.currency, "total": found.order.total, "quoted": found.quoted}
    approval = ApprovalForm(**(sent if wish == "approve" else {}), **known)
    decline = DeclineForm(**(sent if wish == "decline" else {}))
    form = approval if wish == "approve" else decline
    if request.method == "POST" and form.is_valid():
        try:
            if wish == "approve":
                approve_request(request_id=found.pk, actor=desk.actor, **form.cleaned_data)
                messages.success(request, _("Approved. The tickets no longer admit, and the buyer gets an e-mail."))
            else:
                decline_request(request_id=found.pk, words=form.cleaned_data["answer"], actor=desk.actor)
                messages.success(request, _("Declined. The buyer gets your words by e-mail; the tickets stay valid."))
        except DomainError as refusal:
            field = str(refusal.extra.get("field", ""))
            form.add_error(field if field in form.fields else None, refusal.detail)
        else:
            return redirect("organizer_portal:refund_requests")
    return _page(request, found, approval, decline)


def _page(request: HttpRequest, found: RefundRequest, approval: ApprovalForm, decline: DeclineForm) -> HttpResponse:
    payment, positions = payment_of(found.order_id), list(found.positions.order_by("index"))
    costs = left_for(found.order, payment, {position.pk for position in positions})
    tickets = [(position, costs.get(position.pk, 0)) for position in positions]
    cost = sum(amount for _position, amount in tickets)
    context = {
        "found": found,
        "order": found.order,
        "tickets": tickets,
        "cost": cost,
        "fee": fee_with(payment, cost) if payment else 0,
        "approval": approval,
        "decline": decline,
        "form": approval if approval.errors else decline,
        "zone": found.order.performance.timezone,
    }
    is_wrong = bool(approval.errors or decline.errors)
    return render(request, "organizer_portal/refund_request.html", context, status=422 if is_wrong else 200)
