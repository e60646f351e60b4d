"""What the seat map editor asks of the dates that sell its map: who has which seat, and seats set aside by painting them."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from analytics.map_dates import dates_of_map, taken_in_areas, taken_seats
from analytics.seats import open_blocks
from checkout.seat_words import map_of_date
from events.actions import local_time
from events.models import Performance
from inventory.blocks import COLORS, Purpose, allocate_seats, put_back_seats
from inventory.errors import BlockInvalid
from inventory.words import seat_words
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.seating import blocks_data
from organizer_portal.views.seat_maps import json_body, json_door
from seating.document import ID, parse
from seating.queries import seat_map_by_id
from ui.dates import moment_text
from ui.errors import NotFound

MOST_GONE = 100  # seats that are missing, named one by one


@require_safe
@staff(EDIT_EVENTS)
@json_door
def map_dates(request: HttpRequest, desk: Desk, map_id: UUID) -> HttpResponse:
    """The dates on sale, the seats and places that somebody has at any of them, and which of those the draft has no more."""
    found = seat_map_by_id(map_id)
    dates = dates_of_map(found.pk)
    ids = [date.pk for date in dates]
    taken = taken_seats(ids)
    drawn = {seat.id for seat in parse(found.draft).seats} if taken else set()
    gone = [seat for seat in taken if seat.id not in drawn]
    by_id = {date.pk: date for date in dates}
    return JsonResponse(
        {
            "dates": [_date(date) for date in dates],
            "taken": sorted({seat.id for seat in taken}),
            "in_areas": taken_in_areas(ids),
            "n_gone": len(gone),
            "gone": [_gone(by_id[seat.performance_id], seat.index, seat.state) for seat in gone[:MOST_GONE]],
        }
    )


def _date(date: Performance) -> dict[str, str]:
    return {
        "id": str(date.pk),
        "title": date.event.title,
        "when": moment_text(date.starts_at, date.timezone),
        "url": reverse("organizer_portal:seats", args=[date.event_id, date.pk]),
    }


def _gone(date: Performance, index: int, state: str) -> dict[str, Any]:
    """A seat as the version that its date sells has it: where a click on the fault looks."""
    compiled = map_of_date(date.pk)
    assert compiled is not None
    seat = compiled.seats[index]
    line = compiled.lines[seat.line]
    section = compiled.sections[line.section]
    words = seat_words(section=section.name, row=line.label, label=seat.label, is_at_table=line.kind != "row")
    how = {
        "held": _("%(seat)s is held for “%(event)s”, %(date)s"),
        "sold": _("%(seat)s is sold for “%(event)s”, %(date)s"),
        "blocked": _("%(seat)s is set aside for “%(event)s”, %(date)s"),
    }[state]
    about = {"seat": words, "event": date.event.title, "date": moment_text(date.starts_at, date.timezone)}
    floor = compiled.document.floors[section.floor].id
    return {"words": how % about, "floor": floor, "x": seat.x, "y": seat.y}


@require_safe
@staff(EDIT_EVENTS)
@json_door
def map_date(request: HttpRequest, desk: Desk, map_id: UUID, performance_id: UUID) -> HttpResponse:
    """One date: the ids of the seats that are sold or held, and its blocks with theirs."""
    return _date_data(_date_of(map_id, performance_id))


def _date_of(map_id: UUID, performance_id: UUID) -> Performance:
    """Raises NotFound."""
    found = next((date for date in dates_of_map(map_id) if date.pk == performance_id), None)
    if found is None:
        raise NotFound
    return found


def _date_data(date: Performance, **more: Any) -> JsonResponse:
    taken = taken_seats([date.pk])
    kept = defaultdict(list)
    for seat in taken:
        if seat.block_id is not None:
            kept[str(seat.block_id)].append(seat.id)
    blocks = blocks_data((block for block in open_blocks(date) if kept[str(block.pk)]), date.timezone)
    return JsonResponse(
        {
            "blocks": [{**block, "seats": kept[block["id"]]} for block in blocks],
            "taken": [seat.id for seat in taken if seat.block_id is None],
            "colors": COLORS,
            **more,
        }
    )


@require_POST
@staff(EDIT_EVENTS)
@json_door
def allocations(request: HttpRequest, desk: Desk, map_id: UUID, performance_id: UUID) -> HttpResponse:
    """Set seats aside: `{"seats": [ids], "block": id}` for more of a block, or with owner, reason, color and release for another.

    `release` is the time at the venue as a browser's field has it, "" for never.
    """
    date = _date_of(map_id, performance_id)
    asked = json_body(request)
    block_id = _uuid(asked.get("block"))
    made = allocate_seats(
        performance_id=date.pk,
        seat_ids=_seats(asked),
        block_id=block_id,
        purpose=None if block_id else _purpose(asked, date.timezone),
        actor=desk.actor,
    )
    return _date_data(date, block=str(made.pk))


@require_POST
@staff(EDIT_EVENTS)
@json_door
def put_back(request: HttpRequest, desk: Desk, map_id: UUID, performance_id: UUID) -> HttpResponse:
    """Put seats that are set aside back on sale: `{"seats": [ids]}`."""
    date = _date_of(map_id, performance_id)
    n = put_back_seats(performance_id=date.pk, seat_ids=_seats(json_body(request)), actor=desk.actor)
    return _date_data(date, released=n)


def _seats(asked: dict[str, Any]) -> list[str]:
    seats = asked.get("seats")
    if not isinstance(seats, list) or not all(isinstance(one, str) and ID.fullmatch(one) for one in seats):
        raise BlockInvalid(_("Choose the seats again."), field="seats")
    return list(dict.fromkeys(seats))


def _uuid(value: object) -> UUID | None:
    if not value:
        return None
    try:
        return UUID(str(value))
    except ValueError as error:
        raise NotFound from error


def _purpose(asked: dict[str, Any], zone: str) -> Purpose:
    words = {name: str(asked.get(name) or "") for name in ("owner", "reason", "color", "release")}
    release_at = None
    if words["release"]:
        try:
            release_at = local_time(datetime.fromisoformat(words["release"]).replace(tzinfo=None), zone)
        except ValueError as error:
            raise BlockInvalid(_("Enter the day and the time of release."), field="release_at") from error
    return Purpose(
        owner=words["owner"], reason=words["reason"], color=words["color"] or COLORS[0], release_at=release_at
    )
