"""create_hold, get_hold, release_hold."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from audit.actions import SYSTEM
from checkout.code_desk import create_code
from inventory.models import Hold, Place, StockEntry
from inventory.queries import database_now
from tests import world
from tests.api.caller import Api, basket, given, refused


def places(state: str) -> int:
    return Place.objects.filter(state=state).count()


def test_a_hold_has_every_member_with_its_exact_value(selling: world.House, api: Api) -> None:
    event = world.make_event()
    standard, free = world.kind_of(event, "Standard"), world.kind_of(event, "Guest list")
    body = basket(event, Standard=2, **{"Guest list": 1})

    answer = given(api.post("/holds", body), 201)

    hold = Hold.objects.get()
    assert answer == {
        "id": str(hold.pk),
        "performance_id": body["performance_id"],
        "state": "live",
        "expires_at": answer["expires_at"],
        "seconds_left": answer["seconds_left"],
        "quote": {
            "currency": "EUR",
            "lines": [
                {
                    "ticket_type_id": str(standard.pk),
                    "name": "Standard",
                    "quantity": 2,
                    "price": 2400,
                    "fee": 110,
                    "total": 5020,
                },
                {"ticket_type_id": str(free.pk), "name": "Guest list", "quantity": 1, "price": 0, "fee": 0, "total": 0},
            ],
            "subtotal": 4800,
            "fees": 220,
            "total": 5020,
        },
        "token": hold.token,
    }
    assert datetime.fromisoformat(answer["expires_at"]) - hold.expires_at < timedelta(milliseconds=1)
    assert 595 <= answer["seconds_left"] <= 600
    assert places("held") == 3


def test_reading_a_hold_gives_what_making_it_gave_without_the_token(selling: world.House, api: Api) -> None:
    made = given(api.post("/holds", basket(world.make_event(), Standard=1)), 201)

    read = given(api.get(f"/holds/{made['id']}", token=made["token"]))

    token = made.pop("token")
    assert token not in str(read)
    assert read | {"seconds_left": made["seconds_left"]} == made


def test_the_same_type_twice_is_added_up(selling: world.House, api: Api) -> None:
    body = basket(world.make_event(), Standard=2)
    body["items"] *= 2

    answer = given(api.post("/holds", body), 201)

    assert [line["quantity"] for line in answer["quote"]["lines"]] == [4]
    body["items"] *= 3
    refused(api.post("/holds", body), 422, "limit_exceeded")


def test_an_ended_hold_says_so_and_a_stranger_may_have_its_places(selling: world.House, api: Api) -> None:
    event = world.make_event(kinds=(("Standard", 2400, 1),))
    made = given(api.post("/holds", basket(event, Standard=1)), 201)
    past = database_now() - timedelta(seconds=1)
    Hold.objects.update(expires_at=past)
    Place.objects.filter(state="held").update(held_until=past)

    read = given(api.get(f"/holds/{made['id']}", token=made["token"]))

    assert (read["state"], read["seconds_left"]) == ("expired", 0)
    given(api.post("/holds", basket(event, Standard=1)), 201)


def test_releasing_frees_the_places_at_once_and_twice_is_the_same_as_once(selling: world.House, api: Api) -> None:
    made = given(api.post("/holds", basket(world.make_event(), Standard=3)), 201)
    path = f"/holds/{made['id']}"

    for _ in range(2):
        answer = api.delete(path, token=made["token"])
        assert (answer.status_code, answer.content) == (204, b"")

    assert places("held") == 0
    assert StockEntry.objects.filter(kind="release").count() == 3
    assert given(api.get(path, token=made["token"]))["state"] == "released"


def test_what_is_part_of_an_order_is_not_released(selling: world.House, api: Api) -> None:
    order = world.place_order(world.make_event(), **{"Guest list": 1})

    refused(api.delete(f"/holds/{order.hold_id}", token=order.hold.token), 409, "hold_ended")

    assert given(api.get(f"/holds/{order.hold_id}", token=order.hold.token))["state"] == "ordered"
    assert places("sold") == 1


# --- Refusals -----------------------------------------------------------------------------------------------------------


def test_more_than_there_are_is_refused_and_nothing_is_held(selling: world.House, api: Api) -> None:
    event = world.make_event(kinds=(("Standard", 2400, 3), ("VIP", 9900, 5)))

    problem = refused(api.post("/holds", basket(event, VIP=1, Standard=4)), 409, "sold_out")

    assert problem["available"] == 3
    assert problem["ticket_type_id"] == str(world.kind_of(event, "Standard").pk)
    assert places("held") == 0
    assert not Hold.objects.exists()


def test_more_than_an_order_may_have_is_refused(selling: world.House, api: Api) -> None:
    event = world.make_event(max_per_order=2)

    problem = refused(api.post("/holds", basket(event, Standard=3)), 422, "limit_exceeded")

    assert problem["limit"] == 2


def test_a_type_that_is_not_on_sale_is_refused(selling: world.House, api: Api) -> None:
    event = world.make_event()
    event.ticket_types.update(on_sale_until=database_now() - timedelta(hours=1))

    refused(api.post("/holds", basket(event, Standard=1)), 409, "not_on_sale")


def test_another_events_ticket_type_is_refused(selling: world.House, api: Api) -> None:
    event, other = world.make_event(), world.make_event()
    body = basket(event, Standard=1) | {"items": basket(other, Standard=1)["items"]}

    refused(api.post("/holds", body), 422, "basket_invalid")


def test_a_date_that_is_not_there_is_not_found(selling: world.House, api: Api) -> None:
    draft = world.make_event(is_published=False)

    refused(api.post("/holds", basket(draft, Standard=1)), 404, "not_found")
    refused(api.post("/holds", basket(draft, Standard=1) | {"performance_id": str(uuid4())}), 404, "not_found")


def change(**members: Any) -> Any:
    return lambda body: body | members


def change_item(**members: Any) -> Any:
    return lambda body: body | {"items": [body["items"][0] | members]}


@pytest.mark.parametrize(
    ("bend", "field"),
    [
        (lambda body: {"items": body["items"]}, "body.performance_id"),
        (lambda body: {"performance_id": body["performance_id"]}, "body.items"),
        (change(performance_id="tonight"), "body.performance_id"),
        (change(performance_id="\x00" * 36), "body.performance_id"),
        (change(performance_id=7), "body.performance_id"),
        (change(items=[]), "body.items"),
        (change(items="all"), "body.items"),
        (change(items=[{"ticket_type_id": str(uuid4()), "quantity": 1}] * 21), "body.items"),
        (change(discount=100), "body.discount"),
        (change_item(price=1), "body.items.0.price"),
        (change_item(quantity=0), "body.items.0.quantity"),
        (change_item(quantity=-1), "body.items.0.quantity"),
        (change_item(quantity=51), "body.items.0.quantity"),
        (change_item(quantity=10**300), "body.items.0.quantity"),
        (change_item(quantity=1.5), "body.items.0.quantity"),
        (change_item(quantity="1"), "body.items.0.quantity"),
        (change_item(quantity=True), "body.items.0.quantity"),
        (change_item(quantity=None), "body.items.0.quantity"),
        (change_item(ticket_type_id=None), "body.items.0.ticket_type_id"),
        (lambda body: [body], "body"),
        (lambda body: None, "body"),
        (lambda body: "hold", "body"),
    ],
)
def test_a_body_out_of_bounds_is_refused_by_name(selling: world.House, api: Api, bend: Any, field: str) -> None:
    body = bend(basket(world.make_event(), Standard=1))

    problem = refused(api.post("/holds", body), 422, "invalid_input")

    assert problem["errors"][0]["field"] == field
    assert places("held") == 0


# --- Tokens ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_hold_is_only_for_who_has_its_token(selling: world.House, api: Api, method: str) -> None:
    event = world.make_event()
    mine, other = world.hold(event, Standard=1), world.hold(event, Standard=1)
    path = f"/holds/{mine.pk}"

    no_token = api.raw(method, path)
    assert no_token["WWW-Authenticate"] == "Bearer"
    refused(no_token, 401, "not_authenticated")
    for header in ("Bearer", "Bearer ", "Basic YmVhOmJlYQ==", mine.token, "\x00"):
        refused(api.raw(method, path, authorization=header), 401, "not_authenticated")
    for token in ("wrong", other.token, mine.token.upper(), mine.token + "x", "\xe9", "a b"):
        refused(api.raw(method, path, authorization=f"Bearer {token}"), 404, "hold_not_found")
    refused(api.raw(method, f"/holds/{uuid4()}", authorization=f"Bearer {mine.token}"), 404, "hold_not_found")
    refused(api.raw(method, "/holds/not-an-id", authorization=f"Bearer {mine.token}"), 404, "not_found")

    assert places("held") == 2


def test_a_code_is_priced_into_the_hold_or_refused_with_its_own_word(selling: world.House, api: Api) -> None:
    event = world.make_event()
    fields = {"event_id": event.pk, "effect": "per_order", "value": 500, "least_tickets": 2, "most_uses": 1}
    create_code(typed="FIVER", actor=SYSTEM, **fields)

    assert refused(api.post("/holds", {**basket(event, Standard=1), "code": "fiver"}), 422, "code_not_for_this")
    assert refused(api.post("/holds", {**basket(event, Standard=2), "code": "tenner"}), 422, "code_unknown")
    assert refused(api.post("/holds", {**basket(event, Standard=2), "code": "x" * 161}), 422, "invalid_input")
    assert Hold.objects.count() == 0

    line = given(api.post("/holds", {**basket(event, Standard=2), "code": " Fi-ver "}), 201)["quote"]["lines"][0]
    assert (line["price"], line["quantity"]) == (2150, 2)
    assert line["steps"] == [
        {"kind": "base", "name": "", "amount": 2400},
        {"kind": "code", "name": "FIVER", "amount": -250},
    ]
    assert refused(api.post("/holds", {**basket(event, Standard=2), "code": "FIVER"}), 422, "code_unknown")
    assert places("held") == 3
