"""The staff map in a real browser: find a name, block a frame of seats, release one, move a ticket; with the mouse and by keyboard."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from analytics.invariants import breaches
from inventory.models import Place
from tests import seated, world
from tests.flows.test_staff_screens import sign_in
from tests.flows.test_storefront_screens import judge
from tests.stack import Stack
from tickets.queries import tickets_of_order

pytestmark = pytest.mark.browser
CY = world.checkout.Buyer(name="Cy Visitor", email="cy@example.com", consents=frozenset({"terms"}))


def states(event: Any) -> dict[int, str]:
    found = Place.objects.filter(pool__performance__event=event, seat__isnull=False).exclude(state="free")
    return dict(found.values_list("seat__seat_index", "state"))


def spot(page: Page, seat: int) -> tuple[float, float]:
    """Where a seat of the test's theatre is on the screen, the whole map in view."""
    row, column = divmod(seat, 10)
    x, y = (50.0 * column, 200.0 + 100 * row) if seat < 30 else (50.0 * (seat - 30), 800.0)
    page.evaluate("scrollTo(0, 0)")
    host = page.locator("[data-host]")
    box = host.bounding_box()
    assert box
    eye_x, eye_y, scale = map(float, str(host.get_attribute("data-view")).split())
    return box["x"] + box["width"] / 2 + (x / 2 - eye_x) * scale, box["y"] + box["height"] / 2 + (y / 2 - eye_y) * scale


def test_staff_find_block_release_and_move(desktop: Page, stack: Stack, in_house: world.House) -> None:
    event = seated.seated_event()
    order = seated.order_seats(event, 0, 1, buyer=CY)
    seated.order_seats(event, 15)
    page = desktop
    url = stack.url(in_house.host, f"/portal/events/{event.pk}/dates/{world.the_performance(event).pk}/seats/")
    sign_in(page, url, in_house.owner)
    expect(page.get_by_role("button", name="Whole map")).to_be_visible()
    judge(page)

    # Find: the seat is shown and who sits there is said.
    page.get_by_label("Name, e-mail").fill("visitor")
    expect(page.locator("#found li")).to_have_count(2)
    page.get_by_role("button", name="Stalls, row A, seat 2", exact=True).click()
    about = page.locator("#about")
    expect(about).to_contain_text("Cy Visitor")
    expect(about).to_contain_text("Not yet inside")

    # Block: a frame around row B from seat 1 to 4.
    page.get_by_role("button", name="Whole map").click()
    page.wait_for_timeout(700)  # it glides
    page.get_by_role("button", name="Block", exact=True).first.click()
    (left, top), (right, bottom) = spot(page, 10), spot(page, 13)
    page.mouse.move(left - 12, top - 12)
    page.mouse.down()
    page.mouse.move(right + 12, bottom + 12, steps=4)
    page.mouse.up()
    expect(page.locator("[data-chosen]")).to_have_text("4 seats chosen")
    page.get_by_label("For whom").fill("Press")
    page.locator("#block-form button[type=submit]").click()
    expect(page.locator("#notices")).to_contain_text("4 places are blocked for “Press”.")
    assert states(event) == {0: "sold", 1: "sold", 15: "sold", **dict.fromkeys(range(10, 14), "blocked")}
    judge(page)

    # Release: one of them.
    page.get_by_role("button", name="Release", exact=True).first.click()
    page.mouse.click(*spot(page, 11))
    about.get_by_role("button", name="Release").click()
    expect(page.locator("#notices")).to_contain_text("1 place is on sale again.")
    assert 11 not in states(event)
    expect(page.get_by_role("button", name="Look", exact=True)).to_have_attribute("aria-pressed", "true")

    # Move: the ticket of seat 2 to the seat that was released, said beforehand.
    first, second = tickets_of_order(order.pk)
    page.mouse.click(*spot(page, 1))
    about.get_by_role("button", name="Move the ticket").click()
    page.mouse.click(*spot(page, 11))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Cy Visitor moves from Stalls, row A, seat 2 to Stalls, row B, seat 2.")
    dialog.get_by_role("button", name="Move the ticket").click()
    expect(page.locator("#notices")).to_contain_text("The ticket of Cy Visitor is for Stalls, row B, seat 2 now.")
    assert {seat: state for seat, state in states(event).items() if seat in (1, 11)} == {11: "sold"}
    now = tickets_of_order(order.pk)
    assert (now[0], now[1] != second) == (first, True)

    # On a phone, from the lists.
    expect(page.locator("#move-dialog")).to_be_hidden()  # it fades
    page.set_viewport_size({"width": 390, "height": 844})
    judge(page)
    page.get_by_role("button", name="Release all of “Press”").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("3 places are on sale again.")
    assert breaches() == {}
