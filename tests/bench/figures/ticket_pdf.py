"""A ticket's PDF in one process, against the least that WeasyPrint can draw."""

import atexit

import weasyprint

from tests import world
from tests.bench.bench import Bench
from tests.bench.figure import Figure
from tickets.pdf import _print_style, render_tickets

atexit.register(_print_style.cache_clear)  # its fonts must go before WeasyPrint's own library does


def measure(bench: Bench) -> Figure:
    """`ticket_pdf`"""
    order = world.place_order(world.make_event("Paper Moon", kinds=((world.FREE, 0, 10),)), **{world.FREE: 1})
    return bench.in_process(
        "ticket_pdf",
        lambda: render_tickets(order),
        lambda: weasyprint.HTML(string="<p>Ticket</p>").write_pdf(),
        how="PDF of one ticket with QR code, read from the database and drawn, one thread; against a bare WeasyPrint page",
    )
