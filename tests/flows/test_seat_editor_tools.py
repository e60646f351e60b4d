"""Each tool of the seat map editor in a person's hand: real clicks, drags and keys, and what they leave in the draft."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from audit.actions import SYSTEM
from events.models import Event
from events.seating_plan import plan_of
from inventory.models import Block
from seating.actions import create_seat_map
from seating.document import Document, Row, Section, parse
from seating.models import SeatMap, Venue
from tests import world
from tests.flows.test_seat_editor import Hand, expect_seats, shot
from tests.flows.test_staff_screens import sign_in
from tests.flows.test_storefront_screens import judge
from tests.stack import Stack

pytestmark = pytest.mark.browser

Points = list[tuple[float, float]]


class Drawer(Hand):
    """A hand with a lasso, at a map whose draft can be read."""

    def __init__(self, page: Page, seat_map: SeatMap) -> None:
        super().__init__(page)
        self.seat_map = seat_map

    def lasso(self, *points: tuple[float, float]) -> None:
        """Pressed at the first point and let go at the last, through all others."""
        self.actions += 1
        mouse = self.page.mouse
        mouse.move(*self._at(*points[0]))
        mouse.down()
        for point in points[1:]:
            mouse.move(*self._at(*point), steps=6)
        mouse.up()

    def around(self, left: float, top: float, right: float, bottom: float) -> None:
        self.lasso((left, top), (right, top), (right, bottom), (left, bottom), (left, top + 5))

    def select(self, by: str, value: str) -> None:
        """By what is written above the list of objects; the focus is on the map again afterwards."""
        self.choose("Select by", by)
        box = self.page.get_by_label("which one", exact=True)
        box.fill(value)
        box.press("Enter")
        self.page.locator("[data-part=map]").focus()

    def selected(self, number: int) -> None:
        expect(self.page.locator("[data-selected]")).to_have_attribute("data-selected", str(number))

    def open(self, heading: str) -> None:
        """A part of the panel that is folded away, unless it is open."""
        part = self.page.locator("details", has=self.page.get_by_role("heading", name=heading, exact=True))
        if part.get_attribute("open") is None:
            self.push(heading, "heading")

    def has_done(self, step: str) -> None:
        """Wait until the editor has made this step: what is saved before would be without it."""
        button = self.page.get_by_role("button", name="Undo", exact=True)
        expect(button).to_have_attribute("title", f"Undo: {step}")

    def undo(self, step: str) -> None:
        self.has_done(step)
        self.press("Control+z")

    def redo(self, step: str) -> None:
        button = self.page.get_by_role("button", name="Redo", exact=True)
        expect(button).to_have_attribute("title", f"Redo: {step}")
        self.press("Control+Shift+z")

    @property
    def draft(self) -> Document:
        """What the server has after a save."""
        self.page.keyboard.press("Control+s")
        expect(self.page.locator("[data-part=state]")).to_have_text("Saved")
        self.seat_map.refresh_from_db()
        return parse(self.seat_map.draft)

    def section(self, name: str) -> Section:
        return next(section for _floor, section in self.draft.sections if section.name == name)

    def row(self, label: str, section: str = "Stalls") -> Row:
        return next(row for row in self.section(section).rows if row.label == label)


def three_rows() -> dict[str, Any]:
    """Stalls of three rows of ten before a stage, half a metre apart; two categories."""

    def row(label: str, y: float) -> dict[str, Any]:
        seats = [{"id": f"{label}-{n}", "label": str(n), "x": 950.0 + 50 * n, "y": y} for n in range(1, 11)]
        return {"id": f"row-{label}", "label": label, "seats": seats}

    rows = [row("A", 600), row("B", 690), row("C", 780)]
    stage = {"id": "stage", "kind": "stage", "x": 1225.0, "y": 200.0, "width": 800.0, "height": 200.0, "text": "Stage"}
    section = {"id": "stalls", "name": "Stalls", "category": "standard", "rows": rows}
    return {
        "format": "marquee-seat-map",
        "version": 1,
        "name": "House",
        "width": 3000.0,
        "height": 2400.0,
        "categories": [
            {"key": "standard", "name": "Standard", "color": "#0072b2"},
            {"key": "premium", "name": "Premium", "color": "#e69f00"},
        ],
        "floors": [{"id": "ground", "name": "Ground", "sections": [section], "decorations": [stage]}],
    }


@pytest.fixture
def drawer(desktop: Page, stack: Stack, in_house: world.House) -> Drawer:
    """Flora at the editor, with three rows before a stage."""
    venue = Venue.objects.create(name="Tool House", timezone="Europe/Berlin")
    seat_map = create_seat_map(venue=venue, document=parse(three_rows()), actor=SYSTEM)
    desktop.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(desktop, stack.url(in_house.host, f"/portal/seat-maps/{seat_map.pk}/editor/"), in_house.owner)
    desktop.locator("[data-seat-editor][data-ready]").wait_for()
    return Drawer(desktop, seat_map)


def test_rows_tables_areas_and_what_is_cut_out_of_them(drawer: Drawer) -> None:
    draws_rows_with_corners_and_bends(drawer)
    draws_areas_and_tables(drawer)
    draws_corners_by_keyboard(drawer)
    cuts_and_parts_rows(drawer)
    puts_words_icons_and_the_focal_point(drawer)
    traces_a_plan(drawer)
    judge(drawer.page)


def draws_rows_with_corners_and_bends(drawer: Drawer) -> None:
    drawer.press("p")
    for corner in ((300, 1200), (600, 1100), (900, 1200)):
        drawer.click(*corner)
    drawer.press("Enter")
    drawer.press("c")
    for point in ((300, 1500), (900, 1500), (600, 1600)):
        drawer.click(*point)
    drawn = drawer.section("Section 1")
    cornered, bent = drawn.rows
    assert (cornered.label, bent.label) == ("A", "B")
    assert cornered.shape["kind"] == "free"
    assert cornered.shape["points"] == [[600, 1100]]
    assert cornered.shape["smooth"] is True
    assert [(seat.x, seat.y) for seat in (cornered.seats[0], cornered.seats[-1])] == [(300, 1200), (900, 1200)]
    assert (bent.shape["kind"], abs(bent.shape["curve"])) == ("arc", 100)
    drawer.undo("Add rows")
    assert len(drawer.section("Section 1").rows) == 1
    drawer.redo("Add rows")
    assert drawer.section("Section 1").rows == drawn.rows


def draws_areas_and_tables(drawer: Drawer) -> None:
    drawer.press("a")
    drawer.drag(2000, 350, 2600, 450)
    for corner in ((2000, 1000), (2600, 1000), (2300, 1080)):
        drawer.click(*corner)
    drawer.press("Enter")
    standing, more = drawer.draft.areas
    assert (standing.name, more.name) == ("Standing", "Standing 2")
    assert standing.category != more.category
    assert standing.outline == ((2000, 350), (2600, 350), (2600, 450), (2000, 450))
    assert more.outline == ((2000, 1000), (2600, 1000), (2300, 1080))
    drawer.undo("Add an area")
    assert [area.name for area in drawer.draft.areas] == ["Standing"]
    drawer.redo("Add an area")
    drawer.press("t")
    drawer.click(1800, 1350)
    drawer.drag(1800, 1700, 2400, 1700)
    tables = drawer.section("Section 1").tables
    assert [(table.label, len(table.seats)) for table in tables] == [("1", 8), ("2", 8), ("3", 8)]
    assert [(table.x, table.y) for table in tables][:2] == [(1800, 1350), (1800, 1700)]


def draws_corners_by_keyboard(drawer: Drawer) -> None:
    """Enter sets a corner where the cross is, and a second time at one place closes the outline."""
    drawer.press("a")
    drawer.page.locator("[data-part=map]").focus()
    for way in ("ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft"):
        for _step in range(3):
            drawer.press(f"Shift+{way}")
        drawer.press("Enter")
    assert len(list(drawer.draft.areas)) == 2
    drawer.press("Enter")
    left, right = 1500, 1650
    assert list(drawer.draft.areas)[-1].outline == ((left, 1050), (right, 1050), (right, 1200), (left, 1200))
    drawer.undo("Add an area")


def cuts_and_parts_rows(drawer: Drawer) -> None:
    """A pillar in row B; then a lasso makes the left half of the stalls a section of its own."""
    drawer.press("k")
    drawer.around(1180, 660, 1270, 720)
    cut = drawer.row("B")
    assert ([seat.label for seat in cut.seats], cut.gaps) == (["1", "2", "3", "4", "7", "8", "9", "10"], (3,))
    drawer.undo("Cut out")
    assert len(drawer.row("B").seats) == 10
    drawer.redo("Cut out")

    drawer.press("s")
    drawer.around(960, 560, 1225, 820)
    drawer.selected(14)
    left = drawer.section("Section 2")
    assert [(row.label, len(row.seats)) for row in left.rows] == [("A", 5), ("B", 4), ("C", 5)]
    assert [[seat.label for seat in row.seats] for row in drawer.section("Stalls").rows] == [
        ["6", "7", "8", "9", "10"],
        ["7", "8", "9", "10"],
        ["6", "7", "8", "9", "10"],
    ]
    assert {seat.id for seat in left.seats} == {f"{row}-{n}" for row in "ABC" for n in range(1, 6)} - {"B-5"}
    drawer.undo("Make a section")
    assert len(drawer.row("A").seats) == 10
    drawer.redo("Make a section")
    shot(drawer.page, "tools")


def puts_words_icons_and_the_focal_point(drawer: Drawer) -> None:
    drawer.press("x")
    drawer.fill("Words", "Way out")
    drawer.click(300, 2000)
    drawer.press("i")
    drawer.page.get_by_role("combobox", name="Icon").select_option(label="Lift")
    drawer.click(600, 2000)
    drawer.press("f")
    drawer.click(1225, 300)
    draft = drawer.draft
    others = [(one.kind, one.text, one.x, one.y) for one in draft.floors[0].decorations]
    assert others[1:] == [("text", "Way out", 300, 2000), ("icon", "lift", 600, 2000)]
    assert draft.focal == (1225, 300)


def traces_a_plan(drawer: Drawer) -> None:
    """A picture of 800 pixels lies under the map, at first as wide as it; two points of it are 20 m apart."""
    page = drawer.page
    picture = BytesIO()
    Image.new("RGB", (800, 600), "lightgrey").save(picture, "PNG")
    drawer.press("m")
    with page.expect_file_chooser() as choosing:
        drawer.push("Upload a plan…")
    choosing.value.set_files([{"name": "plan.png", "mimeType": "image/png", "buffer": picture.getvalue()}])
    scale = page.get_by_label("A pixel is wide (cm)")
    expect(scale).to_have_value("3.8")
    drawer.click(500, 500)
    drawer.click(1500, 500)
    types_over_a_field_that_is_drawn_anew(page)
    drawer.fill("Distance of the two points (m)", "20")
    with page.expect_response(lambda answer: answer.request.method == "PUT") as saved:
        drawer.push("Set the scale")
    assert saved.value.ok
    expect(scale).to_have_value("7.5")
    drawer.seat_map.refresh_from_db()
    placed = drawer.seat_map.plan_placement
    assert (round(placed["scale"], 2), round(placed["x"]), round(placed["y"])) == (7.5, -500, -500)


def types_over_a_field_that_is_drawn_anew(page: Page) -> None:
    """The panel is drawn anew after a field's value was selected and before its first letter: it is typed over all the same."""
    drawn = "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    distance = page.get_by_label("Distance of the two points (m)")
    tool = page.locator('[data-tool][aria-pressed="true"]')
    tool.evaluate(f"() => {{ {drawn} }}")
    distance.select_text()
    tool.evaluate(f"tool => {{ tool.click(); {drawn} }}")
    page.keyboard.insert_text("7")
    expect(distance).to_have_value("7")


def test_seats_are_found_painted_copied_and_put_in_order(drawer: Drawer) -> None:
    finds_seats(drawer)
    brushes_categories_and_features(drawer)
    copies_rows(drawer)
    mirrors_aligns_and_distributes(drawer)
    judge(drawer.page)


def finds_seats(drawer: Drawer) -> None:
    for by, value, number in (
        ("Row", "b", 10),
        ("Seat number", "5", 3),
        ("Column", "5", 3),
        ("Section", "stalls", 30),
        ("Category", "Standard", 30),
        ("Category", "Premium", 0),
    ):
        drawer.select(by, value)
        if number:
            drawer.selected(number)
        else:
            expect(drawer.page.locator("[data-selected]")).to_have_count(0)
    drawer.push("Seats")
    drawer.click(1200, 600)
    drawer.selected(1)
    drawer.select("Column", "")
    drawer.selected(3)
    drawer.press("Escape")


def brushes_categories_and_features(drawer: Drawer) -> None:
    page = drawer.page
    drawer.press("d")
    drawer.choose("Category", "Premium")
    drawer.lasso((1000, 600), (1100, 600))
    assert [seat.category for seat in drawer.row("A").seats[:4]] == ["premium", "premium", "premium", None]
    drawer.undo("Paint a category")
    drawer.redo("Paint a category")

    drawer.choose("The brush paints", "A feature")
    drawer.choose("Feature", "Restricted view")
    drawer.lasso((1350, 780), (1450, 780))
    drawer.check("Take it away instead")
    drawer.click(1450, 780)
    seats = drawer.row("C").seats
    assert [sorted(seat.flags) for seat in seats[6:]] == [[], ["restricted_view"], ["restricted_view"], []]
    drawer.press("Escape")
    drawer.select("Feature", "restricted view")
    drawer.selected(2)

    # What is selected is painted by its number, by a press on the category, and by a tick.
    drawer.press("2")
    assert [seat.category for seat in drawer.row("C").seats[6:]] == [None, "premium", "premium", None]
    drawer.select("Category", "Premium")
    drawer.selected(5)
    drawer.push("Standard", exact_in="[data-part=properties]")
    expect(page.get_by_role("button", name="Standard", exact=True)).to_have_attribute("aria-pressed", "true")
    drawer.open("Access and comfort")
    drawer.check("Step-free")
    assert [sorted(seat.flags) for seat in drawer.row("A").seats[:4]] == [["step_free"]] * 3 + [[]]


def copies_rows(drawer: Drawer) -> None:
    drawer.select("Row", "C")
    drawer.press("Control+d")
    expect_seats(drawer.page, 40)
    assert {seat.y for seat in drawer.row("D").seats} == {870}
    drawer.open("Copy")
    drawer.fill("Copies in all", "3", is_leaving=False)
    drawer.fill("Sideways (cm)", "25", is_leaving=False)
    drawer.fill("Down (cm)", "100")
    drawer.push("Array")
    expect_seats(drawer.page, 60)
    copies = [drawer.row(label) for label in "EF"]
    assert [(row.seats[0].x, row.seats[0].y) for row in copies] == [(1025, 970), (1050, 1070)]
    ids = [seat.id for seat in drawer.section("Stalls").seats]
    assert len(set(ids)) == 60
    drawer.undo("Array")
    expect_seats(drawer.page, 40)
    drawer.redo("Array")
    expect_seats(drawer.page, 60)
    drawer.undo("Array")
    drawer.undo("Duplicate")
    expect_seats(drawer.page, 30)


def mirrors_aligns_and_distributes(drawer: Drawer) -> None:
    page = drawer.page
    before = drawer.row("A").seats
    drawer.select("Row", "A")
    drawer.open("Arrange")
    drawer.push("Left and right")
    assert [(seat.label, seat.x) for seat in drawer.row("A").seats] == [(seat.label, seat.x) for seat in before]
    page.get_by_label("Numbers keep their direction").uncheck()
    drawer.push("Left and right")
    assert [seat.x for seat in drawer.row("A").seats] == [seat.x for seat in reversed(before)]
    drawer.undo("Mirror")
    assert drawer.row("A").seats[0].x == 1000
    drawer.redo("Mirror")
    drawer.undo("Mirror")

    drawer.select("Row", "B")
    drawer.press("Shift+ArrowRight")
    drawer.press("ArrowDown")
    drawer.select("Section", "Stalls")
    drawer.push("Left", exact_in="[data-part=properties]")
    assert [row.seats[0].x for row in drawer.section("Stalls").rows] == [1000, 1000, 1000]
    drawer.undo("Align")
    drawer.redo("Align")
    assert [row.seats[0].y for row in drawer.section("Stalls").rows] == [600, 700, 780]
    drawer.push("Up and down")
    assert [row.seats[0].y for row in drawer.section("Stalls").rows] == [600, 690, 780]
    drawer.undo("Distribute")
    assert drawer.row("B").seats[0].y == 700


def test_rows_are_drawn_skewed_painted_by_key_and_copied_with_their_categories(drawer: Drawer) -> None:
    draws_a_straight_row(drawer)
    skews_one_row(drawer)
    paints_with_later_categories_by_key(drawer)
    copies_an_area_and_a_floor(drawer)
    hides_and_locks(drawer)
    copies_by_dragging(drawer)
    judge(drawer.page)


def draws_a_straight_row(drawer: Drawer) -> None:
    """Two clicks; it ends where a whole number of seats does, and its first seat is where it was begun."""
    drawer.press("r")
    drawer.click(300, 1200)
    drawer.click(820, 1200)
    (row,) = drawer.section("Section 1").rows
    assert (row.label, len(row.seats), row.shape["kind"]) == ("A", 11, "line")
    assert [(seat.x, seat.y) for seat in (row.seats[0], row.seats[-1])] == [(300, 1200), (820, 1200)]
    drawer.undo("Add rows")
    expect_seats(drawer.page, 30)
    drawer.press("Escape")


def skews_one_row(drawer: Drawer) -> None:
    """A row alone goes sideways by what is typed, the others stay; typed again it counts from where the row was."""
    drawer.select("Row", "B")
    drawer.fill("Skew (cm)", "25")
    assert [row.seats[0].x for row in drawer.section("Stalls").rows] == [1000, 1025, 1000]
    drawer.select("Row", "B")
    drawer.fill("Skew (cm)", "40")
    assert [row.seats[0].x for row in drawer.section("Stalls").rows] == [1000, 1040, 1000]
    drawer.undo("Change the rows")
    drawer.undo("Change the rows")
    assert drawer.row("B").seats[0].x == 1000


def paints_with_later_categories_by_key(drawer: Drawer) -> None:
    """Keys count the categories as they are listed, those that came later too; a number without a category does nothing."""
    drawer.push("Categories", "tab")
    drawer.push("Add a category in #009e73")
    drawer.push("Add a category in #cc79a7")
    drawer.push("Properties", "tab")
    third, fourth = [category.key for category in drawer.draft.categories][2:]
    drawer.select("Row", "A")
    drawer.press("4")
    drawer.press("9")
    drawer.select("Row", "C")
    drawer.press("3")
    assert [row.category for row in drawer.section("Stalls").rows] == [fourth, None, third]


def copies_an_area_and_a_floor(drawer: Drawer) -> None:
    """Seats keep their categories; an area's copy has one of its own, since no other may have an area's."""
    page = drawer.page
    drawer.press("a")
    drawer.drag(1800, 1000, 2200, 1300)
    drawer.press("v")
    drawer.press("Control+d")
    drawn = drawer.draft
    assert [area.name for area in drawn.areas] == ["Standing", "Standing 2"]
    painted = [area.category for area in drawn.areas]
    keys = [category.key for category in drawn.categories]
    assert keys[4:] == painted
    drawer.undo("Duplicate")
    assert [category.key for category in drawer.draft.categories] == keys[:5]

    drawer.push("Change this floor")
    drawer.push("Duplicate with all that is on it")
    expect_seats(page, 60)
    below, above = drawer.draft.floors
    assert above.name == "Ground (copy)"
    assert [row.category for row in above.sections[0].rows] == [row.category for row in below.sections[0].rows]
    assert (above.sections[0].name, above.sections[0].category) == ("Stalls 1", "standard")
    (standing,) = above.areas
    assert (standing.name, standing.category) == ("Standing 2", [one.key for one in drawer.draft.categories][5])
    drawer.undo("Duplicate the floor")
    expect_seats(page, 30)


def hides_and_locks(drawer: Drawer) -> None:
    """What is hidden or locked is out of reach until all is shown and unlocked; nothing of it is saved."""
    page = drawer.page
    before = drawer.draft
    for word, back in (("Hide", "Show all"), ("Lock", "Unlock all")):
        drawer.select("Row", "B")
        drawer.push(word, exact_in="[data-part=properties]")
        page.locator("[data-part=map]").focus()
        drawer.click(1200, 690)
        expect(page.locator("[data-selected]")).to_have_count(0)
        drawer.push(back, exact_in="[data-part=shown-again]")
        page.locator("[data-part=map]").focus()
        drawer.click(1300, 690)  # elsewhere: a second click at one place would be a double click
        drawer.selected(10)
    assert drawer.draft == before


def copies_by_dragging(drawer: Drawer) -> None:
    """With Alt held the row stays where it is, and its copy lies where it is dropped."""
    drawer.select("Row", "C")
    drawer.page.keyboard.down("Alt")
    drawer.drag(1200, 780, 1200, 960)
    drawer.page.keyboard.up("Alt")
    expect_seats(drawer.page, 40)
    assert {seat.y for seat in drawer.row("C").seats} == {780}
    copy = drawer.row("D")
    assert ({seat.y for seat in copy.seats}, copy.category) == ({960}, drawer.row("C").category)
    drawer.undo("Duplicate")
    expect_seats(drawer.page, 30)


def test_a_selection_goes_through_the_clipboard_to_another_map(
    drawer: Drawer, stack: Stack, in_house: world.House
) -> None:
    pastes_beside_what_was_copied(drawer)

    house = {
        **three_rows(),
        "name": "Other house",
        "categories": [{"key": "one", "name": "Premium", "color": "#009e73"}],
    }
    house["floors"] = [{"id": "hall", "name": "Hall"}]
    other = create_seat_map(venue=drawer.seat_map.venue, document=parse(house), actor=SYSTEM)
    drawer.select("Row", "A")
    drawer.press("2")
    drawer.press("Control+a")
    drawer.press("Control+c")
    assert drawer.row("A").category == "premium"
    drawer.page.goto(stack.url(in_house.host, f"/portal/seat-maps/{other.pk}/editor/"))
    drawer.page.locator("[data-seat-editor][data-ready]").wait_for()
    drawer.seat_map = other
    drawer.page.locator("[data-part=map]").focus()
    drawer.press("Control+v")
    expect_seats(drawer.page, 30)

    pasted = drawer.draft
    stalls = drawer.section("Stalls")
    assert [(row.label, row.seats[0].x, row.seats[0].y) for row in stalls.rows] == [
        ("A", 1000, 600),
        ("B", 1000, 690),
        ("C", 1000, 780),
    ]
    assert [(one.name, one.color) for one in pasted.categories] == [("Premium", "#009e73"), ("Standard", "#0072b2")]
    assert (stalls.category, stalls.rows[0].category) == ("standard", "one")  # what is called Premium here
    assert not {seat.id for seat in stalls.seats} & {seat.id for seat in parse(three_rows()).seats}
    assert [one.kind for one in pasted.floors[0].decorations] == ["stage"]
    drawer.undo("Paste")
    expect_seats(drawer.page, 0)


def pastes_beside_what_was_copied(drawer: Drawer) -> None:
    """A row goes into its own section, beside itself; what is no map is refused in words, and nothing changes."""
    drawer.select("Row", "B")
    drawer.press("Control+c")
    drawer.press("Control+v")
    expect_seats(drawer.page, 40)
    copy = drawer.row("D")
    assert [(copy.seats[0].x, copy.seats[0].y), (copy.seats[-1].x, copy.seats[-1].y)] == [(1100, 790), (1550, 790)]
    drawer.undo("Paste")
    drawer.page.evaluate("navigator.clipboard.writeText('row A')")
    drawer.press("Control+v")
    expect(drawer.page.locator("[data-part=hint]")).to_have_text("The clipboard holds no part of a seat map.")
    expect_seats(drawer.page, 30)


def test_rows_are_reshaped_numbered_turned_and_snapped(drawer: Drawer) -> None:
    reshapes_rows_by_numbers(drawer)
    reshapes_a_row_by_its_handles(drawer)
    numbers_in_every_way(drawer)
    turns_and_arrays_about_the_focal_point(drawer)
    snaps_to_its_neighbours(drawer)
    adds_up_what_all_places_bring(drawer)
    judge(drawer.page)


def reshapes_rows_by_numbers(drawer: Drawer) -> None:
    """Count, pitch, length, curve, aisles and stagger; a seat that was moved by hand stays off its slot through all of it."""
    drawer.press("r")
    drawer.click(300, 1200)
    drawer.click(820, 1200)  # 11 seats, 52 cm apart
    drawer.press("v")
    drawer.page.mouse.dblclick(*drawer._at(404, 1200))
    drawer.selected(1)
    drawer.press("ArrowUp")
    drawer.page.mouse.click(*drawer._at(560, 1200))  # another seat of it: the whole row
    drawer.selected(11)

    def seats() -> list[tuple[float, float]]:
        return [(seat.x, seat.y) for seat in drawer.section("Section 1").rows[0].seats]

    drawer.fill("Seats", "9")
    assert len(seats()) == 9
    drawer.fill("Seat pitch (cm)", "60")
    assert [round(b[0] - a[0]) for a, b in zip(seats(), seats()[1:], strict=False)] == [60] * 8
    drawer.fill("Length (cm)", "800")
    assert round(seats()[-1][0] - seats()[0][0]) == 800
    drawer.fill("Aisles after seats", "3, 6", is_leaving=False)
    drawer.fill("Aisle (cm)", "120")
    row = drawer.section("Section 1").rows[0]
    assert (row.gaps, round(row.seats[3].x - row.seats[2].x - (row.seats[1].x - row.seats[0].x))) == ((2, 5), 120)
    assert [y for _x, y in seats()] == [1200, 1200, 1190, *[1200] * 6]
    drawer.fill("Curve (cm)", "100")
    bent = drawer.section("Section 1").rows[0]
    assert (bent.shape["kind"], len(bent.shape["moved"])) == ("arc", 1)
    assert bent.seats[4].y - bent.seats[0].y > 90

    drawer.select("Section", "Stalls")
    drawer.check("Staggered")
    assert [row.seats[0].x for row in drawer.section("Stalls").rows] == [1000, 1025, 1000]
    drawer.undo("Change the rows")


def reshapes_a_row_by_its_handles(drawer: Drawer) -> None:
    """The grip after its last seat makes it longer, the one beneath its middle bends it: its seats keep their ids."""
    mouse = drawer.page.mouse
    drawer.press("r")
    drawer.click(300, 1700)
    drawer.click(820, 1700)
    drawer.press("v")
    before = drawer.section("Section 1").rows[-1]

    def pull(seat: tuple[float, float], grip: tuple[int, int], by: tuple[float, float]) -> None:
        (x, y), (to_x, to_y) = drawer._at(*seat), drawer._at(seat[0] + by[0], seat[1] + by[1])
        mouse.move(x + grip[0], y + grip[1])
        mouse.down()
        mouse.move(to_x + grip[0], to_y + grip[1], steps=4)
        mouse.up()

    pull((820, 1700), (26, 0), (104, 0))
    longer = drawer.section("Section 1").rows[-1]
    assert len(longer.seats) > len(before.seats)
    assert [seat.id for seat in longer.seats[:11]] == [seat.id for seat in before.seats]
    middle = longer.seats[len(longer.seats) // 2]
    pull((middle.x, middle.y), (0, 26), (0, 80))
    bent = drawer.section("Section 1").rows[-1]
    assert (bent.shape["kind"], [seat.id for seat in bent.seats]) == ("arc", [seat.id for seat in longer.seats])
    drawer.undo("Change the rows")
    drawer.undo("Change the rows")
    drawer.undo("Add rows")


def numbers_in_every_way(drawer: Drawer) -> None:
    """The wizard shows what each rule makes before anything changes; then only labels do."""
    page = drawer.page
    ids = [seat.id for seat in drawer.section("Stalls").seats]
    drawer.press("k")
    drawer.around(1180, 660, 1270, 720)  # a hole in row B
    drawer.press("v")
    drawer.press("Control+a")
    drawer.press("n")
    box = page.get_by_role("dialog", name="Number rows and seats")

    def shown() -> list[list[str]]:
        cells = box.get_by_role("region", name="Preview").locator("tbody tr").all()
        return [[row.locator("th").inner_text(), row.locator("td").last.inner_text()] for row in cells]

    def rows() -> str:
        return " ".join(label for label, _seats in shown())

    def seats(at: int = 0) -> str:
        return shown()[at][1]

    ten = [str(n) for n in range(1, 11)]
    assert (rows(), seats()) == ("A B C A", " ".join(ten))
    page.get_by_label("Anew in each section").uncheck()
    assert sorted(rows().split()) == ["A", "B", "C", "D"]
    page.get_by_label("Anew in each section").check()
    page.get_by_label("Begins with number").fill("24")
    page.get_by_label("Without the letters").fill("IO")
    drawer.choose("After Z", "AA, BB …")
    assert rows().startswith("Z AA BB")
    drawer.choose("After Z", "AA, AB …")
    assert rows().startswith("Z AA AB")
    page.get_by_label("Begins with number").fill("4")
    drawer.choose("Rows, from the front", "I, II, III …")
    assert rows().startswith("IV V VI")
    page.get_by_label("From the back").check()
    assert rows().startswith("VI V IV")
    drawer.choose("Rows, from the front", "1, 2, 3 …")
    assert rows().startswith("6 5 4")
    page.get_by_label("From the back").uncheck()
    drawer.choose("Rows, from the front", "Own list")
    page.get_by_label("Paste the labels, in their order").fill("Front, Mid, Back")
    assert rows().startswith("Front Mid Back")
    for scheme, words in (
        ("Right to left", " ".join(reversed(ten))),
        ("Odd numbers", "1 3 5 7 9 11 13 15 17 19"),
        ("Even numbers", "2 4 6 8 10 12 14 16 18 20"),
        ("From the centre outward", "9 7 5 3 1 2 4 6 8 10"),
    ):
        drawer.choose("Seats, along the row", scheme)
        assert seats() == words
    drawer.choose("Seats, along the row", "Left to right")
    page.get_by_label("First number").fill("101")
    page.get_by_label("First number").press("Tab")
    assert seats() == " ".join(str(100 + n) for n in range(1, 11))
    assert seats(1) == "101 102 103 104 105 106 107 108"
    page.get_by_label("On through aisles").uncheck()
    assert seats(1) == "101 102 103 104 101 102 103 104"
    drawer.choose("Seats, along the row", "Own list")
    page.get_by_label("Paste the labels, in their order").last.fill("a b c d e f g h k l")
    assert (seats(), seats(1)) == ("a b c d e f g h k l", "a b c d e f g h")
    judge(page)
    box.get_by_role("button", name="Number 4 rows").click()

    stalls = drawer.section("Stalls")
    assert [row.label for row in stalls.rows] == ["Front", "Mid", "Back"]
    assert [seat.id for seat in stalls.seats] == [one for one in ids if one not in ("B-5", "B-6")]
    drawer.undo("Number")
    assert [row.label for row in drawer.section("Stalls").rows] == ["A", "B", "C"]
    keeps_holes(drawer)
    drawer.undo("Cut out")


def keeps_holes(drawer: Drawer) -> None:
    """A row that the editor drew knows which of its seats is missing: the others may be numbered as if it were there."""
    page = drawer.page
    drawer.press("r")
    drawer.click(300, 1900)
    drawer.click(820, 1900)
    drawer.press("k")
    drawer.around(480, 1870, 540, 1930)  # the fifth of eleven
    drawer.press("v")
    drawer.page.mouse.click(*drawer._at(300, 1900))
    drawer.selected(10)
    drawer.press("n")
    box = page.get_by_role("dialog", name="Number rows and seats")
    drawer.choose("Seats, along the row", "Left to right")
    page.get_by_label("First number").fill("1")
    page.get_by_label("First number").press("Tab")
    page.get_by_label("On through aisles").check()
    page.get_by_label("Missing seats keep their number").check()
    assert box.get_by_role("region").locator("td").last.inner_text() == "1 2 3 4 6 7 8 9 10 11"
    page.get_by_label("Missing seats keep their number").uncheck()
    drawer.choose("Rows, from the front", "A, B, C …")
    box.get_by_role("button", name="Cancel").click()
    drawer.undo("Cut out")
    drawer.undo("Add rows")


def turns_and_arrays_about_the_focal_point(drawer: Drawer) -> None:
    drawer.press("f")
    drawer.click(1225, 300)
    drawer.press("v")
    drawer.page.mouse.click(*drawer._at(1000, 600))
    drawer.selected(10)
    drawer.open("Arrange")
    drawer.fill("Turn by (°)", "90", is_leaving=False)
    drawer.push("About the focal point")
    drawer.has_done("Rotate")
    assert [(seat.x, seat.y) for seat in drawer.row("A").seats[:2]] == [(925, 75), (925, 125)]
    drawer.undo("Rotate")
    drawer.open("Copy")
    drawer.fill("Copies in all", "3", is_leaving=False)
    drawer.fill("Angle between copies (°)", "90", is_leaving=False)
    drawer.push("Array around the focal point")
    drawer.has_done("Array")
    copies = drawer.section("Stalls").rows[3:]
    assert [(row.seats[0].x, row.seats[0].y) for row in copies] == [(925, 75), (1450, 0)]
    drawer.undo("Array")


def snaps_to_its_neighbours(drawer: Drawer) -> None:
    """Dropped a hand's breadth beside, a row stands under the others."""
    drawer.page.mouse.click(*drawer._at(1000, 780))
    drawer.selected(10)
    drawer.drag(1200, 780, 1203, 872)
    assert [row.seats[0].x for row in drawer.section("Stalls").rows] == [1000, 1000, 1000]
    assert drawer.row("C").seats[0].y in (870, 872)
    drawer.undo("Move")


def adds_up_what_all_places_bring(drawer: Drawer) -> None:
    """Counts and face value follow each stroke of the brush."""
    page = drawer.page
    drawer.push("Categories", "tab")
    for name, price in (("Standard", "20"), ("Premium", "30")):
        page.get_by_label(f"Price of {name}, for the sum").fill(price)
        page.get_by_label(f"Price of {name}, for the sum").press("Enter")
    expect(page.get_by_text("All places at these prices: 780")).to_be_visible()
    expect(page.get_by_text("39 places", exact=True)).to_be_visible()
    page.mouse.click(*drawer._at(1000, 600))
    drawer.press("2")
    expect(page.get_by_text("All places at these prices: 880")).to_be_visible()
    expect(page.get_by_text("29 places", exact=True)).to_be_visible()
    drawer.push("Properties", "tab")


def test_nothing_is_lost_and_nothing_wrong_is_published(drawer: Drawer, stack: Stack, in_house: world.House) -> None:
    goes_back_two_hundred_steps(drawer)
    saves_by_itself_and_keeps_what_is_not_saved(drawer)
    finds_what_else_is_wrong(drawer)
    changes_a_key(drawer)
    draws_from_a_list(drawer, stack, in_house)


def goes_back_two_hundred_steps(drawer: Drawer) -> None:
    """Keys that are held, as the browser repeats them."""
    held = "([key, more]) => { for (let n = 0; n < 205; n++) document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, ...more })) }"
    drawer.select("Row", "C")
    drawer.page.evaluate(held, ["ArrowDown", {"altKey": True}])  # a centimetre each
    assert drawer.row("C").seats[0].y == 985
    drawer.page.evaluate(held, ["z", {"ctrlKey": True}])
    assert drawer.row("C").seats[0].y == 780


def saves_by_itself_and_keeps_what_is_not_saved(drawer: Drawer) -> None:
    """Within two seconds of the last step; and while the server is out of reach, in this browser."""
    page = drawer.page
    drawer.select("Row", "C")
    with page.expect_response(
        lambda answer: answer.url.endswith("/draft/") and answer.request.method == "POST", timeout=2_500
    ):
        drawer.press("Shift+ArrowDown")
    expect(page.locator("[data-part=state]")).to_have_text("Saved")
    drawer.seat_map.refresh_from_db()
    assert parse(drawer.seat_map.draft).floors[0].sections[0].rows[2].seats[0].y == 830

    page.route("**/draft/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    drawer.press("Shift+ArrowDown")
    away = "No connection: kept in this browser"
    expect(page.locator("[data-part=state]")).to_have_text(away)
    page.reload()
    page.locator("[data-seat-editor][data-ready]").wait_for()
    expect(page.locator("[data-part=state]")).to_have_text(away)
    page.unroute("**/draft/")
    expect(page.locator("[data-part=state]")).to_have_text("Saved", timeout=10_000)
    assert drawer.row("C").seats[0].y == 880
    drawer.select("Row", "C")
    drawer.press("Shift+ArrowUp")
    drawer.press("Shift+ArrowUp")


def finds_what_else_is_wrong(drawer: Drawer) -> None:
    """Seats on seats, an empty area, a companion without a space, numbers out of order, a seat beyond its outline: each press leads there."""
    page = drawer.page
    drawer.select("Row", "B")
    for _step in range(9):
        drawer.press("ArrowUp")  # onto row A
    drawer.press("a")
    drawer.drag(1300, 380, 1500, 480)
    drawer.press("v")
    drawer.fill("Capacity", "0")
    drawer.push("Seats")
    drawer.click(1000, 780)
    drawer.fill("Number of the seat", "7")
    drawer.click(1450, 780)
    drawer.open("Access and comfort")
    drawer.check("Companion seat")
    drawer.push("Rows")
    assert len(list(drawer.draft.areas)) == 1
    page.locator("[data-part=fault-count]").click()
    for words in (
        "lies on another seat",
        "The area “Standing” has no capacity.",
        "Row C of “Stalls” has two seats “7”",
        "companion",
    ):
        expect(page.locator(".ed-faults button").filter(has_text=words).first).to_be_visible()
    page.locator(".ed-faults button").filter(has_text="two seats “7”").first.click()
    drawer.selected(1)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Publish…").click()
    expect(page.get_by_text("12 errors keep it from being published")).to_be_visible()
    page.go_back()
    page.locator("[data-seat-editor][data-ready]").wait_for()


def changes_a_key(drawer: Drawer) -> None:
    """Whoever has another use for a letter gives the tool another one, or none."""
    page = drawer.page
    page.locator("[data-part=map]").focus()
    page.keyboard.press("?")
    page.get_by_label("Key for Table").press("y")
    page.keyboard.press("Escape")
    page.locator("[data-part=map]").focus()
    page.keyboard.press("y")
    expect(page.get_by_role("button", name="Table", exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("?")
    page.get_by_label("Single letters work").uncheck()
    page.keyboard.press("Escape")
    page.locator("[data-part=map]").focus()
    page.keyboard.press("v")
    expect(page.get_by_role("button", name="Table", exact=True)).to_have_attribute("aria-pressed", "true")


def draws_from_a_list(drawer: Drawer, stack: Stack, house: world.House) -> None:
    """A CSV of seats becomes a map that is open in the editor at once; files of other kinds go the same way (test_formats)."""
    page = drawer.page
    page.goto(stack.url(house.host, f"/portal/venues/{drawer.seat_map.venue_id}/seat-maps/new/"))
    page.get_by_label("Name of the map").fill("From a list")
    lines = ["section,row,seat", *(f"Parquet,{row},{seat}" for row in "AB" for seat in range(1, 6))]
    page.locator("input[type=file]").set_input_files(
        [{"name": "seats.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}]
    )
    page.get_by_role("button", name="Open the editor").click()
    if page.get_by_role("link", name="Open the editor").count():  # what was made of the file is told first
        page.get_by_role("link", name="Open the editor").click()
    page.locator("[data-seat-editor][data-ready]").wait_for()
    expect_seats(page, 10)


def test_who_edits_what_is_wrong_and_what_has_changed(drawer: Drawer, stack: Stack, in_house: world.House) -> None:
    looks_while_another_tab_edits(drawer)
    is_shown_what_is_wrong(drawer)
    compares_a_named_version(drawer)


def looks_while_another_tab_edits(drawer: Drawer) -> None:
    """The second tab reads until it takes over; then the first one does."""
    page = drawer.page
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("[data-seat-editor][data-ready]").wait_for()
    expect(other.locator("[data-part=banner]")).to_contain_text("Flora edits this map now")
    expect(other.locator("[data-part=state]")).to_be_empty()
    other.locator("[data-part=map]").focus()
    other.keyboard.press("Control+a")
    other.keyboard.press("Delete")
    expect_seats(other, 30)
    other.get_by_role("button", name="Take over").click()
    expect(other.locator("[data-part=banner]")).to_be_hidden()
    expect(other.locator("[data-part=state]")).to_have_text("Saved")
    drawer.select("Row", "A")
    drawer.press("ArrowDown")
    expect(page.locator("[data-part=banner]")).to_contain_text("Flora edits this map now")
    other.close()
    page.get_by_role("button", name="Take over").click()
    expect(page.locator("[data-part=banner]")).to_be_hidden()
    page.reload()
    page.locator("[data-seat-editor][data-ready]").wait_for()
    expect(page.locator("[data-part=banner]")).to_be_hidden()


def is_shown_what_is_wrong(drawer: Drawer) -> None:
    """Two rows of one name: the check says so once it is saved, and a press on it goes there."""
    page = drawer.page
    drawer.select("Row", "B")
    drawer.fill("Label", "A")
    assert len(drawer.draft.floors[0].sections[0].rows) == 3
    drawer.push("1 error")
    before = drawer._at(1450, 690)[0] - drawer._at(1000, 690)[0]
    drawer.press("Escape")
    page.get_by_role("button", name="“Stalls” has two rows or tables “A”.").click()
    page.wait_for_timeout(600)  # the way there is shown
    assert drawer._at(1450, 690)[0] - drawer._at(1000, 690)[0] > 1.3 * before
    frame = page.locator("[data-part=map]").bounding_box()
    x, y = drawer._at(1225, 690)
    assert frame is not None
    assert abs(x - frame["x"] - frame["width"] / 2) < 30
    assert abs(y - frame["y"] - frame["height"] / 2) < 30
    judge(page)
    drawer.undo("Change")
    assert drawer.row("B").label == "B"


def compares_a_named_version(drawer: Drawer) -> None:
    page = drawer.page
    page.get_by_role("link", name="Versions").click()
    page.get_by_label("Name").fill("Before the move")
    page.get_by_role("button", name="Only keep it").click()
    page.get_by_role("link", name="Open the editor").click()
    page.locator("[data-seat-editor][data-ready]").wait_for()
    drawer.select("Row", "C")
    drawer.press("Shift+ArrowDown")
    drawer.select("Row", "A")
    drawer.press("Delete")
    assert {seat.y for seat in drawer.row("C").seats} == {830}
    page.get_by_role("link", name="Versions").click()
    page.get_by_role("link", name="Before the move").click()
    shot(page, "difference")
    judge(page)
    for words in ("10 Removed", "10 Moved", "10 kept"):
        expect(page.get_by_text(words, exact=True)).to_be_visible()
    page.get_by_role("button", name="Go back to it").click()
    page.get_by_role("link", name="Open the editor").wait_for()
    drawer.seat_map.refresh_from_db()
    rows = parse(drawer.seat_map.draft).floors[0].sections[0].rows
    assert [(row.label, row.seats[0].y) for row in rows] == [("A", 610), ("B", 690), ("C", 780)]


# --- A map that is on sale -----------------------------------------------------------------------------------------------------


def test_seats_of_a_date_on_sale_are_set_aside_by_brush_and_what_is_sold_stays(
    desktop: Page, stack: Stack, in_house: world.House
) -> None:
    event = world.make_seated_event(three_rows(), kinds=KINDS, orphans="off")
    world.order_seats(event, Adult=["C-1", "C-2"])
    plan = plan_of(event.pk)
    assert plan is not None
    drawer = Drawer(desktop, plan.version.seat_map)
    sign_in(desktop, stack.url(in_house.host, f"/portal/seat-maps/{drawer.seat_map.pk}/editor/"), in_house.owner)
    desktop.locator("[data-seat-editor][data-ready]").wait_for()
    sets_seats_aside(drawer, event)
    keeps_what_is_sold(drawer, event)


KINDS = (("Adult", 0, "standard"),)


def sets_seats_aside(drawer: Drawer, event: Event) -> None:
    page = drawer.page
    page.get_by_role("tab", name="Allocations").click()
    page.get_by_label("For whom: house, press, promoter").fill("press")
    page.get_by_label("For whom: house, press, promoter").press("Tab")
    drawer.select("Row", "B")
    page.get_by_role("button", name="Set 10 selected seats aside").click()
    expect(page.get_by_role("heading", name="Set aside: 10")).to_be_visible()

    drawer.press("d")
    page.get_by_role("tab", name="Properties").click()
    drawer.choose("The brush paints", "An allocation of a date")
    drawer.choose("Set aside for", "press")
    drawer.lasso((1000, 780), (1450, 780))  # row C, of which two seats are sold
    expect(page.get_by_role("alert").filter(has_text="2 seats are sold or held")).to_be_visible()
    shot(page, "editor-allocations")
    block = Block.objects.get(performance=world.the_performance(event))
    assert (block.owner, block.places.count()) == ("press", 18)

    page.get_by_label("Take it away instead").check()
    drawer.lasso((1000, 690), (1450, 690))
    page.get_by_role("tab", name="Allocations").click()
    expect(page.get_by_role("heading", name="Set aside: 8")).to_be_visible()
    judge(page)


def keeps_what_is_sold(drawer: Drawer, event: Event) -> None:
    page = drawer.page
    drawer.press("v")
    drawer.select("Row", "C")
    drawer.press("Delete")
    expect(page.locator("[data-part=refused]")).to_contain_text("10 places of this are sold, held or set aside")
    assert len(drawer.row("C").seats) == 10

    page.get_by_role("button", name="On sale: safe mode").click()
    page.get_by_label("Safe mode: seats that somebody has stay on the map").uncheck()
    drawer.select("Row", "C")
    drawer.press("Delete")
    expect(page.get_by_text("10 removed seats are somebody’s")).to_be_visible()
    page.get_by_role("button", name=f"Stalls, row C, seat 1 is sold for “{event.title}”").click()
    shot(page, "editor-removed-seats")
    judge(page)
    drawer.undo("Remove")
    assert len(drawer.row("C").seats) == 10
    expect(page.get_by_text("removed seats are somebody’s")).to_have_count(0)
