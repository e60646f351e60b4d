"""Staff set up codes and discounts, make many, mail them, and see what they gave away; nobody else can."""

import csv
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout.code_desk import code_url, create_batch, create_code
from events.models import Event
from inventory.models import Place
from notifications.models import EmailMessage
from outbox.actions import drain
from people.models import Membership
from promotions.actions import LETTERS
from promotions.models import AutomaticDiscount, CodeBatch, CodeRecipient, PromoCode
from tests import world
from tests.organizer_portal.conftest import Colleague
from tests.staff import Visitor, text
from tests.world import BEA, STANDARD, House

OFF = {"effect": "percent", "percent": "10", "is_combinable": "on"}


@pytest.fixture
def event(northside: House) -> Event:
    world.let_charge(northside)
    return world.make_event("Hafen Nacht", kinds=((STANDARD, 2400, 20), ("Guest list", 0, 5)))


def words_of(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", text(page)))


def order(event: Event, code: str, *, quantity: int = 1, buyer: checkout.Buyer = BEA) -> Any:
    basket = {world.kind_of(event, STANDARD).pk: quantity}
    held = checkout.place_hold(performance_id=world.the_performance(event).pk, basket=basket, code=code)
    return checkout.place_order(hold_id=held.pk, token=held.token, buyer=buyer)


def rows_of(answer: Any) -> list[list[str]]:
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_nora_makes_a_code_watches_it_changes_it_and_stops_it(nora: Visitor, event: Event) -> None:
    asked = words_of(nora.get("/portal/codes/new/"))
    assert "Hafen Nacht" in asked
    assert "All events in EUR, those to come too" in asked
    address = f"/portal/codes/new/?event={event.pk}"
    kind = world.kind_of(event, STANDARD)

    made = nora.post(address, {**OFF, "code": "Spring-24", "most_uses": "2", "ticket_types": [str(kind.pk)]})

    code = PromoCode.objects.get()
    assert (made.status_code, made["Location"]) == (302, f"/portal/codes/{code.pk}/")
    assert (code.code, code.key, code.value, code.most_uses, code.event_id) == (
        "Spring-24",
        "SPRING24",
        1000,
        2,
        event.pk,
    )
    assert (code.ticket_types, code.currency, Place.objects.filter(pool__code=code).count()) == ([kind.pk], "EUR", 2)
    order(event, "spring 24", quantity=2)
    page = words_of(nora.get(f"/portal/codes/{code.pk}/"))
    assert "10% off · Hafen Nacht" in page
    assert "In baskets and unpaid orders 1" in page
    assert f"/events/{event.slug}/?code=Spring-24" in page

    changed = {"effect": "per_ticket", "amount": "5,00", "most_uses": "1", "ticket_types": []}
    assert nora.post(f"/portal/codes/{code.pk}/", changed)["Location"] == f"/portal/codes/{code.pk}/"
    code.refresh_from_db()
    assert (code.effect, code.value, code.most_uses, code.ticket_types, code.is_combinable) == (
        "per_ticket",
        500,
        1,
        [],
        False,
    )
    nora.post(f"/portal/codes/{code.pk}/stop/")
    assert "Stopped" in words_of(nora.get("/portal/codes/"))
    nora.post(f"/portal/codes/{code.pk}/stop/", {"resume": "1"})
    code.refresh_from_db()
    assert code.stopped_at is None
    verbs = AuditEntry.objects.filter(target_id=str(code.pk)).order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["add_code", "change_code", "stop_code", "resume_code"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({**OFF, "code": "ab"}, "A code is 3 to 40 letters and digits, with dashes if you like."),
        ({**OFF, "code": "taken"}, "There is a code like this already."),
        ({"code": "NEW", "effect": "percent"}, "Say how much, for instance 10."),
        ({"code": "NEW", "effect": "per_order", "amount": "x"}, "Enter an amount like 5."),
        ({"code": "NEW", "effect": "n_for_m", "buy": "2", "pay": "3"}, "Fewer are paid than bought"),
        ({"code": "NEW", "effect": "nothing"}, "Say what the code gives"),
        ({**OFF, "code": "NEW", "least_tickets": "5", "most_tickets": "2"}, "At most cannot be fewer than at least."),
        (
            {**OFF, "code": "NEW", "starts_at": "2027-02-02T10:00", "ends_at": "2027-02-01T10:00"},
            "It ends before it begins.",
        ),
        ({**OFF, "code": "NEW", "budget": "0"}, "Enter an amount above 0."),
    ],
)
def test_what_makes_no_code_is_refused_beside_its_field(
    nora: Visitor, event: Event, typed: dict[str, str], words: str
) -> None:
    create_code(typed="TAKEN", actor=world.SYSTEM, event_id=event.pk, effect="percent", value=1)
    answer = nora.post(f"/portal/codes/new/?event={event.pk}", typed)
    assert answer.status_code == 422
    assert words in words_of(answer)
    assert PromoCode.objects.count() == 1


def test_a_code_for_all_events_of_a_currency(nora: Visitor, event: Event) -> None:
    assert nora.post("/portal/codes/new/?currency=EUR", {**OFF, "code": "FRIENDS", "per_buyer": "1"}).status_code == 302
    code = PromoCode.objects.get()
    assert (code.event_id, code.currency, code.per_buyer, code.most_uses) == (None, "EUR", 1, None)
    assert nora.get("/portal/codes/new/?event=nonsense").status_code == 404


def test_many_codes_are_made_mailed_and_followed(nora: Visitor, event: Event) -> None:
    typed = {**OFF, "percent": "100", "name": "Members", "number": "3", "begins_with": "mbr"}
    made = nora.post(f"/portal/codes/batches/new/?event={event.pk}", typed)

    batch = CodeBatch.objects.get()
    assert made["Location"] == f"/portal/codes/batches/{batch.pk}/"
    codes = list(batch.codes.order_by("key"))
    assert len({code.key for code in codes}) == 3
    assert all(re.fullmatch(f"MBR-[{LETTERS}]{{10}}", code.code) and code.most_uses == 1 for code in codes)
    file = rows_of(nora.get(f"/portal/codes/batches/{batch.pk}/codes.csv"))
    assert file[0] == ["code", "link", "recipient", "paid_orders"]
    assert file[1] == [codes[0].code, code_url(codes[0]), "", "0"]

    address = f"/portal/codes/batches/{batch.pk}/mails/"
    mail = {"addresses": "e-mail\nAnn@example.com, Ann\nben@example.com\nann@EXAMPLE.com", "words": "Thank you!"}
    refused = nora.post(address, mail)
    assert "Only write to people who have agreed to it." in words_of(refused)
    assert (refused.status_code, CodeRecipient.objects.count()) == (422, 0)

    assert nora.post(address, {**mail, "has_consent": "on"}).status_code == 302
    drain()
    drain()
    sent = EmailMessage.objects.filter(key__startswith="code:").order_by("to")
    assert [one.to for one in sent] == ["ann@example.com", "ben@example.com"]
    ann = CodeRecipient.objects.get(email="ann@example.com").code
    assert "Thank you!" in sent[0].text
    assert ann.code in sent[0].text
    assert f"/events/{event.slug}/?code={ann.code}" in sent[0].text
    assert "has your agreement to write to you" in sent[0].text
    again = nora.post(address, {**mail, "has_consent": "on"}, follow=True)
    assert "2 people have a code of this batch already and got no second one." in words_of(again)
    too_many = nora.post(address, {"addresses": "c@example.com\nd@example.com", "has_consent": "on"})
    assert "1 codes of this batch are left, for 2 addresses." in words_of(too_many)
    assert CodeRecipient.objects.count() == 2

    assert order(event, ann.code, buyer=replace(BEA, email="ann@example.com")).is_paid
    page = words_of(nora.get(f"/portal/codes/batches/{batch.pk}/"))
    assert f"{ann.code} ann@example.com Paid" in page
    assert "3 codes, 2 mailed" in page
    assert "Given away €24.00" in page
    nora.post(f"/portal/codes/batches/{batch.pk}/stop/")
    assert batch.codes.filter(stopped_at=None).count() == 0
    assert breaches() == {}


def test_an_organizers_own_codes_are_imported_all_or_none(nora: Visitor, event: Event) -> None:
    address = f"/portal/codes/batches/new/?event={event.pk}"
    typed = {**OFF, "name": "Printed", "number": ""}
    for own, words in (
        ("ABC-1\nabc1", "Some of these codes are the same."),
        ("ABC-1\nx", "A code is 3 to 40 letters and digits"),
        ("", "Say how many codes to make, or enter your own."),
    ):
        answer = nora.post(address, {**typed, "own": own})
        assert (answer.status_code, PromoCode.objects.count()) == (422, 0)
        assert words in words_of(answer)

    assert nora.post(address, {**typed, "own": "code;name\nABC-1;Ann\nABC-2;Ben"}).status_code == 302
    assert sorted(PromoCode.objects.values_list("code", flat=True)) == ["ABC-1", "ABC-2"]


def test_what_was_given_away_is_a_file(nora: Visitor, event: Event) -> None:
    create_code(typed="HALF", actor=world.SYSTEM, event_id=event.pk, effect="percent", value=5000)
    placed = order(event, "HALF", quantity=2)
    header, row = rows_of(nora.get("/portal/codes/given.csv"))
    assert header[:5] == ["code", "batch", "recipient", "order", "state"]
    assert row[:5] == ["HALF", "", "", placed.number, "pending"]
    assert row[6:] == ["Hafen Nacht", "24.00", "25.60", "EUR"]  # 2 * (12.00 + 0.80)


def test_discounts_without_a_code_are_set_up_on_the_event(nora: Visitor, event: Event) -> None:
    address = f"/portal/events/{event.pk}/discounts/"
    typed = {"name": "Three for two", "effect": "n_for_m", "buy": "3", "pay": "2", "is_combinable": "on"}
    assert nora.post(f"{address}new/", typed)["Location"] == address
    found = AutomaticDiscount.objects.get()
    assert (found.effect, found.buy, found.pay, found.value) == ("n_for_m", 3, 2, 0)
    assert "Three for two 3 for the price of 2" in words_of(nora.get(address))
    assert 'value="3"' in text(nora.get(f"{address}{found.pk}/"))
    wrong = nora.post(f"{address}{found.pk}/", {**typed, "pay": "4"})
    assert wrong.status_code == 422
    nora.post(f"{address}{found.pk}/", {**typed, "name": "Group", "effect": "percent", "percent": "7.5"})
    found.refresh_from_db()
    assert (found.name, found.value, found.buy) == ("Group", 750, 0)
    nora.post(f"{address}{found.pk}/removal/")
    assert not AutomaticDiscount.objects.exists()


def test_door_staff_see_no_codes_and_finance_sees_what_they_cost(
    dora: Visitor, colleague: Colleague, event: Event
) -> None:
    code = create_code(typed="HALF", actor=world.SYSTEM, event_id=event.pk, effect="percent", value=5000)
    finance = colleague(Membership.Role.FINANCE)
    assert (dora.get("/portal/codes/").status_code, finance.get("/portal/codes/").status_code) == (403, 200)
    assert finance.post(f"/portal/codes/{code.pk}/stop/").status_code == 403
    code.refresh_from_db()
    assert code.stopped_at is None


def test_the_other_organizer_reaches_none_of_it(
    nora: Visitor, charlie: Visitor, event: Event, southside: House
) -> None:
    with tenant_context(southside.organizer):
        world.let_charge(southside)
        theirs = world.make_event("Southern Lights")
        code = create_code(typed="SOUTH", actor=world.SYSTEM, event_id=theirs.pk, effect="percent", value=1000)
        batch = create_batch(
            name="South", number=1, prefix="", actor=world.SYSTEM, event_id=theirs.pk, effect="percent", value=1000
        )[0].batch
    assert batch is not None
    for path in (
        *(
            f"/portal/codes/{code.pk}/",
            f"/portal/codes/batches/{batch.pk}/",
            f"/portal/codes/batches/{batch.pk}/codes.csv",
        ),
        *(f"/portal/codes/new/?event={theirs.pk}", f"/portal/events/{theirs.pk}/discounts/"),
    ):
        assert nora.get(path).status_code == 404, path
    for path in (
        *(f"/portal/codes/{code.pk}/stop/", f"/portal/codes/batches/{batch.pk}/stop/"),
        f"/portal/events/{theirs.pk}/discounts/new/",
    ):
        assert nora.post(path, {"name": "x"}).status_code == 404, path
    assert charlie.get("/portal/codes/").status_code == 403
    assert "SOUTH" not in words_of(nora.get("/portal/codes/"))
    with tenant_context(southside.organizer):
        assert not PromoCode.objects.exclude(stopped_at=None).exists()
