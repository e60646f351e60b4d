"""The seat map editor in a real browser: a theatre of 2,000 seats on three levels, drawn by hand, put on sale and bought."""

import os
import time
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.test import override_settings
from playwright.sync_api import Page, expect

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout.actions import place_order
from events.models import Event, SeatingPlan
from inventory.models import SeatPlace
from orders.models import Order
from payments import gateway
from seating.actions import create_seat_map
from seating.document import parse
from seating.models import MapVersion, Venue
from seating.plan import compile_plan, preset
from seating.queries import compiled_version
from tests import world
from tests.flows.conftest import DESKTOP
from tests.flows.test_staff_screens import sign_in
from tests.flows.test_storefront_screens import judge
from tests.seating.test_drafts import small_map
from tests.stack import Stack

pytestmark = pytest.mark.browser

MOST_ACTIONS = 150
SHOTS = os.environ.get("EDITOR_SHOTS", "")


class Hand:
    """A person at the editor: whatever they click, drag or press is counted as one action each."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def click(self, x: float, y: float) -> None:
        """On the map, at centimetres of the drawing sheet."""
        self.actions += 1
        self.page.mouse.click(*self._at(x, y))

    def drag(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self.actions += 1
        mouse = self.page.mouse
        mouse.move(*self._at(x, y))
        mouse.down()
        mouse.move(*self._at((x + to_x) / 2, (y + to_y) / 2))
        mouse.move(*self._at(to_x, to_y))
        mouse.up()

    def press(self, keys: str) -> None:
        self.actions += 1
        self.page.keyboard.press(keys)

    def push(self, name: str, role: Any = "button", *, exact_in: str = "body") -> None:
        self.actions += 1
        self.page.locator(exact_in).get_by_role(role, name=name, exact=True).first.click()

    def check(self, label: str) -> None:
        self.actions += 1
        self.page.get_by_label(label, exact=True).first.check()

    def fill(self, label: str, value: str, *, is_leaving: bool = True) -> None:
        """Click into a field, type, Enter; with Escape back to the map, where letters are shortcuts."""
        self.actions += 1
        box = self.page.get_by_label(label, exact=True).last
        box.fill(value)
        self.actions += 1
        box.press("Enter")
        if is_leaving:
            self.actions += 1
            box.press("Escape")

    def choose(self, label: str, value: str) -> None:
        self.actions += 1
        self.page.get_by_label(label, exact=True).filter(visible=True).first.select_option(label=value)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        """Where on the screen."""
        found = self.page.evaluate("([x, y]) => document.querySelector('[data-seat-editor]').toScreen(x, y)", [x, y])
        return found[0], found[1]


def shot(page: Page, name: str) -> None:
    """For people who look at it: EDITOR_SHOTS names a folder."""
    if SHOTS:
        page.wait_for_timeout(250)
        page.screenshot(path=f"{SHOTS}/{name}.png")


def expect_seats(page: Page, number: int) -> None:
    expect(page.locator("[data-seat-editor]")).to_have_attribute("data-seats", str(number))


def test_a_theatre_of_two_thousand_seats(desktop: Page, stack: Stack, in_house: world.House) -> None:
    page = desktop
    sign_in(page, stack.url(in_house.host, "/portal/venues/new/"), in_house.owner)
    page.get_by_label("Name of the venue").fill("Grand Theatre")
    page.get_by_role("button", name="Save and draw its seats").click()
    page.get_by_label("Name of the map").fill("Three levels")
    page.get_by_role("button", name="Open the editor").click()
    page.locator("[data-seat-editor][data-ready]").wait_for()

    hand = Hand(page)
    draw_stalls(hand)
    draw_circle(hand)
    draw_balcony(hand)
    expect_seats(page, 2000)
    assert hand.actions <= MOST_ACTIONS
    expect(page.locator("[data-part=state]")).to_have_text("Saved")
    expect(page.locator("[data-part=fault-count]")).to_have_text("No faults")
    judge(page)
    shot(page, "balcony")
    reads_only(page)

    page.get_by_role("link", name="Publish…").click()
    judge(page)
    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_text("Version 1 is published").wait_for()
    version = MapVersion.objects.filter(seat_map__name="Three levels").latest("pk")
    assert (version.n_seats, version.kind) == (2000, "published")
    event = put_on_sale(page, stack, in_house)
    buy_three(event, stack, in_house)


def draw_stalls(hand: Hand) -> None:
    """20 rows of 36 and more, curved about the stage, with two aisles, numbers from the centre and 20 wheelchair spaces."""
    page = hand.page
    hand.press("g")
    hand.drag(1400, 100, 2600, 400)
    hand.press("b")
    hand.fill("Aisles after seats", "10, 26", is_leaving=False)
    hand.fill("in every n-th row", "2", is_leaving=False)
    hand.drag(990, 850, 3010, 2560)
    expect_seats(page, 810)
    hand.press("Control+z")
    expect_seats(page, 0)
    hand.press("Control+Shift+z")
    expect_seats(page, 810)
    hand.fill("Name of the section", "Stalls")
    hand.press("v")
    hand.press("Control+a")
    hand.press("n")
    hand.fill("Without the letters", "IO", is_leaving=False)
    hand.push("Number 20 rows")
    shot(page, "stalls")

    hand.choose("Select by", "Seat number")
    hand.fill("which one", "1")
    hand.push("Select")
    expect(page.locator("[data-selected]")).to_have_attribute("data-selected", "20")
    hand.push("Access and comfort", "heading")
    hand.check("Wheelchair space")
    hand.push("Assign companions")
    expect(page.locator("[data-selected]")).to_have_attribute("data-selected", "40")


def draw_circle(hand: Hand) -> None:
    """A floor of its own with 15 rows of 40 in a category of their own."""
    page = hand.page
    hand.push("Categories", "tab")
    hand.push("Add a category in #e69f00")
    hand.fill("Name of the category Category 2", "Circle")
    hand.push("Properties", "tab")
    hand.push("Add a floor")
    hand.push("Change this floor")
    hand.fill("Name of the floor", "Circle", is_leaving=False)
    hand.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    hand.push("Block of rows")
    hand.fill("in every n-th row", "0", is_leaving=False)
    hand.drag(886, 900, 3114, 2160)
    expect_seats(page, 1410)
    hand.fill("Name of the section", "Circle")
    hand.push("Circle", exact_in="[data-part=properties]")
    shot(page, "circle")


def draw_balcony(hand: Hand) -> None:
    """The circle once more, with a shorter last row."""
    page = hand.page
    hand.push("Change this floor")
    hand.push("Duplicate with all that is on it")
    expect_seats(page, 2010)
    hand.choose("Select by", "Row")
    hand.fill("which one", "O")
    hand.push("Select")
    hand.fill("Seats", "30")
    expect_seats(page, 2000)


def reads_only(page: Page) -> None:
    """Another tab of the same person sees who edits, changes nothing, and may take over."""
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("[data-seat-editor][data-ready]").wait_for()
    expect(other.locator("[data-part=banner]")).to_contain_text("Flora edits this map now")
    expect(other.get_by_role("button", name="Block of rows")).to_be_disabled()
    other.close()


def put_on_sale(page: Page, stack: Stack, house: world.House) -> Event:
    """An event on these seats, with a price for each category, through the portal's screens."""
    event = world.make_event("Grand Opening", kinds=(), is_published=False)
    event.venue = Venue.objects.filter(name="Grand Theatre").latest("pk")
    event.save()
    page.goto(stack.url(house.host, f"/portal/events/{event.pk}/seat-plan/"))
    page.get_by_label("Seat map", exact=True).select_option(index=0)
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Standard").fill("48")
    page.get_by_label("Circle").fill("24.50")
    judge(page)
    shot(page, "prices")
    page.get_by_role("button", name="Set prices").click()
    page.goto(stack.url(house.host, f"/portal/events/{event.pk}/"))
    page.get_by_role("button", name="Publish").click()
    page.get_by_text("“Grand Opening” is on sale.").wait_for()
    return event


def buy_three(event: Event, stack: Stack, house: world.House) -> None:
    """Three neighbours of the circle's first row, held and ordered by the API, paid by card."""
    plan = SeatingPlan.objects.select_related("version").get(event=event)
    compiled = compiled_version(plan.version)
    first = next(section.first for section in compiled.sections if section.name == "Circle")
    seats = [first + 18, first + 19, first + 20]
    kind = world.kind_of(event, "Circle")
    api = f"http://127.0.0.1:{stack.port}/api/v1"
    item = {"ticket_type_id": str(kind.pk), "quantity": 3, "seats": seats}
    date = world.the_performance(event)
    asked = {"performance_id": str(date.pk), "map": plan.version.hash, "items": [item]}
    held = httpx.post(
        f"{api}/holds", json=asked, headers={"Host": f"{house.host}:{stack.port}", "Idempotency-Key": str(date.pk)}
    )
    assert held.status_code == 201, held.text
    hold = held.json()
    order = place_order(
        hold_id=UUID(hold["id"]),
        token=hold["token"],
        buyer=world.BEA,
    )
    with override_settings(**stack.sandbox.settings()):
        gateway.client.cache_clear()
        world.pay(order)
        gateway.client.cache_clear()
    deadline = time.monotonic() + 20
    while order.state != Order.State.PAID and time.monotonic() < deadline:
        time.sleep(0.2)
        order.refresh_from_db()
    assert order.state == Order.State.PAID
    sold = SeatPlace.objects.filter(performance=date, place__state="sold").order_by("seat_index")
    assert list(sold.values_list("seat_index", flat=True)) == seats
    assert [seat.words for seat in sold] == [f"Circle, row A, seat {n}" for n in (19, 20, 21)]
    assert breaches() == {}


def test_on_a_phone_one_looks_and_on_a_desk_the_keyboard_draws(
    phone: Page, stack: Stack, in_house: world.House
) -> None:
    """390 pixels wide: the map, its floors, and nothing to change it. Wider: a row and a block without a pointer."""
    venue = Venue.objects.create(name="Small House", timezone="Europe/Berlin")
    seat_map = create_seat_map(venue=venue, document=parse(small_map()), actor=SYSTEM)
    page = phone
    sign_in(page, stack.url(in_house.host, f"/portal/seat-maps/{seat_map.pk}/editor/"), in_house.owner)
    page.locator("[data-seat-editor][data-ready]").wait_for()
    expect(page.locator("[data-part=banner]")).to_contain_text("Edit it on a larger screen")
    expect(page.get_by_role("toolbar", name="Tools")).to_be_hidden()
    judge(page)
    shot(page, "phone")
    for path in ("venues/", f"seat-maps/{seat_map.pk}/", f"venues/{venue.pk}/seat-maps/new/", "venues/new/"):
        page.goto(stack.url(in_house.host, f"/portal/{path}"))
        judge(page)
        shot(page, f"phone-{path.split('/')[0]}-{len(path)}")

    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.goto(stack.url(in_house.host, f"/portal/seat-maps/{seat_map.pk}/editor/"))
    page.locator("[data-seat-editor][data-ready]").wait_for()
    page.get_by_role("treeitem", name="Stalls").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-selected]")).to_have_attribute("data-selected", "3")
    page.keyboard.press("b")
    page.locator("[data-part=map]").focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    for _step in range(4):
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    expect_seats(page, 6 + 3 * 5)
    page.keyboard.press("?")
    page.get_by_role("heading", name="Shortcuts").wait_for()
    judge(page)
    shot(page, "shortcuts")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-part=state]")).to_have_text("Saved")
    seat_map.refresh_from_db()
    assert sum(1 for _seat in parse(seat_map.draft).seats) == 21
    moves_what_a_plan_drew(page, stack, in_house, venue)


def moves_what_a_plan_drew(page: Page, stack: Stack, house: world.House, venue: Venue) -> None:
    """Rows of a ready-made map, which keep how they were made in a plan's words, are moved and saved like our own."""
    drawn = compile_plan(preset("theatre")).document
    seat_map = create_seat_map(venue=venue, document=drawn, actor=SYSTEM)
    page.goto(stack.url(house.host, f"/portal/seat-maps/{seat_map.pk}/editor/"))
    page.locator("[data-seat-editor][data-ready]").wait_for()
    first = drawn.floors[0].sections[0]
    page.get_by_role("treeitem", name=first.name).first.click()
    expect(page.get_by_label("Name of the section")).to_have_value(first.name)
    page.locator("[data-part=map]").focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-part=state]")).to_have_text("Saved")
    seat_map.refresh_from_db()
    moved = parse(seat_map.draft).floors[0].sections[0]
    assert [seat.y for seat in moved.rows[0].seats] == [seat.y + 50 for seat in first.rows[0].seats]
