"""The settlement statement of an event, and a partner's account over all events: as a page, on paper, and for a spreadsheet."""

import csv
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from organizer_portal.access import SEE_MONEY, Desk, staff
from organizer_portal.forms.statements import PeriodForm
from organizer_portal.seating import harmless
from organizer_portal.views.events import event_or_404
from payouts.accounts import PartyAccount, account_pdf, partner_account
from payouts.models import Partner
from payouts.queries import partner_by_id, standings_of_partners
from payouts.statement import event_statement, statement_pdf
from tickets.errors import PdfUnavailable
from ui.money import minor_unit_exponent

ON_PAGE = 25  # lines of an account


@require_safe
@staff(SEE_MONEY)
def statement(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Every number with its sum."""
    found = event_or_404(event_id)
    made = event_statement(found)
    accounts = [account.newest(ON_PAGE) for account in made.accounts]
    context = {"event": found, "statement": made, "accounts": accounts, "zone": desk.organizer.timezone}
    return render(request, "organizer_portal/statement.html", context)


@require_safe
@staff(SEE_MONEY)
def statement_file(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """The same as a PDF."""
    found = event_or_404(event_id)
    try:
        pdf = statement_pdf(event_statement(found), desk.organizer)
    except PdfUnavailable as refusal:
        messages.error(request, refusal.detail)
        return redirect("organizer_portal:statement", found.pk)
    return _paper(pdf, f"settlement-{found.slug}")


@require_safe
@staff(SEE_MONEY)
def statement_csv(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """The same as CSV; amounts are in whole units with a point and all decimals of the currency."""
    found = event_or_404(event_id)
    rows = event_statement(found).as_rows(ZoneInfo(desk.organizer.timezone))
    return table(rows, found.currency, f"settlement-{found.slug}")


@require_safe
@staff(SEE_MONEY)
def account(request: HttpRequest, desk: Desk, partner_id: UUID) -> HttpResponse:
    """A partner's account in one currency, all of it or of a period: where each amount comes from, and what stood after it."""
    found = partner_by_id(partner_id)
    form, shown = _account(request, desk, found)
    context = {
        "partner": found,
        "form": form,
        "account": shown.newest(ON_PAGE * 8) if shown else None,
        "query": urlencode({name: request.GET[name] for name in form.fields if request.GET.get(name)}),
        "zone": desk.organizer.timezone,
    }
    return render(request, "organizer_portal/account.html", context, status=422 if form.errors else 200)


@require_safe
@staff(SEE_MONEY)
def account_file(request: HttpRequest, desk: Desk, partner_id: UUID) -> HttpResponse:
    """The same as a PDF."""
    found = partner_by_id(partner_id)
    try:
        pdf = account_pdf(_account_or_404(request, desk, found), desk.organizer)
    except PdfUnavailable as refusal:
        messages.error(request, refusal.detail)
        return redirect("organizer_portal:account", found.pk)
    return _paper(pdf, f"account-{found.pk}")


@require_safe
@staff(SEE_MONEY)
def account_csv(request: HttpRequest, desk: Desk, partner_id: UUID) -> HttpResponse:
    """The same as CSV, every line of it."""
    found = partner_by_id(partner_id)
    shown = _account_or_404(request, desk, found)
    return table(shown.as_rows(ZoneInfo(desk.organizer.timezone)), shown.currency, f"account-{found.pk}")


def _account(request: HttpRequest, desk: Desk, found: Partner) -> tuple[PeriodForm, PartyAccount | None]:
    currencies = [standing.currency for standing in standings_of_partners().get(found.payee, [])]
    form = PeriodForm(request.GET, currencies=currencies)
    if not currencies or not form.is_valid():
        return form, None
    period: dict[str, Any] = {name: form.cleaned_data[name] for name in ("since", "until")}
    currency = form.cleaned_data["currency"] or currencies[0]
    return form, partner_account(found, currency, zone=ZoneInfo(desk.organizer.timezone), **period)


def _account_or_404(request: HttpRequest, desk: Desk, found: Partner) -> PartyAccount:
    _form, shown = _account(request, desk, found)
    if shown is None:
        raise Http404
    return shown


def _paper(pdf: bytes, name: str) -> HttpResponse:
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


def table(rows: Iterable[Iterable[str | int]], currency: str, name: str) -> HttpResponse:
    """Rows as a CSV file: texts made harmless, numbers minor units that become whole ones."""
    # With its byte order mark, or a spreadsheet reads UTF-8 as something else.
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    table = csv.writer(response)
    for row in rows:
        table.writerow([harmless(cell) if isinstance(cell, str) else _amount(cell, currency) for cell in row])
    return response


def _amount(amount: int, currency: str) -> str:
    return str(Decimal(amount).scaleb(-minor_unit_exponent(currency)))
