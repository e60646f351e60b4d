"""While a bank decides about an order, its partners' shares of it stay; lost they go back, won they can be paid."""

from collections.abc import Callable

import pytest

from analytics.invariants import breaches
from checkout.disputes import take_up_dispute
from events.models import Event
from orders.models import Order
from outbox.actions import drain
from payments.models import Dispute, Payment
from payouts.errors import NothingToTransfer
from payouts.held import held_share
from payouts.models import Partner, TransferReversal
from payouts.transfers import request_transfers, transferable
from tests import world
from tests.payouts.test_transfers import (  # noqa: F401 - fixtures
    NORA,
    _let_money_arrive,
    at_provider,
    band,
    event,
    hall,
    owed,
    sound,
)
from tests.processes import Sandbox
from tests.world import STANDARD


def disputed(order: Order, sandbox: Sandbox) -> Dispute:
    payment = Payment.objects.get(order=order)
    made = sandbox.control("disputes", payment_intent=payment.intent_id)
    found = take_up_dispute(account_id=payment.account_id, provider_id=made["id"])
    assert found is not None
    return found


def decided(dispute: Dispute, sandbox: Sandbox, *, won: bool) -> None:
    sandbox.control(f"disputes/{dispute.provider_id}/decide", won=won)
    take_up_dispute(account_id=dispute.payment.account_id, provider_id=dispute.provider_id)


def test_a_frozen_orders_shares_are_not_transferred_until_it_is_won(
    event: Event,  # noqa: F811
    hall: Partner,  # noqa: F811
    band: Partner,  # noqa: F811
    stripe_sandbox: Sandbox,
    sound: Callable[[], None],  # noqa: F811
) -> None:
    first = world.paid_order(event, **{STANDARD: 1})  # 24.00, all the hall's
    world.paid_order(event, **{STANDARD: 1})  # 24.00 more
    assert transferable(hall, "EUR") == 4800
    dispute = disputed(first, stripe_sandbox)

    assert held_share(hall.payee, "EUR") == 2400
    assert (transferable(hall, "EUR"), transferable(band, "EUR")) == (2400, 0)
    sound()

    decided(dispute, stripe_sandbox, won=True)
    assert transferable(hall, "EUR") == 4800
    sound()


def test_lost_what_was_transferred_comes_back(
    event: Event,  # noqa: F811
    hall: Partner,  # noqa: F811
    stripe_sandbox: Sandbox,
    sound: Callable[[], None],  # noqa: F811
) -> None:
    order = world.paid_order(event, **{STANDARD: 1})
    _let_money_arrive()
    request_transfers(partner=hall, currency="EUR", actor=NORA)
    drain()
    assert at_provider(hall.account_id) == 2400
    dispute = disputed(order, stripe_sandbox)
    with pytest.raises(NothingToTransfer):
        request_transfers(partner=hall, currency="EUR", actor=NORA)

    decided(dispute, stripe_sandbox, won=False)
    drain()

    assert [(one.amount, one.state) for one in TransferReversal.objects.all()] == [(2400, "done")]
    assert at_provider(hall.account_id) == 0
    assert list(owed().values()) == [(0, 0)]
    sound()
    assert breaches() == {}
