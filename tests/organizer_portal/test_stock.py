"""Nora sees that her stock is proved; when it is not, sales are stopped, and she resumes them with a reason."""

import re

import pytest
from django.db import connection

from analytics.actions import prove_stock
from analytics.models import StockProof
from audit.models import AuditEntry
from events.models import Event
from inventory.models import StockEntry
from people.models import Membership
from tests import world
from tests.organizer_portal.conftest import Colleague
from tests.staff import Visitor, text
from tests.world import FREE


@pytest.fixture
def event(northside: world.House) -> Event:
    event = world.make_event("Night Out", kinds=((FREE, 0, 5),))
    world.place_order(event, **{FREE: 2})
    return event


def words_of(answer: object) -> str:
    return " ".join(re.sub("<[^>]+>", " ", text(answer)).split())


def lose_a_sale_from_the_journal() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inventory_stockentry DISABLE TRIGGER append_only")
        StockEntry.objects.filter(pk=StockEntry.objects.filter(kind="sale").order_by("pk")[0].pk).delete()
        cursor.execute("ALTER TABLE inventory_stockentry ENABLE TRIGGER append_only")


def resumption(event: Event) -> str:
    return f"/portal/events/{event.pk}/dates/{world.the_performance(event).pk}/resumption/"


def test_the_page_shows_three_numbers_that_match(nora: Visitor, event: Event) -> None:
    page = f"/portal/events/{event.pk}/"
    assert "Not compared yet" in words_of(nora.get(page))

    answer = nora.post(f"{page}proofs/", follow=True)

    words = words_of(answer)
    assert "Stock proved: journal, places and tickets say the same." in words
    assert "Sold by the journal 2 Sold by the places 2 Sold by the tickets 2" in words
    assert "5 places; held: 0 by the places, 0 by the journal" in words
    assert StockProof.objects.get().actor.startswith("user:")


def test_a_difference_is_red_on_every_page_and_says_what_to_do(nora: Visitor, event: Event) -> None:
    lose_a_sale_from_the_journal()

    words = words_of(nora.post(f"/portal/events/{event.pk}/proofs/", follow=True))

    assert "Sales of this date are stopped" in words
    assert "Sold by the journal 1 Sold by the places 2 Sold by the tickets 2" in words
    assert "“Held” in the journal, “Sold” as the place itself says" in words
    assert f"Order {event.orders.get().number}" in words
    assert "Sales are stopped: Night Out" in words_of(nora.get("/portal/orders/"))


def test_sales_go_on_with_a_reason(nora: Visitor, event: Event) -> None:
    lose_a_sale_from_the_journal()
    prove_stock(performance_id=world.the_performance(event).pk)

    refused = nora.post(resumption(event), {"reason": " "})
    assert refused.status_code == 422
    assert "Sales of this date are stopped" in words_of(refused)
    assert world.the_performance(event).is_stopped

    resumed = nora.post(resumption(event), {"reason": "A test on Monday"}, follow=True)

    assert "Sales go on." in words_of(resumed)
    assert not world.the_performance(event).is_stopped
    assert AuditEntry.objects.get(verb="resume_sales").detail["reason"] == "A test on Monday"
    world.hold(event, **{FREE: 1})


def test_who_only_sees_sales_may_neither_compare_nor_resume(event: Event, colleague: Colleague) -> None:
    finance = colleague(Membership.Role.FINANCE)

    assert finance.post(f"/portal/events/{event.pk}/proofs/").status_code == 403
    assert finance.post(resumption(event), {"reason": "I say so"}).status_code == 403
    assert "Compare now" not in words_of(finance.get(f"/portal/events/{event.pk}/"))
    assert StockProof.objects.count() == 0


def test_an_address_of_another_event_resumes_nothing(nora: Visitor, event: Event) -> None:
    other = world.make_event("Other", kinds=((FREE, 0, 5),))
    mixed = f"/portal/events/{other.pk}/dates/{world.the_performance(event).pk}/resumption/"

    assert nora.post(mixed, {"reason": "Mixed up"}).status_code == 404


def test_charlie_of_the_other_organizer_gets_nowhere(charlie: Visitor, event: Event) -> None:
    assert charlie.post(f"/portal/events/{event.pk}/proofs/").status_code == 403
    assert charlie.post(resumption(event), {"reason": "Mine now"}).status_code == 403
    assert StockProof.objects.count() == 0
