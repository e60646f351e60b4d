"""The line's public pages: the page where one waits, the entrance, the poll, and what anybody may check afterwards."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from events.access import is_open_to
from events.models import Event, Performance
from events.queries import published_event
from tenants.current import current_organizer
from tenants.queries import normal_host
from ui.errors import DomainError, NotFound
from ui.middleware import public_form
from ui.problems import domain_problem
from waiting_room import proof
from waiting_room.actions import order_of
from waiting_room.entrance import join
from waiting_room.errors import NoLine
from waiting_room.models import Line
from waiting_room.network import network_of
from waiting_room.position import drop, full_answer, keep
from waiting_room.queries import latest_line, open_line_at
from waiting_room.shuffle import ALGORITHM
from waiting_room.standing import NO_ENTRY, Standing, entry_of, pass_for, standing_of
from waiting_room.tokens import (
    BROWSER_COOKIE,
    LONGEST_TOKEN,
    PASS_COOKIE,
    TOKEN_COOKIE,
    Entry,
    new_browser,
    sign_entry,
    sign_pass,
)


def _event(slug: str) -> Event:
    try:
        return published_event(slug)
    except NotFound as error:
        raise Http404 from error


@require_safe
def queue_page(request: HttpRequest, slug: str) -> HttpResponse:
    """`waiting_room/queue.html`: see `_page`. Leads to the event when there is no line."""
    line = open_line_at(slug)
    if line is None or not is_open_to(line.room.event, request.COOKIES):  # whose page asks for the password first
        return _to_event(slug)
    return _page(request, line)


def _to_event(slug: str) -> HttpResponse:
    return redirect("storefront:event", slug=_event(slug).slug)


def _page(request: HttpRequest, line: Line, *, error: DomainError | None = None) -> HttpResponse:
    """What the page shows: `event`, its next `performance`, `line`, `standing`, `entry` (its public id), `error`."""
    event = line.room.event
    carried, entry = entry_of(request.COOKIES, "", host=normal_host(request.get_host()))
    standing, placed = NO_ENTRY, entry
    if entry is not None and entry.line_id == line.pk:
        standing, placed = standing_of(entry, slug=event.slug)
    now = timezone.now()
    dates = [p for p in event.performances.all() if p.state == Performance.State.SCHEDULED and p.ends_at > now]
    context = {
        "event": event,
        "performance": next(iter(dates), None),
        "line": line,
        "room": line.room,
        "standing": standing,
        "entry": entry.entry if entry is not None and standing.state != "none" else "",
        "error": error,
        "minutes_left": standing.until // 60,
        "wait_minutes": None if standing.wait is None else max(1, round(standing.wait / 60)),
    }
    answer = render(request, "waiting_room/queue.html", context, status=error.status if error else 200)
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex"
    if standing.state == "turn" and carried is not None and placed is not None:
        _keep_pass(answer, placed, standing, carried.browser, slug=event.slug)
    return answer


def _keep_pass(answer: HttpResponse, entry: Entry, standing: Standing, browser: str, *, slug: str) -> None:
    signed = sign_pass(pass_for(entry, standing), organizer_id=current_organizer().pk, browser=browser)
    keep(answer, PASS_COOKIE, signed, slug=slug)


@public_form
@require_POST
def entries(request: HttpRequest, slug: str) -> HttpResponse:
    """Join the line: takes `proof`, a solved challenge, or nothing (the slower lane). Leads back to the page.

    Who asks for JSON gets the token in it, to be sent as `Queue-Token` from then on.
    """
    line = open_line_at(slug)
    wants_json = request.headers.get("Accept", "").startswith("application/json")
    known = request.COOKIES.get(BROWSER_COOKIE, "")
    browser = known if known and len(known) <= LONGEST_TOKEN and not wants_json else new_browser()
    try:
        if line is None:
            raise NoLine
        entry = join(
            line=line,
            browser=browser,
            network=network_of(request),
            payload=request.POST.get("proof", ""),
        )
    except DomainError as refused:
        return _refused(request, slug, line, refused, wants_json=wants_json)
    slug = line.room.event.slug
    token = sign_entry(entry, host=normal_host(request.get_host()), browser=browser)
    if wants_json:
        answer: HttpResponse = JsonResponse({"token": f"{token}.{browser}", "entry": entry.entry}, status=201)
        answer["Cache-Control"] = "no-store"
        return answer
    answer = redirect("waiting_room:queue", slug=slug)
    drop(answer, PASS_COOKIE, slug=slug)
    keep(answer, BROWSER_COOKIE, browser, slug=slug)
    keep(answer, TOKEN_COOKIE, token, slug=slug)
    return answer


def _refused(
    request: HttpRequest, slug: str, line: Line | None, refused: DomainError, *, wants_json: bool
) -> HttpResponse:
    if wants_json:
        answer = domain_problem(refused)
    elif line is None:
        return _to_event(slug)
    else:
        answer = _page(request, line, error=refused)
    if refused.status in (429, 503):
        answer["Retry-After"] = "60" if refused.status == 429 else "3"
    return answer


@require_safe
def challenge(request: HttpRequest, slug: str) -> HttpResponse:
    """What a browser solves before it joins."""
    line = open_line_at(slug)
    answer = domain_problem(NoLine()) if line is None else JsonResponse(proof.new_challenge(line.pk))
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
def position(request: HttpRequest, slug: str) -> HttpResponse:
    """Where this visitor stands, as JSON. Most polls never come here: the middleware answers them."""
    return full_answer(request, slug, current_organizer())


@require_safe
def fairness(request: HttpRequest, slug: str) -> HttpResponse:
    """The proof that the shuffle was fair, as JSON: the commitment at once, the seed from the start on."""
    line = _latest(slug)
    facts: dict[str, Any] = {
        "line": str(line.pk),
        "commitment": line.commitment,
        "algorithm": ALGORITHM,
        "opened_at": line.opened_at.isoformat(),
        "starts_at": line.starts_at.isoformat() if line.starts_at else None,
        "started_at": line.started_at.isoformat() if line.started_at else None,
        "seed": line.seed or None,
        "digest": line.early_digest or None,
        "early": line.early_total if line.started_at else None,
        "order": reverse("waiting_room:order", args=[slug]) if line.started_at else None,
    }
    return _public(JsonResponse(facts, json_dumps_params={"indent": 2}))


@require_safe
def order(request: HttpRequest, slug: str) -> HttpResponse:
    """The early entries in their order of admission, one a line; 404 before the start."""
    line = _latest(slug)
    if line.started_at is None:
        raise Http404
    return _public(HttpResponse("".join(f"{entry}\n" for entry in order_of(line)), content_type="text/plain"))


def _latest(slug: str) -> Line:
    line = latest_line(_event(slug).pk)
    if line is None:
        raise Http404
    return line


def _public(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "public, max-age=10"
    return answer
