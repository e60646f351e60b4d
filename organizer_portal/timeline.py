"""What happened to an order, in words and in order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.models import AuditEntry
from notifications.models import EmailMessage
from orders.models import Order
from payments.declines import decline_of
from people.models import Membership
from scanning.models import Scan
from tickets.models import Ticket
from ui.money import format_money

WORDS = {
    "place_order": gettext_lazy("Order placed"),
    "payment_failed": gettext_lazy("An attempt to pay failed"),
    "secure_order": gettext_lazy("Places secured, payment being collected"),
    "complete_order": gettext_lazy("Order completed"),
    "issue_tickets": gettext_lazy("Tickets issued"),
    "cancel_order": gettext_lazy("Cancelled, places given back"),
    "void_payment": gettext_lazy("Payment released, nothing taken"),
    "give_back": gettext_lazy("Given back"),
    "refund_order": gettext_lazy("Refunded, tickets void"),
    "refund_failed": gettext_lazy("A refund failed: the buyer is owed the money"),
    "send_refund_again": gettext_lazy("Refund sent again"),
    "repay_otherwise": gettext_lazy("Repaid another way"),
    "request_refund": gettext_lazy("Buyer asks to give tickets back"),
    "approve_refund": gettext_lazy("Request approved"),
    "decline_refund": gettext_lazy("Request declined"),
    "take_up_refund": gettext_lazy("Refunded at Stripe"),
    "fraud_warning": gettext_lazy("A card network warns that the payment looks like fraud"),
    "freeze_order": gettext_lazy("The buyer's bank disputes the payment: tickets frozen"),
    "unfreeze_order": gettext_lazy("The bank has decided: tickets no longer frozen"),
    "charge_back_order": gettext_lazy("Dispute lost: tickets void, places for sale again"),
    "resend_tickets": gettext_lazy("Tickets sent again"),
}


MADE_GOOD = ("send_refund_again", "repay_otherwise")


@dataclass(frozen=True)
class Moment:
    """One line: when, what, and who or what it was about."""

    at: datetime
    words: Any
    detail: str = ""


def timeline(order: Order) -> list[Moment]:
    """Everything that is known to have happened to an order, oldest first."""
    moments = [*_acts(order), *_mails(order), *_scans(order)]
    return sorted(moments, key=lambda moment: moment.at)


def _acts(order: Order) -> list[Moment]:
    entries = list(AuditEntry.objects.filter(target_kind="orders.order", target_id=str(order.pk)).order_by("at", "pk"))
    names = _names({entry.actor_id for entry in entries if entry.actor_kind == AuditEntry.ActorKind.USER})
    return [
        Moment(
            entry.at,
            WORDS.get(entry.verb, entry.verb),
            " · ".join(filter(None, (_who(entry, names), _what(order, entry)))),
        )
        for entry in entries
    ]


def _what(order: Order, entry: AuditEntry) -> str:
    """Which tickets and how much money an entry is about, where it is about some; and why a payment failed."""
    if entry.verb == "payment_failed":
        return decline_of(entry.detail["code"]).title
    if entry.verb not in ("give_back", "refund_order", "refund_failed", "take_up_refund", *MADE_GOOD):
        return ""
    numbers = ", ".join(str(number) for number in entry.detail.get("cancelled", ()))
    parts = [_("ticket %s cancelled") % numbers if numbers else ""]
    parts.append(format_money(entry.detail["amount"], order.currency) if entry.detail.get("amount") else "")
    return " · ".join(filter(None, [*parts, entry.detail.get("words", "")]))


def _who(entry: AuditEntry, names: dict[str, str]) -> str:
    if entry.actor_kind == AuditEntry.ActorKind.USER:
        return names.get(entry.actor_id, _("a former colleague"))
    return _("by the buyer") if entry.actor_kind == AuditEntry.ActorKind.BUYER else ""


def _names(user_ids: set[str]) -> dict[str, str]:
    members = Membership.objects.filter(user_id__in=user_ids)
    return {str(member.user_id): member.name or member.email for member in members}


def mails_of(order: Order) -> list[EmailMessage]:
    """The mails about an order, oldest first."""
    return list(EmailMessage.objects.filter(key__contains=str(order.pk)).order_by("queued_at"))


def _mails(order: Order) -> list[Moment]:
    return [
        Moment(
            mail.sent_at or mail.queued_at,
            _("E-mail sent: %(subject)s") % {"subject": mail.subject}
            if mail.sent_at
            else _("E-mail waiting: %(subject)s") % {"subject": mail.subject},
            mail.to,
        )
        for mail in mails_of(order)
    ]


def _scans(order: Order) -> list[Moment]:
    tickets = Ticket.objects.filter(position__order=order)
    scans = Scan.objects.filter(ticket__in=tickets).select_related("gate", "ticket")
    return [
        Moment(
            scan.scanned_at,
            _("Scanned: %(outcome)s") % {"outcome": scan.get_outcome_display()},
            f"{scan.ticket.short_code if scan.ticket else ''} · {scan.gate.name}",
        )
        for scan in scans
    ]
