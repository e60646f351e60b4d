"""What speaks for the organizer in a dispute, put together from the order, its mails, its visits and the scans at the door.

Banks read English, so the pack is in English whatever language the portal is read in. It states only what is on record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.utils.translation import override

from audit.models import AuditEntry
from events.refund_rules import RefundRules
from notifications.models import EmailMessage
from orders.models import Order, OrderVisit, Position
from payments.evidence_fields import FIELDS
from payments.models import Dispute
from payments.queries import GONE
from people.models import Consent
from scanning.models import Scan
from tenants.current import current_organizer
from tickets.models import Ticket
from tickets.pdf import Document, draw
from ui.dates import event_day, event_time, moment_text, zone_name
from ui.money import format_money


@dataclass(frozen=True)
class Line:
    """One thing on record: when, what, and about whom or what."""

    at: datetime
    words: str
    detail: str = ""


@dataclass(frozen=True)
class Pack:
    """What is known of a disputed order. `texts` are the answer's parts by the provider's names; `log` is oldest first."""

    dispute: Dispute
    texts: Mapping[str, str]
    log: tuple[Line, ...]
    entered: int  # of its tickets
    tickets: int


ACTS = {
    "place_order": "Order placed",
    "complete_order": "Payment received, tickets issued",
    "resend_tickets": "Tickets sent again",
    "request_refund": "Buyer asked for a refund",
    "decline_refund": "Request declined",
    "give_back": "Money or tickets given back",
    "refund_order": "Order refunded",
}


def pack(dispute: Dispute) -> Pack:
    """The pack as the records are now; `dispute` as `payments.queries.dispute_by_id` gives it."""
    order = dispute.payment.order
    with override("en"):
        log = tuple(sorted([*_acts(order), *_mails(order), *_visits(order), *_scans(order)], key=lambda line: line.at))
        zone = order.performance.timezone
        entered = Position.objects.filter(order=order, admission__isnull=False).count()
        texts = {
            "customer_name": order.name,
            "customer_email_address": order.email,
            "customer_purchase_ip": _purchase_address(order),
            "product_description": _what_was_sold(order),
            "service_date": f"{event_day(order.performance.starts_at, zone)}, {event_time(order.performance.starts_at, zone)}"
            f" {zone_name(order.performance.starts_at, zone)}",
            "access_activity_log": log_text(log, zone),
            "refund_policy_disclosure": _terms(order),
            "refund_refusal_explanation": _what_went_back(dispute),
            "uncategorized_text": _summary(order, entered),
        }
    return Pack(
        dispute=dispute,
        texts={name: texts[name] for name in FIELDS},
        log=log,
        entered=entered,
        tickets=order.positions.count(),
    )


def log_text(log: tuple[Line, ...], zone: str) -> str:
    """The log as plain lines, times in `zone`, each with its name: a bank may be anywhere."""
    return "\n".join(
        f"{moment_text(line.at, zone)} {zone_name(line.at, zone)}  {line.words}{f' ({line.detail})' if line.detail else ''}"
        for line in log
    )


def pack_pdf(dispute: Dispute, texts: Mapping[str, str]) -> bytes:
    """The answer as a PDF: these texts, as somebody may have changed them. Raises PdfUnavailable without native Pango."""
    order = dispute.payment.order
    with override("en"):
        context = {
            "dispute": dispute,
            "order": order,
            "organizer": current_organizer(),
            "parts": [(label, texts[name]) for name, label in FIELDS.items() if texts.get(name)],
        }
        html = render_to_string("analytics/evidence.html", context)
    return draw(Document(html=html, theme=STYLE, images={}, digest=""))


STYLE = """
h1 { font-size: 18pt; margin-bottom: 2mm; } .about { color: #57606a; margin-bottom: 8mm; }
h2 { font-size: 11pt; margin: 6mm 0 1mm; break-after: avoid; } .part { white-space: pre-wrap; overflow-wrap: anywhere; }
"""


def _acts(order: Order) -> list[Line]:
    entries = AuditEntry.objects.filter(target_kind="orders.order", target_id=str(order.pk), verb__in=ACTS)
    return [Line(entry.at, ACTS[entry.verb]) for entry in entries]


def _mails(order: Order) -> list[Line]:
    mails = EmailMessage.objects.filter(key__contains=str(order.pk), to=order.email).exclude(sent_at=None)
    return [Line(mail.sent_at, f"E-mail sent: {mail.subject}", f"to {mail.to}") for mail in mails if mail.sent_at]


def _visits(order: Order) -> list[Line]:
    return [
        Line(visit.at, visit.get_kind_display(), f"from {visit.address}")
        for visit in order.visits.exclude(kind=OrderVisit.Kind.PLACED)
    ]


def _scans(order: Order) -> list[Line]:
    scans = Scan.objects.filter(ticket__in=Ticket.objects.filter(position__order=order)).select_related(
        "gate", "ticket"
    )
    return [
        Line(
            scan.scanned_at,
            f"Ticket {scan.ticket.short_code if scan.ticket else ''} scanned at the door: {scan.get_outcome_display()}",
            scan.gate.name,
        )
        for scan in scans
    ]


def _purchase_address(order: Order) -> str:
    placed = order.visits.filter(kind=OrderVisit.Kind.PLACED).order_by("at").first()
    return placed.address if placed else ""


def _what_was_sold(order: Order) -> str:
    venue, zone = order.event.venue, order.performance.timezone
    place = ", ".join(part for part in (str(venue), venue.address, venue.city) if part)
    when = f"{event_day(order.performance.starts_at, zone)}, {event_time(order.performance.starts_at, zone)}"
    lines = [f"Tickets for {order.event.title}, {when}, {place}. Order {order.number}, {_money(order, order.total)}."]
    for position in order.positions.order_by("index"):
        seat = f", {position.seat_words}" if position.seat_words else ""
        lines.append(f"{position.index}. {position.ticket_type_name}{seat}")
    return "\n".join(lines)


def _terms(order: Order) -> str:
    """The refund terms that were shown before the payment, and what was agreed to."""
    consents = Consent.objects.filter(reference=str(order.pk), kind=Consent.Kind.TERMS, is_given=True).order_by("at")
    zone = order.performance.timezone
    agreed = [f"Agreed to on {moment_text(one.at, zone)} {zone_name(one.at, zone)}: {one.text}" for one in consents]
    lines = []
    for position in order.positions.order_by("index"):
        told = _promise(position)
        if told and told not in lines:
            lines.append(told)
    if not lines:
        lines = ["No refund was promised for these tickets."]
    if order.event.refund_policy.strip():
        lines.append(order.event.refund_policy.strip())
    return "\n".join(["Shown on the event's page and at checkout, before the payment:", *lines, *agreed])


def _promise(position: Position) -> str:
    if position.refund_promise is None:
        return ""
    rules, zone = RefundRules.from_dict(position.refund_promise), position.performance.timezone
    if rules.is_final_sale:
        return f"{position.ticket_type_name}: final sale, no money goes back."
    starts_at = datetime.fromisoformat(position.refund_promise["starts_at"])
    dated = [
        f"until {moment_text(line.until, zone)}: {line.percent} % back" if line.until else "after that: no money back"
        for line in rules.dated(starts_at=starts_at, zone=zone)
    ]
    return f"{position.ticket_type_name}: {'; '.join(dated)}."


def _what_went_back(dispute: Dispute) -> str:
    refunds = dispute.payment.refunds.filter(GONE).order_by("created_at")
    lines = [
        f"{_money(dispute.payment.order, refund.amount)} was refunded on {moment_text(refund.created_at, 'UTC')} UTC."
        for refund in refunds
    ]
    return "\n".join(lines)


def _summary(order: Order, entered: int) -> str:
    total = order.positions.count()
    if entered:
        return f"{entered} of {total} tickets of this order were scanned and let in at the door."
    return ""


def _money(order: Order, amount: int) -> str:
    return format_money(amount, order.currency)
