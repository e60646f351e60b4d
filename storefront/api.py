"""The buyers' API: look, hold, order, tickets. Bearer tokens prove who asks; nothing here reads a session."""

import json
from contextlib import nullcontext
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.core.files.storage import storages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Header, Path, Query, Router, Status
from ninja.decorators import decorate_view
from ninja.security import HttpBearer

from checkout import actions as checkout
from checkout import best
from checkout.catalog import kept_offer, read_offer
from checkout.codes import NO_CODE, wanted_code
from checkout.errors import BasketInvalid, PasswordWanted
from checkout.holding import Asked, asked_by, created_json_of
from checkout.letters import order_url
from checkout.refund_terms import Terms, order_terms, refund_terms
from checkout.seats import SeatChoice
from checkout.visits import note_visit
from events.access import event_of_performance, require_password
from events.errors import PropertyInvalid
from events.lifecycle import Stage, sale_start_of, stage_of
from events.listing import EventFilter, Range, wish_of
from events.models import Bundle, Event, EventCategory, Property, TicketType
from events.properties import Said, properties, said_of
from events.queries import published_event, published_events
from idempotency.actions import fingerprint_of, open_key, remember_answer
from idempotency.errors import KeyMissing
from idempotency.models import IdempotencyKey
from inventory.errors import SeatsInvalid
from inventory.live import seats_of, stock_of
from inventory.models import Hold
from inventory.queries import database_now, hash_of_map, hold_by_token, seats_of_hold, words_of_seats
from orders.models import Order, OrderVisit
from orders.queries import order_by_token
from payments.queries import standings
from payments.standing import Standing
from people.models import Customer
from storefront import links, schemas
from storefront.buyers import buyer_by_pass
from storefront.codes import counted_guess, network_of
from storefront.dates import standing_of
from storefront.offers import (
    Offer,
    is_sold_out,
    lowest_price,
    next_performance,
    offers_by_date,
    offers_of_dates,
    offers_of_next_dates,
    once_of,
    price_from,
    upcoming_performances,
)
from storefront.payments import payment_details
from tenants.current import current_organizer
from tenants.queries import storefront_url
from tickets.queries import tickets_of_order
from ui.edge import public_page
from ui.errors import DomainError, NotFound, NotSignedIn
from ui.network import client_address, client_network
from ui.problems import Problem, members_of, problem
from waiting_room import gate
from waiting_room.tokens import Pass


class BuyerToken(HttpBearer):
    """The token of a hold or an order; whose it is, the operation finds out."""

    def authenticate(self, request: HttpRequest, token: str) -> str | None:
        return token or None


router = Router(tags=["sales"])
buyer = BuyerToken()

REFUSED = {400: Problem, 409: Problem, 422: Problem, 429: Problem, 503: Problem}
QUEUE_TOKEN = Header(None, alias="Queue-Token", description="The pass of the waiting room, while the event has one")
EVENT_PASSWORD = Header("", alias="Event-Password", description="Where the event asks for one", max_length=200)
BUYER_TOKEN = Header(
    None, alias="Buyer-Token", description="The token of a signed-in buyer, for an order that counts as theirs"
)
KEY = Header(None, alias="Idempotency-Key", description="Required; a random string, 1 to 255 characters")
Number = Path(..., description="The order's number", examples=["K7QF2M9X"], max_length=20)


Answer = Status[Any] | HttpResponse


def _bearer(request: HttpRequest) -> str:
    return str(request.auth)  # type: ignore[attr-defined]


# --- Look ------------------------------------------------------------------------------------------------------------------


@router.get("/events", operation_id="list_events", response={200: schemas.EventListOut, 422: Problem})
@decorate_view(public_page(edge_seconds=5))
def list_events(
    request: HttpRequest,
    limit: int = Query(50, ge=1, le=100),
    offset: int = Query(0, ge=0, le=1_000_000),
    q: schemas.Text = Query(
        "", max_length=100, description="Words that all have to be found in title, texts, place or tags"
    ),
    category: EventCategory | None = Query(None),
    tag: list[schemas.Text] = Query([], max_length=10, description="All of these"),
    place: schemas.Text = Query("", max_length=120, description="The name of a venue or a city"),
    since: date | None = Query(None, alias="from", description="It has a date on this day or later"),
    until: date | None = Query(None, description="It has a date on this day or earlier"),
    price_max: int | None = Query(
        None, ge=0, le=99_999_999, description="A ticket costs so much or less, all-in, minor units; 0: it is free"
    ),
    property: list[schemas.Text] = Query(
        [],
        max_length=20,
        description="Of the organizer's own: `language:German`, `bar:yes`, a number or date also from..to: `length:60..90`",
    ),
) -> dict[str, Any]:
    """Events on sale, soonest first: all, or those that everything asked for is true of."""
    now, known = timezone.now(), properties()
    wanted = EventFilter(
        text=q,
        category=category or "",
        tags=tuple(tag),
        place=place,
        since=since,
        until=until,
        properties=_wishes(property, known),
    )
    events = published_events(after=now, wanted=wanted, known=known)
    if price_max is not None:
        offers = offers_of_dates(events, at=now)
        prices = {event.pk: price_from(offers[event.pk].values()) for event in events}
        events = [one for one in events if (price := prices[one.pk]) is not None and price <= price_max]
    return {"items": _events_out(events[offset : offset + limit], known), "total": len(events)}


def _wishes(asked: list[str], known: list[Property]) -> dict[str, Any]:
    """What `property` asks for, by key. Raises PropertyInvalid."""
    by_key = {one.key: one for one in known if one.is_filterable}
    wishes: dict[str, Any] = {}
    for one in asked:
        key, _colon, typed = one.partition(":")
        if key not in by_key:
            words = _("There is no property “%(key)s”. There are: %(keys)s.")
            detail = words % {"key": key[:40], "keys": ", ".join(by_key) or "–"}
            raise PropertyInvalid(detail, field="property")
        wish = wish_of(by_key[key], typed)
        if isinstance(wish, bool | Range) or by_key[key].kind == Property.Kind.TEXT:
            wishes[key] = wish
        else:  # asked for again, another value will do as well
            before = wishes.get(key)
            wishes[key] = [*(before if isinstance(before, list) else ()), wish]
    return wishes


@router.get(
    "/events/{slug}",
    operation_id="get_event",
    response={200: schemas.EventDetailOut, 404: Problem, 422: Problem, 429: Problem},
)
@decorate_view(public_page(edge_seconds=5))
def get_event(
    request: HttpRequest,
    response: HttpResponse,
    slug: str = Path(..., max_length=80),
    event_password: str = EVENT_PASSWORD,
) -> dict[str, Any]:
    """One event by its slug, with what is left for its next date.

    Where it asks for a password, that must come with it; else, as for no event, the answer is 404.
    """
    event = published_event(slug)
    if event.visibility == Event.Visibility.PASSWORD:
        response["Cache-Control"] = "no-store"
        require_password(event, event_password, network=_network(request))
    now = timezone.now()
    terms = refund_terms(event, next_performance(event, at=now))
    return {
        **_events_out([event], properties() if event.properties else [])[0],
        "description_html": event.description_html,
        "pictures": _pictures_out(event),
        "dates": _dates_out(event, now),
        "refund_terms": _terms_out(terms),
    }


def _pictures_out(event: Event) -> list[dict[str, Any]]:
    host = storefront_url(current_organizer(), "")
    return [
        {
            "url": host + storages["public"].url(picture.largest),
            "width": picture.width,
            "height": picture.height,
            "alt": picture.alt,
        }
        for picture in event.pictures.all()
    ]


def _dates_out(event: Event, now: datetime) -> list[dict[str, Any]]:
    upcoming = upcoming_performances(event, at=now)
    offers = offers_by_date(event, upcoming, at=now)
    return [
        {
            **{name: getattr(date, name) for name in ("id", "starts_at", "ends_at", "doors_at", "timezone", "state")},
            "price_from": lowest_price(offers[date.pk]),
            "status": standing_of(offers[date.pk]),
            "ticket_types": [
                {"id": one.ticket_type.pk, "price": one.price, "status": one.status, "available": one.most}
                for one in offers[date.pk]
                if isinstance(one.ticket_type, TicketType)
            ],
        }
        for date in upcoming
    ]


def _terms_out(terms: list[Terms]) -> list[dict[str, Any]]:
    return [
        {"ticket_types": list(one.names), "lines": [line._asdict() for line in one.lines], "kept_fee": one.kept_fee}
        for one in terms
    ]


@router.get(
    "/performances/{uuid:performance_id}/stock",
    operation_id="get_stock",
    response={200: schemas.StockOut, 404: Problem, 422: Problem},
)
@decorate_view(public_page(edge_seconds=1))
def get_stock(
    request: HttpRequest,
    performance_id: UUID,
    seq: int = Query(0, ge=0, description="A number heard of on the socket: passes caches that hold an older answer"),
) -> dict[str, Any]:
    """What is left of one date: the snapshot that the socket's deltas go on from (docs/live.md)."""
    found = stock_of([performance_id])
    if performance_id not in found:
        raise NotFound
    return found[performance_id].as_json()


SEATS_TYPE = "application/octet-stream"


@router.get(
    "/performances/{uuid:performance_id}/seats",
    operation_id="get_seats",
    response={404: Problem, 422: Problem},
    openapi_extra={
        "responses": {
            200: {
                "description": "“MQS1”, the map's hash, number, count and checksum, then two bits a seat; little endian",
                "content": {SEATS_TYPE: {"schema": {"type": "string", "format": "binary"}}},
            }
        }
    },
)
@decorate_view(public_page(edge_seconds=1))
def get_seats(
    request: HttpRequest,
    performance_id: UUID,
    seq: int = Query(0, ge=0, description="A number heard of on the socket: passes caches that hold an older answer"),
) -> HttpResponse:
    """The state of every seat of one date: the snapshot that the socket's deltas go on from (docs/seat-maps.md)."""
    found = seats_of(performance_id)
    if found is None:
        raise NotFound
    number, vector = found
    response = HttpResponse(vector.as_bytes(number), content_type=SEATS_TYPE)
    if number:
        response["ETag"] = f'"{vector.map}-{number}"'
    return response


def _events_out(events: list[Event], known: list[Property]) -> list[dict[str, Any]]:
    now = timezone.now()
    offers = offers_of_next_dates(events, at=now)
    host = storefront_url(current_organizer(), "")
    return [
        {
            **_event_out(
                event, offers[event.pk], host, stage_of(event, at=now, is_sold_out=is_sold_out(offers[event.pk]))
            ),
            "properties": [_said_out(said) for said in said_of(event, known)],
        }
        for event in events
    ]


def _said_out(said: Said) -> dict[str, Any]:
    return {**{name: getattr(said.definition, name) for name in ("key", "name", "kind")}, "value": said.value}


_FACTS = ("tags", "least_age", "contact_email", "contact_phone", "terms")


def _event_out(event: Event, offers: list[Offer], host: str, stage: Stage) -> dict[str, Any]:
    return {
        **{name: getattr(event, name) for name in ("id", "slug", "title", "summary", "description", "is_test")},
        **{name: getattr(event, name) for name in _FACTS},
        "category": event.category or None,
        "state": stage.value,
        "sale_starts_at": sale_start_of(event) if stage == Stage.SCHEDULED else None,
        "currency": event.currency,
        "venue": event.venue,
        "performances": list(event.performances.all()),
        "ticket_types": [
            _type_out(offer, offer.ticket_type, event.currency)
            for offer in offers
            if isinstance(offer.ticket_type, TicketType)
        ],
        "bundles": [
            {
                **_offer_out(offer, event.currency),
                "parts": [
                    {"ticket_type_id": part.ticket_type_id, "name": part.ticket_type.title, "quantity": part.quantity}
                    for part in offer.ticket_type.parts.all()
                ],
            }
            for offer in offers
            if isinstance(offer.ticket_type, Bundle)
        ],
        "per_order": once_of(offers),
        "url": host + reverse("storefront:event", args=[event.slug]),
    }


def _offer_out(offer: Offer, currency: str) -> dict[str, Any]:
    """What is said of ticket types and bundles alike."""
    return {
        "id": offer.ticket_type.pk,
        "name": offer.ticket_type.title,
        "perk": offer.ticket_type.perk,
        "price": offer.price,
        "fee": offer.fee,
        "currency": currency,
        "max_per_order": offer.ticket_type.most_per_order,
        "status": offer.status,
        "available": offer.most,
    }


def _type_out(offer: Offer, kind: TicketType, currency: str) -> dict[str, Any]:
    more = ("listing", "least_price", "is_add_on", "min_per_ticket", "max_per_ticket", "min_per_order")
    return {
        **_offer_out(offer, currency),
        **{name: getattr(kind, name) for name in more},
        "base_types": [base.pk for base in kind.base_types.all()] if kind.is_add_on else [],
        "own_fees": list(offer.line.own),
        "taxes": list(offer.taxes),
        "phase": offer.phase,
    }


# --- Hold ------------------------------------------------------------------------------------------------------------------


@router.post(
    "/holds",
    operation_id="create_hold",
    response={201: schemas.HoldCreatedOut, 403: Problem, 404: Problem, 429: Problem, **REFUSED},
)
def create_hold(
    request: HttpRequest,
    payload: schemas.HoldIn,
    key: str | None = KEY,
    queue_token: str | None = QUEUE_TOKEN,
    event_password: str = EVENT_PASSWORD,
) -> Answer:
    """Hold tickets at today's price, all or nothing. The answer's token is the buyer's proof.

    While the event has a waiting room, `Queue-Token` must carry a pass; else the answer is 403 `queue_required`. Where it
    asks for a password, that must come with it; else the answer is 404. A `code` that
    cannot be used is 422 `code_unknown`, whatever the reason, or `code_not_for_this` with the reason; 429 after many guesses.
    """
    basket, seats = _chosen(payload)
    offer = kept_offer(payload.performance_id)
    is_unproved = offer is not None and not offer.asks_password and seats is None and not payload.code
    if not is_unproved:
        _check_password(request, payload.performance_id, event_password)
    admitted = gate.require_admission(
        organizer=current_organizer(),
        performance_id=payload.performance_id,
        cookies={},
        headers={"Queue-Token": queue_token or ""},
    )
    amounts = _amounts(payload)
    # Without what was not sent, so that the on-sale path's fingerprint of the same body is the same.
    asked = _asked(request, key, payload.model_dump(mode="json", exclude_unset=True), admitted)
    place = partial(
        checkout.place_hold,
        performance_id=payload.performance_id,
        basket=basket,
        asked=asked,
        seats=seats,
        amounts=amounts,
        code=payload.code,
    )
    with counted_guess(network_of(request)) if payload.code else nullcontext():
        try:
            hold = place(is_unproved=is_unproved)
        except PasswordWanted:  # it has one since memory was read
            _check_password(request, payload.performance_id, event_password)
            hold = place()
    return HttpResponse(created_json_of(hold), status=201, content_type="application/json; charset=utf-8")


def _amounts(payload: schemas.HoldIn) -> dict[UUID, int]:
    """What the buyer gives for one ticket, by type. Raises BasketInvalid where that is said in two ways."""
    amounts: dict[UUID, int] = {}
    for item in payload.items:
        if item.amount is not None and amounts.setdefault(item.ticket_type_id, item.amount) != item.amount:
            raise BasketInvalid(_("Choose one amount for all tickets of a kind."), field="amount")
    return amounts


def _chosen(payload: schemas.HoldIn) -> tuple[dict[UUID, int], SeatChoice | None]:
    """How many of each type, and their seats where some are named. Raises SeatsInvalid for seats of no map."""
    basket: dict[UUID, int] = {}
    seats: dict[UUID, list[int]] = {}
    for item in payload.items:
        basket[item.ticket_type_id] = basket.get(item.ticket_type_id, 0) + item.quantity
        if item.seats is not None:
            seats.setdefault(item.ticket_type_id, []).extend(item.seats)
    if not seats:
        return basket, None
    if payload.map is None:
        raise SeatsInvalid(_("Say with “map” which map these seats are on."), field="map")
    return basket, SeatChoice(map=payload.map, seats=seats, is_access=payload.access)


@router.post(
    "/performances/{uuid:performance_id}/best-seats",
    operation_id="find_best_seats",
    response={
        200: schemas.BestSeatsOut,
        201: schemas.BestSeatsOut,
        403: Problem,
        404: Problem,
        429: Problem,
        **REFUSED,
    },
    exclude_unset=True,
)
def find_best_seats(
    request: HttpRequest,
    performance_id: UUID,
    payload: schemas.BestSeatsIn,
    key: str | None = KEY,
    queue_token: str | None = QUEUE_TOKEN,
    event_password: str = EVENT_PASSWORD,
) -> Answer:
    """Find the best free seats for a group and hold them (201), or with `"hold": false` only show them (200).

    Holding needs an Idempotency-Key and, while the event has a waiting room, a pass.
    """
    needs = best.Needs(zone=payload.zone)
    if payload.needs is not None:
        given = payload.needs
        needs = best.Needs(given.wheelchair, given.companions, given.step_free, zone=payload.zone)
    if needs.wheelchairs + needs.companions > payload.quantity or (needs.companions and not needs.wheelchairs):
        raise BasketInvalid(_("Wheelchair users and companions are part of the quantity."), field="needs")
    baskets = best.baskets_for(
        performance_id=performance_id,
        quantity=payload.quantity,
        ticket_type_id=payload.ticket_type_id,
        category=payload.category,
        max_price=payload.max_price,
    )
    if not payload.hold:
        found, quote = best.find_best(performance_id=performance_id, baskets=baskets, needs=needs)
        words = words_of_seats(performance_id, found.seats)
        shown = {"map": found.choice.map, "seats": found.seats, "words": words, "quote": quote.as_dict()}
        return Status(200, shown)
    _check_password(request, performance_id, event_password)
    admitted = gate.require_admission(
        organizer=current_organizer(),
        performance_id=performance_id,
        cookies={},
        headers={"Queue-Token": queue_token or ""},
    )
    body = {"performance_id": str(performance_id), **payload.model_dump(mode="json", exclude_unset=True)}
    with counted_guess(network_of(request)) if payload.code else nullcontext():
        hold = best.hold_best(
            performance_id=performance_id,
            baskets=baskets,
            asked=_asked(request, key, body, admitted),
            needs=needs,
            wanted=wanted_code(payload.code, read_offer(performance_id)) if payload.code else NO_CODE,
        )
    seats = seats_of_hold(hold)
    held = {
        "map": hash_of_map(performance_id),
        "seats": [seat.seat_index for seat in seats],
        "words": [seat.words for seat in seats],
        "quote": hold.quote,
        "hold": json.loads(created_json_of(hold)),
    }
    return Status(201, held)


def _asked(request: HttpRequest, key: str | None, body: dict[str, Any], admitted: Pass | None) -> Asked:
    """Who asks for a hold, and under which key. Raises KeyMissing, KeyInvalid."""
    return asked_by(
        key=_required(key),
        fingerprint=fingerprint_of(body),
        network=lambda: _network(request),
        person=admitted.entry if admitted else "",
    )


def _check_password(request: HttpRequest, performance_id: UUID, password: str) -> None:
    """Raises NotFound, as for a date that is not there, and TooOften."""
    guarded = event_of_performance(performance_id)
    if guarded is not None:
        require_password(guarded, password, network=_network(request))


def _network(request: HttpRequest) -> str:
    return client_network(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))


@router.get(
    "/holds/{uuid:hold_id}",
    operation_id="get_hold",
    auth=buyer,
    exclude_unset=True,
    response={200: schemas.HoldOut, 401: Problem, 404: Problem, 422: Problem},
)
def get_hold(request: HttpRequest, hold_id: UUID) -> dict[str, Any]:
    """A hold as it is now, with the seconds it has left by the server's clock."""
    return _hold_out(hold_by_token(hold_id, _bearer(request)), at=database_now())


@router.delete(
    "/holds/{uuid:hold_id}",
    operation_id="release_hold",
    auth=buyer,
    response={204: None, 401: Problem, 404: Problem, 409: Problem, 422: Problem},
)
def release_hold(request: HttpRequest, hold_id: UUID) -> Status[None]:
    """Give the places back at once. Releasing twice is the same as once."""
    checkout.release_hold(hold_id=hold_id, token=_bearer(request))
    return Status(204, None)


def _hold_out(hold: Hold, *, at: datetime) -> dict[str, Any]:
    is_expired = hold.state == Hold.State.LIVE and not hold.is_live(at=at)
    return {
        "id": hold.pk,
        "performance_id": hold.performance_id,
        "state": "expired" if is_expired else hold.state,
        "expires_at": hold.expires_at,
        "seconds_left": max(0, int((hold.expires_at - at).total_seconds())),
        "quote": hold.quote,
    }


# --- Order -----------------------------------------------------------------------------------------------------------------


@router.post(
    "/orders",
    operation_id="create_order",
    auth=buyer,
    response={201: schemas.OrderCreatedOut, 401: Problem, 404: Problem, **REFUSED},
)
def create_order(
    request: HttpRequest, payload: schemas.OrderIn, key: str | None = KEY, buyer_token: str | None = BUYER_TOKEN
) -> Answer:
    """Turn a hold into an order; a paid one comes with what the browser needs to pay.

    `affiliate` says whose sale it is, as an affiliate's link does in a browser; what is nobody's is ignored.

    `Authorization` carries the hold's token. A `Buyer-Token` that is wrong or over is refused (401): nobody shall believe to be
    signed in who is not.
    """
    account = _account_of(request, buyer_token, payload.hold_id)
    details = checkout.Buyer(
        name=payload.buyer.name,
        email=payload.buyer.email,
        consents=frozenset(payload.buyer.consents),
        account=account.pk if account else None,
    )
    with transaction.atomic():
        scope = f"create_order:{payload.hold_id}"
        # Without an affiliate who is not named, as a body that was sent before there were any.
        body = payload.model_dump(mode="json", exclude=set() if payload.affiliate else {"affiliate"})
        row = open_key(scope=scope, key=_required(key), body=body)
        hold_by_token(payload.hold_id, _bearer(request))  # the answer is only for who has the token
        if row.status:
            return _answer(row.status, row.body)
        try:
            order = checkout.place_order(
                hold_id=payload.hold_id,
                token=_bearer(request),
                buyer=details,
                via=links.via_of(request, named=payload.affiliate),
            )
        except DomainError as refusal:
            return _refuse(row, refusal)
    forwarded = request.headers.get("X-Forwarded-For", "")
    address = client_address(request.META.get("REMOTE_ADDR", ""), forwarded)
    note_visit(order=order, kind=OrderVisit.Kind.PLACED, address=address)
    is_program = (buyer_token or "").startswith("buyer_")  # our own page has made its form already
    payment = payment_details(order, payer=account, offers_cards=is_program) if order.is_open else None
    out = {**order_out(order), "token": order.token, "payment": payment}
    answer = schemas.OrderCreatedOut.model_validate(out).model_dump(mode="json")
    return _answer(*remember_answer(row=row, status=201, body=answer))


def _account_of(request: HttpRequest, token: str | None, hold_id: UUID) -> Customer | None:
    """The signed-in customer whom a token speaks for. Raises NotSignedIn."""
    if token is None:
        return None
    session = buyer_by_pass(token, hold_id=hold_id, request=request)
    if session is None:
        raise NotSignedIn(_("Your sign-in has ended. Reload this page; your tickets stay held."))
    return session.customer


@router.get(
    "/orders/{number}",
    operation_id="get_order",
    auth=buyer,
    response={200: schemas.OrderOut, 401: Problem, 404: Problem, 422: Problem},
)
def get_order(request: HttpRequest, number: str = Number) -> dict[str, Any]:
    """An order as it is now."""
    return order_out(order_by_token(number, _bearer(request)))


@router.get(
    "/orders/{number}/tickets",
    operation_id="list_order_tickets",
    auth=buyer,
    response={200: schemas.TicketListOut, 401: Problem, 404: Problem, 422: Problem},
)
def list_order_tickets(request: HttpRequest, number: str = Number) -> dict[str, Any]:
    """The tickets of an order, by position; none before it is paid."""
    order = order_by_token(number, _bearer(request))
    pdf = storefront_url(current_organizer(), reverse("storefront:order_pdf", args=[order.number, order.token]))
    return {
        "items": [
            {
                "id": ticket.pk,
                "position_index": ticket.position.index,
                "ticket_type_name": ticket.position.ticket_type_name,
                "seat": ticket.position.seat,
                "code": ticket.code,
                "short_code": ticket.short_code,
                "state": ticket.state,
            }
            for ticket in tickets_of_order(order.pk)
        ],
        "pdf_url": pdf if order.is_paid else None,
    }


def order_out(order: Order) -> dict[str, Any]:
    """An order as schemas.OrderOut has it."""
    names = ("number", "state", "cancel_reason", "event_id", "performance_id", "name", "email", "currency", "total")
    standing, refunded = standings([order])[order.pk]
    # Closed with its last ticket, but nothing went back: nobody should read "refunded".
    closed = {"state": "cancelled", "cancel_reason": standing.value} if standing == Standing.TICKETS_CANCELLED else {}
    return {
        **{name: getattr(order, name) for name in names},
        **closed,
        "refunded": refunded,
        "refund_terms": _terms_out(order_terms(order)),
        "positions": list(order.positions.all()),
        "fees": list(order.fees.all()),
        "taxes": list(order.taxes.all()),
        "is_test": order.is_test,
        "created_at": order.created_at,
        "expires_at": order.expires_at,
        "url": order_url(order),
    }


def _refuse(row: IdempotencyKey, refusal: DomainError) -> HttpResponse:
    """Refuse; what the state of things refuses (409) is kept under the key, so that its answer stays the same.

    What is wrong with the request itself is wrong again next time, and what may be different in a second (503, or a
    busy place) may be asked again: both are raised, and leave the key free.
    """
    if refusal.is_passing or refusal.status != 409:
        raise refusal
    _status, members = remember_answer(row=row, status=refusal.status, body=members_of(refusal))
    return problem(**members)


def _answer(status: int, body: dict[str, Any]) -> Answer:
    return Status(status, body) if status < 400 else problem(**body)


def _required(key: str | None) -> str:
    if key is None:
        raise KeyMissing
    return key
