"""Receipts: who sold what, every tax by its rate, and what went back; on the order's page and in its mail."""

import io
from typing import Any

import pytest
from django.core import mail
from pypdf import PdfReader

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.letters import mail_tickets
from checkout.receipts import TaxRow, back_rows, tax_gone, tax_rows
from checkout.refunds import GivingBack, give_back
from events.charges import add_tax_rate, tax_ticket_type
from orders.models import Order
from outbox.actions import drain
from people.actions import write_legal_text
from people.models import LegalText
from tests import world
from tests.staff import Visitor
from tests.world import FREE, STANDARD

REDUCED = "Reduced"


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


@pytest.fixture
def order(paying: world.House) -> Order:
    """24.00 at 19 % inside, 40.00 with 7.5 % on top, and our fees, taxed with them; by hand: 25.10 and 41.50 + 3.11."""
    event = world.make_event(kinds=((STANDARD, 2400, 9), (REDUCED, 4000, 9), (FREE, 0, 9)))
    inside = add_tax_rate(name="VAT", basis_points=1900, is_inclusive=True, actor=SYSTEM)
    on_top = add_tax_rate(name="City tax", basis_points=750, is_inclusive=False, actor=SYSTEM)
    tax_ticket_type(ticket_type_id=world.kind_of(event, STANDARD).pk, tax_id=inside.pk, actor=SYSTEM)
    tax_ticket_type(ticket_type_id=world.kind_of(event, REDUCED).pk, tax_id=on_top.pk, actor=SYSTEM)
    return world.paid_order(event, **{STANDARD: 1, REDUCED: 1, FREE: 1})


def test_every_tax_stands_with_what_it_is_worked_out_on_and_all_of_it_is_the_total(order: Order) -> None:
    rows = tax_rows(order)
    assert rows == [TaxRow("VAT", 1900, 2109, 401), TaxRow("City tax", 750, 4150, 311)]  # 25.10 * 19 / 119 = 4.0075
    assert sum(row.gross for row in rows) == order.total == 2510 + 4150 + 311
    assert [tax_gone([401, 311], gone=gone, total=6971) for gone in (0, 1000, 6971)] == [[0, 0], [57, 45], [401, 311]]


def test_it_is_on_the_page_and_in_the_mail_and_says_what_went_back(
    order: Order, paying: world.House, southside: world.House
) -> None:
    write_legal_text(kind=LegalText.Kind.IMPRINT, text="Northside Hall GmbH\nUSt-IdNr. DE123456789", actor=SYSTEM)
    address = f"/orders/{order.number}/{order.token}/receipt.pdf"
    buyer = Visitor(paying.host)
    assert address in buyer.get(f"/orders/{order.number}/{order.token}/").content.decode()

    pdf = buyer.get(address)
    assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
    words = text_of(pdf.content)
    for word in (
        "Sold by",
        "USt-IdNr. DE123456789",
        order.number,
        "VAT 19%",
        "€21.09",
        "€4.01",
        "City tax 7.5%",
        "€69.71",
    ):
        assert word in words, word
    assert "What went back" not in words

    mail_tickets(order_id=order.pk)
    drain()
    (sent,) = [one for one in mail.outbox if "tickets" in one.subject.lower()]
    names = [item.filename for item in sent.attachments]
    assert names == [f"tickets-{order.number}.pdf", f"receipt-{order.number}.pdf"]

    back = give_back(order_id=order.pk, asked=GivingBack(amount=1000), actor=SYSTEM)
    assert back is not None
    checkout.send_refund(refund_id=back.pk)
    assert [(row.amount, row.tax, row.is_by_bank) for row in back_rows(order)] == [(1000, 102, False)]
    words = text_of(buyer.get(address).content)
    for word in ("What went back", "Given back", "€1.02", "−€10.00", "€59.71"):
        assert word in words, word
    assert Visitor(southside.host).get(address).status_code == 404
    assert breaches() == {}


def test_nothing_paid_has_no_receipt(paying: world.House) -> None:
    event = world.make_event(kinds=((STANDARD, 2400, 9), (FREE, 0, 9)))
    open_, free = world.place_order(event, **{STANDARD: 1}), world.paid_order(event, **{FREE: 1})
    buyer: Any = Visitor(paying.host)
    for one in (open_, free):
        assert buyer.get(f"/orders/{one.number}/{one.token}/receipt.pdf").status_code == 404
        assert "receipt.pdf" not in buyer.get(f"/orders/{one.number}/{one.token}/").content.decode()
