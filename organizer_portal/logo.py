"""A logo that somebody uploaded, made safe: decoded, scaled down and written anew, so that only pixels remain."""

from hashlib import sha256
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from ui.errors import BadInput

FORMATS = ("PNG", "JPEG", "WEBP")
LARGEST = (640, 160)  # pixels: 32 high on the page, five times that for print and dense screens
MOST_PIXELS = 25_000_000


class NotAnImage(BadInput):
    """The upload is no picture that we show."""

    code = "not_an_image"
    title = _("This file is not a PNG, JPEG or WebP picture. Nothing was changed.")


def store_logo(content: bytes) -> str:
    """Keep a logo in the organizer's public storage; returns its name there. Raises NotAnImage.

    The name comes from the pixels, so that a changed logo has another address and an old one may be cached for ever.
    """
    picture = BytesIO()
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as upload:
            if upload.width * upload.height > MOST_PIXELS:
                raise NotAnImage
            upload.load()
            logo = upload.convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise NotAnImage from error
    logo.thumbnail(LARGEST)
    logo.save(picture, "PNG", optimize=True)
    name = f"logos/{sha256(picture.getvalue()).hexdigest()[:24]}.png"
    return storages["public"].save(name, ContentFile(picture.getvalue()))
