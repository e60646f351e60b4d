"""What affiliates brought and what it earned them: visits, sales, money, day by day. Amounts are minor units, read from the books."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from analytics.queries import Bar
from orders.models import Attribution
from promotions.models import AffiliateClick

CHART_DAYS = 30


@dataclass
class Money:
    """An affiliate's commissions in one currency: `pending` waits for approval, `payable` is approved and not paid yet, `paid` was
    paid out (less what came back), `clawed_back` was taken back because money or tickets went back, and `owes` is what of that was
    paid already. `sales` is what the tickets cost without tax and fees."""

    currency: str
    sales: int = 0
    pending: int = 0
    payable: int = 0
    paid: int = 0
    clawed_back: int = 0
    owes: int = 0


@dataclass
class Figures:
    """What an affiliate brought: visits, orders that were paid for, and their tickets."""

    clicks: int = 0
    orders: int = 0
    tickets: int = 0
    by_currency: dict[str, Money] = field(default_factory=dict)

    def money_in(self, currency: str) -> Money:
        """Its money in this currency."""
        return self.by_currency.setdefault(currency, Money(currency))

    @property
    def money(self) -> list[Money]:
        """By currency, its letters in order."""
        return [self.by_currency[currency] for currency in sorted(self.by_currency)]

    @property
    def conversion(self) -> int:
        """Orders of clicks, in basis points; at most all, as a visitor may buy twice."""
        return min(10_000, 10_000 * self.orders // self.clicks) if self.clicks else 0


_SOLD = """
SELECT one.affiliate_id, o.currency, count(*), sum(one.tickets)::bigint, sum(one.base)::bigint
  FROM orders_attribution one JOIN orders_order o ON o.id = one.order_id AND o.state IN ('paid', 'refunded')
 WHERE one.affiliate_id = ANY (%s) AND one.void_reason = '' GROUP BY 1, 2
"""
# Of each party: what stands on its accounts, and of what was booked as its commissions what was taken back.
_STANDING = """
SELECT a.reference, a.currency, a.kind, sum(e.amount)::bigint FROM ledger_account a
  JOIN ledger_ledgerentry e ON e.account_id = a.id WHERE a.party = 'affiliate' AND a.reference = ANY (%s) GROUP BY 1, 2, 3
"""
_BACK = """
SELECT reference, currency, sum(part)::bigint FROM (
    SELECT a.reference, a.currency, sum(e.amount) AS part FROM ledger_account a
      JOIN ledger_ledgerentry e ON e.account_id = a.id JOIN ledger_ledgertransaction t ON t.id = e.transaction_id
     WHERE a.party = 'affiliate' AND a.reference = ANY (%s) AND left(t.key, 18) = 'shares:commission:'
     GROUP BY a.reference, a.currency, t.id) moved
 WHERE part > 0 GROUP BY 1, 2
"""
_PAID = """
SELECT partner_id::text, currency, sum(amount)::bigint FROM (
    SELECT partner_id, currency, amount FROM payouts_transfer WHERE state <> 'failed'
    UNION ALL
    SELECT t.partner_id, t.currency, -r.amount FROM payouts_transferreversal r
      JOIN payouts_transfer t ON t.id = r.transfer_id WHERE r.state = 'done'
    UNION ALL
    SELECT partner_id, currency, CASE direction WHEN 'out' THEN amount ELSE -amount END FROM payouts_partnerpayment) moved
 WHERE partner_id = ANY (%s::uuid[]) GROUP BY 1, 2
"""


def figures_of(affiliate_ids: Iterable[UUID]) -> dict[UUID, Figures]:
    """By affiliate, all of those who were asked about."""
    ids = list(affiliate_ids)
    found = {pk: Figures() for pk in ids}
    texts = [str(pk) for pk in ids]
    for row in AffiliateClick.objects.filter(affiliate__in=ids).values("affiliate").annotate(n=Count("pk")).order_by():
        found[row["affiliate"]].clicks = row["n"]
    with connection.cursor() as cursor:
        cursor.execute(_SOLD, [ids])
        for pk, currency, orders, tickets, base in cursor.fetchall():
            found[pk].orders += orders
            found[pk].tickets += tickets
            found[pk].money_in(currency).sales = base
        cursor.execute(_STANDING, [texts])
        for reference, currency, kind, amount in cursor.fetchall():
            money = found[UUID(reference)].money_in(currency)
            if kind == "reserve":
                money.pending = -amount
            elif kind == "payable":
                money.payable = -amount
            else:
                money.owes = amount
        cursor.execute(_BACK, [texts])
        for reference, currency, amount in cursor.fetchall():
            found[UUID(reference)].money_in(currency).clawed_back = amount
        cursor.execute(_PAID, [texts])
        for reference, currency, amount in cursor.fetchall():
            found[UUID(reference)].money_in(currency).paid = amount
    return found


def by_day(affiliate_id: UUID, *, at: datetime, zone: str, days: int = CHART_DAYS) -> tuple[list[Bar], list[Bar]]:
    """Visits, and orders that were paid for, of each of the last days of this zone, today among them."""
    local = ZoneInfo(zone)
    today = at.astimezone(local).date()
    starts = [
        datetime.combine(today - timedelta(days=back), datetime.min.time(), local) for back in range(days - 1, -1, -1)
    ]
    clicks = AffiliateClick.objects.filter(affiliate=affiliate_id, at__gte=starts[0])
    paid = Attribution.objects.filter(affiliate=affiliate_id, order__paid_at__gte=starts[0], void_reason="")
    return _bars(starts, clicks, "at", local), _bars(starts, paid, "order__paid_at", local)


def _bars(starts: list[datetime], rows: QuerySet[Any], instant: str, local: ZoneInfo) -> list[Bar]:
    counts = dict(rows.values_list(TruncDate(instant, tzinfo=local)).annotate(n=Count("pk")).order_by())
    return [Bar(start, counts.get(start.date(), 0)) for start in starts]
