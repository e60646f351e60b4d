"""Buyers narrow the list of events as they type, and go back; an owner picks a colour by eye. In a real browser."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

from events.actions import change_event
from tests import world
from tests.flows.test_staff_screens import sign_in
from tests.flows.test_storefront_screens import judge
from tests.stack import Stack

pytestmark = pytest.mark.browser


def test_the_list_follows_what_is_typed_and_its_address_too(stack: Stack, in_house: world.House, phone: Page) -> None:
    mark = f"z{time.time_ns()}"
    for title, category in (("Cherry Orchard", "theatre"), ("Harbour Jazz", "concert"), ("Open House", "other")):
        event = world.make_event(f"{title} {mark}", kinds=((world.FREE, 0, 5),))
        change_event(event_id=event.pk, actor=world.SYSTEM, category=category, tags=[mark])
    phone.goto(stack.url(in_house.host, f"/?tag={mark}"))
    cards = phone.locator("#found article")
    expect(cards).to_have_count(3)

    phone.get_by_label("Search", exact=True).press_sequentially("orchard")
    expect(cards).to_have_count(1)
    expect(phone).to_have_url(re.compile(rf"\?q=orchard&tag={mark}$"))
    expect(phone.get_by_label("Search", exact=True)).to_be_focused()
    judge(phone)

    phone.get_by_label("Search", exact=True).fill("")
    phone.get_by_label("Category").select_option("concert")
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("Harbour Jazz")
    phone.get_by_role("link", name="Concert Remove this filter").click()
    expect(cards).to_have_count(3)
    phone.go_back()
    expect(cards).to_have_count(1)


def test_a_colour_is_picked_by_eye_and_judged_in_words(stack: Stack, in_house: world.House, desktop: Page) -> None:
    sign_in(desktop, stack.url(in_house.host, "/portal/settings/branding/"), in_house.owner)
    box, picker = desktop.get_by_label("Colour", exact=True), desktop.get_by_label("Pick it by eye")

    picker.fill("#ffd400")
    expect(box).to_have_value("#ffd400")
    expect(desktop.locator("#verdict")).to_contain_text("Buttons carry black words")
    box.fill("#0b5cad")
    expect(picker).to_have_value("#0b5cad")
    expect(desktop.locator("#verdict")).to_contain_text("Buttons carry white words")
    judge(desktop)
