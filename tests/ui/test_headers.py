"""One static policy and its companions on every answer, whatever answers."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import caches
from django.urls import reverse

from audit.actions import SYSTEM
from tenants.actions import suspend_organizer
from tests import world
from tests.staff import Visitor, signed_in
from ui.middleware import content_security_policy

HOST = f"northside.{settings.PLATFORM_HOST}"


def policy(text: str) -> dict[str, set[str]]:
    return {part.split()[0]: set(part.split()[1:]) for part in text.split(";")}


def test_the_policy_allows_no_inline_code_no_plugin_and_no_frame_around_us() -> None:
    parts = policy(content_security_policy())

    assert parts["default-src"] == {"'self'"}
    assert parts["style-src"] == {"'self'"}
    assert parts["object-src"] == parts["base-uri"] == parts["frame-ancestors"] == {"'none'"}
    for kind, sources in parts.items():
        assert not sources & {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:"}, kind
        assert not [source for source in sources if source.startswith("'nonce-")], kind
        assert not ("data:" in sources and kind != "img-src"), kind


@pytest.mark.parametrize("base", ["http://127.0.0.1:4242", ""])
def test_the_provider_is_the_one_foreign_place(settings: object, base: str) -> None:
    settings.STRIPE_API_BASE, settings.STRIPE_JS_URL = base, f"{base or 'https://js.stripe.com'}/v3/"  # type: ignore[attr-defined]

    foreign = {s for sources in policy(content_security_policy()).values() for s in sources if "//" in s}

    stripe = {f"https://{name}.stripe.com" for name in ("js", "api", "connect", "hooks")}
    assert foreign == ({base} if base else stripe)


STATIC = ["/", "/orders/", "/door/", "/no-such-page", "/api/v1/events", "/api/v1/nothing", "/media/nothing.png"]
STATIC += ["/portal/", "/portal/account/login/", "/orders/%00/x/", "/healthz"]


@pytest.mark.parametrize("path", STATIC)
def test_every_answer_of_an_organizers_host_has_its_policy(northside: world.House, path: str) -> None:
    answers = [Visitor(HOST).get(path), signed_in(northside.owner, HOST).get(path)]

    for answer in answers:
        if path.startswith("/api/"):  # JSON is no document: nothing in it may load, whatever takes it for a page
            assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert answer["X-Content-Type-Options"] == "nosniff"
        elif path != "/healthz":  # for machines on the inside
            assert answer["Content-Security-Policy"] == content_security_policy()
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
            assert answer["Referrer-Policy"] in ("strict-origin-when-cross-origin", "same-origin", "no-referrer")
            assert "camera=(self)" in answer["Permissions-Policy"]


@pytest.mark.parametrize("path", ["/", "/sign-up/", "/account/login/", "/console/", "/no-such-page"])
def test_every_page_of_the_platform_has_a_policy(northside: world.House, path: str) -> None:
    answer = Visitor().get(path)
    parts = policy(answer["Content-Security-Policy"])

    parts["form-action"] -= {s for s in parts["form-action"] if s.endswith(f"*.{settings.PLATFORM_HOST}:8000")}
    assert parts.keys() == policy(content_security_policy()).keys()
    assert parts["script-src"] == policy(content_security_policy())["script-src"]
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.fixture
def hosts_are_looked_up_anew() -> Iterator[None]:
    """No test leaves behind what it read of an organizer that was never committed."""
    yield
    caches["public"].clear()


@pytest.mark.usefixtures("hosts_are_looked_up_anew")
def test_the_edges_own_pages_are_closed_too(northside: world.House) -> None:
    suspend_organizer(organizer_id=northside.organizer.pk, reason="", actor=SYSTEM)
    caches["public"].clear()  # the commit does that, and this test never commits
    for visitor in (Visitor(HOST), Visitor("nobody.example")):
        answer = visitor.get("/")
        assert answer.status_code in (403, 404)
        assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_secret_page_is_not_kept_not_told_to_others_and_not_indexed(northside: world.House) -> None:
    event = world.make_event(kinds=((world.FREE, 0, 5),))
    held = world.hold(event, **{world.FREE: 1})
    order = world.place_order(event, **{world.FREE: 1})
    addresses = [
        reverse(f"storefront:{name}", args=[order.number, order.token], urlconf="config.urls")
        for name in ("order", "order_status", "order_calendar")
    ]
    addresses.append(f"/checkout/{held.pk}/{held.token}/")

    for address in addresses:
        answer = Visitor(HOST).get(address)
        assert answer.status_code == 200, address
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Robots-Tag"] == "noindex"


def test_no_page_carries_inline_code_or_style(northside: world.House) -> None:
    world.make_event("Lantern Walk", kinds=((world.FREE, 0, 5),))
    owner = signed_in(northside.owner, HOST)

    for visitor, path in [
        (Visitor(HOST), "/"),
        (Visitor(HOST), "/events/lantern-walk/"),
        (Visitor(HOST), "/orders/"),
        (Visitor(HOST), "/door/"),
        (Visitor(HOST), "/no-such-page"),
        (Visitor(), "/"),
        (Visitor(), "/sign-up/"),
        (owner, "/portal/"),
        (owner, "/portal/events/"),
        (owner, "/portal/orders/"),
        (owner, "/portal/settings/"),
    ]:
        page = visitor.get(path).content.decode()
        found = re.findall(r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son\w+=|javascript:", page)
        assert [tag for tag in found if "application/json" not in tag] == [], path


@pytest.mark.parametrize("path", ["/", "/portal/account/login/"])
def test_cookies_are_closed_to_scripts_and_to_other_sites(northside: world.House, path: str) -> None:
    owner = signed_in(northside.owner, HOST)

    cookie = owner.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["domain"] == ""
    assert cookie["path"] == "/"
