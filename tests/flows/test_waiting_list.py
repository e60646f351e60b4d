"""From “Sold out” over the waiting list to a paid ticket, in a real browser with the running product."""

import re

import pytest
from playwright.sync_api import Page, expect

from analytics.invariants import breaches
from checkout import actions as checkout
from orders.models import Order
from tests import world
from tests.flows.test_buy_and_enter import pay_by_card
from tests.flows.test_storefront_screens import judge
from tests.stack import Stack
from ui.ids import new_code
from waitlist.models import ListOffer

pytestmark = pytest.mark.browser


def link_in(mail: dict[str, object], part: str) -> str:
    found = re.search(rf"https?://\S*{part}\S*", str(mail["text"]))
    assert found is not None, mail
    return found.group()


def test_from_the_waiting_list_to_a_bought_ticket(stack: Stack, in_house: world.House, phone: Page, mails) -> None:  # type: ignore[no-untyped-def]
    event = world.make_event("Full Moon", kinds=((world.STANDARD, 2400, 1),))
    held = world.hold(event, Standard=1)
    email = f"wanda.{new_code(6).lower()}@example.com"

    phone.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
    judge(phone)
    phone.get_by_role("link", name="Join the waiting list").first.click()
    phone.get_by_label("E-mail", exact=True).fill(email)
    phone.get_by_label("Full name").fill("Wanda Waits")
    phone.get_by_label("Keep my name and address").check()
    judge(phone)
    phone.get_by_role("button", name="Join the waiting list").click()
    phone.get_by_role("heading", name="Check your inbox").wait_for()

    phone.goto(link_in(mails(email)[-1], "/waiting-list/"))
    judge(phone)
    phone.get_by_role("button", name="Confirm my place").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("You are number 1")
    judge(phone)

    checkout.release_hold(hold_id=held.pk, token=held.token)
    offer_mail = mails(email, count=3)[-1]
    assert offer_mail["subject"] == "Your tickets are here: Full Moon"
    phone.goto(link_in(offer_mail, "/waiting-list/"))
    expect(phone.get_by_role("heading", level=1)).to_have_text("It is your turn")
    judge(phone)
    phone.get_by_role("link", name="Get my tickets").click()
    phone.get_by_label("E-mail", exact=True).fill(email)
    phone.get_by_label("Full name").fill("Wanda Waits")
    phone.get_by_label("I agree to the organizer").check()
    pay_by_card(phone, "4242 4242 4242 4242")
    phone.get_by_text("You're going").first.wait_for(timeout=30_000)

    order = Order.objects.get(email=email)
    assert (order.state, order.hold_id) == ("paid", ListOffer.objects.get(entry__email=email).hold_id)
    assert breaches() == {}
