"""Choosing seats in real browsers: by keyboard alone, with a wheelchair, and while others choose too."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from audit.actions import SYSTEM
from checkout.changes import move_to_map_version
from events.add_ons import set_add_on
from events.bundles import PartWish, set_bundle
from inventory.models import Hold, SeatPlace
from inventory.queries import seats_of_hold
from orders.models import Order
from pricing.quote import Quote
from seating.document import as_dict
from tests import world
from tests.flows.conftest import DESKTOP, PHONE
from tests.flows.test_storefront_screens import judge
from tests.seat_maps import cabaret
from tests.stack import Stack

pytestmark = pytest.mark.browser

WITHIN_MS = 2_000
KINDS = (("Adult", 0, world.STALLS), ("Child", 0, world.STALLS))


@pytest.fixture
def other(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, locale="en-GB")  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def open_picker(page: Page, stack: Stack, house: world.House, slug: str) -> None:
    page.goto(stack.url(house.host, f"/events/{slug}/"))
    page.locator("[data-ready]").wait_for()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def focused(page: Page) -> str:
    """The accessible name of what has the focus."""
    return str(
        page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()")
    )


def buy_by_keyboard(page: Page, email: str) -> Order:
    """From the checkout page to a free order."""
    page.wait_for_url("**/checkout/**")
    for field, words in (("#field-email", email), ("#field-name", "Kim Keys")):
        page.locator(field).focus()
        page.keyboard.type(words)
    page.locator("#field-consents").focus()
    press(page, "Space", "Enter")
    page.get_by_role("heading", name="You're going").wait_for()
    return Order.objects.get(email=email)


def test_three_seats_side_by_side_by_keyboard_alone(desktop: Page, stack: Stack, in_house: world.House) -> None:
    event = world.make_seated_event(world.seat_map(("Stalls", world.STALLS, (12, 12, 12)), wheelchairs=2), kinds=KINDS)
    open_picker(desktop, stack, in_house, event.slug)
    judge(desktop)

    # Best available: five presses, with the skip link among them, to seats that are held.
    press(desktop, "Tab", "Enter", "3", "Enter")
    expect(desktop.locator("[data-best-result]")).to_have_text("Best available: Stalls, row A, seats 10–12. Free.")
    assert focused(desktop) == "Hold 3 tickets"
    press(desktop, "Enter")

    order = buy_by_keyboard(desktop, "three@example.com")
    assert order.state == "paid"
    assert [one.seat_id for one in order.positions.order_by("index")] == ["Stalls-A-10", "Stalls-A-11", "Stalls-A-12"]


def test_a_wheelchair_space_with_a_companion_by_keyboard_alone(
    desktop: Page, stack: Stack, in_house: world.House
) -> None:
    event = world.make_seated_event(world.seat_map(("Stalls", world.STALLS, (12, 12, 12)), wheelchairs=2), kinds=KINDS)
    open_picker(desktop, stack, in_house, event.slug)
    desktop.get_by_role("button", name="List", exact=True).focus()
    press(desktop, "Enter", "Tab", "Tab")
    assert focused(desktop) == "Stalls, row A, seat 1, Free, available"

    # By place: down a row stays beneath, the next free one is past what others have, and letters jump.
    world.hold_seats(event, Adult=["Stalls-B-3", "Stalls-B-4"])
    taken = desktop.get_by_role("gridcell", name="Stalls, row B, seat 3, Free, held by somebody else")
    expect(taken).to_be_attached(timeout=WITHIN_MS)
    press(desktop, "ArrowRight", "ArrowDown")
    assert focused(desktop) == "Stalls, row B, seat 2, Free, available"
    press(desktop, "Control+ArrowRight")
    assert focused(desktop) == "Stalls, row B, seat 5, Free, available"
    press(desktop, "w", "w", "1")
    assert focused(desktop) == "Stalls, row W, seat W1, Free, available, wheelchair space, step-free"
    judge(desktop)

    # The space is kept for who needs it: one answer, and its companion's seat comes with it.
    press(desktop, "Enter")
    expect(desktop.get_by_role("alertdialog")).to_contain_text("kept for wheelchair users")
    assert focused(desktop) == "Yes, we need it"
    press(desktop, "Enter")
    expect(desktop.get_by_label("Remove Stalls, row W, seat C1")).to_be_visible()
    assert focused(desktop) == "Hold 2 tickets"
    press(desktop, "Enter")

    order = buy_by_keyboard(desktop, "wheels@example.com")
    assert {one.seat_id for one in order.positions.all()} == {"W-1", "WC-1"}


def place_of(page: Page, seat: int) -> tuple[float, float]:
    """Where on the screen the map shows a seat, by its index."""
    page.wait_for_timeout(400)  # the map may be on its way
    x, y = page.evaluate("seat => document.querySelector('[data-picker]').toScreen(seat)", seat)
    return x, y


def test_a_seat_is_pressed_on_the_map_with_the_mouse(desktop: Page, stack: Stack, in_house: world.House) -> None:
    """What one would get is told under the pointer; a press chooses the block around it, another one lets that seat go."""
    event = world.make_seated_event(world.seat_map(("Stalls", world.STALLS, (12, 12))), kinds=KINDS)
    open_picker(desktop, stack, in_house, event.slug)
    desktop.locator("[data-map]").scroll_into_view_if_needed()
    desktop.get_by_role("button", name="Closer").click()
    desktop.mouse.move(*place_of(desktop, 4))
    expect(desktop.locator("[data-tip]")).to_contain_text("row A, seat 5")
    desktop.mouse.click(*place_of(desktop, 4))
    expect(desktop.get_by_label("Remove Stalls, row A, seat 5")).to_be_visible()
    expect(desktop.get_by_role("button", name="Hold 2 tickets")).to_be_visible()
    desktop.mouse.click(*place_of(desktop, 4))
    expect(desktop.get_by_role("button", name="Hold 1 ticket")).to_be_visible()
    desktop.mouse.click(*place_of(desktop, 4))
    desktop.get_by_role("button", name="Hold 2 tickets").click()

    desktop.wait_for_url("**/checkout/**")
    held = [seat.words for seat in seats_of_hold(Hold.objects.latest("created_at"))]
    assert "Stalls, row A, seat 5" in held
    assert len(held) == 2


def test_two_fingers_zoom_the_map_and_one_chooses(browser: Browser, stack: Stack, in_house: world.House) -> None:
    event = world.make_seated_event(world.seat_map(("Stalls", world.STALLS, (20, 20, 20))), kinds=KINDS)
    context = browser.new_context(viewport=PHONE, locale="en-GB", has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    page = context.new_page()
    open_picker(page, stack, in_house, event.slug)
    page.locator("[data-map]").scroll_into_view_if_needed()
    fingers = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        spots = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    def apart() -> float:
        return place_of(page, 11)[0] - place_of(page, 10)[0]

    before, (x, y) = apart(), place_of(page, 30)
    touch("touchStart", (x - 30, y), (x + 30, y))
    for reach in (45, 60, 75, 90):
        touch("touchMove", (x - reach, y), (x + reach, y))
    touch("touchEnd")
    assert 2.4 < apart() / before < 3.6
    expect(page.get_by_role("button", name="Hold")).to_have_count(0)  # a pinch is no press

    touch("touchStart", place_of(page, 30))
    touch("touchEnd")
    expect(page.get_by_label("Remove Stalls, row B, seat 11")).to_be_visible()
    context.close()


def test_two_browsers_see_each_others_seats(desktop: Page, other: Page, stack: Stack, in_house: world.House) -> None:
    event = world.make_seated_event(world.seat_map(("Stalls", world.STALLS, (12,))), kinds=KINDS, orphans="off")
    for page in (desktop, other):
        open_picker(page, stack, in_house, event.slug)
        page.get_by_role("button", name="List", exact=True).click()
        page.get_by_role("gridcell", name="Stalls, row A, seat 5, Free, available").click()
        expect(page.get_by_role("button", name="Hold 2 tickets")).to_be_visible()
    other.get_by_label("Ticket for Stalls, row A, seat 5").select_option(label="Child · Free")
    judge(other)

    # Both chose the same two: the first press holds them, the other page says so in place and offers the next ones.
    desktop.get_by_role("button", name="Hold 2 tickets").click()
    desktop.wait_for_url("**/checkout/**")
    held = [seat.label for seat in seats_of_hold(Hold.objects.latest("created_at"))]
    lost = other.get_by_role("alertdialog")
    expect(lost).to_be_visible(timeout=WITHIN_MS)
    expect(lost).to_contain_text(f"Someone else just took Stalls, row A, seats {held[0]}–{held[1]}.")
    judge(other)
    lost.get_by_role("button", name="instead").click()
    other.get_by_role("button", name="Hold 2 tickets").click()

    other.wait_for_url("**/checkout/**")
    assert SeatPlace.objects.filter(performance__event=event, place__state="held").count() == 4


def test_the_list_stays_in_place_while_others_choose(desktop: Page, stack: Stack, in_house: world.House) -> None:
    """Who has the focus keeps it, a press that has begun counts, and only what changed is written."""
    event = world.make_seated_event(world.seat_map(("Stalls", world.STALLS, (12,) * 26)), kinds=KINDS, orphans="off")
    open_picker(desktop, stack, in_house, event.slug)
    desktop.get_by_role("button", name="List", exact=True).focus()
    press(desktop, "Enter", "Tab", "Tab")
    desktop.evaluate("document.activeElement.isTheSame = true")
    desktop.evaluate(
        """() => {
          window.changes = [];
          const grid = document.querySelector("[data-list] [role=grid]");
          const tell = (all) => window.changes.push(...all.map((one) => one.attributeName ?? one.type));
          new MutationObserver(tell).observe(grid, {subtree: true, childList: true, attributes: true});
        }"""
    )
    desktop.get_by_role("gridcell", name="Stalls, row B, seat 7, Free, available").hover()
    desktop.mouse.down()
    world.hold_seats(event, Adult=["Stalls-B-3"])
    taken = desktop.get_by_role("gridcell", name="Stalls, row B, seat 3, Free, held by somebody else")
    expect(taken).to_be_attached(timeout=WITHIN_MS)
    assert desktop.evaluate("window.changes.sort()") == ["aria-disabled", "aria-label", "data-state", "style"]
    desktop.mouse.up()

    expect(desktop.get_by_label("Remove Stalls, row B, seat 7")).to_be_visible()
    desktop.keyboard.type("a1")
    assert desktop.evaluate("document.activeElement.isTheSame")
    # The rows follow the keys, in the map's order; the one that is left goes.
    press(desktop, *["PageDown"] * 5)
    assert focused(desktop).startswith("Stalls, row Z, seat 1")
    rows = desktop.locator("[data-list] [role=row]").evaluate_all("rows => rows.map(row => +row.ariaRowIndex)")
    assert rows == sorted(rows)
    assert 26 in rows
    assert 1 not in rows


def after_the_hold(page: Page, what: str) -> None:
    """Do this, once, in place of handing over the answer to a press that holds, or before it."""
    script = """() => {
      const whole = window.fetch;
      window.fetch = async (...asked) => {
        const answer = await whole(...asked);
        if (!asked[0].includes("/holds/")) return answer;
        window.fetch = whole;
        WHAT;
        return answer;
      };
    }"""
    page.evaluate(script.replace("WHAT", what))


def test_what_the_buyers_own_press_took_is_not_told_as_lost(desktop: Page, stack: Stack, in_house: world.House) -> None:
    """The socket says that the seats are held while the answer is on its way."""
    event = world.make_seated_event(world.seat_map(("Stalls", world.STALLS, (12,))), kinds=KINDS)

    open_picker(desktop, stack, in_house, event.slug)
    desktop.get_by_role("button", name="List", exact=True).click()
    desktop.get_by_role("gridcell", name="Stalls, row A, seat 1, Free, available").click()
    desktop.evaluate(
        """() => {
          const alert = document.querySelector("[data-conflict]");
          new MutationObserver(() => localStorage.setItem("told", alert.textContent)).observe(alert, {childList: true});
        }"""
    )
    after_the_hold(desktop, "await new Promise(go => setTimeout(go, 2000))")
    desktop.get_by_role("button", name="Hold 2 tickets").click()
    expect(desktop.locator("[data-sections] option")).to_have_text("Stalls: 10 free", timeout=WITHIN_MS)
    expect(desktop.get_by_label("Remove Stalls, row A, seat 1")).to_be_visible()

    desktop.wait_for_url("**/checkout/**")
    assert not desktop.evaluate("localStorage.getItem('told')")


def test_after_a_lost_answer_a_press_leads_to_the_hold_that_was_made(
    desktop: Page, stack: Stack, in_house: world.House
) -> None:
    event = world.make_seated_event(world.seat_map(("Stalls", world.STALLS, (12,))), kinds=KINDS)

    open_picker(desktop, stack, in_house, event.slug)
    desktop.get_by_role("button", name="List", exact=True).click()
    desktop.get_by_role("gridcell", name="Stalls, row A, seat 1, Free, available").click()
    after_the_hold(desktop, "throw new TypeError('lost')")
    desktop.get_by_role("button", name="Hold 2 tickets").click()
    alert = desktop.get_by_role("alertdialog")
    expect(alert).to_contain_text("The connection was lost before we could say whether your tickets are held.")
    expect(desktop.locator("[data-sections] option")).to_have_text("Stalls: 10 free", timeout=WITHIN_MS)
    judge(desktop)

    alert.get_by_role("button", name="Ask again").click()
    desktop.wait_for_url("**/checkout/**")
    held = Hold.objects.get(performance__event=event)
    assert str(held.pk) in desktop.url
    assert held.state == "live"


def test_what_is_too_much_for_a_frame_is_asked_for(other: Page, stack: Stack, in_house: world.House) -> None:
    event = world.make_seated_event(world.seat_map(("Stalls", world.STALLS, (12,))), kinds=KINDS)

    def too_much(page_side: WebSocketRoute) -> None:
        def pass_on(text: str | bytes) -> None:
            frame = json.loads(text)
            page_side.send(json.dumps(frame | {"seats": None} if frame.get("seats") else frame))

        page_side.connect_to_server().on_message(pass_on)

    other.route_web_socket("**/ws/stock/**", too_much)
    open_picker(other, stack, in_house, event.slug)
    other.get_by_role("button", name="List", exact=True).click()
    other.wait_for_timeout(1_000)  # it has heard the hello
    for seats in (("1", "2"), ("3", "4")):
        world.hold_seats(event, Adult=[f"Stalls-A-{seat}" for seat in seats])
        taken = other.get_by_role("gridcell", name=f"Stalls, row A, seat {seats[0]}, Free, held by somebody else")
        expect(taken).to_be_attached(timeout=2 * WITHIN_MS)


def test_an_answer_that_never_comes_does_not_silence_the_page(other: Page, stack: Stack, in_house: world.House) -> None:
    event = world.make_seated_event(world.seat_map(("Stalls", world.STALLS, (12,))), kinds=KINDS)
    other.add_init_script(
        "const whole = AbortSignal.timeout; AbortSignal.timeout = ms => whole.call(AbortSignal, ms / 10)"
    )
    open_picker(other, stack, in_house, event.slug)
    other.get_by_role("button", name="List", exact=True).click()
    other.wait_for_timeout(1_000)  # it has heard the hello
    hanging: list[Route] = []
    other.route("**/stock*", lambda route: hanging.append(route), times=1)
    other.evaluate("window.dispatchEvent(new Event('pagehide'))")  # the socket goes; the page asks when it is back
    world.hold_seats(event, Adult=["Stalls-A-1", "Stalls-A-2"])

    with other.expect_request("**/stock?seq=*"):
        pass
    world.hold_seats(event, Adult=["Stalls-A-3", "Stalls-A-4"])

    taken = other.get_by_role("gridcell", name="Stalls, row A, seat 3, Free, held by somebody else")
    expect(taken).to_be_attached(timeout=3 * WITHIN_MS)
    hanging[0].abort()


def test_an_open_page_moves_to_the_new_map(desktop: Page, other: Page, stack: Stack, in_house: world.House) -> None:
    """By the socket's word, and where sockets are blocked by the states themselves."""
    event = world.make_seated_event(world.seat_map(("Stalls", world.STALLS, (12,))), kinds=KINDS)
    other.route_web_socket("**/ws/stock/**", lambda _socket: None)
    for page in (desktop, other):
        open_picker(page, stack, in_house, event.slug)
        page.get_by_role("button", name="List", exact=True).click()
        expect(page.get_by_role("gridcell", name="Stalls, row A, seat 12, Free, available")).to_be_attached()
    desktop.wait_for_timeout(1_000)  # it has heard the hello

    longer = world.publish_map(event.venue, world.seat_map(("Stalls", world.STALLS, (14,))))
    move_to_map_version(event_id=event.pk, version_id=longer.pk, actor=SYSTEM)

    for page, within in ((desktop, WITHIN_MS), (other, 5_000)):
        expect(page.locator('[data-seat="13"]')).to_be_attached(timeout=within + WITHIN_MS)


def test_a_refusal_is_answered_in_place(other: Page, stack: Stack, in_house: world.House) -> None:
    """The page has not heard of it yet: the server refuses, all or nothing, and the choice can be mended where it is."""
    event = world.make_seated_event(world.seat_map(("Stalls", world.STALLS, (12,))), kinds=KINDS)
    other.route_web_socket("**/ws/stock/**", lambda _socket: None)
    open_picker(other, stack, in_house, event.slug)
    other.get_by_role("button", name="List", exact=True).click()
    other.get_by_role("gridcell", name="Stalls, row A, seat 1, Free, available").click()
    world.hold_seats(event, Adult=["Stalls-A-1", "Stalls-A-2"])

    other.get_by_role("button", name="Hold 2 tickets").click()

    expect(other.get_by_role("alertdialog")).to_contain_text("Someone else just took Stalls, row A, seats 1–2.")
    other.get_by_role("button", name="instead").click()
    other.get_by_role("button", name="Hold 2 tickets").click()
    other.wait_for_url("**/checkout/**")
    assert Hold.objects.filter(performance__event=event, state="live").count() == 2


def test_tables_and_a_standing_area_in_one_order(other: Page, stack: Stack, in_house: world.House) -> None:
    kinds = (("Premium", 0, "premium"), ("Standard", 0, "standard"), ("Standing", 0, "standing"))
    event = world.make_seated_event(as_dict(cabaret()), kinds=kinds)
    open_picker(other, stack, in_house, event.slug)
    judge(other)

    # On the map itself: a chair of a table that is sold as a whole takes the table, an area leads to its number.
    data = json.loads(other.locator("#seats-data").text_content() or "")
    assert data["whole"] == [0, 1, 2, 3]
    other.get_by_role("button", name="List", exact=True).click()
    other.get_by_role("gridcell", name="Parquet, table 2, seat 1, Free, available").click()
    other.get_by_role("button", name="One more: Standing").click()
    expect(other.get_by_role("button", name="Hold 7 tickets")).to_be_visible()
    other.get_by_role("button", name="Hold 7 tickets").click()

    other.wait_for_url("**/checkout/**")
    hold = Hold.objects.latest("created_at")
    assert {seat.row for seat in seats_of_hold(hold)} == {"2"}
    assert hold.places.count() == 7


def test_two_seats_and_parking_on_a_phone(other: Page, stack: Stack, in_house: world.House) -> None:
    """Chosen beside the seats, in the summary, refused and mended in place, by keys and without the map; one hold for all."""
    event = world.make_seated_event(
        world.seat_map(("Stalls", world.STALLS, (12,)), ("Balcony", world.BALCONY, (6,))),
        kinds=(("Adult", 0, world.STALLS), ("Child", 0, world.STALLS), ("High", 0, world.BALCONY)),
        add_ons=(("Parking", 0, 5), ("Programme", 0, 9)),
        orphans="off",
    )
    parking, high = (world.kind_of(event, name).pk for name in ("Parking", "High"))
    set_add_on(ticket_type_id=parking, is_add_on=True, most=1, actor=SYSTEM)
    parts = [PartWish(high, 2, 0), PartWish(parking, 1, 0)]
    set_bundle(event_id=event.pk, name="Night out", perk="", max_per_order=2, parts=parts, actor=SYSTEM)
    open_picker(other, stack, in_house, event.slug)
    other.get_by_role("button", name="List", exact=True).click()
    other.get_by_role("gridcell", name="Stalls, row A, seat 5, Free, available").click()
    other.get_by_role("link", name="Add something without a seat").click()
    expect(other.get_by_role("heading", name="Extras")).to_be_in_viewport()
    other.get_by_label("Quantity: Parking").focus()
    press(other, "ArrowUp", "ArrowUp", "ArrowUp")
    chosen = other.get_by_role("listitem").filter(has_text="3 × Parking")
    expect(chosen).to_be_visible()
    judge(other)

    # One for each ticket at most: the server says so, and one press mends it.
    other.get_by_role("button", name="Hold 5 tickets").click()
    refusal = other.get_by_role("alertdialog")
    expect(refusal).to_contain_text("At most 2 of “Parking” with these tickets.")
    refusal.get_by_role("button", name="Take 2 of “Parking”").click()
    other.get_by_role("button", name="Remove Parking").click()
    other.get_by_role("button", name="One more: Parking").click()
    expect(other.get_by_role("button", name="Hold 3 tickets")).to_be_visible()

    # A bundle asks for its seats, where they are, and takes them as its own.
    other.get_by_role("button", name="One more: Night out").click()
    expect(other.get_by_text("Choose 2 more seats for “Night out” in: Balcony.")).to_be_visible()
    other.get_by_label("Section", exact=True).select_option(label="Balcony: 6 free")
    for seat in (1, 2):
        cell = other.get_by_role("gridcell", name=f"Balcony, row A, seat {seat}")
        if cell.get_attribute("aria-selected") != "true":
            cell.click()
    expect(other.get_by_text("in “Night out”")).to_have_count(2)
    judge(other)
    other.get_by_role("button", name="Hold 6 tickets").click()

    other.wait_for_url("**/checkout/**")
    hold = Hold.objects.latest("created_at")
    assert [(line.name, line.quantity, list(line.seats)) for line in Quote.from_dict(hold.quote).lines] == [
        ("Adult", 2, ["Stalls-A-4", "Stalls-A-5"]),
        ("High", 2, ["Balcony-A-1", "Balcony-A-2"]),
        ("Parking", 1, []),
        ("Parking", 1, []),
    ]


def test_a_price_narrows_map_and_best_seats_alike(desktop: Page, stack: Stack, in_house: world.House) -> None:
    document = world.seat_map(("Stalls", world.STALLS, (12,)), ("Balcony", world.BALCONY, (6,)))
    kinds = (("Adult", 3000, world.STALLS), ("Child", 1500, world.STALLS), ("Balcony", 2000, world.BALCONY))
    event = world.make_seated_event(document, kinds=kinds)
    open_picker(desktop, stack, in_house, event.slug)
    slider = desktop.get_by_label("Price, at most")
    expect(slider).to_have_attribute("aria-valuetext", "Any price")

    slider.focus()
    press(desktop, "ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "up to €21.00")
    desktop.get_by_role("button", name="Find the best seats").click()
    expect(desktop.locator("[data-best-result]")).to_contain_text("Stalls, row A")
    ticket = desktop.get_by_label("Ticket for Stalls, row A, seat 12")
    expect(ticket).to_have_value(str(world.kind_of(event, "Child").pk))
    judge(desktop)

    desktop.get_by_role("button", name="Balcony").click()
    desktop.get_by_role("button", name="Find the best seats").click()
    expect(desktop.locator("[data-best-result]")).to_contain_text("Balcony, row A")
    slider.focus()
    press(desktop, "Home")
    desktop.get_by_role("button", name="Find the best seats").click()
    expect(desktop.locator("[data-best-result]")).not_to_contain_text("Best available")


def test_without_script_seats_are_taken_by_name(browser: Browser, stack: Stack, in_house: world.House) -> None:
    """Two seats of two sections and prices, ticked in lists of rows, looked at with their tickets, and held up to payment."""
    document = world.seat_map(("Stalls", world.STALLS, (12,)), ("Balcony", world.BALCONY, (6,)), wheelchairs=1)
    kinds = (("Adult", 3000, world.STALLS), ("Child", 1500, world.STALLS), ("Balcony", 2000, world.BALCONY))
    event = world.make_seated_event(document, kinds=kinds)
    world.hold_seats(event, Adult=["Stalls-A-1"])
    context = browser.new_context(viewport=PHONE, locale="en-GB", java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
    page.get_by_role("link", name="Choose seats by row and number").click()

    row = page.get_by_role("group", name="Row A · Adult €31.25, Child €15.88")
    expect(row.get_by_label("1", exact=True)).to_be_disabled()
    expect(page.get_by_label("W1", exact=True)).to_be_disabled()
    row.get_by_label("12", exact=True).check()
    page.get_by_label("Section", exact=True).select_option(label="Balcony: 6 free")
    page.get_by_role("button", name="Choose these seats").click()
    page.get_by_role("group", name="Row A · Balcony €21.00").get_by_label("1", exact=True).check()
    page.get_by_label("Ticket for Stalls, row A, seat 12").select_option(label="Child · €15.88")
    # Not everything was shown with its ticket yet: nothing is held, and both are there now.
    page.get_by_role("button", name="Hold 1 ticket").click()
    expect(page.get_by_label("Ticket for Stalls, row A, seat 12")).to_have_value(str(world.kind_of(event, "Child").pk))
    expect(page.get_by_label("Balcony, row A, seat 1", exact=True)).to_be_checked()
    expect(page.get_by_text("€36.88")).to_be_visible()
    assert Hold.objects.filter(performance__event=event).count() == 1
    page.get_by_role("button", name="Hold 2 tickets").click()

    page.wait_for_url("**/checkout/**")
    hold = Hold.objects.filter(performance__event=event).latest("created_at")
    assert [seat.words for seat in seats_of_hold(hold)] == ["Stalls, row A, seat 12", "Balcony, row A, seat 1"]
    page.get_by_label("E-mail", exact=True).fill("plain-seats@example.com")
    page.get_by_label("Full name").fill("Pia Plain")
    page.get_by_label("I agree to the organizer").check()
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("heading", name="One step left: payment").wait_for()
    order = Order.objects.get(email="plain-seats@example.com")
    assert order.state == "pending"
    assert sorted(one.seat_id for one in order.positions.all()) == ["Balcony-A-1", "Stalls-A-12"]
    context.close()


def test_without_script_the_best_are_taken_by_number(browser: Browser, stack: Stack, in_house: world.House) -> None:
    event = world.make_seated_event(world.seat_map(("Stalls", world.STALLS, (12,))), kinds=KINDS)
    context = browser.new_context(viewport=DESKTOP, locale="en-GB", java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(stack.url(in_house.host, f"/events/{event.slug}/"))
    expect(page.get_by_role("img", name="Map of Ground")).to_be_visible()

    page.get_by_label("Quantity: Adult").fill("2")
    page.get_by_role("button", name="Continue").click()

    page.wait_for_url("**/checkout/**")
    assert [seat.row for seat in seats_of_hold(Hold.objects.latest("created_at"))] == ["A", "A"]
    context.close()
