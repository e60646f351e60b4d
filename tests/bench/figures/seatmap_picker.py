"""How soon a seat map can be used and how smoothly it moves, in headless Chromium without a graphics card: ours against one SVG
circle for each of the same seats. And what the picker's own script weighs.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from threading import Thread

from playwright.sync_api import Browser, sync_playwright

from seating.compiled import CompiledMap, geometry
from tests.bench.bench import Bench
from tests.bench.figure import Figure, figure
from tests.browser import CHROMIUM, FLAGS
from tests.seat_maps import stadium

IS_LONG = True  # some minutes: a browser draws 60,000 circles again and again

ROOT = Path(__file__).resolve().parents[3]
SIZES = {"5k": 5_000, "20k": 20_000, "60k": 60_000}
VIEW = {"width": 412, "height": 800}
MOST_SCRIPT = 60_000  # bytes, compressed
STEPS = 24  # of the wheel, then as many of a drag
PAGE = """<!doctype html><meta charset="utf-8"><style>body { margin: 0 } #map { width: 100vw; height: 100vh }</style>
<div id="map"></div><script src="page.js"></script>"""


def measure(bench: Bench) -> list[Figure]:
    """`seatmap_start_*` and `seatmap_frame_*` in ms, `seatmap_script` in bytes; less is better"""
    figures = [_script()]
    with _pages() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name, seats in SIZES.items():
            runs = {
                kind: [_run(browser, address, kind, name) for _round in range(bench.rounds)]
                for kind in ("ours", "plain")
            }
            ours, plain = runs["ours"], runs["plain"]
            what = (
                f"{seats:,} seats, 412 x 800 pixels, no graphics card; against a circle of SVG for each; less is better"
            )
            half = median(frame for _start, frame, _late in ours)
            half_plain = median(frame for _start, frame, _late in plain)
            figures += [
                figure(
                    f"seatmap_start_{name}",
                    [start for start, _frame, _late in ours],
                    [start for start, _frame, _late in plain],
                    how=f"fetch, decode, draw and ready to be pressed: {what}",
                    unit="ms",
                ),
                figure(
                    f"seatmap_frame_{name}",
                    [late for _start, _frame, late in ours],
                    [late for _start, _frame, late in plain],
                    how=f"19 of 20 frames within, zooming in by wheel and dragging (half within {half:.0f} ms, plain"
                    f" {half_plain:.0f}): {what}",
                    unit="ms",
                ),
            ]
        browser.close()
    return figures


def _script() -> Figure:
    """All scripts of the picker's page, as sent; of which `main.ts` is on every page."""
    build = ROOT / "var/static-build"
    manifest = json.loads((build / "manifest.json").read_text())

    def files(entry: str) -> set[str]:
        found = manifest[entry]
        return {found["file"]}.union(*(files(part) for part in found.get("imports", ())))

    everywhere = files("platform/ui/client/main.ts")
    own = files("storefront/client/seats.ts") - everywhere
    sent = sum((build / f"{name}.br").stat().st_size for name in own)
    if sent > MOST_SCRIPT:
        raise AssertionError(f"the picker's own script is {sent} bytes, more than {MOST_SCRIPT}")
    how = f"the picker's own {len(own)} scripts by brotli, against the {MOST_SCRIPT:,} bytes that they may be; less is better"
    return Figure("seatmap_script", float(sent), "bytes", float(MOST_SCRIPT), float(f"{sent / MOST_SCRIPT:.3g}"), how)


def _run(browser: Browser, address: str, kind: str, name: str) -> tuple[float, float, float]:
    """Milliseconds until it can be used, of the median frame while it moves, and of the slowest in twenty."""
    page = browser.new_page(viewport=VIEW, device_scale_factor=2)  # type: ignore[arg-type]
    page.goto(address)
    start = page.evaluate(f"{kind}('{name}')")
    across, down = VIEW["width"] * 0.5, VIEW["height"] * 0.42
    page.mouse.move(across, down)
    page.keyboard.down("Control")
    for _step in range(STEPS):
        page.mouse.wheel(0, -75)
    page.keyboard.up("Control")
    page.mouse.down()
    for step in range(STEPS):
        page.mouse.move(across + step * 6, down + step * 4)
    frames = page.evaluate("frames")
    page.close()
    return start, median(frames), quantiles(frames, n=20)[-1]


@contextmanager
def _pages() -> Iterator[str]:
    """The address of the page that draws, with the geometry of each size beside it."""
    with TemporaryDirectory() as folder:
        config = ROOT / "tests/bench/seatmap/vite.config.mjs"
        build = [ROOT / ".venv/bin/node", ROOT / "node_modules/vite/bin/vite.js", "build", "--config", config]
        subprocess.run([*build, "--outDir", folder, "--logLevel", "error"], check=True)  # our own
        (Path(folder) / "index.html").write_text(PAGE)
        for name, seats in SIZES.items():
            (Path(folder) / f"{name}.json").write_text(json.dumps(geometry(CompiledMap(stadium(seats)))))
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""
