"""What a buyer's phone downloads, compressed, against the budgets of the design system (bytes)."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

BUILT = Path(__file__).resolve().parents[2] / "var" / "static-build"
FONT = "node_modules/@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((BUILT / "manifest.json").read_text())
    return found


def scripts_of(entry: str, manifest: dict[str, Any]) -> set[str]:
    """The files that an entry loads before it runs."""
    chunk = manifest[entry]
    return {chunk["file"]}.union(*(scripts_of(name, manifest) for name in chunk.get("imports", [])))


def weight(files: set[str]) -> int:
    return sum(len(gzip.compress((BUILT / name).read_bytes(), 9)) for name in files)


@pytest.mark.parametrize(
    ("entries", "limit"),
    [
        (["platform/ui/client/main.ts"], 28_000),
        (["platform/ui/client/main.ts", "storefront/client/event.ts"], 28_000),
        (["platform/ui/client/main.ts", "storefront/client/checkout.ts"], 40_000),
    ],
    ids=["listing", "event", "checkout"],
)
def test_scripts_stay_small(manifest: dict[str, Any], entries: list[str], limit: int) -> None:
    files = set[str]().union(*(scripts_of(entry, manifest) for entry in entries))

    assert weight(files) <= limit


def test_the_shops_stylesheet_stays_small(manifest: dict[str, Any]) -> None:
    assert weight({manifest["platform/ui/client/app.css"]["file"]}) <= 15_000


def test_the_font_is_one_small_file(manifest: dict[str, Any]) -> None:
    assert (BUILT / manifest[FONT]["file"]).stat().st_size <= 35_000


def test_nothing_is_fetched_from_elsewhere_or_evaluated(manifest: dict[str, Any]) -> None:
    css = (BUILT / manifest["platform/ui/client/app.css"]["file"]).read_text()
    script = (BUILT / manifest["platform/ui/client/main.ts"]["file"]).read_text()

    assert "url(http" not in css
    assert "url(data:" not in css
    assert "return eval(" not in script


def test_text_files_are_compressed_beforehand(manifest: dict[str, Any]) -> None:
    name = manifest["platform/ui/client/main.ts"]["file"]

    assert gzip.decompress((BUILT / f"{name}.gz").read_bytes()) == (BUILT / name).read_bytes()
    assert (BUILT / f"{name}.br").stat().st_size < (BUILT / f"{name}.gz").stat().st_size


def test_a_built_file_is_sent_compressed_and_kept_for_ever(manifest: dict[str, Any]) -> None:
    answer = Client(HTTP_ACCEPT_ENCODING="br").get(f"/static/{manifest['platform/ui/client/main.ts']['file']}")

    assert answer["Content-Encoding"] == "br"
    assert "immutable" in answer["Cache-Control"]
