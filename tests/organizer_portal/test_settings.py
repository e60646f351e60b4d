"""Team and branding."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tenants.models import Organizer
from tests import world
from tests.staff import Visitor, text

URL = "/portal/settings/branding/"


@pytest.fixture(autouse=True)
def _media(media: Path) -> Path:
    return media


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 300)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, "#c4121a").save(file, kind)
    return file.getvalue()


def bomb() -> bytes:
    """A small file that says it holds 64 million pixels."""
    file = bytearray(picture(size=(4, 4)))
    file[16:24] = struct.pack(">II", 8000, 8000)
    file[29:33] = struct.pack(">I", zlib.crc32(bytes(file[12:29])))
    return bytes(file)


def upload(content: bytes, name: str = "logo.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/png")


def northside_now(house: world.House) -> Organizer:
    return Organizer.objects.get(pk=house.organizer.pk)


def test_the_team_is_told_in_sentences(nora: Visitor) -> None:
    page = text(nora.get("/portal/settings/team/"))

    assert "Nora" in page
    assert "Dora" in page
    assert "Runs the door: entrances, phones, who is in. Sees no money." in page
    assert page.index("Nora") < page.index("Dora")
    assert "Sam" not in page


def test_a_new_name_and_colour_reach_the_storefront(nora: Visitor, northside: world.House) -> None:
    response = nora.post(URL, {"name": "Northside Halls", "brand_color": "FFD400"})

    assert response.status_code == 302
    assert (northside_now(northside).name, northside_now(northside).brand_color) == ("Northside Halls", "#ffd400")


def test_a_faint_colour_is_taken_and_the_page_says_what_becomes_of_it(nora: Visitor) -> None:
    yellow = text(nora.get(f"{URL}verdict/", {"brand_color": "#ffd400"}))
    assert "Buttons carry black words" in yellow
    assert "As text it would be too faint" in yellow
    assert "#866e00" in yellow

    blue = text(nora.get(f"{URL}verdict/", {"brand_color": "#0b5cad"}))
    assert "Buttons carry white words" in blue
    assert "Links use it as it is" in blue
    assert "Enter a colour" in text(nora.get(f"{URL}verdict/", {"brand_color": "#zzz"}))


@pytest.mark.parametrize("color", ["", "red", "#12", "#1234567", "url(x)", "#ff00zz"])
def test_what_is_no_colour_changes_nothing(nora: Visitor, northside: world.House, color: str) -> None:
    before = northside_now(northside).brand_color

    response = nora.post(URL, {"name": "Northside Hall", "brand_color": color})

    assert response.status_code == 422
    assert "brand_color" in response.context["form"].errors
    assert northside_now(northside).brand_color == before


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_written_anew_as_pixels_under_the_organizers_folder(
    nora: Visitor, northside: world.House, media: Path, kind: str
) -> None:
    secret = b"<script>alert(1)</script>"

    response = nora.post(
        URL, {"name": "Northside Hall", "brand_color": "#4f46e5", "logo": upload(picture(kind) + secret, "../../x.svg")}
    )

    assert response.status_code == 302
    name = northside_now(northside).logo
    assert name.startswith(f"{northside.organizer.pk}/logos/")
    assert name.endswith(".png")
    stored = (media / "public" / name).read_bytes()
    assert secret not in stored
    with Image.open(BytesIO(stored)) as logo:
        assert (logo.format, logo.size) == ("PNG", (480, 160))
    assert nora.get(f"/media/{name}").status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
        b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;",
        picture()[:20],
    ],
)
def test_what_is_no_picture_is_refused_and_nothing_changes(
    nora: Visitor, northside: world.House, media: Path, content: bytes
) -> None:
    before = northside_now(northside)

    response = nora.post(URL, {"name": "Changed", "brand_color": "#000000", "logo": upload(content)})

    assert response.status_code == 422
    assert "logo" in response.context["form"].errors
    after = northside_now(northside)
    assert (after.name, after.brand_color, after.logo) == (before.name, before.brand_color, before.logo)
    assert not list(media.rglob("*.png"))


def test_a_bomb_of_pixels_is_refused_before_it_is_unpacked(nora: Visitor, northside: world.House) -> None:
    response = nora.post(URL, {"name": "N", "brand_color": "#000000", "logo": upload(bomb())})

    assert response.status_code == 422
    assert northside_now(northside).logo == ""


def test_the_logo_can_be_taken_off(nora: Visitor, northside: world.House) -> None:
    words = {"name": "Northside Hall", "brand_color": "#4f46e5"}
    nora.post(URL, {**words, "logo": upload(picture())})
    assert northside_now(northside).logo

    nora.post(URL, words)
    assert northside_now(northside).logo  # saving the rest keeps it
    nora.post(URL, {**words, "remove_logo": "on"})

    assert northside_now(northside).logo == ""
