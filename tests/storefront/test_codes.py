"""A code at the storefront, with plain forms: applied by link or field, remembered, taken off, and not to be guessed."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import caches
from django.utils import timezone

from audit.actions import SYSTEM
from checkout.code_desk import create_code
from events.models import Event, TicketType
from inventory.models import Hold
from orders.models import Order
from pricing.quote import Quote
from promotions.actions import add_discount
from promotions.models import CodeUse, PromoCode
from storefront import codes
from tests import world
from tests.staff import Visitor
from tests.staff import text as html_of
from tests.world import STANDARD, House
from ui.limits import Limit


@pytest.fixture
def event(northside: House) -> Iterator[Event]:
    caches["default"].clear()
    world.let_charge(northside)
    yield world.make_event("Lantern Walk", kinds=((STANDARD, 2400, 20), ("Child", 0, 5)))
    caches["default"].clear()


@pytest.fixture
def spring(event: Event) -> PromoCode:
    return create_code(typed="Spring-24", actor=SYSTEM, event_id=event.pk, effect="percent", value=1000, most_uses=2)


@pytest.fixture
def shop(northside: House) -> Visitor:
    return Visitor(northside.host)


def text(page: Any) -> str:
    """What one reads, without the markup between the words and what only keeps a sign with its amount."""
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", html_of(page))).replace("\u2060", "")


def choose(shop: Visitor, event: Event, *, code: str | None = None, **wanted: int) -> Any:
    fields: dict[str, Any] = {"performance_id": str(world.the_performance(event).pk)}
    fields |= {f"quantity-{world.kind_of(event, name).pk}": quantity for name, quantity in wanted.items()}
    return shop.post(f"/events/{event.slug}/holds/", fields if code is None else {**fields, "code": code})


def held(answer: Any) -> Hold:
    assert answer.status_code == 302, text(answer)
    return Hold.objects.get(pk=answer.headers["Location"].split("/")[2])


def total(hold: Hold) -> int:
    return Quote.from_dict(Hold.objects.get(pk=hold.pk).quote).subtotal


def test_nobody_is_asked_for_a_code_where_there_is_none(event: Event, shop: Visitor) -> None:
    assert "Have a code?" not in text(shop.get(f"/events/{event.slug}/"))


def test_a_link_applies_a_code_that_stays_for_the_visit_until_it_is_taken_off(
    event: Event, spring: PromoCode, shop: Visitor
) -> None:
    page = shop.get(f"/events/{event.slug}/?code=spring%2024")
    assert page.headers["Cache-Control"] == "no-store"
    words = text(page)
    assert "Spring-24 10% off" in words
    assert "Have a code?" not in words
    assert f"?code=&amp;date={world.the_performance(event).pk}" in page.content.decode()
    assert (shop.cookies["code"].value, shop.cookies["code"]["httponly"]) == ("SPRING24", True)

    plain = shop.get(f"/events/{event.slug}/")  # the same for everybody, and cached
    assert plain.headers["Cache-Control"] == "public, max-age=0, s-maxage=5"
    assert "Spring-24" not in text(plain)
    assert total(held(choose(shop, event, Standard=2))) == 4320

    away = shop.get(f"/events/{event.slug}/?code=")
    assert (away.status_code, away.headers["Location"]) == (302, f"/events/{event.slug}/")
    assert shop.cookies["code"].value == ""
    assert total(held(choose(shop, event, Standard=2))) == 4800


def test_a_remembered_code_that_does_not_fit_is_left_out_and_a_typed_one_refuses(
    event: Event, spring: PromoCode, shop: Visitor
) -> None:
    shop.get(f"/events/{event.slug}/?code=spring24")
    assert total(held(choose(shop, event, Child=1))) == 0

    refused = choose(shop, event, code="spring24", Child=1)
    assert refused.status_code == 422
    words = text(refused)
    assert "These tickets are free already, so there is nothing to take off." in words
    assert 'value="spring24"' in refused.content.decode()
    assert 'value="1"' in refused.content.decode()  # what was chosen stays chosen
    assert Hold.objects.count() == 1


def test_a_code_may_be_applied_before_going_on_and_what_was_chosen_stays(
    event: Event, spring: PromoCode, shop: Visitor
) -> None:
    kind = world.kind_of(event, STANDARD)
    date = world.the_performance(event).pk
    asked = f"/events/{event.slug}/?performance_id={date}&quantity-{kind.pk}=3&code="
    page = shop.get(f"{asked}SPRING24")
    assert next(row["chosen"] for row in page.context["rows"] if row["offer"].ticket_type == kind) == 3
    wrong = shop.get(f"{asked}SUMMER")
    assert "This code cannot be used here. It does not exist, is over or has been used up." in text(wrong)
    assert wrong.status_code == 200
    assert next(row["chosen"] for row in wrong.context["rows"] if row["offer"].ticket_type == kind) == 3


def test_at_the_checkout_a_code_is_applied_shown_line_by_line_and_removed(
    event: Event, spring: PromoCode, shop: Visitor
) -> None:
    hold = held(choose(shop, event, Standard=2))
    address = f"/checkout/{hold.pk}/{hold.token}/"
    assert "Have a code?" in text(shop.get(address))

    wrong = shop.post(f"{address}code/", {"code": "summer"})
    assert wrong.status_code == 422
    assert 'href="#field-code"' in wrong.content.decode()
    assert CodeUse.objects.count() == 0
    assert shop.post(f"{address}code/", {"code": "spring 24"}).headers["Location"] == address

    words = text(shop.get(address))
    assert "2 × Standard Regular price €24.00 · Spring-24 −€2.40 Before: €48.00 €43.20" in words
    assert "Pay €45.28" in words  # 2 * (21.60 + 1.04)
    details = {"name": "Bea", "email": "bea@example.com", "consents": ["terms"]}
    assert shop.post(address, details).status_code == 302
    order = Order.objects.get()
    assert "Standard Regular price €24.00 · Spring-24 −€2.40 €21.60" in text(
        shop.get(f"/orders/{order.number}/{order.token}/")
    )

    other = held(choose(shop, event, code="spring24", Standard=1))
    shop.post(f"/checkout/{other.pk}/{other.token}/code/", {"code": ""})
    assert (total(other), CodeUse.objects.count()) == (2400, 1)


def test_a_wrong_token_changes_nobodys_code(event: Event, spring: PromoCode, shop: Visitor, southside: House) -> None:
    hold = held(choose(shop, event, Standard=1))
    assert shop.post(f"/checkout/{hold.pk}/wrong/code/", {"code": "spring24"}).status_code == 404
    stranger = Visitor(southside.host)
    assert stranger.post(f"/checkout/{hold.pk}/{hold.token}/code/", {"code": "spring24"}).status_code == 404
    assert CodeUse.objects.count() == 0


def test_a_presale_link_opens_what_is_not_on_sale_yet(event: Event, shop: Visitor) -> None:
    kind = world.kind_of(event, STANDARD)
    TicketType.objects.filter(event=event).update(on_sale_from=timezone.now() + timedelta(days=2))
    more = {"effect": "nothing", "opens_early": True, "ticket_types": [kind.pk]}
    create_code(typed="EARLY", actor=SYSTEM, event_id=event.pk, **more)

    before = shop.get(f"/events/{event.slug}/")
    assert {row["offer"].status for row in before.context["rows"]} == {"not_on_sale"}
    assert "Have a code?" in text(before)
    after = shop.get(f"/events/{event.slug}/?code=early")
    assert {row["offer"].ticket_type.name: row["offer"].status for row in after.context["rows"]} == {
        STANDARD: "on_sale",
        "Child": "not_on_sale",
    }
    assert choose(Visitor(shop.defaults["HTTP_HOST"]), event, Standard=1).status_code == 422
    assert total(held(choose(shop, event, Standard=1))) == 2400


def test_discounts_without_a_code_are_said_before_anybody_chooses(event: Event, shop: Visitor) -> None:
    add_discount(event_id=event.pk, name="Group", effect="percent", value=2000, least_tickets=4, actor=SYSTEM)
    assert "Group : 20% off, from 4 tickets on. Taken off at the checkout." in text(shop.get(f"/events/{event.slug}/"))


def test_after_many_wrong_guesses_right_ones_are_refused_too(event: Event, spring: PromoCode, shop: Visitor) -> None:
    with patch.object(codes, "WRONG_FROM_A_NETWORK", Limit("code-from-network", times=3, seconds=600)):
        for n in range(3):
            shop.get(f"/events/{event.slug}/?code=guess{n}")
        page = shop.get(f"/events/{event.slug}/?code=spring24")
        assert "Too many codes were tried. Wait a few minutes, or go on without a code." in text(page)
        assert choose(shop, event, code="spring24", Standard=1).status_code == 422
        elsewhere = Visitor(shop.defaults["HTTP_HOST"], REMOTE_ADDR="192.0.2.7")
        assert total(held(choose(elsewhere, event, code="spring24", Standard=1))) == 2160
        assert total(held(choose(shop, event, Standard=1))) == 2400  # who goes on without one is not kept


def test_when_everybody_guesses_one_wrong_guess_is_enough(event: Event, spring: PromoCode, shop: Visitor) -> None:
    with patch.object(codes, "WRONG_IN_ALL", Limit("code-in-all", times=3, seconds=600)):
        for n in range(3):
            Visitor(shop.defaults["HTTP_HOST"], REMOTE_ADDR=f"192.0.2.{n}").get(f"/events/{event.slug}/?code=guess")
        again = Visitor(shop.defaults["HTTP_HOST"], REMOTE_ADDR="192.0.2.1")
        assert "Too many codes were tried." in text(again.get(f"/events/{event.slug}/?code=spring24"))
        assert "10% off" in text(shop.get(f"/events/{event.slug}/?code=spring24"))
