"""The payment provider's door: only what our endpoints' secrets signed gets in, once, and only to its organizer."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.http import HttpResponse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from audit.actions import SYSTEM
from inbox.models import ProviderEvent
from payments.actions import keep_account_facts
from payments.gateway import AccountFacts
from tests import world
from tests.staff import Visitor

PLATFORM, CONNECT = "whsec_platform", "whsec_connect"
PATH = "/webhooks/stripe"


@pytest.fixture(autouse=True)
def woken(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Both endpoints have their secrets; what wakes the inbox only notes that it was called."""
    settings.STRIPE_WEBHOOK_SECRET = PLATFORM
    settings.STRIPE_CONNECT_WEBHOOK_SECRET = CONNECT
    calls: list[str] = []
    monkeypatch.setattr("config.tasks.wake_inbox", lambda: calls.append("woken"))
    return calls


def event(account: str = "acct_north", **more: Any) -> dict[str, Any]:
    """An event as the provider sends it."""
    made = {
        "id": f"evt_{uuid4().hex}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": int(time.time()),
        "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
        **more,
    }
    return made | ({"account": account} if account else {})


def signature(body: bytes, secret: str, *, at: float | None = None, scheme: str = "v1") -> str:
    """The provider's header for a body."""
    stamp = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},{scheme}={digest}"


def deliver(body: bytes, header: str | None, *, host: str = "") -> HttpResponse:
    """POST it to the door."""
    headers = {} if header is None else {"stripe-signature": header}
    answer: HttpResponse = Visitor(host, raise_request_exception=False).post(
        PATH, body, content_type="application/json", headers=headers
    )
    return answer


def send(made: dict[str, Any], secret: str = CONNECT) -> HttpResponse:
    body = json.dumps(made).encode()
    return deliver(body, signature(body, secret))


@pytest.mark.parametrize(("secret", "account"), [(PLATFORM, ""), (CONNECT, "acct_north")])
def test_what_one_of_our_endpoints_signed_is_stored_and_answered_at_once(
    db: None, woken: list[str], secret: str, account: str
) -> None:
    made = event(account)

    answer = send(made, secret)

    row = ProviderEvent.objects.get()
    assert (answer.status_code, answer.content) == (200, b"")
    assert (row.event_id, row.type, row.account_id, row.state) == (made["id"], made["type"], account, "received")
    assert row.payload == made
    assert woken == ["woken"]


def test_a_second_delivery_is_answered_and_does_nothing(db: None, woken: list[str]) -> None:
    made = event()

    assert [send(made).status_code for _ in range(5)] == [200] * 5

    assert ProviderEvent.objects.count() == 1
    assert woken == ["woken"]


def test_an_event_goes_to_the_organizer_whose_account_it_names(northside: world.House, southside: world.House) -> None:
    facts = AccountFacts(
        id="acct_north", charges_enabled=True, payouts_enabled=True, requirements=(), disabled_reason=""
    )
    keep_account_facts(organizer=northside.organizer, facts=facts, actor=SYSTEM)

    send(event("acct_north"))
    send(event("acct_nobody"))
    send(event(""), PLATFORM)

    routed = dict(ProviderEvent.objects.values_list("account_id", "organizer_id"))
    assert routed == {"acct_north": northside.organizer.pk, "acct_nobody": None, "": None}


BODY = json.dumps(event()).encode()
OF_PLATFORM = json.dumps(event("")).encode()
ODD_ACCOUNT = json.dumps(event(account={"id": "acct_north"})).encode()  # type: ignore[arg-type]
REFUSED: dict[str, Callable[[], tuple[bytes, str | None]]] = {
    "no signature": lambda: (BODY, None),
    "an empty one": lambda: (BODY, ""),
    "nonsense": lambda: (BODY, "nonsense"),
    "letters that are no ASCII": lambda: (BODY, f"t={int(time.time())},v1=é"),
    "no time": lambda: (BODY, signature(BODY, CONNECT).partition(",")[2]),
    "a time that is none": lambda: (BODY, "t=now,v1=" + "0" * 64),
    "another endpoint's secret": lambda: (BODY, signature(BODY, "whsec_of_another_endpoint")),
    "an empty secret": lambda: (BODY, signature(BODY, "")),
    "a test scheme": lambda: (BODY, signature(BODY, CONNECT, scheme="v0")),
    "too old": lambda: (BODY, signature(BODY, CONNECT, at=time.time() - 301)),
    "another body's": lambda: (BODY + b" ", signature(BODY, CONNECT)),
    "another time's": lambda: (BODY, signature(BODY, CONNECT).replace("t=", "t=1")),
    "a body that is no JSON": lambda: (b"{", signature(b"{", CONNECT)),
    "a body that is no UTF-8": lambda: (b"\xff\xfe", signature(b"\xff\xfe", CONNECT)),
    "a body that is no event": lambda: (b"[]", signature(b"[]", CONNECT)),
    "an event without an id": lambda: (b'{"type": "x"}', signature(b'{"type": "x"}', CONNECT)),
    "an empty body": lambda: (b"", signature(b"", CONNECT)),
    "a body nested without end": lambda: (b"[" * 100_000, signature(b"[" * 100_000, CONNECT)),
    "an account's event, signed for the platform": lambda: (BODY, signature(BODY, PLATFORM)),
    "the platform's event, signed for an account": lambda: (OF_PLATFORM, signature(OF_PLATFORM, CONNECT)),
    "an account that is no name": lambda: (ODD_ACCOUNT, signature(ODD_ACCOUNT, CONNECT)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_nobody_of_ours_signed_is_refused_and_leaves_no_row(db: None, woken: list[str], case: str) -> None:
    body, header = REFUSED[case]()

    answer = deliver(body, header)

    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["code"] == "webhook_refused"
    assert not ProviderEvent.objects.exists()
    assert woken == []


@pytest.mark.parametrize(
    "odd",
    [
        {"data": {"object": {"id": "pi_\0"}}},
        {"data": {"object": {"id": "pi_\ud800"}}},
        {"data": {"object": {"amount": float("nan")}}},
        {"id": "evt_\0"},
        {"id": "evt_\ud800"},
        {"id": "evt_" + "1" * 70},
        {"type": "x" * 81},
        {"account": "acct_\0"},
    ],
)
def test_a_signed_event_that_no_row_can_hold_is_refused(db: None, woken: list[str], odd: dict[str, Any]) -> None:
    answer = send(event(**odd))

    assert answer.status_code == 400
    assert json.loads(answer.content)["code"] == "event_unreadable"
    assert not ProviderEvent.objects.exists()
    assert woken == []


@hypothesis_settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_changed_byte_is_enough_to_be_refused(db: None, data: st.DataObject) -> None:
    body = json.dumps(event()).encode()
    header = signature(body, CONNECT)
    place = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != body[place]))

    answer = deliver(body[:place] + bytes([other]) + body[place + 1 :], header)

    assert answer.status_code == 400
    assert not ProviderEvent.objects.exists()


def test_without_secrets_nothing_gets_in(db: None, settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRET = settings.STRIPE_CONNECT_WEBHOOK_SECRET = ""

    assert send(event(), "").status_code == 400


def test_the_door_takes_posts_alone_and_stands_on_the_platforms_host_alone(northside: world.House) -> None:
    assert Visitor().get(PATH).status_code == 405
    body = json.dumps(event()).encode()

    assert deliver(body, signature(body, CONNECT), host=northside.host).status_code == 404
    assert not ProviderEvent.objects.exists()
    assert settings.PLATFORM_HOST not in northside.host.split(".")[:1]
