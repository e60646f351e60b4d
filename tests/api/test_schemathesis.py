"""Schemathesis against the OpenAPI document: no answer of 5xx and no breach of what the document promises.

A share of the calls that fit the document carry tokens and ids of holds, orders and devices that are really there, so that
they get past the first check. SCHEMATHESIS_EXAMPLES says how many calls each operation gets, 15 when not set:

    SCHEMATHESIS_EXAMPLES=2000 pytest tests/api/test_schemathesis.py
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
import stripe
from django.conf import settings as dj
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from audit.actions import SYSTEM
from checkout.code_desk import create_code
from config.wsgi import application
from payments.queries import connected_account
from payments.saved_cards import payer_of
from people.keys import create_api_key
from people.models import BuyerSession
from people.sign_in import sign_in_by_link
from seating.actions import create_seat_map
from seating.formats import WRITERS
from seating.plan import compile_plan, preset
from tests import world
from tests.api.test_openapi import document, operations
from tests.scanning.door import phone_at
from tests.staff import forget_limits
from tests.tickets.sales import open_event, sell

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "15"))
NAMES = sorted(operations())
# A wrong token gets the same 404 as a thing that is not there. What fits the document may still break a rule (422): more
# tickets than an order may have, or a key that another body used.
NOT_PROMISED = [ignored_auth, positive_data_acceptance]


@dataclass
class Known:
    """What is really there, for calls that should get far."""

    performance: str
    seated: str  # a performance with a seat map
    ticket_types: list[str]
    slugs: list[str]
    holds: list[tuple[str, str]]  # id, token
    orders: list[tuple[str, str]]  # number, token
    device: str
    codes: list[str]
    promo_codes: list[str]
    api_key: str
    venue: str
    seat_map: str
    sessions: list[str]  # tokens of a signed-in buyer
    sign_ins: list[tuple[str, str]]  # id, code
    cards: list[str]
    promo_code: str


@pytest.fixture
def known(paying: world.House) -> Known:
    """A published event with plenty of places, live, ended and ordered holds, orders in several states, and a device."""
    event = world.make_event(kinds=((world.STANDARD, 2400, 400), (world.FREE, 0, 400)), max_per_order=50)
    free = [world.hold(event, **{world.FREE: 1}) for _ in range(12)]
    paid = [world.hold(event, **{world.STANDARD: 1}) for _ in range(6)]
    orders = [world.place_order(event, **{world.FREE: 2}), world.place_order(event, **{world.STANDARD: 1})]
    orders.append(world.paid_order(event, **{world.STANDARD: 2}))
    tonight = open_event()
    tickets = sell(tonight, tickets=8)
    cabaret = compile_plan(preset("cabaret")).document
    seat_map = create_seat_map(venue=event.venue, document=cabaret, actor=SYSTEM)
    return Known(
        performance=str(world.the_performance(event).pk),
        seated=str(world.the_performance(world.make_seated_event()).pk),
        ticket_types=[str(kind.pk) for kind in event.ticket_types.all()],
        slugs=[event.slug, tonight.slug],
        holds=[(str(hold.pk), hold.token) for hold in [*free, *paid, *(order.hold for order in orders)]],
        orders=[(order.number, order.token) for order in orders],
        device=phone_at(paying, tonight).token,
        codes=[ticket.code for ticket in tickets] + [ticket.short_code for ticket in tickets],
        promo_codes=[
            str(create_code(typed=f"SPRING{number}", actor=SYSTEM, currency="EUR", effect="percent", value=1000).pk)
            for number in range(3)
        ],
        api_key=create_api_key(name="Program", actor=SYSTEM)[1],
        venue=str(event.venue.pk),
        seat_map=str(seat_map.pk),
        promo_code=str(create_code(typed="KNOWN", effect="percent", value=500, currency="EUR", actor=SYSTEM).pk),
        **_buyer(paying),
    )


def _buyer(house: world.House) -> dict[str, Any]:
    """Bea is signed in, more than once, has mails with codes that wait, and saved cards."""
    asked = [world.ask_to_sign_in(house, world.BEA.email) for _ in range(20)]
    begun = [
        sign_in_by_link(sign_in_id=one.pk, token=link, host=house.host, kind=BuyerSession.Kind.PROGRAM)
        for one, link in asked[:10]
    ]
    bea, account = begun[0].session.customer, connected_account()
    assert account is not None
    payer = payer_of(customer=bea, account_id=account.account_id)
    provider = stripe.StripeClient(dj.STRIPE_SECRET_KEY, base_addresses={"api": dj.STRIPE_API_BASE})
    cards = [
        provider.v1.payment_methods.attach(
            "pm_card_visa", params={"customer": payer.provider_id}, options={"stripe_account": account.account_id}
        ).id
        for _ in range(6)
    ]
    return {
        "sessions": [one.token for one in begun],
        "sign_ins": [(str(one.pk), world.mailed_code(one)) for one, _link in asked[10:]],
        "cards": cards,
    }


@pytest.fixture(autouse=True)
def _same_connection() -> Iterator[None]:
    """A server gives its connection back after each call; here the test's transaction goes on, as in Django's client."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def with_known(case: Case, known: Known, draw: Any) -> dict[str, str]:
    """Put ids that exist into a call that fits the document; the headers to send with it."""
    hold_id, token = draw(st.sampled_from(known.holds))
    path, body = case.path_parameters, case.body
    if "slug" in path:
        path["slug"] = draw(st.sampled_from(known.slugs))
    if "performance_id" in path:
        path["performance_id"] = known.seated if case.operation.path.endswith("seats") else known.performance
    if "hold_id" in path:
        path["hold_id"] = hold_id
    if "code_id" in path:
        path["code_id"] = draw(st.sampled_from(known.promo_codes))
    if "card_id" in path:
        path["card_id"] = draw(st.sampled_from(known.cards))
    if "sign_in_id" in path:
        path["sign_in_id"], body["code"] = draw(st.sampled_from(known.sign_ins))
        return {}
    if isinstance(body, dict) and "email" in body:
        body["email"] = f"{draw(st.integers(1, 99))}@example.com"
    if case.headers:
        case.headers.pop("Buyer-Token", None)
    if "code_id" in path:
        path["code_id"] = known.promo_code
    if isinstance(body, dict) and "effect" in body and draw(st.booleans()):  # most terms do not go together
        plain = {"effect": "percent", "value": draw(st.integers(1, 10_000))}
        if case.operation.path.endswith("/batches"):
            plain |= {"name": "Many", "number": draw(st.integers(1, 3))}
        elif not path:
            plain |= {"code": f"SPRING-{draw(st.integers(0, 10**9))}"}
        case.body = plain
        return {"Authorization": f"Bearer {known.api_key}"}
    if "seat_map_id" in path:
        path["seat_map_id"] = known.seat_map
        if "format" in path:
            path["format"] = draw(st.sampled_from([*WRITERS, "csv"]))
            case.query.pop("version", None)
    if case.operation.path.endswith("/imports"):
        case.body = json.dumps(preset("cabaret")).encode()
        case.query = {"dry_run": draw(st.sampled_from(["true", "false"])), "venue_id": known.venue}
    if case.operation.path.endswith("/best-seats"):
        case.body = {"quantity": draw(st.integers(1, 3)), "hold": draw(st.booleans())}
    if "number" in path:
        path["number"], token = draw(st.sampled_from(known.orders))
    if isinstance(body, dict):
        if "performance_id" in body:
            body["performance_id"] = known.performance
            for item in body["items"]:
                item["ticket_type_id"] = draw(st.sampled_from(known.ticket_types))
                item["quantity"] = draw(st.sampled_from([1, item["quantity"]]))  # most are more than one may have
            if draw(st.booleans()):  # one plain ticket, without what only some may choose
                body["items"] = [{"ticket_type_id": draw(st.sampled_from(known.ticket_types)), "quantity": 1}]
                for name in ("code", "map", "access"):
                    body.pop(name, None)
        if "hold_id" in body:
            body["hold_id"] = hold_id
            if draw(st.booleans()):
                body["buyer"] = {"name": "Bea Buyer", "email": "bea@example.com", "consents": ["terms"]}
        if "plan" in body:
            body |= {"plan": preset("cabaret"), "venue_id": known.venue}
        if "effect" in body or case.operation.path.startswith("/api/v1/codes"):
            plain_terms(case, draw)
        elif "code" in body and "items" not in body:
            body["code"] = draw(st.sampled_from(known.codes))
    security = str(case.operation.definition.raw.get("security"))
    kinds = {"DeviceToken": known.device, "StaffAccess": known.api_key}
    ends = case.operation.path.endswith("/session")  # and the others still need one
    kinds["SessionToken"] = draw(st.sampled_from(known.sessions[5:] if ends else known.sessions[:5]))
    token = next((one for kind, one in kinds.items() if kind in security), token)
    return {"Authorization": f"Bearer {token}"}


def plain_terms(case: Case, draw: Any) -> None:
    """Mostly a tenth off, for every event: of what the document lets one say of a code, hardly any two things go together."""
    if draw(st.integers(0, 3)):
        mine = {"code": f"OWN-{uuid4().hex[:12]}"} if case.operation.path.endswith("/codes") else {}
        kept = {name: case.body[name] for name in ("name", "number", "is_stopped") if name in case.body}
        terms = {} if case.operation.path.endswith("/stop") else {"effect": "percent", "value": 1000}
        case.body = {**kept, **terms, **mine}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as told", "as not told"])
def test_no_fault_and_no_broken_promise(known: Known, mode: GenerationMode, subtests: pytest.Subtests) -> None:
    for name in NAMES:
        with subtests.test(name):
            forget_limits()  # other tests have asked in this minute, too
            call_many_times(known, name, mode)
    connection.set_schema_to_public()


def call_many_times(known: Known, name: str, mode: GenerationMode) -> None:
    """Call one operation in many ways, and judge each answer by the document."""
    schema = schemathesis.openapi.from_dict(document())
    schema.app = application
    schema.config.generation.update(with_security_parameters=False)  # tokens are ours to give
    operation = schema.find_operation_by_id(name)
    about = operation.definition.raw
    if mode is GenerationMode.NEGATIVE and not (about.get("parameters") or about.get("requestBody")):
        return  # nothing is sent that could be wrong
    reached: set[int] = set()

    @settings(
        max_examples=EXAMPLES,
        derandomize="SCHEMATHESIS_EXAMPLES" not in os.environ,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def calls(case: Case, data: st.DataObject) -> None:
        headers = {}
        if mode is GenerationMode.POSITIVE and data.draw(st.integers(0, 3)):
            headers = with_known(case, known, data.draw)
            if case.headers and "Idempotency-Key" in case.headers:
                case.headers["Idempotency-Key"] = data.draw(st.sampled_from(["again", uuid4().hex]))
        elif "security" in about:
            headers = {"Authorization": f"Bearer {known.device}"}
        answer = case.call_and_validate(
            base_url="http://northside.localhost", headers=headers, excluded_checks=NOT_PROMISED
        )
        reached.add(answer.status_code)

    try:
        calls()
    except Unsatisfiable:  # in a path hardly anything can be wrong that still reaches the operation
        assert mode is GenerationMode.NEGATIVE
        assert "{" in operation.path
    if mode is GenerationMode.POSITIVE:
        assert reached & {200, 201, 202, 204}, f"only refusals: {reached}"
