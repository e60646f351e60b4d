"""Affiliates: the programme, who takes part, what they brought, and what waits to be approved."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.affiliates import CHART_DAYS, by_day, figures_of
from analytics.chart import draw
from checkout.booking import commission_accrued, commissions_accrued
from checkout.commissions import approve_commission, approve_due, decline_commission, due_commissions
from events.models import Event
from orders.models import Attribution, Order
from organizer_portal.access import SEE_MONEY, Desk, staff
from organizer_portal.forms.affiliates import AffiliateForm, DeclineForm, InviteForm, ProgrammeForm, RateForm
from organizer_portal.views.events import event_or_404, place_refusal
from payouts.affiliate_statement import affiliate_statement
from payouts.affiliates import change_details, change_state, invite_affiliate
from payouts.models import Partner
from promotions.affiliates import affiliate_by_id, programme, set_event_commission, set_programme
from promotions.commission import Rate, working_words
from promotions.models import Affiliate, EventCommission
from tenants.queries import storefront_url
from ui.errors import DomainError, NotFound
from ui.forms import posted
from ui.money import format_money

PER_PAGE = 50


@require_http_methods(["GET", "POST"])
@staff(SEE_MONEY)
def affiliates(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Applications, affiliates with what they brought, what waits to be approved; a POST invites somebody."""
    terms = programme()
    if terms is None:
        if request.method == "POST":
            return redirect("organizer_portal:affiliates")
        return render(request, "organizer_portal/affiliates.html", {"terms": None})
    form = InviteForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = invite_affiliate(**form.cleaned_data, actor=desk.actor)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("%s is an affiliate now, and has been mailed.") % made.name)
            return redirect("organizer_portal:affiliate", made.pk)
    known = Affiliate.objects.exclude(state__in=(Affiliate.State.APPLIED, Affiliate.State.DECLINED))
    page = Paginator(known, PER_PAGE).get_page(request.GET.get("page"))
    figures = figures_of([one.pk for one in page.object_list])
    due = due_commissions(at=timezone.now())
    context = {
        "terms": terms,
        "form": form,
        "page_obj": page,
        "rows": [(one, figures[one.pk]) for one in page.object_list],
        "applications": Affiliate.objects.filter(state=Affiliate.State.APPLIED).order_by("created_at"),
        "due": due.count(),
        "apply_url": storefront_url(desk.organizer, reverse("storefront:affiliate_programme")),
    }
    return render(request, "organizer_portal/affiliates.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff(SEE_MONEY)
def affiliate_programme(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What affiliates get, how long a click counts, when a commission is approved; and the events that differ."""
    found = programme()
    currency = found.currency if found else desk.organizer.currency
    form = (
        ProgrammeForm(request.POST, currency=currency)
        if request.method == "POST"
        else ProgrammeForm.of(found, currency=currency)
    )
    if request.method == "POST" and form.is_valid():
        try:
            set_programme(rate=form.cleaned_data["rate"], actor=desk.actor, **form.terms)
        except DomainError as refusal:
            _place(form, refusal)
        else:
            messages.success(request, _("Saved. It holds for orders from now on."))
            return redirect("organizer_portal:affiliates")
    own = {one.event_id: one.rate for one in EventCommission.objects.all()}
    events = Event.objects.exclude(state=Event.State.CANCELLED).order_by("-created_at", "-pk")[:PER_PAGE]
    context = {"form": form, "terms": found, "events": [(event, own.get(event.pk)) for event in events]}
    return render(request, "organizer_portal/affiliate_programme.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff(SEE_MONEY)
def event_commission(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """What one event pays instead."""
    event = event_or_404(event_id)
    own = EventCommission.objects.filter(event=event).first()
    initial = RateForm.initial_of(own.rate) if own else {"kind": RateForm.SAME}
    form = RateForm(posted(request), initial=initial, currency=event.currency, may_differ=True)
    if request.method == "POST" and form.is_valid():
        try:
            set_event_commission(event_id=event.pk, rate=form.cleaned_data["rate"], actor=desk.actor)
        except DomainError as refusal:
            _place(form, refusal)
        else:
            messages.success(request, _("Saved. It holds for orders from now on."))
            return redirect("organizer_portal:affiliate_programme")
    context = {"form": form, "event": event, "terms": programme()}
    return render(request, "organizer_portal/event_commission.html", context, status=422 if form.errors else 200)


def _place(form: RateForm, refusal: DomainError) -> None:
    """Beside the box that staff see."""
    boxes = {"basis_points": "percent", "tiers": "first_percent", "currency": "kind"}
    field = refusal.extra.get("field", "")
    refusal.extra["field"] = boxes.get(field, field)
    place_refusal(form, refusal)


@require_http_methods(["GET", "POST"])
@staff(SEE_MONEY)
def affiliate(request: HttpRequest, desk: Desk, affiliate_id: UUID) -> HttpResponse:
    """One affiliate: figures, each sale with its commission, how they are paid; a POST changes name, link and code."""
    found = affiliate_by_id(affiliate_id)
    initial = {"name": found.name, "code": found.code, "promo": found.promo.code if found.promo else ""}
    form = AffiliateForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_details(affiliate_id=found.pk, actor=desk.actor, **form.cleaned_data)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("organizer_portal:affiliate", found.pk)
    zone = desk.organizer.timezone
    clicks, orders = by_day(found.pk, at=timezone.now(), zone=zone)
    path = reverse("storefront:affiliate_link", args=[found.code])
    sales = Attribution.objects.filter(affiliate=found).exclude(
        order__state__in=(Order.State.PENDING, Order.State.SECURED, Order.State.CANCELLED)
    )
    page = Paginator(sales.select_related("order__event").order_by("-order__paid_at", "-pk"), PER_PAGE)
    shown = page.get_page(request.GET.get("page"))
    accrued = commissions_accrued([one.order_id for one in shown.object_list])
    context = {
        "affiliate": found,
        "form": form,
        "figures": figures_of([found.pk])[found.pk],
        "clicks_chart": draw(clicks),
        "orders_chart": draw(orders),
        "days": CHART_DAYS,
        "page_obj": shown,
        "rows": [_sale(one, accrued[one.order_id]) for one in shown.object_list],
        "due": due_commissions(at=timezone.now()).filter(affiliate=found).count(),
        "url": storefront_url(desk.organizer, path),
        "partner": Partner.objects.filter(affiliate=found).first(),
        "zone": zone,
    }
    return render(request, "organizer_portal/affiliate.html", context, status=422 if form.errors else 200)


def _sale(one: Attribution, has: int) -> dict[str, Any]:
    """A sale with its commission: the `attribution`, how it comes about, what of it is there now, and how it stands."""
    rate = Rate.from_dict(one.rate)
    words = working_words(
        rate, base=one.base, currency=one.order.currency, tickets=one.tickets, sold_before=one.tickets_before
    )
    if one.is_void:
        state, look = str(one.get_void_reason_display()), "err"
    elif one.commission and not has:
        state, look = _("Taken back"), "plain"
    elif one.is_approved:
        state, look = _("Approved"), "ok"
    else:
        state, look = _("Waiting"), "warn"
    is_open = not one.is_approved and not one.is_void and has > 0 and not one.order.is_frozen
    return {"attribution": one, "how": words, "has": has, "state": state, "look": look, "is_open": is_open}


@require_POST
@staff(SEE_MONEY)
def affiliate_states(request: HttpRequest, desk: Desk, affiliate_id: UUID) -> HttpResponse:
    """Accept, decline, pause, resume or end an affiliate: `state`."""
    try:
        state = Affiliate.State(request.POST.get("state", ""))
    except ValueError as error:
        raise NotFound from error
    try:
        found = change_state(affiliate_id=affiliate_id, state=state, actor=desk.actor)
    except DomainError as refusal:
        if refusal.status == 404:
            raise
        messages.error(request, refusal.detail)
    else:
        words = _("%(name)s: %(state)s.") % {"name": found.name, "state": found.get_state_display()}
        messages.success(request, words)
        if state == Affiliate.State.DECLINED:
            return redirect("organizer_portal:affiliates")
    return redirect("organizer_portal:affiliate", affiliate_id)


@require_POST
@staff(SEE_MONEY)
def approvals(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Approve all commissions whose time has come; of one `affiliate`, or of all."""
    asked = request.POST.get("affiliate", "")
    try:
        affiliate_id = UUID(asked) if asked else None
    except ValueError as error:
        raise NotFound from error
    n = approve_due(actor=desk.actor, affiliate_id=affiliate_id)
    messages.success(request, ngettext("%d commission approved.", "%d commissions approved.", n) % n)
    if affiliate_id is not None:
        return redirect("organizer_portal:affiliate", affiliate_id)
    return redirect("organizer_portal:affiliates")


@require_http_methods(["GET", "POST"])
@staff(SEE_MONEY)
def commission(request: HttpRequest, desk: Desk, order_id: UUID) -> HttpResponse:
    """One sale's commission: approve it now (`approve`), or decline it with words."""
    one = Attribution.objects.select_related("order__event", "affiliate").filter(order=order_id).first()
    if one is None:
        raise NotFound
    is_approval = "approve" in request.POST
    form = DeclineForm(request.POST if request.method == "POST" and not is_approval else None)
    try:
        if is_approval:
            amount = approve_commission(order_id=order_id, actor=desk.actor)
            words = _("%s can be paid now.") % format_money(amount, one.order.currency)
            messages.success(request, words)
            return redirect("organizer_portal:affiliate", one.affiliate_id)
        if request.method == "POST" and form.is_valid():
            decline_commission(order_id=order_id, words=form.cleaned_data["words"], actor=desk.actor)
            messages.success(request, _("Declined. The affiliate reads why."))
            return redirect("organizer_portal:affiliate", one.affiliate_id)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("organizer_portal:affiliate", one.affiliate_id)
    context = {
        **_sale(one, commission_accrued(one.order)),
        "form": form,
        "order": one.order,
        "affiliate": one.affiliate,
    }
    return render(request, "organizer_portal/commission.html", context, status=422 if form.errors else 200)


@require_safe
@staff(SEE_MONEY)
def affiliate_account(request: HttpRequest, desk: Desk, affiliate_id: UUID, currency: str) -> HttpResponse:
    """The statement that the affiliate reads."""
    found = affiliate_by_id(affiliate_id)
    statement = affiliate_statement(found, currency[:3])
    context = {"affiliate": found, "statement": statement, "zone": desk.organizer.timezone}
    return render(request, "organizer_portal/affiliate_statement.html", context)
