"""What the seat map editor asks of the browser's main thread with a stadium of 20,138 seats, in headless Chromium without a
graphics card: the real page behind the real server. CPU time of the thread, so that another load counts little.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from django_tenants.utils import schema_context, tenant_context
from playwright.sync_api import CDPSession, Page, sync_playwright

from audit.actions import SYSTEM
from seating.actions import create_seat_map
from seating.models import Venue
from seating.plan import compile_plan, preset
from tests import world
from tests.bench.bench import Bench
from tests.bench.figure import Figure, figure
from tests.browser import CHROMIUM, FLAGS
from tests.flows.test_staff_screens import sign_in

IS_LONG = True  # a minute a round, and it needs a browser

VIEW = {"width": 1440, "height": 900}
FRAMES = 40
TIMES = 5  # a round does each command so often
A_FRAME = 1000 / 60  # ms
AT_ONCE = 100.0  # ms: what people take for an answer without delay
OPEN = 2_000.0  # ms

# One step in each frame.
DRAG = """([x, y, frames]) => new Promise((done) => {
  const host = document.querySelector("[data-part=map]");
  let step = 0;
  const next = () => {
    const at = { bubbles: true, pointerId: 1, pointerType: "mouse", clientX: x + step * 3, clientY: y + step * 2 };
    host.dispatchEvent(new PointerEvent("pointermove", at));
    if (++step < frames) requestAnimationFrame(next); else requestAnimationFrame(() => setTimeout(done));
  };
  requestAnimationFrame(next);
})"""
WHEEL = """([x, y, frames]) => new Promise((done) => {
  const host = document.querySelector("[data-part=map]");
  let step = 0;
  const next = () => {
    const deltaY = step < frames / 2 ? -60 : 60;
    host.dispatchEvent(new WheelEvent("wheel", { bubbles: true, cancelable: true, clientX: x, clientY: y, deltaY }));
    if (++step < frames) requestAnimationFrame(next); else requestAnimationFrame(() => setTimeout(done));
  };
  requestAnimationFrame(next);
})"""
PRESS = """([key, ctrlKey]) => new Promise((done) => {
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true, cancelable: true }));
  requestAnimationFrame(() => setTimeout(done));
})"""


def measure(bench: Bench) -> list[Figure]:
    """`editor_*` in ms of the main thread's CPU; less is better"""
    document = compile_plan(preset("stadium")).document
    with schema_context("public"):
        house = world.open_house("Drawers & Sons", "drawers", owner="Dora", door="Dirk")
    address = f"http://{house.host}:{bench.web.port}/portal"
    values: dict[str, list[float]] = {}
    # Playwright's own loop must not make Django think that this thread is asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright, tenant_context(house.organizer):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport=VIEW, locale="en-GB").new_page()  # type: ignore[arg-type]
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        sign_in(page, f"{address}/", house.owner)
        for _round in range(bench.rounds):
            # Each round a map of its own: what is saved stays.
            venue = Venue.objects.create(name="Stadium")
            drawn = create_seat_map(venue=venue, document=document, actor=SYSTEM)
            for name, value in _Visit(page, f"{address}/seat-maps/{drawn.pk}/editor/", document).run():
                values.setdefault(name, []).append(value)
        browser.close()
    if faults:
        raise AssertionError(f"the page failed: {faults[0]}")
    return [
        figure(
            f"editor_{name}",
            found,
            [_limit(name)],
            how=f"{WHAT[name]}; against {_limit(name):.0f} ms; {HOW}",
            unit="ms",
        )
        for name, found in values.items()
    ]


def _limit(name: str) -> float:
    return OPEN if name == "open" else A_FRAME if name in FRAMED else AT_ONCE


FRAMED = {"drag_section", "drag_all", "wheel", "wheel_all", "type", "point"}
WHAT = {
    "open": "the page, until it can be used",
    "point": "a frame while the pointer moves over the map",
    "wheel": "a frame of zooming in and out, one section selected",
    "wheel_all": "a frame of zooming in and out, all seats selected",
    "drag_section": "a frame of dragging a section (368 seats)",
    "drag_all": "a frame of dragging all seats",
    "move_section": "an arrow key that moves a section, until drawn",
    "move_all": "an arrow key that moves all seats, until drawn",
    "paint": "painting a section, until drawn and its panel too",
    "undo": "taking that back, until drawn",
    "select": "selecting all seats, until drawn",
    "type": "a letter in a field of the panel",
    "save_section": "a save of a section's move, with what its answer draws anew",
    "save_all": "a save of all seats, with what its answer draws anew",
}
HOW = "20,138 seats, 1440 x 900 pixels, CPU time of the main thread, no graphics card; less is better"


class _Visit:
    """One person with one map."""

    def __init__(self, page: Page, address: str, document: Any) -> None:
        self.page, self.address = page, address
        self.section = document.floors[0].sections[0]
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def run(self) -> Iterator[tuple[str, float]]:
        page = self.page
        with self._spent() as opened:
            page.goto(self.address)
            page.locator("[data-seat-editor][data-ready]").wait_for()
        yield "open", opened[0]
        page.wait_for_timeout(1_000)
        x, y = self._on_seat()
        yield "point", self._per_frame(DRAG, x, y)

        page.get_by_role("treeitem", name=self.section.name).first.click()
        self._press("0")
        page.wait_for_timeout(1_000)
        yield "wheel", self._per_frame(WHEEL, x, y)
        self._press("0")
        page.wait_for_timeout(1_000)
        yield "drag_section", self._dragged()
        yield "move_section", self._often(lambda: self._press("ArrowDown"))
        yield "save_section", self._saved()
        yield "type", self._typed()
        painted, undone = list[float](), list[float]()
        for turn in range(TIMES):
            painted.append(self._cost(lambda turn=turn: self._press(str(1 + turn % 2))))  # type: ignore[misc]
            undone.append(self._cost(lambda: self._press("z", ctrl=True)))
        yield "paint", median(painted)
        yield "undo", median(undone)
        self._saved()

        yield "select", self._often(lambda: self._press("a", ctrl=True))
        yield "wheel_all", self._per_frame(WHEEL, x, y)
        self._press("0")
        page.wait_for_timeout(1_000)
        yield "drag_all", self._dragged()
        yield "move_all", self._often(lambda: self._press("ArrowDown"))
        yield "save_all", self._saved()

    def _on_seat(self) -> tuple[float, float]:
        """Where on the screen the first seat of the section was when the map was opened."""
        seat = self.section.rows[0].seats[0]
        at = self.page.evaluate(
            "([x, y]) => document.querySelector('[data-seat-editor]').toScreen(x, y)", [seat.x, seat.y]
        )
        return at[0], at[1]

    def _press(self, key: str, *, ctrl: bool = False) -> None:
        self.page.evaluate(PRESS, [key, ctrl])

    def _dragged(self) -> float:
        """Per frame; afterwards all is where it was, and saved."""
        x, y = self._on_seat()
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        spent = self._per_frame(DRAG, x, y)
        self.page.mouse.up()
        self._press("z", ctrl=True)
        self._saved()
        return spent

    def _typed(self) -> float:
        box = self.page.get_by_label("Name of the section")
        before = box.input_value()
        box.focus()
        spent = self._cost(lambda: self.page.keyboard.type("abcdefgh")) / 8
        box.fill(before)
        box.press("Escape")
        return spent

    def _saved(self) -> float:
        with self._spent() as spent:
            self._press("s", ctrl=True)
            self.page.locator("[data-part=state][data-state=saved]").wait_for()
            self.page.wait_for_timeout(100)
        return spent[0]

    def _per_frame(self, script: str, x: float, y: float) -> float:
        return self._cost(lambda: self.page.evaluate(script, [x, y, FRAMES])) / FRAMES

    def _often(self, run: Callable[[], object]) -> float:
        return median(self._cost(run) for _time in range(TIMES))

    def _cost(self, run: Callable[[], object]) -> float:
        with self._spent() as spent:
            run()
        return spent[0]

    @contextmanager
    def _spent(self) -> Iterator[list[float]]:
        """Milliseconds of the main thread while the block runs."""
        spent: list[float] = []
        before = self._busy()
        yield spent
        spent.append((self._busy() - before) * 1000)

    def _busy(self) -> float:
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))
