"""create_order, get_order, list_order_tickets."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.refunds import GivingBack, give_back
from events.refund_policies import set_refund_policy
from events.refund_rules import RefundRules, Tier
from inventory.models import Hold, Place
from orders.models import Order
from payments.actions import keep_account_facts
from payments.gateway import AccountFacts
from payments.models import Payment
from people.models import Consent
from tests import world
from tests.api.caller import Api, basket, details, given, refused
from tests.processes import Sandbox
from tickets.models import Ticket

BASE = f"http://northside.{settings.PLATFORM_HOST}{settings.PLATFORM_PORT}"


def held(api: Api, **wanted: int) -> dict[str, Any]:
    """A hold made through the API."""
    return given(api.post("/holds", basket(world.make_event(), **wanted)), 201)


def test_a_free_order_is_complete_at_once(selling: world.House, api: Api) -> None:
    hold = held(api, **{"Guest list": 2})

    answer = given(api.post("/orders", details(hold["id"]), token=hold["token"]), 201)

    order = Order.objects.get()
    ticket_type = order.event.ticket_types.get(name="Guest list")
    assert answer == {
        "number": order.number,
        "state": "paid",
        "cancel_reason": "",
        "event_id": str(order.event_id),
        "performance_id": str(order.performance_id),
        "name": "Bea Buyer",
        "email": "bea@example.com",
        "currency": "EUR",
        "total": 0,
        "refunded": 0,
        "refund_terms": [],
        "is_test": False,
        "positions": [
            {
                "index": index,
                "ticket_type_id": str(ticket_type.pk),
                "ticket_type_name": "Guest list",
                "price": 0,
                "steps": None,
                "state": "sold",
                "seat": None,
            }
            for index in (1, 2)
        ],
        "fees": [],
        "taxes": [],
        "created_at": answer["created_at"],
        "expires_at": answer["expires_at"],
        "url": f"{BASE}/orders/{order.number}/{order.token}/",
        "token": order.token,
        "payment": None,
    }
    assert Ticket.objects.filter(state="valid").count() == 2


def test_a_paid_order_comes_with_what_the_browser_needs_to_pay(paying: world.House, api: Api) -> None:
    hold = held(api, Standard=2, **{"Guest list": 1})

    answer = given(api.post("/orders", details(hold["id"]), token=hold["token"]), 201)

    payment = Payment.objects.get()
    assert answer["state"] == "pending"
    assert answer["total"] == 5020
    assert [(p["index"], p["ticket_type_name"], p["price"], p["state"]) for p in answer["positions"]] == [
        (1, "Standard", 2400, "ordered"),
        (2, "Standard", 2400, "ordered"),
        (3, "Guest list", 0, "ordered"),
    ]
    assert answer["fees"] == [{"kind": "service", "name": "", "amount": 220}]
    secret = answer["payment"].pop("client_secret")
    assert secret.startswith(f"{payment.intent_id}_secret_")
    assert answer["payment"] == {
        "publishable_key": "pk_test_marquee",
        "account": payment.account_id,
        "on_behalf_of": "",
        "amount": 5020,
        "currency": "EUR",
        "capture_method": "manual",
        "saves_card": False,
        "customer_session": "",
    }
    assert (payment.amount, payment.application_fee) == (5020, 220)


def test_the_order_follows_its_payment(paying: world.House, api: Api) -> None:
    hold = held(api, Standard=1)
    made = given(api.post("/orders", details(hold["id"]), token=hold["token"]), 201)
    path, token = f"/orders/{made['number']}", made["token"]
    assert given(api.get(path, token=token)) == {k: v for k, v in made.items() if k not in ("token", "payment")}
    assert given(api.get(f"{path}/tickets", token=token)) == {"items": [], "pdf_url": None}

    order = Order.objects.get()
    world.pay(order)
    checkout.settle_payment(order_id=order.pk)

    ticket = Ticket.objects.get()
    assert given(api.get(path, token=token))["state"] == "paid"
    assert given(api.get(f"{path}/tickets", token=token)) == {
        "items": [
            {
                "id": str(ticket.pk),
                "position_index": 1,
                "ticket_type_name": "Standard",
                "seat": None,
                "code": ticket.code,
                "short_code": ticket.short_code,
                "state": "valid",
            }
        ],
        "pdf_url": f"{BASE}/orders/{order.number}/{order.token}/tickets.pdf",
    }

    checkout.refund_order(order_id=order.pk, actor=checkout.SYSTEM)

    closed = given(api.get(path, token=token))
    assert (closed["state"], closed["cancel_reason"], closed["refunded"]) == ("refunded", "", 2510)
    assert given(api.get(f"{path}/tickets", token=token)) == {"items": [], "pdf_url": None}


def test_an_order_cancelled_without_money_is_cancelled_and_keeps_its_terms(paying: world.House, api: Api) -> None:
    event = world.make_event(starts_at=datetime(2031, 3, 8, 19, tzinfo=UTC))
    set_refund_policy(event_id=event.pk, rules=RefundRules((Tier(48, 50),)), actor=SYSTEM)
    order = world.paid_order(event, Standard=2)
    asked = GivingBack(positions=frozenset(one.pk for one in order.positions.all()), cancels=True, amount=0)
    give_back(order_id=order.pk, asked=asked, actor=SYSTEM)

    told = given(api.get(f"/orders/{order.number}", token=order.token))

    assert (told["state"], told["cancel_reason"], told["refunded"]) == ("cancelled", "tickets_cancelled", 0)
    lines = [{"until": "2031-03-06T19:00:00Z", "percent": 50}, {"until": None, "percent": 0}]
    assert told["refund_terms"] == [{"ticket_types": ["Standard"], "lines": lines, "kept_fee": 0}]


def test_names_are_trimmed_and_consents_kept(selling: world.House, api: Api) -> None:
    hold = held(api, **{"Guest list": 1})
    body = details(hold["id"], name="  Zoë 東京 O'Neil ", email=" Bea+1@Example.com ", consents=["terms", "news"])

    answer = given(api.post("/orders", body, token=hold["token"]), 201)

    assert (answer["name"], answer["email"]) == ("Zoë 東京 O'Neil", "Bea+1@Example.com")
    assert sorted(Consent.objects.filter(is_given=True).values_list("kind", flat=True)) == ["news", "terms"]


def test_the_number_may_be_typed_in_small_letters(selling: world.House, api: Api) -> None:
    order = world.place_order(world.make_event(), **{"Guest list": 1})

    assert given(api.get(f"/orders/{order.number.lower()}", token=order.token))["number"] == order.number


def test_another_key_for_the_same_hold_finds_the_same_order(selling: world.House, api: Api) -> None:
    hold = held(api, **{"Guest list": 1})

    answers = [given(api.post("/orders", details(hold["id"]), token=hold["token"]), 201) for _ in range(3)]

    assert Order.objects.count() == 1
    assert answers[0] == answers[1] == answers[2]


# --- Refusals ---------------------------------------------------------------------------------------------------------------


def test_an_ended_hold_is_refused_and_nothing_is_ordered(selling: world.House, api: Api) -> None:
    hold = held(api, **{"Guest list": 1})
    given_back = api.delete(f"/holds/{hold['id']}", token=hold["token"])
    assert given_back.status_code == 204

    refused(api.post("/orders", details(hold["id"]), token=hold["token"]), 409, "hold_ended")

    assert not Order.objects.exists()


def test_without_a_connected_account_nothing_paid_is_ordered(selling: world.House, api: Api) -> None:
    hold = held(api, Standard=1)
    facts = AccountFacts(
        id="acct_selling", charges_enabled=False, payouts_enabled=False, requirements=(), disabled_reason=""
    )
    keep_account_facts(organizer=selling.organizer, facts=facts, actor=checkout.SYSTEM)

    refused(api.post("/orders", details(hold["id"]), token=hold["token"]), 409, "payments_not_connected")

    assert not Order.objects.exists()
    assert Hold.objects.get().state == "live"


def test_when_the_provider_is_away_the_order_waits_and_the_same_key_finishes_it(
    paying: world.House, api: Api, settings: Any, stripe_sandbox: Sandbox
) -> None:
    hold = held(api, Standard=1)
    body, key = details(hold["id"]), uuid4().hex
    there = settings.STRIPE_API_BASE
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    checkout.gateway.client.cache_clear()

    answer = api.post("/orders", body, token=hold["token"], key=key)

    refused(answer, 503, "payment_provider_unavailable")
    assert answer["Retry-After"] == "1"

    settings.STRIPE_API_BASE = there
    checkout.gateway.client.cache_clear()
    finished = given(api.post("/orders", body, token=hold["token"], key=key), 201)
    assert finished["payment"]["client_secret"]
    assert given(api.post("/orders", body, token=hold["token"], key=key), 201) == finished
    assert Order.objects.count() == 1
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"name": ""}, "invalid_input", "body.buyer.name"),
        ({"name": "   "}, "invalid_input", "body.buyer.name"),
        ({"name": "x" * 121}, "invalid_input", "body.buyer.name"),
        ({"name": "Bea\x00"}, "invalid_input", "body.buyer.name"),
        ({"name": 7}, "invalid_input", "body.buyer.name"),
        ({"name": "Bea\nBcc: all@example.com"}, "buyer_invalid", "name"),
        ({"name": "Bea \u202e"}, "buyer_invalid", "name"),
        ({"email": "bea"}, "buyer_invalid", "email"),
        ({"email": "bea@"}, "buyer_invalid", "email"),
        ({"email": "bea@example.com\nBcc: all@example.com"}, "buyer_invalid", "email"),
        ({"email": "b" * 250 + "@example.com"}, "invalid_input", "body.buyer.email"),
        ({"email": None}, "invalid_input", "body.buyer.email"),
        ({"consents": []}, "consent_required", "consents"),
        ({"consents": ["news"]}, "consent_required", "consents"),
        ({"consents": ["everything"]}, "invalid_input", "body.buyer.consents.0"),
        ({"consents": ["terms"] * 4}, "invalid_input", "body.buyer.consents"),
        ({"is_vip": True}, "invalid_input", "body.buyer.is_vip"),
    ],
)
def test_details_that_need_a_change_are_refused_by_name_and_the_hold_stays(
    selling: world.House, api: Api, changed: dict[str, Any], code: str, field: str
) -> None:
    hold = held(api, **{"Guest list": 1})

    problem = refused(api.post("/orders", details(hold["id"], **changed), token=hold["token"]), 422, code)

    assert problem.get("field") == field or problem["errors"][0]["field"] == field
    assert Hold.objects.get().state == "live"
    assert not Order.objects.exists()
    given(api.post("/orders", details(hold["id"]), token=hold["token"]), 201)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.hold_id"),
        ({"hold_id": "mine", "buyer": {}}, "body.hold_id"),
        ({"hold_id": str(uuid4())}, "body.buyer"),
        ({"hold_id": str(uuid4()), "buyer": "Bea"}, "body.buyer"),
        ({"hold_id": str(uuid4()), "buyer": {"name": "Bea", "email": "b@example.com"}, "total": 1}, "body.total"),
        ([], "body"),
    ],
)
def test_a_body_out_of_bounds_is_refused_by_name(northside: world.House, api: Api, body: Any, field: str) -> None:
    problem = refused(api.post("/orders", body, token="any"), 422, "invalid_input")

    assert problem["errors"][0]["field"] == field


# --- Tokens ---------------------------------------------------------------------------------------------------------------------


def test_a_hold_is_ordered_only_by_who_has_its_token(selling: world.House, api: Api) -> None:
    event = world.make_event()
    mine, other = world.hold(event, **{"Guest list": 1}), world.hold(event, **{"Guest list": 1})

    refused(api.post("/orders", details(mine.pk)), 401, "not_authenticated")
    for token in ("wrong", other.token):
        refused(api.post("/orders", details(mine.pk), token=token), 404, "hold_not_found")
    refused(api.post("/orders", details(uuid4()), token=mine.token), 404, "hold_not_found")

    assert not Order.objects.exists()
    assert Place.objects.filter(state="held").count() == 2


@pytest.mark.parametrize("tail", ["", "/tickets"])
def test_an_order_is_only_for_who_has_its_token(selling: world.House, api: Api, tail: str) -> None:
    event = world.make_event()
    mine, other = (world.place_order(event, **{"Guest list": 1}) for _ in range(2))
    path = f"/orders/{mine.number}{tail}"

    refused(api.get(path), 401, "not_authenticated")
    for token in ("wrong", other.token, mine.hold.token, mine.token.swapcase(), "\xff"):
        refused(api.get(path, token=token), 404, "order_not_found")
    refused(api.get(f"/orders/NOSUCHNO{tail}", token=mine.token), 404, "order_not_found")
    refused(api.get(f"/orders/%00{tail}", token=mine.token), 404, "not_found")
    refused(api.get(f"/orders/{'A' * 21}{tail}", token=mine.token), 422, "invalid_input")
