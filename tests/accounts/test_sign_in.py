"""Sign-in: password, second step, recovery, and a session that stays on its host."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tenants.utils import schema_context

from accounts.models import User
from accounts.queries import has_second_factor, recovery_codes_left
from audit.models import AuditEntry
from notifications.models import EmailMessage
from tests import world
from tests.staff import Visitor, code_now, forget_limits, has_app, signed_in, text, with_password

NEW_PASSWORD = "seven quiet harbour lanterns"


@pytest.fixture(autouse=True)
def _no_limits() -> None:
    forget_limits()


def nora(house: world.House) -> User:
    return has_app(house.owner)


def test_nora_signs_in_with_password_and_code(northside: world.House) -> None:
    visitor = signed_in(nora(northside), northside.host)

    page = visitor.get("/portal/")

    assert page.status_code == 200
    assert "Northside Hall" in text(page)


def test_the_password_alone_opens_nothing(northside: world.House) -> None:
    visitor = with_password(nora(northside), northside.host)

    for path in ("/portal/", "/portal/orders/", "/portal/account/security/", "/portal/account/second-factor/set-up/"):
        response = visitor.get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/portal/account/second-factor/?next="), path


def test_an_anonymous_visitor_is_led_to_sign_in_and_back(northside: world.House) -> None:
    visitor = Visitor(northside.host)

    response = visitor.get("/portal/orders/?q=bea")
    assert response["Location"] == "/portal/account/login/?next=%2Fportal%2Forders%2F%3Fq%3Dbea"

    response = visitor.post(
        "/portal/account/login/",
        {"login": nora(northside).email, "password": world.PASSWORD, "next": "/portal/orders/?q=bea"},
    )
    assert response["Location"] == "/portal/orders/?q=bea"


def test_a_wrong_password_is_refused_in_words_that_name_nobody(northside: world.House) -> None:
    visitor = Visitor(northside.host)

    known = visitor.post("/portal/account/login/", {"login": northside.owner.email, "password": "wrong"})
    unknown = visitor.post("/portal/account/login/", {"login": "nobody@example.com", "password": "wrong"})

    assert known.status_code == unknown.status_code == 422
    assert "There is a problem" in text(known)
    assert (
        known.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()
    )  # nothing tells which addresses have accounts


def test_guessing_is_slowed_down_across_hosts(northside: world.House, southside: world.House) -> None:
    guesses = {"login": northside.owner.email, "password": "wrong"}
    for _number in range(3):
        Visitor(northside.host).post("/portal/account/login/", guesses)
    for _number in range(2):
        Visitor(southside.host).post("/portal/account/login/", guesses)

    right = {"login": northside.owner.email, "password": world.PASSWORD}
    response = Visitor(northside.host).post("/portal/account/login/", right)

    assert response.status_code == 422
    assert "Too many wrong passwords." in text(response)


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)"]
)
def test_signing_in_never_leads_off_the_host(northside: world.House, wanted: str) -> None:
    visitor = Visitor(northside.host)
    words = {"login": nora(northside).email, "password": world.PASSWORD, "next": wanted}

    assert visitor.post("/portal/account/login/", words)["Location"] == "/portal/"
    code = {"code": code_now(northside.owner), "next": wanted}
    assert visitor.post("/portal/account/second-factor/", code)["Location"] == "/portal/"


# --- The second step ---------------------------------------------------------------------------------------------------------


def test_a_wrong_code_is_refused_and_the_next_try_must_wait(northside: world.House) -> None:
    visitor = with_password(nora(northside), northside.host)
    right = code_now(northside.owner)
    wrong = "000000" if right != "000000" else "000001"

    first = visitor.post("/portal/account/second-factor/", {"code": wrong})
    second = visitor.post("/portal/account/second-factor/", {"code": right})

    assert first.status_code == 422
    assert "This code isn&#x27;t right" in text(first)
    assert second.status_code == 422
    assert "Too many wrong codes. Wait 1 second, then" in text(second)
    assert visitor.get("/portal/").status_code == 302


def test_a_code_works_once(northside: world.House) -> None:
    nora(northside)
    code = code_now(northside.owner)
    first, second = (with_password(northside.owner, northside.host) for _n in range(2))

    assert first.post("/portal/account/second-factor/", {"code": code}).status_code == 302
    assert second.post("/portal/account/second-factor/", {"code": code}).status_code == 422
    assert second.get("/portal/").status_code == 302


def test_enrolment_shows_a_qr_code_then_recovery_codes_and_each_works_once(northside: world.House) -> None:
    user = northside.owner
    visitor = with_password(user, northside.host)

    page = visitor.get("/portal/", follow=True)
    assert page.redirect_chain[-1][0] == "/portal/account/second-factor/set-up/?next=%2Fportal%2F"
    picture = visitor.get("/portal/account/second-factor/set-up/qr.svg")
    assert picture["Content-Type"] == "image/svg+xml"
    assert picture.content.startswith(b"<?xml")
    secret = re.search(r'<p class="font-mono[^>]*>([A-Z2-7 ]+)</p>', text(page))
    assert secret is not None

    TOTPDevice.objects.filter(user=user).update(confirmed=True)  # code_now reads confirmed devices
    code = code_now(user)
    TOTPDevice.objects.filter(user=user).update(confirmed=False)
    done = visitor.post("/portal/account/second-factor/set-up/", {"code": code})

    assert has_second_factor(user)
    codes = re.findall(r"<li>([0-9A-Z]{5}-[0-9A-Z]{5})</li>", text(done))
    assert len(codes) == 8
    assert visitor.get("/portal/").status_code == 200
    assert visitor.get("/portal/account/second-factor/set-up/qr.svg").status_code == 404

    lost = with_password(user, northside.host)
    assert lost.post("/portal/account/second-factor/", {"code": codes[0].lower()}).status_code == 302
    assert recovery_codes_left(user) == 7
    again = with_password(user, northside.host)
    assert again.post("/portal/account/second-factor/", {"code": codes[0]}).status_code == 422
    with schema_context("public"):
        assert AuditEntry.objects.filter(verb="use_recovery_code", target_id=str(user.pk)).count() == 1


def test_a_stolen_password_cannot_replace_the_second_step(northside: world.House) -> None:
    visitor = with_password(nora(northside), northside.host)
    before = TOTPDevice.objects.get(user=northside.owner).key

    response = visitor.post("/portal/account/second-factor/set-up/", {"code": "123456"})

    assert response["Location"].startswith("/portal/account/second-factor/")
    assert TOTPDevice.objects.get(user=northside.owner).key == before
    assert visitor.post("/portal/account/recovery-codes/").status_code == 302
    assert recovery_codes_left(northside.owner) == 0


def test_new_recovery_codes_end_the_old_ones(northside: world.House) -> None:
    visitor = signed_in(nora(northside), northside.host)

    first = re.findall(r"<li>([0-9A-Z-]{11})</li>", text(visitor.post("/portal/account/recovery-codes/")))
    second = re.findall(r"<li>([0-9A-Z-]{11})</li>", text(visitor.post("/portal/account/recovery-codes/")))

    assert len(first) == len(second) == 8
    lost = with_password(northside.owner, northside.host)
    assert lost.post("/portal/account/second-factor/", {"code": first[0]}).status_code == 422


# --- The session -----------------------------------------------------------------------------------------------------------------


def test_the_same_cookie_is_refused_on_another_host(northside: world.House, southside: world.House) -> None:
    visitor = signed_in(nora(northside), northside.host)
    cookie = visitor.cookies["session"].value

    for host, path in ((southside.host, "/portal/"), ("localhost", "/console/")):
        thief = Visitor(host)
        thief.cookies["session"] = cookie
        response = thief.get(path)
        assert response.status_code == 302
        assert "/login/" in response["Location"]
        assert not response.wsgi_request.user.is_authenticated

    assert visitor.get("/portal/").status_code == 200  # and it lives on where it belongs


def test_a_session_that_names_no_host_is_refused(northside: world.House) -> None:
    visitor = Visitor(northside.host)
    visitor.force_login(nora(northside))

    assert "/login/" in visitor.get("/portal/")["Location"]


def test_each_step_of_signing_in_changes_the_session_key(northside: world.House) -> None:
    nora(northside)
    visitor = Visitor(northside.host)
    keys = []
    for path, words in (
        ("login/", {"login": northside.owner.email, "password": world.PASSWORD}),
        ("second-factor/", {"code": code_now(northside.owner)}),
    ):
        visitor.post(f"/portal/account/{path}", words)
        keys.append(visitor.cookies["session"].value)

    assert keys[0] != keys[1]
    assert not Session.objects.filter(pk=keys[0]).exists()


def test_signing_out_ends_the_session(northside: world.House) -> None:
    visitor = signed_in(nora(northside), northside.host)
    key = visitor.cookies["session"].value

    assert visitor.get("/portal/account/logout/").status_code == 200
    assert visitor.get("/portal/").status_code == 200  # asking is not doing
    assert visitor.post("/portal/account/logout/")["Location"] == "/portal/account/login/"

    assert not Session.objects.filter(pk=key).exists()
    assert visitor.get("/portal/").status_code == 302


# --- A forgotten password ---------------------------------------------------------------------------------------------------------


def reset_link(email: str) -> str:
    with schema_context("public"):
        mail = EmailMessage.objects.filter(to=email).order_by("-queued_at")[0]
    assert mail.subject == "Choose a new password for Marquee"
    found = re.search(r"http://\S+/password/reset/key/\S+/", mail.text)
    assert found is not None
    assert found[0] in mail.html
    return found[0]


def test_nora_recovers_her_password_and_is_signed_out_everywhere(northside: world.House) -> None:
    elsewhere = signed_in(nora(northside), northside.host)
    visitor = Visitor(northside.host)

    asked = visitor.post("/portal/account/password/reset/", {"email": "NORA@northside.example"})
    assert asked["Location"] == "/portal/account/password/reset/sent/"
    link = reset_link("nora@northside.example")
    assert link.startswith("http://northside.localhost:8000/portal/account/password/reset/key/")

    form = visitor.get(link.removeprefix("http://northside.localhost:8000"), follow=True)
    path = form.redirect_chain[-1][0]
    assert "set-password" in path
    weak = visitor.post(path, {"password1": "short"})
    assert weak.status_code == 422
    done = visitor.post(path, {"password1": NEW_PASSWORD})
    assert done["Location"] == "/portal/account/password/reset/done/"

    assert elsewhere.get("/portal/").status_code == 302
    northside.owner.refresh_from_db()
    assert northside.owner.check_password(NEW_PASSWORD)
    assert has_second_factor(northside.owner)
    used = Visitor(northside.host).get(link.removeprefix("http://northside.localhost:8000"))
    assert "This link no longer works" in text(used)


def test_the_link_goes_to_the_stored_host_whatever_the_request_says(northside: world.House) -> None:
    visitor = Visitor(f"{northside.host}:9999")

    visitor.post("/portal/account/password/reset/", {"email": northside.owner.email})

    assert reset_link(northside.owner.email).startswith("http://northside.localhost:8000/")


def test_asking_for_an_unknown_address_looks_the_same_and_says_so_by_mail(northside: world.House) -> None:
    response = Visitor(northside.host).post("/portal/account/password/reset/", {"email": "who@example.com"})

    assert response["Location"] == "/portal/account/password/reset/sent/"
    with schema_context("public"):
        assert EmailMessage.objects.get(to="who@example.com").subject == "No Marquee account with this address"
    assert not EmailMessage.objects.filter(to="who@example.com").exists()  # the organizer's own log has nothing of it


def test_a_forged_reset_key_changes_nothing(northside: world.House) -> None:
    before = User.objects.get(pk=northside.owner.pk).password

    page = Visitor(northside.host).get(f"/portal/account/password/reset/key/{northside.owner.pk.hex}-c0ffee-abcdef/")

    assert "This link no longer works" in text(page)
    assert User.objects.get(pk=northside.owner.pk).password == before


# --- Where sign-in is -----------------------------------------------------------------------------------------------------------


def test_there_is_no_sign_in_on_a_custom_domain(northside: world.House) -> None:
    from audit.actions import SYSTEM
    from tenants.actions import add_domain

    with schema_context("public"):
        add_domain(organizer_id=northside.organizer.pk, domain="tickets.north.example", is_primary=False, actor=SYSTEM)
    visitor = Visitor("tickets.north.example")

    for path in ("/portal/", "/portal/account/login/", "/portal/account/password/reset/"):
        assert visitor.get(path).status_code == 404, path


def test_pages_of_sign_in_are_never_stored(northside: world.House) -> None:
    visitor = Visitor(northside.host)

    assert "no-store" in visitor.get("/portal/account/login/")["Cache-Control"]
    assert "no-store" in visitor.get("/portal/")["Cache-Control"]


# --- The first platform admin --------------------------------------------------------------------------------------------------------


def test_the_command_makes_an_admin_once(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    monkeypatch.setenv("MARQUEE_ADMIN_PASSWORD", "short")
    with pytest.raises(CommandError, match="at least 10 characters"):
        call_command("create_platform_admin", "ada@example.com")
    assert not User.objects.filter(email="ada@example.com").exists()

    monkeypatch.setenv("MARQUEE_ADMIN_PASSWORD", world.PASSWORD)
    call_command("create_platform_admin", "ada@example.com", name="Ada")
    assert User.objects.get(email="ada@example.com").is_platform_admin
    with pytest.raises(CommandError, match="already an account"):
        call_command("create_platform_admin", "Ada@example.com")


def test_without_redis_sign_in_is_shut_in_words(northside: world.House, settings: object) -> None:
    settings.CACHES = {  # type: ignore[attr-defined]
        **settings.CACHES,  # type: ignore[attr-defined]
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"},
    }

    response = Visitor(northside.host).post(
        "/portal/account/login/", {"login": northside.owner.email, "password": world.PASSWORD}
    )

    assert response.status_code == 503
    assert "Sign-in is closed for a moment" in text(response)
