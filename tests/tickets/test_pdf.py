"""The PDF: every decoder reads its QR code, people read the rest, and nothing outside is ever opened."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pypdfium2
import pytest
import zxingcpp
from django.core.files.storage import storages
from django.utils import timezone, translation
from PIL import Image

from audit.actions import SYSTEM
from orders.models import Order
from tests import world
from tests.tickets.sales import open_event, sell
from tests.world import House
from tickets import codes, pdf
from tickets.actions import reissue_ticket, store_pdf, void_tickets
from tickets.errors import TicketNotFound
from tickets.models import Ticket
from tickets.pdf import render_tickets
from tickets.queries import own_public_key, tickets_of_order

DPI = 150


def pages_of(document: bytes) -> list[Image.Image]:
    opened = pypdfium2.PdfDocument(document)
    return [page.render(scale=DPI / 72).to_pil().convert("L") for page in opened]


def text_of(document: bytes) -> str:
    opened = pypdfium2.PdfDocument(document)
    return "\n".join(" ".join(page.get_textpage().get_text_range().split()) for page in opened)


def half_size(page: Image.Image) -> Image.Image:
    return page.resize((page.width // 2, page.height // 2), Image.Resampling.LANCZOS)


def rotated(page: Image.Image) -> Image.Image:
    return page.rotate(7, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)


@pytest.mark.parametrize("seen_as", [lambda page: page, half_size, rotated], ids=["full", "half", "rotated"])
def test_a_decoder_reads_each_page(northside: House, seen_as: object) -> None:
    tickets = sell(open_event(), tickets=2)

    pages = pages_of(render_tickets(tickets[0].position.order))

    assert len(pages) == 2
    for page, ticket in zip(pages, tickets, strict=True):
        (found,) = zxingcpp.read_barcodes(seen_as(page))  # type: ignore[operator]
        assert found.text == ticket.code
        verdict = codes.verify(found.text, own_public_key)
        assert isinstance(verdict, codes.Genuine)
        assert verdict.content.ticket_id == ticket.pk


def test_the_qr_code_is_at_least_30_mm_wide_and_black_on_white(northside: House) -> None:
    (ticket,) = sell(open_event())

    (page,) = pages_of(render_tickets(ticket.position.order))

    (found,) = zxingcpp.read_barcodes(page)
    corners = found.position
    width_mm = (corners.top_right.x - corners.top_left.x) / DPI * 25.4
    assert width_mm >= 30
    box = (corners.top_left.x, corners.top_left.y, corners.bottom_right.x, corners.bottom_right.y)
    shades = page.crop(box).getextrema()
    assert shades == (0, 255)


def test_a_page_says_what_a_person_needs(northside: House) -> None:
    now = timezone.now()
    event = world.make_event(
        "Wintertanz mit Ωmega и Ночь",
        kinds=((world.FREE, 0, 10),),
        starts_at=datetime(2031, 12, 12, 19, 0, tzinfo=UTC),
        doors_at=datetime(2031, 12, 12, 18, 0, tzinfo=UTC),
        address="Großes Haus, Elm Street 5",
        city="Køge",
        perk="One drink included",
    )
    event.refund_policy = "Money back until 7 days before."
    event.save()
    (ticket,) = sell(event)

    text = text_of(render_tickets(ticket.position.order))

    order = ticket.position.order
    for part in [
        "Wintertanz mit Ωmega и Ночь",
        "Friday 12 December 2031",
        "Doors 19:00 · Starts 20:00 (CET)",
        "Northside Hall",
        "Großes Haus, Elm Street 5, Køge",
        world.FREE,
        "One drink included",
        "Bea Buyer",
        "Free",
        order.number,
        ticket.short_code_text,
        "Ticket 1 of 1",
        "Money back until 7 days before.",
    ]:
        assert part in text
    assert ticket.issued_at >= now


def test_it_speaks_the_buyers_language_and_leaves_the_threads_alone(northside: House) -> None:
    (ticket,) = sell(open_event())
    order = ticket.position.order
    order.language = "de"

    with translation.override("en"):
        document = pdf.describe(order)

        assert '<html lang="de">' in document.html
        assert translation.get_language() == "en"


def test_a_hostile_title_is_text_and_fetches_nothing(
    northside: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY-FILE")
    opened: list[str] = []
    monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda self, url, *_a, **_k: opened.append(str(url)))
    monkeypatch.chdir(tmp_path)
    event = open_event('<img src="http://127.0.0.1:9/x.png"><link rel=attachment href="file:secret.txt">')
    (ticket,) = sell(event)
    ticket.event.refresh_from_db()

    document = render_tickets(ticket.position.order)

    assert "<img src=" in text_of(document).replace("\n", "")
    assert opened == []
    assert b"CANARY-FILE" not in document
    assert pypdfium2.PdfDocument(document).count_attachments() == 0


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="http://127.0.0.1:9/x.png">',
        '<img src="https://169.254.169.254/latest/meta-data/">',
        '<img src="{file}">',
        '<link rel="attachment" href="{file}">',
        '<link rel="stylesheet" href="{file}">',
        '<object data="{file}"></object>',
        '<p style="background:url({file})">x</p>',
        '<style>@import "{file}"; @font-face {{ font-family: x; src: url({file}) }}</style><p style="font-family:x">x</p>',
        '<img src="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22><image href=%22{file}%22/></svg>">',
        '<img src="asset:../ticket.css">',
    ],
)
def test_even_markup_that_got_in_fetches_nothing(
    markup: str, northside: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY-FILE")
    opened: list[str] = []
    monkeypatch.setattr("urllib.request.OpenerDirector.open", lambda self, url, *_a, **_k: opened.append(str(url)))
    page = pdf.Document(html=f"<p>before</p>{markup.format(file=secret.as_uri())}", theme="", images={}, digest="")

    document = pdf.draw(page)

    assert opened == []
    assert b"CANARY-FILE" not in document
    assert pypdfium2.PdfDocument(document).count_attachments() == 0


def test_the_logo_is_drawn_and_a_lost_one_costs_nothing(northside: House, media: Path) -> None:
    (ticket,) = sell(open_event())
    order, organizer = ticket.position.order, northside.organizer
    picture = BytesIO()
    Image.new("RGB", (300, 100), "#c4121a").save(picture, "PNG")
    organizer.logo = storages["public"].save("logo.png", BytesIO(picture.getvalue()))  # type: ignore[arg-type]

    try:
        with_logo = pdf.describe(order)
        assert with_logo.images["logo"] == picture.getvalue()
        assert len(pages_of(pdf.draw(with_logo))) == 1
        organizer.logo = f"{organizer.pk}/lost.png"
        assert "logo" not in pdf.describe(order).images
    finally:
        organizer.logo = ""


def test_the_same_tickets_are_drawn_once_and_kept_privately(northside: House, media: Path) -> None:
    first, second = sell(open_event(), tickets=2)
    order = first.position.order

    name = store_pdf(order)

    assert name.startswith(f"{northside.organizer.pk}/tickets/{order.pk}/")
    assert (media / "private" / name).read_bytes().startswith(b"%PDF")
    assert store_pdf(order) == name
    reissue_ticket(ticket_id=second.pk, actor=SYSTEM)
    assert store_pdf(order) != name
    assert len(list((media / "private" / str(northside.organizer.pk) / "tickets" / str(order.pk)).iterdir())) == 2


def test_void_tickets_are_not_printed(northside: House) -> None:
    first, second = sell(open_event(), tickets=2)
    void_tickets(position_ids=[first.position_id], reason=Ticket.VoidReason.REFUNDED, actor=SYSTEM)
    order = Order.objects.get(pk=first.position.order_id)

    assert len(pages_of(render_tickets(order))) == 1
    void_tickets(position_ids=[second.position_id], reason=Ticket.VoidReason.REFUNDED, actor=SYSTEM)
    assert tickets_of_order(order.pk) == []
    with pytest.raises(TicketNotFound):
        render_tickets(order)


def test_without_pango_it_says_so(northside: House, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from tickets.errors import PdfUnavailable

    (ticket,) = sell(open_event())
    document = pdf.describe(ticket.position.order)

    class Missing:
        def find_spec(self, name: str, *_rest: object) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(PdfUnavailable, match="Pango"):
        pdf.draw(document)
    assert isinstance(ticket.pk, UUID)
