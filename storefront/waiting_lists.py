"""The waiting list's public pages: join, confirm, one's place, leave; and the proof of a draw."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checkout.letters import order_url
from checkout.waiting import decline
from events.access import is_open_to
from events.models import Event, Performance
from events.queries import published_event
from inventory.errors import HoldEnded
from inventory.models import Hold
from orders.models import Order
from storefront.buyers import signed_in
from storefront.offers import offers_for, upcoming_performances
from storefront.views.pages import count_mail, secret_page, told_to_wait
from ui.errors import DomainError, NotFound
from ui.forms import typed_number
from ui.middleware import public_form
from waiting_room.shuffle import ALGORITHM, digest_of
from waitlist import consents
from waitlist.actions import Joining, confirm, join, leave
from waitlist.errors import EntryOver
from waitlist.models import Entry, WaitingList
from waitlist.queries import (
    entry_by_token,
    is_draw_ahead,
    open_offer_of,
    position_of,
    rules_of,
    types_by_date,
)

LONGEST_NUMBER = 6  # digits


def _event(slug: str) -> Event:
    try:
        return published_event(slug)
    except NotFound as error:
        raise Http404 from error


@public_form
@require_http_methods(["GET", "HEAD", "POST"])
def waiting_list(request: HttpRequest, slug: str) -> HttpResponse:
    """`storefront/waiting_list.html`: see `_context`. A post joins; the answer is the same whether the address is known."""
    event = _event(slug)
    if not is_open_to(event, request.COOKIES):
        return redirect("storefront:event", slug=event.slug)
    asked = request.POST if request.method == "POST" else request.GET
    context = _context(request, event, date=asked.get("date", ""), kind=asked.get("kind", ""))
    response = _answer(request, event, context)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _answer(request: HttpRequest, event: Event, context: dict[str, Any]) -> HttpResponse:
    if request.method != "POST":
        return render(request, "storefront/waiting_list.html", context)
    typed = _typed(request)
    context |= {"typed": typed, "quantity": request.POST.get("quantity", "")}
    try:
        count_mail(request, to=typed.email)
        entry = join(
            performance_id=UUID(request.POST.get("date", "")),
            ticket_type_id=UUID(request.POST.get("kind", "")),
            joining=typed,
        )
    except ValueError:  # no date or ticket was named
        return redirect("storefront:waiting_list", slug=event.slug)
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        page = render(request, "storefront/waiting_list.html", {**context, "error": error}, status=422)
        return told_to_wait(page, error)
    if entry is not None:  # the address of who is signed in needs no mail
        return redirect("storefront:waiting_place", entry_id=entry.pk, token=entry.token)
    return redirect(f"{reverse('storefront:waiting_list', args=[event.slug])}?sent=1")


def _typed(request: HttpRequest) -> Joining:
    session = signed_in(request)
    return Joining(
        name=request.POST.get("name", ""),
        email=request.POST.get("email", "").strip(),
        quantity=typed_number(request.POST.get("quantity", ""), longest=LONGEST_NUMBER) or 0,
        takes_fewer="takes_fewer" in request.POST,
        consents="consents" in request.POST,
        account_email=session.customer.email if session else "",
    )


def _context(request: HttpRequest, event: Event, *, date: str, kind: str) -> dict[str, Any]:
    """What the page to join shows.

    `event`, `dates` (those with something to wait for), the chosen `performance`, `kinds` of {type, price} (the date's price now, as
    the event's page shows it), the `kind` that is chosen, `most` (tickets), `is_open`, `is_sent`, the signed-in `customer`,
    `consent`, `typed` (Joining), `rules`, `error`.
    """
    now = timezone.now()
    rules = rules_of(event.pk)
    upcoming = upcoming_performances(event, at=now)
    found = types_by_date(upcoming, at=now)
    dates = [one for one in upcoming if found[one.pk]]
    performance = next((one for one in dates if str(one.pk) == date), next(iter(dates), None))
    offers = offers_for(event, performance, None, at=now) if performance else []
    prices = {offer.ticket_type.pk: offer.price for offer in offers}
    kinds = [one for one in found[performance.pk] if one.pk in prices] if performance else []
    session = signed_in(request)
    return {
        "event": event,
        "rules": rules,
        "is_open": rules.is_open and performance is not None,
        "performances": dates,
        "performance": performance,
        "kinds": [{"type": one, "price": prices[one.pk]} for one in kinds],
        "kind": next((one for one in kinds if str(one.pk) == kind), next(iter(kinds), None)),
        "most": max((one.most_per_order for one in kinds), default=1),
        "customer": session.customer if session else None,
        "consent": consents.TEXT,
        "is_sent": "sent" in request.GET,
        "quantity": "1",
        "typed": None,
        "error": None,
    }


# --- One's place ------------------------------------------------------------------------------------------------------------------


@secret_page
@require_safe
def waiting_place(request: HttpRequest, entry_id: UUID, token: str) -> HttpResponse:
    """`storefront/waiting_place.html`: see `_place`. A look changes nothing, for mail programs look too."""
    return _place(request, entry_by_token(entry_id, token))


def _place(request: HttpRequest, entry: Entry, *, error: DomainError | None = None) -> HttpResponse:
    """What one's place shows.

    `entry`, `event`, `performance`, `position` (None before a draw), `draw_at`, the open `offer` with `checkout_url` (or the
    order's page), `is_ended` (the offer ran out, which is not noted yet), `error`.
    """
    performance = entry.waiting_list.performance
    rules, offer, now = rules_of(performance.event_id), open_offer_of(entry), timezone.now()
    address = ""
    if offer is not None:
        order = Order.objects.filter(hold=offer.hold_id).first()
        address = order_url(order) if order else reverse("storefront:checkout", args=[offer.hold_id, offer.hold.token])
    context = {
        "entry": entry,
        "event": performance.event,
        "performance": performance,
        "position": position_of(entry, rules),
        "is_drawn_later": is_draw_ahead(entry.waiting_list, rules),
        "rules": rules,
        "offer": offer,
        "checkout_url": address,
        "is_ordered": offer is not None and offer.hold.state == Hold.State.ORDERED,
        "is_ended": offer is not None and offer.hold.state != Hold.State.ORDERED and not offer.hold.is_live(at=now),
        "is_over": performance.ends_at <= now or performance.state == Performance.State.CANCELLED,
        "error": error,
    }
    return render(request, "storefront/waiting_place.html", context, status=error.status if error else 200)


@secret_page
@public_form
@require_POST
def waiting_confirmation(request: HttpRequest, entry_id: UUID, token: str) -> HttpResponse:
    """The address is mine: from now on the entry counts."""
    entry = entry_by_token(entry_id, token)
    try:
        stands = confirm(entry_id=entry.pk, token=token)
    except NotFound:
        raise
    except DomainError as error:
        return _place(request, entry, error=error)
    return redirect("storefront:waiting_place", entry_id=stands.pk, token=stands.token)


@secret_page
@public_form
@require_POST
def waiting_departure(request: HttpRequest, entry_id: UUID, token: str) -> HttpResponse:
    """Leave the list, or give back the places that are held."""
    entry = entry_by_token(entry_id, token)
    try:
        leave(entry_id=entry.pk, token=token)
    except EntryOver:
        with suppress(EntryOver, HoldEnded):  # bought or run out in between: the page says so
            decline(entry_id=entry.pk, token=token)
    return redirect("storefront:waiting_place", entry_id=entry.pk, token=token)


# --- The draw -----------------------------------------------------------------------------------------------------------------------


@require_safe
def waiting_draw(request: HttpRequest, slug: str, performance_id: UUID) -> HttpResponse:
    """What anybody may check of a date's draw: the commitment, and from the draw on the seed with the entries' public names."""
    event = _event(slug)
    if not is_open_to(event, request.COOKIES):
        raise Http404
    found = WaitingList.objects.filter(performance_id=performance_id, performance__event=event).first()
    if found is None:
        raise Http404
    drawn = found.entries.filter(rank__isnull=False).order_by("rank").values_list("code", flat=True)
    codes = list(drawn) if found.drawn_at else []
    told = {
        "algorithm": ALGORITHM,
        "commitment": found.commitment,
        "drawn_at": found.drawn_at,
        "seed": found.seed,
        "digest": digest_of(codes) if found.drawn_at else "",
        "order": codes,
    }
    response = JsonResponse(told)
    response["Cache-Control"] = "no-store"
    return response
