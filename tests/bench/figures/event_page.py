"""An event's public page: what everybody asks for at the start of a sale."""

from tests import world
from tests.bench.bench import Bench
from tests.bench.figure import Figure
from tests.load import numbered, payload, repeated


def measure(bench: Bench) -> list[Figure]:
    """`event_page`, made anew for each; `event_page_hot`, the same address for all, as at the start of a sale."""
    event = world.make_event(
        "Page Turner", kinds=(("Standard", 2400, 1500), ("Balcony", 3600, 500), ("Members", 0, 100))
    )
    address = f"/events/{event.slug}/"
    anew = numbered(payload("GET", f"{address}?visit=%d", host=bench.host, Accept_Language="en"))
    same = payload("GET", address, host=bench.host, Accept_Language="en")
    how = f"GET {address} with 3 ticket types and 2,100 places"
    return [
        bench.against_empty("event_page", lambda: anew, status=200, how=f"{how}, made anew for each (?visit=n)"),
        bench.against_empty("event_page_hot", lambda: repeated(same), status=200, how=f"{how}, the same for all"),
    ]
