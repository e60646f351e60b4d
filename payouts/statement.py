"""The settlement statement of an event: what it earned, whose that is by which rule, what was paid, every number with its sum.

All of it is read from the books; nothing here is kept. Amounts are minor units of the event's currency.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal
from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language, ngettext, to_locale
from django.utils.translation import gettext as _

from events.models import Event
from ledger.actions import Kind
from ledger.commissions import waiting
from ledger.models import Party, SplitVersion
from ledger.queries import balance
from ledger.split_rules import ORGANIZER, WHOLE, Payee, Rules, Working
from ledger.splits import stands
from payments.models import Dispute, Payment
from payouts.accounts import Line, PartyAccount, earned_by_event
from payouts.keys import ITS
from payouts.models import Partner, PartnerPayment, Transfer, TransferReversal
from payouts.paper import on_paper
from payouts.share_words import names_of, percent_words, rule_words
from pricing.parts import share
from tenants.models import Organizer
from ui.money import format_money, minor_unit_exponent

MOST_LINES = 300  # of an account on paper; the spreadsheet has all of them


@dataclass(frozen=True)
class Row:
    """A line of the statement: what, how it comes about, how much."""

    words: str
    how: str
    amount: int
    is_sum: bool = False


@dataclass(frozen=True)
class Section:
    title: str
    rows: tuple[Row, ...]
    note: str = ""


@dataclass
class OrderRow:
    """What one order brought: `earned` = `paid` - `back` - `disputed` - `fee` - `tax`, and whose that is."""

    order_id: UUID
    number: str
    paid_at: datetime | None
    total: int
    whole_tax: int
    version: int | None
    paid: int = 0
    back: int = 0
    disputed: int = 0
    fee: int = 0
    tickets: int = 0
    charge: int = 0  # the provider's for disputes, which nobody shares
    commission: int = 0  # of its affiliate, out of the organizer's part
    parts: dict[Payee, int] = field(default_factory=dict)

    @property
    def tax(self) -> int:
        """What of its taxes has not gone back, which is worked out on the running total, rounded down."""
        gone = self.paid - self.stayed
        return share(self.whole_tax, part=self.total - gone, whole=self.total, gone=gone) if self.total else 0

    @property
    def stayed(self) -> int:
        return self.paid - self.back - self.disputed

    @property
    def earned(self) -> int:
        return self.stayed - self.fee - self.tax


@dataclass(frozen=True)
class Statement:
    event: Event
    at: datetime
    sections: tuple[Section, ...]
    orders: tuple[OrderRow, ...]
    names: dict[Payee, str]
    accounts: tuple[PartyAccount, ...] = ()

    def as_rows(self, zone: ZoneInfo) -> list[list[str | int]]:
        """The same as a table for a spreadsheet: sections, then every order with each party's part, and their sums; then each
        party's account line by line, in the `zone`'s time."""
        about = f"{self.event.title}, {self.event.currency}, {_('as of')} {self.at:%Y-%m-%d %H:%M} UTC"
        rows: list[list[str | int]] = [[_("Settlement"), about], []]
        for section in self.sections:
            rows.append([section.title, section.note])
            rows.extend([row.words, row.how, row.amount] for row in section.rows)
            rows.append([])
        head = [_("Order"), _("Paid"), _("Went back"), _("Taken by banks"), _("Our fee"), _("Tax"), _("Proceeds")]
        rows.append([*head, _("Version"), *self.names.values(), _("Charged for the dispute")])
        sums = [0] * (7 + len(self.names))
        for one in self.orders:
            numbers = [one.paid, -one.back, -one.disputed, -one.fee, -one.tax, one.earned]
            parts = [*(one.parts.get(payee, 0) for payee in self.names), -one.charge]
            rows.append([one.number, *numbers, str(one.version or ""), *parts])
            sums = [had + more for had, more in zip(sums, [*numbers, *parts], strict=True)]
        rows.append([_("All orders"), *sums[:6], "", *sums[6:]])
        for account in self.accounts:
            rows += [[], [_("Line by line"), account.name], *account.as_rows(zone)]
        return rows


_KEYS = f"""
WITH sale AS (
    SELECT o.id, pay.id AS payment_id FROM orders_order o LEFT JOIN payments_payment pay ON pay.order_id = o.id
     WHERE o.event_id = %(event)s), {ITS}
"""
_MOVED = (
    _KEYS
    + """
SELECT its.order_id, its.kind, a.kind, sum(e.amount)::bigint FROM its
  JOIN ledger_ledgertransaction t ON t.key = its.key JOIN ledger_ledgerentry e ON e.transaction_id = t.id
  JOIN ledger_account a ON a.id = e.account_id AND a.kind IN ('sales', 'platform_fees')
 GROUP BY 1, 2, 3
"""
)
_SHARED = (
    _KEYS
    + """
SELECT its.order_id, part ->> 'party', part ->> 'reference', sum((part ->> 'amount')::bigint)::bigint
  FROM its JOIN ledger_splitline l ON l.key = its.key CROSS JOIN jsonb_array_elements(l.parts) part GROUP BY 1, 2, 3
"""
)
_OWN = (
    _KEYS
    + """
SELECT coalesce(sum(e.amount), 0)::bigint FROM its JOIN ledger_ledgertransaction t ON t.key = 'own:' || its.key
  JOIN ledger_ledgerentry e ON e.transaction_id = t.id JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'own'
"""
)
_TICKETS = (
    _KEYS
    + """
SELECT its.order_id, sum(l.tickets)::bigint FROM its JOIN ledger_splitline l ON l.key = its.key GROUP BY 1
"""
)
_COMMISSIONS = (
    _KEYS
    + """
SELECT its.order_id, part ->> 'reference', sum((part ->> 'amount')::bigint)::bigint
  FROM its JOIN ledger_splitline l ON l.key = its.key AND l.version_id IS NULL
 CROSS JOIN jsonb_array_elements(l.parts) part WHERE part ->> 'party' = 'affiliate' GROUP BY 1, 2
"""
)
_IN_ALL = """
SELECT coalesce(-sum(e.amount), 0)::bigint FROM ledger_ledgertransaction t
  JOIN ledger_ledgerentry e ON e.transaction_id = t.id AND left(t.key, 7) = 'shares:'
  JOIN ledger_account a ON a.id = e.account_id
 WHERE a.currency = %(currency)s AND a.party = %(party)s AND a.reference = %(reference)s
"""
_ORDERS = """
SELECT o.id, o.number, o.paid_at, o.total, v.number,
       (SELECT coalesce(sum(amount), 0)::bigint FROM orders_tax WHERE order_id = o.id)
  FROM orders_order o LEFT JOIN ledger_splitversion v ON v.id = o.split_version_id
 WHERE o.event_id = %(event)s
   AND EXISTS (SELECT FROM ledger_ledgertransaction t WHERE t.key = 'sale:' || o.id) ORDER BY o.paid_at, o.id
"""


def event_statement(event: Event) -> Statement:
    """How things stand with an event now."""
    orders = _orders(event)
    versions = list(SplitVersion.objects.filter(plan__subject=str(event.pk)).order_by("number"))
    payees = [payee for version in versions for payee in Rules.from_dict(version.rules).payees()]
    payees += sorted({payee for one in orders for payee in one.parts if one.commission})
    names = names_of([*dict.fromkeys(payee for payee in payees if payee != ORGANIZER), ORGANIZER])
    sections = [_stayed(event, orders), _earned(event, orders)]
    for version in versions:
        mine = [one for one in orders if one.version == version.number]
        if mine:
            sections.append(_shares(event, version, mine, names))
    sections.append(_yours(event, orders))
    if Payment.objects.filter(order__event=event, account_id="", state=Payment.State.CAPTURED).exists():
        sections.append(_own_account(event))
    for partner in Partner.objects.all():
        if partner.payee in names:
            sections.append(_account(event, partner, orders))
    accounts = _accounts(event, orders, names)
    return Statement(event, timezone.now(), tuple(sections), tuple(orders), names, accounts)


def _accounts(event: Event, orders: list[OrderRow], names: dict[Payee, str]) -> tuple[PartyAccount, ...]:
    """What each party earned by the event, line by line; the organizer's with what nobody shared, and what disputes cost it."""
    earned = earned_by_event(event, names)
    for one in orders:
        if one.version is None:
            words = _("what was paid less our fee, tax and what went back")
            about = (one.number, words, one.earned)
            earned[ORGANIZER].append(Line(one.paid_at or timezone.now(), _("Sold while nothing was shared"), *about))
    charged = Dispute.objects.filter(payment__order__in=[one.order_id for one in orders]).exclude(fee=0)
    for dispute in charged.select_related("payment__order"):
        number = dispute.payment.order.number
        words = _("What the provider charged for disputes")
        earned[ORGANIZER].append(Line(dispute.opened_at, words, number, "", -dispute.fee))
    return tuple(
        PartyAccount.of(name, event.currency, 0, sorted(earned[payee], key=lambda line: line.at))
        for payee, name in names.items()
    )


def _orders(event: Event) -> list[OrderRow]:
    about = {"event": event.pk}
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS, about)
        found = {
            row[0]: OrderRow(row[0], row[1], row[2], total=row[3], version=row[4], whole_tax=row[5])
            for row in cursor.fetchall()
        }
        cursor.execute(_MOVED, about)
        for order_id, kind, account, amount in cursor.fetchall():
            order = found[order_id]
            if account == "platform_fees":
                order.fee += amount
            elif kind == "paid":
                order.paid = -amount
            elif kind == "back":
                order.back = amount
            else:
                order.disputed = amount
        cursor.execute(_TICKETS, about)
        for order_id, tickets in cursor.fetchall():
            found[order_id].tickets = tickets
        cursor.execute(_SHARED, about)
        for order_id, party, reference, amount in cursor.fetchall():
            found[order_id].parts[Payee(Party(party), reference)] = amount
        cursor.execute(_COMMISSIONS, about)
        for order_id, _reference, amount in cursor.fetchall():
            found[order_id].commission = amount
    for order_id, fee in Dispute.objects.filter(payment__order__in=found).values_list("payment__order", "fee"):
        found[order_id].charge += fee
    for order in found.values():
        if order.version is None:  # nobody shared in it but its affiliate
            order.parts[ORGANIZER] = order.earned - order.commission
    return list(found.values())


def _stayed(event: Event, orders: list[OrderRow]) -> Section:
    back, lost = [one for one in orders if one.back], [one for one in orders if one.disputed]
    rows = [
        Row(_("Buyers paid"), _count(orders), sum(one.paid for one in orders)),
        Row(_("Went back to them"), _count(back), -sum(one.back for one in orders)),
        Row(_("Taken back by their banks"), _count(lost), -sum(one.disputed for one in orders)),
    ]
    return Section(_("What buyers paid"), (*rows, _sum(_("What stayed"), rows)))


def _earned(event: Event, orders: list[OrderRow]) -> Section:
    rows = [
        Row(_("What stayed"), "", sum(one.stayed for one in orders)),
        Row(_("Our fee"), _("what of it did not go back"), -sum(one.fee for one in orders)),
        Row(_("Tax in the prices and on top"), _("what of it did not go back"), -sum(one.tax for one in orders)),
    ]
    return Section(_("What the event earned"), (*rows, _sum(_("Proceeds"), rows)))


def _shares(event: Event, version: SplitVersion, orders: list[OrderRow], names: dict[Payee, str]) -> Section:
    """Each share of a version with its arithmetic, over all that was earned under it."""
    rules, net = Rules.from_dict(version.rules), sum(one.earned for one in orders)
    where = stands(version)
    base, top = where.base, max(0, where.base + net)
    tickets = where.base_tickets + sum(one.tickets for one in orders)
    before = rules.workings(base, where.base_tickets)
    rows = []
    for number, working in enumerate(rules.workings(top, tickets)):
        words = f"{names[working.share.payee]}: " + rule_words(
            working.share, working.above, event.currency, is_first=working.number == 1
        )
        how = _how(working, event.currency)
        if base or where.base_tickets:
            how = f"{how}; {_('less')} {_how(before[number], event.currency)}"
        rows.append(Row(words, how, working.part - before[number].part))
    partners = sum(row.amount for row in rows)
    rows.append(Row(f"{names[ORGANIZER]}: {_('the rest')}", "", net - partners))
    note = _("%(count)s: %(net)s") % {"count": _count(orders), "net": format_money(net, event.currency)}
    if base:
        note += ". " + _("It goes on from %(base)s that were earned before, up to %(top)s.") % {
            "base": format_money(base, event.currency),
            "top": format_money(top, event.currency),
        }
    title = _("Who gets what, version %d") % version.number
    return Section(title, (*rows, _sum(_("Proceeds under this version"), rows)), note)


def _how(working: Working, currency: str) -> str:
    """ "5 % of €48.00 = 2.4", unrounded, or "12 x €1.50 = €18.00"; and the cap, or what there was, where it counts."""
    if working.share.per_ticket is not None:
        each = format_money(working.share.per_ticket, currency)
        whole = format_money(working.share.per_ticket * working.tickets, currency)
        words = f"{working.tickets} × {each} = {whole}"
        if working.is_capped:
            words += ", " + _("at most %s") % format_money(working.share.cap or 0, currency)
        if working.is_short:
            words += ", " + _("of which %s was there") % format_money(working.reach, currency)
        return words
    exact = Decimal(working.share.basis_points * working.reach) / WHOLE / 10 ** minor_unit_exponent(currency)
    words = _("%(percent)s of %(reach)s = %(exact)s") % {
        "percent": percent_words(working.share.basis_points),
        "reach": format_money(working.reach, currency),
        "exact": format_decimal(exact, format="#,##0.######", locale=to_locale(get_language() or "en")),
    }
    if working.is_capped:
        words += ", " + _("at most %s") % format_money(working.share.cap or 0, currency)
    return words


def _yours(event: Event, orders: list[OrderRow]) -> Section:
    shared = [one for one in orders if one.version is not None]
    alone = [one for one in orders if one.version is None]
    costs = sum(one.charge for one in orders)
    brought = [one for one in orders if one.commission]
    rest = sum(one.parts.get(ORGANIZER, 0) + one.commission for one in shared)
    rows = [
        Row(_("The rest of what was shared"), _count(shared), rest),
        Row(_("Sold while nothing was shared"), _count(alone), sum(one.earned for one in alone)),
        Row(_("What the provider charged for disputes"), "", -costs),
    ]
    if brought:
        rows.insert(2, Row(_("Commissions of affiliates"), _count(brought), -sum(one.commission for one in brought)))
    return Section(_("What is yours"), (*rows, _sum(_("Yours, before you pay the tax"), rows)))


def _account(event: Event, partner: Partner, orders: list[OrderRow]) -> Section:
    """What a partner earned here and elsewhere, what it was paid of all that, and what is left."""
    here = sum(one.parts.get(partner.payee, 0) for one in orders)
    about = {"currency": event.currency, "party": partner.kind, "reference": str(partner.pk)}
    with connection.cursor() as cursor:
        cursor.execute(_IN_ALL, about)
        elsewhere = int(cursor.fetchone()[0]) - here
    unapproved = waiting(partner.payee, event.currency)
    paid = sum(
        partner.transfers.filter(currency=event.currency)
        .exclude(state=Transfer.State.FAILED)
        .values_list("amount", flat=True)
    )
    returned = sum(
        TransferReversal.objects.filter(
            transfer__partner=partner, transfer__currency=event.currency, state=TransferReversal.State.DONE
        ).values_list("amount", flat=True)
    )
    by_hand = {
        direction: sum(
            partner.payments.filter(currency=event.currency, direction=direction).values_list("amount", flat=True)
        )
        for direction in PartnerPayment.Direction
    }
    rows = [
        Row(_("Earned by this event"), "", here),
        Row(_("Earned by others"), "", elsewhere),
        Row(_("Paid through Stripe"), "", -paid),
        Row(_("Taken back through Stripe"), "", returned),
        Row(_("Paid by hand"), "", -by_hand[PartnerPayment.Direction.OUT]),
        Row(_("Paid back by hand"), "", by_hand[PartnerPayment.Direction.BACK]),
    ]
    if unapproved:
        rows.append(Row(_("Not approved yet"), "", -unapproved))
    words = _("Still to pay") if sum(row.amount for row in rows) >= 0 else _("Owed by the partner")
    return Section(f"{partner.name} ({partner.get_kind_display()})", (*rows, _sum(words, rows)))


def _own_account(event: Event) -> Section:
    """What of the organizer's own went through the platform, what was passed on of it and taken back, and what is left."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN, {"event": event.pk})
        here = int(cursor.fetchone()[0])
    disputes = Dispute.objects.filter(payment__order__event=event, payment__account_id="")
    banks = sum(one.taken + one.fee for one in disputes)
    mine = Transfer.objects.filter(partner=None, currency=event.currency).exclude(state=Transfer.State.FAILED)
    paid = sum(mine.values_list("amount", flat=True))
    back = TransferReversal.objects.filter(transfer__in=mine, state=TransferReversal.State.DONE)
    returned = sum(back.values_list("amount", flat=True))
    left = balance(Kind.OWN).get(event.currency, 0)
    rows = [
        Row(_("Yours of this event's orders, with us"), _("less what partners with an account at Stripe get"), here),
        Row(_("Taken by banks, and charged for it"), _("until they decide it is all yours to bear"), -banks),
        Row(_("Of other events"), "", left - here + banks + paid - returned),
        Row(_("Passed on to your Stripe account"), "", -paid),
        Row(_("Taken back from it"), "", returned),
    ]
    words = _("Still to pass on") if left >= 0 else _("Owed by you")
    return Section(_("What went through our account"), (*rows, _sum(words, rows)))


def _sum(words: str, rows: Iterable[Row]) -> Row:
    return Row(words, "", sum(row.amount for row in rows), is_sum=True)


def _count(orders: list[OrderRow]) -> str:
    return ngettext("%d order", "%d orders", len(orders)) % len(orders)


def statement_pdf(statement: Statement, organizer: Organizer) -> bytes:
    """The same on paper, of each account the newest lines. Raises PdfUnavailable without native Pango."""
    accounts = [account.newest(MOST_LINES) for account in statement.accounts]
    context = {"statement": statement, "event": statement.event, "organizer": organizer, "accounts": accounts}
    return on_paper("payouts/statement.html", context)
