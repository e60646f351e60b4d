"""Holding tickets and checking out."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from checkout import actions as checkout
from checkout import codes as checkout_codes
from checkout.errors import BasketInvalid
from checkout.holding import Asked, asked_by
from checkout.recovery import reminder_text
from checkout.refund_terms import refund_terms
from checkout.seats import SeatChoice
from checkout.visits import note_visit
from events.access import event_of_performance, is_open_to
from events.models import Bundle, Event, Performance
from idempotency.actions import fingerprint_of
from inventory.actions import LONGEST_HOLD
from inventory.models import Hold
from inventory.queries import database_now, hold_by_token, seats_of_hold
from orders.models import Order, OrderVisit
from payments.queries import charge_model_of, charged
from payments.saved_cards import card_session, has_saved_card
from people.consents import CONSENT_TEXTS, SAVE_CARD
from people.models import Customer
from pricing.quote import Quote
from promotions.errors import CodeNotForThis, CodeThrottled, CodeUnknown
from promotions.queries import has_codes, use_of_hold
from recovery.actions import agree
from recovery.queries import is_reminded
from storefront import codes
from storefront.buyers import pass_for, signed_in
from storefront.links import via_of
from storefront.offers import (
    Offer,
)
from storefront.payments import capture_method
from storefront.seat_list import SeatList, seat_list_of
from storefront.views.events import ask_password, behind_line, event_context, event_named, event_response, quantities
from storefront.views.pages import secret_page
from tenants.current import current_organizer
from ui.errors import DomainError, NotFound
from ui.middleware import public_form
from ui.money import parse_money, typed_money
from ui.network import client_address
from ui.problems import domain_problem
from waiting_room import gate
from waiting_room.errors import QueueRequired
from waiting_room.position import extend_pass

MOST_SEATS_TEXT = 500  # characters of a seat field: fifty indexes with their commas


@public_form
@require_POST
def holds(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes `performance_id` and `quantity-<ticket type id>`; leads to the checkout page, or back with `error` (422).

    Seats come as `seat-<ticket type or bundle id>` (their indexes, with commas), with `map` (its hash) and `access` ("1" asks for
    wheelchair spaces as such). A script that accepts JSON gets the address (`url`) or the problem document instead. With an
    `Idempotency-Key` asking twice is the same as once: the address of the same hold, where it is said what became of it.
    """
    event = event_named(slug)
    if not is_open_to(event, request.COOKIES):
        return redirect("storefront:event", slug=event.slug)
    is_asked_by_script = request.headers.get("Accept") == "application/json"
    chosen = quantities(request.POST)
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
    context = event_context(
        event,
        date=request.POST.get("performance_id", ""),
        error=None if is_code else outcome,
        chosen=chosen,
        typed=request.POST,
        code=code,
        code_typed=code_typed,
        code_error=outcome if is_code else None,
    )
    return event_response(request, context, status=422)


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
        hold = _held(request, basket, _asked(request, admitted.entry if admitted else ""), seats, amounts)
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


def _asked(request: HttpRequest, person: str) -> Asked:
    """Who asks for a hold, and under which key where a script sends one. Raises KeyInvalid."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return Asked(person=person)
    fingerprint = fingerprint_of(dict(request.POST.lists()))
    return asked_by(key=key, fingerprint=fingerprint, network=lambda: codes.network_of(request), person=person)


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

    What `event_context` says, `seats` (SeatList), and `quantity` and `total` of all that is chosen (minor units).

    GET shows a section and what is chosen so far; POST holds that, unless something among it was never shown with its ticket.
    """
    event = event_named(slug)
    asked = ask_password(request, event)
    response = asked or behind_line(request, event, _seats_listed) or _seats_listed(request, event)
    response["Cache-Control"] = "no-store"
    return response


def _seats_listed(request: HttpRequest, event: Event) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    chosen = quantities(asked)
    context = event_context(event, date=asked.get("performance_id", ""), chosen=chosen, typed=asked)
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
        context = event_context(event, date=date, error=outcome, chosen=chosen, typed=asked)
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
    note_order_seen(request, order, OrderVisit.Kind.PLACED)
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


def note_order_seen(request: HttpRequest, order: Order, kind: OrderVisit.Kind) -> None:
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
        else stripe_island(
            quote.total, quote.currency, hold.performance, at=now, payer=session.customer if session else None
        ),
    }


def _lines_with_seats(hold: Hold, quote: Quote) -> list[dict[str, Any]]:
    """Each line of the quote with the words of its seats, none where any place will do."""
    words = {seat.seat_id: seat.words for seat in seats_of_hold(hold)}
    return [{"line": line, "seats": [words[pk] for pk in line.seats if pk in words]} for line in quote.lines]


def stripe_island(
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
