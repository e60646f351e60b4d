"""`python -m tests.screens [word ...]`: take a picture of every screen at 390 and 1440 px, or of those whose names hold a word.

Prints a line for each with what is wrong: an unexpected status, what axe finds, a page that scrolls sideways. Pictures and
contact sheets are in `var/screens`. Exits with 1 when any screen has a fault.
"""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.browser import CHROMIUM, FLAGS
from tests.own_database import own_database

if TYPE_CHECKING:  # these need the settings and the database
    from tests.screens.rows import Screen
    from tests.screens.scene import Scene

FOLDER = Path(__file__).resolve().parents[2] / "var" / "screens"


def main() -> int:
    """Set the world up, take the pictures, say what is wrong."""
    parser = argparse.ArgumentParser(prog="make screens", description=__doc__)
    parser.add_argument("words", nargs="*", help="only screens with one of these words in their names")
    parser.add_argument(
        "--stay", action="store_true", help="keep the world up and take the pictures again at each line of words"
    )
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with own_database(), TemporaryDirectory() as folder:
        return _run(Path(folder), options.words, stays=options.stay)


def _run(folder: Path, words: list[str], *, stays: bool) -> int:
    from django_tenants.utils import tenant_context

    from tests.screens.rows import screens, tickets
    from tests.screens.scene import set_up
    from tests.stack import start_stack

    with start_stack(folder) as stack:
        scene = set_up(stack)
        with tenant_context(scene.made.house.organizer):
            found = list(screens(scene))
            for number, picture in enumerate(tickets(scene), 1):
                picture.save(FOLDER / f"ticket-{number}.png")
            while True:
                faults = _look(
                    scene, stack.port, [one for one in found if any(word in one.name for word in words or [""])]
                )
                if not stays:
                    return 1 if faults else 0
                print("Words, then Enter:", flush=True)
                words = sys.stdin.readline().split()
                stack.web.kill()  # it starts again with new templates
                stack.revive()


def _look(scene: "Scene", port: int, screens: "list[Screen]") -> int:
    """Look at each at each width; return how many faults there were."""
    from tests.screens.camera import WIDTHS, Camera, contact_sheets

    total = 0
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's own loop is not ours
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        camera = Camera(browser, scene, port, FOLDER)
        for screen in screens:
            for width in WIDTHS:
                faults = camera.look(screen, width)
                print(f"{'✗' if faults else '✓'} {screen.name:<40} {width:>4}  {'; '.join(faults)}", flush=True)
                total += len(faults)
        browser.close()
    contact_sheets(FOLDER, [screen.name for screen in screens])
    print(f"\n{len(screens)} screens, {total} faults; pictures in {FOLDER}")
    return total


if __name__ == "__main__":
    sys.exit(main())
