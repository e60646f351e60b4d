"""Two buyers on one page: what one takes the other sees go, and come back, without touching the page."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from audit.actions import SYSTEM
from events.actions import stop_sales
from inventory.live import mark_changed
from inventory.models import Place
from inventory.queries import database_now
from tests import world
from tests.flows.conftest import DESKTOP, PHONE, _page
from tests.flows.test_storefront_screens import judge
from tests.stack import Stack

WITHIN_MS = 2_000  # the promise


@pytest.fixture
def other(browser: Browser) -> Iterator[Page]:
    """The page of another buyer, on a desk."""
    yield from _page(browser, DESKTOP)


@pytest.fixture
def blocked(browser: Browser) -> Iterator[Page]:
    """A phone in a network that blocks sockets."""
    for page in _page(browser, PHONE):
        page.add_init_script("window.WebSocket = class extends EventTarget { close() {} }")
        page.clock.install()
        yield page


def stepper(page: Page, kind: Any) -> Any:
    return page.locator(f'[data-offer="{kind.pk}"]')


def test_what_one_buyer_takes_the_other_sees_go_and_come_back(
    stack: Stack, in_house: world.House, phone: Page, other: Page
) -> None:
    event = world.make_event("Last Three", kinds=(("Standard", 2400, 3), ("Balcony", 3600, 40)))
    kind = world.kind_of(event, "Standard")
    url = stack.url(in_house.host, f"/events/{event.slug}/")
    for page in (phone, other):
        page.goto(url)
    other.get_by_role("button", name="One more: Standard").click()
    other.get_by_role("button", name="One more: Standard").click()
    expect(stepper(other, kind).get_by_role("spinbutton")).to_have_attribute("max", "3")

    # One takes two of three: the other's choice of two no longer fits, and the page says so.
    phone.get_by_role("button", name="One more: Standard").click()
    phone.get_by_role("button", name="One more: Standard").click()
    phone.get_by_role("button", name="Continue").click()
    phone.wait_for_url("**/checkout/**")
    expect(stepper(other, kind).get_by_role("spinbutton")).to_have_attribute("max", "1", timeout=WITHIN_MS)
    expect(stepper(other, kind).get_by_role("spinbutton")).to_have_value("1")
    expect(stepper(other, kind).get_by_text("Only 1 left, so we changed your choice.")).to_be_visible()

    # Had the press on “Continue” met the change, one ticket instead of two would have been held: not before it was read.
    other.get_by_role("button", name="Continue").click()
    expect(stepper(other, kind).locator("[data-note]")).to_be_focused()
    assert other.url == url

    # The last one goes: sold out, in place, with the focus kept.
    other.get_by_role("button", name="One more: Standard").focus()
    last = world.hold(event, Standard=1)
    expect(stepper(other, kind).get_by_text("Sold out", exact=True)).to_be_visible(timeout=WITHIN_MS)
    expect(stepper(other, kind).get_by_role("spinbutton")).to_be_hidden()
    expect(other.get_by_role("heading", name="Standard")).to_be_focused()
    expect(other.get_by_role("button", name="Choose tickets")).to_be_visible()
    judge(other)

    # It lapses, and is there again; nobody did anything.
    Place.objects.filter(hold=last).update(held_until=database_now() + timedelta(seconds=1))
    world.hold(event, Balcony=1)  # the announcer hears that something changed
    expect(stepper(other, kind).get_by_role("spinbutton")).to_be_visible(timeout=1000 + WITHIN_MS)
    expect(stepper(other, kind).get_by_role("spinbutton")).to_have_attribute("max", "1")

    # The first buyer gives the two back.
    phone.get_by_role("button", name="Give these tickets back").click()
    expect(stepper(other, kind).get_by_role("spinbutton")).to_have_attribute("max", "3", timeout=WITHIN_MS)


def test_where_sockets_are_blocked_the_page_asks_every_five_seconds(
    stack: Stack, in_house: world.House, blocked: Page
) -> None:
    event = world.make_event("Quiet Network", kinds=(("Standard", 2400, 2),))
    blocked.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
    expect(blocked.get_by_role("button", name="Choose tickets")).to_be_visible()

    world.hold(event, Standard=2)
    blocked.wait_for_timeout(1_000)  # it is announced
    expect(blocked.get_by_text("Every ticket is taken.")).to_be_hidden()
    blocked.clock.fast_forward(5_000)

    expect(blocked.get_by_text("Every ticket is taken.")).to_be_visible()
    expect(blocked.locator(".buy-bar")).to_be_hidden()
    judge(blocked)

    stop_sales(performance_id=world.the_performance(event).pk, reason="in doubt", actor=SYSTEM)
    mark_changed(world.the_performance(event).pk)
    blocked.wait_for_timeout(1_000)
    blocked.clock.fast_forward(5_000)
    expect(blocked.get_by_text("Sales for this date are paused")).to_be_visible()


def test_a_delta_that_is_lost_on_the_way_is_made_good(stack: Stack, in_house: world.House, phone: Page) -> None:
    event = world.make_event("Lossy Line", kinds=(("Standard", 2400, 5), ("Balcony", 3600, 10)))
    heard: list[str] = []

    def lose_the_first_delta(page_side: WebSocketRoute) -> None:
        def pass_on(text: str | bytes) -> None:
            heard.append(str(text))
            if sum("delta" in one for one in heard) != 1 or "delta" not in str(text):
                page_side.send(text)

        page_side.connect_to_server().on_message(pass_on)

    def until_heard(word: str) -> None:
        for _turn in range(100):
            if any(word in one for one in heard):
                return
            phone.wait_for_timeout(50)
        raise AssertionError(f"no {word} in {heard}")

    phone.route_web_socket("**/ws/stock/**", lose_the_first_delta)
    phone.wait_for_timeout(1_000)  # by then the new event is announced
    phone.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
    until_heard("hello")

    world.hold(event, Standard=2)
    until_heard("delta")
    expect(stepper(phone, world.kind_of(event, "Standard")).get_by_role("spinbutton")).to_have_attribute("max", "5")
    with phone.expect_request(lambda request: "/stock?seq=" in request.url):
        world.hold(event, Balcony=3)  # its delta does not go on from the page's number

    expect(stepper(phone, world.kind_of(event, "Standard")).get_by_role("spinbutton")).to_have_attribute("max", "3")
    expect(stepper(phone, world.kind_of(event, "Balcony")).get_by_role("spinbutton")).to_have_attribute("max", "7")


def test_a_killed_announcer_costs_seconds(stack: Stack, in_house: world.House, phone: Page) -> None:
    event = world.make_event("Lost Voice", kinds=(("Standard", 2400, 2),))
    phone.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
    stack.announcer.kill()
    world.hold(event, Standard=2)
    time.sleep(0.5)

    stack.revive()

    expect(phone.get_by_text("Every ticket is taken.")).to_be_visible(timeout=15_000)
