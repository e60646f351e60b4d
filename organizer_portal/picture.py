"""Pictures that somebody uploads, made safe: decoded, scaled down and written anew, so that only pixels remain."""

from hashlib import sha256
from io import BytesIO
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from PIL import Image, ImageOps, UnidentifiedImageError

from ui.errors import BadInput

FORMATS: Final = ("PNG", "JPEG", "WEBP")


def decoded(content: bytes, *, most_pixels: int, largest: tuple[int, int], refusal: type[BadInput]) -> Image.Image:
    """The picture, no larger than `largest` pixels. Raises `refusal` for what is none, or has too many pixels to open."""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as upload:
            if upload.width * upload.height > most_pixels:
                raise refusal
            upload.load()
            picture = ImageOps.exif_transpose(upload).convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise refusal from error
    picture.thumbnail(largest)
    return picture


def keep(picture: bytes, *, storage: str, folder: str, extension: str) -> str:
    """Write a picture to one of the organizer's storages; returns its name there.

    The name comes from the pixels, so that a changed picture has another address and an old one may be cached for ever.
    """
    name = f"{folder}/{sha256(picture).hexdigest()[:24]}.{extension}"
    return storages[storage].save(name, ContentFile(picture))
