"""A logo that somebody uploaded, made safe: decoded, scaled down and written anew, so that only pixels remain."""

from io import BytesIO

from django.utils.translation import gettext_lazy as _

from organizer_portal.picture import decoded, keep
from ui.errors import BadInput

LARGEST = (640, 160)  # pixels: 32 high on the page, five times that for print and dense screens
MOST_PIXELS = 25_000_000


class NotAnImage(BadInput):
    """The upload is no picture that we show."""

    code = "not_an_image"
    title = _("This file is not a PNG, JPEG or WebP picture. Nothing was changed.")


def store_logo(content: bytes) -> str:
    """Keep a logo in the organizer's public storage; returns its name there. Raises NotAnImage."""
    logo, file = decoded(content, most_pixels=MOST_PIXELS, largest=LARGEST, refusal=NotAnImage), BytesIO()
    logo.save(file, "PNG", optimize=True)
    return keep(file.getvalue(), storage="public", folder="logos", extension="png")
