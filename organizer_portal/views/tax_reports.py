"""What tax is owed for a period, by rate and place: as a page with a picture, and for a spreadsheet."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics.chart import HEIGHT, WIDTH
from analytics.taxes import TaxReport, as_rows, currencies_sold, tax_report
from organizer_portal.access import SEE_MONEY, Desk, staff
from organizer_portal.forms.statements import PeriodForm
from organizer_portal.views.statements import table

LONGEST = timedelta(days=3 * 366)


@dataclass(frozen=True)
class Month:
    """A bar of the picture: the tax owed for a month; below nothing it has none."""

    begins_on: date
    amount: int
    x: float
    y: float
    width: float
    height: float


@require_safe
@staff(SEE_MONEY)
def report(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The rows with their sums, and the tax owed month by month."""
    form, shown = _report(request, desk)
    today = timezone.now().astimezone(ZoneInfo(desk.organizer.timezone)).date()
    context = {
        "form": form,
        "report": shown,
        "months": _drawn(shown) if shown else [],
        "periods": [(words, urlencode({"since": since, "until": until})) for words, since, until in _periods(today)],
        "query": urlencode({name: request.GET[name] for name in form.fields if request.GET.get(name)}),
    }
    return render(request, "organizer_portal/tax_report.html", context, status=422 if form.errors else 200)


@require_safe
@staff(SEE_MONEY)
def report_csv(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The same as CSV; amounts are in whole units with a point and all decimals of the currency."""
    _form, shown = _report(request, desk)
    if shown is None:
        raise Http404
    return table(as_rows(shown), shown.currency, f"taxes-{shown.since}-{shown.until}")


def _report(request: HttpRequest, desk: Desk) -> tuple[PeriodForm, TaxReport | None]:
    """This year up to today, unless days were chosen."""
    zone = ZoneInfo(desk.organizer.timezone)
    today = timezone.now().astimezone(zone).date()
    currencies = currencies_sold() or [desk.organizer.currency]
    form = PeriodForm(request.GET, currencies=currencies)
    if not form.is_valid():
        return form, None
    chosen = form.cleaned_data
    until = chosen["until"] or max(today, chosen["since"] or today)
    since = chosen["since"] or until.replace(month=1, day=1)
    if until - since > LONGEST:
        form.add_error("since", _("Choose at most three years at once."))
        return form, None
    return form, tax_report(currency=chosen["currency"] or currencies[0], since=since, until=until, zone=zone)


def _periods(today: date) -> list[tuple[str, date, date]]:
    """What is asked for most: the quarter before, this year, the year before."""
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    last = quarter - timedelta(days=1)
    return [
        (_("Last quarter"), date(last.year, last.month - 2, 1), last),
        (_("This year"), date(today.year, 1, 1), today),
        (_("Last year"), date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    ]


def _drawn(shown: TaxReport) -> list[Month]:
    top = max([amount for _month, amount in shown.months] + [1])
    slot = WIDTH / len(shown.months)
    return [
        Month(
            begins_on=month,
            amount=amount,
            x=round(index * slot + slot * 0.15, 1),
            y=round(HEIGHT - HEIGHT * max(0, amount) / top, 1),
            width=round(slot * 0.7, 1),
            height=round(HEIGHT * max(0, amount) / top, 1),
        )
        for index, (month, amount) in enumerate(shown.months)
    ]
