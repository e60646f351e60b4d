"""The geometry of a seat map as a file: under the hash of its content, compressed once, kept by everybody for a year."""

import gzip
import json
from dataclasses import dataclass
from functools import lru_cache

import brotli
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from events.models import DateMap, SeatingPlan
from seating.compiled import CompiledMap, geometry
from seating.queries import compiled_by_hash

MOST_KEPT = 16  # geometries per process, each in three encodings of up to some 150 kB in all
A_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class GeometryFile:
    """One map's geometry, by content encoding ("" is none)."""

    encodings: dict[str, bytes]

    def best_for(self, accepted: str) -> tuple[str, bytes]:
        """The smallest that a browser with this Accept-Encoding takes."""
        offered = {part.partition(";")[0].strip().lower() for part in accepted.split(",") if "q=0" not in part}
        name = next((name for name in ("br", "gzip") if name in offered), "")
        return name, self.encodings[name]


@lru_cache(maxsize=MOST_KEPT)
def _made(digest: str) -> GeometryFile:
    """Equal maps are one, whichever organizer drew them: whether they may be seen is asked each time."""
    return compressed(compiled_by_hash(digest))


def compressed(compiled: CompiledMap) -> GeometryFile:
    """The geometry in every encoding, as small as it gets: it is done once, and loaded by everybody."""
    text = json.dumps(geometry(compiled), separators=(",", ":"), ensure_ascii=False).encode()
    return GeometryFile({"": text, "gzip": gzip.compress(text, 9, mtime=0), "br": brotli.compress(text)})


@require_safe
def geometry_file(request: HttpRequest, digest: str) -> HttpResponse:
    """The geometry of a map that some event or date of this organizer sells, as JSON; any other hash is a 404."""
    sells = (plans.objects.filter(version__hash=digest) for plans in (SeatingPlan, DateMap))
    if not any(found.exists() for found in sells):
        raise Http404
    encoding, content = _made(digest).best_for(request.headers.get("Accept-Encoding", ""))
    response = HttpResponse(content, content_type="application/json")
    if encoding:
        response["Content-Encoding"] = encoding
    patch_vary_headers(response, ["Accept-Encoding"])
    response["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response
