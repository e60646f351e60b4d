"""A cancelled event in the running product: workers are killed (SIGKILL) and each eighth call fails, and every order is
given back once."""

import os
import time
from datetime import timedelta

import httpx
import pytest
from django.test import override_settings
from django.utils import timezone

from analytics.invariants import breaches
from audit.actions import user_actor
from checkout import actions as checkout
from checkout.batches import cancel_and_refund, progress
from orders.models import Order
from outbox.models import OutboxMessage
from payments import gateway
from payments.models import Payment, Refund, RefundBatch, RefundTurn
from tests import world
from tests.crashes import end_leases
from tests.stack import Stack

pytestmark = pytest.mark.skipif(os.environ.get("MARQUEE_LONG") != "1", reason="a long proof: make proofs")

ORDERS = 16
PATIENCE = 240  # seconds
DEATHS = ("after_batch_asked", "after_refund_sent", "after_batch_sent", "before_next_round")


def test_all_orders_survive_four_killed_workers_and_failing_calls(stack: Stack, in_house: world.House) -> None:
    event = world.make_event("Rained Off", kinds=(("Standard", 2400, ORDERS),))
    with override_settings(**stack.sandbox.settings()):
        gateway.client.cache_clear()
        orders = [world.paid_order(event, Standard=1) for _n in range(ORDERS)]
        gateway.client.cache_clear()
    assert {order.state for order in orders} == {Order.State.PAID}
    stack.sandbox.control("faults", path="/v1/refunds", method="post", status=500, every=8, count=100)
    for death in DEATHS:
        stack.arm(death)

    batch = cancel_and_refund(event_id=event.pk, words="Too much rain.", actor=user_actor(in_house.owner.pk))
    try:
        seen = wait_until_done(stack, batch)
    finally:
        httpx.delete(f"{stack.sandbox.base}/_sandbox/faults").raise_for_status()

    assert [death for death in DEATHS if stack.is_armed(death)] == []  # each has killed
    assert progress(batch) == {"done": ORDERS, "failed": 0, "waiting": 0, "total": ORDERS}
    assert len(seen) > 3  # progress could be watched
    assert Refund.objects.filter(payment__order__event=event).count() == ORDERS
    assert provider_gave_back(stack, event.pk) == {2510: ORDERS}
    assert OutboxMessage.objects.filter(kind="mail_refund", payload__words="Too much rain.").count() == ORDERS
    assert breaches() == {}


def wait_until_done(stack: Stack, batch: RefundBatch) -> set[int]:
    """Until the batch has ended, starting again what died and its leases with it; the numbers done that were seen."""
    seen, deadline, last = set(), time.monotonic() + PATIENCE, (-1, time.monotonic())
    while time.monotonic() < deadline:
        batch.refresh_from_db()
        done = progress(batch)["done"]
        seen.add(done)
        if batch.state == RefundBatch.State.DONE:
            return seen
        if done != last[0]:
            last = (done, time.monotonic())
        elif time.monotonic() - last[1] > 5:  # what the dead had leased is due at once, so that no test waits a minute
            end_leases()
            RefundTurn.objects.filter(batch=batch, state="waiting").update(due_at=timezone.now() - timedelta(seconds=1))
            last = (done, time.monotonic())
        stack.revive()
        time.sleep(0.3)
    raise AssertionError(f"{progress(batch)} after {PATIENCE} s\n{stack.worker.tail()}")


def provider_gave_back(stack: Stack, event_id: object) -> dict[int, int]:
    """How many charges of the event the provider has given back how much of."""
    counted: dict[int, int] = {}
    with override_settings(**stack.sandbox.settings()):
        gateway.client.cache_clear()
        for payment in Payment.objects.filter(order__event_id=event_id):
            options = {"stripe_account": payment.account_id}
            charge = checkout.gateway.client().v1.charges.retrieve(payment.charge_id, options=options)  # type: ignore[arg-type]
            counted[charge.amount_refunded] = counted.get(charge.amount_refunded, 0) + 1
        gateway.client.cache_clear()
    return counted
