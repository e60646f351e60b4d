"""A venue's plan to trace over: decoded and written anew, so that only pixels remain, and kept where only staff can see it."""

from io import BytesIO

from django.utils.translation import gettext_lazy as _
from PIL import Image

from organizer_portal.picture import decoded, keep
from ui.errors import BadInput

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
    plan, file = decoded(content, most_pixels=MOST_PIXELS, largest=LARGEST, refusal=NotAPlan), BytesIO()
    paper = Image.new("RGB", plan.size, "white")
    paper.paste(plan, mask=plan.getchannel("A"))
    paper.save(file, "WEBP", quality=80)
    return keep(file.getvalue(), storage="private", folder="plans", extension="webp"), plan.width, plan.height
