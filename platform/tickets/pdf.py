"""An order's tickets as a PDF, one to a page, drawn by WeasyPrint.

Everything a page needs is in this process: fonts and stylesheet from `print/`, QR codes and the logo as bytes. The fetcher
knows only `asset:` names; any other address, however it got into the page, is refused and nothing is opened.
"""

import atexit
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from orders.models import Order
from tenants.current import current_organizer
from tenants.models import Organizer
from tickets.errors import PdfUnavailable, TicketNotFound
from tickets.models import Ticket
from tickets.qr import qr_png
from tickets.queries import tickets_of_order
from ui.brand import DEFAULT_COLOR, LIGHT_PAPER, ink, normalised, text_on
from ui.dates import doors_time, event_day, event_time, zone_name
from ui.money import format_money
from ui.poster import poster

PRINT = Path(__file__).parent / "print"

# Pango's font map is shared by a process; pages are drawn one after the other.
_drawing = Lock()


@dataclass(frozen=True)
class Document:
    """A page's parts, ready to draw. `digest` names the content: the same tickets always have the same one."""

    html: str
    theme: str
    images: Mapping[str, bytes]
    digest: str


def render_tickets(order: Order) -> bytes:
    """The PDF of an order's valid tickets. Raises TicketNotFound without any, PdfUnavailable without native Pango."""
    return draw(describe(order))


def describe(order: Order) -> Document:
    """What the PDF of this order will show, in the buyer's language. Raises TicketNotFound when no ticket is valid."""
    tickets = tickets_of_order(order.pk)
    if not tickets:
        raise TicketNotFound
    organizer = current_organizer()
    color = _brand_color(organizer)
    logo = _logo(organizer)
    with translation.override(order.language):
        html = render_to_string("tickets/ticket.html", _context(order, organizer, tickets, color, has_logo=bool(logo)))
    images = {f"qr-{index}": qr_png(ticket.code) for index, ticket in enumerate(tickets)}
    if logo:
        images["logo"] = logo
    theme = _theme(color)
    parts = [html.encode(), theme.encode(), (PRINT / "ticket.css").read_bytes(), *images.values()]
    digest = sha256(b"".join(sha256(part).digest() for part in parts)).hexdigest()
    return Document(html=html, theme=theme, images=images, digest=digest)


def draw(document: Document) -> bytes:
    """The PDF's bytes. Raises PdfUnavailable when the native libraries are not installed."""
    weasyprint = _weasyprint()
    with _drawing:
        fonts, sheet = _print_style()
        theme = weasyprint.CSS(string=document.theme, font_config=fonts)
        page = weasyprint.HTML(string=document.html, base_url=None, url_fetcher=_fetcher(document.images))
        pdf: bytes = page.write_pdf(stylesheets=[sheet, theme], font_config=fonts, pdf_tags=True)
    return pdf


def _context(
    order: Order, organizer: Organizer, tickets: list[Ticket], color: str, *, has_logo: bool
) -> dict[str, Any]:
    event = tickets[0].event
    return {
        "language": order.language,
        "organizer": organizer,
        "platform_name": settings.PLATFORM_NAME,
        "event": event,
        "order": order,
        "has_logo": has_logo,
        "art": poster(event.title, color),
        "policy": [line.strip() for line in event.refund_policy.splitlines() if line.strip()],
        "pages": [_page(ticket) for ticket in tickets],
    }


def _page(ticket: Ticket) -> dict[str, Any]:
    position, venue = ticket.position, ticket.event.venue
    performance = position.performance
    zone = performance.timezone
    return {
        "day": event_day(performance.starts_at, zone),
        "doors": doors_time(performance.doors_at, performance.starts_at, zone),
        "starts": event_time(performance.starts_at, zone),
        "zone": zone_name(performance.starts_at, zone),
        "address": ", ".join(part for part in (venue.address, venue.city) if part),
        "ticket_type": position.ticket_type_name,
        "perk": position.ticket_type.perk,
        "price": format_money(position.price, position.order.currency) if position.price else gettext("Free"),
        "short_code": ticket.short_code_text,
        "seat": position.seat,
    }


def _brand_color(organizer: Organizer) -> str:
    try:
        return normalised(organizer.brand_color)
    except ValueError:
        return DEFAULT_COLOR


def _theme(color: str) -> str:
    readable = ink(color, LIGHT_PAPER, darker=True)
    return f":root{{--primary:{color};--primary-content:{text_on(color)};--ink:{readable};--art:{_art_ground(color)}}}"


def _art_ground(color: str) -> str:
    return poster("", color).background


def _logo(organizer: Organizer) -> bytes:
    """The logo's bytes, or none: a lost file must not cost anybody their ticket."""
    if not organizer.logo:
        return b""
    try:
        with storages["public"].open(organizer.logo) as file:
            return bytes(file.read())
    except OSError:
        return b""


def _weasyprint() -> Any:
    try:
        import weasyprint
    except OSError as error:  # cffi could not load Pango or one of its companions
        raise PdfUnavailable(
            gettext("WeasyPrint needs the native library Pango, which is not installed on this machine (see README).")
        ) from error
    return weasyprint


@lru_cache(maxsize=1)
def _print_style() -> tuple[Any, Any]:
    """The fonts and the stylesheet, read once in a process."""
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    css = (PRINT / "ticket.css").read_text()
    return fonts, _weasyprint().CSS(string=css, font_config=fonts, url_fetcher=_fetcher({}))


atexit.register(_print_style.cache_clear)  # its fonts are freed by a module that is gone when the interpreter ends


def _fetcher(images: Mapping[str, bytes]) -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class AssetsOnly(URLFetcher):  # type: ignore[misc]  # untyped base
        """Gives fonts and this document's images by name; opens nothing."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            """The bytes of `asset:<name>`. Raises ValueError for every other address."""
            scheme, _, name = url.partition(":")
            if scheme == "asset" and name in images:
                return URLFetcherResponse(url, BytesIO(images[name]))
            if scheme == "asset" and name in _font_files():
                return URLFetcherResponse(url, BytesIO(_font_files()[name].read_bytes()))
            raise ValueError("only the ticket's own parts are loaded")

    return AssetsOnly()


@lru_cache(maxsize=1)
def _font_files() -> dict[str, Path]:
    return {path.name: path for path in (PRINT / "fonts").glob("*.woff2")}
