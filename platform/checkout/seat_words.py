"""Where each ticket's holder sits, in words: written on positions when they are ordered, moved or renamed.

The words are the position's own and never lag behind its seat. When an event moves to another version of its map, a seat
that got another name keeps its ticket: the code says nothing of the seat, so it stays valid, and whoever is at the door
sees the new words. The buyer is mailed the new words and a PDF that has them (`rename_seats`).
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from audit.actions import Actor, record
from events.queries import performance_by_id
from events.seating_plan import plan_of_date
from inventory.models import SeatPlace
from orders.models import Order, Position
from outbox.actions import enqueue
from seating.compiled import CompiledMap
from seating.queries import compiled_by_hash
from ui.ids import uuid7

FIELDS = ["seat_id", "seat_section", "seat_row", "seat_label", "is_at_table", "entrance"]


def write_seat_words(order: Order) -> None:
    """Write down where each position of a new order is to sit. Nothing for an event without a map."""
    plan = map_of_date(order.performance_id)
    if plan is None:
        return
    positions = list(order.positions.select_related("ticket_type"))
    seats = _seats_of(order.performance_id, positions)
    for position in positions:
        put_words(position, seat=seats.get(position.seat_id), plan=plan)
    Position.objects.bulk_update(positions, FIELDS)


def put_words(position: Position, *, seat: SeatPlace | None, plan: CompiledMap) -> bool:
    """Give a position its seat's words, or its area's where it has no seat; returns whether they are other ones now."""
    before = [getattr(position, name) for name in FIELDS]
    if seat is not None:
        entrances = {section.name: section.entrance for section in plan.sections}
        position.seat_id, position.is_at_table = seat.seat_id, seat.is_at_table
        position.seat_section, position.seat_row, position.seat_label = seat.section, seat.row, seat.label
        position.entrance = entrances.get(seat.section, "")
    else:
        areas = {area.category: area for _floor, area in plan.areas}
        area = areas.get(position.ticket_type.category)
        position.seat_id, position.seat_row, position.seat_label, position.is_at_table = "", "", "", False
        position.seat_section, position.entrance = (area.name, area.entrance) if area else ("", "")
    return before != [getattr(position, name) for name in FIELDS]


@transaction.atomic
def rename_seats(*, performance_id: UUID, actor: Actor) -> int:
    """After a map's move: write the words of every position anew; returns how many changed. Who has paid is mailed.

    Called by the verb that moves an event to another version, in its transaction. The tickets stay valid.
    """
    performance = performance_by_id(performance_id)
    plan = map_of_date(performance.pk)
    if plan is None:
        return 0
    kept = Position.objects.filter(performance=performance).exclude(state=Position.State.CANCELLED)
    positions = list(kept.select_related("ticket_type").order_by("pk"))
    seats = _seats_of(performance_id, positions)
    changed = [one for one in positions if put_words(one, seat=seats.get(one.seat_id), plan=plan)]
    Position.objects.bulk_update(changed, FIELDS, batch_size=500)
    renamed = str(uuid7())
    for order_id in sorted({position.order_id for position in changed}):
        payload = {"order_id": str(order_id), "renamed": renamed}
        enqueue(kind="mail_seats_renamed", key=f"{renamed}:{order_id}", payload=payload)
    if changed:
        record(verb="rename_seats", target=performance, actor=actor, detail={"positions": len(changed)})
    return len(changed)


def _seats_of(performance_id: UUID, positions: Iterable[Position]) -> dict[str, SeatPlace]:
    ids = [position.seat_id for position in positions if position.seat_id]
    return {seat.seat_id: seat for seat in SeatPlace.objects.filter(performance_id=performance_id, seat_id__in=ids)}


def map_of_date(performance_id: UUID) -> CompiledMap | None:
    """The map that a date sells, ready for work: its own or its event's; None for an event without one."""
    plan = plan_of_date(performance_id)
    return compiled_by_hash(plan.version.hash) if plan else None
