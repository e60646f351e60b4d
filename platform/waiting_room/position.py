"""The poll: one signature, at most one look at Redis, no query. Answered before the rest of the product is woken up."""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse

from tenants.models import Organizer
from tenants.queries import normal_host
from waiting_room.standing import NO_ENTRY, Standing, entry_of, extended, pass_for, standing_of
from waiting_room.tokens import (
    BROWSER_COOKIE,
    HEADER,
    PASS_COOKIE,
    TOKEN_COOKIE,
    Carried,
    Entry,
    Kind,
    Pass,
    sign_entry,
    sign_pass,
)

HEAD, TAIL = "/events/", "/queue/position/"
KEPT_SECONDS = 24 * 3600


def slug_in(path: str) -> str:
    """The event's name in a poll's address, or nothing."""
    if not (path.startswith(HEAD) and path.endswith(TAIL)):
        return ""
    slug = path[len(HEAD) : -len(TAIL)]
    return "" if "/" in slug else slug


def quick_answer(request: HttpRequest) -> HttpResponse | None:
    """The answer to a poll that carries a valid token and is not let in yet; None leaves it to the view."""
    slug = slug_in(request.path)
    if not slug or request.method != "GET":
        return None
    try:
        host = normal_host(request.get_host())
    except DisallowedHost:
        return None
    carried, entry = entry_of(request.COOKIES, request.headers.get(HEADER, ""), host=host)
    if carried is None or entry is None:
        return None
    standing, placed = standing_of(entry, slug=slug)
    if standing.state in ("turn", "none"):
        return None  # a pass names the organizer: the view behind the edge knows it
    return _answer(request, standing, carried, entry, placed, host)


def full_answer(request: HttpRequest, slug: str, organizer: Organizer) -> HttpResponse:
    """The answer to any poll, with the pass of who was let in."""
    host = normal_host(request.get_host())
    carried, entry = entry_of(request.COOKIES, request.headers.get(HEADER, ""), host=host)
    if carried is None or entry is None:
        return _plain(NO_ENTRY)
    standing, placed = standing_of(entry, slug=slug)
    answer = _answer(request, standing, carried, entry, placed, host)
    if standing.state == "turn":
        signed = sign_pass(pass_for(placed, standing), organizer_id=organizer.pk, browser=carried.browser)
        if HEADER in request.headers:
            answer = JsonResponse({**standing.as_json(), "pass": f"{signed}.{carried.browser}"})
            answer["Cache-Control"] = "no-store"
        else:
            keep(answer, PASS_COOKIE, signed, slug=slug)
    return answer


def _answer(
    request: HttpRequest, standing: Standing, carried: Carried, entry: Entry, placed: Entry, host: str
) -> HttpResponse:
    answer = _plain(standing)
    if placed.kind is not entry.kind and placed.kind is Kind.PLACED and HEADER not in request.headers:
        # The position goes into the token, so that further polls need no look-up and a loss of Redis changes nothing.
        keep(answer, TOKEN_COOKIE, sign_entry(placed, host=host, browser=carried.browser), slug=slug_in(request.path))
    return answer


def _plain(standing: Standing) -> HttpResponse:
    answer = JsonResponse(standing.as_json())
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Length"] = str(len(answer.content))  # the middleware that would say so is not asked
    return answer


def keep(answer: HttpResponse, name: str, value: str, *, slug: str) -> None:
    """Give the browser a cookie for this event's pages alone, which no script can read."""
    answer.set_cookie(
        name,
        value,
        max_age=KEPT_SECONDS,
        path=f"{HEAD}{slug}/",
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def extend_pass(request: HttpRequest, answer: HttpResponse, admitted: Pass, *, until: float, slug: str) -> None:
    """Let a browser that holds tickets change its mind until the hold ends, in seconds since 1970."""
    organizer: Organizer = request.organizer  # type: ignore[attr-defined]
    browser = request.COOKIES.get(BROWSER_COOKIE, "")
    signed = sign_pass(extended(admitted, until=until), organizer_id=organizer.pk, browser=browser)
    keep(answer, PASS_COOKIE, signed, slug=slug)


def drop(answer: HttpResponse, *names: str, slug: str) -> None:
    """Take cookies of this event back."""
    for name in names or (TOKEN_COOKIE, PASS_COOKIE, BROWSER_COOKIE):
        answer.delete_cookie(name, path=f"{HEAD}{slug}/", samesite="Lax")
