"""What tax an organizer owes for a period: by rate and by the place where events took place, with what went back taken off.

Everything is a booking: an order counts in the month in which it was paid, what went back of it in the month in which it went. How
much tax is in what went back is worked out as the books do (docs/fees-and-tax.md), so months add up to years, to the minor unit.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from babel import Locale
from django.db import connection
from django.db.models import Count
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from checkout.receipts import tax_gone, tax_rows
from orders.models import Order
from payouts.keys import ITS
from pricing.parts import largest_remainder
from tenants.current import current_organizer

# Bookings of sales up to the end of a period, of orders that anything was booked of within it.
_BOOKED = f"""
WITH sale AS (
    SELECT o.id, pay.id AS payment_id FROM orders_order o LEFT JOIN payments_payment pay ON pay.order_id = o.id
     WHERE o.currency = %(currency)s AND o.total > 0 AND o.paid_at IS NOT NULL), {ITS},
moved AS (
    SELECT its.order_id, t.at, -sum(e.amount)::bigint AS amount FROM its
      JOIN ledger_ledgertransaction t ON t.key = its.key AND t.at < %(end)s
      JOIN ledger_ledgerentry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'sales'
     GROUP BY its.order_id, t.id, t.at)
SELECT order_id, at, amount FROM moved
 WHERE order_id IN (SELECT order_id FROM moved WHERE at >= %(begin)s) ORDER BY order_id, at
"""


@dataclass(frozen=True, order=True)
class Taxed:
    """What a row of the report is of: a tax at a rate (no name: untaxed) on events at a place."""

    place: str
    name: str
    basis_points: int
    is_inclusive: bool


@dataclass
class Row:
    """Minor units: what was sold without tax, the tax in it, and both of what went back, in the period."""

    net: int = 0
    tax: int = 0
    back_net: int = 0
    back_tax: int = 0
    orders: set[UUID] = field(default_factory=set)

    @property
    def owed(self) -> int:
        """The tax that is owed for the period; below nothing where more went back than was sold."""
        return self.tax - self.back_tax

    @property
    def left(self) -> int:
        """What stayed, without tax."""
        return self.net - self.back_net

    def add(self, net: int, tax: int) -> None:
        """A sale, or what went back (below nothing)."""
        if net + tax >= 0:
            self.net, self.tax = self.net + net, self.tax + tax
        else:
            self.back_net, self.back_tax = self.back_net - net, self.back_tax - tax


@dataclass(frozen=True)
class TaxReport:
    """`months` has the tax owed for each month (its first day), in order; together they are the rows'."""

    currency: str
    since: date
    until: date
    rows: tuple[tuple[Taxed, Row], ...]
    months: tuple[tuple[date, int], ...]

    @property
    def total(self) -> Row:
        whole = Row()
        for _what, row in self.rows:
            whole.net, whole.tax = whole.net + row.net, whole.tax + row.tax
            whole.back_net, whole.back_tax = whole.back_net + row.back_net, whole.back_tax + row.back_tax
            whole.orders |= row.orders
        return whole


def place_of(order: Order) -> str:
    """Where the event takes place, which decides the tax: city and country, "Berlin, Germany"."""
    locale = Locale.parse(to_locale(get_language() or "en"))
    country = locale.territories.get(current_organizer().country, current_organizer().country)
    venue = order.event.venue
    return f"{venue.city or venue.name}, {country}"


def currencies_sold() -> list[str]:
    """The currencies in which anything was paid, the most used first."""
    paid = Order.objects.filter(paid_at__isnull=False, total__gt=0).values("currency").annotate(n=Count("pk"))
    return [row["currency"] for row in paid.order_by("-n", "currency")]


def tax_report(*, currency: str, since: date, until: date, zone: ZoneInfo) -> TaxReport:
    """The report of these days, both included, in the organizer's zone."""
    begin, end = datetime.combine(since, time(), zone), datetime.combine(until + timedelta(days=1), time(), zone)
    with connection.cursor() as cursor:
        cursor.execute(_BOOKED, {"currency": currency, "begin": begin, "end": end})
        booked: dict[UUID, list[tuple[datetime, int]]] = {}
        for order_id, at, amount in cursor.fetchall():
            booked.setdefault(order_id, []).append((at, amount))
    rows: dict[Taxed, Row] = {}
    months = dict.fromkeys(_months(since, until), 0)
    for order in _orders(booked):
        place = place_of(order)
        for at, what, net, tax in _moved(order, booked[order.pk]):
            if at < begin:
                continue
            row = rows.setdefault(Taxed(place, *what), Row())
            row.add(net, tax)
            row.orders.add(order.pk)
            months[at.astimezone(zone).date().replace(day=1)] += tax
    return TaxReport(currency, since, until, tuple(sorted(rows.items(), key=lambda one: one[0])), tuple(months.items()))


def _orders(ids: Iterable[UUID]) -> Iterable[Order]:
    orders = Order.objects.filter(pk__in=list(ids)).select_related("event__venue").prefetch_related("taxes")
    return orders.iterator(chunk_size=2000)


def _moved(
    order: Order, booked: list[tuple[datetime, int]]
) -> Iterable[tuple[datetime, tuple[str, int, bool], int, int]]:
    """Each booking of an order by its taxes: when, which (name, rate, inside), net and tax, on the running total."""
    taxes, inside = tax_rows(order), [one.is_inclusive for one in order.taxes.all()]
    whats = [
        (row.name, row.basis_points, inside[index] if index < len(inside) else False) for index, row in enumerate(taxes)
    ]
    if not taxes:
        whats, nets, amounts = [("", 0, False)], [order.total], [0]
    else:
        nets, amounts = [row.net for row in taxes], [row.amount for row in taxes]
    had_net, had_tax, stays = [0] * len(whats), [0] * len(whats), 0
    for at, amount in booked:
        stays += amount
        gone = order.total - stays
        tax = [
            whole - back for whole, back in zip(amounts, tax_gone(amounts, gone=gone, total=order.total), strict=True)
        ]
        left = largest_remainder(stays - sum(tax), nets)
        for index, what in enumerate(whats):
            yield at, what, left[index] - had_net[index], tax[index] - had_tax[index]
        had_net, had_tax = left, tax


def _months(since: date, until: date) -> Iterable[date]:
    month = since.replace(day=1)
    while month <= until:
        yield month
        month = (month + timedelta(days=32)).replace(day=1)


def as_rows(report: TaxReport) -> list[list[str | int]]:
    """The report as a table for a spreadsheet."""
    head = [
        *(
            _("Where"),
            _("Tax"),
            _("Rate in %"),
            _("In the price or on top"),
            _("Orders"),
            _("Sold, without tax"),
            _("Tax in it"),
        ),
        *(_("Went back, without tax"), _("Tax that went back"), _("Left, without tax"), _("Tax owed")),
    ]
    rows: list[list[str | int]] = [
        [_("Tax report"), f"{report.since} – {report.until}, {report.currency}"],
        [],
        [*head],
    ]
    for what, row in report.rows:
        how = (_("inside") if what.is_inclusive else _("on top")) if what.name else ""
        rate = f"{what.basis_points / 100:g}" if what.name else ""
        rows.append([what.place, what.name or _("No tax"), rate, how, *_cells(row)])
    rows.append([_("All"), "", "", "", *_cells(report.total)])
    return rows


def _cells(row: Row) -> list[str | int]:
    return [str(len(row.orders)), row.net, row.tax, -row.back_net, -row.back_tax, row.left, row.owed]
