"""create_scan and list_scans as HTTP; what each outcome means is told in tests/scanning."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from scanning.models import Admission, Scan
from tests import world
from tests.api.caller import Api, given, refused
from tests.scanning.door import Phone, phone_at
from tests.tickets.sales import open_event, sell
from tickets.models import Ticket


@pytest.fixture
def ticket(northside: world.House) -> Ticket:
    """A valid ticket of an event whose doors are open."""
    return sell(open_event())[0]


@pytest.fixture
def phone(northside: world.House, ticket: Ticket) -> Phone:
    return phone_at(northside, ticket.event)


def test_a_scan_has_every_member_with_its_exact_value(api: Api, phone: Phone, ticket: Ticket) -> None:
    nonce, at = uuid4().hex, timezone.now() - timedelta(seconds=3)

    answer = given(
        api.post("/scans", {"code": ticket.code, "nonce": nonce, "scanned_at": at.isoformat()}, token=phone.token)
    )

    scan, admission = Scan.objects.get(), Admission.objects.get()
    order = ticket.position.order
    assert UUID(answer["id"]) == scan.pk
    received = answer.pop("received_at")
    assert timezone.datetime.fromisoformat(received) - scan.received_at < timedelta(milliseconds=1)
    assert admission.at == at
    moment = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert timezone.datetime.fromisoformat(answer.pop("scanned_at")) - at < timedelta(milliseconds=1), moment
    assert timezone.datetime.fromisoformat(answer.pop("admitted_at")) - at < timedelta(milliseconds=1)
    assert answer.pop("detail")
    assert answer == {
        "id": str(scan.pk),
        "nonce": nonce,
        "outcome": "admitted",
        "verdict": "go",
        "title": answer["title"],
        "ticket": {
            "id": str(ticket.pk),
            "short_code": ticket.short_code,
            "ticket_type": "Guest list",
            "holder": "Bea Buyer",
            "order_number": order.number,
            "position": 1,
            "seat": "",
            "entrance": "",
        },
        "void_reason": None,
        "admitted_gate": "Gate A",
        "gate": "Gate A",
    }


def test_the_nonce_is_the_key(api: Api, phone: Phone, ticket: Ticket) -> None:
    body = {"code": ticket.code, "nonce": "attempt-1"}

    first = api.post("/scans", body, token=phone.token, key="")
    again = api.post("/scans", body, token=phone.token, key="")
    with_a_header = api.post("/scans", body, token=phone.token, key="a header says nothing here")

    assert given(first)["outcome"] == "admitted"
    assert first.content == again.content == with_a_header.content
    refused(api.post("/scans", body | {"code": "ANOTHER"}, token=phone.token), 409, "nonce_reused")
    assert Scan.objects.count() == 1
    assert Admission.objects.count() == 1
    second = given(api.post("/scans", body | {"nonce": "attempt-2"}, token=phone.token))
    assert (second["outcome"], second["verdict"]) == ("already_admitted", second["verdict"])


def test_scans_are_listed_newest_first_in_pages(api: Api, phone: Phone, ticket: Ticket) -> None:
    made = [
        given(api.post("/scans", {"code": code, "nonce": code}, token=phone.token))
        for code in (ticket.short_code, "NOT-A-CODE", ticket.short_code.lower())
    ]

    page = given(api.get("/scans?limit=2", token=phone.token))
    rest = given(api.get(f"/scans?limit=2&before={page['next']}", token=phone.token))

    assert page == {"items": [made[2], made[1]], "next": made[1]["id"]}
    assert rest == {"items": [made[0]], "next": None}
    assert [item["outcome"] for item in made] == ["admitted", "unreadable", "already_admitted"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "before=last", "before=%00"])
def test_a_page_that_cannot_be_is_refused(api: Api, phone: Phone, query: str) -> None:
    problem = refused(api.get(f"/scans?{query}", token=phone.token), 422, "invalid_input")

    assert problem["errors"][0]["field"] == f"query.{query.partition('=')[0]}"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"nonce": "n"}, "body.code"),
        ({"code": "", "nonce": "n"}, "body.code"),
        ({"code": "x" * 501, "nonce": "n"}, "body.code"),
        ({"code": 7, "nonce": "n"}, "body.code"),
        ({"code": "x"}, "body.nonce"),
        ({"code": "x", "nonce": ""}, "body.nonce"),
        ({"code": "x", "nonce": "n" * 65}, "body.nonce"),
        ({"code": "x", "nonce": "a b"}, "body.nonce"),
        ({"code": "x", "nonce": "n\x00"}, "body.nonce"),
        ({"code": "x", "nonce": "n\n"}, "body.nonce"),
        ({"code": "x", "nonce": 1}, "body.nonce"),
        ({"code": "x", "nonce": "n", "scanned_at": "now"}, "body.scanned_at"),
        ({"code": "x", "nonce": "n", "scanned_at": 0}, "body.scanned_at"),
        ({"code": "x", "nonce": "n", "scanned_at": "2026-12-12T19:42:10"}, "body.scanned_at"),
        ({"code": "x", "nonce": "n", "gate": "Gate B"}, "body.gate"),
        ([], "body"),
    ],
)
def test_a_body_out_of_bounds_is_refused_by_name(api: Api, phone: Phone, body: Any, field: str) -> None:
    problem = refused(api.post("/scans", body, token=phone.token), 422, "invalid_input")

    assert problem["errors"][0]["field"] == field
    assert not Scan.objects.exists()


def test_a_code_may_hold_anything_at_all(api: Api, phone: Phone) -> None:
    for code in ("\x00", "🎟️" * 100, "' OR 1=1 --", "<script>", "\u202e", "%s%n", "\ufeff"):
        answer = given(api.post("/scans", {"code": code, "nonce": uuid4().hex}, token=phone.token))
        assert answer["outcome"] == "unreadable"
        assert answer["ticket"] is None


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_a_paired_device_speaks_to_the_door(api: Api, phone: Phone, ticket: Ticket, method: str) -> None:
    order = ticket.position.order
    for header in ("", "Bearer", "Bearer wrong", f"Bearer {order.token}", f"Basic {phone.token}", "Bearer \xff"):
        headers = {"authorization": header} if header else {}
        answer = api.raw(method, "/scans", b"{}", **headers)
        refused(answer, 401, "device_unknown")
        assert answer["WWW-Authenticate"] == "Bearer"
    assert not Scan.objects.exists()
