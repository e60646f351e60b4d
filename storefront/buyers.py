"""Which buyer is signed in here: a cookie of its own, or a bearer token; staff's sessions have no part in it."""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from people.models import BuyerSession
from people.sign_in import SESSION_TIME, SignedIn, session_by_id, session_of
from tenants.queries import normal_host
from ui.errors import TooOften
from ui.limits import Limit, count_against

PASS_TIME = 2 * 3600  # seconds: longer than any hold
_PASS = "buyer-pass"

# Codes that were typed, right or wrong, for one address: with five to a mail, a guesser gets 20 of a million a day. Links go on.
CODES_OF_AN_ADDRESS = Limit("codes-of-address", times=20, seconds=24 * 3600)
CODES_FROM_A_NETWORK = Limit("codes-from-network", times=60, seconds=600)


def signed_in(request: HttpRequest) -> BuyerSession | None:
    """The session of the cookie, if it is one of this organizer's, of this host, and not over."""
    return session_of(token=request.COOKIES.get(settings.BUYER_COOKIE_NAME, ""), host=request.get_host())


def keep_signed_in(response: HttpResponse, begun: SignedIn) -> None:
    """Give the browser its cookie: for this host alone, unseen by scripts."""
    response.set_cookie(
        settings.BUYER_COOKIE_NAME,
        begun.token,
        max_age=int(SESSION_TIME.total_seconds()),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget_signed_in(response: HttpResponse) -> None:
    """Take the cookie away."""
    response.delete_cookie(settings.BUYER_COOKIE_NAME, samesite="Lax")


def pass_for(session: BuyerSession, hold_id: UUID) -> str:
    """What the checkout page's script says instead of the cookie, which it cannot read: good for this hold alone."""
    return signing.dumps({"session": str(session.pk), "hold": str(hold_id)}, salt=_PASS)


def buyer_by_pass(text: str, *, hold_id: UUID, request: HttpRequest) -> BuyerSession | None:
    """The session that a pass or a session's own token speaks for; None for what is neither, or is over."""
    if text.startswith("buyer_"):
        return session_of(token=text, host=request.get_host())
    try:
        said = signing.loads(text, salt=_PASS, max_age=PASS_TIME)
        session_id = UUID(said["session"])
    except (signing.BadSignature, KeyError, ValueError, TypeError):
        return None
    return session_by_id(session_id=session_id, host=request.get_host()) if said.get("hold") == str(hold_id) else None


def count_code(*, email: str, network: str, refused: str) -> None:
    """Count a code that is about to be tried. Raises TooOften with the words `refused`."""
    try:
        count_against(CODES_FROM_A_NETWORK, network)
        count_against(CODES_OF_AN_ADDRESS, email)
    except TooOften as error:
        raise TooOften(refused, wait_seconds=error.extra["wait_seconds"]) from error


def origin_of(request: HttpRequest) -> str:
    """Where this request came to, as a browser writes it; the host is one of the organizer's, or nothing would be shown."""
    return f"{settings.PLATFORM_SCHEME}://{normal_host(request.get_host())}{settings.PLATFORM_PORT}"
