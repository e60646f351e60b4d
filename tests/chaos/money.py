"""Workers killed at every step of a payout, a transfer, its reversal, an answer to a bank and a batch; counted in Stripe's books."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import stripe
from django.utils import timezone

from audit.actions import SYSTEM, user_actor
from checkout.batches import cancel_and_refund, progress
from checkout.charge_models import choose_charge_model
from checkout.disputes import submit_evidence
from checkout.refunds import GivingBack, give_back
from config.tasks import run_these_payouts
from events.models import ChargeModel, Event, Performance
from ledger.actions import Kind
from ledger.collecting import collected
from ledger.models import Party
from ledger.queries import balance, standings
from ledger.split_rules import WHOLE, Rules, Share, Step
from ledger.splits import set_split_plan
from orders.models import Order
from payments import gateway
from payments.models import Dispute, RefundBatch
from payments.queries import connected_account
from payouts.models import Maturity, Partner, Payout, PayoutSchedule, Transfer, TransferReversal
from payouts.runs import set_payout_schedule
from payouts.transfers import request_transfers
from tests import crashes, world
from tests.chaos.matrix import Case
from tests.crashes import talking_to
from tests.reconciliation.conftest import connected_partner
from tests.stack import Stack
from tests.world import STANDARD

Points = tuple[str, ...]
PATIENCE = 240  # seconds for a story that dies a dozen times

PAYOUT = {
    "Stripe's own schedule switched off, not noted": "after_payouts_manual",
    "date matured, not committed": "before_mature_commit",
    "date matured": "after_mature_commit",
    "payout planned, not committed": "before_payout_asked_commit",
    "payout planned": "after_payout_asked",
    "before the payout is sent": "before_payout_sent",
    "payout sent, not noted": "after_payout_sent",
    "payout noted, not committed": "before_payout_noted",
    "payout noted, not ticked off": "after_send_payout",
}
RESERVE = {
    "reserve released, not committed": "before_release_commit",
    "reserve released": "after_release_commit",
}
TRANSFER = {
    "before the transfer is sent": "before_transfer_sent",
    "transfer sent, not noted": "after_transfer_sent",
    "transfer noted, not committed": "before_transfer_noted",
    "transfer noted, not ticked off": "after_send_transfer",
}
REVERSAL = {
    "reversal asked for, not committed": "before_reversal_commit",
    "reversal asked for": "after_reversal_asked",
    "reversal asked for, not ticked off": "after_take_back",
    "before the reversal is sent": "before_reversal_sent",
    "reversal sent, not noted": "after_reversal_sent",
    "reversal noted, not committed": "before_reversal_noted",
    "reversal noted, not ticked off": "after_send_reversal",
}
EVIDENCE = {
    "before the evidence's file": "before_evidence_uploaded",
    "evidence's file sent, not noted": "after_evidence_uploaded",
    "before the evidence is sent": "before_evidence_sent",
    "evidence sent, not noted": "after_evidence_sent",
    "evidence noted, not committed": "before_dispute_commit",
    "evidence noted, not ticked off": "after_send_evidence",
}
BATCH = {
    "batch, turns given": "after_batch_taken_up",
    "batch, a turn taken": "after_batch_turn_taken",
    "batch, refund asked for, not committed": "before_batch_asked_commit",
    "batch, refund asked for": "after_batch_asked",
    "batch, refund sent, not noted": "after_refund_sent",
    "batch, refund noted, turn not": "after_batch_sent",
    "batch, a turn done": "after_batch_turn",
    "batch, before the next round": "before_next_round",
    "batch, ended, not committed": "before_batch_end_commit",
    "batch, round not ticked off": "after_run_refund_batch",
}


def cases() -> list[Case]:
    """Every step, in the order in which money leaves: each story is told once and dies at all of its steps in turn."""
    stories: list[tuple[str, dict[str, str], Callable[..., object], str]] = [
        ("a payout", PAYOUT, pay_out_through_crashes, "paid out once, all of it"),
        ("a reserve's release", RESERVE, release_through_crashes, "released and paid out once"),
        ("a transfer", TRANSFER, transfer_through_crashes, "transferred once"),
        ("a reversal", REVERSAL, take_back_through_crashes, "taken back once"),
        ("an answer to a bank", EVIDENCE, answer_through_crashes, "answered once, with the file"),
        ("a cancelled event's batch", BATCH, give_all_back_through_crashes, "each order given back once"),
    ]
    return [
        Case(
            f"kill -9: worker of money, {name}, {len(steps)} deaths",
            outcome,
            partial(talking, partial(play, points=tuple(steps.values()))),
        )
        for name, steps, play, outcome in stories
    ]


def talking(play: Callable[..., object], stack: Stack, house: world.House) -> object:
    """Play a case in which this process asks the provider, too."""
    with talking_to(stack):
        return play(stack, house)


def arm(stack: Stack, points: Points) -> None:
    """Whoever passes one of these first is killed there."""
    for point in points:
        stack.arm(point)


class Watch(crashes.Sale):
    """A sale that is over: what comes after it is waited for, with whatever dies started again."""

    def check_struck(self, *points: str) -> None:
        """The process was killed at each; what it had begun came to its end, and nothing is broken."""
        self.wait_until_quiet()
        never = [point for point in points if self.stack.is_armed(point)]
        assert never == [], f"nothing ever reached {never}"
        assert self.restarts >= 1, f"nothing was killed at {points}"
        self.check_everything()
        account = connected_account()
        assert account is not None
        theirs = {currency: amount for currency, amount in gateway.fetch_balance(account.account_id).items() if amount}
        assert theirs == {currency: amount for currency, amount in balance(Kind.PROVIDER).items() if amount}


def _sold(
    stack: Stack,
    house: world.House,
    *,
    orders: int = 1,
    rules: Rules | None = None,
    model: ChargeModel = ChargeModel.DIRECT,
) -> tuple[Watch, list[Order]]:
    event = world.make_event("Money Matters", kinds=((STANDARD, 2400, 10),))
    choose_charge_model(event_id=event.pk, model=model, actor=SYSTEM)
    if rules is not None:
        set_split_plan(subject=str(event.pk), currency="EUR", rules=rules, actor=SYSTEM)
    sold = [world.paid_order(event, **{STANDARD: 1}) for _number in range(orders)]
    watch = Watch(stack=stack, house=house, event=event)
    watch.wait_until_quiet()
    return watch, sold


def _client(stack: Stack) -> stripe.StripeClient:
    return crashes.client(stack)


# --- Payouts ----------------------------------------------------------------------------------------------------------------


def over_days_ago(event: Event, days: int) -> None:
    ended = timezone.now() - timedelta(days=days)
    began = ended - timedelta(hours=3)
    Performance.objects.filter(event=event).update(doors_at=began, starts_at=began, ends_at=ended)


def _payouts(stack: Stack, account: str) -> list[int]:
    options: Any = {"stripe_account": account}
    return [one.amount for one in _client(stack).v1.payouts.list(params={"limit": 100}, options=options).data]


@contextmanager
def counting_payouts(stack: Stack, account: str) -> Iterator[list[int]]:
    """What payouts the provider made meanwhile, filled in at the end."""
    before, made = len(_payouts(stack, account)), list[int]()
    yield made
    now = _payouts(stack, account)
    made.extend(now[: len(now) - before])


def agree(reserve_percent: int) -> None:
    set_payout_schedule(
        days_after=3,
        reserve_percent=reserve_percent,
        reserve_days=60,
        most_disputes=1000,
        held_because="",
        actor=SYSTEM,
    )


def run_until_paid(watch: Watch, paid: Callable[[], bool]) -> None:
    """The clock's task, again after each death: it comes round every six hours, a killed one is not taken up."""
    asked, again_at = -1, 0.0

    def is_paid() -> bool:
        nonlocal asked, again_at
        if watch.restarts != asked or time.monotonic() > again_at:
            run_these_payouts.delay()
            asked, again_at = watch.restarts, time.monotonic() + 12
        return paid()

    watch.wait(is_paid, "the payout", seconds=PATIENCE)


def pay_out_through_crashes(stack: Stack, house: world.House, points: Points) -> Watch:
    agree(reserve_percent=0)
    watch, (order,) = _sold(stack, house)
    account = order.payment.account_id
    stack.sandbox.control("balance/available")
    PayoutSchedule.objects.update(manual_account_id="")
    over_days_ago(watch.event, 5)
    known, bank = set(Payout.objects.values_list("pk", flat=True)), balance(Kind.BANK).get("EUR", 0)
    with counting_payouts(stack, account) as made:
        arm(stack, points)
        new = Payout.objects.exclude(pk__in=known)
        run_until_paid(watch, lambda: new.filter(state__in=["sent", "paid"]).exists())
        watch.check_struck(*points)
    (payout,) = new
    assert made == [payout.amount], made
    assert payout.amount >= 2400
    assert balance(Kind.BANK)["EUR"] - bank == payout.amount
    assert Maturity.objects.filter(performance__event=watch.event).count() == 1
    return watch


def release_through_crashes(stack: Stack, house: world.House, points: Points) -> Watch:
    """A date matured with a reserve of half; then its time is over."""
    agree(reserve_percent=50)
    watch, (order,) = _sold(stack, house)
    stack.sandbox.control("balance/available")
    over_days_ago(watch.event, 5)
    known = set(Payout.objects.values_list("pk", flat=True))
    new = Payout.objects.exclude(pk__in=known)
    run_until_paid(watch, lambda: new.filter(state__in=["sent", "paid"]).exists())
    watch.wait_until_quiet()
    with counting_payouts(stack, order.payment.account_id) as made:
        Maturity.objects.filter(performance__event=watch.event).update(release_at=timezone.now())
        arm(stack, points)
        run_until_paid(watch, lambda: new.filter(state__in=["sent", "paid"]).count() == 2)
        watch.check_struck(*points)
    assert made == [1200], made
    assert [one.reserve for one in standings() if one.party == Party.ORGANIZER] == [0]
    return watch


# --- Partners ---------------------------------------------------------------------------------------------------------------


def with_a_hall(
    stack: Stack, house: world.House, *, orders: int = 1, model: ChargeModel = ChargeModel.DIRECT
) -> tuple[Watch, list[Order], Partner]:
    """Orders of 24.00 each, up to 50.00 of it the hall's, which has an account; the platform has money."""
    hall = connected_partner(house, Partner.Kind.VENUE, f"Hall{Partner.objects.count()}")
    rules = Rules((Step((Share(hall.payee, WHOLE, cap=5000),)),))
    watch, sold = _sold(stack, house, orders=orders, rules=rules, model=model)
    params: Any = {
        "amount": 50_000,
        "currency": "eur",
        "confirm": True,
        "payment_method": "pm_card_bypassPending",
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
    }
    _client(stack).v1.payment_intents.create(params=params)
    stack.sandbox.control("balance/available")
    return watch, sold, hall


def _transfers(stack: Stack, hall: Partner) -> list[tuple[int, int]]:
    made = _client(stack).v1.transfers.list(params={"destination": hall.account_id, "limit": 100}).data
    return [(one.amount, one.amount_reversed) for one in made]


def transfer_through_crashes(stack: Stack, house: world.House, points: Points) -> Watch:
    watch, _sold_to, hall = with_a_hall(stack, house)
    arm(stack, points)
    (transfer,) = request_transfers(partner=hall, currency="EUR", actor=SYSTEM)
    watch.wait(lambda: Transfer.objects.get(pk=transfer.pk).state != "requested", "the transfer", seconds=PATIENCE)
    watch.check_struck(*points)
    assert Transfer.objects.get(pk=transfer.pk).state == "sent"
    assert _transfers(stack, hall) == [(2400, 0)]
    assert gateway.fetch_balance(hall.account_id)["EUR"] == 2400
    return watch


def take_back_through_crashes(stack: Stack, house: world.House, points: Points) -> Watch:
    """The hall was paid, and the order is refunded: it gives back what it was paid."""
    watch, (order,), hall = with_a_hall(stack, house)
    request_transfers(partner=hall, currency="EUR", actor=SYSTEM)
    watch.wait_until_quiet()
    assert _transfers(stack, hall) == [(2400, 0)]
    before = collected("EUR")
    arm(stack, points)
    give_back(order_id=order.pk, asked=GivingBack(amount=order.total), actor=SYSTEM)
    watch.wait(
        lambda: TransferReversal.objects.filter(transfer__partner=hall, state="done").exists(),
        "the reversal",
        seconds=PATIENCE,
    )
    watch.check_struck(*points)
    assert _transfers(stack, hall) == [(2400, 2400)]
    assert gateway.fetch_balance(hall.account_id).get("EUR", 0) == 0
    assert collected("EUR") == before  # what the refund took from it, the hall gave back
    return watch


# --- Banks and cancelled events -----------------------------------------------------------------------------------------------


def answer_through_crashes(
    stack: Stack, house: world.House, points: Points, *, model: ChargeModel = ChargeModel.DIRECT
) -> Watch:
    watch, (order,) = _sold(stack, house, model=model)
    made = stack.sandbox.control("disputes", payment_intent=order.payment.intent_id)
    watch.wait(lambda: Dispute.objects.filter(provider_id=made["id"]).exists(), "the dispute")
    watch.wait_until_quiet()
    dispute = Dispute.objects.get(provider_id=made["id"])
    arm(stack, points)
    texts = {"customer_name": "Bea Buyer"}
    submit_evidence(dispute_id=dispute.pk, texts=texts, pdf=b"%PDF-1.4", actor=user_actor(house.owner.pk))

    def is_submitted() -> bool:
        dispute.refresh_from_db()
        return dispute.submitted_at is not None

    watch.wait(is_submitted, "the answer", seconds=PATIENCE)
    watch.check_struck(*points)
    there = _client(stack).v1.disputes.retrieve(made["id"], options=on(order))
    assert there.evidence_details.submission_count == 1
    assert there.evidence.customer_name == "Bea Buyer"
    assert there.evidence.uncategorized_file == dispute.file_id
    return watch


def give_all_back_through_crashes(stack: Stack, house: world.House, points: Points) -> Watch:
    watch, sold = _sold(stack, house, orders=3)
    arm(stack, points)
    actor = user_actor(house.owner.pk)
    batch = cancel_and_refund(event_id=watch.event.pk, words="Too much rain.", actor=actor)
    watch.wait(lambda: RefundBatch.objects.get(pk=batch.pk).state == "done", "the end of the batch", seconds=PATIENCE)
    watch.check_struck(*points)
    assert progress(batch) == {"done": 3, "failed": 0, "waiting": 0, "total": 3}
    for order in sold:
        assert refunds_of(stack, order) == [order.total]
    return watch


def on(order: Order) -> Any:
    """The provider's option for the account that an order was charged on."""
    return {"stripe_account": order.payment.account_id} if order.payment.account_id else {}


def refunds_of(stack: Stack, order: Order) -> list[int]:
    """What went back of an order, by the provider's own list."""
    params: Any = {"payment_intent": order.payment.intent_id, "limit": 100}
    return [one.amount for one in _client(stack).v1.refunds.list(params=params, options=on(order)).data]
