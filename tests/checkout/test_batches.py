"""A cancelled event: every order is given back in its turn, whatever fails or dies on the way, and nobody is paid twice."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import stripe
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from audit.actions import user_actor
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout import batches
from checkout.batches import cancel_and_refund, progress, retry_turns, run_refund_batch
from checkout.errors import NotRefundable
from checkout.refunds import send_again
from config import failpoints
from events.errors import EventInvalid
from events.models import Event, Performance
from inventory.errors import HoldEnded
from inventory.models import Place
from ledger.actions import Kind
from ledger.queries import balance
from orders.models import Order
from outbox.models import OutboxMessage
from payments.models import Payment, Refund, RefundBatch, RefundTurn
from tests import world
from tests.processes import Sandbox, plain_http
from tests.world import FREE, STANDARD
from tickets.models import Ticket
from ui.errors import NotFound

NORA = user_actor("01900000-0000-7000-8000-000000000001")
WHY = "The singer is ill."


class Died(BaseException):
    """kill -9, at a place that the test names."""


@pytest.fixture(autouse=True)
def _at_full_speed(settings: Any) -> None:
    settings.REFUNDS_PER_SECOND = 1000.0


def forget_faults(sandbox: Sandbox) -> None:
    plain_http().delete(f"{sandbox.base}/_sandbox/faults").raise_for_status()


@pytest.fixture(autouse=True)
def _no_faults_left(stripe_sandbox: Sandbox) -> Iterator[None]:
    yield
    forget_faults(stripe_sandbox)


@pytest.fixture
def event(paying: world.House) -> Event:
    return world.make_event(kinds=((STANDARD, 2400, 40), (FREE, 0, 20)))


@pytest.fixture
def orders(event: Event) -> list[Order]:
    """Six paid orders and a free one."""
    return [*(world.paid_order(event, **{STANDARD: 2}) for _n in range(6)), world.place_order(event, **{FREE: 1})]


def begin(event: Event) -> RefundBatch:
    return cancel_and_refund(event_id=event.pk, words=WHY, actor=NORA)


def due_now() -> None:
    """Time passes: leases have ended, delays are over."""
    RefundTurn.objects.filter(state="waiting").update(due_at=timezone.now() - timedelta(seconds=1))


def run_to_the_end(batch: RefundBatch, *, rounds: int = 30) -> None:
    for _round in range(rounds):
        batch.refresh_from_db()
        if batch.state == RefundBatch.State.DONE:
            return
        due_now()
        run_refund_batch(batch_id=batch.pk)
    raise AssertionError(f"not done after {rounds} rounds: {progress(batch)}")


def provider_gave_back(orders: list[Order]) -> Counter[int]:
    """How much the provider says went back of each order, counted."""
    amounts: Counter[int] = Counter()
    for payment in Payment.objects.filter(order__in=orders):
        client = checkout.gateway.client()
        charge = client.v1.charges.retrieve(payment.charge_id, options={"stripe_account": payment.account_id})
        amounts[charge.amount_refunded] += 1
    return amounts


def test_everybody_gets_all_of_it_back(event: Event, orders: list[Order]) -> None:
    batch = begin(event)
    run_to_the_end(batch)

    assert progress(batch) == {"done": 7, "failed": 0, "waiting": 0, "total": 7}
    assert set(Order.objects.values_list("state", flat=True)) == {"refunded"}
    assert set(Ticket.objects.values_list("state", flat=True)) == {"void"}
    assert provider_gave_back(orders) == {5020: 6}
    assert balance(Kind.SALES) == balance(Kind.PLATFORM_FEES) == balance(Kind.PROVIDER) == {"EUR": 0}
    assert {refund.words for refund in Refund.objects.all()} == {WHY}
    assert OutboxMessage.objects.filter(kind="mail_refund").count() == 7
    assert not OutboxMessage.objects.filter(kind="send_refund").exists()  # the batch sends, at its own pace
    assert AuditEntry.objects.get(verb="end_refund_batch").detail == {"failed": 0}
    assert AuditEntry.objects.filter(verb="refund_order", actor_id=NORA.id).count() == 7
    assert breaches() == {}


def test_the_event_is_off_sale_at_once(event: Event) -> None:
    held = world.hold(event, **{STANDARD: 1})
    begin(event)

    event.refresh_from_db()
    assert (event.state, event.performances.get().state) == (Event.State.CANCELLED, Performance.State.CANCELLED)
    with pytest.raises(HoldEnded, match="has been cancelled"):
        checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)
    with pytest.raises(NotFound):
        world.hold(event, **{STANDARD: 1})
    assert OutboxMessage.objects.filter(kind="list_event", payload__event_id=str(event.pk)).exists()
    assert Order.objects.count() == 0


def test_asking_twice_is_one_batch_and_a_finished_one_does_nothing_more(event: Event, orders: list[Order]) -> None:
    batch = begin(event)
    assert begin(event) == batch
    run_to_the_end(batch)
    run_refund_batch(batch_id=batch.pk)
    assert Refund.objects.count() == 6
    assert AuditEntry.objects.filter(verb="begin_refund_batch").count() == 1


@pytest.mark.parametrize("words", ["", " ", "x" * 201, "a\nb"])
def test_buyers_are_told_why_or_nothing_happens(event: Event, words: str) -> None:
    with pytest.raises(NotRefundable):
        cancel_and_refund(event_id=event.pk, words=words, actor=NORA)
    event.refresh_from_db()
    assert (event.state, RefundBatch.objects.count()) == (Event.State.PUBLISHED, 0)


def test_a_draft_is_not_cancelled(northside: world.House) -> None:
    draft = world.make_event(is_published=False)
    with pytest.raises(EventInvalid):
        begin(draft)


def test_what_was_given_back_before_is_not_given_back_again(event: Event, orders: list[Order]) -> None:
    checkout.refund_order(order_id=orders[0].pk, actor=NORA)
    first = orders[1].positions.get(index=1)
    asked = checkout.GivingBack(positions=frozenset({first.pk}), cancels=True, amount=1000)
    checkout.give_back(order_id=orders[1].pk, asked=asked, actor=NORA)
    run_to_the_end(begin(event))
    for refund in Refund.objects.filter(state="requested"):
        checkout.send_refund(refund_id=refund.pk)

    assert provider_gave_back(orders) == {5020: 6}
    assert sorted(Refund.objects.filter(payment__order=orders[1]).values_list("amount", flat=True)) == [1000, 4020]
    assert breaches() == {}


def test_an_order_that_is_paid_while_it_runs_gets_its_turn(event: Event, orders: list[Order]) -> None:
    late = world.place_order(event, **{STANDARD: 1})
    batch = begin(event)
    for _round in range(3):
        due_now()
        run_refund_batch(batch_id=batch.pk)
    batch.refresh_from_db()
    assert batch.state == RefundBatch.State.RUNNING  # somebody is still paying
    world.pay(late)
    checkout.settle_payment(order_id=late.pk)

    run_to_the_end(batch)

    late.refresh_from_db()
    assert late.state == Order.State.REFUNDED
    assert progress(batch)["done"] == 8
    assert breaches() == {}


# --- When things fail -----------------------------------------------------------------------------------------------------------


def test_one_in_three_fails_and_all_are_accounted_for(
    event: Event, orders: list[Order], stripe_sandbox: Sandbox
) -> None:
    """Errors before the refund, answers lost after it, and a card's account that the provider will not refund."""
    stripe_sandbox.control("faults", path="/v1/refunds", method="post", status=500, every=3, count=3)
    stripe_sandbox.control(
        "faults", path="/v1/refunds", method="post", mode="disconnect", when="after", every=4, count=2
    )
    broken = Payment.objects.get(order=orders[2])
    Payment.objects.filter(pk=broken.pk).update(intent_id="pi_of_nobody")
    batch = begin(event)

    run_to_the_end(batch)

    assert progress(batch) == {"done": 6, "failed": 1, "waiting": 0, "total": 7}
    turn = RefundTurn.objects.get(state="failed")
    assert (turn.order, turn.error) == (orders[2], "resource_missing")
    assert provider_gave_back([order for order in orders if order != orders[2]]) == {5020: 5}

    Payment.objects.filter(pk=broken.pk).update(intent_id=broken.intent_id)
    assert retry_turns(batch_id=batch.pk, actor=NORA) == 1
    assert retry_turns(batch_id=batch.pk, actor=NORA) == 0
    run_to_the_end(batch)

    assert progress(batch) == {"done": 7, "failed": 0, "waiting": 0, "total": 7}
    assert provider_gave_back(orders) == {5020: 6}
    assert set(Ticket.objects.values_list("state", flat=True)) == {"void"}
    assert breaches() == {}


def test_a_failed_turn_whose_money_was_sent_again_is_done_when_tried_again(event: Event, orders: list[Order]) -> None:
    payment = Payment.objects.get(order=orders[2])
    Payment.objects.filter(pk=payment.pk).update(intent_id="pi_of_nobody")
    batch = begin(event)
    run_to_the_end(batch)
    Payment.objects.filter(pk=payment.pk).update(intent_id=payment.intent_id)
    again = send_again(refund_id=Refund.objects.get(state="failed").pk, actor=NORA)
    checkout.send_refund(refund_id=again.pk)

    assert retry_turns(batch_id=batch.pk, actor=NORA) == 1
    run_to_the_end(batch)

    assert progress(batch) == {"done": 7, "failed": 0, "waiting": 0, "total": 7}
    assert provider_gave_back(orders) == {5020: 6}


def test_what_a_failed_turn_owes_stays_owed_until_the_next_has_asked_for_it(event: Event, orders: list[Order]) -> None:
    payment = Payment.objects.get(order=orders[2])
    Payment.objects.filter(pk=payment.pk).update(intent_id="pi_of_nobody")
    batch = begin(event)
    run_to_the_end(batch)
    Payment.objects.filter(pk=payment.pk).update(intent_id=payment.intent_id)
    failed = Refund.objects.get(state="failed")

    retry_turns(batch_id=batch.pk, actor=NORA)
    failed.refresh_from_db()
    assert failed.is_owed
    run_to_the_end(batch)

    failed.refresh_from_db()
    assert not failed.is_owed
    assert provider_gave_back(orders) == {5020: 6}


def test_a_provider_that_never_answers_ends_in_failures_that_can_be_retried(
    event: Event, orders: list[Order], stripe_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for delay in ("INITIAL_DELAY", "MAX_DELAY"):  # the SDK asks as often as ever, only at once
        monkeypatch.setattr(stripe.HTTPClient, delay, 0)
    stripe_sandbox.control("faults", path="/v1/refunds", method="post", status=503, count=10_000)
    batch = begin(event)
    with patch.object(batches, "MOST_ATTEMPTS", 2):
        run_to_the_end(batch)
    assert progress(batch) == {"done": 1, "failed": 6, "waiting": 0, "total": 7}
    assert {turn.error for turn in RefundTurn.objects.filter(state="failed")} == {
        "The payment service does not answer."
    }
    forget_faults(stripe_sandbox)

    retry_turns(batch_id=batch.pk, actor=NORA)
    run_to_the_end(batch)
    assert provider_gave_back(orders) == {5020: 6}
    assert Refund.objects.count() == 6
    assert breaches() == {}


PLACES = ["after_batch_asked", "before_refund_sent", "after_refund_sent", "after_batch_sent", "before_next_round"]


@pytest.mark.parametrize("place", PLACES)
def test_whatever_dies_is_taken_up_again(event: Event, orders: list[Order], place: str) -> None:
    batch, deaths = begin(event), 0

    def die(here: str) -> None:
        nonlocal deaths
        if here == place and deaths < 3:
            deaths += 1
            raise Died

    with patch.object(failpoints, "hit", die):
        for _life in range(4):
            due_now()
            try:
                run_refund_batch(batch_id=batch.pk)
            except Died:
                continue
    run_to_the_end(batch)

    assert deaths == 3
    assert progress(batch) == {"done": 7, "failed": 0, "waiting": 0, "total": 7}
    assert provider_gave_back(orders) == {5020: 6}
    assert Refund.objects.count() == 6
    assert OutboxMessage.objects.filter(kind="mail_refund").count() == 7
    assert Place.objects.filter(state="sold").count() == 0
    assert breaches() == {}


def test_a_turn_that_somebody_has_is_left_to_them(event: Event, orders: list[Order]) -> None:
    batch = begin(event)
    batches.take_up_orders(batch)
    taken = [batches._take_turn(batch) for _time in range(7)]
    assert len({turn.pk for turn in taken if turn}) == 7
    assert batches._take_turn(batch) is None
    due_now()
    assert batches._take_turn(batch) is not None


def test_rounds_follow_one_another_through_the_outbox(event: Event, orders: list[Order]) -> None:
    batch = begin(event)
    with patch.object(batches, "TURNS_IN_A_ROUND", 3):
        for expected in (3, 6, 7):
            run_refund_batch(batch_id=batch.pk)
            assert progress(batch)["done"] == expected
    keys = OutboxMessage.objects.filter(kind="run_refund_batch").order_by("pk").values_list("key", flat=True)
    assert list(keys) == [f"{batch.pk}:{number}" for number in (1, 2, 3)]


def test_the_pace_is_kept(event: Event, orders: list[Order], settings: Any) -> None:
    settings.REFUNDS_PER_SECOND = 4.0
    batch = begin(event)
    began = timezone.now()
    with patch.object(batches, "TURNS_IN_A_ROUND", 6):
        run_refund_batch(batch_id=batch.pk)  # no worker waits: the next round is due when these six have had their time
    due = OutboxMessage.objects.get(kind="run_refund_batch", key=f"{batch.pk}:2").due_at
    assert began + timedelta(seconds=6 / 4) <= due <= timezone.now() + timedelta(seconds=6 / 4)


def test_the_other_organizer_retries_nothing(event: Event, southside: world.House) -> None:
    batch = begin(event)
    with tenant_context(southside.organizer), pytest.raises(NotFound):
        retry_turns(batch_id=batch.pk, actor=NORA)
    with tenant_context(southside.organizer), pytest.raises(NotFound):
        begin(event)
