"""Orders that come to nothing, charged on the organizer's account and on the platform's: the worker killed before and after the
call that closes the payment there. What came of it is the provider's list: one PaymentIntent, closed, nothing taken."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.utils import timezone

from audit.actions import SYSTEM
from checkout.actions import LATE_PAYMENT_TIME
from config.tasks import reconcile
from events.actions import change_event
from events.models import ChargeModel
from inventory.models import Place
from orders.models import Order
from payments.models import Payment
from tests import crashes, world
from tests.chaos import money
from tests.chaos.matrix import Case
from tests.stack import Stack

FAILS_AFTER_DAYS = "DE78370400440532013004"
LATE = ("before_void", "after_void")
EXPIRY = ("before_expiry", "after_expiry")
MODELS = {"direct": ChargeModel.DIRECT, "separate charge": ChargeModel.ON_BEHALF}


def cases() -> list[Case]:
    """Each way to come to nothing, in each model; the sandbox takes debits on organizers' own accounts alone."""
    stories: dict[str, tuple[Callable[..., object], str]] = {
        f"paid too late, {len(LATE)} deaths": (pay_too_late, "voided once, buyer told, no ticket"),
        f"never paid, {len(EXPIRY)} deaths": (never_pay, "closed there and here, the places are free"),
        f"a debit that fails, {len(LATE)} deaths": (lose_a_debit, "closed there and here, the places are free"),
    }
    return [
        Case(f"kill -9: {name}, {what}", outcome, partial(money.talking, partial(play, model=model)))
        for name, model in MODELS.items()
        for what, (play, outcome) in stories.items()
        if play is not lose_a_debit or model == ChargeModel.DIRECT
    ]


def pay_too_late(stack: Stack, house: world.House, *, model: ChargeModel) -> object:
    """Both deaths in one sale: what is voided is not voided again."""
    return crashes.pay_too_late_through_a_crash(stack, house, *LATE, model=model)


def never_pay(stack: Stack, house: world.House, *, model: ChargeModel) -> crashes.Sale:
    sale = crashes.new_sale(stack, house, "Left Open", places=crashes.TICKETS, model=model)
    order = crashes.order_that_lapsed(sale)
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - LATE_PAYMENT_TIME - timedelta(minutes=1))
    _arm(stack, EXPIRY)
    _ask_until(sale, Order.State.CANCELLED)
    assert sale.order.cancel_reason == Order.CancelReason.EXPIRED
    return _check(sale, *EXPIRY)


def lose_a_debit(stack: Stack, house: world.House, *, model: ChargeModel) -> crashes.Sale:
    """The bank says no after days; the places were kept until then."""
    sale = crashes.new_sale(stack, house, "No Funds", places=crashes.TICKETS, model=model)
    change_event(event_id=sale.event.pk, actor=SYSTEM, delayed_payment_days=14)
    order = world.place_order(sale.event, **{world.STANDARD: crashes.TICKETS})
    world.pay_by_debit(order, iban=FAILS_AFTER_DAYS)
    sale.number, sale.email, sale.account_id = order.number, order.email, order.payment.account_id
    payment = Payment.objects.filter(order=order)
    sale.wait(lambda: payment.get().state == Payment.State.UNDER_WAY, "the buyer's promise")
    _arm(stack, LATE)
    stack.sandbox.control("timers")
    _ask_until(sale, Order.State.CANCELLED)
    assert sale.order.cancel_reason == Order.CancelReason.PAYMENT_LOST
    return _check(sale, *LATE)


def _arm(stack: Stack, points: tuple[str, ...]) -> None:
    for point in points:
        stack.arm(point)


def _ask_until(sale: crashes.Sale, state: Order.State) -> None:
    """The clock's task, again after each death, and what is due later is due now."""
    asked, again_at = -1, 0.0

    def is_so() -> bool:
        nonlocal asked, again_at
        if sale.restarts != asked or time.monotonic() > again_at:
            Payment.objects.filter(order__number=sale.number).update(ask_at=timezone.now())
            reconcile.delay()
            asked, again_at = sale.restarts, time.monotonic() + 10
        return sale.order.state == state

    sale.wait(is_so, "the order's end", seconds=money.PATIENCE)


def _check(sale: crashes.Sale, *points: str) -> crashes.Sale:
    sale.wait_until_quiet()
    never = [point for point in points if sale.stack.is_armed(point)]
    assert never == [], f"nothing ever reached {never}"
    assert sale.restarts >= 1, f"nothing was killed at {points}"
    assert sale.provider_facts() == [("canceled", 0, 0)]
    assert Payment.objects.get(order__number=sale.number).state == Payment.State.VOIDED
    assert not Place.objects.filter(hold=sale.order.hold_id, state=Place.State.SOLD).exists()
    world.hold(sale.event, **{world.STANDARD: crashes.TICKETS})  # somebody else's now
    sale.check_everything()
    return sale
