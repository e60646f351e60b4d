"""The staff map without a script: who sits where, places set aside and given back, tickets moved, the list as a file."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.invariants import breaches
from audit.actions import SYSTEM
from inventory.blocks import Purpose, block_seats
from inventory.models import Block, Place
from people.models import Membership
from tests import seated, world
from tests.organizer_portal.conftest import Colleague
from tests.scanning.door import phone_at
from tests.staff import Visitor, text
from tests.world import FREE
from tickets.queries import tickets_of_order

A1, A2, B1 = 0, 1, 10
CY = world.checkout.Buyer(name="=cmd|x", email="cy@example.com", consents=frozenset({"terms"}))
PRESS = {"owner": "Press", "color": "#b45309"}


@pytest.fixture
def hamlet(northside: world.House):
    return seated.seated_event()


def page_of(event, rest="seats/"):
    return f"/portal/events/{event.pk}/dates/{world.the_performance(event).pk}/{rest}"


def words_of(answer):
    return " ".join(re.sub("<[^>]+>", " ", text(answer)).split())


def states(event):
    found = Place.objects.filter(pool__performance__event=event, seat__isnull=False).exclude(state="free")
    return dict(found.values_list("seat__seat_index", "state"))


def test_the_page_says_how_it_stands_and_finds_people(nora: Visitor, hamlet):
    order = seated.order_seats(hamlet, A1, A2)
    seated.hold_seats(hamlet, B1)
    performance = world.the_performance(hamlet)
    purpose = Purpose("press", reason="Opening night", note="Ask Pia")
    block_seats(performance_id=performance.pk, seats=[12, 13], purpose=purpose, actor=SYSTEM)
    code = tickets_of_order(order.pk)[1].short_code

    words = words_of(nora.get(page_of(hamlet)))

    assert "Stalls 2 1 2 25 €0.00" in words
    assert "Standing 0 0 0 20 €0.00" in words
    assert "press 2 places Opening night Ask Pia Until somebody releases it" in words
    for asked in ("bea", "BEA@example.com", order.number, code, f"{code[:4]} {code[4:]}", "row a, seat 2"):
        found = words_of(nora.get(page_of(hamlet), {"q": asked}))
        assert f"Stalls, row A, seat 2 Bea Buyer bea@example.com Stalls {order.number}" in found, asked
    assert "Nobody with a seat matches “zoe”." in words_of(nora.get(page_of(hamlet), {"q": "zoe"}))


def test_the_scripts_data_has_names_is_never_stored_and_is_asked_for_once(nora: Visitor, northside, hamlet):
    order = seated.order_seats(hamlet, A2)
    hamlet.performances.update(doors_at=timezone.now())
    answer = nora.get(page_of(hamlet, "seats.json"))

    data = answer.json()
    assert answer["Cache-Control"] == "no-store"
    assert data["states"] == [[0, 1], [2, 1], [0, 34]]
    (sold,) = data["sold"]
    (ticket,) = tickets_of_order(order.pk)
    assert sold == {
        "seat": A2,
        "position": str(ticket.position_id),
        "order": order.number,
        "name": "Bea Buyer",
        "email": "bea@example.com",
        "type": "Stalls",
        "price": "Free",
        "code": ticket.short_code,
        "isPaid": True,
        "isEntered": False,
    }
    assert nora.get(page_of(hamlet, "seats.json"), {"have": data["cursor"]}).status_code == 204
    phone_at(northside, hamlet).scan(ticket)
    again = nora.get(page_of(hamlet, "seats.json"), {"have": data["cursor"]}).json()
    assert again["sold"][0]["isEntered"] is True


def test_seats_are_blocked_in_words_and_released(nora: Visitor, hamlet):
    day = (timezone.localtime() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    posted = {**PRESS, "section": "Stalls", "row": "a", "seats": "1-3, 10", "release_at": day, "note": "Ask Pia"}

    answer = nora.post(page_of(hamlet, "blocks/"), posted, follow=True)

    assert "4 places are blocked for “Press”." in words_of(answer)
    assert states(hamlet) == dict.fromkeys((0, 1, 2, 9), "blocked")
    block = Block.objects.get()
    assert block.release_at.astimezone(timezone.zoneinfo.ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%dT%H:%M") == day
    some = nora.post(page_of(hamlet, f"blocks/{block.pk}/releases/"), {"indexes": "0,1"}, follow=True)
    assert "2 places are on sale again." in words_of(some)
    for junk in ("9" * 5000, "2,²", "2,x", ","):
        refused = nora.post(page_of(hamlet, f"blocks/{block.pk}/releases/"), {"indexes": junk}, follow=True)
        assert "Choose the seats again." in words_of(refused)
        program = nora.post(
            page_of(hamlet, f"blocks/{block.pk}/releases/"), {"indexes": junk}, headers={"accept": "application/json"}
        )
        assert (program.status_code, program.json()["code"]) == (422, "block_invalid")
    assert states(hamlet) == dict.fromkeys((2, 9), "blocked")
    nora.post(page_of(hamlet, f"blocks/{block.pk}/releases/"))
    assert states(hamlet) == {}
    assert breaches() == {}


def test_a_whole_row_the_maps_seats_and_any_of_a_quota(nora: Visitor, hamlet):
    nora.post(page_of(hamlet, "blocks/"), {**PRESS, "section": "Balcony", "row": "A"})
    nora.post(page_of(hamlet, "blocks/"), {**PRESS, "indexes": "10,11"})
    quota = hamlet.quotas.get(name="Standing")
    nora.post(page_of(hamlet, "blocks/"), {**PRESS, "quota": quota.pk, "quantity": 7})

    assert states(hamlet) == dict.fromkeys((10, 11, *range(30, 36)), "blocked")
    assert Place.objects.filter(pool__quota=quota, state="blocked").count() == 7


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({**PRESS}, "Choose what to block."),
        ({**PRESS, "section": "Stalls", "row": "Z"}, "This section has no row or table “Z”."),
        ({**PRESS, "section": "Stalls", "row": "A", "seats": "9-11"}, "Row A has no seat “11”."),
        ({**PRESS, "section": "Stalls", "row": "A", "owner": ""}, "For whom is missing"),
        ({**PRESS, "section": "Stalls", "row": "A", "release_at": "2020-01-01T10:00"}, "over already"),
        ({**PRESS, "section": "Stalls", "row": "A", "release_at": "9999-12-31T23:30"}, "of these years"),
        ({**PRESS, "section": "Stalls", "row": "A", "release_at": "0001-01-01T00:30"}, "of these years"),
        ({**PRESS, "section": "Stalls", "row": "B"}, "1 of these places is held, sold or blocked"),
        ({**PRESS, "indexes": "999"}, "Choose seats that are part of this date's map."),
        ({**PRESS, "indexes": "1,x"}, "Choose the seats again."),
    ],
)
def test_what_is_refused_is_said_and_blocks_nothing(nora: Visitor, hamlet, posted, said):
    seated.hold_seats(hamlet, B1)

    answer = nora.post(page_of(hamlet, "blocks/"), posted)

    assert answer.status_code == 422
    assert said in words_of(answer).replace("&#x27;", "'")
    assert not Block.objects.exists()
    program = nora.post(page_of(hamlet, "blocks/"), posted, headers={"accept": "application/json"})
    assert program.status_code in (400, 409, 422)
    assert program.json()["detail"]


def test_a_ticket_is_moved_in_words(nora: Visitor, hamlet):
    order = seated.order_seats(hamlet, A1)
    (ticket,) = tickets_of_order(order.pk)
    page = page_of(hamlet, f"seats/{ticket.position_id}/move/")
    assert "Now Stalls, row A, seat 1" in words_of(nora.get(page))

    refused = nora.post(page, {"section": "Stalls", "row": "B", "seat": "77"})
    assert (refused.status_code, "Row B has no seat “77”." in words_of(refused)) == (422, True)
    moved = nora.post(page, {"section": "Stalls", "row": "B", "seat": "1"}, follow=True)

    assert "The ticket of Bea Buyer is for Stalls, row B, seat 1 now." in words_of(moved)
    assert states(hamlet) == {B1: "sold"}
    ticket.refresh_from_db()
    assert ticket.state == "void"


def test_another_price_is_asked_about(paying, nora: Visitor, media):
    event = seated.seated_event(prices={"stalls": 5000, "balcony": 2000})
    (ticket,) = tickets_of_order(seated.order_seats(event, A1).pk)
    page = page_of(event, f"seats/{ticket.position_id}/move/")
    where = {"section": "Balcony", "row": "A", "seat": "1"}

    asked = nora.post(page, where)
    assert "That seat costs €20.00, and €50.00 was paid." in words_of(asked)
    assert 'name="accepts_price"' in text(asked)
    nora.post(page, {**where, "accepts_price": "on"})

    assert states(event) == {30: "sold"}


def test_the_file_has_every_seat_and_no_formula(nora: Visitor, hamlet):
    order = seated.order_seats(hamlet, A1, buyer=CY)
    performance = world.the_performance(hamlet)
    block_seats(performance_id=performance.pk, seats=[A2], purpose=Purpose("@press"), actor=SYSTEM)

    answer = nora.get(page_of(hamlet, "seats.csv"))

    assert answer["Content-Disposition"] == f'attachment; filename="seats-{hamlet.slug}.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 37
    (ticket,) = tickets_of_order(order.pk)
    assert rows[1][:11] == [
        *("Stalls", "A", "1", "Stalls", "Sold", "Stalls", "'=cmd|x", "cy@example.com"),
        *(order.number, ticket.short_code, "0.00"),
    ]
    assert rows[2][4:] == ["Blocked", "", "", "", "", "", "", "", "'@press", "", ""]
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@" and cell]
    german = nora.get(page_of(hamlet, "seats.csv"), HTTP_ACCEPT_LANGUAGE="de").content.decode("utf-8-sig")
    assert [row[4] for row in csv.reader(io.StringIO(german))][:4] == ["Zustand", "Verkauft", "Gesperrt", "Frei"]


def test_an_event_without_a_map_has_its_blocks_too(nora: Visitor, northside):
    event = world.make_event(kinds=((FREE, 0, 10),))

    nora.post(page_of(event, "blocks/"), {**PRESS, "quota": event.quotas.get().pk, "quantity": 4})

    words = words_of(nora.get(page_of(event)))
    assert "Guest list 0 0 4 6 €0.00" in words
    assert "Find somebody" not in words


def test_who_may_only_look_acts_on_nothing(colleague: Colleague, hamlet):
    finance = colleague(Membership.Role.FINANCE)

    page = text(finance.get(page_of(hamlet)))

    assert "Block places" not in page
    assert "data-mode" not in page
    assert finance.post(page_of(hamlet, "blocks/"), {**PRESS, "indexes": "1"}).status_code == 403


def test_another_dates_block_and_ticket_are_not_found(nora: Visitor, hamlet):
    other = seated.seated_event(title="Macbeth")
    made = block_seats(
        performance_id=world.the_performance(other).pk, seats=[A1], purpose=Purpose("house"), actor=SYSTEM
    )
    (ticket,) = tickets_of_order(seated.order_seats(other, B1).pk)

    assert nora.post(page_of(hamlet, f"blocks/{made.pk}/releases/")).status_code == 404
    assert nora.get(page_of(hamlet, f"seats/{ticket.position_id}/move/")).status_code == 404
    assert nora.get(f"/portal/events/{hamlet.pk}/dates/{world.the_performance(other).pk}/seats.json").status_code == 404
