"""Forms: a public one asks the browser where it was sent from, a signed-in one asks for its token too."""

import re
from typing import Any

import pytest
from django.conf import settings

from orders.models import Order
from tests import world
from tests.staff import Visitor, forget_limits, signed_in

HOST = f"northside.{settings.PLATFORM_HOST}"
OURS = f"http://{HOST}"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HTTP_ORIGIN": OURS},
        {"HTTP_ORIGIN": OURS.upper().replace("HTTP", "http")},
        {"HTTP_SEC_FETCH_SITE": "same-origin"},
        {"HTTP_SEC_FETCH_SITE": "none"},
        {"HTTP_ORIGIN": OURS, "HTTP_SEC_FETCH_SITE": "same-origin"},
    ],
    ids=str,
)
def test_a_public_form_of_our_own_page_is_taken_without_a_token(
    northside: world.House, headers: dict[str, str]
) -> None:
    forget_limits()
    visitor = Visitor(HOST, enforce_csrf_checks=True)

    assert visitor.post("/orders/", {"email": "bea@example.com"}, **headers).status_code == 302


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_ORIGIN": ""},
        {"HTTP_ORIGIN": f"http://southside.{settings.PLATFORM_HOST}"},
        {"HTTP_ORIGIN": f"http://{settings.PLATFORM_HOST}"},
        {"HTTP_ORIGIN": f"{OURS}.evil.example"},
        {"HTTP_ORIGIN": f"{OURS}:9999"},
        {"HTTP_ORIGIN": f"http://evil.example/{HOST}"},
        {"HTTP_ORIGIN": f"http://{HOST}@evil.example"},
        {"HTTP_ORIGIN": "http://["},
        {"HTTP_SEC_FETCH_SITE": "cross-site"},
        {"HTTP_SEC_FETCH_SITE": "same-site"},
        {"HTTP_ORIGIN": OURS, "HTTP_SEC_FETCH_SITE": "cross-site"},
    ],
    ids=str,
)
def test_a_public_form_of_another_site_is_refused_in_words(northside: world.House, headers: dict[str, str]) -> None:
    event = world.make_event(kinds=((world.FREE, 0, 5),))
    held = world.hold(event, **{world.FREE: 1})
    visitor = Visitor(HOST, enforce_csrf_checks=True, raise_request_exception=False)
    typed = {"email": "bea@example.com", "name": "Bea Buyer", "consents": ["terms"]}

    answer = visitor.post(f"/checkout/{held.pk}/{held.token}/", typed, **headers)

    assert answer.status_code == 403
    assert "text/html" in answer["Content-Type"]
    assert not Order.objects.exists()


def test_a_signed_in_form_needs_its_token_and_its_own_page(northside: world.House) -> None:
    colors = {"brand_color": "#123456"}
    owner = signed_in(northside.owner, HOST)
    strict: Any = owner
    strict.handler.enforce_csrf_checks = True
    page = owner.get("/portal/settings/branding/").content.decode()
    found = re.search(r'csrfmiddlewaretoken"[^>]*value="(\w+)"|name="csrf-token"[^>]*content="(\w+)"', page)
    assert found
    token = found.group(1) or found.group(2)
    path = "/portal/settings/branding/"

    assert strict.post(path, colors).status_code == 403
    assert strict.post(path, {**colors, "csrfmiddlewaretoken": "x" * 64}).status_code == 403
    foreign = strict.post(path, {**colors, "csrfmiddlewaretoken": token}, HTTP_ORIGIN="https://evil.example")
    assert foreign.status_code == 403
    next_door = strict.post(
        path, {**colors, "csrfmiddlewaretoken": token}, HTTP_ORIGIN=f"http://southside.{settings.PLATFORM_HOST}"
    )
    assert next_door.status_code == 403
    assert strict.post(path, {**colors, "csrfmiddlewaretoken": token}, HTTP_ORIGIN=OURS).status_code != 403


def test_the_api_takes_no_cookie_for_an_answer_and_so_needs_no_guard(northside: world.House) -> None:
    owner = signed_in(northside.owner, HOST)

    answer = owner.post("/api/v1/scans", b"{}", content_type="application/json", HTTP_ORIGIN="https://evil.example")

    assert answer.status_code == 401
    assert "Access-Control-Allow-Origin" not in answer
