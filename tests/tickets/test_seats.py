"""Whoever has a seat reads it wherever the ticket is: on paper, in the calendar, in the mail, at the door, in the API."""

import re

import pytest

from checkout.letters import mail_my_orders, mail_tickets
from notifications.models import EmailMessage
from tests import seated, world
from tests.api.caller import Api, given
from tests.scanning.door import phone_at
from tests.staff import Visitor, text
from tests.tickets.test_pdf import text_of
from tickets.calendar import calendar_of_order
from tickets.pdf import render_tickets
from tickets.queries import tickets_of_order

WORDS = "Stalls, row B, seat 3"
SEAT = 12


@pytest.fixture
def order(northside: world.House):
    event = seated.seated_event()
    event.performances.update(doors_at=world.timezone.now())
    return seated.order_seats(event, SEAT)


def test_on_paper_the_seat_is_big_and_says_where_to_go_in(order):
    text = text_of(render_tickets(order))

    assert re.search(r"Section Row Seat.*Stalls B 3.*Entrance: Door A", text)


def test_who_stands_reads_the_area(order):
    standing = world.place_order(order.event, Standing=1)

    assert re.search(r"Area.*Floor.*Entrance: Door C", text_of(render_tickets(standing)))


def test_before_paying_the_page_says_which_seats_are_held(northside):
    event = seated.seated_event(title="Othello")
    held = seated.hold_seats(event, SEAT, SEAT + 1)

    page = text(Visitor(northside.host).get(f"/checkout/{held.pk}/{held.token}/"))

    assert page.count(WORDS) == 2  # on a phone in a fold, on a desk beside the form
    assert page.count("Stalls, row B, seat 4") == 2


def test_in_the_calendar(order):
    unfolded = calendar_of_order(order, url="https://x.example/o").replace("\r\n ", "")

    assert "DESCRIPTION:Stalls\\, row B\\, seat 3 (Door A)\\nhttps://x.example/o\r\n" in unfolded


def test_in_the_mails(order, media):
    mail_tickets(order_id=order.pk)
    mail_my_orders(email=order.email, asked="1")

    tickets, found = EmailMessage.objects.order_by("pk")
    assert f"{WORDS} (Door A)" in tickets.text
    assert WORDS in tickets.html
    assert WORDS in found.text
    assert WORDS in found.html


def test_on_the_orders_page_in_words_and_on_a_picture(northside, order):
    page = text(Visitor(northside.host).get(f"/orders/{order.number}/{order.token}/"))

    assert f'<p class="mt-1 font-semibold">{WORDS}</p>' in page
    assert page.count("seat-overview-mark") == 1
    assert f'aria-label="{WORDS}"' in page


def test_at_the_door(northside, order):
    phone = phone_at(northside, order.event)
    (ticket,) = tickets_of_order(order.pk)

    answer = phone.scan(ticket)

    assert answer["detail"] == f"{WORDS} · Stalls · Bea Buyer"
    assert (answer["ticket"]["seat"], answer["ticket"]["entrance"]) == (WORDS, "Door A")


def test_in_the_api(northside, order):
    api = Api(northside.host)
    seat = {
        "section": "Stalls",
        "row": "B",
        "label": "3",
        "is_at_table": False,
        "entrance": "Door A",
        "words": WORDS,
    }

    (ticket,) = given(api.get(f"/orders/{order.number}/tickets", token=order.token))["items"]
    (position,) = given(api.get(f"/orders/{order.number}", token=order.token))["positions"]

    assert ticket["seat"] == seat
    assert position["seat"] == seat
