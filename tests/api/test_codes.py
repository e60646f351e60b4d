"""The staff API's codes: made, changed, stopped and made in numbers by a program with a key; nobody else gets at them."""

import json
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from audit.models import AuditEntry
from inventory.models import Place
from people.keys import create_api_key
from promotions.models import CodeBatch, PromoCode
from tests import world
from tests.api.caller import Api, given, refused
from tests.staff import forget_limits

TENTH = {"effect": "percent", "value": 1000}


@pytest.fixture
def key(selling: world.House) -> str:
    """A manager's API key of Northside Hall."""
    forget_limits()
    return create_api_key(name="Program", actor=SYSTEM)[1]


def patch(api: Api, key: str, code_id: str, body: dict[str, Any]) -> Any:
    return api.raw("PATCH", f"/codes/{code_id}", json.dumps(body), authorization=f"Bearer {key}")


def put(api: Api, key: str, code_id: str, body: dict[str, Any]) -> Any:
    return api.raw("PUT", f"/codes/{code_id}/stop", json.dumps(body), authorization=f"Bearer {key}")


def test_a_code_is_made_used_changed_and_stopped(api: Api, key: str) -> None:
    event = world.make_event("Hafen Nacht")
    wanted = {"code": "Spring-26", "event_id": str(event.pk), "most_uses": 3, **TENTH}

    made = given(api.post("/codes", wanted, token=key, key="once"), 201)
    assert given(api.post("/codes", wanted, token=key, key="once"), 201) == made
    assert (made["code"], made["currency"], made["value"], made["stopped_at"]) == ("Spring-26", "EUR", 1000, None)
    assert made["url"].endswith("/events/hafen-nacht/?code=Spring-26")
    assert Place.objects.filter(pool__code_id=made["id"]).count() == 3

    changed = given(patch(api, key, made["id"], {"value": 2000, "most_uses": 5}))
    assert (changed["value"], changed["most_uses"], changed["code"]) == (2000, 5, "Spring-26")

    assert given(put(api, key, made["id"], {}))["stopped_at"] is not None
    assert given(put(api, key, made["id"], {"is_stopped": False}))["stopped_at"] is None
    assert given(api.get("/codes?code=spring26", token=key))["items"] == [
        given(api.get(f"/codes/{made['id']}", token=key))
    ]
    did = AuditEntry.objects.filter(target_id=made["id"]).order_by("pk").values_list("verb", "actor_kind")
    assert list(did) == [(verb, "key") for verb in ("add_code", "change_code", "stop_code", "resume_code")]


def test_many_are_made_at_once_or_none(api: Api, key: str) -> None:
    wanted = {"name": "Mail-out", "number": 25, "prefix": "may", **TENTH}

    made = given(api.post("/codes/batches", wanted, token=key, key="once"), 201)
    assert given(api.post("/codes/batches", wanted, token=key, key="once"), 201) == made

    assert (len(set(made["codes"])), all(code.startswith("MAY-") for code in made["codes"])) == (25, True)
    listed = given(api.get(f"/codes?batch_id={made['id']}&limit=10", token=key))
    assert (listed["total"], len(listed["items"]), listed["items"][0]["most_uses"]) == (25, 10, 1)

    refused(
        api.post("/codes/batches", wanted | {"effect": "percent", "value": 20_000}, token=key), 422, "promotion_invalid"
    )
    refused(api.post("/codes/batches", wanted | {"number": 5001}, token=key), 422, "invalid_input")
    assert (CodeBatch.objects.count(), PromoCode.objects.count()) == (1, 25)


def test_what_makes_no_code_is_refused_and_nothing_changes(api: Api, key: str) -> None:
    made = given(api.post("/codes", {"code": "SPRING", **TENTH}, token=key), 201)

    for wrong, code in (
        ({"code": "spring", **TENTH}, "promotion_invalid"),
        ({"code": "??", **TENTH}, "promotion_invalid"),
        ({"code": "SUMMER", "effect": "percent", "value": 0}, "promotion_invalid"),
        ({"code": "SUMMER", "effect": "nothing"}, "promotion_invalid"),
        ({"code": "SUMMER", "effect": "everything"}, "invalid_input"),
        ({"code": "SUMMER", **TENTH, "currency": "XXX"}, "promotion_invalid"),
        ({"code": "SUMMER", **TENTH, "starts_at": "2026-01-01T00:00:00"}, "invalid_input"),
        ({"code": "SUMMER", **TENTH, "colour": "red"}, "invalid_input"),
    ):
        refused(api.post("/codes", wrong, token=key), 422, code)
    refused(patch(api, key, made["id"], {"most_uses": 5}), 422, "promotion_invalid")  # from none to one: never
    assert PromoCode.objects.get().most_uses is None


def test_no_key_no_code_and_nobody_elses(api: Api, key: str, southside: world.House) -> None:
    with tenant_context(southside.organizer):
        theirs = create_api_key(name="Theirs", actor=SYSTEM)[1]
    made = given(api.post("/codes", {"code": "SPRING", **TENTH}, token=key), 201)

    for token in ("", "wrong", theirs):
        refused(api.get("/codes", token=token), 401, "not_authenticated")
        refused(api.post("/codes", {"code": "OURS", **TENTH}, token=token), 401, "not_authenticated")
    there = Api(southside.host)
    assert given(there.get("/codes", token=theirs)) == {"items": [], "total": 0}
    refused(there.get(f"/codes/{made['id']}", token=theirs), 404, "not_found")
    refused(put(there, theirs, made["id"], {}), 404, "not_found")
    code = PromoCode.objects.get()
    assert (code.code, code.stopped_at) == ("SPRING", None)
