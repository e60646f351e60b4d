"""Test mode: an event is sold for nothing and to nobody, until its test orders are deleted and it goes live (docs/events.md).

A test order never meets the payment provider or the ledger, since its hold is priced at nothing. So deleting it leaves no
hole in any books: its places go back through the stock journal, and nothing else ever counted it.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.actions import Actor, record
from checkout.errors import RehearsalRefused
from checkout.publish import is_paid
from events.actions import list_again
from events.models import Event
from events.queries import event_for_update
from inventory.actions import end_hold
from inventory.models import Hold
from orders.models import Fee, Order, Position, Tax
from payments.actions import forget_tests
from payments.queries import can_charge, charge_model_of
from tenants.transactions import on_commit
from tickets.actions import forget_pdfs, forget_tickets


@transaction.atomic
def set_test_mode(*, event_id: UUID, is_test: bool, actor: Actor) -> Event:
    """Sell a draft as a test once it is published, or for real after all. Raises NotFound, RehearsalRefused."""
    event = event_for_update(event_id)
    if event.state != Event.State.DRAFT:
        words = _("An event is made a test before it is published: what was sold for real cannot become one.")
        raise RehearsalRefused(words)
    if event.is_test != is_test:
        event.is_test = is_test
        event.save(update_fields=["is_test"])
        record(verb="set_test_mode", target=event, actor=actor, detail={"is_test": is_test})
    return event


def test_orders_of(event_id: UUID) -> int:
    """How many test orders an event has."""
    return Order.objects.filter(event_id=event_id, is_test=True).count()


@transaction.atomic
def purge_test_orders(*, event_id: UUID, actor: Actor) -> int:
    """Delete an event's test orders with all that hangs on them, its places back on sale; returns how many there were.

    Real orders are never deleted; the database refuses that too (orders/triggers.py). Raises NotFound, and RehearsalRefused
    for an event that is sold for real: what is held of it are people's places.
    """
    event = event_for_update(event_id)  # nobody orders of it meanwhile (checkout.actions.place_order)
    if not event.is_test:
        raise RehearsalRefused(_("This event is sold for real, so it has no test orders. Nothing was changed."))
    orders = list(Order.objects.select_for_update().filter(event=event, is_test=True).order_by("pk"))
    _end_holds(event, actor)
    for order in orders:
        forget_tests(order=order)
        forget_tickets(order=order)
        for model in (Position, Fee, Tax):
            model._default_manager.filter(order=order).delete()
        order.delete()
    numbers = [order.number for order in orders]
    if orders:
        record(verb="purge_test_orders", target=event, actor=actor, detail={"n": len(orders), "numbers": numbers[:500]})
        on_commit(lambda: _forget_pdfs(orders), robust=True)
    return len(orders)


@transaction.atomic
def go_live(*, event_id: UUID, actor: Actor) -> Event:
    """Sell a test event for real from now on. Raises NotFound, and RehearsalRefused while it has test orders or cannot charge."""
    event = event_for_update(event_id)
    if not event.is_test or not event.is_under_way:
        raise RehearsalRefused(_("Only a published test event can go live."))
    left = test_orders_of(event.pk)
    if left:
        words = ngettext("Delete its %d test order first.", "Delete its %d test orders first.", left)
        raise RehearsalRefused(words % left, orders=left)
    if is_paid(event) and not can_charge(charge_model_of(event)):
        raise RehearsalRefused(_("Connect Stripe first: this event has paid tickets, and you could not be paid yet."))
    _end_holds(event, actor)  # priced at nothing
    event.is_test = False
    event.save(update_fields=["is_test"])
    record(verb="go_live", target=event, actor=actor)
    list_again(event)
    return event


def _forget_pdfs(orders: Sequence[Order]) -> None:
    for order in orders:
        forget_pdfs(order)


def _end_holds(event: Event, actor: Actor) -> None:
    assert event.is_test  # of any other these are people's places
    kept = Hold.objects.select_for_update().filter(performance__event=event).exclude(state=Hold.State.RELEASED)
    for hold in kept.order_by("pk"):
        end_hold(hold=hold, actor=actor, cause="test order deleted")
