"""Fees and taxes: who bears ours, what the organizer charges of its own, and what each ticket then costs and brings."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from events.actions import change_event
from events.charges import (
    add_own_fee,
    add_tax_rate,
    change_own_fee,
    change_tax_rate,
    own_fees_of,
    remove_own_fee,
    remove_tax_rate,
    tax_rates,
)
from events.errors import ChargeInvalid
from events.models import Event
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.fees import FeeShareForm, OwnFeeForm, TaxRateForm
from organizer_portal.views.events import event_or_404, place_refusal
from pricing.plans import rate_of, terms_of
from pricing.quote import Terms, price_once, quote_one
from ui.errors import DomainError, NotFound
from ui.forms import posted


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def event_fees(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Who bears our fee on the event's tickets; what is held or sold keeps its price."""
    found = event_or_404(event_id)
    form = FeeShareForm(request.POST) if request.method == "POST" else FeeShareForm.of(found)
    if request.method == "POST" and form.is_valid():
        try:
            change_event(event_id=found.pk, actor=desk.actor, fee_share=form.cleaned_data["fee_share"])
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved. It holds for tickets that nobody has chosen yet."))
            return redirect("organizer_portal:event_fees", found.pk)
    context = {"event": found, "form": form, "fees": list(own_fees_of(found.pk)), **_rows(found, terms_of(found))}
    return render(request, "organizer_portal/event_fees.html", context, status=422 if form.errors else 200)


@require_safe
@staff(EDIT_EVENTS)
def fee_rows(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """What each ticket would cost and bring with the share being chosen."""
    found = event_or_404(event_id)
    form = FeeShareForm(request.GET)
    terms = terms_of(found)
    if form.is_valid():
        terms = replace(terms, fee_share=form.cleaned_data["fee_share"])
    return render(request, "organizer_portal/_fee_rows.html", {"event": found, **_rows(found, terms)})


def _rows(event: Event, terms: Terms) -> dict[str, Any]:
    """`rows`: each ticket type with its price for one ticket (a `line` of a quote, its `taxes`, and what the organizer `gets`);
    `once`: what an order costs besides."""
    kinds = event.ticket_types.filter(is_active=True).select_related("tax")
    quotes = [(kind, quote_one(kind.price, terms, rate_of(kind.tax))) for kind in kinds]
    rows = [
        {"kind": kind, "line": one.lines[0], "taxes": one.taxes, "gets": one.total - one.platform_fee}
        for kind, one in quotes
    ]
    return {"rows": rows, "once": price_once(terms)}


# --- Own fees -----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def own_fee(request: HttpRequest, desk: Desk, event_id: UUID, fee_id: UUID | None = None) -> HttpResponse:
    """A new fee of the organizer's own, or one that there is."""
    found, rates = event_or_404(event_id), tax_rates()
    fee = own_fees_of(found.pk).filter(pk=fee_id).first() if fee_id else None
    if fee_id is not None and fee is None:
        raise NotFound
    if fee is not None and request.method != "POST":
        form = OwnFeeForm.of(fee, rates=rates)
    else:
        form = OwnFeeForm(posted(request), currency=found.currency, rates=rates)
    if request.method == "POST" and form.is_valid():
        try:
            if fee is None:
                add_own_fee(event_id=found.pk, actor=desk.actor, **form.fields_of_fee)
            else:
                change_own_fee(event_id=found.pk, fee_id=fee.pk, actor=desk.actor, **form.fields_of_fee)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved. It holds for tickets that nobody has chosen yet."))
            return redirect("organizer_portal:event_fees", found.pk)
    context = {"event": found, "fee": fee, "form": form, "has_rates": bool(rates)}
    return render(request, "organizer_portal/own_fee.html", context, status=422 if form.errors else 200)


@require_POST
@staff(EDIT_EVENTS)
def own_fee_removals(request: HttpRequest, desk: Desk, event_id: UUID, fee_id: UUID) -> HttpResponse:
    """Charge a fee no longer; who has paid it has paid it."""
    remove_own_fee(event_id=event_id, fee_id=fee_id, actor=desk.actor)
    messages.success(request, _("Removed. New buyers do not pay it any more."))
    return redirect("organizer_portal:event_fees", event_id)


# --- Taxes --------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def taxes(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The organizer's taxes, and a new one."""
    form = TaxRateForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            add_tax_rate(actor=desk.actor, **form.fields_of_rate)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved. Now choose it for your tickets."))
            return redirect("organizer_portal:taxes")
    context = {"form": form, "rates": tax_rates()}
    return render(request, "organizer_portal/taxes.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def tax(request: HttpRequest, desk: Desk, tax_id: UUID) -> HttpResponse:
    """Change a tax for what is sold from now on."""
    rate = next((one for one in tax_rates() if one.pk == tax_id), None)
    if rate is None:
        raise NotFound
    form = TaxRateForm(request.POST) if request.method == "POST" else TaxRateForm.of(rate)
    if request.method == "POST" and form.is_valid():
        try:
            change_tax_rate(tax_id=rate.pk, actor=desk.actor, **form.fields_of_rate)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved. It holds for tickets that nobody has chosen yet."))
            return redirect("organizer_portal:taxes")
    return render(
        request, "organizer_portal/tax.html", {"form": form, "rate": rate}, status=422 if form.errors else 200
    )


@require_POST
@staff(EDIT_EVENTS)
def tax_removals(request: HttpRequest, desk: Desk, tax_id: UUID) -> HttpResponse:
    """Drop a tax that nothing has."""
    try:
        remove_tax_rate(tax_id=tax_id, actor=desk.actor)
    except ChargeInvalid as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, _("Removed."))
    return redirect("organizer_portal:taxes")
