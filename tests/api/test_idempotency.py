"""Idempotency-Key at the API: the same key and body, the same answer byte for byte; nothing is ever done twice."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from idempotency.models import IdempotencyKey
from inventory.models import Hold, Place
from orders.models import Order
from outbox.models import OutboxMessage
from tests import world
from tests.api.caller import Api, basket, details, given, refused


def test_the_same_hold_asked_for_again_is_the_same_answer_byte_for_byte(selling: world.House, api: Api) -> None:
    event, key = world.make_event(), uuid4().hex
    body = basket(event, Standard=2, **{"Guest list": 1})

    first = api.post("/holds", body, key=key)
    Hold.objects.update(expires_at=Hold.objects.get().expires_at - timedelta(minutes=3))  # time goes by
    event.ticket_types.update(price=9900)
    answers = [api.post("/holds", body, key=key) for _ in range(3)]

    assert given(first, 201)
    assert {answer.content for answer in answers} == {first.content}
    assert {answer.status_code for answer in answers} == {201}
    assert Hold.objects.count() == 1
    assert Place.objects.filter(state="held").count() == 3


def test_white_space_and_the_order_of_members_do_not_make_another_body(selling: world.House, api: Api) -> None:
    key = uuid4().hex
    body = basket(world.make_event(), Standard=1)
    turned = {name: body[name] for name in reversed(body)}

    first = api.post("/holds", body, key=key)
    second = api.raw("POST", "/holds", json.dumps(turned, indent=4), idempotency_key=key)

    assert first.content == second.content


def test_another_body_under_the_key_is_refused_and_nothing_is_done(selling: world.House, api: Api) -> None:
    event, key = world.make_event(), uuid4().hex
    given(api.post("/holds", basket(event, Standard=1), key=key), 201)

    refused(api.post("/holds", basket(event, Standard=2), key=key), 422, "idempotency_key_reused")

    assert Hold.objects.count() == 1
    assert Place.objects.filter(state="held").count() == 1


def test_sold_out_stays_the_answer_of_its_key(selling: world.House, api: Api) -> None:
    event = world.make_event(kinds=(("Standard", 2400, 1),))
    rival = world.hold(event, Standard=1)
    body, key = basket(event, Standard=1), uuid4().hex

    first = api.post("/holds", body, key=key)
    refused(first, 409, "sold_out")
    assert api.delete(f"/holds/{rival.pk}", token=rival.token).status_code == 204
    again = api.post("/holds", body, key=key)

    assert first.content == again.content
    refused(api.post("/holds", basket(event, Standard=2), key=key), 422, "idempotency_key_reused")
    given(api.post("/holds", body), 201)


def test_an_invalid_body_does_not_use_the_key_up(selling: world.House, api: Api) -> None:
    body, key = basket(world.make_event(), Standard=1), uuid4().hex

    refused(api.post("/holds", {**body, "extra": 1}, key=key), 422, "invalid_input")

    given(api.post("/holds", body, key=key), 201)


@pytest.mark.parametrize("path", ["/holds", "/orders"])
def test_holds_and_orders_need_a_key(selling: world.House, api: Api, path: str) -> None:
    held = world.hold(world.make_event(), **{"Guest list": 1})
    body: Any = basket(world.make_event(), Standard=1) if path == "/holds" else details(held.pk)

    refused(api.post(path, body, token=held.token, key=""), 400, "idempotency_key_required")
    for key in ("", " ", "k" * 256):
        headers = {"idempotency_key": key, "authorization": f"Bearer {held.token}"}
        refused(api.raw("POST", path, json.dumps(body), **headers), 400, "idempotency_key_invalid")

    assert Hold.objects.count() == 1
    assert not Order.objects.exists()


@pytest.mark.parametrize("key", ["1", "k" * 255, "clé-é", '"quoted"', "a b", "%00", "0e1"])
def test_any_other_text_is_a_key(selling: world.House, api: Api, key: str) -> None:
    body = basket(world.make_event(), Standard=1)

    assert api.post("/holds", body, key=key).content == api.post("/holds", body, key=key).content
    assert Hold.objects.count() == 1


def test_the_same_order_asked_for_again_is_the_same_answer_byte_for_byte(selling: world.House, api: Api) -> None:
    held, key = world.hold(world.make_event(), **{"Guest list": 2}), uuid4().hex

    first = api.post("/orders", details(held.pk), token=held.token, key=key)
    waiting = OutboxMessage.objects.count()
    Order.objects.update(name="Renamed Since")
    again = api.post("/orders", details(held.pk), token=held.token, key=key)

    assert given(first, 201)
    assert (again.status_code, again.content) == (201, first.content)
    assert Order.objects.count() == 1
    assert OutboxMessage.objects.count() == waiting


def test_a_paid_order_asked_for_again_asks_for_no_second_payment(paying: world.House, api: Api) -> None:
    held, key = world.hold(world.make_event(), Standard=1), uuid4().hex

    first = api.post("/orders", details(held.pk), token=held.token, key=key)
    again = api.post("/orders", details(held.pk), token=held.token, key=key)
    other_key = api.post("/orders", details(held.pk), token=held.token)

    assert given(first, 201)["payment"]["client_secret"]
    assert first.content == again.content
    assert given(other_key, 201) == given(first, 201)


def test_other_details_under_the_key_of_an_order_are_refused(selling: world.House, api: Api) -> None:
    held, key = world.hold(world.make_event(), **{"Guest list": 1}), uuid4().hex
    given(api.post("/orders", details(held.pk), token=held.token, key=key), 201)

    answer = api.post("/orders", details(held.pk, name="Someone Else"), token=held.token, key=key)

    refused(answer, 422, "idempotency_key_reused")
    assert Order.objects.get().name == "Bea Buyer"


def test_details_that_need_a_change_do_not_use_the_key_up(selling: world.House, api: Api) -> None:
    held, key = world.hold(world.make_event(), **{"Guest list": 1}), uuid4().hex
    body = details(held.pk, consents=[])

    first = api.post("/orders", body, token=held.token, key=key)
    again = api.post("/orders", body, token=held.token, key=key)

    refused(first, 422, "consent_required")
    assert first.content == again.content
    given(api.post("/orders", details(held.pk), token=held.token, key=key), 201)


def test_a_stored_answer_is_only_for_who_has_the_token(selling: world.House, api: Api) -> None:
    held, key = world.hold(world.make_event(), **{"Guest list": 1}), uuid4().hex
    made = given(api.post("/orders", details(held.pk), token=held.token, key=key), 201)

    for token in ("wrong", made["token"]):
        answer = api.post("/orders", details(held.pk), token=token, key=key)
        refused(answer, 404, "hold_not_found")
        assert made["token"].encode() not in answer.content


def test_a_wrong_token_does_not_use_the_key_up(selling: world.House, api: Api) -> None:
    held, key = world.hold(world.make_event(), **{"Guest list": 1}), uuid4().hex

    refused(api.post("/orders", details(held.pk, name="Mallory"), token="wrong", key=key), 404, "hold_not_found")

    assert not IdempotencyKey.objects.exists()
    given(api.post("/orders", details(held.pk), token=held.token, key=key), 201)


def test_two_organizers_may_use_the_same_key(selling: world.House, southside: world.House, api: Api) -> None:
    body, key = basket(world.make_event(), **{"Guest list": 1}), uuid4().hex
    made = given(api.post("/holds", body, key=key), 201)

    answer = Api(southside.host).post("/holds", body, key=key)

    refused(answer, 404, "not_found")
    assert made["token"].encode() not in answer.content
