"""The provider through our one small interface: what its silence and its refusals become here, and that keys hold."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from checkout import actions as checkout
from orders.models import Order
from payments import gateway
from payments.actions import request_intent
from payments.errors import NotConnected, ProviderRefused, ProviderUnavailable
from payments.models import ConnectedAccount, Payment
from tests import world
from tests.processes import Sandbox


@pytest.fixture
def order(paying: world.House) -> Order:
    return world.place_order(world.make_event(), Standard=2)


def fault(sandbox: Sandbox, **how: Any) -> None:
    """The next requests for a PaymentIntent go wrong."""
    body = {"path": "/v1/payment_intents", **how}
    httpx.post(f"{sandbox.base}/_sandbox/faults", json=body, timeout=10).raise_for_status()


def intent_for(order: Order, **changed: Any) -> gateway.Intent:
    facts = {
        "account_id": ConnectedAccount.objects.get().account_id,
        "amount": order.total,
        "currency": "EUR",
        "application_fee": 220,
        "order_id": str(order.pk),
        "number": order.number,
        "key": uuid4().hex,
    }
    return gateway.create_intent(**{**facts, **changed})


def test_an_intent_is_for_the_order_and_waits_to_be_captured(order: Order) -> None:
    intent = intent_for(order)

    assert (intent.status, intent.amount, intent.amount_received) == ("requires_payment_method", 5020, 0)
    assert intent.order_id == str(order.pk)
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert [intent.is_authorised, intent.is_captured, intent.is_cancelled] == [False] * 3


def test_the_same_key_gives_the_same_intent(order: Order) -> None:
    assert intent_for(order, key="one").id == intent_for(order, key="one").id != intent_for(order, key="two").id


def test_asking_for_a_payment_twice_finds_the_same_one(order: Order) -> None:
    first = checkout.begin_payment(order_id=order.pk)
    second = checkout.begin_payment(order_id=order.pk)

    assert first.id == second.id
    assert Payment.objects.get().intent_id == first.id


def test_an_intent_whose_answer_was_lost_is_found_again_by_its_key(order: Order, stripe_sandbox: Sandbox) -> None:
    fault(stripe_sandbox, mode="disconnect", when="after", count=3)

    with pytest.raises(ProviderUnavailable):
        checkout.begin_payment(order_id=order.pk)
    payment = Payment.objects.get()
    assert payment.intent_id == ""
    intent = request_intent(payment)

    assert checkout.begin_payment(order_id=order.pk).id == intent.id


@pytest.mark.parametrize(("status", "tries"), [(500, 3), (503, 3), (429, 1)])  # the SDK asks again after a 5xx alone
def test_a_provider_in_trouble_is_unavailable(order: Order, stripe_sandbox: Sandbox, status: int, tries: int) -> None:
    fault(stripe_sandbox, mode="error", status=status, count=tries)

    with pytest.raises(ProviderUnavailable) as refusal:
        intent_for(order)

    assert refusal.value.status == 503
    assert intent_for(order).id


def test_one_hiccup_is_not_even_noticed(order: Order, stripe_sandbox: Sandbox) -> None:
    fault(stripe_sandbox, mode="error", status=500, count=1)

    assert intent_for(order).id


def test_a_provider_that_says_no_is_quoted(order: Order) -> None:
    with pytest.raises(ProviderRefused) as refusal:
        intent_for(order, amount=0)

    assert refusal.value.status == 409
    assert refusal.value.extra["provider_message"]


def test_an_account_that_is_not_ours_is_refused(order: Order) -> None:
    with pytest.raises(ProviderRefused):
        intent_for(order, account_id="acct_1NobodyAtAll00")


def test_no_account_no_payment(northside: world.House, paying: world.House) -> None:
    order = world.place_order(world.make_event(), Standard=1)
    ConnectedAccount.objects.update(charges_enabled=False)

    with pytest.raises(NotConnected):
        checkout.begin_payment(order_id=order.pk)

    assert not Payment.objects.exists()


def test_a_capture_asked_for_twice_takes_the_money_once(order: Order) -> None:
    world.pay(order)
    payment = Payment.objects.get()

    answers = [
        gateway.capture_intent(account_id=payment.account_id, intent_id=payment.intent_id, key=f"capture-{payment.pk}")
        for _ in range(3)
    ]

    assert {(answer.status, answer.amount_received) for answer in answers} == {("succeeded", 5020)}
    assert len({answer.charge_id for answer in answers}) == 1


def test_a_refund_asked_for_twice_is_paid_once(order: Order) -> None:
    world.pay(order)
    checkout.settle_payment(order_id=order.pk)
    payment = Payment.objects.get()

    answers = [
        gateway.create_refund(
            account_id=payment.account_id, intent_id=payment.intent_id, amount=5020, refund_fee=True, key="one refund"
        )
        for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert answers[0].status == "succeeded"
    with pytest.raises(ProviderRefused):
        gateway.create_refund(
            account_id=payment.account_id, intent_id=payment.intent_id, amount=1, refund_fee=True, key="one more"
        )


def test_a_card_has_one_name_in_every_payment_with_it(paying: world.House) -> None:
    event = world.make_event()
    names = []
    for card in ("pm_card_visa", "pm_card_visa", "pm_card_mastercard"):
        order = world.place_order(event, Standard=1)
        intent = checkout.begin_payment(order_id=order.pk)
        account = ConnectedAccount.objects.get().account_id
        assert gateway.fetch_intent(account_id=account, intent_id=intent.id).card_fingerprint == ""
        world.pay(order, card=card)
        names.append(gateway.fetch_intent(account_id=account, intent_id=intent.id).card_fingerprint)

    assert names[0] == names[1] != names[2]
    assert all(names)
