"""Nora draws a seat map: screens, what the editor asks for, versions and what they change. Nobody else does."""

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from audit.actions import SYSTEM
from organizer_portal.editor_words import WORDS
from people.models import Membership
from seating.actions import create_seat_map
from seating.document import parse
from seating.models import MapVersion, SeatMap, Venue
from seating.patches import flatten
from seating.plan import PRESETS
from tests import world
from tests.organizer_portal.conftest import Colleague
from tests.seating.test_drafts import row, small_map
from tests.staff import Visitor, text

CLIENT = Path(__file__).resolve().parents[2] / "organizer_portal" / "client"
TAB = "a-browser-tab"


@pytest.fixture
def drawn(northside: world.House) -> SeatMap:
    venue = Venue.objects.create(name="Hall", timezone="Europe/Berlin")
    return create_seat_map(venue=venue, document=parse(small_map()), actor=SYSTEM)


def address(drawn: SeatMap, path: str = "") -> str:
    return f"/portal/seat-maps/{drawn.pk}/{path}"


def send(visitor: Visitor, url: str, body: object, method: str = "POST") -> Any:
    return visitor.generic(method, url, json.dumps(body), content_type="application/json")


def test_from_no_venue_to_an_open_editor(nora: Visitor) -> None:
    assert "No venues yet" in text(nora.get("/portal/venues/"))
    words = {"venue": "Opera", "city": "Berlin", "address": "", "timezone": "Europe/Berlin"}
    page = nora.post("/portal/venues/new/", words)["Location"]
    venue = Venue.objects.get()
    assert page == f"/portal/venues/{venue.pk}/seat-maps/new/"

    assert nora.post(page, {"name": " ", "start": ""}).status_code == 422
    editor = nora.post(page, {"name": "Main hall", "start": ""})["Location"]
    made = SeatMap.objects.get()
    assert editor == address(made, "editor/")
    assert (made.name, made.draft["categories"][0]["key"], len(made.draft["floors"])) == ("Main hall", "standard", 1)
    assert 'data-tool="block"' in text(nora.get(editor))
    assert "Main hall" in text(nora.get("/portal/venues/"))


def test_a_map_may_begin_as_a_house_that_is_ready(nora: Visitor, northside: world.House) -> None:
    venue = Venue.objects.create(name="Hall", timezone="Europe/Berlin")

    nora.post(f"/portal/venues/{venue.pk}/seat-maps/new/", {"name": "Like a theatre", "start": "theatre"})

    made = SeatMap.objects.get()
    assert made.draft["name"] == "Like a theatre"
    assert sum(1 for _seat in parse(made.draft).seats) > 300


def test_each_house_that_is_ready_has_its_picture(nora: Visitor, northside: world.House) -> None:
    venue = Venue.objects.create(name="Hall", timezone="Europe/Berlin")
    shown = text(nora.get(f"/portal/venues/{venue.pk}/seat-maps/new/"))
    for name in PRESETS:
        picture = f"/portal/seat-maps/presets/{name}.svg"
        assert f'src="{picture}"' in shown
        drawn = nora.get(picture)
        assert (drawn["Content-Type"], drawn["Cache-Control"]) == ("image/svg+xml", "private, max-age=86400")
        assert 1_000 < len(drawn.content) < 150_000
    assert nora.get("/portal/seat-maps/presets/circus.svg").status_code == 404


def test_a_map_may_come_from_a_file_and_every_fault_is_listed(nora: Visitor, northside: world.House) -> None:
    venue = Venue.objects.create(name="Hall", timezone="Europe/Berlin")
    page = f"/portal/venues/{venue.pk}/seat-maps/new/"
    table = SimpleUploadedFile("seats.csv", b"section,row,seat\nStalls,A,1\nStalls,A,2\nStalls,A,2\n")

    shown = nora.post(page, {"name": "From a file", "start": "", "file": table})

    made = SeatMap.objects.get()
    assert made.draft["name"] == "From a file"
    assert sum(1 for _seat in parse(made.draft).seats) == 3
    assert shown.status_code in (200, 302)
    unprintable = rb'{"format": "marquee-seat-map", "version": 1, "\ud800": 1}'
    for wrong in (b"", b"nothing", b"{}", b"<svg xmlns='http://www.w3.org/2000/svg'/>", unprintable):
        refused = nora.post(page, {"name": "Wrong", "start": "", "file": SimpleUploadedFile("x.json", wrong)})
        assert refused.status_code == 422, wrong
    assert SeatMap.objects.count() == 1


def test_the_editor_reads_and_saves(nora: Visitor, drawn: SeatMap) -> None:
    lease = send(nora, address(drawn, "lease/"), {"session": TAB}).json()
    assert lease == {"is_mine": True, "editor": "Nora", "revision": 1}
    read = nora.get(address(drawn, "draft/")).json()
    assert (read["revision"], read["document"], read["plan"]) == (1, drawn.draft, None)

    patch = {"set": {"row-a": {"type": "row", **row("row-a", "A", 4)}}}
    saved = send(nora, address(drawn, "draft/"), {"session": TAB, "base": 1, "patch": patch}).json()

    assert saved["revision"] == 2
    assert [fault["code"] for fault in saved["faults"]] == ["few_wheelchairs", "no_focal"]
    drawn.refresh_from_db()
    assert len(drawn.draft["floors"][0]["sections"][0]["rows"][0]["seats"]) == 4


def test_what_is_pasted_is_read_like_any_map(nora: Visitor, northside: world.House) -> None:
    url = "/portal/seat-maps/clips/"
    clip = send(nora, url, small_map())
    assert (clip.status_code, parse(clip.json())) == (200, parse(small_map()))

    for wrong in ({}, {**small_map(), "script": "alert(1)"}, {**small_map(), "floors": [{"id": ""}]}):
        refused = send(nora, url, wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "seat_map_invalid")
    assert nora.post(url, b"row A", content_type="application/json").status_code == 400


def test_refusals_are_problems_with_a_code(nora: Visitor, drawn: SeatMap) -> None:
    url = address(drawn, "draft/")
    send(nora, address(drawn, "lease/"), {"session": TAB})
    for body, status, code in (
        ({"session": "another-tab", "base": 1, "patch": {}}, 409, "seat_map_busy"),
        ({"session": TAB, "base": 7, "patch": {}}, 409, "seat_map_draft_moved"),
        ({"session": TAB, "base": 1, "patch": {"drop": [""]}}, 422, "seat_map_invalid"),
        ([], 400, "malformed_body"),
    ):
        refused = send(nora, url, body)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    for session in ("x", "another\x00tab"):
        assert send(nora, address(drawn, "lease/"), {"session": session}).status_code == 422
    assert nora.post(url, b"{" * 100_000, content_type="application/json").status_code == 400

    assert send(nora, address(drawn, "lease/"), {"session": TAB}, "DELETE").status_code == 204
    assert send(nora, address(drawn, "lease/"), {"session": "another-tab"}).json()["is_mine"] is True
    drawn.refresh_from_db()
    assert drawn.revision == 1


def test_a_plan_is_only_pixels_and_only_for_staff(nora: Visitor, drawn: SeatMap, media: Path) -> None:
    picture = BytesIO()
    Image.new("RGB", (800, 600), "navy").save(picture, "PNG", pnginfo=None)
    evil = SimpleUploadedFile("plan.png", picture.getvalue() + b"<script>alert(1)</script>")

    placed = nora.post(address(drawn, "plan/"), {"plan": evil}).json()

    assert placed == {"x": 0.0, "y": 0.0, "scale": 1.25, "opacity": 0.5, "image": True}
    drawn.refresh_from_db()
    assert drawn.plan_image.split("/")[1] == "plans"
    moved = {"x": 10, "y": 20, "scale": 2, "opacity": 0.25}
    assert send(nora, address(drawn, "plan/"), moved, "PUT").status_code == 204
    assert nora.get(address(drawn, "draft/")).json()["plan"] == {**moved, "image": True}

    for upload in (b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>"):
        refused = nora.post(address(drawn, "plan/"), {"plan": SimpleUploadedFile("plan.svg", upload)})
        assert (refused.status_code, refused.json()["code"]) == (422, "not_a_plan_image")

    shown = nora.get(address(drawn, "plan/"))
    assert (shown["Content-Type"], shown.content[:4], b"script" in shown.content) == ("image/webp", b"RIFF", False)


def test_versions_and_what_changed_since(nora: Visitor, drawn: SeatMap) -> None:
    versions = address(drawn, "versions/")
    assert nora.post(versions, {"name": "First", "publish": "1"})["Location"] == address(drawn)
    first = MapVersion.objects.get()
    assert (first.kind, first.name, first.n_seats) == ("published", "First", 6)
    page = address(drawn, f"versions/{first.pk}/")
    assert "Nothing that a buyer could notice has changed." in text(nora.get(page))

    section = flatten(drawn.draft)["stalls"]
    patch = {"set": {"stalls": {**section, "rows": ["row-a"]}}, "drop": ["row-b"]}
    send(nora, address(drawn, "lease/"), {"session": TAB})
    send(nora, address(drawn, "draft/"), {"session": TAB, "base": 1, "patch": patch})
    send(nora, address(drawn, "lease/"), {"session": TAB}, "DELETE")
    shown = text(nora.get(page))
    assert '<span class="font-semibold">3</span> Removed' in shown
    assert shown.count('stroke="#b3131b" stroke-width="9"') == 3  # the legend has its own

    nora.post(versions, {"name": "Second"})
    second = MapVersion.objects.get(number=2)
    assert second.kind == "saved"
    shown = text(nora.get(address(drawn, f"versions/{second.pk}/?from=1")))
    assert "Stalls B 1" in shown
    for junk in ("²", "٣", "9" * 5000):
        assert nora.get(address(drawn, f"versions/{second.pk}/"), {"from": junk}).status_code == 200

    assert nora.post(address(drawn, f"versions/{first.pk}/restoration/"))["Location"] == address(drawn)
    drawn.refresh_from_db()
    assert drawn.draft == first.document
    assert MapVersion.objects.get(number=3).name == "Before going back to version 1"


def test_a_map_with_errors_is_not_published(nora: Visitor, drawn: SeatMap) -> None:
    send(nora, address(drawn, "lease/"), {"session": TAB})
    patch = {"set": {"row-b": {"type": "row", **row("row-b", "A", 3, 90.0)}}}
    send(nora, address(drawn, "draft/"), {"session": TAB, "base": 1, "patch": patch})

    refused = nora.post(address(drawn, "versions/"), {"name": "", "publish": "1"})

    assert refused.status_code == 422
    assert "“Stalls” has two rows or tables “A”." in text(refused)
    assert not MapVersion.objects.exists()


def test_a_name_from_a_file_is_text_in_drawings(nora: Visitor, drawn: SeatMap) -> None:
    nora.post(address(drawn, "versions/"), {"name": "First"})
    section = {**flatten(drawn.draft)["stalls"], "name": "<script>x</script>"}
    send(nora, address(drawn, "lease/"), {"session": TAB})
    send(nora, address(drawn, "draft/"), {"session": TAB, "base": 1, "patch": {"set": {"stalls": section}}})

    for url in (address(drawn, f"versions/{MapVersion.objects.get().pk}/"), address(drawn, "thumbnail.svg")):
        assert "<script>x" not in nora.get(url).content.decode()


def test_only_who_edits_events_draws_seats(drawn: SeatMap, colleague: Colleague) -> None:
    manager, finance = colleague(Membership.Role.MANAGER), colleague(Membership.Role.FINANCE)

    assert manager.get(address(drawn)).status_code == 200
    for path in ("", "editor/", "draft/", "thumbnail.svg"):
        assert finance.get(address(drawn, path)).status_code == 403
    assert send(finance, address(drawn, "lease/"), {"session": TAB}).status_code == 403
    assert 'href="/portal/venues/"' not in text(finance.get("/portal/orders/"))


def test_the_other_organizers_map_is_none(northside: world.House, southside: world.House, nora: Visitor) -> None:
    from django_tenants.utils import tenant_context

    with tenant_context(southside.organizer):
        venue = Venue.objects.create(name="South", timezone="Europe/Berlin")
        theirs = create_seat_map(venue=venue, document=parse(small_map()), actor=SYSTEM)

    for path in ("", "editor/", "draft/", "plan/", "thumbnail.svg", f"versions/{theirs.pk}/"):
        assert nora.get(address(theirs, path)).status_code == 404
    assert send(nora, address(theirs, "lease/"), {"session": TAB}).status_code == 404
    assert send(nora, address(theirs, "draft/"), {"session": TAB, "base": 1, "patch": {}}).status_code == 404
    assert nora.get(f"/portal/venues/{venue.pk}/seat-maps/new/").status_code == 404
    assert "South" not in text(nora.get("/portal/venues/"))


def test_every_word_of_the_script_can_be_translated() -> None:
    """`t("…")` and `tn("…", "…")` in the editor's script, against the list that gettext reads."""
    source = "".join(path.read_text() for path in [CLIENT / "seat_editor.ts", *CLIENT.glob("seat_editor/**/*.ts")])
    literal = r'"((?:[^"\\]|\\.)*)"'
    used = set(re.findall(rf"\bt\(\s*{literal}", source))
    for one, many in re.findall(rf"\btn\(\s*{literal},\s*{literal}", source):
        used |= {one, many}

    assert used - {"…"} == set(WORDS) - {"…"}
