"""Pictures of an event: what is uploaded, what is kept of it, and what buyers see; and how its text becomes a page."""

import re
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from audit.models import AuditEntry
from events.models import Event, Picture
from events.pictures import MOST_PICTURES
from tests import world
from tests.staff import Visitor, signed_in


@pytest.fixture
def event(northside: world.House, settings: Any, tmp_path: Path) -> Event:
    settings.MEDIA_ROOT = tmp_path
    return world.make_event("Lantern Walk", kinds=((world.FREE, 0, 20),))


def photo(width: int = 2400, height: int = 1200, *, kind: str = "JPEG") -> bytes:
    """A picture taken with a phone held sideways, with where it was taken in it."""
    file, picture = BytesIO(), Image.new("RGB", (width, height), "#7c2d92")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "SECRET-PLACE"
    picture.save(file, kind, exif=exif)
    return file.getvalue()


def upload(visitor: Visitor, event: Event, content: bytes, alt: str = "", name: str = "a.jpg") -> Any:
    file = SimpleUploadedFile(name, content)
    return visitor.post(f"/portal/events/{event.pk}/pictures/", {"picture": file, "alt": alt})


def act(visitor: Visitor, event: Event, picture: Picture, **asked: str) -> Any:
    return visitor.post(f"/portal/events/{event.pk}/pictures/{picture.pk}/", asked)


def test_a_photo_is_turned_upright_written_anew_in_sizes_and_nothing_else_is_kept(nora: Visitor, event: Event) -> None:
    answer = upload(nora, event, photo(), alt="  Lanterns   by the river ")

    assert answer.status_code == 302
    picture = event.pictures.get()
    assert (picture.width, picture.height, picture.alt) == (960, 1920, "Lanterns by the river")
    assert sorted(picture.files, key=int) == ["480", "960"]
    for width, name in picture.files.items():
        content = storages["public"].open(name).read()
        kept = Image.open(BytesIO(content))
        assert (kept.format, kept.width, dict(kept.getexif())) == ("WEBP", int(width), {})
        assert b"SECRET" not in content
    event.refresh_from_db()
    assert event.poster == picture.largest
    assert AuditEntry.objects.filter(verb="add_picture").count() == 1


def bomb() -> bytes:
    """A PNG of a few bytes that says it has a billion pixels."""
    head = struct.pack(">IIBBBBB", 40_000, 30_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not a PNG, JPEG or WebP"),
        (b"GIF89a" + bytes(100), "not a PNG, JPEG or WebP"),
        (photo()[:500], "not a PNG, JPEG or WebP"),
        (bomb(), "not a PNG, JPEG or WebP"),
        (photo(200, 200), "too small"),
    ],
)
def test_what_is_no_picture_is_refused_beside_the_field_and_nothing_is_kept(
    nora: Visitor, event: Event, content: bytes, words: str, tmp_path: Path
) -> None:
    answer = upload(nora, event, content)

    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors["picture"])
    assert not Picture.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_order_words_and_removal(nora: Visitor, event: Event) -> None:
    for alt in ("One", "Two", "Three"):
        upload(nora, event, photo(600, 600, kind="PNG"), alt=alt)
    one, two, three = event.pictures.all()

    act(nora, event, three, by="-1")
    act(nora, event, one, by="1")
    act(nora, event, two, alt="Second")
    assert [picture.alt for picture in event.pictures.all()] == ["Three", "One", "Second"]
    event.refresh_from_db()
    assert event.poster == three.largest

    act(nora, event, three, removes="1")
    event.refresh_from_db()
    assert [picture.alt for picture in event.pictures.all()] == ["One", "Second"]
    assert event.poster == one.largest
    assert storages["public"].exists(one.largest)


def test_there_are_no_more_than_a_dozen(nora: Visitor, event: Event) -> None:
    Picture.objects.bulk_create(
        Picture(event=event, files={"480": f"x/{n}.webp"}, width=480, height=270, sort_order=n)
        for n in range(MOST_PICTURES)
    )

    answer = upload(nora, event, photo(400, 400))

    assert answer.status_code == 422
    assert event.pictures.count() == MOST_PICTURES


def test_the_page_has_the_cover_in_sizes_and_the_others_beneath(
    nora: Visitor, event: Event, northside: world.House, southside: world.House
) -> None:
    upload(nora, event, photo(1200, 1200, kind="PNG"), alt="Lanterns")
    upload(nora, event, photo(600, 600, kind="PNG"), alt="The river")

    page = Visitor(northside.host).get(f"/events/{event.slug}/").content.decode()

    images = re.findall(r'<img [^>]*srcset="([^"]+)"[^>]*alt="([^"]*)"', page)
    assert [alt for _srcset, alt in images] == ["Lanterns", "The river"]
    assert [size.split()[1] for size in images[0][0].split(", ")] == ["480w", "960w", "1200w"]
    address = images[0][0].split()[0]
    assert Visitor(northside.host).get(address).status_code == 200
    assert Visitor(southside.host).get(address).status_code == 404


def test_others_neither_see_nor_change_pictures(
    nora: Visitor, dora: Visitor, event: Event, southside: world.House
) -> None:
    upload(nora, event, photo(600, 600))
    picture = event.pictures.get()
    sam = signed_in(southside.owner, southside.host)

    assert upload(dora, event, photo(600, 600)).status_code == 403
    assert upload(sam, event, photo(600, 600)).status_code == 404
    assert act(sam, event, picture, removes="1").status_code == 404
    assert event.pictures.count() == 1


def test_a_description_is_markdown_on_the_page_and_nothing_in_it_runs(
    nora: Visitor, event: Event, northside: world.House
) -> None:
    text = "## Line-up\n\n**Ana** and *Ben*\n\n<script>alert(1)</script> [x](javascript:alert(1))"
    preview = nora.post("/portal/texts/", {"description": text}).content.decode()
    form = {"title": event.title, "description": text, "hold_minutes": "10"}
    assert nora.post(f"/portal/events/{event.pk}/details/", form).status_code == 302

    page = Visitor(northside.host).get(f"/events/{event.slug}/").content.decode()

    for shown in (preview, page):
        assert "<h3>Line-up</h3>" in shown
        assert "<strong>Ana</strong> and <em>Ben</em>" in shown
        assert "<script>alert" not in shown
        assert 'href="javascript' not in shown


def test_a_plain_text_of_before_reads_as_it_did_and_a_row_that_was_tampered_with_is_cleaned(
    event: Event, northside: world.House
) -> None:
    def page() -> str:
        return Visitor(northside.host).get(f"/events/{event.slug}/").content.decode()

    Event.objects.filter(pk=event.pk).update(description="One.\nTwo <b>.", description_html="")
    assert "<p>One.<br>Two &lt;b&gt;.</p>" in page()

    Event.objects.filter(pk=event.pk).update(description_html="<p onclick=alert(1)>Hi<script>alert(1)</script></p>")
    assert "<p>Hi</p>" in page()
