"""What is no proper call of an operation is refused clearly, by problem document, and never breaks anything."""

import json
from uuid import uuid4

import pytest
from django.db import OperationalError

from inventory.models import Hold, Place
from tests import world
from tests.api.caller import PROBLEM, Api, basket, refused

POSTS = ["/holds", "/orders", "/scans"]


@pytest.mark.parametrize(
    "path",
    ["/", "/events/", "/nothing", "/holds/", "/orders/A/B/C", "/../x", "/holds/%00", "/events/%00", "/%E2%80%AE"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_address_without_an_operation_is_not_found(northside: world.House, api: Api, method: str, path: str) -> None:
    refused(api.raw(method, path), 404, "not_found")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/events", "GET"),
        ("/events/x", "GET"),
        ("/holds", "POST"),
        (f"/holds/{uuid4()}", "DELETE, GET"),
        ("/orders", "POST"),
        ("/orders/A", "GET"),
        ("/orders/A/tickets", "GET"),
        ("/scans", "GET, POST"),
        ("/door", "GET"),
    ],
)
def test_a_method_without_an_operation_is_refused_with_those_that_have_one(
    northside: world.House, api: Api, path: str, allowed: str
) -> None:
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} - set(allowed.split(", ")):
        answer = api.raw(method, path)
        refused(answer, 405, "method_not_allowed")
        assert ", ".join(sorted(answer["Allow"].split(", "))) == allowed


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'a': 1}",
        b"\xff\xfe\xff",
        b'{"performance_id": NaN}',
        b'{"performance_id": Infinity}',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"1" * 6_000,
        b'{"a": 1} trailing',
        b"\x00",
        b" ",
    ],
    ids=lambda body: repr(body[:24]),
)
@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_no_json_is_refused(selling: world.House, api: Api, path: str, body: bytes) -> None:
    token = {"/scans": _device(selling)}.get(path, "any")

    refused(
        api.raw("POST", path, body, idempotency_key="k", authorization=f"Bearer {token}"),
        400,
        "malformed_body",
    )


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
        "",
        "application/jsonx",
    ],
)
@pytest.mark.parametrize("path", POSTS)
def test_a_body_of_another_type_is_refused(selling: world.House, api: Api, path: str, content_type: str) -> None:
    body = json.dumps(basket(world.make_event(), Standard=1))
    token = {"/scans": _device(selling)}.get(path, "any")

    answer = api.raw(
        "POST", path, body, content_type=content_type, idempotency_key="k", authorization=f"Bearer {token}"
    )

    refused(answer, 415, "unsupported_media_type")
    assert not Hold.objects.exists()


@pytest.mark.parametrize("path", POSTS)
def test_no_body_at_all_is_refused(selling: world.House, api: Api, path: str) -> None:
    token = {"/scans": _device(selling)}.get(path, "any")

    refused(
        api.raw("POST", path, b"", idempotency_key="k", authorization=f"Bearer {token}"),
        422,
        "invalid_input",
    )


@pytest.mark.parametrize("path", POSTS)
def test_a_huge_body_is_refused(selling: world.House, api: Api, path: str) -> None:
    token = {"/scans": _device(selling)}.get(path, "any")
    body = b'"' + b"x" * 3_000_000 + b'"'

    refused(
        api.raw("POST", path, body, idempotency_key="k", authorization=f"Bearer {token}"),
        413,
        "body_too_large",
    )


def test_json_in_utf_8_with_a_charset_is_taken(selling: world.House, api: Api) -> None:
    body = json.dumps(basket(world.make_event(), Standard=1))

    answer = api.raw(
        "POST", "/holds", body, content_type="application/json; charset=utf-8", idempotency_key=uuid4().hex
    )

    assert answer.status_code == 201


def test_a_member_given_in_strange_letters_is_named_and_refused(selling: world.House, api: Api) -> None:
    body = json.dumps({"performance_id": str(uuid4()), "items": [], "\ud800\0": 1})

    refused(api.raw("POST", "/holds", body, idempotency_key="k"), 422, "invalid_input")


def test_a_busy_database_says_so_and_the_key_stays_free(
    selling: world.House, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, key = basket(world.make_event(), Standard=1), uuid4().hex

    def no_lock_in_time(**_: object) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    with monkeypatch.context() as patched:
        patched.setattr("storefront.api.checkout.place_hold", no_lock_in_time)
        busy = api.post("/holds", body, key=key)

    refused(busy, 503, "overloaded")
    assert busy["Retry-After"] == "1"
    assert api.post("/holds", body, key=key).status_code == 201
    assert Place.objects.filter(state="held").count() == 1


def test_a_fault_of_ours_is_a_problem_without_inner_words(
    selling: world.House, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("postgres://user:password@host")

    monkeypatch.setattr("storefront.api.checkout.place_hold", broken)

    answer = api.post("/holds", basket(world.make_event(), Standard=1))

    refused(answer, 500, "internal_error")
    assert b"password" not in answer.content
    assert not Hold.objects.exists()


def test_the_answer_is_never_stored_by_a_cache_on_the_way_when_it_holds_a_secret(
    selling: world.House, api: Api
) -> None:
    made = api.post("/holds", basket(world.make_event(), Standard=1))
    token = made.json()["token"]
    read = api.get(f"/holds/{made.json()['id']}", token=token)

    assert made["Cache-Control"] == read["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["nobody.localhost", "localhost", "northside.localhost.evil.example"])
def test_another_host_has_no_such_api(northside: world.House, host: str) -> None:
    answer = Api(host).get("/events")

    assert answer.status_code == 404
    assert answer["Content-Type"] == PROBLEM


def _device(house: world.House) -> str:
    from tests.scanning.door import phone_at

    return phone_at(house, world.make_event()).token
