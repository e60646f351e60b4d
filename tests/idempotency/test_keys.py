"""The key itself: a row that is made once, waited for, found again, and forgotten in time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from checkout import actions as checkout
from checkout.holding import asked_by
from idempotency.actions import KEPT_FOR, fingerprint_of, forget_old_keys, open_key, remember_answer
from idempotency.errors import KeyInvalid, KeyReused
from idempotency.models import IdempotencyKey
from inventory.models import Hold
from tests import world
from tests.api.caller import Api, basket, details, refused

BODY: dict[str, Any] = {"a": 1, "b": [1, 2]}


def test_a_new_key_has_no_answer_and_an_answered_one_has_it(northside: world.House) -> None:
    row = open_key(scope="s", key="k", body=BODY)
    assert row.status == 0

    remember_answer(row=row, status=201, body={"x": 1})

    found = open_key(scope="s", key="k", body=BODY)
    assert (found.pk, found.status, found.body) == (row.pk, 201, {"x": 1})


def test_the_first_answer_counts(northside: world.House) -> None:
    row = open_key(scope="s", key="k", body=BODY)

    assert remember_answer(row=row, status=201, body={"x": 1}) == (201, {"x": 1})
    assert remember_answer(row=row, status=409, body={"x": 2}) == (201, {"x": 1})


def test_another_body_is_refused_another_scope_is_another_key(northside: world.House) -> None:
    row = open_key(scope="s", key="k", body=BODY)

    with pytest.raises(KeyReused):
        open_key(scope="s", key="k", body={**BODY, "a": 2})
    assert open_key(scope="t", key="k", body={**BODY, "a": 2}).pk != row.pk


@pytest.mark.parametrize("key", ["", "  ", "\t", "k" * 256, "a\x00b"])
def test_what_is_no_key_is_refused(northside: world.House, key: str) -> None:
    with pytest.raises(KeyInvalid):
        open_key(scope="s", key=key, body=BODY)


def test_a_key_is_opened_inside_the_transaction_of_what_it_protects(committing: world.House) -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        open_key(scope="s", key="k", body=BODY)


def test_what_is_rolled_back_leaves_the_key_free(committing: world.House) -> None:
    key = uuid4().hex

    with pytest.raises(ZeroDivisionError):
        _fail_after_opening(key)

    assert not IdempotencyKey.objects.filter(key=key).exists()


@transaction.atomic
def _fail_after_opening(key: str) -> None:
    open_key(scope="s", key=key, body=BODY)
    raise ZeroDivisionError


def test_a_fingerprint_tells_values_apart_and_not_their_order() -> None:
    assert fingerprint_of({"a": 1, "b": 2}) == fingerprint_of({"b": 2, "a": 1})
    different = [{}, [], None, "", 0, False, {"a": 1}, {"a": "1"}, {"a": [1]}, [1, 2], [2, 1], "12", 12]
    assert len({fingerprint_of(value) for value in different}) == len(different)


def test_old_keys_are_forgotten_and_young_ones_are_not(northside: world.House) -> None:
    for key, age in (("old", KEPT_FOR + timedelta(minutes=1)), ("young", KEPT_FOR - timedelta(minutes=1))):
        row = open_key(scope="s", key=key, body=BODY)
        IdempotencyKey.objects.filter(pk=row.pk).update(created_at=timezone.now() - age)

    assert forget_old_keys() == 1
    assert [row.key for row in IdempotencyKey.objects.all()] == ["young"]


def _at_once(house: world.House, calls: list[Any]) -> list[Any]:
    """Make the calls in as many threads, each with its own connection."""

    def run(call: Any) -> Any:
        try:
            with tenant_context(house.organizer):
                return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def test_eight_at_once_with_one_key_make_one_hold_and_get_one_answer(committing: world.House) -> None:
    event = world.make_event(kinds=((world.FREE, 0, 50),))
    body, key = basket(event, **{world.FREE: 2}), uuid4().hex

    answers = _at_once(committing, [lambda: Api(committing.host).post("/holds", body, key=key)] * 8)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Hold.objects.filter(performance=world.the_performance(event)).count() == 1


def test_eight_at_once_with_one_key_make_one_order(committing: world.House) -> None:
    held = world.hold(world.make_event(kinds=((world.FREE, 0, 50),)), **{world.FREE: 2})
    key = uuid4().hex

    answers = _at_once(
        committing,
        [lambda: Api(committing.host).post("/orders", details(held.pk), token=held.token, key=key)] * 8,
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


def test_two_bodies_at_once_under_one_key_one_of_them_is_refused(committing: world.House) -> None:
    event = world.make_event(kinds=((world.FREE, 0, 50),))
    key = uuid4().hex
    bodies = [basket(event, **{world.FREE: quantity}) for quantity in (1, 2)]

    answers = _at_once(
        committing,
        [lambda body=body: Api(committing.host).post("/holds", body, key=key) for body in bodies],
    )

    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert Hold.objects.filter(performance=world.the_performance(event)).count() == 1


def test_who_waits_too_long_for_the_same_key_is_told_to_ask_again_and_then_gets_the_answer(
    committing: world.House,
) -> None:
    event = world.make_event(kinds=((world.FREE, 0, 50),))
    body, key = basket(event, **{world.FREE: 2}), uuid4().hex
    is_held, may_go = Event(), Event()

    def slow() -> None:
        asked = asked_by(key=key, fingerprint=fingerprint_of(body), network="")
        wanted = {world.kind_of(event, world.FREE).pk: 2}
        with transaction.atomic():
            checkout.place_hold(performance_id=world.the_performance(event).pk, basket=wanted, asked=asked)
            is_held.set()
            may_go.wait(20)

    def impatient() -> Any:
        is_held.wait(20)
        try:
            return Api(committing.host).post("/holds", body, key=key)  # waits until its lock_timeout
        finally:
            may_go.set()

    _done, busy = _at_once(committing, [slow, impatient])

    problem = refused(busy, 503, "overloaded")
    assert busy["Retry-After"] == "1"
    assert "lock" not in problem["detail"]
    assert Api(committing.host).post("/holds", body, key=key).status_code == 201
    assert Hold.objects.filter(performance=world.the_performance(event)).count() == 1
