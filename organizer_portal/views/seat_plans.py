"""An event's seats: which version of a seat map it sells, for how much each category, and by what rules."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from events.actions import add_ticket_type
from events.models import Event, SeatingPlan
from events.seating_plan import change_seating_rules, painting_of, plan_of, plan_seating
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms import SeatPlanForm, SeatPricesForm
from organizer_portal.seat_offers import unpriced_categories
from organizer_portal.views.events import event_or_404, place_refusal
from seating.models import MapVersion
from ui.errors import DomainError

MOST_PER_ORDER = 10


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def seat_plan(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Choose the seat map of a draft, or change the rules of an event that is on sale."""
    found = event_or_404(event_id)
    plan = plan_of(found.pk)
    known: dict[str, Any] = {"zone": found.venue.timezone, "versions": _versions(found)}
    form = SeatPlanForm(request.POST, **known) if request.method == "POST" else SeatPlanForm.of(plan, **known)
    if request.method == "POST" and form.is_valid():
        try:
            _plan(found, desk, dict(form.cleaned_data))
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("organizer_portal:seat_plan", found.pk)
    return _page(request, found, plan, form=form)


def _plan(found: Event, desk: Desk, words: dict[str, Any]) -> None:
    version = words.pop("version", None)
    if version is None:
        change_seating_rules(event_id=found.pk, actor=desk.actor, **words)
    else:
        plan_seating(event_id=found.pk, version_id=UUID(version), actor=desk.actor, **words)


def _versions(found: Event) -> list[tuple[str, str]]:
    """What a draft may choose from: the published versions of its venue's maps, newest first; nothing for others."""
    if found.state != Event.State.DRAFT:
        return []
    published = MapVersion.objects.filter(seat_map__venue=found.venue, kind=MapVersion.Kind.PUBLISHED)
    words = _("%(map)s, version %(number)d%(name)s: %(seats)d seats, %(places)d standing places")
    return [
        (
            str(version.pk),
            words
            % {
                "map": version.seat_map.name,
                "number": version.number,
                "name": f" ({version.name})" if version.name else "",
                "seats": version.n_seats,
                "places": version.n_places,
            },
        )
        for version in published.select_related("seat_map").defer("document").order_by("-created_at", "-pk")
    ]


@require_POST
@staff(EDIT_EVENTS)
def seat_prices(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """A first ticket for each category that was given a price, named like the category."""
    found = event_or_404(event_id)
    names = unpriced_categories(found)
    form = SeatPricesForm(request.POST, currency=found.currency, categories=names)
    if form.is_valid():
        try:
            _offer(found, desk, names, form.cleaned_data["prices"])
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("organizer_portal:seat_plan", found.pk)
    return _page(request, found, plan_of(found.pk), prices=form)


@transaction.atomic
def _offer(found: Event, desk: Desk, names: dict[str, str], prices: dict[str, int]) -> None:
    for key, price in prices.items():
        add_ticket_type(
            event_id=found.pk,
            name=names[key],
            perk="",
            price=price,
            category=key,
            max_per_order=MOST_PER_ORDER,
            actor=desk.actor,
        )


def _page(
    request: HttpRequest,
    found: Event,
    plan: SeatingPlan | None,
    *,
    form: SeatPlanForm | None = None,
    prices: SeatPricesForm | None = None,
) -> HttpResponse:
    known: dict[str, Any] = {"zone": found.venue.timezone, "versions": _versions(found)}
    names = unpriced_categories(found)
    shown = form or SeatPlanForm.of(plan, **known)
    context = {
        "event": found,
        "plan": plan,
        "plan_form": shown,
        "form": prices or shown,
        "has_versions": bool(known["versions"]),
        "prices": prices or SeatPricesForm(currency=found.currency, categories=names) if names else None,
        "categories": _categories(found, plan) if plan else [],
    }
    is_refused = bool(shown.errors or (prices and prices.errors))
    return render(request, "organizer_portal/seat_plan.html", context, status=422 if is_refused else 200)


def _categories(found: Event, plan: SeatingPlan) -> list[dict[str, Any]]:
    """Each category with how many places it has and the tickets that are offered for it."""
    shown = painting_of(plan)
    kinds = list(found.ticket_types.filter(is_active=True))
    return [
        {
            "name": category.name,
            "color": category.color,
            "places": shown.sizes[category.key],
            "tickets": [kind for kind in kinds if kind.category == category.key],
        }
        for category in shown.compiled.document.categories
        if category.key in shown.sizes
    ]
