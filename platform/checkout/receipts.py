"""The receipt of an order as a PDF: who sold what to whom, with every tax by its rate, and what has gone back since.

All of it is frozen with the order or in its refunds; nothing is worked out anew but what of the tax went back, as the books do.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from checkout.errors import NoReceipt
from events.models import ChargeModel
from orders.models import Order
from payments.models import Dispute, Refund
from payments.queries import GONE, LOST
from people.models import LegalText
from people.queries import own_legal_text
from pricing.parts import largest_remainder, share
from tenants.current import current_organizer
from tickets.actions import store_document
from tickets.pdf import Document

STYLE = """
h1 { font-size: 22pt; letter-spacing: -.01em } h2 { font-size: 11pt; margin: 8mm 0 1mm } .muted { color: #57606a }
.head { margin-bottom: 8mm } .parties { width: 100%; margin: 6mm 0 8mm; border-collapse: collapse } .parties td { width: 50%;
vertical-align: top; padding: 0 6mm 0 0 } table { width: 100%; border-collapse: collapse } .lines { margin-top: 4mm } .lines td, .lines th { padding: 1.5mm 0;
border-bottom: .2mm solid #e1e4e8; vertical-align: top; text-align: left; font-weight: 400 } .lines thead th { color: #57606a;
font-size: 8.5pt } .lines .n { text-align: right; white-space: nowrap; padding-left: 4mm } .lines .sum td { font-weight: 600;
border-top: .3mm solid #1a1d21; border-bottom: 0; font-size: 12pt } .small { font-size: 8.5pt } tr { break-inside: avoid }
.seller { white-space: pre-line }
"""


@dataclass(frozen=True)
class TaxRow:
    """One tax of an order at its rate: `net` without it, minor units."""

    name: str
    basis_points: int
    net: int
    amount: int

    @property
    def gross(self) -> int:
        return self.net + self.amount


@dataclass(frozen=True)
class BackRow:
    """What went back once, and what of it was tax; the buyer's bank may have taken it (`is_by_bank`)."""

    at: datetime
    amount: int
    tax: int
    is_by_bank: bool = False


def tax_rows(order: Order) -> list[TaxRow]:
    """The order's taxes, each with what it is worked out on; what no tax is on comes last, as a row without a name."""
    rows = [
        TaxRow(one.name, one.basis_points, one.base - (one.amount if one.is_inclusive else 0), one.amount)
        for one in order.taxes.all()
    ]
    untaxed = order.total - sum(row.gross for row in rows)
    return [*rows, TaxRow("", 0, untaxed, 0)] if rows and untaxed else rows


def tax_gone(amounts: list[int], *, gone: int, total: int) -> list[int]:
    """What of each of an order's taxes (`amounts`) has gone back when `gone` of its `total` has, minor units.

    Together what the books say (`checkout.booking`): the whole tax in proportion, rounded down; each its part of that.
    """
    whole = sum(amounts)
    return largest_remainder(share(whole, part=gone, whole=total), amounts) if whole and total else [0] * len(amounts)


def back_rows(order: Order) -> list[BackRow]:
    """What went back to the buyer, the oldest first. What failed, or waits to be sent or decided, has not gone."""
    refunds = Refund.objects.filter(GONE, payment__order=order).exclude(provider_id="")
    lost = Dispute.objects.filter(LOST, payment__order=order, closed_at__isnull=False)
    found = [(one.settled_at or one.created_at, one.amount, False) for one in refunds]
    found += [(one.closed_at, one.taken, True) for one in lost if one.closed_at]
    amounts, rows, gone = [one.amount for one in order.taxes.all()], [], 0
    for at, amount, is_by_bank in sorted(found):
        before = sum(tax_gone(amounts, gone=gone, total=order.total))
        gone += amount
        tax = sum(tax_gone(amounts, gone=gone, total=order.total)) - before
        rows.append(BackRow(at, amount, tax, is_by_bank))
    return rows


def store_receipt(order: Order) -> str:
    """The name in private storage of a paid order's receipt, in the buyer's language, drawn only when it says something new.

    Raises NoReceipt where nothing was paid, PdfUnavailable when this machine cannot draw.
    """
    if order.paid_at is None or not order.total:
        raise NoReceipt
    with translation.override(order.language):
        html = render_to_string("checkout/receipt.html", _context(order))
    digest = sha256(html.encode() + STYLE.encode()).hexdigest()
    return store_document(order, Document(html=html, theme=STYLE, images={}, digest=f"receipt-{digest}"))


def _context(order: Order) -> dict[str, Any]:
    organizer, back = current_organizer(), back_rows(order)
    imprint = own_legal_text(LegalText.Kind.IMPRINT)
    is_platforms = order.charge_model == ChargeModel.PLATFORM
    return {
        "order": order,
        "organizer": organizer,
        "seller": settings.PLATFORM_NAME if is_platforms else organizer.name,
        "imprint": "" if is_platforms or imprint is None else imprint.text.strip(),
        "event": order.event,
        "performance": order.performance,
        "positions": list(order.positions.all()),
        "fees": list(order.fees.all()),
        "on_top": [one for one in order.taxes.all() if not one.is_inclusive],
        "taxes": tax_rows(order),
        "back": back,
        "left": order.total - sum(row.amount for row in back),
        "language": order.language,
    }
