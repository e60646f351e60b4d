"""Each outcome at the door, through HTTP, as a phone gets it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from audit.models import AuditEntry
from orders.models import Order
from outbox.models import OutboxMessage
from scanning.actions import revoke_device
from scanning.models import Admission, Scan
from tests import world
from tests.scanning.door import phone_at
from tests.tickets.sales import open_event, sell, ticket_of_odd_order
from tests.world import House
from tickets import codes
from tickets.actions import publish_signing_key, reissue_ticket, void_tickets
from tickets.models import Ticket

NOON = datetime(2031, 12, 12, 12, 0, tzinfo=UTC)


def test_a_ticket_admits_once(northside: House) -> None:
    event = open_event()
    (ticket,) = sell(event)
    phone = phone_at(northside, event)

    answer = phone.scan(ticket)

    assert (answer["outcome"], answer["verdict"], answer["title"]) == ("admitted", "go", "Admitted")
    assert answer["detail"] == "Guest list · Bea Buyer"
    assert answer["ticket"] == {
        "id": str(ticket.pk),
        "short_code": ticket.short_code,
        "ticket_type": "Guest list",
        "holder": "Bea Buyer",
        "order_number": ticket.position.order.number,
        "position": 1,
        "seat": "",
        "entrance": "",
    }
    assert answer["admitted_gate"] == answer["gate"] == "Gate A"
    admission = Admission.objects.get(position=ticket.position)
    assert (admission.ticket_id, admission.gate_id) == (ticket.pk, phone.device.gate_id)
    assert admission.at - datetime.fromisoformat(answer["admitted_at"]) < timedelta(milliseconds=1)


def test_the_second_time_says_when_and_where_it_was_used(northside: House) -> None:
    with time_machine.travel(NOON, tick=False):
        event = open_event()
        (ticket,) = sell(event)
        phone_at(northside, event, "Gate B").scan(ticket)
    other = phone_at(northside, event, "Gate A")

    with time_machine.travel(NOON + timedelta(minutes=30), tick=False):
        answer = other.scan(ticket)

    assert (answer["outcome"], answer["verdict"], answer["title"]) == ("already_admitted", "stop", "Already in")
    assert answer["detail"] == "Used 13:00 · Gate B"  # Berlin's clock
    assert answer["admitted_at"] == "2031-12-12T12:00:00Z"
    assert (answer["admitted_gate"], answer["gate"]) == ("Gate B", "Gate A")
    assert Admission.objects.filter(position=ticket.position).count() == 1


def test_a_replacement_does_not_let_the_same_place_in_twice(northside: House) -> None:
    event = open_event()
    (old,) = sell(event)
    phone = phone_at(northside, event)
    phone.scan(old)

    new = reissue_ticket(ticket_id=old.pk, actor=SYSTEM)

    assert phone.scan(new)["outcome"] == "already_admitted"
    answer = phone.scan(old)
    assert (answer["outcome"], answer["void_reason"], answer["title"]) == ("void", "reissued", "Replaced")


def test_the_short_code_works_however_it_is_typed(northside: House) -> None:
    event = open_event()
    (ticket,) = sell(event)
    Ticket.objects.filter(pk=ticket.pk).update(short_code="A01BCDEF")
    phone = phone_at(northside, event)

    assert phone.scan(" aOl-bcd ef ")["outcome"] == "admitted"
    assert phone.scan("A01BCDEF")["outcome"] == "already_admitted"


@pytest.mark.parametrize(
    ("reason", "title"),
    [(Ticket.VoidReason.REFUNDED, "Refunded"), (Ticket.VoidReason.CANCELLED, "Cancelled")],
)
def test_a_void_ticket_says_why(northside: House, reason: Ticket.VoidReason, title: str) -> None:
    event = open_event()
    (ticket,) = sell(event)
    void_tickets(position_ids=[ticket.position_id], reason=reason, actor=SYSTEM)

    answer = phone_at(northside, event).scan(ticket)

    assert (answer["outcome"], answer["verdict"], answer["void_reason"]) == ("void", "stop", reason.value)
    assert answer["title"] == title
    assert not Admission.objects.filter(position=ticket.position).exists()


@pytest.mark.parametrize(
    ("state", "outcome", "verdict"),
    [
        (Order.State.PENDING, "unpaid", "check"),
        (Order.State.SECURED, "unpaid", "check"),
        (Order.State.REFUNDED, "void", "stop"),
        (Order.State.CANCELLED, "void", "stop"),
    ],
)
def test_the_order_decides_too(northside: House, state: str, outcome: str, verdict: str) -> None:
    event = open_event()
    ticket = ticket_of_odd_order(event, state=state)

    answer = phone_at(northside, event).scan(ticket)

    assert (answer["outcome"], answer["verdict"]) == (outcome, verdict)
    assert not Admission.objects.filter(position=ticket.position).exists()


def test_before_doors_and_after_the_end(northside: House) -> None:
    with time_machine.travel(NOON, tick=False):
        event = world.make_event("Late show", kinds=((world.FREE, 0, 10),), starts_at=NOON + timedelta(hours=8))
        (ticket,) = sell(event)
        phone = phone_at(northside, event)
        early = phone.scan(ticket)
    with time_machine.travel(NOON + timedelta(hours=11), tick=False):
        late = phone.scan(ticket)
    with time_machine.travel(NOON + timedelta(hours=7), tick=False):
        in_time = phone.scan(ticket)

    assert (early["outcome"], early["verdict"], early["title"]) == ("not_yet_valid", "check", "Too early")
    assert early["detail"] == "Doors for this ticket open Fri 12 Dec 2031, 20:00."
    assert (late["outcome"], late["verdict"], late["title"]) == ("expired", "stop", "Over")
    assert late["detail"] == "This ticket was for a performance that ended Sat 13 Dec 2031, 00:00."
    assert in_time["outcome"] == "admitted"


def test_a_queued_scan_is_judged_by_its_own_time_and_never_by_the_future(northside: House) -> None:
    with time_machine.travel(NOON, tick=False):
        event = world.make_event("Early show", kinds=((world.FREE, 0, 10),), starts_at=NOON + timedelta(hours=2))
        first, second = sell(event, tickets=2)
        phone = phone_at(northside, event)
        cheat = phone.scan(first, scanned_at="2031-12-12T13:30:00Z")
    with time_machine.travel(NOON + timedelta(hours=9), tick=False):
        queued = phone.scan(second, scanned_at="2031-12-12T14:30:00+01:00")
        ancient = phone.scan(first, scanned_at="0001-01-01T00:00:00+14:00")

    assert cheat["outcome"] == "not_yet_valid"
    assert cheat["scanned_at"] == "2031-12-12T12:00:00Z"
    assert queued["outcome"] == "admitted"
    assert queued["admitted_at"] == queued["scanned_at"] == "2031-12-12T13:30:00Z"
    assert queued["received_at"] == "2031-12-12T21:00:00Z"
    assert ancient["outcome"] == "not_yet_valid"


def test_another_event_of_ours(northside: House) -> None:
    event, other = open_event("Tonight"), open_event("Tomorrow")
    (ticket,) = sell(other)

    answer = phone_at(northside, event).scan(ticket)

    assert (answer["outcome"], answer["verdict"], answer["title"]) == ("wrong_event", "stop", "Other event")
    assert answer["detail"].startswith("This ticket is for Tomorrow, ")
    assert not Admission.objects.filter(position=ticket.position).exists()


def test_another_organizers_ticket_is_told_from_a_forgery_and_tells_nothing(northside: House, southside: House) -> None:
    with tenant_context(southside.organizer):
        (foreign,) = sell(open_event("CANARY event"))
        message = OutboxMessage.objects.filter(kind="publish_signing_key").latest("pk")
        publish_signing_key(message.payload)
    phone = phone_at(northside, open_event())
    altered = foreign.code[:-3] + ("000" if foreign.code[-3:] != "000" else "100")

    answer = phone.scan(foreign)
    forged = phone.scan(altered)
    typed = phone.scan(foreign.short_code)

    assert (answer["outcome"], answer["verdict"], answer["ticket"]) == ("unknown_organizer", "stop", None)
    assert not {"CANARY", "Southside"} & set(str(answer).replace("'", " ").split())
    assert forged["outcome"] == "forged"
    assert typed["outcome"] == "unreadable"


def test_a_forged_ticket(northside: House) -> None:
    event = open_event()
    (ticket,) = sell(event)
    claimed = codes.read(ticket.code)
    assert isinstance(claimed, codes.Content)
    forged = codes.sign(claimed, Ed25519PrivateKey.generate())

    answer = phone_at(northside, event).scan(forged)

    assert (answer["outcome"], answer["verdict"], answer["ticket"]) == ("forged", "stop", None)
    assert not Admission.objects.filter(position=ticket.position).exists()


def test_signed_by_us_for_a_sale_that_never_was(northside: House) -> None:
    event = open_event()
    with transaction.atomic():
        (ticket,) = sell(event)
        code = ticket.code
        transaction.set_rollback(True)

    answer = phone_at(northside, event).scan(code)

    assert (answer["outcome"], answer["void_reason"], answer["ticket"]) == ("void", "unknown", None)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("https://example.com/menu", "Not a ticket"),
        ("ZZZZZZZZ", "Not found"),
        ("\x00", "Not a ticket"),
        ("💥" * 100, "Not a ticket"),
        (" " * 147, "Not a ticket"),
    ],
)
def test_what_is_no_ticket_at_all(northside: House, text: str, title: str) -> None:
    answer = phone_at(northside, open_event()).scan(text)

    assert (answer["outcome"], answer["verdict"], answer["title"]) == ("unreadable", "check", title)


def test_the_same_nonce_gets_the_same_answer_and_does_nothing_more(northside: House) -> None:
    event = open_event()
    (ticket,) = sell(event)
    phone = phone_at(northside, event)

    first = phone.scan(ticket, nonce="attempt-1")
    again = phone.scan(ticket, nonce="attempt-1")

    assert again == first
    assert first["outcome"] == "admitted"
    assert Scan.objects.filter(device=phone.device).count() == 1
    assert phone.scan(ticket, nonce="attempt-2")["outcome"] == "already_admitted"
    assert phone_at(northside, event).scan(ticket, nonce="attempt-1")["outcome"] == "already_admitted"


def test_a_nonce_of_another_code_is_refused_and_nothing_happens(northside: House) -> None:
    event = open_event()
    first, second = sell(event, tickets=2)
    phone = phone_at(northside, event)
    phone.scan(first, nonce="attempt-1")

    response = phone.post({"code": second.code, "nonce": "attempt-1"})

    assert response.status_code == 409
    assert response.json()["code"] == "nonce_reused"
    assert not Admission.objects.filter(position=second.position).exists()
    assert Scan.objects.filter(device=phone.device).count() == 1


def test_every_attempt_is_kept_without_what_was_read_or_whose_it_was(northside: House) -> None:
    event = open_event()
    (ticket,) = sell(event)
    phone = phone_at(northside, event)

    phone.scan("https://example.com/secret-link")
    phone.scan(ticket)

    kept = list(Scan.objects.filter(device=phone.device).order_by("pk").values())
    assert [row["outcome"] for row in kept] == ["unreadable", "admitted"]
    assert "secret-link" not in str(kept)
    assert "Bea" not in str(kept)


@pytest.mark.parametrize("statement", ["UPDATE scanning_scan SET outcome = 'admitted'", "DELETE FROM scanning_scan"])
def test_the_database_keeps_every_scan_as_it_was(northside: House, statement: str) -> None:
    phone = phone_at(northside, open_event())
    phone.scan("no ticket")

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert Scan.objects.get(device=phone.device).outcome == "unreadable"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "x"},
        {"nonce": "x"},
        {"code": "", "nonce": "x"},
        {"code": "x" * 501, "nonce": "x"},
        {"code": 5, "nonce": "x"},
        {"code": "\ud800", "nonce": "x"},
        {"code": "x", "nonce": ""},
        {"code": "x", "nonce": "with space"},
        {"code": "x", "nonce": "nul\x00"},
        {"code": "x", "nonce": "n" * 65},
        {"code": "x", "nonce": "x", "scanned_at": "yesterday"},
        {"code": "x", "nonce": "x", "scanned_at": "2031-12-12T12:00:00"},
        {"code": "x", "nonce": "x", "scanned_at": 1700000000},
        {"code": "x", "nonce": "x", "scanned_at": "2031-02-30T12:00:00Z"},
        [],
        None,
    ],
)
def test_a_body_that_is_no_scan_is_refused(northside: House, body: object) -> None:
    phone = phone_at(northside, open_event())

    response = phone.post(body)

    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "invalid_input"
    assert not Scan.objects.filter(device=phone.device).exists()


def test_a_body_that_is_no_json_is_refused(northside: House) -> None:
    phone = phone_at(northside, open_event())

    response = phone.post("{", **{"content-type": "application/json"})

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Bearer door_wrong", "Basic ZG9vcg=="])
def test_without_a_paired_device_there_is_no_door(northside: House, authorization: str) -> None:
    event = open_event()
    (ticket,) = sell(event)
    with tenant_context(northside.organizer):
        response = Client().post(
            "/api/v1/scans",
            {"code": ticket.code, "nonce": uuid4().hex},
            content_type="application/json",
            headers={"host": northside.host, **({"authorization": authorization} if authorization else {})},
        )

    assert response.status_code == 401
    assert response.json()["code"] == "device_unknown"
    assert not Admission.objects.filter(position=ticket.position).exists()


def test_a_revoked_device_is_out_at_once(northside: House) -> None:
    event = open_event()
    (ticket,) = sell(event)
    phone = phone_at(northside, event)
    revoke_device(device_id=phone.device.pk, actor=SYSTEM)

    response = phone.post({"code": ticket.code, "nonce": "n"})

    assert response.status_code == 401
    assert not Admission.objects.filter(position=ticket.position).exists()
    assert AuditEntry.objects.filter(verb="revoke_device", target_id=str(phone.device.pk)).count() == 1


def test_another_organizers_device_is_nobody_here(northside: House, southside: House) -> None:
    with tenant_context(southside.organizer):
        stranger = phone_at(southside, open_event())
    event = open_event()
    (ticket,) = sell(event)
    stranger.house = northside

    response = stranger.post({"code": ticket.code, "nonce": "n"})

    assert response.status_code == 401
    assert not Admission.objects.filter(position=ticket.position).exists()


def test_the_list_shows_the_own_gate_newest_first_in_pages(northside: House) -> None:
    event = open_event()
    tickets = sell(event, tickets=5)
    phone, other = phone_at(northside, event, "Gate A"), phone_at(northside, event, "Gate B")
    answers = [phone.scan(ticket) for ticket in tickets]
    other.scan(tickets[0])

    first = phone.get("/api/v1/scans?limit=3").json()
    second = phone.get(f"/api/v1/scans?limit=3&before={first['next']}").json()

    assert [*first["items"], *second["items"]] == answers[::-1]
    assert second["next"] is None
    assert [item["outcome"] for item in other.get("/api/v1/scans").json()["items"]] == ["already_admitted"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "before=x", "before=%00"])
def test_a_page_that_cannot_be_is_refused(northside: House, query: str) -> None:
    assert phone_at(northside, open_event()).get(f"/api/v1/scans?{query}").status_code == 422


def test_the_counter_counts_people_and_tickets(northside: House) -> None:
    event = open_event("Winter Ball")
    tickets = sell(event, tickets=3)
    sell(open_event("Another"), tickets=1)
    phone = phone_at(northside, event)
    phone.scan(tickets[0])
    phone.scan(tickets[0])

    assert phone.get("/api/v1/door").json() == {
        "device": "Dora's phone",
        "gate": "Gate A",
        "event": "Winter Ball",
        "organizer": "Northside Hall",
        "admitted": 1,
        "expected": 3,
        "timezone": "Europe/Berlin",
    }


def test_a_scan_costs_few_statements(northside: House, django_assert_max_num_queries: object) -> None:
    event = open_event()
    first, second = sell(event, tickets=2)
    phone = phone_at(northside, event)
    phone.scan(first)

    with django_assert_max_num_queries(9):  # type: ignore[operator]
        phone.scan(second)


def test_a_page_of_scans_costs_the_same_however_long(northside: House, django_assert_max_num_queries: object) -> None:
    event, other = open_event(), open_event("Another")
    phone = phone_at(northside, event)
    for ticket in [*sell(event, tickets=4), *sell(other, tickets=3)]:
        phone.scan(ticket)

    with django_assert_max_num_queries(4):  # type: ignore[operator]
        assert len(phone.get("/api/v1/scans").json()["items"]) == 7
