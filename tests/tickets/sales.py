"""Tickets in hand: sold through the product's own verbs, and the few states that those verbs never leave behind."""

from datetime import timedelta

from django.utils import timezone

from audit.actions import SYSTEM
from events.models import Event
from inventory.models import Hold
from orders.models import Order, Position
from people.actions import remember_customer
from tests import world
from tickets.actions import issue_tickets
from tickets.models import Ticket
from tickets.queries import tickets_of_order
from ui.ids import new_code


def open_event(title: str = "Winter Ball", **texts: str) -> Event:
    """An event whose doors opened an hour ago and that begins in an hour."""
    now = timezone.now()
    return world.make_event(
        title,
        kinds=((world.FREE, 0, 300),),
        starts_at=now + timedelta(hours=1),
        doors_at=now - timedelta(hours=1),
        max_per_order=50,
        **texts,
    )


def sell(event: Event, *, tickets: int = 1) -> list[Ticket]:
    """The tickets of a complete order of free ones: bought, issued, valid."""
    return tickets_of_order(world.paid_order(event, **{world.FREE: tickets}).pk)


def ticket_of_odd_order(event: Event, *, state: str) -> Ticket:
    """A valid ticket of an order in a state that no verb combines with one: a door must see through it all the same."""
    (ticket,) = issue_tickets(order=order_as_rows(event, state=state), actor=SYSTEM)
    return ticket


def order_as_rows(event: Event, *, state: str, position_state: str = Position.State.SOLD) -> Order:
    """An order of one position, written down in any state."""
    now = timezone.now()
    performance, ticket_type = world.the_performance(event), world.kind_of(event, world.FREE)
    order = Order.objects.create(
        number=new_code(8),
        hold=Hold.objects.create(
            performance=performance, quote={}, created_at=now, expires_at=now, state=Hold.State.ORDERED
        ),
        event=event,
        performance=performance,
        customer=remember_customer(email="bea@example.com", name="Bea Buyer"),
        email="bea@example.com",
        name="Bea Buyer",
        currency="EUR",
        total=ticket_type.price,
        state=state,
        paid_at=now if state == Order.State.REFUNDED else None,
        cancel_reason=Order.CancelReason.STAFF if state == Order.State.CANCELLED else "",
        expires_at=now,
    )
    Position.objects.create(
        order=order,
        index=1,
        ticket_type=ticket_type,
        ticket_type_name=ticket_type.name,
        performance=performance,
        price=ticket_type.price,
        state=position_state,
    )
    return order
