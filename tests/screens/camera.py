"""A browser with several people at it, who look at screens at each width; what is wrong with each; the contact sheets.

A script that throws is a fault too: axe finds nothing in a map that was never drawn.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as BrowserError

from accounts.models import User
from tests import world
from tests.screens.rows import Screen
from tests.screens.scene import AFFILIATE, Scene
from tests.staff import code_now, has_app

WIDTHS = {390: 844, 1440: 900}
PATIENCE = 60_000  # milliseconds
AXE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MAIL_RULES = {"runOnly": AXE}
PAGE_RULES = {"runOnly": [*AXE, "best-practice"]}


@dataclass
class Camera:
    """Takes pictures into a folder. Addresses are of a product that listens at `port`."""

    browser: Browser
    scene: Scene
    port: int
    folder: Path
    pages: dict[str, Page] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)  # what the scripts of the page in front threw

    def look(self, screen: Screen, width: int) -> list[str]:
        """Take the picture; say everything that is wrong with the screen at this width."""
        page, faults = self._page_of(screen.who), list[str]()
        self.broken.clear()
        page.set_viewport_size({"width": width, "height": WIDTHS[width]})
        address = f"http://{screen.host}:{self.port}{screen.path}"
        if screen.document:
            page.route(
                address,
                lambda route: route.fulfill(status=screen.status, body=screen.document, content_type="text/html"),
            )
        try:
            answer = page.goto(address)
            if answer is None or answer.status != screen.status:
                faults.append(f"status {answer and answer.status}, not {screen.status}")
            elif page.url != address:
                faults.append(f"led to {page.url}")
            if screen.act:
                screen.act(page)
            page.wait_for_load_state("load")
            found = Axe().run(page, options=MAIL_RULES if screen.is_mail else PAGE_RULES).response["violations"]
            faults += [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wider > 0:
                faults.append(f"scrolls {wider} px sideways")
            faults += [f"script: {one}" for one in dict.fromkeys(self.broken)]
            page.screenshot(path=self.folder / f"{screen.name}-{width}.png", full_page=True)
        except BrowserError as error:
            faults.append(str(error).splitlines()[0])
        return faults

    def _page_of(self, who: str) -> Page:
        """The browser of this person, signed in at both hosts where they have something to do there."""
        if who not in self.pages:
            context = self.browser.new_context(locale="en-GB", timezone_id="Europe/Berlin", reduced_motion="reduce")
            context.set_default_timeout(PATIENCE)
            self.pages[who] = context.new_page()
            self.pages[who].on("pageerror", lambda error: self.broken.append(error.message))
            people = {
                "owner": self.scene.made.house.owner,
                "door": self.scene.made.house.door,
                "halfway": self.scene.made.house.owner,
                "admin": self.scene.admin,
                "newcomer": self.scene.newcomer,
            }
            if who in people:
                self._sign_in(self.pages[who], who, people[who])
            buyers = {"buyer": world.BEA.email, "affiliate": AFFILIATE}
            if who in buyers:
                self._follow_the_mail(self.pages[who], buyers[who])
        return self.pages[who]

    def _follow_the_mail(self, page: Page, email: str) -> None:
        house = self.scene.made.house
        asked, token = world.ask_to_sign_in(house, email)
        page.goto(f"http://{house.host}:{self.port}/account/sign-in/{asked.pk}/{token}/")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/account/")

    def _sign_in(self, page: Page, who: str, user: User) -> None:
        """With password and code; who is `halfway` has still to type the code, the `newcomer` has no app for one."""
        address = "localhost" if who == "admin" else self.scene.made.house.host
        start = "/console/" if who == "admin" else "/portal/"
        if who != "newcomer":
            has_app(user)
        page.goto(f"http://{address}:{self.port}{start}")
        page.get_by_label("E-mail").fill(user.email)
        page.get_by_label("Password").fill(world.PASSWORD)
        page.get_by_label("Password").press("Enter")
        page.wait_for_url("**/second-factor/**")
        if who not in ("halfway", "newcomer"):
            page.get_by_label("Code").fill(code_now(user))
            page.get_by_label("Code").press("Enter")
            page.wait_for_url(lambda url: "/account/" not in url)


def contact_sheets(folder: Path, names: list[str], *, per_row: int = 5, size: tuple[int, int] = (390, 560)) -> None:
    """Lay the tops of the pictures out in sheets of fifteen: one series for each width."""
    series: dict[int, list[Path]] = defaultdict(list)
    for width in WIDTHS:
        series[width] = [path for path in (folder / f"{name}-{width}.png" for name in names) if path.exists()]
    font = ImageFont.load_default(16)
    for width, paths in series.items():
        for start in range(0, len(paths), 3 * per_row):
            sheet = Image.new("RGB", (per_row * (size[0] + 10), 3 * (size[1] + 34)), "#888888")
            for place, path in enumerate(paths[start : start + 3 * per_row]):
                left, top = (size[0] + 10) * (place % per_row), (size[1] + 34) * (place // per_row)
                with Image.open(path) as picture:
                    small = picture.convert("RGB").resize((size[0], round(picture.height * size[0] / picture.width)))
                ImageDraw.Draw(sheet).text((left + 4, top + 4), path.stem, fill="black", font=font)
                sheet.paste(small.crop((0, 0, size[0], min(size[1], small.height))), (left, top + 26))
            sheet.save(folder / f"sheet-{width}-{start // (3 * per_row) + 1}.png")
