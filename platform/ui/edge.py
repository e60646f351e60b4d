"""Pages that are the same for everybody, kept for seconds by whatever stands in front of us, and by us while many ask at once.

docs/live.md says what a page may show late, and what corrects it.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.translation import get_language

View = Callable[..., HttpResponse]
_now = time.monotonic

HOT = 5  # requests for one page in one process within a second; the next ones get the last answer
KEPT_SHARE = 0.2  # of the time that an edge may keep a page, so long do we: the two add up
MOST_PAGES = 256  # an address may be asked for with any query
_MAKE_ANEW = "_is_made_anew"


class _Page(NamedTuple):
    content: bytes
    headers: dict[str, str]


class _Asked:
    """How often a page was asked for in this second, and the last answer."""

    __slots__ = ("count", "made_at", "page", "since")

    def __init__(self) -> None:
        self.since, self.count = -1.0, 0
        self.made_at = -1.0
        self.page: _Page | None = None


_pages: dict[tuple[str, ...], _Asked] = {}


def public_page(*, edge_seconds: int) -> Callable[[View], View]:
    """Let a shared cache keep what the view answers for so long; a browser asks again each time, by ETag.

    The view may look at host, address and language alone. Host and address are what every cache goes by, and for the
    language the answer says `Vary: Accept-Language`. Messages that wait for the visitor are shown on their next other
    page; a page whose language came from a cookie is nobody else's; and only a 200 is kept.

    Without an edge, thousands who open one page at once would each have it made: so a page that is asked for more than HOT
    times within a second is answered from the last one, for a fifth of `edge_seconds`; not where the view said `make_anew`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            vars(request).pop("_messages", None)
            has_language = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
            asked = None if has_language else _asked(request)
            response = _kept(asked, edge_seconds * KEPT_SHARE) if asked else None
            if response is None:
                made_at = _now()
                response = view(request, *args, **kwargs)
                if response.status_code != 200 or "Cache-Control" in response:
                    return response
                if has_language:
                    response["Cache-Control"] = "private, no-cache"
                    return response
                response["Cache-Control"] = f"public, max-age=0, s-maxage={edge_seconds}"
                if "ETag" not in response:
                    set_response_etag(response)
                if asked:
                    is_kept = _MAKE_ANEW not in vars(request)
                    asked.page = _Page(response.content, dict(response.headers)) if is_kept else None
                    asked.made_at = made_at
            request.session.accessed = False  # for its host alone, by the middleware: nothing here came from it
            return get_conditional_response(request, etag=response["ETag"], response=response) or response

        return wrapped

    return decorate


def make_anew(request: HttpRequest) -> None:
    """Each visit of this page counts for something: have the next one made for its visitor, too."""
    vars(request)[_MAKE_ANEW] = True


def _asked(request: HttpRequest) -> _Asked | None:
    """The count of this page with one more; None where pages are not kept."""
    if not settings.KEEPS_HOT_PAGES or request.method != "GET":
        return None
    name = (
        str(connection.schema_name),  # type: ignore[attr-defined]
        request.scheme or "",
        request.get_host(),
        request.get_full_path(),
        get_language() or "",
    )
    asked = _pages.get(name)
    if asked is None:
        if len(_pages) >= MOST_PAGES:
            _pages.clear()
        asked = _pages.setdefault(name, _Asked())
    now = _now()
    if now - asked.since >= 1:
        asked.since, asked.count = now, 0
    asked.count += 1
    return asked


def _kept(asked: _Asked, seconds: float) -> HttpResponse | None:
    page = asked.page
    if page is None or asked.count <= HOT or _now() - asked.made_at >= seconds:
        return None
    return HttpResponse(page.content, headers=page.headers)
