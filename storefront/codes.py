"""Codes at the storefront's doors: guesses are counted, and one that was applied is remembered for the visit."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from checkout.codes import find_code
from events.models import Event
from promotions.errors import CodeSpent, CodeThrottled, CodeUnknown
from promotions.models import PromoCode
from promotions.words import LONGEST_CODE, code_key
from ui.limits import Limit, count_once, times_in_window
from ui.network import client_network

COOKIE = "code"
LONGEST_TYPED = 4 * LONGEST_CODE  # characters; nobody's code is longer, spaces and dashes included

# Wrong guesses, not uses: an office or a phone company that shares one network may use a code as often as it likes.
WRONG_FROM_A_NETWORK = Limit("code-from-network", times=20, seconds=600)
WRONG_IN_ALL = Limit("code-in-all", times=1000, seconds=600)  # then whoever has guessed wrong once must wait


@contextmanager
def counted_guess(network: str) -> Iterator[None]:
    """Around whatever looks a typed code up: a wrong one is counted, and whoever guessed wrong too often is refused.

    Once a storefront sees wrong guesses from everywhere, one is enough. Raises CodeThrottled before anything was asked, right
    or wrong, so that the refusal tells nothing.
    """
    who = network or "unknown"
    is_under_attack = times_in_window(WRONG_IN_ALL, "everybody") >= WRONG_IN_ALL.times
    if times_in_window(WRONG_FROM_A_NETWORK, who) >= (1 if is_under_attack else WRONG_FROM_A_NETWORK.times):
        raise CodeThrottled(field="code")
    try:
        yield
    except CodeUnknown as wrong:
        count_once(WRONG_FROM_A_NETWORK, who)
        if not isinstance(wrong, CodeSpent):  # thousands who come too late for a code are no attack
            count_once(WRONG_IN_ALL, "everybody")
        raise


def network_of(request: HttpRequest) -> str:
    """Whose guesses count together."""
    return client_network(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))


def typed_code(request: HttpRequest, typed: str, event: Event) -> PromoCode:
    """The code that a visitor of an event's page wants applied. Raises CodeUnknown, CodeThrottled."""
    with counted_guess(network_of(request)):
        return find_code(typed[:LONGEST_TYPED], event_id=event.pk, currency=event.currency)


def remembered(request: HttpRequest) -> str:
    """The code that this visit has applied, "" for none."""
    return request.COOKIES.get(COOKIE, "")[:LONGEST_TYPED]


def remember(response: HttpResponse, code: PromoCode) -> None:
    """Keep a code until the browser is closed. The cookie holds the code alone, which the visitor knows."""
    response.set_cookie(COOKIE, code.key, secure=settings.IS_HTTPS, httponly=True, samesite="Lax")


def carry(response: HttpResponse, typed: str) -> None:
    """Keep what somebody came with while they wait in line, unseen: it is looked up when they choose tickets."""
    if key := code_key(typed):
        response.set_cookie(COOKIE, key, secure=settings.IS_HTTPS, httponly=True, samesite="Lax")


def forget(response: HttpResponse) -> None:
    """The visitor took it off."""
    response.delete_cookie(COOKIE, samesite="Lax")
