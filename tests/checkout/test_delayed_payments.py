"""Payments whose money comes days after the buyer's yes: what is kept meanwhile, and every way it can end."""

from datetime import timedelta

import pytest
import stripe
from django.db import IntegrityError, transaction

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout import actions as checkout
from config.stripe_events import VERBS
from events.actions import change_event
from events.errors import EventInvalid
from events.models import Event
from inventory.models import Place
from ledger.actions import Kind
from ledger.queries import balance
from orders.models import Order
from outbox.models import OutboxMessage
from payments.models import Payment, Refund
from tests import world
from tests.world import STANDARD
from tickets.models import Ticket


@pytest.fixture
def event(paying):
    """A month away, and taking bank debits until two weeks before; one place only."""
    made = world.make_event(kinds=((STANDARD, 2400, 1),))
    return change_event(event_id=made.pk, actor=SYSTEM, delayed_payment_days=14)


def mails():
    waiting = OutboxMessage.objects.filter(kind__startswith="mail_", done_at=None).order_by("pk")
    return list(waiting.values_list("kind", flat=True))


def state_of(order):
    order.refresh_from_db()
    return order.state, Payment.objects.get(order=order).state


def test_the_places_are_kept_until_the_money_is_there_days_later(event, stripe_sandbox):
    order = world.place_order(event, **{STANDARD: 1})
    assert world.pay_by_debit(order).status == "processing"

    for _webhook_and_its_double in range(2):
        checkout.settle_payment(order_id=order.pk)

    assert state_of(order) == ("secured", "under_way")
    assert Place.objects.get(hold=order.hold).state == Place.State.SOLD  # however long it takes
    assert (Ticket.objects.count(), mails()) == (0, ["mail_payment_under_way"])
    assert balance(Kind.PROVIDER) == {}
    assert breaches() == {}

    stripe_sandbox.control("timers")
    checkout.settle_payment(order_id=order.pk)

    assert state_of(order) == ("paid", "captured")
    assert mails() == ["mail_payment_under_way", "mail_tickets"]
    assert (Ticket.objects.count(), balance(Kind.SALES)) == (1, {"EUR": -order.total})
    assert breaches() == {}


def test_a_late_failure_gives_the_places_back_and_tells_the_buyer(event, stripe_sandbox):
    order = world.place_order(event, **{STANDARD: 1})
    world.pay_by_debit(order, iban=world.DEBIT_FAILS)
    checkout.settle_payment(order_id=order.pk)
    stripe_sandbox.control("timers")

    for _time in range(2):
        checkout.settle_payment(order_id=order.pk)

    assert state_of(order) == ("cancelled", "voided")
    assert order.cancel_reason == Order.CancelReason.PAYMENT_LOST
    assert mails() == ["mail_payment_under_way", "mail_payment_lost"]
    assert balance(Kind.PROVIDER) == {}
    world.hold(event, **{STANDARD: 1})  # somebody else's now
    with pytest.raises(stripe.InvalidRequestError):  # and nobody can pay for it any more
        world.confirm(order.payment.intent_id, order.payment.account_id)
    assert breaches() == {}


def test_agreed_to_too_late_and_the_places_are_gone_the_money_goes_back_when_it_comes(event, stripe_sandbox):
    with world.an_hour_ago():
        order = world.place_order(event, **{STANDARD: 1})
    world.paid_order(event, **{STANDARD: 1})
    world.pay_by_debit(order)

    checkout.settle_payment(order_id=order.pk)
    assert state_of(order) == ("cancelled", "created")
    stripe_sandbox.control("timers")
    checkout.settle_payment(order_id=order.pk)

    assert order.payment.refunds.get().reason == Refund.Reason.PLACES_GONE
    assert OutboxMessage.objects.filter(kind="mail_payment_returned", key=str(order.pk)).exists()
    assert breaches() == {}


def test_the_reconciler_finds_what_no_webhook_told(event, stripe_sandbox):
    order = world.place_order(event, **{STANDARD: 1})
    world.pay_by_debit(order)
    due = Payment.objects.filter(order=order)
    due.update(ask_at=order.created_at - timedelta(days=1))
    checkout.reconcile()
    assert state_of(order) == ("secured", "under_way")

    stripe_sandbox.control("timers")
    due.update(ask_at=order.created_at - timedelta(days=1))
    checkout.reconcile()

    assert state_of(order) == ("paid", "captured")
    assert "payment_intent.processing" in VERBS


def test_cards_are_still_authorised_first(event):
    order = world.place_order(event, **{STANDARD: 1})
    assert world.pay(order).status == "requires_capture"
    checkout.settle_payment(order_id=order.pk)
    assert state_of(order) == ("paid", "captured")


def test_only_where_the_organizer_said_so_and_only_until_then(paying):
    plain, soon = world.make_event(), world.make_event()
    change_event(event_id=soon.pk, actor=SYSTEM, delayed_payment_days=31)  # it is in 30 days
    for event in (plain, soon):
        order = world.place_order(event, **{STANDARD: 1})
        with pytest.raises(stripe.InvalidRequestError, match="manual capture"):
            world.pay_by_debit(order)
        assert (order.payment.takes_delayed, state_of(order)) == (False, ("pending", "created"))
    with pytest.raises(EventInvalid):
        change_event(event_id=plain.pk, actor=SYSTEM, delayed_payment_days=3)
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=plain.pk).update(delayed_payment_days=6)
