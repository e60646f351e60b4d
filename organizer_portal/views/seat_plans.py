"""An event's seats: which version of a seat map it sells, for how much each category, and by what rules."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from checkout.changes import MapMove, give_date_a_map, move_to_map_version
from events.actions import add_ticket_type
from events.errors import EventInvalid
from events.models import Event, Performance, SeatingPlan
from events.queries import event_for_update
from events.seating_plan import (
    Painting,
    change_seating_rules,
    on_version,
    own_map_of,
    own_maps_of,
    painting_of,
    plan_of,
    plan_of_date,
    plan_seating,
)
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.seats import MapMoveForm, SeatPlanForm, SeatPricesForm
from organizer_portal.map_changes import MOST_LISTED, category_names, change_groups, changes_of
from organizer_portal.map_drawing import difference_drawings
from organizer_portal.seat_offers import unpriced_categories, unsold_categories
from organizer_portal.views.events import event_or_404, place_refusal
from seating.difference import Difference, difference
from seating.models import MapVersion
from seating.words import size_words
from ui.dates import moment_text
from ui.errors import DomainError, NotFound

MOST_PER_ORDER = 10
AS_THE_EVENT = "event"  # a date's choice to have no map of its own


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
    return _published(found) if found.state == Event.State.DRAFT else []


def _others(found: Event, plan: SeatingPlan | None) -> list[tuple[str, str]]:
    """Where an event that is on sale could move to: the published versions of its venue's maps but its own."""
    if plan is None or not found.is_under_way:
        return []
    return [(pk, words) for pk, words in _published(found) if pk != str(plan.version_id)]


def _published(found: Event) -> list[tuple[str, str]]:
    published = MapVersion.objects.filter(seat_map__venue=found.venue, kind=MapVersion.Kind.PUBLISHED)
    words = _("%(map)s, version %(number)d%(name)s: %(size)s")
    return [
        (
            str(version.pk),
            words
            % {
                "map": version.seat_map.name,
                "number": version.number,
                "name": f" ({version.name})" if version.name else "",
                "size": size_words(version.n_seats, version.n_places),
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
    move: MapMoveForm | None = None,
) -> HttpResponse:
    known: dict[str, Any] = {"zone": found.venue.timezone, "versions": _versions(found)}
    names = unpriced_categories(found)
    shown = form or SeatPlanForm.of(plan, **known)
    context = {
        "event": found,
        "plan": plan,
        "plan_form": shown,
        "form": move or prices or shown,
        "has_versions": bool(known["versions"]),
        "prices": prices or SeatPricesForm(currency=found.currency, categories=names) if names else None,
        "categories": _categories(found, plan) if plan else [],
        "add_ons": list(found.ticket_types.filter(is_active=True, category="").prefetch_related("base_types")),
        "own_maps": own_maps_of(found.performances.values_list("pk", flat=True)).select_related(
            "performance", "version__seat_map"
        )
        if plan
        else [],
        "has_dates": plan is not None and found.performances.count() > 1,
        "move": move
        or (MapMoveForm(versions=others, currency=found.currency) if (others := _others(found, plan)) else None),
    }
    is_refused = bool(shown.errors or (prices and prices.errors) or move)
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


# --- Another version, for an event on sale or for one date ------------------------------------------------------------------------


@dataclass(frozen=True)
class Moving:
    """What goes to another version: an event on sale, or one `date` of it. `plan` is what it sells now."""

    event: Event
    plan: SeatingPlan
    date: Performance | None
    has_own_map: bool = False

    @property
    def url(self) -> str:
        """Where its difference is looked at and confirmed."""
        if self.date is None:
            return reverse("organizer_portal:seat_plan_move", args=[self.event.pk])
        return reverse("organizer_portal:date_map", args=[self.event.pk, self.date.pk])

    @property
    def back(self) -> str:
        """Where it was chosen."""
        return self.url if self.date else reverse("organizer_portal:seat_plan", args=[self.event.pk])

    @property
    def title(self) -> str:
        """In words."""
        if self.date is None:
            return self.event.title
        return f"{self.event.title}, {moment_text(self.date.starts_at, self.date.timezone)}"


@require_POST
@staff(EDIT_EVENTS)
def seat_plan_move(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """What another version of the map would change for an event on sale; with `confirm` in the form, go there.

    Looking is a dry run of the very verb, which locks what it reads: so it is a POST, which no link can set off.
    """
    found = event_or_404(event_id)
    plan = plan_of(found.pk)
    if plan is None or not found.is_under_way:
        raise NotFound
    if request.POST.get("version") == str(plan.version_id):  # sent twice, or a colleague was faster
        messages.info(request, _("The event is on this version of the map already."))
        return redirect("organizer_portal:seat_plan", found.pk)
    form = MapMoveForm(request.POST, versions=_others(found, plan), currency=found.currency)
    if not form.is_valid():
        return _page(request, found, plan, move=form)
    return _look_or_move(request, desk, Moving(found, plan, None), form)


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def date_map(request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID) -> HttpResponse:
    """Another map for one date, or the event's again: the same way, with what would change shown first."""
    found = event_or_404(event_id)
    date = found.performances.filter(pk=performance_id).exclude(state=Performance.State.CANCELLED).first()
    plan = plan_of_date(performance_id)
    if date is None or plan is None:
        raise NotFound
    moving = Moving(found, plan, date, has_own_map=own_map_of(date.pk) is not None)
    known: dict[str, Any] = {"versions": _for_date(moving), "currency": found.currency}
    form = MapMoveForm(request.POST, **known) if request.method == "POST" else MapMoveForm(**known)
    if request.method == "POST" and form.is_valid():
        return _look_or_move(request, desk, moving, form)
    context = {"event": found, "moving": moving, "plan": plan, "form": form, "places": _categories(found, plan)}
    return render(request, "organizer_portal/date_map.html", context, status=422 if form.errors else 200)


def _for_date(moving: Moving) -> list[tuple[str, str]]:
    """What a date may sell instead: the event's map where it has one of its own, then the venue's published versions."""
    others = [(pk, words) for pk, words in _published(moving.event) if pk != str(moving.plan.version_id)]
    of_event = plan_of(moving.event.pk)
    if not moving.has_own_map or of_event is None:
        return others
    words = _("As the event: %(map)s, version %(number)d")
    details = {"map": of_event.version.seat_map.name, "number": of_event.version.number}
    return [(AS_THE_EVENT, words % details), *((pk, name) for pk, name in others if pk != str(of_event.version_id))]


def _look_or_move(request: HttpRequest, desk: Desk, moving: Moving, form: MapMoveForm) -> HttpResponse:
    """The difference to what the form chose, or with `confirm` the move; then what may be asked about it was answered."""
    found, chosen = moving.event, form.cleaned_data["version"]
    is_back = chosen == AS_THE_EVENT
    target = plan_of(found.pk)
    if is_back and target is not None:
        version = target.version
    else:
        version = MapVersion.objects.select_related("seat_map").get(pk=chosen)
        dearest = found.ticket_types.order_by("-price").values_list("price", flat=True).first() or 0
        form.ask_about(unsold_categories(found, moving.plan, version), price=dearest, has_prices=moving.date is None)
        if not form.is_valid():
            refusal = EventInvalid(_("Say what the new places cost."), field="prices")
            return _difference_page(request, desk, moving, version, form, refusal=refusal)
    if "confirm" not in request.POST:
        return _difference_page(request, desk, moving, version, form)
    try:
        _move(moving, desk, version, form)
    except DomainError as refusal:
        return _difference_page(request, desk, moving, version, form, refusal=refusal)
    words = _("“%(title)s” is on version %(number)d of %(map)s now.")
    details = {"title": moving.title, "number": version.number, "map": version.seat_map.name}
    messages.success(request, words % details)
    return redirect(moving.back)


@transaction.atomic
def _move(moving: Moving, desk: Desk, version: MapVersion, form: MapMoveForm, *, is_dry_run: bool = False) -> MapMove:
    """Move, unless another version is sold than the one that the difference was shown from. Raises EventInvalid."""
    found, date = moving.event, moving.date
    event_for_update(found.pk)
    plan = plan_of_date(date.pk) if date else plan_of(found.pk)
    if plan is None or (not is_dry_run and form.cleaned_data["base"] != str(plan.version_id)):
        raise EventInvalid(_("The event has moved to another version meanwhile. Look at the difference again."))
    if date and form.cleaned_data["version"] == AS_THE_EVENT:
        return give_date_a_map(performance_id=date.pk, version_id=None, actor=desk.actor, is_dry_run=is_dry_run)
    painted = on_version(plan, version, instead=form.cleaned_data["instead"])
    if date:
        return give_date_a_map(
            performance_id=date.pk,
            version_id=version.pk,
            categories=painted.categories,
            closed=painted.closed,
            actor=desk.actor,
            is_dry_run=is_dry_run,
        )
    return move_to_map_version(
        event_id=found.pk,
        version_id=version.pk,
        categories=painted.categories,
        closed=painted.closed,
        prices=form.cleaned_data["prices"],
        actor=desk.actor,
        is_dry_run=is_dry_run,
    )


def _difference_page(
    request: HttpRequest,
    desk: Desk,
    moving: Moving,
    version: MapVersion,
    form: MapMoveForm,
    *,
    refusal: DomainError | None = None,
) -> HttpResponse:
    """The difference drawn and listed, what it means for buyers, and what stands in its way."""
    instead = form.cleaned_data["instead"] if form.is_valid() else {}
    target = plan_of(moving.event.pk) if form.cleaned_data.get("version") == AS_THE_EVENT else None
    old, new = painting_of(moving.plan), painting_of(target or on_version(moving.plan, version, instead=instead))
    different, renamed = _plain_difference(old, new), 0
    if refusal is None:
        try:
            moved = _move(moving, desk, version, form, is_dry_run=True)
        except DomainError as refused:
            refusal = refused
        else:
            different, renamed = moved, moved.renamed
    changes = changes_of(
        different, old.compiled, new.compiled, old_categories=old.categories, new_categories=new.categories
    )
    before, after = old.compiled.document, new.compiled.document
    context = {
        "event": moving.event,
        "moving": moving,
        "plan": moving.plan,
        "version": version,
        "form": form,
        "refusal": refusal,
        "refused_seats": refusal.extra.get("seats", ()) if refusal else (),
        "more_refused": refusal.extra.get("n", 0) - len(refusal.extra.get("seats", ())) if refusal else 0,
        "renamed": renamed,
        "offers": [
            {"name": new.name_of(key), "places": new.sizes.get(key, 0), "price": price}
            for key, price in form.cleaned_data.get("prices", {}).items()
        ],
        "changes": changes,
        "groups": change_groups(changes, category_names(before, after)),
        "drawings": difference_drawings(before, after, changes),
        "most": MOST_LISTED,
    }
    return render(request, "organizer_portal/seat_plan_move.html", context, status=422 if refusal else 200)


def _plain_difference(old: Painting, new: Painting) -> Difference:
    """What is different between the paintings, when the verb has refused to say what it would make of them."""
    return difference(old.compiled, new.compiled, old_categories=old.categories, new_categories=new.categories)
