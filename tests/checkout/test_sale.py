"""The sale against the real Stripe sandbox: every way it can end, and what is true afterwards."""

from datetime import timedelta

import pytest
import stripe
from django.db import IntegrityError, transaction
from django.utils import timezone

from analytics.invariants import breaches
from audit.actions import user_actor
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout.errors import ConsentMissing, NotRefundable
from checkout.publish import publish_event
from events.errors import NotPublishable
from inventory.models import Hold, Place
from ledger.actions import Kind
from ledger.queries import balance
from orders.errors import BuyerInvalid
from orders.models import Order
from outbox.models import OutboxMessage
from payments import gateway
from payments.models import Payment, Refund
from people.models import Consent
from tests import world
from tests.world import BEA, FREE, STANDARD
from tickets.models import Ticket

NORA = user_actor("00000000-0000-0000-0000-000000000001")


def kinds_waiting() -> list[str]:
    return sorted(OutboxMessage.objects.filter(done_at=None).values_list("kind", flat=True))


def test_a_free_order_is_complete_at_once(northside):
    event = world.make_event(kinds=((FREE, 0, 5),))

    order = world.place_order(event, **{FREE: 2})

    assert order.state == Order.State.PAID
    assert order.total == 0
    assert Ticket.objects.filter(position__order=order, state="valid").count() == 2
    assert not Payment.objects.exists()
    assert "mail_tickets" in kinds_waiting()
    assert breaches() == {}


def test_a_paid_order_from_hold_to_tickets(paying):
    event = world.make_event()

    order = world.paid_order(event, **{STANDARD: 2, FREE: 1})

    assert order.state == Order.State.PAID
    assert order.total == 2 * 2400 + 2 * 110
    assert [fee.amount for fee in order.fees.all()] == [220]
    payment = order.payment
    assert (payment.state, payment.amount, payment.application_fee) == (Payment.State.CAPTURED, 5020, 220)
    assert payment.charge_id.startswith("ch_")
    assert Ticket.objects.filter(position__order=order, state="valid").count() == 3
    assert balance(Kind.PROVIDER) == {"EUR": 4800}
    assert balance(Kind.PLATFORM_FEES) == {"EUR": 220}
    assert balance(Kind.SALES) == {"EUR": -5020}
    assert breaches() == {}


def test_settling_again_changes_nothing(paying):
    order = world.paid_order(world.make_event(), **{STANDARD: 1})
    audited = AuditEntry.objects.count()

    checkout.settle_payment(order_id=order.pk)
    checkout.complete_order(order_id=order.pk, charge_id="ch_other")

    assert AuditEntry.objects.count() == audited
    assert Ticket.objects.count() == 1
    assert balance(Kind.SALES) == {"EUR": -2510}


def test_placing_the_same_hold_again_gives_the_same_order(paying):
    held = world.hold(world.make_event(), **{STANDARD: 1})

    first = checkout.place_order(hold_id=held.pk, token=held.token, buyer=BEA)
    second = checkout.place_order(hold_id=held.pk, token=held.token, buyer=BEA)

    assert first == second
    assert Order.objects.count() == 1


def test_what_was_agreed_to_is_kept_word_for_word(northside):
    order = world.place_order(world.make_event(kinds=((FREE, 0, 5),)), **{FREE: 1})

    consents = {c.kind: c for c in Consent.objects.filter(reference=str(order.pk))}
    assert consents["terms"].is_given
    assert not consents["news"].is_given
    assert consents["terms"].text_version == "2026-11, default 2026-11"
    assert "terms of sale" in consents["terms"].text


@pytest.mark.parametrize(
    ("buyer", "error"),
    [
        (checkout.Buyer("", "bea@example.com", frozenset({"terms"})), BuyerInvalid),
        (checkout.Buyer("Bea\x00", "bea@example.com", frozenset({"terms"})), BuyerInvalid),
        (checkout.Buyer("Bea", "not an address", frozenset({"terms"})), BuyerInvalid),
        (checkout.Buyer("Bea", "bea@example.com", frozenset({"news"})), ConsentMissing),
    ],
)
def test_a_buyer_whose_details_need_a_change_keeps_the_hold(northside, buyer, error):
    held = world.hold(world.make_event(kinds=((FREE, 0, 5),)), **{FREE: 1})

    with pytest.raises(error):
        checkout.place_order(hold_id=held.pk, token=held.token, buyer=buyer)

    held.refresh_from_db()
    assert held.state == Hold.State.LIVE
    assert Order.objects.count() == 0


def test_a_declined_card_leaves_the_order_waiting_with_the_reason(paying):
    order = world.place_order(world.make_event(), **{STANDARD: 1})
    with pytest.raises(stripe.CardError):
        world.pay(order, card="pm_card_visa_chargeDeclined")

    checkout.settle_payment(order_id=order.pk)

    order.refresh_from_db()
    assert order.state == Order.State.PENDING
    assert (order.payment.last_error, order.payment.failures) == ("generic_decline", 1)
    assert Ticket.objects.count() == 0

    world.pay(order)
    checkout.settle_payment(order_id=order.pk)
    order.refresh_from_db()
    assert order.state == Order.State.PAID


def minutes_kept(order):
    """Whole minutes until which the order, its hold and its place are kept, all three the same."""
    order.refresh_from_db()
    place = Place.objects.get(hold=order.hold)
    assert order.expires_at == order.hold.expires_at == place.held_until
    return round((order.expires_at - timezone.now()).total_seconds() / 60)


def test_each_failed_attempt_keeps_the_tickets_ten_minutes_for_another_card_but_not_for_ever(paying):
    order = world.place_order(world.make_event(), **{STANDARD: 1})
    intent = checkout.begin_payment(order_id=order.pk)
    for failure, card in enumerate(("InsufficientFunds", "ExpiredCard", "IncorrectCvc", "LostCard"), start=1):
        soon = timezone.now() + timedelta(minutes=2)
        Order.objects.filter(pk=order.pk).update(expires_at=soon)
        Hold.objects.filter(pk=order.hold_id).update(expires_at=soon)
        Place.objects.filter(hold=order.hold_id).update(held_until=soon)
        with pytest.raises(stripe.CardError):
            world.pay(order, card=f"pm_card_chargeDeclined{card}")

        for _event in range(3):
            checkout.settle_payment(order_id=order.pk)  # the webhook, its double and the buyer's browser: one failure

        order.hold.refresh_from_db()
        assert minutes_kept(order) == (10 if failure <= checkout.MOST_RETRIES else 2)
        order.payment.refresh_from_db()
        assert order.payment.failures == failure
    assert checkout.begin_payment(order_id=order.pk).id == intent.id
    assert breaches() == {}


def test_a_failure_after_the_time_is_over_gives_nobody_more(paying):
    with world.an_hour_ago():
        order = world.place_order(world.make_event(), **{STANDARD: 1})
    with pytest.raises(stripe.CardError):
        world.pay(order, card="pm_card_chargeDeclined")

    checkout.settle_payment(order_id=order.pk)

    was = order.expires_at
    order.refresh_from_db()
    assert (order.expires_at, order.payment.last_error) == (was, "generic_decline")


def test_paid_late_but_the_places_are_still_free(paying):
    with world.an_hour_ago():
        order = world.place_order(world.make_event(kinds=((STANDARD, 2400, 1),)), **{STANDARD: 1})

    world.pay(order)
    checkout.settle_payment(order_id=order.pk)

    order.refresh_from_db()
    assert order.state == Order.State.PAID
    assert breaches() == {}


def test_paid_late_and_another_place_serves_as_well(paying):
    event = world.make_event(kinds=((STANDARD, 2400, 2),))
    with world.an_hour_ago():
        order = world.place_order(event, **{STANDARD: 1})
    Place.objects.filter(state="free").update(state="blocked")
    taken = world.hold(event, **{STANDARD: 1})  # takes over the lapsed place
    Place.objects.filter(state="blocked").update(state="free")

    world.pay(order)
    checkout.settle_payment(order_id=order.pk)

    order.refresh_from_db()
    assert order.state == Order.State.PAID
    assert Place.objects.get(hold=taken).state == "held"


def test_paid_late_and_the_places_are_gone_the_authorisation_is_voided_and_the_buyer_told(paying):
    event = world.make_event(kinds=((STANDARD, 2400, 1),))
    with world.an_hour_ago():
        order = world.place_order(event, **{STANDARD: 1})
    winner = world.paid_order(event, **{STANDARD: 1})

    world.pay(order)
    checkout.settle_payment(order_id=order.pk)
    checkout.settle_payment(order_id=order.pk)

    order.refresh_from_db()
    winner.refresh_from_db()
    assert (order.state, order.cancel_reason) == (Order.State.CANCELLED, Order.CancelReason.PLACES_GONE)
    assert order.payment.state == Payment.State.VOIDED
    assert winner.state == Order.State.PAID
    assert OutboxMessage.objects.filter(kind="mail_payment_returned", key=str(order.pk)).count() == 1
    assert not Refund.objects.exists()
    assert breaches() == {}


def test_a_void_that_was_not_noted_is_noted_later_and_the_buyer_told(paying):
    """The worker died right after the void, or the provider's webhook about it was faster than our own note."""
    event = world.make_event(kinds=((STANDARD, 2400, 1),))
    with world.an_hour_ago():
        order = world.place_order(event, **{STANDARD: 1})
    world.paid_order(event, **{STANDARD: 1})
    intent = world.pay(order)
    assert not checkout.secure_order(order_id=order.pk)
    gateway.cancel_intent(account_id=order.payment.account_id, intent_id=intent.id, key=f"void-{order.payment.pk}")

    checkout.settle_payment(order_id=order.pk)
    checkout.settle_payment(order_id=order.pk)

    order.refresh_from_db()
    assert (order.state, order.cancel_reason) == (Order.State.CANCELLED, Order.CancelReason.PLACES_GONE)
    assert Payment.objects.get(order=order).state == Payment.State.VOIDED
    assert OutboxMessage.objects.filter(kind="mail_payment_returned", key=str(order.pk)).count() == 1
    assert AuditEntry.objects.filter(verb="void_payment", target_id=str(order.pk)).count() == 1


def test_one_payment_that_cannot_be_settled_keeps_no_other_from_it(paying):
    event = world.make_event()
    odd, even = (world.place_order(event, **{STANDARD: 1}) for _buyer in range(2))
    world.pay(odd)
    world.pay(even)
    Payment.objects.update(ask_at=timezone.now())
    Payment.objects.filter(order=odd).update(amount=odd.total + 1)  # the provider says otherwise

    assert checkout.reconcile()["payments"] == 2

    odd.refresh_from_db()
    even.refresh_from_db()
    assert (odd.state, even.state) == (Order.State.PENDING, Order.State.PAID)


def test_an_overdue_order_ends_at_the_provider_first_then_here(paying):
    event = world.make_event(kinds=((STANDARD, 2400, 1),))
    with world.an_hour_ago():
        order = world.place_order(event, **{STANDARD: 1})
    intent = checkout.begin_payment(order_id=order.pk)

    assert checkout.reconcile()["payments"] == 0  # a minute may pass, and a webhook come
    Payment.objects.update(ask_at=timezone.now())
    assert checkout.reconcile()["payments"] == 1

    order.refresh_from_db()
    assert (order.state, order.cancel_reason) == (Order.State.CANCELLED, Order.CancelReason.EXPIRED)
    answer = checkout.gateway.fetch_intent(account_id=order.payment.account_id, intent_id=intent.id)
    assert answer.is_cancelled
    assert breaches() == {}


def test_a_refund_kills_tickets_first_then_frees_places_then_pays_back_once(paying):
    event = world.make_event(kinds=((STANDARD, 2400, 1),))
    order = world.paid_order(event, **{STANDARD: 1})

    checkout.refund_order(order_id=order.pk, actor=NORA)

    order.refresh_from_db()
    assert order.state == Order.State.REFUNDED
    assert Ticket.objects.get().state == Ticket.State.VOID
    assert Place.objects.get(pool__performance__event=event).state == "free"
    refund = Refund.objects.get()
    assert (refund.state, refund.amount, refund.fee_amount) == (Refund.State.REQUESTED, 2510, 110)

    checkout.send_refund(refund_id=refund.pk)
    checkout.send_refund(refund_id=refund.pk)

    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    assert balance(Kind.SALES) == {"EUR": 0}
    assert balance(Kind.PROVIDER) == {"EUR": 0}
    assert breaches() == {}


def test_only_a_paid_order_can_be_refunded_and_only_once(paying):
    order = world.paid_order(world.make_event(), **{STANDARD: 1})
    checkout.refund_order(order_id=order.pk, actor=NORA)

    with pytest.raises(NotRefundable):
        checkout.refund_order(order_id=order.pk, actor=NORA)

    assert Refund.objects.count() == 1


def test_an_order_is_never_deleted_nor_moved_backwards(northside):
    order = world.place_order(world.make_event(kinds=((FREE, 0, 5),)), **{FREE: 1})

    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(state="pending")
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk)._raw_delete("default")


def test_a_paid_event_cannot_be_published_before_stripe_is_connected(northside):
    draft = world.make_event(is_published=False)

    with pytest.raises(NotPublishable, match="Connect Stripe first"):
        publish_event(event_id=draft.pk, actor=NORA)

    draft.refresh_from_db()
    assert draft.state == "draft"
    assert Place.objects.count() == 0
