"""The settlement statement of an event, as a page, on paper, and for a spreadsheet."""

import csv
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from organizer_portal.access import SEE_MONEY, Desk, staff
from organizer_portal.seating import harmless
from organizer_portal.views.events import event_or_404
from payouts.statement import event_statement, statement_pdf
from tickets.errors import PdfUnavailable
from ui.money import minor_unit_exponent


@require_safe
@staff(SEE_MONEY)
def statement(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Every number with its sum."""
    found = event_or_404(event_id)
    context = {"event": found, "statement": event_statement(found), "zone": desk.organizer.timezone}
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
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="settlement-{found.slug}.pdf"'
    return response


@require_safe
@staff(SEE_MONEY)
def statement_csv(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """The same as CSV; amounts are in whole units with a point and all decimals of the currency."""
    found = event_or_404(event_id)
    # With its byte order mark, or a spreadsheet reads UTF-8 as something else.
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="settlement-{found.slug}.csv"'
    rows = csv.writer(response)
    for row in event_statement(found).as_rows():
        rows.writerow([harmless(cell) if isinstance(cell, str) else _amount(cell, found.currency) for cell in row])
    return response


def _amount(amount: int, currency: str) -> str:
    return str(Decimal(amount).scaleb(-minor_unit_exponent(currency)))
