"""A buyer's account by API: a mailed code for a bearer token, orders and cards, at one organizer alone."""

import json

import pytest

from notifications.models import EmailMessage
from orders.models import Order
from people.models import BuyerSession, SignIn
from tests import world
from tests.api.caller import Api, given, refused
from tests.staff import forget_limits
from tests.world import BEA, FREE, House


@pytest.fixture(autouse=True)
def _fresh_limits():
    forget_limits()


def sign_in(api: Api, email: str = BEA.email) -> str:
    asked = given(api.post("/sign-ins", {"email": email}), 202)
    code = world.mailed_code(SignIn.objects.get(pk=asked["id"]))
    return given(api.post(f"/sign-ins/{asked['id']}/session", {"code": code}), 201)["token"]


def test_a_program_signs_a_buyer_in_and_sells_to_the_account(northside: House, southside: House, api: Api) -> None:
    event = world.make_event(kinds=((FREE, 0, 20),))
    before = world.place_order(event, **{FREE: 1})
    token = sign_in(api)

    assert given(api.get("/account", token=token)) == {"email": BEA.email, "name": BEA.name}
    assert [one["number"] for one in given(api.get("/account/orders", token=token))["items"]] == [before.number]
    assert given(api.get("/account/cards", token=token)) == {"items": [], "debits": []}
    assert refused(api.delete("/account/cards/pm_1", token=token), 404, "not_found")

    held = world.hold(event, **{FREE: 1})
    body = {"hold_id": str(held.pk), "buyer": {"name": "Ann", "email": "ann@example.com", "consents": ["terms"]}}
    for wrong in ("buyer_wrong", "x", "a.b.c"):
        answer = api.raw("POST", "/orders", _json(body), **_headers(held, wrong))
        assert refused(answer, 401, "not_authenticated")
    assert Order.objects.count() == 1
    given(api.raw("POST", "/orders", _json(body), **_headers(held, token)), 201)
    assert Order.objects.get(email="ann@example.com").account.email == BEA.email

    there = Api(southside.host)
    assert there.get("/account", token=token).status_code == 401
    assert api.delete("/account/session", token=token).status_code == 204
    for path in ("/account", "/account/orders", "/account/cards"):
        assert api.get(path, token=token).status_code == 401
        assert api.get(path, token=held.token).status_code == 401


def test_a_wrong_code_gives_no_token(northside: House, api: Api) -> None:
    asked = given(api.post("/sign-ins", {"email": BEA.email}), 202)
    code = world.mailed_code(SignIn.objects.get())
    path = f"/sign-ins/{asked['id']}/session"

    assert refused(api.post(path, {"code": f"{(int(code) + 1) % 1_000_000:06d}"}), 422, "sign_in_invalid")
    assert (SignIn.objects.get().failures, BuyerSession.objects.count()) == (1, 0)
    given(api.post(path, {"code": code}), 201)
    assert refused(api.post(path, {"code": code}), 409, "sign_in_over")
    assert refused(api.post("/sign-ins", {"email": "no address"}), 422, "sign_in_invalid")
    for _mail in range(2):
        given(api.post("/sign-ins", {"email": BEA.email}), 202)
    assert refused(api.post("/sign-ins", {"email": BEA.email}), 429, "too_often")
    assert (BuyerSession.objects.count(), EmailMessage.objects.count()) == (1, 3)


def _json(body: object) -> str:
    return json.dumps(body)


def _headers(held, token: str) -> dict[str, str]:
    return {
        "authorization": f"Bearer {held.token}",
        "buyer_token": token,
        "idempotency_key": token + "0123456789abcdef",
    }
