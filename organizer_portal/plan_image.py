"""A venue's plan to trace over: decoded and written anew, so that only pixels remain, and kept where only staff can see it."""

from hashlib import sha256
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from ui.errors import BadInput

FORMATS = ("PNG", "JPEG", "WEBP")
LARGEST_FILE = 20 * 1024 * 1024
LARGEST = (4000, 4000)  # pixels: enough to read seat numbers on a plan of a whole theatre
MOST_PIXELS = 60_000_000


class NotAPlan(BadInput):
    """The upload is no picture that we show."""

    code = "not_a_plan_image"
    title = _("This file is not a PNG, JPEG or WebP picture of at most 20 MB. Nothing was changed.")


def store_plan(content: bytes) -> tuple[str, int, int]:
    """Keep a plan in the organizer's private storage; returns its name there, its width and its height. Raises NotAPlan."""
    if len(content) > LARGEST_FILE:
        raise NotAPlan
    picture = BytesIO()
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as upload:
            if upload.width * upload.height > MOST_PIXELS:
                raise NotAPlan
            upload.load()
            plan = upload.convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise NotAPlan from error
    plan.thumbnail(LARGEST)
    paper = Image.new("RGB", plan.size, "white")
    paper.paste(plan, mask=plan.getchannel("A"))
    paper.save(picture, "WEBP", quality=80)
    name = f"plans/{sha256(picture.getvalue()).hexdigest()[:24]}.webp"
    return storages["private"].save(name, ContentFile(picture.getvalue())), plan.width, plan.height
