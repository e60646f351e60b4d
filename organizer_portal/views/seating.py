"""The staff map: who sits where, places set aside, tickets moved; every list beside it does the same without the map."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.seats import category_counts, open_blocks, seat_rows, seats_cursor
from checkout.errors import PriceDiffers
from checkout.moves import move_ticket
from checkout.seat_words import map_of_date
from events.models import Event, Performance
from inventory.blocks import Purpose, block_quantity, block_seats, release_block
from inventory.errors import BlockInvalid
from inventory.models import Block
from orders.models import Position
from organizer_portal.access import EDIT_EVENTS, SEE_SALES, Desk, staff
from organizer_portal.forms.seats import BlockForm, SeatMoveForm
from organizer_portal.seating import (
    as_csv,
    blocks_data,
    found_rows,
    map_data,
    one_seat_in_words,
    seats_by_index,
    seats_in_words,
    words_of,
)
from organizer_portal.views.events import event_or_404, place_refusal
from seating.compiled import CompiledMap
from ui.errors import DomainError, NotFound
from ui.problems import members_of, problem


@dataclass(frozen=True)
class House:
    """One date of an event, with the map that it sells, if it has one."""

    event: Event
    performance: Performance
    plan: CompiledMap | None

    @property
    def zone(self) -> str:
        """Where its clocks are."""
        return self.performance.timezone


def _house(event_id: UUID, performance_id: UUID) -> House:
    """Raises NotFound, also for a date whose stock was never opened."""
    event = event_or_404(event_id)
    performance = next((date for date in event.performances.all() if date.pk == performance_id), None)
    if performance is None or event.published_at is None:
        raise NotFound
    return House(event, performance, map_of_date(performance.pk))


# --- Look ------------------------------------------------------------------------------------------------------------------------


@require_safe
@staff(SEE_SALES)
def seats(request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID) -> HttpResponse:
    """The map, a search for people, how each category stands, and the blocks."""
    return _page(request, desk, _house(event_id, performance_id))


def _page(
    request: HttpRequest, desk: Desk, house: House, *, form: BlockForm | None = None, status: int = 200
) -> HttpResponse:
    text = request.GET.get("q", "").strip().replace("\x00", "")[:100]
    rows = seat_rows(house.performance.pk) if text else []
    context = {
        **_figures(desk, house),
        "plan": house.plan,
        "sections": [section.name for section in house.plan.sections] if house.plan else [],
        "text": text,
        "found": [{"row": row, "words": words_of(row)} for row in found_rows(rows, text)],
        "block_form": form or _block_form(house),
        "geometry_url": f"/seats/{house.plan.hash}.json" if house.plan else "",
        "nobody": UUID(int=0),  # stands for a position's id in the address that the script fills in
    }
    return render(request, "organizer_portal/seats.html", context, status=status)


@require_safe
@staff(SEE_SALES)
def seat_figures(request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID) -> HttpResponse:
    """How each category stands and the open blocks, alone."""
    return render(request, "organizer_portal/_seat_figures.html", _figures(desk, _house(event_id, performance_id)))


def _figures(desk: Desk, house: House) -> dict[str, Any]:
    return {
        "event": house.event,
        "performance": house.performance,
        "zone": house.zone,
        "counts": category_counts(house.performance.pk),
        "blocks": open_blocks(house.performance),
        "may_edit": desk.membership.can_edit_events,
    }


@require_safe
@staff(SEE_SALES)
def seats_data(request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID) -> HttpResponse:
    """The map's data for its script, names included; 204 when nothing has happened since the cursor `have`."""
    house = _house(event_id, performance_id)
    if house.plan is None:
        raise NotFound
    cursor = seats_cursor(house.performance.pk)
    if request.GET.get("have") == cursor:
        return HttpResponse(status=204)
    rows = seat_rows(house.performance.pk)
    data = map_data(rows, n_seats=len(house.plan.seats), currency=house.event.currency)
    blocks = blocks_data(open_blocks(house.performance), house.zone)
    return JsonResponse({"cursor": cursor, "map": house.plan.hash, **data, "blocks": blocks})


@require_safe
@staff(SEE_SALES)
def seats_csv(request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID) -> HttpResponse:
    """Every seat of the date with who sits there, for a spreadsheet."""
    house = _house(event_id, performance_id)
    pk = house.performance.pk
    text = as_csv(
        seat_rows(pk),
        category_counts(pk),
        open_blocks(house.performance),
        zone=house.zone,
        currency=house.event.currency,
    )
    # With its byte order mark, or a spreadsheet reads UTF-8 as something else.
    response = HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="seats-{house.event.slug}.csv"'
    return response


# --- Block and release --------------------------------------------------------------------------------------------------------------


@require_POST
@staff(EDIT_EVENTS)
def blocks(request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID) -> HttpResponse:
    """Set seats of the map, seats named in words, or so many of a ticket without seats aside."""
    house = _house(event_id, performance_id)
    form = _block_form(house, request)
    if form.is_valid():
        try:
            block = _block(desk, house, form.cleaned_data)
        except DomainError as refusal:
            if _wants_json(request):
                return problem(**members_of(refusal))
            place_refusal(form, refusal)
        else:
            n = block.places.count()
            words = ngettext("%(n)d place is blocked for “%(owner)s”.", "%(n)d places are blocked for “%(owner)s”.", n)
            return _done(request, house, words % {"n": n, "owner": block.owner})
    if _wants_json(request):
        field, errors = next(iter(form.errors.items()))
        return problem(**members_of(BlockInvalid(str(errors[0]), field=field)))
    return _page(request, desk, house, form=form, status=422)


def _block(desk: Desk, house: House, words: dict[str, Any]) -> Block:
    purpose = Purpose(
        owner=words["owner"],
        reason=words["reason"],
        note=words["note"],
        color=words["color"],
        release_at=words["release_at"],
    )
    about: dict[str, Any] = {"performance_id": house.performance.pk, "purpose": purpose, "actor": desk.actor}
    if words["quota"]:
        return block_quantity(quota_id=int(words["quota"]), quantity=words["quantity"] or 0, **about)
    indexes = words["indexes"] or seats_in_words(
        house.performance.pk, section=words["section"], row=words["row"], seats=words["seats"]
    )
    return block_seats(seats=indexes, **about)


def _block_form(house: House, request: HttpRequest | None = None) -> BlockForm:
    sections = [section.name for section in house.plan.sections] if house.plan else []
    unseated = [count for count in category_counts(house.performance.pk) if not count.is_seated]
    quotas = [(str(count.quota_id), count.name) for count in unseated]
    return BlockForm(request.POST if request else None, sections=sections, quotas=quotas, zone=house.zone)


@require_POST
@staff(EDIT_EVENTS)
def block_releases(
    request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID, block_id: UUID
) -> HttpResponse:
    """Put a block's places back on sale, or those of the seats that are named."""
    house = _house(event_id, performance_id)
    if not Block.objects.filter(pk=block_id, performance=house.performance).exists():
        raise NotFound
    try:
        indexes = seats_by_index(request.POST.get("indexes", ""))
    except BlockInvalid as refusal:
        if _wants_json(request):
            return problem(**members_of(refusal))
        messages.error(request, refusal.detail)
        return redirect("organizer_portal:seats", event_id, performance_id)
    n = release_block(block_id=block_id, seats=indexes or None, actor=desk.actor)
    words = ngettext("%(n)d place is on sale again.", "%(n)d places are on sale again.", n)
    return _done(request, house, words % {"n": n})


# --- Move a ticket ------------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def seat_move(
    request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID, position_id: UUID
) -> HttpResponse:
    """Give a ticket another seat, named in words or by its index; says beforehand what will happen."""
    house = _house(event_id, performance_id)
    positions = Position.objects.select_related("order").filter(performance=house.performance)
    position = positions.filter(pk=position_id).first()
    if position is None or house.plan is None:
        raise NotFound
    sections = [section.name for section in house.plan.sections]
    form = SeatMoveForm(request.POST if request.method == "POST" else None, sections=sections)
    if request.method == "POST" and form.is_valid():
        try:
            moved = _move(desk, house, position, form)
        except DomainError as refusal:
            if _wants_json(request):
                return problem(**members_of(refusal))
            form.offer_price = isinstance(refusal, PriceDiffers)
            place_refusal(form, refusal)
        else:
            words = _("The ticket of %(name)s is for %(seat)s now. The new one is in the mail; the old code is void.")
            return _done(request, house, words % {"name": position.order.name, "seat": moved.seat_words})
    context = {
        "event": house.event,
        "performance": house.performance,
        "zone": house.zone,
        "position": position,
        "form": form,
    }
    return render(request, "organizer_portal/seat_move.html", context, status=422 if form.errors else 200)


def _move(desk: Desk, house: House, position: Position, form: Form) -> Position:
    words = form.cleaned_data
    seat = words["index"]
    if seat is None:
        seat = one_seat_in_words(house.performance.pk, section=words["section"], row=words["row"], seat=words["seat"])
    ticket = move_ticket(
        position_id=position.pk, seat=seat, actor=desk.actor, accepts_price_difference=words["accepts_price"]
    )
    return ticket.position


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


def _done(request: HttpRequest, house: House, words: str) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"said": words})
    messages.success(request, words)
    return redirect(reverse("organizer_portal:seats", args=[house.event.pk, house.performance.pk]))
