"""A party's account line by line: where each amount comes from, what stood before it and after it, opening and closing balance.

All of it is read from the books; nothing here is kept. Amounts are minor units of the account's currency, balances are what the
party is owed; below nothing it owes. What an event earned is told step by step of its plan: the same arithmetic that shared it out,
over what had been earned before and after (docs/splits.md), so each line can be checked by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from checkout.booking import commission_keys
from events.models import Event
from ledger.commissions import commission_key
from ledger.models import Account, LedgerEntry, Party, SplitLine
from ledger.split_rules import ORGANIZER, Payee, Rules
from ledger.splits import Stands
from orders.models import Order, Position
from payments.models import Dispute, Refund
from payouts.models import Partner, PartnerPayment, Transfer, TransferReversal
from payouts.paper import on_paper
from payouts.share_words import rule_words
from tenants.models import Organizer
from ui.money import format_money

REBASE = "rebase:"  # before the key of what moved an older version, in the lines of later ones
OWED = (Account.Kind.PAYABLE, Account.Kind.RECEIVABLE)


@dataclass(frozen=True)
class Line:
    """What happened (`what`) to which order of which event, or to which payment (`about`), by which rule (`how`); `balance` is what
    the party is owed after it."""

    at: datetime
    what: str
    about: str
    how: str
    amount: int
    balance: int = 0


@dataclass(frozen=True)
class PartyAccount:
    """`closing` = `opening` + all lines. `left_out` lines before these are in `opening`."""

    name: str
    currency: str
    opening: int
    lines: tuple[Line, ...] = ()
    left_out: int = 0
    since: date | None = None
    until: date | None = None

    @classmethod
    def of(cls, name: str, currency: str, opening: int, lines: Iterable[Line], **period: date | None) -> "PartyAccount":
        """With each line's running balance."""
        kept, stands = [], opening
        for line in lines:
            stands += line.amount
            kept.append(replace(line, balance=stands))
        return cls(name, currency, opening, tuple(kept), **period)  # type: ignore[arg-type]

    @property
    def closing(self) -> int:
        return self.lines[-1].balance if self.lines else self.opening

    def newest(self, most: int) -> "PartyAccount":
        """The last `most` lines, what was before them in the opening balance."""
        left_out = max(0, len(self.lines) - most)
        opening = self.lines[left_out - 1].balance if left_out else self.opening
        return replace(self, opening=opening, lines=self.lines[left_out:], left_out=self.left_out + left_out)

    def as_rows(self, zone: ZoneInfo) -> list[list[str | int]]:
        """The same as a table for a spreadsheet, with its head."""
        rows: list[list[str | int]] = [
            [_("Date"), _("What"), _("Order or payment"), _("By which rule"), _("Amount"), _("Balance")],
            ["", _("Opening balance"), "", "", "", self.opening],
        ]
        rows += [
            [f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}", one.what, one.about, one.how, one.amount, one.balance]
            for one in self.lines
        ]
        return [*rows, ["", _("Closing balance"), "", "", "", self.closing]]


# --- What an event earned ----------------------------------------------------------------------------------------------


@dataclass
class _Source:
    """What lines are told from, looked up once for all of them."""

    orders: dict[str, Order] = field(default_factory=dict)  # by the key of the posting
    rules: dict[int, Rules] = field(default_factory=dict)  # by version

    @classmethod
    def of(cls, lines: Sequence[SplitLine]) -> "_Source":
        ids: dict[str, list[UUID]] = {}
        for line in lines:
            word, _colon, rest = _moved(line).partition(":")
            ids.setdefault(word, []).append(UUID(rest))
        found: dict[str, Order] = {}
        orders = Order.objects.select_related("event").in_bulk(
            [pk for word in ("sale", "cover", "void") for pk in ids.get(word, [])]
        )
        found |= {f"{word}:{pk}": order for pk, order in orders.items() for word in ("sale", "cover", "void")}
        refunds = Refund.objects.select_related("payment__order__event")
        for word in ("refund", "refund-failed", "repaid"):
            found |= {f"{word}:{pk}": one.payment.order for pk, one in refunds.in_bulk(ids.get(word, [])).items()}
        disputes = Dispute.objects.select_related("payment__order__event")
        for word in ("dispute-lost", "dispute-regained"):
            found |= {f"{word}:{pk}": one.payment.order for pk, one in disputes.in_bulk(ids.get(word, [])).items()}
        positions = Position.objects.select_related("order__event").in_bulk(ids.get("cancelled", []))
        return cls(found | {f"cancelled:{pk}": one.order for pk, one in positions.items()})

    def steps(self, line: SplitLine, payee: Payee, currency: str) -> list[tuple[str, int]]:
        """Rule by rule, what of a line is a party's: what the rule gives of all that was earned after it, less what it gave before."""
        if line.version is None:  # a commission, out of the organizer's part
            how = _("Commission of the affiliate") if payee == ORGANIZER else _("Commission")
            amount = sum(one["amount"] for one in line.parts if Payee(Party(one["party"]), one["reference"]) == payee)
            return [(how, amount)] if amount else []
        rules = self.rules.setdefault(line.version.pk, Rules.from_dict(line.version.rules))
        if line.key.startswith(REBASE):
            return _rebased(line, payee, rules, currency)
        after = line.before + line.amount
        had = rules.workings(max(0, line.before), line.tickets_before)
        has = rules.workings(max(0, after), line.tickets_before + line.tickets)
        words = {"before": format_money(line.before, currency), "after": format_money(after, currency)}
        reach = _("proceeds %(before)s → %(after)s") % words
        found = []
        for was, now in zip(had, has, strict=True):
            if now.share.payee == payee and now.part != was.part:
                rule = rule_words(now.share, now.above, currency, is_first=now.number == 1)
                found.append((f"{_('Step %d') % now.number}: {rule}; {reach}", now.part - was.part))
        if payee == ORGANIZER:
            whole = sum(
                part["amount"] for part in line.parts if Payee(Party(part["party"]), part["reference"]) == payee
            )
            if rest := whole - sum(amount for _how, amount in found):
                found.append((f"{_('The rest')}; {reach}", rest))
        return found

    def lines(self, line: SplitLine, payee: Payee, currency: str, *, names_event: bool) -> list[Line]:
        order = self.orders.get(_moved(line))
        about = order.number if order else ""
        if order and names_event:
            about = f"{order.number} · {order.event.title}"
        what = _what_happened().get(_moved(line).partition(":")[0], "")
        return [Line(line.at, what, about, how, amount) for how, amount in self.steps(line, payee, currency)]


def _rebased(line: SplitLine, payee: Payee, rules: Rules, currency: str) -> list[tuple[str, int]]:
    """The same of a line by which its version goes on from more or less than before, because something sold under an older one came
    or went back: all that was earned under it moves along."""
    base, tickets = line.base or 0, line.base_tickets or 0
    was = Stands(
        base - line.base_moved,
        line.before - line.base_moved,
        tickets - line.base_tickets_moved,
        line.tickets_before - line.base_tickets_moved,
    )
    now = Stands(base, line.before, tickets, line.tickets_before)
    words = {"before": format_money(was.base, currency), "after": format_money(now.base, currency)}
    reach = _("it goes on from %(before)s → %(after)s") % words
    had, has = was.workings(rules), now.workings(rules)
    found = [
        (
            f"{_('Step %d') % one.number}: {rule_words(one.share, one.above, currency, is_first=one.number == 1)}; {reach}",
            gets - got,
        )
        for (one, got), (_one, gets) in zip(had, has, strict=True)
        if one.share.payee == payee and gets != got
    ]
    if payee == ORGANIZER:
        whole = sum(part["amount"] for part in line.parts if Payee(Party(part["party"]), part["reference"]) == payee)
        if rest := whole - sum(amount for _how, amount in found):
            found.append((f"{_('The rest')}; {reach}", rest))
    return found


def _moved(line: SplitLine) -> str:
    """The key of what moved an order's money, also of a commission's line, and of one that moves a later version."""
    if line.key.startswith(REBASE):
        return line.key.removeprefix(REBASE).rpartition(":")[0]
    return line.key.removeprefix(commission_key(""))


def _what_happened() -> dict[str, str]:
    """By the first word of a posting's key."""
    return {
        "sale": _("Sold"),
        "refund": _("Went back to the buyer"),
        "refund-failed": _("A refund came back"),
        "repaid": _("Repaid to the buyer another way"),
        "dispute-lost": _("Lost to the buyer's bank"),
        "dispute-regained": _("Won back from the buyer's bank"),
        "cancelled": _("Cancelled, no money went back"),
        "cover": _("Commission that partners' shares leave nothing for"),
        "void": _("Commission declined"),
    }


def earned_by_event(event: Event, payees: Iterable[Payee]) -> dict[Payee, list[Line]]:
    """What each of these parties earned by an event and gave back, line by line, oldest first, without balances."""
    brought = Order.objects.filter(event=event, attribution__isnull=False).values_list("pk", flat=True)
    of_event = Q(version__plan__subject=str(event.pk)) | Q(key__in=list(commission_keys(list(brought))))
    shared = list(SplitLine.objects.filter(of_event).select_related("version").order_by("pk"))
    source = _Source.of(shared)
    return {
        payee: [found for line in shared for found in source.lines(line, payee, event.currency, names_event=False)]
        for payee in payees
    }


# --- A partner's account, over all events ------------------------------------------------------------------------------


def partner_account(
    partner: Partner, currency: str, *, zone: ZoneInfo, since: date | None = None, until: date | None = None
) -> PartyAccount:
    """Everything that a partner was owed in a currency, from the first of these days to the last one, in the organizer's zone.

    The closing balance of an account without an end is what `ledger.queries.standings` says: what is owed less what it owes.
    """
    entries = LedgerEntry.objects.filter(
        account__kind__in=OWED,
        account__currency=currency,
        account__party=partner.payee.party,
        account__reference=partner.payee.reference,
    )
    opening = 0
    if since:
        begin = datetime.combine(since, time(), zone)
        opening = -(entries.filter(transaction__at__lt=begin).aggregate(sum=Sum("amount"))["sum"] or 0)
        entries = entries.filter(transaction__at__gte=begin)
    if until:
        entries = entries.filter(transaction__at__lt=datetime.combine(until + timedelta(days=1), time(), zone))
    rows = entries.values("transaction__key", "transaction__at").annotate(sum=Sum("amount"))
    posted = [(row["transaction__key"], row["transaction__at"], -row["sum"]) for row in rows.order_by("transaction_id")]
    return PartyAccount.of(partner.name, currency, opening, _told(posted, partner, currency), since=since, until=until)


def _told(posted: list[tuple[str, datetime, int]], partner: Partner, currency: str) -> list[Line]:
    keys = [key.removeprefix("shares:") for key, _at, _amount in posted if key.startswith("shares:")]
    shared = {line.key: line for line in SplitLine.objects.filter(key__in=keys).select_related("version")}
    source, payments = _Source.of(list(shared.values())), _Payments.of(partner, currency)
    ids = [UUID(key.removeprefix("approved:")) for key, _at, _amount in posted if key.startswith("approved:")]
    orders = Order.objects.select_related("event").in_bulk(ids)
    approved = {f"approved:{pk}": f"{order.number} · {order.event.title}" for pk, order in orders.items()}
    told: list[Line] = []
    for key, at, amount in posted:
        line = shared.get(key.removeprefix("shares:"))
        if line is not None:
            told += source.lines(line, partner.payee, currency, names_event=True)
        elif amount:
            what, about = payments.words(key) if key not in approved else (_("Commission approved"), approved[key])
            told.append(Line(at, what, about, "", amount))
    return told


@dataclass(frozen=True)
class _Payments:
    """What a partner was paid and gave back, by the key of its posting."""

    orders: dict[str, str]
    by_hand: dict[str, PartnerPayment]

    @classmethod
    def of(cls, partner: Partner, currency: str) -> "_Payments":
        transfers = Transfer.objects.filter(partner=partner, currency=currency).select_related("order__event")
        reversals = TransferReversal.objects.filter(transfer__in=transfers).select_related("transfer__order__event")
        orders = {f"transfer:{one.pk}": _about(one) for one in transfers}
        orders |= {f"transfer-failed:{one.pk}": _about(one) for one in transfers}
        orders |= {f"reversal:{one.pk}": _about(one.transfer) for one in reversals}
        by_hand = partner.payments.filter(currency=currency)
        return cls(orders, {f"partner-paid:{one.pk}": one for one in by_hand})

    def words(self, key: str) -> tuple[str, str]:
        """What it was, and about what."""
        if payment := self.by_hand.get(key):
            is_out = payment.direction == PartnerPayment.Direction.OUT
            return (_("Paid by hand") if is_out else _("Paid back by hand")), payment.words
        what = {
            "transfer": _("Paid through Stripe"),
            "transfer-failed": _("Stripe would not make this transfer. It is still owed."),
            "reversal": _("Taken back through Stripe"),
        }
        word = key.partition(":")[0]
        return what.get(word, word), self.orders.get(key, "")


def _about(transfer: Transfer) -> str:
    return f"{transfer.order.number} · {transfer.order.event.title}" if transfer.order else ""


def account_pdf(account: PartyAccount, organizer: Organizer) -> bytes:
    """The account on paper. Raises PdfUnavailable without native Pango."""
    return on_paper("payouts/account.html", {"account": account, "organizer": organizer})
