"""An event's public page: what everybody asks for at the start of a sale."""

from tests import world
from tests.bench.bench import Bench
from tests.bench.figure import Figure
from tests.load import payload, repeated


def measure(bench: Bench) -> Figure:
    """`event_page`"""
    event = world.make_event(
        "Page Turner", kinds=(("Standard", 2400, 1500), ("Balcony", 3600, 500), ("Members", 0, 100))
    )
    page = payload("GET", f"/events/{event.slug}/", host=bench.host, Accept_Language="en")
    how = "GET /events/<slug>/ with 3 ticket types and 2,100 places, uncached"
    return bench.against_empty("event_page", lambda: repeated(page), status=200, how=how)
