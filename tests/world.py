"""The cast, and what they do. Everything is set up through the product's own verbs.

Northside Hall (Nora owns it, Dora stands at its door) and Southside Yard (Sam owns it) are two organizers who must never see
each other's data. Bea buys. Charlie is a stranger at Northside: he manages at Southside.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from unittest.mock import patch
from uuid import UUID
from zoneinfo import ZoneInfo

import stripe
from django.conf import settings
from django.utils import timezone
from django_tenants.utils import tenant_context

from accounts.models import User
from audit.actions import SYSTEM, user_actor
from checkout import actions as checkout
from checkout.catalog import read_offer
from checkout.changes import change_phases
from checkout.holding import claim_request, hold_made
from checkout.publish import publish_event
from checkout.seats import SeatChoice
from events import actions as events
from events.models import Event, Performance, TicketType
from events.phases import PhaseWish
from events.seating_plan import paint_for_event, painting_of, plan_of, plan_seating
from inventory import actions as stock
from inventory.models import Hold
from inventory.queries import database_now
from notifications.models import EmailMessage
from orders.models import Order
from payments import gateway
from payments.actions import keep_account_facts
from people import sign_in
from people.actions import add_member
from people.models import Membership, SignIn
from seating.actions import create_seat_map, publish_version
from seating.document import parse
from seating.models import MapVersion, Venue
from tenants.actions import open_organizer, top_up_prepared_schemas
from tenants.models import Organizer

PASSWORD = "correct horse battery staple"
BEA = checkout.Buyer(name="Bea Buyer", email="bea@example.com", consents=frozenset({"terms"}), language="en")
STANDARD, FREE = "Standard", "Guest list"

_numbers = count(1)


@dataclass
class House:
    """An organizer with its people."""

    organizer: Organizer
    owner: User
    door: User

    @property
    def host(self) -> str:
        return f"{self.organizer.slug}.{settings.PLATFORM_HOST}"


def open_house(name: str, slug: str, *, owner: str, door: str, color: str = "#4f46e5") -> House:
    """An organizer on a prepared schema, with its owner and a door steward; found again in a reused database."""
    organizer = Organizer.objects.filter(slug=slug).first()
    if organizer is None:
        top_up_prepared_schemas()
        organizer = open_organizer(name=name, slug=slug, actor=SYSTEM, brand_color=color)
    house = House(organizer=organizer, owner=_user(owner, slug), door=_user(door, slug))
    with tenant_context(organizer):
        for user, role in ((house.owner, Membership.Role.OWNER), (house.door, Membership.Role.DOOR)):
            add_member(user_id=user.pk, name=user.name, email=user.email, role=role, actor=SYSTEM)
    return house


def _user(name: str, slug: str) -> User:
    email = f"{name.lower()}@{slug}.example"
    return User.objects.filter(email=email).first() or User.objects.create_user(email, PASSWORD, name=name)


def connect_stripe(house: House) -> str:
    """Open and finish a connected account at the sandbox; returns its id. Needs the `stripe_sandbox` fixture."""
    facts = gateway.create_account(
        email=house.owner.email, country="DE", name=house.organizer.name, key=f"account-{house.organizer.pk}"
    )
    enable_account(facts.id)
    with tenant_context(house.organizer):
        facts = gateway.fetch_account(facts.id)
        assert facts.charges_enabled
        keep_account_facts(organizer=house.organizer, facts=facts, actor=SYSTEM)
    return facts.id


def let_charge(house: House) -> None:
    """Paid tickets may be offered and held, where no test of it goes on to pay: what the provider would say is kept."""
    facts = gateway.AccountFacts(
        id=f"acct_of_{house.organizer.slug}",
        charges_enabled=True,
        payouts_enabled=True,
        requirements=(),
        disabled_reason="",
    )
    with tenant_context(house.organizer):
        keep_account_facts(organizer=house.organizer, facts=facts, actor=SYSTEM)


def enable_account(account_id: str) -> None:
    """Do at the sandbox what the organizer does on the provider's onboarding page."""
    from tests.processes import plain_http

    plain_http().post(f"{settings.STRIPE_API_BASE}/_sandbox/accounts/{account_id}/complete").raise_for_status()


def ask_to_sign_in(house: House, email: str, *, then: str = "") -> tuple[SignIn, str]:
    """A buyer asks for the mail; what it is about, and the token in its link."""
    asked = sign_in.ask_to_sign_in(email=email, origin=f"http://{house.host}", then=then)
    text = EmailMessage.objects.get(key=f"sign-in:{asked.pk}").text
    return asked, text.partition(f"/account/sign-in/{asked.pk}/")[2].partition("/")[0]


def mailed_code(asked: SignIn) -> str:
    """The six digits in that mail."""
    found = re.search(r"^\d{6}$", EmailMessage.objects.get(key=f"sign-in:{asked.pk}").text, re.M)
    assert found is not None
    return found.group()


def signed_in_buyer(house: House, email: str) -> Any:
    """A browser (tests.staff.Visitor) in which a buyer has signed in by the mailed link."""
    from tests.staff import Visitor

    asked, link = ask_to_sign_in(house, email)
    visitor = Visitor(house.host)
    assert visitor.post(f"/account/sign-in/{asked.pk}/{link}/").status_code == 302
    return visitor


def make_event(
    title: str = "Night Train",
    *,
    kinds: tuple[tuple[str, int, int], ...] = ((STANDARD, 2400, 50), (FREE, 0, 20)),
    starts_at: datetime | None = None,
    doors_at: datetime | None = None,
    is_published: bool = True,
    max_per_order: int = 10,
    **texts: str,
) -> Event:
    """An event in the current organizer: `kinds` are (name, price in cents, quantity). On sale unless said otherwise."""
    actor = user_actor(UUID(int=0))
    starts_at = starts_at or timezone.now() + timedelta(days=30)
    venue = events.create_venue(
        name=texts.get("venue", "Northside Hall"),
        address=texts.get("address", "1 North Road"),
        city=texts.get("city", "Berlin"),
        timezone="Europe/Berlin",
        actor=actor,
    )
    event = events.create_event(
        title=f"{title} {next(_numbers)}" if title == "Night Train" else title,
        summary=texts.get("summary", "One night, three bands"),
        description=texts.get("description", "Doors open an hour before."),
        venue=venue,
        currency=texts.get("currency", "EUR"),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
        doors_at=doors_at or starts_at - timedelta(hours=1),
        actor=actor,
    )
    for name, price, quantity in kinds:
        events.add_ticket_type(
            event_id=event.pk,
            name=name,
            perk=texts.get("perk", ""),
            price=price,
            quantity=quantity,
            max_per_order=max_per_order,
            actor=actor,
        )
    if is_published:
        event = publish_event(event_id=event.pk, actor=actor)
    return event


STALLS, BALCONY, STANDING = "stalls", "balcony", "standing"  # categories of the little maps


def seat_map(
    *sections: tuple[str, str, Sequence[int | Sequence[int]]],
    tables: Sequence[tuple[str, int, bool]] = (),
    wheelchairs: int = 0,
    standing: int = 0,
    name: str = "The hall",
    entrances: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A map document: `sections` are (name, category, rows); a row is how many seats, or how many between its aisles.

    Rows are A, B, C ... from the stage on, a metre apart; seat 3 of row B of "Stalls" has the id "Stalls-B-3". `tables` are
    (label, seats, is sold as a whole) in a section "Tables" of the first category. `wheelchairs` spaces, each with a
    companion seat, make up a row "W" of the first section ("W-1", "WC-1", ...). `standing` is an area's capacity.
    `entrances` are by the name of a section or of the area, "Floor".
    """
    made, top = [], 200.0
    for index, (title, category, rows) in enumerate(sections or (("Stalls", STALLS, (10, 10)),)):
        lines = [_row(title, chr(65 + number), row, top + 100 * number) for number, row in enumerate(rows)]
        top += 100 * len(lines) + 300
        if index == 0 and wheelchairs:
            lines.append(_wheelchair_row(wheelchairs, top))
            top += 300
        entrance = (entrances or {}).get(title, "")
        section = {"id": title, "name": title, "category": category, "rows": lines, "zone": title}
        made.append({**section, "entrance": entrance})
    if tables:
        about = [
            _table(label, seats, is_whole, 300.0 * number, top)
            for number, (label, seats, is_whole) in enumerate(tables)
        ]
        made.append({"id": "Tables", "name": "Tables", "category": made[0]["category"], "tables": about})
    area = {"id": "Floor", "name": "Floor", "capacity": standing, "category": STANDING}
    area |= {"outline": [[0, 0], [100, 0], [100, 100]], "entrance": (entrances or {}).get("Floor", "")}
    keys = [*dict.fromkeys(str(section["category"]) for section in made), *([STANDING] if standing else [])]
    colors = ["#0072b2", "#e69f00", "#009e73", "#cc79a7"]
    return {
        "format": "marquee-seat-map",
        "version": 1,
        "name": name,
        "width": 3000,
        "height": top + 500,
        "focal": [500, 0],
        "categories": [
            {"key": key, "name": key.capitalize(), "color": colors[number % 4]} for number, key in enumerate(keys)
        ],
        "floors": [{"id": "Ground", "name": "Ground", "sections": made, "areas": [area] if standing else []}],
    }


def _row(title: str, label: str, row: int | Sequence[int], y: float) -> dict[str, Any]:
    parts = [row] if isinstance(row, int) else list(row)
    gaps = [sum(parts[: number + 1]) - 1 for number in range(len(parts) - 1)]
    seats, x = [], 0.0
    for number in range(sum(parts)):
        seats.append({"id": f"{title}-{label}-{number + 1}", "label": str(number + 1), "x": x, "y": y})
        x += 250 if number in gaps else 50
    return {"id": f"{title}-{label}", "label": label, "seats": seats, "gaps": gaps}


def _wheelchair_row(spaces: int, y: float) -> dict[str, Any]:
    seats: list[dict[str, Any]] = []
    for n in range(1, spaces + 1):
        space = {"id": f"W-{n}", "label": f"W{n}", "x": 200 * n, "y": y, "flags": ["wheelchair", "step_free"]}
        seats.append({**space, "companions": [f"WC-{n}"]})
        seats.append({"id": f"WC-{n}", "label": f"C{n}", "x": 200 * n + 100, "y": y, "flags": ["companion"]})
    return {"id": "W", "label": "W", "seats": seats}


def _table(label: str, seats: int, is_whole: bool, x: float, y: float) -> dict[str, Any]:
    around = [{"id": f"T{label}-{n}", "label": str(n), "x": x + 60 * n, "y": y} for n in range(1, seats + 1)]
    return {"id": f"T{label}", "label": label, "x": x + 100, "y": y + 60, "seats": around, "is_whole": is_whole}


def make_seated_event(
    document: dict[str, Any] | None = None,
    *,
    kinds: Sequence[tuple[str, int, str]] = (("Adult", 3000, STALLS), ("Child", 1500, STALLS)),
    add_ons: Sequence[tuple[str, int, int]] = (),
    title: str = "Seated",
    is_published: bool = True,
    max_per_order: int = 10,
    **rules: Any,
) -> Event:
    """An event with a seat map (`seat_map()` unless said otherwise): `kinds` are (name, price in cents, category), `add_ons`
    what has no seat: (name, price in cents, quantity).

    `rules` go to `plan_seating` (orphans, release_access, release_access_at) and to `paint_for_event` (categories, closed,
    whole_tables).
    """
    event = make_event(f"{title} {next(_numbers)}", kinds=(), is_published=False)
    document = document or seat_map()
    return seat(
        event, document, kinds=kinds, add_ons=add_ons, is_published=is_published, max_per_order=max_per_order, **rules
    )


def seat(
    event: Event,
    document: dict[str, Any],
    *,
    kinds: Sequence[tuple[str, int, str]],
    add_ons: Sequence[tuple[str, int, int]] = (),
    is_published: bool = True,
    max_per_order: int = 10,
    **rules: Any,
) -> Event:
    """Give a draft this map and these kinds, as in `make_seated_event`, and put it on sale."""
    actor = user_actor(UUID(int=0))
    version = publish_map(event.venue, document)
    painted = {name: rules.pop(name) for name in ("categories", "closed", "whole_tables") if name in rules}
    plan_seating(event_id=event.pk, version_id=version.pk, actor=actor, **rules)
    if painted:
        paint_for_event(event_id=event.pk, actor=actor, **painted)
    for name, price, category in kinds:
        events.add_ticket_type(
            event_id=event.pk,
            name=name,
            perk="",
            price=price,
            category=category,
            max_per_order=max_per_order,
            actor=actor,
        )
    for name, price, quantity in add_ons:
        events.add_ticket_type(
            event_id=event.pk,
            name=name,
            perk="",
            price=price,
            quantity=quantity,
            max_per_order=max_per_order,
            is_add_on=True,
            actor=actor,
        )
    return publish_event(event_id=event.pk, actor=actor) if is_published else event


def publish_map(venue: Venue, document: dict[str, Any]) -> MapVersion:
    """A map of a venue, published as it is."""
    actor = user_actor(UUID(int=0))
    made = create_seat_map(venue=venue, document=parse(document), actor=actor)
    return publish_version(map_id=made.pk, actor=actor, name=made.name)


def seats_named(event: Event, *ids: str) -> list[int]:
    """The indexes of seats on the event's map, by their ids."""
    plan = plan_of(event.pk)
    assert plan is not None
    compiled = painting_of(plan).compiled
    return [index for seat_id in ids if (index := compiled.index_of(seat_id)) is not None]


def choice(event: Event, *, is_access: bool = False, **seats: Sequence[str]) -> SeatChoice:
    """`choice(event, Adult=["Stalls-A-1", "Stalls-A-2"])`."""
    plan = plan_of(event.pk)
    assert plan is not None
    chosen = {kind_of(event, name).pk: seats_named(event, *ids) for name, ids in seats.items()}
    return SeatChoice(map=plan.version.hash, seats=chosen, is_access=is_access)


def hold_seats(event: Event, *, is_access: bool = False, **seats: Sequence[str]) -> Hold:
    """Hold these very seats: `hold_seats(event, Adult=["Stalls-A-1"], Child=["Stalls-A-2"])`."""
    chosen = choice(event, is_access=is_access, **seats)
    basket = {type_id: len(indexes) for type_id, indexes in chosen.seats.items()}
    return checkout.place_hold(performance_id=the_performance(event).pk, basket=basket, seats=chosen)


def order_seats(event: Event, *, buyer: checkout.Buyer = BEA, is_access: bool = False, **seats: Sequence[str]) -> Order:
    """The same, and ordered; a free one is complete, a paid one awaits payment."""
    held = hold_seats(event, is_access=is_access, **seats)
    return checkout.place_order(hold_id=held.pk, token=held.token, buyer=buyer)


def the_performance(event: Event) -> Performance:
    return event.performances.get()


def day_of(performance: Performance) -> date:
    """The day on which it begins where it takes place; in UTC it may be another."""
    return performance.starts_at.astimezone(ZoneInfo(performance.timezone)).date()


def kind_of(event: Event, name: str) -> TicketType:
    return event.ticket_types.get(name=name)


def set_phases(event: Event, kind: str, *phases: PhaseWish) -> TicketType:
    """Give a ticket type these sale phases, in order."""
    wanted = kind_of(event, kind)
    return change_phases(ticket_type_id=wanted.pk, phases=phases, actor=user_actor(UUID(int=0)))


def hold(event: Event, **wanted: int) -> Hold:
    """`hold(event, Standard=2)`; a name with a space is passed as **{"Guest list": 1}."""
    basket = {kind_of(event, name).pk: quantity for name, quantity in wanted.items()}
    return checkout.place_hold(performance_id=the_performance(event).pk, basket=basket)


def short_hold(event: Event, *, seconds: float, **wanted: int) -> Hold:
    """A hold that ends after `seconds`, through the same claim."""
    basket = {kind_of(event, name).pk: quantity for name, quantity in wanted.items()}
    offer = read_offer(the_performance(event).pk)
    priced = offer.price(basket)
    request = claim_request(offer, priced, checkout.ANONYMOUS)._replace(seconds=seconds)
    answer = stock.claim(performance_id=offer.performance_id, offer_version=offer.version, request=request)
    assert answer.created_at, answer
    return hold_made(offer, request, priced, answer.created_at)


@contextmanager
def an_hour_ago() -> Iterator[None]:
    """What is held or ordered inside was held or ordered an hour ago, by the clock that decides it: so it has lapsed."""

    def earlier() -> datetime:
        return database_now() - timedelta(hours=1)

    with (
        patch("inventory.actions.claim_instant", earlier),
        patch("inventory.actions.database_now", earlier),
        patch("checkout.actions.database_now", earlier),
    ):
        yield


def place_order(event: Event, *, buyer: checkout.Buyer = BEA, **wanted: int) -> Order:
    """Hold and order; a free one is complete, a paid one awaits payment."""
    held = hold(event, **wanted)
    return checkout.place_order(hold_id=held.pk, token=held.token, buyer=buyer)


def pay(order: Order, *, card: str = "pm_card_visa") -> Any:
    """Confirm the order's PaymentIntent at the sandbox, as the buyer's browser would; returns it."""
    intent = checkout.begin_payment(order_id=order.pk)
    account = order.payment.account_id
    return confirm(intent.id, account, card=card)


def confirm(intent_id: str, account_id: str, *, card: str = "pm_card_visa") -> Any:
    client = stripe.StripeClient(settings.STRIPE_SECRET_KEY, base_addresses={"api": settings.STRIPE_API_BASE})
    return client.v1.payment_intents.confirm(
        intent_id,
        params={"payment_method": card, "return_url": "http://localhost/return"},
        options={"stripe_account": account_id} if account_id else {},
    )


MANDATE = {"customer_acceptance": {"type": "online", "online": {"ip_address": "127.0.0.1", "user_agent": "a browser"}}}
DEBIT_SUCCEEDS, DEBIT_FAILS = "DE89370400440532013000", "DE62370400440532013001"


def pay_by_debit(order: Order, *, iban: str = DEBIT_SUCCEEDS) -> Any:
    """Agree to a SEPA debit, as the buyer's browser would; the bank answers when the sandbox's timers are rung."""
    intent = checkout.begin_payment(order_id=order.pk)
    client = stripe.StripeClient(settings.STRIPE_SECRET_KEY, base_addresses={"api": settings.STRIPE_API_BASE})
    method: Any = {
        "type": "sepa_debit",
        "sepa_debit": {"iban": iban},
        "billing_details": {"name": order.name, "email": order.email},
    }
    params: Any = {"payment_method_data": method, "mandate_data": MANDATE, "return_url": "http://localhost/return"}
    return client.v1.payment_intents.confirm(
        intent.id, params=params, options={"stripe_account": order.payment.account_id}
    )


def paid_order(event: Event, *, buyer: checkout.Buyer = BEA, **wanted: int) -> Order:
    """Hold, order, pay, settle."""
    order = place_order(event, buyer=buyer, **wanted)
    if order.total:
        pay(order)
        checkout.settle_payment(order_id=order.pk)
    order.refresh_from_db()
    return order
