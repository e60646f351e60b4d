"""What pages of several kinds need: secret addresses, mails that anyone may ask for."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from ui.errors import DomainError, NotFound, TooOften
from ui.limits import Limit, count_against
from ui.network import client_network

View = Callable[..., HttpResponse]

# Mails that anyone may ask for: an inbox must not be flooded, nor addresses tried in bulk; an office shares one network.
MAILS_TO_AN_ADDRESS = Limit("mail-to-address", times=3, seconds=600)
MAILS_FROM_A_NETWORK = Limit("mail-from-network", times=30, seconds=600)


def secret_page(view: View) -> View:
    """For an address that carries a token: not stored, not indexed, not told to other sites; a wrong one is a 404."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404 from error
        response["Cache-Control"] = "no-store"
        # Not "no-referrer": under that a browser sends its own forms with `Origin: null`, which the form guard refuses.
        response["Referrer-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex"
        return response

    return wrapped


def count_mail(request: HttpRequest, *, to: str) -> None:
    """Count a mail that this browser asks for, whether or not anything will be sent. Raises TooOften."""
    network = client_network(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))
    count_against(MAILS_FROM_A_NETWORK, network)
    count_against(MAILS_TO_AN_ADDRESS, to)


def told_to_wait(response: HttpResponse, error: DomainError) -> HttpResponse:
    """The page with 429 and Retry-After, if it refuses because of a limit."""
    if isinstance(error, TooOften):
        response.status_code = error.status
        response["Retry-After"] = str(error.extra["wait_seconds"])
    return response
