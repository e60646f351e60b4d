"""A picture of an event that somebody uploaded, made safe: decoded, turned upright, and written anew in a few sizes."""

from dataclasses import dataclass
from io import BytesIO

from django.utils.translation import gettext_lazy as _
from PIL import Image

from organizer_portal.picture import decoded, keep
from ui.errors import BadInput

LARGEST_FILE = 15 * 1024 * 1024
LARGEST = (1920, 1920)  # pixels
MOST_PIXELS = 60_000_000
SMALLEST = 320  # pixels wide: below that it is an icon
WIDTHS = (480, 960, 1920)


class NotAPicture(BadInput):
    """The upload is no picture that we show."""

    code = "not_a_picture"
    title = _("This file is not a PNG, JPEG or WebP picture of at most 15 MB. Nothing was changed.")


class PictureTooSmall(BadInput):
    """The picture would be all squares on a page."""

    code = "picture_too_small"
    title = _("This picture is too small. Take one that is at least 320 pixels wide. Nothing was changed.")


@dataclass(frozen=True)
class Stored:
    """Names in public storage by width in pixels; `width` and `height` of the largest."""

    files: dict[int, str]
    width: int
    height: int


def store_picture(content: bytes) -> Stored:
    """Keep a picture in the organizer's public storage, in sizes for phones and desks. Raises NotAPicture, PictureTooSmall."""
    if len(content) > LARGEST_FILE:
        raise NotAPicture
    picture = decoded(content, most_pixels=MOST_PIXELS, largest=LARGEST, refusal=NotAPicture)
    if picture.width < SMALLEST:
        raise PictureTooSmall
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    widths = sorted({min(width, paper.width) for width in WIDTHS})
    files = {width: _write(paper, width) for width in widths}
    return Stored(files, paper.width, paper.height)


def _write(paper: Image.Image, width: int) -> str:
    file = BytesIO()
    height = max(1, round(paper.height * width / paper.width))
    sized = paper if width == paper.width else paper.resize((width, height), Image.Resampling.LANCZOS)
    sized.save(file, "WEBP", quality=80, method=4)
    return keep(file.getvalue(), storage="public", folder="posters", extension="webp")
