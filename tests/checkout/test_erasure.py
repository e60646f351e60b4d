"""A buyer is taken out of orders that are over; the orders, their money and everybody else's stay."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.utils import timezone

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout import actions as checkout
from checkout.erasure import DISPUTABLE_FOR, erase_buyer
from checkout.errors import BuyerStillNeeded
from checkout.refunds import GivingBack, give_back, send_again
from ledger.actions import Kind
from ledger.queries import balance
from notifications.models import EmailMessage
from orders.models import Order
from outbox.actions import drain
from payments.models import Payer
from people.models import Customer
from tests import world
from tests.world import BEA, STANDARD, House
from tickets.actions import store_pdf
from ui.errors import NotFound

ANN = replace(BEA, name="Ann", email="ann@example.com")


def end_long_ago(event) -> None:
    then = timezone.now() - DISPUTABLE_FOR - timedelta(days=2)
    event.performances.update(doors_at=then, starts_at=then, ends_at=then + timedelta(hours=3))


def test_a_buyer_whose_orders_are_over_is_erased_from_them(paying: House, media) -> None:
    event = world.make_event()
    bea = Customer.objects.create(email=BEA.email, name=BEA.name)
    first = world.paid_order(
        event, buyer=replace(BEA, account=bea.pk, consents=frozenset({"terms", "card"})), **{STANDARD: 1}
    )
    other = world.paid_order(event, buyer=ANN, **{STANDARD: 1})
    pdf = store_pdf(first)
    while drain():
        pass
    assert EmailMessage.objects.filter(to=BEA.email).exists()
    sales = balance(Kind.SALES)
    with pytest.raises(BuyerStillNeeded):
        erase_buyer(email=BEA.email, actor=SYSTEM)
    first.refresh_from_db()
    assert (first.name, first.email, Payer.objects.count()) == (BEA.name, BEA.email, 1)

    end_long_ago(event)
    assert erase_buyer(email="BEA@example.com", actor=SYSTEM) == 1

    first.refresh_from_db()
    bea.refresh_from_db()
    nobody = f"{bea.pk}@erased.invalid"
    assert (first.state, first.total, first.name, first.email, first.buyer_key) == ("paid", 2510, "-", nobody, "")
    assert (bea.email, bea.name, Payer.objects.count()) == (nobody, "", 0)
    assert not EmailMessage.objects.filter(to=BEA.email).exists()
    assert not storages["private"].exists(pdf)
    assert (Order.objects.get(pk=other.pk).email, balance(Kind.SALES)) == (ANN.email, sales)
    assert EmailMessage.objects.filter(to=ANN.email).exists()
    assert breaches() == {}
    with pytest.raises(NotFound):
        erase_buyer(email=BEA.email, actor=SYSTEM)
    with pytest.raises(CommandError):
        call_command("erase_buyer", "northside", BEA.email)
    call_command("erase_buyer", "northside", ANN.email)
    assert Order.objects.get(pk=other.pk).name == "-"


def test_a_refund_that_another_made_good_keeps_nobody(paying: House) -> None:
    event = world.make_event()
    order = world.paid_order(event, **{STANDARD: 1})
    payment = order.payment
    refund = give_back(order_id=order.pk, asked=GivingBack(amount=1000), actor=SYSTEM)
    assert refund is not None
    type(payment).objects.filter(pk=payment.pk).update(intent_id="pi_of_nobody")
    checkout.send_refund(refund_id=refund.pk)
    type(payment).objects.filter(pk=payment.pk).update(intent_id=payment.intent_id)
    end_long_ago(event)
    with pytest.raises(BuyerStillNeeded):
        erase_buyer(email=BEA.email, actor=SYSTEM)
    again = send_again(refund_id=refund.pk, actor=SYSTEM)
    with pytest.raises(BuyerStillNeeded):
        erase_buyer(email=BEA.email, actor=SYSTEM)

    checkout.send_refund(refund_id=again.pk)
    assert erase_buyer(email=BEA.email, actor=SYSTEM) == 1
