"""An affiliate's statement: every sale and what went back of it with the arithmetic, what was approved, what was paid, what is left.

All of it is read from the books; nothing here is kept. Buyers are not named: an affiliate learns what was sold, not to whom.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from ledger.commissions import waiting
from ledger.models import Party
from ledger.split_rules import Payee
from payouts.keys import ITS
from payouts.models import PartnerPayment, Transfer, TransferReversal
from payouts.paper import on_paper
from payouts.statement import Row, Section
from promotions.commission import Rate, working_words
from promotions.models import Affiliate
from tenants.models import Organizer
from ui.dates import event_date


@dataclass(frozen=True)
class Entry:
    """A line of the statement: when, what happened to a sale, how its amount comes about; `state` is the sale's now."""

    at: datetime
    what: str
    event: str
    tickets: int
    how: str
    amount: int
    state: str


@dataclass(frozen=True)
class AffiliateStatement:
    affiliate: Affiliate
    currency: str
    at: datetime
    entries: tuple[Entry, ...]
    payments: tuple[Row, ...]
    account: Section

    def as_rows(self, zone: str) -> list[list[str | int]]:
        """The same as a table for a spreadsheet."""
        rows: list[list[str | int]] = [
            [_("Date"), _("What"), _("Event"), _("Tickets"), _("How"), _("Commission"), _("State")]
        ]
        for one in self.entries:
            rows.append(
                [event_date(one.at, zone), one.what, one.event, str(one.tickets), one.how, one.amount, one.state]
            )
        rows.append([])
        rows += [[row.words, row.how, "", "", "", row.amount] for row in self.payments]
        rows.append([])
        rows += [[row.words, row.how, "", "", "", row.amount] for row in self.account.rows]
        return rows


_LINES = f"""
WITH sale AS (
    SELECT o.id, pay.id AS payment_id FROM orders_attribution one JOIN orders_order o ON o.id = one.order_id
      LEFT JOIN payments_payment pay ON pay.order_id = o.id
     WHERE one.affiliate_id = %(affiliate)s AND o.currency = %(currency)s), {ITS}
SELECT l.at, its.key, (part ->> 'amount')::bigint, e.title, one.tickets, one.tickets_before, one.base, one.rate,
       one.approved_at IS NOT NULL, one.void_reason, one.words,
       sum((part ->> 'amount')::bigint) OVER (PARTITION BY its.order_id)::bigint
  FROM its JOIN ledger_splitline l ON l.key = its.key AND l.version_id IS NULL
 CROSS JOIN jsonb_array_elements(l.parts) part
  JOIN orders_attribution one ON one.order_id = its.order_id
  JOIN orders_order o ON o.id = its.order_id JOIN events_event e ON e.id = o.event_id
 WHERE part ->> 'party' = 'affiliate' ORDER BY l.id
"""
_IN_ALL = """
SELECT coalesce(-sum(e.amount), 0)::bigint FROM ledger_account a JOIN ledger_ledgerentry e ON e.account_id = a.id
  JOIN ledger_ledgertransaction t ON t.id = e.transaction_id AND left(t.key, 7) = 'shares:'
 WHERE a.currency = %(currency)s AND a.party = 'affiliate' AND a.reference = %(affiliate)s::text
"""


def affiliate_statement(affiliate: Affiliate, currency: str) -> AffiliateStatement:
    """How things stand with an affiliate now, in one currency."""
    about: dict[str, Any] = {"affiliate": affiliate.pk, "currency": currency}
    with connection.cursor() as cursor:
        cursor.execute(_LINES, about)
        entries = tuple(_entry(*row, currency=currency) for row in cursor.fetchall())
        cursor.execute(_IN_ALL, about)
        in_all = int(cursor.fetchone()[0])
    payments = tuple(_payments(affiliate, currency))
    earned = sum(one.amount for one in entries)
    waits = waiting(Payee(Party.AFFILIATE, str(affiliate.pk)), currency)
    rows = [Row(_("Commissions, less what went back"), "", earned)]
    if in_all != earned:
        rows.append(Row(_("Shares of events"), "", in_all - earned))
    rows.append(Row(_("Paid to you, less what came back"), "", sum(row.amount for row in payments)))
    rows.append(Row(_("Waiting for approval"), "", -waits))
    left = sum(row.amount for row in rows)
    rows.append(
        Row(_("Still to be paid") if left >= 0 else _("To be made up by your next commissions"), "", left, is_sum=True)
    )
    return AffiliateStatement(
        affiliate, currency, timezone.now(), entries, payments, Section(_("How things stand"), tuple(rows))
    )


def _entry(
    at: datetime,
    key: str,
    amount: int,
    event: str,
    tickets: int,
    before: int,
    base: int,
    rate: str,
    is_approved: bool,
    void_reason: str,
    words: str,
    left: int,
    *,
    currency: str,
) -> Entry:
    kind = key.split(":")[1]
    what = {
        "sale": _("Sale"),
        "refund": _("Refund"),
        "refund-failed": _("A refund that came back"),
        "repaid": _("Refund, paid another way"),
        "dispute-lost": _("Taken back by the buyer’s bank"),
        "dispute-regained": _("Won back from the buyer’s bank"),
        "cancelled": _("Cancelled, no money went back"),
        "cover": _("Cut: partners’ shares come first"),
        "void": _("Declined: %s") % words,
    }[kind]
    how = ""
    if kind == "sale":
        how = working_words(
            Rate.from_dict(json.loads(rate)), base=base, currency=currency, tickets=tickets, sold_before=before
        )
    state = _("Approved") if is_approved else _("Waiting")
    if void_reason or not left:
        state = _("Declined") if void_reason else _("Taken back")
    return Entry(at, what, event, tickets, how, amount, state)


def _payments(affiliate: Affiliate, currency: str) -> list[Row]:
    """What was paid, the oldest first; what came back is positive here, as it is owed again."""
    found: list[tuple[datetime, Row]] = []
    made = Transfer.objects.filter(partner=affiliate.pk, currency=currency).exclude(state=Transfer.State.FAILED)
    for one in made:
        words = _("Through Stripe") if one.state == Transfer.State.SENT else _("Through Stripe, on its way")
        found.append((one.created_at, Row(words, event_date(one.created_at, "UTC"), -one.amount)))
    for back in TransferReversal.objects.filter(transfer__in=made, state=TransferReversal.State.DONE):
        found.append(
            (back.created_at, Row(_("Taken back through Stripe"), event_date(back.created_at, "UTC"), back.amount))
        )
    for payment in PartnerPayment.objects.filter(partner=affiliate.pk, currency=currency):
        sign = -1 if payment.direction == PartnerPayment.Direction.OUT else 1
        row = Row(payment.words, event_date(payment.created_at, "UTC"), sign * payment.amount)
        found.append((payment.created_at, row))
    return [row for _at, row in sorted(found, key=lambda one: one[0])]


def affiliate_statement_pdf(statement: AffiliateStatement, organizer: Organizer) -> bytes:
    """The same on paper. Raises PdfUnavailable without native Pango."""
    return on_paper("payouts/affiliate_statement.html", {"statement": statement, "organizer": organizer})
