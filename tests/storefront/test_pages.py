"""The buyers' pages with plain forms, as a browser without script sends them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.actions import SYSTEM
from events.actions import stop_sales
from inventory.models import Hold
from orders.models import Order
from outbox.models import OutboxMessage
from payments.actions import disconnect_account, keep_account_facts
from payments.gateway import AccountFacts
from tests import world
from tests.staff import Visitor, text


class Shop(Client):
    """A browser without script on an organizer's host. A request leaves the organizer; the test stays in it."""

    def __init__(self, house: world.House) -> None:
        super().__init__(HTTP_HOST=house.host)
        self.house = house

    def request(self, **request: Any) -> Any:
        answer = super().request(**request)
        connection.set_tenant(self.house.organizer)
        return answer


@pytest.fixture
def shop(northside: world.House) -> Shop:
    """Northside's host, entered; it may take payments, but no page here asks the provider."""
    facts = AccountFacts(
        id="acct_pages", charges_enabled=True, payouts_enabled=True, requirements=(), disabled_reason=""
    )
    keep_account_facts(organizer=northside.organizer, facts=facts, actor=SYSTEM)
    return Shop(northside)


def choose(shop: Shop, event: Any, **wanted: int) -> Any:
    """Send the event page's form; the answer."""
    fields: dict[str, Any] = {"performance_id": str(world.the_performance(event).pk)}
    fields |= {f"quantity-{world.kind_of(event, name).pk}": quantity for name, quantity in wanted.items()}
    return shop.post(f"/events/{event.slug}/holds/", fields)


def test_while_no_card_can_be_charged_only_what_is_free_is_on_sale(shop: Shop) -> None:
    event = world.make_event("Lantern Walk", kinds=(("Standard", 2400, 10), ("Child", 0, 5)))
    disconnect_account(account_id="acct_pages")

    rows = shop.get(f"/events/{event.slug}/").context["rows"]
    offers = [row["offer"] for row in rows]
    assert {offer.ticket_type.name: offer.status for offer in offers} == {"Standard": "not_on_sale", "Child": "on_sale"}
    refused = choose(shop, event, Standard=1)
    assert refused.status_code == 422
    assert "the organizer cannot take payments" in refused.content.decode()
    assert Hold.objects.count() == 0


def test_the_list_shows_the_lowest_price_with_fees(shop: Shop) -> None:
    world.make_event("Lantern Walk", kinds=(("Standard", 2400, 10), ("VIP", 6000, 5), ("Child", 0, 5)))

    page = shop.get("/").content.decode()

    assert "Lantern Walk" in page
    assert "from €25.10" in page
    assert "incl. fees" in page


def test_the_list_says_few_left_once_that_is_so_of_everything_on_sale(shop: Shop) -> None:
    event = world.make_event("Lantern Walk", kinds=(("Standard", 2400, 20), ("Child", 0, 20)))

    world.hold(event, Child=10)
    world.hold(event, Child=9)
    world.hold(event, Standard=10)
    world.hold(event, Standard=8)
    assert "Few left" not in shop.get("/").content.decode()  # two of twenty are a tenth

    world.hold(event, Standard=1)
    assert "Few left" in shop.get("/").content.decode()


def test_the_list_says_so_when_nothing_is_on(shop: Shop) -> None:
    assert "No upcoming events" in shop.get("/").content.decode()


def test_the_event_page_itemises_the_fee(shop: Shop) -> None:
    event = world.make_event()

    page = shop.get(f"/events/{event.slug}/").content.decode()

    assert "€25.10" in page
    assert "Ticket €24.00 + service fee €1.10" in page
    assert "Free" in page


def test_a_draft_is_not_found(shop: Shop) -> None:
    event = world.make_event(is_published=False)

    assert shop.get(f"/events/{event.slug}/").status_code == 404


def test_a_free_order_needs_no_script(shop: Shop) -> None:
    event = world.make_event()

    checkout = choose(shop, event, **{"Guest list": 2})
    page = shop.get(checkout["Location"]).content.decode()
    order = shop.post(
        checkout["Location"], {"email": "bea@example.com", "name": "Bea Buyer", "consents": ["terms"]}, follow=True
    )

    assert "Held until" in page
    assert "You&#x27;re going" in order.content.decode() or "You're going" in order.content.decode()
    assert Order.objects.get(email="bea@example.com").state == "paid"
    assert len(re.findall(r"/tickets/\d+\.png", order.content.decode())) == 2


def test_more_than_there_are_holds_nothing_and_says_so(shop: Shop) -> None:
    event = world.make_event(kinds=(("Standard", 2400, 3),))

    answer = choose(shop, event, Standard=4)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert f'value="{4}"' in answer.content.decode()  # what was chosen is still there
    assert not Hold.objects.exists()


def test_choosing_nothing_is_refused_in_words(shop: Shop) -> None:
    event = world.make_event()

    answer = choose(shop, event)

    assert answer.status_code == 422
    assert "Choose at least one ticket." in answer.content.decode()


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("email", "Enter an e-mail address like name@example.com."),
        ("name", "Enter your name, up to 120 characters."),
        ("consents", "Tick the terms of sale to go on."),
    ],
)
def test_a_missing_detail_is_named_above_and_beside_its_field(shop: Shop, missing: str, words: str) -> None:
    held = world.hold(world.make_event(), Standard=1)
    typed = {"email": "bea@example.com", "name": "Bea Buyer", "consents": ["terms"]}
    del typed[missing]

    answer = shop.post(f"/checkout/{held.pk}/{held.token}/", typed)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#field-{missing}"' in page
    assert f'id="field-{missing}-error"' in page
    assert page.count(words) >= 2
    assert not Order.objects.exists()


def test_an_ended_hold_says_so_and_offers_the_same_again(shop: Shop) -> None:
    held = world.hold(world.make_event(), Standard=2)
    past = timezone.now() - timedelta(minutes=1)
    Hold.objects.filter(pk=held.pk).update(expires_at=past)

    page = shop.get(f"/checkout/{held.pk}/{held.token}/").content.decode()

    assert "Your hold ended at" in page
    assert "charged" in page
    assert 'value="2"' in page


def test_a_wrong_token_is_not_found_and_names_nothing(shop: Shop) -> None:
    event = world.make_event("Secret Supper")
    held = world.hold(event, Standard=1)

    answer = shop.get(f"/checkout/{held.pk}/wrong/")

    assert answer.status_code == 404
    assert "Secret Supper" not in answer.content.decode()


def test_a_secret_page_is_neither_kept_nor_told_to_others(shop: Shop) -> None:
    order = world.place_order(world.make_event(), **{"Guest list": 1})

    answer = shop.get(f"/orders/{order.number}/{order.token}/")

    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "same-origin"


def test_find_my_order_answers_the_same_whether_there_is_one(shop: Shop) -> None:
    world.place_order(world.make_event(), **{"Guest list": 1})

    known = shop.post("/orders/", {"email": world.BEA.email}, follow=True)
    unknown = shop.post("/orders/", {"email": "nobody@example.com"}, follow=True)

    assert known.content == unknown.content
    assert "Check your inbox" in known.content.decode()


def test_a_form_of_another_site_is_refused(shop: Shop) -> None:
    event = world.make_event()

    answer = shop.post(f"/events/{event.slug}/holds/", {}, HTTP_ORIGIN="https://evil.example")

    assert answer.status_code == 403
    assert not Hold.objects.exists()


def test_another_house_shows_nothing_of_this_one(shop: Shop, southside: world.House) -> None:
    event = world.make_event("Northern Canary")

    there = Shop(southside)

    assert "Northern Canary" not in there.get("/").content.decode()
    assert there.get(f"/events/{event.slug}/").status_code == 404


def test_the_page_that_waits_for_the_bank_goes_on_asking_until_there_is_news(shop: Shop) -> None:
    waiting = world.place_order(world.make_event(), Standard=1)
    done = world.place_order(world.make_event(), **{"Guest list": 1})

    still = shop.get(f"/orders/{waiting.number}/{waiting.token}/status/?confirming=1")
    news = shop.get(f"/orders/{done.number}/{done.token}/status/?confirming=1")

    assert "HX-Redirect" not in still
    assert "/status/?confirming=1" in still.content.decode()
    assert news["HX-Redirect"] == f"/orders/{done.number}/{done.token}/"


def test_after_half_a_minute_the_page_promises_the_email(shop: Shop) -> None:
    waiting = world.place_order(world.make_event(), Standard=1)

    page = shop.get(f"/orders/{waiting.number}/{waiting.token}/status/?confirming=1&slow=1").content.decode()

    assert "bea@example.com" in page
    assert "You can close this page" in page


# --- Mails that anyone may ask for ----------------------------------------------------------------------------------------------


@pytest.fixture
def nothing_asked_yet() -> Iterator[None]:
    """No mail was asked for in this window, which has nine minutes to go."""
    caches["default"].clear()
    with patch("ui.limits.time.time", return_value=1_200_000_060.0):
        yield


def asked_mails() -> int:
    return OutboxMessage.objects.filter(kind__in=["mail_my_orders", "mail_tickets"]).count()


@pytest.mark.parametrize("email", ["bea@example.com", "nobody@example.com"])
def test_the_fourth_question_for_the_same_orders_has_to_wait_whoever_it_is(
    shop: Shop, nothing_asked_yet: None, email: str
) -> None:
    world.place_order(world.make_event(), **{"Guest list": 1})
    before = asked_mails()
    for _number in range(3):
        assert shop.post("/orders/", {"email": email})["Location"] == "/orders/?sent=1"

    answer = shop.post("/orders/", {"email": email})

    assert answer.status_code == 429
    assert answer["Retry-After"] == "541"
    assert "This was asked for several times just now." in answer.content.decode()
    assert asked_mails() == before + 3


def test_one_network_cannot_ask_for_address_after_address(shop: Shop, nothing_asked_yet: None) -> None:
    for number in range(30):
        assert shop.post("/orders/", {"email": f"guess{number}@example.com"}).status_code == 302

    assert shop.post("/orders/", {"email": "guess30@example.com"}).status_code == 429
    assert shop.post("/orders/", {"email": "guess30@example.com"}, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_tickets_are_sent_again_three_times_then_the_page_says_wait(shop: Shop, nothing_asked_yet: None) -> None:
    order = world.place_order(world.make_event(), **{"Guest list": 1})
    address, before = f"/orders/{order.number}/{order.token}/emails/", asked_mails()
    for _number in range(3):
        assert shop.post(address).status_code == 302

    answer = shop.post(address)

    assert answer.status_code == 429
    assert answer["Retry-After"] == "541"
    assert "This was asked for several times just now." in answer.content.decode()
    assert asked_mails() == before + 3


def test_who_has_enough_is_told_beside_the_address_and_keeps_the_hold(northside: world.House) -> None:
    event = world.make_event(kinds=(("Guest", 0, 10),))
    event.ticket_types.update(max_per_person=2)
    world.place_order(event, Guest=2)
    hold = world.hold(event, Guest=1)
    visitor = Visitor(northside.host)

    assert "At most 2 per person" in text(visitor.get(f"/events/{event.slug}/"))
    answer = visitor.post(
        f"/checkout/{hold.pk}/{hold.token}/", {"name": "Bea", "email": world.BEA.email, "consents": ["terms"]}
    )

    assert answer.status_code == 422
    assert "At most 2 of “Guest” per person for this date, over all orders." in text(answer)
    assert 'href="#field-email"' in text(answer)
    assert hold.places.filter(state="held").count() == 1


# --- Words for what is free ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ((("Guest", 0, 5),), "while you say who they are for. There is nothing to pay."),
        ((("Guest", 0, 5), ("Standard", 2400, 5)), "What costs something you pay on the next page."),
        ((("Standard", 2400, 5),), "held for 10 minutes. You pay on the next page."),
    ],
)
def test_the_event_page_says_what_comes_next(shop: Shop, kinds: Any, words: str) -> None:
    event = world.make_event(kinds=kinds)

    assert words in shop.get(f"/events/{event.slug}/").content.decode()


def test_nobody_reads_of_zero_euros(shop: Shop) -> None:
    event = world.make_event(kinds=(("Guest", 0, 5),))
    checkout = choose(shop, event, Guest=2)["Location"]

    page = shop.get(checkout).content.decode()
    order = shop.post(checkout, {"email": "bea@example.com", "name": "Bea", "consents": ["terms"]}, follow=True)

    for html in (page, order.content.decode()):
        assert "0.00" not in html
        assert "Free" in html


def test_a_free_hold_that_ended_speaks_of_no_charge(shop: Shop) -> None:
    with world.an_hour_ago():
        held = world.hold(world.make_event(kinds=(("Guest", 0, 5),)), Guest=1)

    page = shop.get(f"/checkout/{held.pk}/{held.token}/").content.decode()

    assert "The tickets went back." in page
    assert "charged" not in page


def test_a_stopped_sale_says_that_it_is_paused_and_offers_nothing(northside: world.House) -> None:
    event = world.make_event(kinds=(("Guest", 0, 10),))
    stop_sales(performance_id=world.the_performance(event).pk, reason="It does not add up", actor=SYSTEM)

    page = text(Visitor(northside.host).get(f"/events/{event.slug}/"))

    assert "Sales for this date are paused" in page
    assert "Not on sale" in page
    assert "It does not add up" not in page
    assert 'name="quantity-' not in page


def test_who_goes_back_to_the_event_frees_what_was_held_at_once(shop: Shop) -> None:
    event = world.make_event(kinds=((world.STANDARD, 2400, 5),))
    checkout_page = choose(shop, event, **{world.STANDARD: 2})["Location"]
    page = shop.get(checkout_page).content.decode()
    [header, _foot] = re.findall(r'<form method="post" action="([^"]+/release/)">', page)

    answer = shop.post(header)

    assert answer["Location"] == f"/events/{event.slug}/"
    assert Hold.objects.get().state == "released"
    assert world.the_performance(event).pools.get().places.filter(state="free").count() == 5
    ended = shop.get(checkout_page).content.decode()
    assert "/release/" not in ended


def test_apple_asks_each_host_for_stripes_file(shop: Shop, settings: Any) -> None:
    address = "/.well-known/apple-developer-merchantid-domain-association"
    assert shop.get(address).status_code == 404

    settings.APPLE_PAY_ASSOCIATION = "7B2276657273696F6E"
    answer = shop.get(address)
    assert (answer.status_code, answer.content) == (200, b"7B2276657273696F6E")
    assert answer["Content-Type"] == "text/plain"
