"""A sale whose stock is in doubt: nothing is held, ordered or sold, nothing is lost, and it goes on when staff say so."""

from typing import Any

import pytest

from analytics.invariants import breaches
from audit.actions import SYSTEM, user_actor
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout.batches import cancel_and_refund, run_refund_batch
from checkout.letters import mail_payment_returned
from events.actions import change_event, resume_sales, stop_sales
from events.errors import EventInvalid
from events.models import Event
from inventory.errors import SaleStopped
from inventory.models import Hold, Place
from notifications.models import EmailMessage
from orders.models import Order
from payments.models import Payment, Refund, RefundBatch
from tests import world
from tests.processes import Sandbox
from tests.world import FREE, STANDARD, House


def stop(event: Event) -> None:
    stop_sales(performance_id=world.the_performance(event).pk, reason="3 places do not add up", actor=SYSTEM)


def resume(event: Event, house: House) -> None:
    performance = world.the_performance(event)
    resume_sales(performance_id=performance.pk, reason="Counted by hand", actor=user_actor(house.owner.pk))


def test_nothing_is_held_while_it_is_stopped(northside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 3),))
    stop(event)

    with pytest.raises(SaleStopped) as refused:
        world.hold(event, **{FREE: 1})

    assert refused.value.code == "sale_stopped"
    assert refused.value.detail.startswith("Sales for this date are paused")
    assert Hold.objects.count() == 0


def test_a_hold_is_kept_and_can_be_ordered_once_the_sale_goes_on(northside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 3),))
    held = world.hold(event, **{FREE: 2})
    stop(event)

    with pytest.raises(SaleStopped):
        checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)

    assert Order.objects.count() == 0
    assert Place.objects.filter(hold=held, state="held").count() == 2
    resume(event, northside)
    order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)
    assert order.is_paid


def test_an_authorised_payment_waits_uncaptured(paying: House) -> None:
    event = world.make_event()
    order = world.place_order(event, **{STANDARD: 2})
    world.pay(order)
    stop(event)

    checkout.settle_payment(order_id=order.pk)
    checkout.reconcile()

    order.refresh_from_db()
    assert order.state == Order.State.PENDING
    assert Payment.objects.get(order=order).state == Payment.State.CREATED
    assert Place.objects.filter(state="sold").count() == 0
    with pytest.raises(SaleStopped):
        checkout.begin_payment(order_id=order.pk)
    resume(event, paying)
    checkout.settle_payment(order_id=order.pk)
    order.refresh_from_db()
    assert order.is_paid


def test_money_that_was_taken_at_once_goes_back_when_the_event_is_cancelled(
    paying: House, stripe_sandbox: Sandbox, settings: Any
) -> None:
    settings.REFUNDS_PER_SECOND = 1000.0
    event = world.make_event()
    change_event(event_id=event.pk, actor=SYSTEM, delayed_payment_days=14)
    taken, authorised = world.place_order(event, **{STANDARD: 2}), world.place_order(event, **{STANDARD: 1})
    world.pay_by_debit(taken)
    world.pay(authorised)
    stop(event)
    stripe_sandbox.control("timers")
    for order in (taken, authorised):
        checkout.settle_payment(order_id=order.pk)
        order.refresh_from_db()
        assert order.state == Order.State.PENDING

    batch = cancel_and_refund(event_id=event.pk, words="The singer is ill.", actor=SYSTEM)
    run_refund_batch(batch_id=batch.pk)
    for order in (taken, authorised):
        checkout.settle_payment(order_id=order.pk)
        order.refresh_from_db()
        assert (order.state, order.cancel_reason) == (Order.State.CANCELLED, Order.CancelReason.PLACES_GONE)
    checkout.send_refund(refund_id=Refund.objects.get().pk)
    run_refund_batch(batch_id=batch.pk)

    refund = Refund.objects.get()
    assert (refund.payment.order, refund.amount, refund.state) == (taken, taken.total, Refund.State.SUCCEEDED)
    assert Payment.objects.get(order=authorised).state == Payment.State.VOIDED
    batch.refresh_from_db()
    assert batch.state == RefundBatch.State.DONE
    assert Place.objects.exclude(state="free").count() == 0
    mail_payment_returned(order_id=taken.pk)
    assert f"Your date of {event.title} has been cancelled." in EmailMessage.objects.get().text
    assert breaches() == {}


def test_stopping_and_resuming_are_in_the_audit_trail_with_their_reasons(northside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 3),))
    stop(event)
    stop(event)
    resume(event, northside)

    with pytest.raises(EventInvalid):
        resume(event, northside)

    entries = AuditEntry.objects.filter(verb__in=("stop_sales", "resume_sales")).order_by("pk")
    assert [(entry.verb, entry.actor_kind, entry.detail) for entry in entries] == [
        ("stop_sales", "system", {"reason": "3 places do not add up"}),
        ("resume_sales", "user", {"reason": "Counted by hand", "was_stopped_for": "3 places do not add up"}),
    ]


def test_resuming_needs_a_reason(northside: House) -> None:
    event = world.make_event(kinds=((FREE, 0, 3),))
    stop(event)

    with pytest.raises(EventInvalid) as refused:
        resume_sales(performance_id=world.the_performance(event).pk, reason=" ", actor=SYSTEM)

    assert refused.value.extra["field"] == "reason"
    assert world.the_performance(event).is_stopped
