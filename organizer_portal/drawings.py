"""An uploaded drawing between two steps: what was found in it is shown, a person ticks what seats are, then the map is made.

The file waits in the organizer's part of the cache, one for each person, for half an hour, and is only ever read by the
importer: nothing of it is served again. The pictures are drawn anew from numbers.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import User
from seating.errors import Fault, MapInvalid
from ui.ids import new_token

SECONDS_KEPT = 30 * 60
MOST_KEPT = 8 * 1024 * 1024  # bytes, packed


@dataclass(frozen=True)
class KeptDrawing:
    """A file that waits for its confirmation: for which venue, and what the map is to be called."""

    token: str
    venue_id: str
    name: str
    file_name: str
    packed: bytes

    @property
    def content(self) -> bytes:
        """The file as it was uploaded; its size was checked before it was packed."""
        return zlib.decompress(self.packed)


def keep_drawing(*, user: User, venue_id: str, name: str, file_name: str, content: bytes) -> str:
    """Let a drawing wait, instead of the one that the person had waiting before; returns its token. Raises MapInvalid."""
    packed = zlib.compress(content, 6)
    if len(packed) > MOST_KEPT:
        raise MapInvalid([Fault("too_large", _("This drawing is too large. Save it without pictures and try again."))])
    token = new_token()
    cache.set(_key(user), KeptDrawing(token, venue_id, name, file_name, packed), SECONDS_KEPT)
    return token


def kept_drawing(*, user: User, venue_id: str, token: str) -> KeptDrawing | None:
    """The person's drawing for this venue, None when it was too long ago or another one was uploaded since."""
    found = cache.get(_key(user))
    if not isinstance(found, KeptDrawing) or (found.token, found.venue_id) != (token, venue_id):
        return None
    return found


def forget_drawing(user: User) -> None:
    """The map is made."""
    cache.delete(_key(user))


def _key(user: User) -> str:
    return f"seat-map-drawing:{user.pk}"


def cluster_picture(page: list[float], cluster: Mapping[str, Any]) -> SafeString:
    """Where some of a cluster's shapes lie on their page, as dots that can be seen."""
    left, top, width, height = page
    radius = max(min(cluster["width"], cluster["height"]) / 2, max(width, height) / 90)
    dots = format_html_join(
        "", '<circle cx="{}" cy="{}" r="{}"/>', ((x, y, round(radius, 2)) for x, y in cluster["points"])
    )
    return format_html(
        '<svg class="flex-none rounded-box border border-line" width="112" height="80" viewBox="{} {} {} {}" fill="currentColor" '
        'preserveAspectRatio="xMidYMid meet" aria-hidden="true">{}</svg>',
        left,
        top,
        width,
        height,
        dots,
    )


def shape_words(shape: str) -> str:
    """What a person calls a cluster's shapes."""
    words = {"circle": _("Circles"), "ellipse": _("Ellipses"), "rect": _("Rectangles")}
    return words.get(shape) or _("Shapes")
