"""What visitors look at: the list of events, an event, its calendar."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from checkout.refund_terms import refund_terms
from events.access import COOKIE as EVENT_ACCESS
from events.access import SECONDS as ACCESS_SECONDS
from events.access import is_open_to, open_with_password
from events.lifecycle import Stage, sale_start_of, stage_of
from events.listing import facets_of
from events.models import Event
from events.preview import previewed_event
from events.properties import properties, said_of
from events.queries import listed_events, published_event, published_events
from inventory.live import Snapshot, count_stock, stock_of
from promotions.models import PromoCode
from promotions.queries import discounts_of, has_codes
from storefront import codes
from storefront.dates import calendar_of
from storefront.finding import LEAST_EVENTS, FinderForm
from storefront.offers import (
    Offer,
    is_few_left,
    is_sold_out,
    offers_for,
    offers_of_dates,
    once_of,
    price_from,
    upcoming_performances,
)
from storefront.seating import picker_of
from storefront.views.pages import secret_page, told_to_wait
from tenants.current import current_organizer
from tickets.calendar import calendar_of_event
from ui.dates import weekday_names
from ui.edge import make_anew, public_page
from ui.errors import DomainError, NotFound
from ui.forms import typed_number
from ui.middleware import public_form
from ui.money import typed_money
from ui.network import client_network
from waiting_room import gate
from waiting_room.health import count_arrival
from waitlist.queries import rules_of

EDGE_SECONDS = 5  # how old a public page may be; its counts correct themselves as it opens (client/live.ts)


@require_safe
@public_page(edge_seconds=EDGE_SECONDS)
def event_list(request: HttpRequest) -> HttpResponse:
    """`storefront/event_list.html`: `events`, a list of {event, performance, last, n_dates, price, is_sold_out, is_few_left,
    stage, sale_starts_at}, `finder` (FinderForm) and whether it `has_finder` to show.

    `performance` is the next date, `last` the last one; the price is all-in, in minor units, the least of all dates. The address
    says what is looked for (storefront/finding.py); a part of it that makes no sense is said (422), and nobody looks for it.
    """
    now, known, organizer = timezone.now(), properties(), current_organizer()
    facets = facets_of(listed_events(after=now), known)
    finder = FinderForm(request.GET, facets=facets, known=known, currency=organizer.currency)
    events = published_events(after=now, wanted=finder.wanted(), known=known)
    offers = offers_of_dates(events, at=now)
    rows = [_row(one, offers[one.pk], now) for one in events]
    context = {
        "events": [row for row in rows if _is_within(row, finder.most_price, organizer.currency)],
        "finder": finder,
        "has_finder": facets.n >= LEAST_EVENTS or finder.chosen or finder.errors,
    }
    response = render(request, "storefront/event_list.html", context, status=422 if finder.errors else 200)
    response["HX-Push-Url"] = finder.address
    return response


def _is_within(row: dict[str, Any], most: int | None, currency: str) -> bool:
    return most is None or (row["price"] is not None and row["price"] <= most and row["event"].currency == currency)


def _row(event: Event, offers: dict[UUID, list[Offer]], now: datetime) -> dict[str, Any]:
    upcoming = upcoming_performances(event, at=now)
    on_sale = [date for date in offers.values() if any(offer.status == "on_sale" for offer in date)]
    is_gone = bool(offers) and all(is_sold_out(date) for date in offers.values())
    return {
        "event": event,
        "stage": stage_of(event, at=now, is_sold_out=is_gone).value,
        "sale_starts_at": sale_start_of(event),
        "performance": upcoming[0] if upcoming else None,
        "last": upcoming[-1] if upcoming else None,
        "n_dates": len(upcoming),
        "price": price_from(offers.values()),
        "is_sold_out": is_gone,
        "is_few_left": bool(on_sale) and all(is_few_left(date) for date in on_sale),
    }


@require_safe
@public_page(edge_seconds=EDGE_SECONDS)
def event_page(request: HttpRequest, slug: str) -> HttpResponse:
    """`storefront/event.html`: see `event_context`. With `?preview=<token>` also a draft, of which nothing can be bought.

    With `?code=` a code is applied and remembered for the visit, or with an empty one forgotten; what was chosen so far
    (`quantity-...`) stays chosen.
    """
    token = request.GET.get("preview", "")
    if not token:
        event = event_named(slug)
        asked = ask_password(request, event)
        return asked or behind_line(request, event, _shown) or _shown(request, event)
    return _preview(request, slug, token)


def _shown(request: HttpRequest, event: Event) -> HttpResponse:
    response = _shown_with_code(request, event)
    if event.visibility == Event.Visibility.PASSWORD:
        response["Cache-Control"] = "no-store"  # no edge may keep it for others
    return response


def _shown_with_code(request: HttpRequest, event: Event) -> HttpResponse:
    date = request.GET.get("date", "") or request.GET.get("performance_id", "")
    if "code" not in request.GET:
        return event_response(request, event_context(event, date=date, month=request.GET.get("month", "")))
    typed = request.GET["code"].strip()
    if not typed:
        address = reverse("storefront:event", args=[event.slug]) + (f"?{urlencode({'date': date})}" if date else "")
        response: HttpResponse = redirect(address)
        codes.forget(response)
    else:
        code, refused = None, None
        try:
            code = codes.typed_code(request, typed, event)
        except DomainError as error:
            refused = error
        chosen = quantities(request.GET)
        context = event_context(
            event, date=date, chosen=chosen, typed=request.GET, code=code, code_typed=typed, code_error=refused
        )
        response = event_response(request, context)
        if code is not None:
            codes.remember(response, code)
    response["Cache-Control"] = "no-store"  # what it says depends on what was guessed before, and from where
    return response


def ask_password(request: HttpRequest, event: Event) -> HttpResponse | None:
    """`storefront/event_password.html` where the event wants one and this browser has not given it; what it is stays untold."""
    return None if is_open_to(event, request.COOKIES) else _password_page(request, event.slug)


def _password_page(request: HttpRequest, slug: str, *, error: DomainError | None = None) -> HttpResponse:
    status = error.status if error else 200
    response = render(request, "storefront/event_password.html", {"slug": slug, "error": error}, status=status)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


@public_form
@require_POST
def event_password(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes `password`; leads to the event, or says the same of a wrong password as of no event at all (422)."""
    network = client_network(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))
    given = request.POST.get("password", "")[:200]
    try:
        event, opened = open_with_password(slug, given, network=network, cookies=request.COOKIES)
    except DomainError as error:
        return told_to_wait(_password_page(request, slug, error=error), error)
    response = redirect("storefront:event", slug=event.slug)
    response.set_cookie(
        EVENT_ACCESS,
        opened,
        max_age=ACCESS_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def event_response(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """`storefront/event.html`, or where seats can be chosen `storefront/event_seats.html`."""
    template = "storefront/event_seats.html" if context["picker"] else "storefront/event.html"
    response = render(request, template, context, status=status)
    if not context["event"].is_listed:
        response["X-Robots-Tag"] = "noindex"
    return response


def behind_line(request: HttpRequest, event: Event, shown: Callable[..., HttpResponse]) -> HttpResponse | None:
    """While the event has a line: the way to it, or for who was let in the page, which no edge keeps.

    Counts visitors where a room's rule asks for it.
    """
    doors = gate.doors_of(current_organizer())
    if event.pk.hex in doors.watched:
        count_arrival(event.pk)
        make_anew(request)
    door = doors.by_event.get(event.pk)
    if door is None or door.is_sold_out:
        return None
    is_admitted = gate.is_admitted(door, current_organizer(), request.COOKIES)
    response = shown(request, event) if is_admitted else redirect("waiting_room:queue", slug=event.slug)
    if not is_admitted and request.GET.get("code"):
        codes.carry(response, request.GET["code"])
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@public_page(edge_seconds=EDGE_SECONDS)
def event_calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """All dates of an event as a calendar that programs may subscribe to: each keeps its id when it moves."""
    event = event_named(slug)
    if not is_open_to(event, request.COOKIES):
        raise Http404
    url = request.build_absolute_uri(reverse("storefront:event", args=[event.slug]))
    response = HttpResponse(calendar_of_event(event, url=url), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{event.slug}.ics"'
    if event.visibility == Event.Visibility.PASSWORD:
        response["Cache-Control"] = "no-store"  # no edge may keep it for others
    return response


@secret_page
def _preview(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    context = event_context(previewed_event(slug, token), date=request.GET.get("date", ""))
    return event_response(request, {**context, "preview_token": token})


def event_named(slug: str) -> Event:
    try:
        return published_event(slug)
    except NotFound as error:
        raise Http404 from error


def event_context(
    event: Event,
    *,
    date: str = "",
    month: str = "",
    error: DomainError | None = None,
    chosen: dict[str, int] | None = None,
    typed: QueryDict | None = None,
    code: PromoCode | None = None,
    code_typed: str = "",
    code_error: DomainError | None = None,
) -> Any:
    """What the event page shows.

    `event`, its `stage` (events.lifecycle.Stage) and `sale_starts_at` while that is to come, `is_preview` of a draft (shown as
    if it were sold), the `performance` whose id is `date` or else the next one, all upcoming `performances`, of a series the
    `calendar` (storefront.dates.Calendar) of `month` with `weekday_names`, its `cover` and `gallery` (Picture), what it has `said`
    of the organizer's properties (events.properties.Said), `rows` of {offer,
    chosen, amount (as `typed` where the price is the buyer's to choose)}, the same in `groups` of (heading, rows), `is_on_sale`, `is_sold_out`, `is_open` (something is offered now, even if it is sold out: the page follows
    its stock from the number `seq` on), `has_waiting_list` (whoever finds something sold out may join one), `has_later` (something is not offered now), `is_free` (nothing costs
    anything), `has_free` (something does not), `once` (pricing.quote.Once, what a paid order costs besides), `has_moved` (a price has
    followed the sale), `hold_minutes` (the least that a hold may last), `error` (DomainError), `code` (the PromoCode that is applied), or `code_typed` with
    `code_error` (why it is not), `discounts` (AutomaticDiscount, those that apply now).
    """
    now = timezone.now()
    is_preview, pictures = event.state == Event.State.DRAFT, list(event.pictures.all())
    upcoming = upcoming_performances(event, at=now) or [p for p in event.performances.all() if p.is_postponed]
    performance = next((p for p in upcoming if str(p.pk) == date), next(iter(upcoming), None))
    offers: list[Offer] = []
    stock: Snapshot | None = None
    if performance:
        # Whoever was just refused gets the exact count, everybody else what was announced.
        read = count_stock if error else stock_of
        stock = read([performance.pk]).get(performance.pk)
        offers = offers_for(event, performance, stock, at=now, code=code)
    picked = chosen or {}
    is_open = any(offer.status != "not_on_sale" for offer in offers)
    seq = stock.seq if stock else 0
    # A draft has no seats yet that could be asked for.
    picker = picker_of(event, performance, offers, seq=seq) if performance and is_open and not is_preview else None
    if picker is not None:
        offers = [offer for offer in offers if picker.sells(offer)]
    stage = stage_of(event, at=now, is_sold_out=is_sold_out(offers))
    rows = [
        {
            "offer": offer,
            "chosen": picked.get(str(offer.ticket_type.pk), 0) if offer.status == "on_sale" else 0,
            "is_seated": picker is not None and picker.is_seated(offer),
            "amount": _amount_text(offer, typed, event.currency),
        }
        for offer in offers
    ]
    return {
        "event": event,
        "stage": stage.value,
        "sale_starts_at": sale_start_of(event) if stage == Stage.SCHEDULED else None,
        "is_preview": is_preview,
        "performance": performance,
        "performances": upcoming,
        "cover": next(iter(pictures), None),
        "gallery": pictures[1:],
        "calendar": calendar_of(event, upcoming, performance, month=month, at=now) if performance else None,
        "weekday_names": weekday_names(),
        "rows": rows,
        "groups": _groups(rows),
        "picker": picker,
        "terms": refund_terms(event, performance),
        "said": said_of(event, properties()) if event.properties else [],
        "is_on_sale": any(offer.status == "on_sale" for offer in offers),
        "is_sold_out": is_sold_out(offers),
        "is_open": is_open,
        "has_later": any(offer.status == "not_on_sale" for offer in offers),
        "has_waiting_list": is_open and rules_of(event.pk).is_open,
        "seq": seq,
        "is_free": all(offer.price == 0 for offer in offers),
        "has_free": any(offer.price == 0 for offer in offers),
        "once": once_of(offers),
        "has_moved": any(offer.has_moved for offer in offers),
        "hold_minutes": min((o.ticket_type.hold_minutes or event.hold_minutes for o in offers), default=0),
        "error": error,
        "date_id": str(performance.pk) if performance else "",
        "code": code,
        "code_typed": code_typed,
        "code_error": code_error,
        "has_codes": performance is not None and event.is_published and not performance.is_stopped and has_codes(event),
        "discounts": [one for one in discounts_of(event.pk) if one.is_on(at=now)] if is_open else [],
    }


def _amount_text(offer: Offer, typed: QueryDict | None, currency: str) -> str:
    """What stands in the box for an amount: as typed, else what is suggested; "" for a fixed price."""
    kind = offer.ticket_type
    if kind.least_price is None:
        return ""
    given = typed.get(f"amount-{kind.pk}", "").strip()[:20] if typed else ""
    return given or typed_money(kind.price, currency)


def _groups(rows: Sequence[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The rows in their order, variants of one thing together under its name."""
    found: dict[object, tuple[str, list[dict[str, Any]]]] = {}
    for row in rows:
        kind = row["offer"].ticket_type
        # Add-ons come last, whatever has no heading of its own under one for all of them.
        heading = kind.listing or (_("Extras") if kind.is_add_on else "")
        name = (heading, kind.is_add_on) if heading else kind.pk
        found.setdefault(name, (heading, []))[1].append(row)
    return list(found.values())


def quantities(asked: QueryDict) -> dict[str, int]:
    chosen: dict[str, int] = {}
    for name, text in asked.items():
        if name.startswith("quantity-") and isinstance(text, str) and text.strip():
            number = typed_number(text)
            chosen[name.removeprefix("quantity-")] = -1 if number is None else number
    return chosen
