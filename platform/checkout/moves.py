"""Give a ticket another seat: the old code dies, the old place is free, the new one is sold, and the buyer is told."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from checkout.errors import MoveRefused, PriceDiffers, SeatNotFree
from checkout.seat_words import FIELDS, map_of_date, put_words
from events.models import TicketType
from events.queries import price_on
from inventory.actions import free_places
from inventory.blocks import is_claimable, lock_places, lock_runs_of, note_lapses
from inventory.errors import SaleStopped
from inventory.journal import journal
from inventory.live import mark_changed
from inventory.models import Place, Pool, SeatPlace, StockEntry
from inventory.queries import database_now
from orders.models import Position
from orders.queries import order_for_update
from outbox.actions import enqueue
from repricing.queries import moved_prices, price_now
from tickets.actions import reissue_ticket
from tickets.models import Ticket
from ui.errors import NotFound
from ui.money import format_money

CAUSE = "ticket moved to another seat"


@transaction.atomic
def move_ticket(*, position_id: UUID, seat: int, actor: Actor, accepts_price_difference: bool = False) -> Ticket:
    """Seat a paid position on the seat with index `seat` instead; returns its new ticket, whose code replaces the old.

    No money moves. A seat of another category is another ticket type; where its price is another one than was paid,
    `accepts_price_difference` says that staff know. Raises NotFound, MoveRefused, SaleStopped, SeatNotFree, PriceDiffers;
    on any of them the ticket is where it was, and valid.
    """
    found = Position.objects.filter(pk=position_id).values_list("order_id", flat=True).first()
    if found is None:
        raise NotFound
    order = order_for_update(found)
    position = Position.objects.select_related("ticket_type", "performance").get(pk=position_id)
    if not order.is_paid:
        raise MoveRefused(
            _("Only a ticket of a paid order can be moved; this one is “%s”.") % order.get_state_display()
        )
    if position.performance.is_stopped:
        raise SaleStopped
    old, new = _seats(position, order.hold_id, seat)
    kind = _kind_for(position, old, new)
    moved = moved_prices([position.performance_id]).get(position.performance_id, {})
    price = price_now(price_on(position.performance_id, kind), moved.get(kind.pk))
    if price != position.price and kind != position.ticket_type and not accepts_price_difference:
        raise PriceDiffers(
            _("That seat costs %(new)s, and %(old)s was paid. Confirm that no money is to move.")
            % {"new": format_money(price, order.currency), "old": format_money(position.price, order.currency)},
            price=price,
            paid=position.price,
        )
    lock_runs_of(position.performance_id, [old.seat_index, new.seat_index])
    places = {place.pk: place for place in lock_places([old.place_id, new.place_id])}
    if not is_claimable(places[new.place_id], at=database_now()):
        raise SeatNotFree(_("%(seat)s is no longer free.") % {"seat": new.words})
    was = position.seat_words or old.words
    _sit(position, new, kind)
    ticket = _replace_ticket(position, actor)
    free_places(places=[places[old.place_id]], kind=StockEntry.Kind.RETURN, actor=actor, cause=CAUSE)
    _sell(places[new.place_id], hold_id=order.hold_id, position=position, actor=actor)
    detail = {"from": old.seat_id, "to": new.seat_id, "paid": position.price, "price": price}
    record(verb="move_ticket", target=ticket, actor=actor, detail={"position": str(position.pk), **detail})
    payload = {"order_id": str(order.pk), "ticket_id": str(ticket.pk), "was": was}
    enqueue(kind="mail_seat_moved", key=str(ticket.pk), payload=payload)
    mark_changed(position.performance_id)
    return ticket


def _seats(position: Position, hold_id: UUID, index: int) -> tuple[SeatPlace, SeatPlace]:
    """Where the position sits and where it is to. What is read here is judged again under the places' locks."""
    of_date = SeatPlace.objects.select_related("place").filter(performance_id=position.performance_id)
    old = of_date.filter(place__hold_id=hold_id, place__position_id=position.pk).first()
    if old is None:
        raise MoveRefused(_("This ticket has no seat of its own."))
    new = of_date.filter(seat_index=index).first()
    if new is None:
        raise MoveRefused(_("Choose a seat that is part of this date's map."), field="seat")
    if new.pk == old.pk:
        raise MoveRefused(_("The ticket is for this seat already."), field="seat")
    return old, new


def _kind_for(position: Position, old: SeatPlace, new: SeatPlace) -> TicketType:
    """The ticket type that the position has on its new seat: its own where that serves, else the category's likest."""
    if old.place.pool_id == new.place.pool_id:
        return position.ticket_type
    elsewhere = set(position.ticket_type.quotas.values_list("pk", flat=True)) - {old.place.pool.quota_id}
    quota_id = Pool.objects.values_list("quota_id", flat=True).get(pk=new.place.pool_id)
    kinds = TicketType.objects.filter(event_id=position.ticket_type.event_id, quotas=quota_id, is_active=True)
    # Places of further quotas stay as they are, so both types must draw from the same ones.
    fitting = [one for one in kinds if set(one.quotas.values_list("pk", flat=True)) - {quota_id} == elsewhere]
    if not fitting:
        raise MoveRefused(_("No ticket on sale fits that seat."), field="seat")
    return min(
        fitting,
        key=lambda one: (one.title != position.ticket_type_name, abs(one.price - position.price), one.sort_order),
    )


def _sit(position: Position, seat: SeatPlace, kind: TicketType) -> None:
    plan = map_of_date(position.performance_id)
    if plan is None:
        raise MoveRefused(_("This ticket has no seat of its own."))
    put_words(position, seat=seat, plan=plan)
    if kind != position.ticket_type:
        # Staff decide beyond what one person may buy: the limit of the type it was bought as says nothing about this one.
        position.ticket_type, position.ticket_type_name, position.max_per_person = kind, kind.title, None
    position.save(update_fields=[*FIELDS, "ticket_type", "ticket_type_name", "max_per_person"])


def _replace_ticket(position: Position, actor: Actor) -> Ticket:
    """The old code is refused before its place is anybody's."""
    valid = Ticket.objects.filter(position=position, state=Ticket.State.VALID).values_list("pk", flat=True).first()
    if valid is None:
        raise MoveRefused(_("This ticket is not valid any more."))
    return reissue_ticket(ticket_id=valid, actor=actor)


def _sell(place: Place, *, hold_id: UUID, position: Position, actor: Actor) -> None:
    """A locked claimable place becomes the position's: held and sold in one step, as the journal's rules want it."""
    now = database_now()
    note_lapses([place], at=now, actor=actor, cause=CAUSE)
    place.hold_id, place.ticket_type_id, place.held_until = hold_id, position.ticket_type_id, None
    journal([place], kind=StockEntry.Kind.HOLD, at=now, actor=actor, cause=CAUSE)
    place.state, place.position_id = Place.State.SOLD, position.pk
    place.save(update_fields=["state", "hold", "ticket_type", "held_until", "position_id"])
    journal([place], kind=StockEntry.Kind.SALE, at=now, actor=actor, cause=CAUSE)
