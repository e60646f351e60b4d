"""The organizer's public pages. Each says in its docstring what its template gets.

Secret addresses carry the token in the path: they are never cached, never indexed, and send no referrer.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.core.files.storage import storages
from django.core.validators import validate_email
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from audit.actions import buyer_actor
from checkout import actions as checkout
from checkout import codes as checkout_codes
from checkout import letters
from checkout.errors import BasketInvalid, NoReceipt
from checkout.holding import Asked
from checkout.receipts import store_receipt
from checkout.recovery import reminder_text
from checkout.refund_terms import refund_terms
from checkout.seat_words import map_of_date
from checkout.seats import SeatChoice
from checkout.visits import note_visit
from events.access import COOKIE as EVENT_ACCESS
from events.access import SECONDS as ACCESS_SECONDS
from events.access import event_of_performance, is_open_to, open_with_password
from events.lifecycle import Stage, sale_start_of, stage_of
from events.listing import facets_of
from events.models import Bundle, Event, Performance
from events.preview import previewed_event
from events.properties import properties, said_of
from events.queries import listed_events, published_event, published_events
from inventory.actions import LONGEST_HOLD
from inventory.live import Snapshot, count_stock, stock_of
from inventory.models import Hold
from inventory.queries import database_now, hold_by_token, seats_of_hold
from orders.models import Order, OrderVisit
from orders.queries import order_by_token
from payments.declines import decline_of
from payments.models import Payment
from payments.queries import charge_model_of, charged, open_refund_request, payment_of, refunded_amount
from payments.saved_cards import card_session, has_saved_card
from people.consents import CONSENT_TEXTS, SAVE_CARD
from people.models import Customer, LegalText
from people.queries import legal_text
from pricing.quote import Quote
from promotions.errors import CodeNotForThis, CodeThrottled, CodeUnknown
from promotions.models import PromoCode
from promotions.queries import discounts_of, has_codes, use_of_hold
from recovery.actions import agree
from recovery.queries import is_reminded
from seating.overview import floor_of, overview
from storefront import codes
from storefront.buyers import pass_for, signed_in
from storefront.dates import calendar_of
from storefront.finding import LEAST_EVENTS, FinderForm
from storefront.links import via_of
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
from storefront.payments import capture_method, payment_details
from storefront.seat_list import SeatList, seat_list_of
from storefront.seating import picker_of
from tenants.current import current_organizer
from tickets.actions import store_pdf
from tickets.calendar import calendar_of_event, calendar_of_order
from tickets.qr import qr_png
from tickets.queries import tickets_of_order
from ui.brand import theme_css
from ui.dates import event_time, weekday_names
from ui.edge import public_page
from ui.errors import DomainError, NotFound, TooOften
from ui.limits import Limit, count_against
from ui.middleware import public_form
from ui.money import parse_money, typed_money
from ui.network import client_address, client_network
from ui.problems import domain_problem
from waiting_room import gate
from waiting_room.errors import QueueRequired
from waiting_room.health import count_arrival
from waiting_room.position import extend_pass
from waitlist.queries import rules_of

View = Callable[..., HttpResponse]
BROWSER_POLL_SECONDS = 2
EDGE_SECONDS = 5  # how old a public page may be; its counts correct themselves as it opens (client/live.ts)

# Mails that anyone may ask for: an inbox must not be flooded, nor addresses tried in bulk; an office shares one network.
MAILS_TO_AN_ADDRESS = Limit("mail-to-address", times=3, seconds=600)
MAILS_FROM_A_NETWORK = Limit("mail-from-network", times=30, seconds=600)


def secret_page(view: View) -> View:
    """For an address that carries a token: not stored, not indexed, not told to other sites; a wrong one is a 404."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404 from error
        response["Cache-Control"] = "no-store"
        # Not "no-referrer": under that a browser sends its own forms with `Origin: null`, which the form guard refuses.
        response["Referrer-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex"
        return response

    return wrapped


# --- Look ------------------------------------------------------------------------------------------------------------------


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
    """`storefront/event.html`: see `_event_context`. With `?preview=<token>` also a draft, of which nothing can be bought.

    With `?code=` a code is applied and remembered for the visit, or with an empty one forgotten; what was chosen so far
    (`quantity-...`) stays chosen.
    """
    token = request.GET.get("preview", "")
    if not token:
        event = _event(slug)
        asked = _ask_password(request, event)
        return asked or _behind_line(request, event, _shown) or _shown(request, event)
    return _preview(request, slug, token)


def _shown(request: HttpRequest, event: Event) -> HttpResponse:
    response = _shown_with_code(request, event)
    if event.visibility == Event.Visibility.PASSWORD:
        response["Cache-Control"] = "no-store"  # no edge may keep it for others
    return response


def _shown_with_code(request: HttpRequest, event: Event) -> HttpResponse:
    date = request.GET.get("date", "") or request.GET.get("performance_id", "")
    if "code" not in request.GET:
        return _event_response(request, _event_context(event, date=date, month=request.GET.get("month", "")))
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
        chosen = _quantities(request.GET)
        context = _event_context(
            event, date=date, chosen=chosen, typed=request.GET, code=code, code_typed=typed, code_error=refused
        )
        response = _event_response(request, context)
        if code is not None:
            codes.remember(response, code)
    response["Cache-Control"] = "no-store"  # what it says depends on what was guessed before, and from where
    return response


def _ask_password(request: HttpRequest, event: Event) -> HttpResponse | None:
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


def _event_response(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """`storefront/event.html`, or where seats can be chosen `storefront/event_seats.html`."""
    template = "storefront/event_seats.html" if context["picker"] else "storefront/event.html"
    response = render(request, template, context, status=status)
    if not context["event"].is_listed:
        response["X-Robots-Tag"] = "noindex"
    return response


def _behind_line(request: HttpRequest, event: Event, shown: Callable[..., HttpResponse]) -> HttpResponse | None:
    """While the event has a line: the way to it, or for who was let in the page, which no edge keeps.

    Counts visitors where a room's rule asks for it.
    """
    doors = gate.doors_of(current_organizer())
    if event.pk.hex in doors.watched:
        count_arrival(event.pk)
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
    event = _event(slug)
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
    context = _event_context(previewed_event(slug, token), date=request.GET.get("date", ""))
    return _event_response(request, {**context, "preview_token": token})


def _event(slug: str) -> Event:
    try:
        return published_event(slug)
    except NotFound as error:
        raise Http404 from error


def _event_context(
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


# --- Hold and check out -------------------------------------------------------------------------------------------------------


@public_form
@require_POST
def holds(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes `performance_id` and `quantity-<ticket type id>`; leads to the checkout page, or back with `error` (422).

    Seats come as `seat-<ticket type or bundle id>` (their indexes, with commas), with `map` (its hash) and `access` ("1" asks for
    wheelchair spaces as such). A script that accepts JSON gets the address (`url`) or the problem document instead.
    """
    event = _event(slug)
    if not is_open_to(event, request.COOKIES):
        return redirect("storefront:event", slug=event.slug)
    is_asked_by_script = request.headers.get("Accept") == "application/json"
    chosen = _quantities(request.POST)
    outcome = _hold(request, event, chosen, lambda: _seats(request))
    if isinstance(outcome, HttpResponse):
        return outcome
    if is_asked_by_script:
        return domain_problem(outcome)
    # A code that was applied stays so; one that is the trouble is shown where it was typed.
    code_typed = request.POST.get("code", "").strip()
    is_code = outcome.extra.get("field") == "code"
    code = None
    if code_typed and not is_code:
        with suppress(DomainError):
            code = codes.typed_code(request, code_typed, event)
    context = _event_context(
        event,
        date=request.POST.get("performance_id", ""),
        error=None if is_code else outcome,
        chosen=chosen,
        typed=request.POST,
        code=code,
        code_typed=code_typed,
        code_error=outcome if is_code else None,
    )
    return _event_response(request, context, status=422)


def _hold(
    request: HttpRequest, event: Event, chosen: dict[str, int], read_seats: Callable[[], SeatChoice | None]
) -> HttpResponse | DomainError:
    """Hold so many of each ticket type (by its id) and the seats that were named: the way on, or why not."""
    is_asked_by_script = request.headers.get("Accept") == "application/json"
    try:
        guarded = event_of_performance(UUID(request.POST.get("performance_id", "")))
        if guarded is not None and not is_open_to(guarded, request.COOKIES):
            raise NotFound
        admitted = gate.require_admission(
            organizer=current_organizer(),
            performance_id=request.POST.get("performance_id", ""),
            cookies=request.COOKIES,
            headers={},
        )
        seats = read_seats()
        basket = {UUID(type_id): quantity for type_id, quantity in chosen.items()}
        if seats is not None:
            # Of a bundle it is said how many; of tickets the seats say it.
            basket |= {pk: len(indexes) for pk, indexes in seats.seats.items() if not basket.get(pk)}
        amounts = _amounts(request.POST, chosen, event.currency)
        hold = _held(request, basket, Asked(person=admitted.entry if admitted else ""), seats, amounts)
    except ValueError:
        return BasketInvalid(_("Choose your tickets again."))
    except QueueRequired:
        return _led_to(reverse("waiting_room:queue", args=[event.slug]), by_script=is_asked_by_script)
    except DomainError as refused:
        return refused
    address = reverse("storefront:checkout", args=[hold.pk, hold.token])
    if _is_dearer(request.POST, Quote.from_dict(hold.quote)):
        address += "?dearer"
    response = _led_to(address, by_script=is_asked_by_script)
    if admitted is not None:
        extend_pass(request, response, admitted, until=hold.expires_at.timestamp(), slug=event.slug)
    return response


def _is_dearer(posted: QueryDict, quote: Quote) -> bool:
    """Whether a ticket costs more than the page showed when it was chosen (`shown-<ticket type id>`, all-in in minor units)."""
    shown = ((line.all_in_price, posted.get(f"shown-{line.ticket_type_id}", "")) for line in quote.lines)
    return any(seen.isdecimal() and price > int(seen[:12]) for price, seen in shown)


def _held(
    request: HttpRequest,
    basket: dict[UUID, int],
    asked: Asked,
    seats: SeatChoice | None,
    amounts: Mapping[UUID, int],
) -> Hold:
    """Hold with the code that was typed, or else with the one this visit remembers, if that is for these tickets."""
    performance_id = UUID(request.POST.get("performance_id", ""))
    typed = request.POST.get("code", "").strip()
    if code := typed or codes.remembered(request):
        try:
            with codes.counted_guess(codes.network_of(request)):
                return checkout.place_hold(
                    performance_id=performance_id, basket=basket, asked=asked, seats=seats, amounts=amounts, code=code
                )
        except (CodeUnknown, CodeNotForThis, CodeThrottled):
            if typed:
                raise
    return checkout.place_hold(performance_id=performance_id, basket=basket, asked=asked, seats=seats, amounts=amounts)


@public_form
@require_http_methods(["GET", "HEAD", "POST"])
def seat_list(request: HttpRequest, slug: str) -> HttpResponse:
    """`storefront/seat_list.html`: seats by name without scripts.

    What `_event_context` says, `seats` (SeatList), and `quantity` and `total` of all that is chosen (minor units).

    GET shows a section and what is chosen so far; POST holds that, unless something among it was never shown with its ticket.
    """
    event = _event(slug)
    asked = _ask_password(request, event)
    response = asked or _behind_line(request, event, _seats_listed) or _seats_listed(request, event)
    response["Cache-Control"] = "no-store"
    return response


def _seats_listed(request: HttpRequest, event: Event) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    chosen = _quantities(asked)
    context = _event_context(event, date=asked.get("performance_id", ""), chosen=chosen, typed=asked)
    seats = _listed(context, asked)
    if seats is None:
        return redirect("storefront:event", slug=event.slug)
    if request.method == "POST" and seats.is_settled and not seats.is_changed and not seats.lost:
        named = seats.choice
        outcome = _hold(request, event, chosen, lambda: named)
        if isinstance(outcome, HttpResponse):
            return outcome
        # What is gone by now is not offered again.
        date = asked.get("performance_id", "")
        context = _event_context(event, date=date, error=outcome, chosen=chosen, typed=asked)
        seats = _listed(context, asked) or seats
    standing = [row for row in context["rows"] if not row["is_seated"]]
    tickets = seats.total + sum(row["chosen"] * row["offer"].price for row in standing)
    context |= {
        "seats": seats,
        "quantity": seats.quantity + sum(row["chosen"] * _seatless(row["offer"]) for row in standing),
        "total": tickets and tickets + context["once"].total,
    }
    return render(request, "storefront/seat_list.html", context, status=422 if context["error"] else 200)


def _seatless(offer: Offer) -> int:
    """How many tickets without a seat one of this is."""
    kind = offer.ticket_type
    if not isinstance(kind, Bundle):
        return 1
    return sum(part.quantity for part in kind.parts.all() if not part.ticket_type.category)


def _listed(context: dict[str, Any], asked: QueryDict) -> SeatList | None:
    if not context["picker"] or not context["picker"].has_seats:
        return None
    rows = context["rows"]
    kinds = [(row["offer"].ticket_type, row["chosen"]) for row in rows if row["chosen"]]
    bundles = [(kind, n) for kind, n in kinds if isinstance(kind, Bundle)]
    return seat_list_of(context["event"], context["performance"], [row["offer"] for row in rows], asked, bundles)


def _led_to(address: str, *, by_script: bool) -> HttpResponse:
    if not by_script:
        return redirect(address)
    response = JsonResponse({"url": address})
    response["Cache-Control"] = "no-store"
    return response


def _amounts(asked: QueryDict, chosen: dict[str, int], currency: str) -> dict[UUID, int]:
    """What is given for one ticket of each type that is chosen, in minor units. Raises BasketInvalid, ValueError."""
    amounts: dict[UUID, int] = {}
    for type_id, quantity in chosen.items():
        text = asked.get(f"amount-{type_id}", "").strip()
        if quantity <= 0 or not text:
            continue
        try:
            amounts[UUID(type_id)] = parse_money(text[:20], currency)
        except ValueError as error:
            words = _("Enter an amount like %(example)s.") % {"example": typed_money(1250, currency)}
            raise BasketInvalid(words, field=f"amount-{type_id}") from error
    return amounts


def _quantities(asked: QueryDict) -> dict[str, int]:
    chosen: dict[str, int] = {}
    for name, text in asked.items():
        if name.startswith("quantity-") and isinstance(text, str) and text.strip():
            digits = text.strip()
            is_number = digits.isascii() and digits.isdigit() and len(digits) <= 6  # beyond that Python may refuse too
            chosen[name.removeprefix("quantity-")] = int(digits) if is_number else -1
    return chosen


MOST_SEATS_TEXT = 500  # characters of a seat field: fifty indexes with their commas


def _seats(request: HttpRequest) -> SeatChoice | None:
    """The seats that were named, None where there are none. Raises ValueError for what names no seats."""
    seats: dict[UUID, list[int]] = {}
    for name, text in request.POST.items():
        if name.startswith("seat-") and isinstance(text, str) and text.strip():
            if len(text) > MOST_SEATS_TEXT or not text.replace(",", "").replace(" ", "").isascii():
                raise ValueError(name)
            seats[UUID(name.removeprefix("seat-"))] = [int(index) for index in text.split(",")]
    if not seats:
        return None
    return SeatChoice(map=request.POST.get("map", ""), seats=seats, is_access=request.POST.get("access") == "1")


@secret_page
@public_form
@require_http_methods(["GET", "POST"])
def checkout_page(request: HttpRequest, hold_id: UUID, token: str) -> HttpResponse:
    """`storefront/checkout.html`: see `_checkout_context`, and `is_dearer` (a price rose while it was chosen).

    A post places the order and leads to its page.
    """
    hold = hold_by_token(hold_id, token)
    if request.method == "GET" and hold.state == Hold.State.ORDERED:
        return _to_order(Order.objects.get(hold=hold))
    if request.method == "GET":
        context = {**_checkout_context(request, hold), "is_dearer": "dearer" in request.GET}
        return render(request, "storefront/checkout.html", context)
    session = signed_in(request)
    buyer = checkout.Buyer(
        name=request.POST.get("name", ""),
        email=request.POST.get("email", "").strip(),
        consents=frozenset(request.POST.getlist("consents")),
        account=session.customer_id if session else None,
    )
    try:
        if "reminder" in request.POST:
            agree(hold=hold, email=buyer.email, name=buyer.name)
        order = checkout.place_order(hold_id=hold.pk, token=token, buyer=buyer, via=via_of(request))
    except DomainError as error:
        context = _checkout_context(request, hold, error=error, buyer=buyer)
        return render(request, "storefront/checkout.html", context, status=422)
    _note(request, order, OrderVisit.Kind.PLACED)
    return _to_order(order)


@secret_page
@public_form
@require_POST
def hold_code(request: HttpRequest, hold_id: UUID, token: str) -> HttpResponse:
    """Takes `code`: price what is held with it, or with none when it is empty; then the checkout page again."""
    hold = hold_by_token(hold_id, token)
    typed = request.POST.get("code", "").strip()
    try:
        with codes.counted_guess(codes.network_of(request)):
            checkout_codes.change_code(hold_id=hold.pk, token=token, typed=typed[: codes.LONGEST_TYPED])
    except DomainError as error:
        context = _checkout_context(request, hold, error=error, typed=typed)
        return render(request, "storefront/checkout.html", context, status=422)
    response = redirect("storefront:checkout", hold_id=hold.pk, token=token)
    if not typed:
        codes.forget(response)
    return response


def _note(request: HttpRequest, order: Order, kind: OrderVisit.Kind) -> None:
    forwarded = request.headers.get("X-Forwarded-For", "")
    note_visit(order=order, kind=kind, address=client_address(request.META.get("REMOTE_ADDR", ""), forwarded))


def _to_order(order: Order) -> HttpResponse:
    return redirect("storefront:order", number=order.number, token=order.token)


def _checkout_context(
    request: HttpRequest,
    hold: Hold,
    *,
    error: DomainError | None = None,
    buyer: checkout.Buyer | None = None,
    typed: str = "",
) -> dict[str, Any]:
    """What the checkout page shows.

    `hold`, `event`, `performance`, `quote` (pricing.quote.Quote, frozen), `terms` of refunds, `seconds_left`, `is_ended` (expired or
    released), `can_extend`, `consents` (ConsentText), the signed-in `customer` with the `pass` for the script, `buyer` as typed, `error` (its `extra["field"]` names the field),
    and for the payment island `stripe`: {js_url, publishable_key, account, on_behalf_of, amount, currency, capture_method, saves_card,
    customer_session, has_saved_card}; None for a free order. `save_card` is the text to agree to, for who is signed in; `reminder_text` the one to be reminded, None
    where nobody is, `is_reminded` whether it is ticked. `use` is the code's
    (promotions.models.CodeUse), `code_typed` what was typed instead.
    """
    now = database_now()
    quote = Quote.from_dict(hold.quote)
    session = signed_in(request)
    if buyer is None and session is not None:
        known = session.customer
        buyer = checkout.Buyer(name=known.name, email=known.email, consents=frozenset())
    return {
        "customer": session.customer if session else None,
        "pass": pass_for(session, hold.pk) if session else "",
        "sign_in_query": urlencode({"next": reverse("storefront:checkout", args=[hold.pk, hold.token])}),
        "hold": hold,
        "event": hold.performance.event,
        "performance": hold.performance,
        "quote": quote,
        "lines": _lines_with_seats(hold, quote),
        "terms": refund_terms(
            hold.performance.event, hold.performance, only=[UUID(line.ticket_type_id) for line in quote.lines]
        ),
        "seconds_left": max(0, int((hold.expires_at - now).total_seconds())),
        "is_ended": not hold.is_live(at=now),
        "can_extend": now + LONGEST_HOLD > hold.expires_at and hold.expires_at < hold.created_at + LONGEST_HOLD,
        "consents": CONSENT_TEXTS,
        "buyer": buyer,
        "error": error,
        "reminder_text": reminder_text(hold),
        "is_reminded": "reminder" in request.POST or is_reminded(hold),
        "use": use_of_hold(hold.pk),
        "has_codes": has_codes(hold.performance.event),
        "code_typed": typed,
        "save_card": SAVE_CARD if session and not quote.is_free else None,
        "stripe": None
        if quote.is_free
        else _stripe(
            quote.total, quote.currency, hold.performance, at=now, payer=session.customer if session else None
        ),
    }


def _lines_with_seats(hold: Hold, quote: Quote) -> list[dict[str, Any]]:
    """Each line of the quote with the words of its seats, none where any place will do."""
    words = {seat.seat_id: seat.words for seat in seats_of_hold(hold)}
    return [{"line": line, "seats": [words[pk] for pk in line.seats if pk in words]} for line in quote.lines]


def _stripe(
    amount: int, currency: str, performance: Performance, *, at: datetime, payer: Customer | None = None
) -> dict[str, Any]:
    where = charged(charge_model_of(performance.event))
    return {
        "saves_card": False,
        "customer_session": card_session(customer=payer, account_id=where.account_id) if payer else "",
        "has_saved_card": payer is not None and has_saved_card(customer=payer, account_id=where.account_id),
        "js_url": settings.STRIPE_JS_URL,
        "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
        "account": where.account_id,
        "on_behalf_of": where.on_behalf_of,
        "amount": amount,
        "currency": currency.lower(),
        "capture_method": capture_method(takes_delayed=performance.takes_delayed_payments(at=at)),
    }


@secret_page
@public_form
@require_POST
def release(request: HttpRequest, hold_id: UUID, token: str) -> HttpResponse:
    """Give the places back and return to the event."""
    hold = hold_by_token(hold_id, token)
    try:
        checkout.release_hold(hold_id=hold.pk, token=token)
    except DomainError:
        return redirect("storefront:checkout", hold_id=hold.pk, token=token)
    return redirect("storefront:event", slug=hold.performance.event.slug)


@secret_page
@public_form
@require_POST
def extension(request: HttpRequest, hold_id: UUID, token: str) -> HttpResponse:
    """“Need more time?”: keep the hold longer, then show the checkout page again."""
    hold = hold_by_token(hold_id, token)
    try:
        checkout.extend_hold(hold_id=hold.pk, token=token)
    except DomainError as error:
        return render(request, "storefront/checkout.html", _checkout_context(request, hold, error=error), status=422)
    return redirect("storefront:checkout", hold_id=hold.pk, token=token)


# --- The order -----------------------------------------------------------------------------------------------------------------


@secret_page
@require_GET
def order_page(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """`storefront/order.html`: see `_order_context`. A buyer who comes back from the bank is told at once where it stands."""
    order = order_by_token(number, token)
    if order.state == Order.State.PENDING and "redirect_status" in request.GET:
        with suppress(DomainError):  # the provider is away: the webhook or the reconciler will tell
            checkout.settle_payment(order_id=order.pk)
        order = order_by_token(number, token)
    _note(request, order, OrderVisit.Kind.PAGE)
    return render(request, "storefront/order.html", _order_context(request, order))


@secret_page
@require_GET
def order_status(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """`storefront/_order_status.html`, polled every 2 s while `confirming`; tells htmx to reload once there is news."""
    order = order_by_token(number, token)
    context = _order_context(request, order)
    response = render(request, "storefront/_order_status.html", context)
    if not context["is_confirming"]:
        response["HX-Redirect"] = reverse("storefront:order", args=[number, token])
    return response


@secret_page
@public_form
@require_POST
def order_payment(request: HttpRequest, number: str, token: str) -> JsonResponse:
    """After an attempt that did not go through: why, what to do, and until when the places are kept, in words.

    `title`, `advice`, `held` ("Held until 20:19"), `seconds_left`; `url` instead where there is nothing left to pay here.
    """
    order = order_by_token(number, token)
    with suppress(DomainError):  # the provider is away: what we know already is told
        checkout.settle_payment(order_id=order.pk)
    order = order_by_token(number, token)
    seconds_left = _seconds_left(order)
    if order.state != Order.State.PENDING or not seconds_left:
        return JsonResponse({"url": letters.order_url(order)})
    payment = payment_of(order.pk)
    decline = decline_of(payment.last_error, is_saved=payment.failed_saved) if payment else decline_of("")
    time = event_time(order.expires_at, order.performance.timezone)
    kept = _("Your tickets are held until %(time)s.") % {"time": time}
    told = {
        "title": decline.title,
        "advice": f"{decline.advice} {kept}",
        "held": _("Held until %(time)s") % {"time": time},
        "seconds_left": seconds_left,
        "url": "",
    }
    return JsonResponse(told)


def _seconds_left(order: Order) -> int:
    return max(0, int((order.expires_at - timezone.now()).total_seconds()))


def _where_they_sit(order: Order) -> list[dict[str, Any]]:
    """A picture of each floor on which the order has seats: `floor` (its name, "" where there is one) and `svg`."""
    compiled = map_of_date(order.performance_id) if any(one.seat_id for one in order.positions.all()) else None
    if compiled is None:
        return []
    words = {compiled.index_of(one.seat_id): one.seat_words for one in order.positions.all() if one.seat_id}
    seats = {index: said for index, said in words.items() if index is not None}
    floors = compiled.document.floors
    pictures = []
    for floor in sorted({floor_of(compiled, seat) for seat in seats}):
        here = [seat for seat in seats if floor_of(compiled, seat) == floor]
        label = "; ".join(seats[seat] for seat in sorted(here))
        svg = overview(compiled, floor=floor, label=label, marked=here)
        pictures.append({"floor": floors[floor].name if len(floors) > 1 else "", "svg": svg})
    return pictures


def _order_context(request: HttpRequest, order: Order) -> dict[str, Any]:
    """What the order page shows.

    `order` (with positions and fees), `event`, `performance`, `tickets` (valid ones, when paid), `payment`, `refunds`,
    `is_confirming` (the bank is being asked: poll; not while its money takes days), `stripe` (as on the checkout page, with `client_secret` and
    `return_url`) while it waits for a payment, `decline` (of the last attempt), `pictures` of the floors with the order's seats marked, `error` when the payment service is away, `sent` after “send again”,
    `is_slow` when the bank has been asked for half a minute.
    """
    payment = payment_of(order.pk)
    asked = "confirming" in request.GET or "redirect_status" in request.GET or "payment_intent" in request.GET
    has_failed = payment is not None and payment.last_error != ""
    is_under_way = payment is not None and payment.state == Payment.State.UNDER_WAY
    is_confirming = (order.state == Order.State.SECURED and not is_under_way) or (
        order.state == Order.State.PENDING and asked and not has_failed
    )
    context: dict[str, Any] = {
        "order": order,
        "event": order.event,
        "performance": order.performance,
        "positions": list(order.positions.all()),
        "fees": list(order.fees.all()),
        "taxes": list(order.taxes.all()),
        "tickets": tickets_of_order(order.pk) if order.is_paid else [],
        "pictures": _where_they_sit(order) if order.is_paid else [],
        "payment": payment,
        "refunds": list(payment.refunds.order_by("created_at")) if payment else [],
        "refunded": refunded_amount(payment) if payment else 0,
        "is_confirming": is_confirming,
        "seconds_left": _seconds_left(order),
        "decline": decline_of(payment.last_error, is_saved=payment.failed_saved)
        if payment and payment.last_error
        else None,
        "stripe": None,
        "error": None,
        "sent": "sent" in request.GET,
        "cancelled": "cancelled" in request.GET,
        "waiting": open_refund_request(order.pk) if order.is_paid else None,
        "poll_seconds": BROWSER_POLL_SECONDS,
        "is_slow": "slow" in request.GET,
    }
    if order.state == Order.State.PENDING and not is_confirming:
        session = signed_in(request)
        try:
            context["stripe"] = {
                **_stripe(order.total, order.currency, order.performance, at=order.created_at),
                **payment_details(order, payer=session.customer if session else None, offers_cards=True),
                "return_url": letters.order_url(order),
            }
        except DomainError as error:
            context["error"] = error
    return context


@secret_page
@require_GET
def order_pdf(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """The tickets of a paid order as one PDF."""
    order = order_by_token(number, token)
    if not order.is_paid:
        raise Http404
    _note(request, order, OrderVisit.Kind.TICKETS)
    response = HttpResponse(storages["private"].open(store_pdf(order)).read(), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="tickets-{order.number}.pdf"'
    return response


@secret_page
@require_GET
def order_receipt(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """What was paid and what went back of it, as a PDF; also of an order that was refunded since."""
    order = order_by_token(number, token)
    try:
        name = store_receipt(order)
    except NoReceipt as error:
        raise Http404 from error
    response = HttpResponse(storages["private"].open(name).read(), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="receipt-{order.number}.pdf"'
    return response


@secret_page
@require_GET
def order_calendar(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """The performance as a calendar entry."""
    order = order_by_token(number, token)
    text = calendar_of_order(order, url=letters.order_url(order))
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{order.number}.ics"'
    return response


@secret_page
@require_GET
def ticket_code(request: HttpRequest, number: str, token: str, index: int) -> HttpResponse:
    """The QR of the ticket of position `index`, as a PNG, black on white."""
    order = order_by_token(number, token)
    ticket = next((t for t in tickets_of_order(order.pk) if t.position.index == index), None)
    if ticket is None or not order.is_paid:
        raise Http404
    return HttpResponse(qr_png(ticket.code), content_type="image/png")


@secret_page
@public_form
@require_POST
def order_emails(request: HttpRequest, number: str, token: str) -> HttpResponse:
    """“Send my tickets again”: to the order's own address, then back to its page."""
    order = order_by_token(number, token)
    try:
        count_mail(request, to=order.email)
        checkout.resend_tickets(order_id=order.pk, actor=buyer_actor(order.pk))
    except DomainError as error:
        context = {**_order_context(request, order), "error": error}
        return told_to_wait(render(request, "storefront/order.html", context, status=422), error)
    return redirect(reverse("storefront:order", args=[number, token]) + "?sent=1")


@public_form
@require_http_methods(["GET", "POST"])
def find_order(request: HttpRequest) -> HttpResponse:
    """`storefront/find_order.html`: `email` as typed, `error`, `is_sent`. The reply is the same whether there are orders."""
    if request.method == "GET":
        return render(request, "storefront/find_order.html", {"is_sent": "sent" in request.GET})
    email = request.POST.get("email", "").strip()
    try:
        validate_email(email)
    except ValidationError:
        error = _("Enter an e-mail address like name@example.com.")
        return render(request, "storefront/find_order.html", {"email": email, "error": error}, status=422)
    try:
        count_mail(request, to=email)
    except TooOften as refused:
        context = {"email": email, "error": refused.detail}
        return told_to_wait(render(request, "storefront/find_order.html", context), refused)
    letters.ask_for_orders(email=email)
    return redirect(reverse("storefront:find_order") + "?sent=1")


def count_mail(request: HttpRequest, *, to: str) -> None:
    """Count a mail that this browser asks for, whether or not anything will be sent. Raises TooOften."""
    network = client_network(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))
    count_against(MAILS_FROM_A_NETWORK, network)
    count_against(MAILS_TO_AN_ADDRESS, to)


def told_to_wait(response: HttpResponse, error: DomainError) -> HttpResponse:
    """The page with 429 and Retry-After, if it refuses because of a limit."""
    if isinstance(error, TooOften):
        response.status_code = error.status
        response["Retry-After"] = str(error.extra["wait_seconds"])
    return response


# --- Legal pages ---------------------------------------------------------------------------------------------------------------


@require_safe
def legal(request: HttpRequest, kind: str) -> HttpResponse:
    """`storefront/legal.html`: the `title` and the `shown` text (people.legal.ShownText) of terms, privacy or imprint."""
    what = LegalText.Kind(kind)
    return render(request, "storefront/legal.html", {"title": what.label, "shown": legal_text(what)})


# --- The brand -------------------------------------------------------------------------------------------------------------------


@require_GET
@cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)
def theme(request: HttpRequest, digest: str) -> HttpResponse:
    """The organizer's colours as a stylesheet, under the hash of its content."""
    current, css = theme_css(current_organizer().brand_color)
    if digest != current:
        raise Http404
    return HttpResponse(css, content_type="text/css; charset=utf-8")


@require_GET
def media(request: HttpRequest, path: str) -> FileResponse:
    """A public file of this organizer (logo, poster); another organizer's is a 404."""
    storage = storages["public"]
    try:
        file = storage.open(path)
    except (OSError, SuspiciousFileOperation) as error:  # not there, a folder, a name longer than any file's
        raise Http404 from error
    response = FileResponse(file)
    response["Cache-Control"] = "public, max-age=86400"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


# --- Wallets ---------------------------------------------------------------------------------------------------------------------


@require_safe
@cache_control(public=True, max_age=3600)
def apple_pay_association(request: HttpRequest) -> HttpResponse:
    """What Apple asks each host for before it shows Apple Pay there: Stripe's file as it is. 404 where none was set."""
    if not settings.APPLE_PAY_ASSOCIATION:
        raise Http404
    return HttpResponse(settings.APPLE_PAY_ASSOCIATION, content_type="text/plain")
