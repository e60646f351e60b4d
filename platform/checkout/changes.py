"""Change what is on sale already: how much there is, and when and where it happens. The buyers are told."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events import actions as events
from events.errors import EventInvalid
from events.models import Event, Performance, TicketType
from events.queries import event_for_update
from events.seating_plan import is_of_map
from inventory.sizing import resize_pools
from orders.models import Order
from outbox.actions import enqueue
from seating.models import Venue
from ui.errors import NotFound
from ui.ids import uuid7


@transaction.atomic
def change_quantity(*, ticket_type_id: UUID, quantity: int, actor: Actor) -> TicketType:
    """Offer `quantity` tickets of a type for each date, more or fewer than before; what is held or sold stays.

    Raises NotFound, EventInvalid, TooFewFree.
    """
    ticket_type = TicketType.objects.filter(pk=ticket_type_id).first()
    if ticket_type is None:
        raise NotFound
    if is_of_map(ticket_type):
        words = _(
            "The seat map says how many of these there are: close or open seats, or move to another version of it."
        )
        raise EventInvalid(words, field="quantity")
    event = event_for_update(ticket_type.event_id)
    quotas = list(ticket_type.quotas.select_for_update().order_by("pk"))
    if len(quotas) != 1:
        raise EventInvalid(_("This ticket draws from several quotas; change those."), field="quantity")
    quota = quotas[0]
    before = quota.size
    if before == quantity:
        return ticket_type
    events.set_quota_size(quota=quota, size=quantity)
    resize_pools(quota=quota, size=quantity, actor=actor)
    record(verb="change_quantity", target=ticket_type, actor=actor, detail={"quantity": [before, quantity]})
    _list_again(event)
    return ticket_type


@transaction.atomic
def move_performance(
    *, performance_id: UUID, starts_at: datetime, ends_at: datetime, doors_at: datetime, venue: Venue, actor: Actor
) -> Performance:
    """Give a date another time or place. Tickets stay valid; everybody who has some is mailed what was and what is.

    The venue is the event's, so it holds for its other dates too. Raises NotFound, EventInvalid. The same again is no
    move, and nobody is mailed.
    """
    was, performance = events.move_performance(
        performance_id=performance_id, starts_at=starts_at, ends_at=ends_at, doors_at=doors_at, venue=venue, actor=actor
    )
    if was is None:
        return performance
    moved = uuid7()
    told = Order.objects.filter(state=Order.State.PAID)
    told = told.filter(event_id=performance.event_id) if was["venue"] else told.filter(performance=performance)
    if told.exists():
        payload = {"performance_id": str(performance.pk), "moved": str(moved), "was": was}
        enqueue(kind="mail_move", key=str(moved), payload=payload)
    _list_again(performance.event)
    return performance


def _list_again(event: Event) -> None:
    if event.is_published:
        enqueue(kind="list_event", key=f"{event.pk}:{uuid7()}", payload={"event_id": str(event.pk)})
