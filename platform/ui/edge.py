"""Pages that are the same for everybody, kept for seconds by whatever stands in front of us (docs/live.md)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, set_response_etag

View = Callable[..., HttpResponse]


def public_page(*, edge_seconds: int) -> Callable[[View], View]:
    """Let a shared cache keep what the view answers for so long; a browser asks again each time, by ETag.

    The view may look at host, address and language alone. Host and address are what every cache goes by, and for the
    language the answer says `Vary: Accept-Language`. Messages that wait for the visitor are shown on their next other
    page; a page whose language came from a cookie is nobody else's; and only a 200 is kept.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            vars(request).pop("_messages", None)
            response = view(request, *args, **kwargs)
            if response.status_code != 200 or "Cache-Control" in response:
                return response
            if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
                response["Cache-Control"] = "private, no-cache"
                return response
            response["Cache-Control"] = f"public, max-age=0, s-maxage={edge_seconds}"
            request.session.accessed = False  # for its host alone, by the middleware: nothing here came from it
            if "ETag" not in response:
                set_response_etag(response)
            return get_conditional_response(request, etag=response["ETag"], response=response) or response

        return wrapped

    return decorate
