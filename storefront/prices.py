"""How an event's prices came about, for everybody to read."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from events.access import is_open_to
from events.models import Event, Performance, TicketType
from events.queries import published_event
from pricing.plans import rate_of, terms_of
from pricing.quote import price_one
from repricing.models import PriceChange
from repricing.queries import price_history
from repricing.words import public_words
from ui.edge import public_page
from ui.errors import NotFound

EDGE_SECONDS = 30
MOST_SHOWN = 500  # changes of an event, the newest


@dataclass(frozen=True)
class Priced:
    """A price and since when it has held, None for the first one; all-in, minor units. `why` in words, "" for the first."""

    since: datetime | None
    price: int
    why: str


@dataclass(frozen=True)
class History:
    """The prices of one ticket type at one date, newest first."""

    performance: Performance
    ticket_type: TicketType
    prices: tuple[Priced, ...]


@require_safe
@public_page(edge_seconds=EDGE_SECONDS)
def prices(request: HttpRequest, slug: str) -> HttpResponse:
    """`storefront/prices.html`: `event`, and its `dates`, each with the `histories` of ticket types whose price has moved."""
    try:
        event = published_event(slug)
    except NotFound as error:
        raise Http404 from error
    if not is_open_to(event, request.COOKIES):
        return redirect("storefront:event", slug=event.slug)
    found = sorted(_histories(event), key=lambda one: (one.performance.starts_at, one.ticket_type.sort_order))
    dates = [{"date": date, "histories": list(same)} for date, same in groupby(found, key=lambda one: one.performance)]
    response = render(request, "storefront/prices.html", {"event": event, "dates": dates})
    if event.visibility == Event.Visibility.PASSWORD:
        response["Cache-Control"] = "no-store"  # no edge may keep it for others
    return response


def _histories(event: Event) -> list[History]:
    terms = terms_of(event)
    changes: dict[tuple[object, object], list[PriceChange]] = {}
    for change in price_history(event_id=event.pk).select_related("ticket_type__tax", "performance")[:MOST_SHOWN]:
        changes.setdefault((change.performance_id, change.ticket_type_id), []).append(change)
    made = []
    for of_one in changes.values():
        kind, first = of_one[0].ticket_type, of_one[-1]
        rate = rate_of(kind.tax)
        rows = [(one.at, one.price, public_words(one.why)) for one in of_one]
        told = [*rows, (None, first.price_before, "")]
        prices = tuple(Priced(at, price_one(price, terms, rate).all_in_price, why) for at, price, why in told)
        made.append(History(of_one[0].performance, kind, prices))
    return made
