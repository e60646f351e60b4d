"""Money back, our fee, and money that moves between accounts."""

import pytest
import stripe

from tests.payments.sandbox.conftest import RETURN_URL, onboarded


def on(account):
    return {"stripe_account": account}


def balance(server, account=None):
    """Available and pending together, in minor units of euros."""
    shown = server.api.v1.balance.retrieve(options=on(account) if account else {})
    return sum(part.amount for part in [*shown.available, *shown.pending] if part.currency == "eur")


def platform_sale(server, amount=9000, **params):
    given = {
        "amount": amount,
        "currency": "eur",
        "confirm": True,
        "payment_method": "pm_card_bypassPending",
        "return_url": RETURN_URL,
        **params,
    }
    return server.api.v1.payment_intents.create(params=given)


def test_parts_of_a_refund_give_back_our_whole_fee_to_the_cent(server, account, sell):
    intent = sell("pm_card_visa", capture_method="automatic", application_fee_amount=301)
    for amount in (1667, 1667, 1666):
        refund = server.api.v1.refunds.create(
            params={"payment_intent": intent.id, "amount": amount, "refund_application_fee": True},
            options=on(account),
        )
        assert refund.status == "succeeded"
    fee = server.api.v1.application_fees.list(params={"charge": intent.latest_charge}).data[0]
    assert (fee.amount, fee.amount_refunded, fee.refunded) == (301, 301, True)
    assert balance(server, account) == 0
    charge = server.api.v1.charges.retrieve(intent.latest_charge, params={"expand": ["refunds"]}, options=on(account))
    assert charge.refunded is True
    assert len(charge.refunds.data) == 3
    with pytest.raises(stripe.InvalidRequestError) as refused:
        server.api.v1.refunds.create(params={"payment_intent": intent.id}, options=on(account))
    assert refused.value.code == "charge_already_refunded"


def test_without_the_flag_our_fee_stays_with_us(server, account, sell):
    intent = sell("pm_card_visa", capture_method="automatic", application_fee_amount=300)
    server.api.v1.refunds.create(params={"payment_intent": intent.id}, options=on(account))
    assert balance(server, account) == -300


def test_no_more_than_was_paid_comes_back(server, account, sell):
    intent = sell("pm_card_visa", capture_method="automatic")
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        server.api.v1.refunds.create(params={"payment_intent": intent.id, "amount": 5001}, options=on(account))
    waiting = sell()
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        server.api.v1.refunds.create(params={"payment_intent": waiting.id}, options=on(account))


@pytest.mark.parametrize(
    ("card", "before", "after"),
    [("pm_card_pendingRefund", "pending", "succeeded"), ("pm_card_refundFail", "succeeded", "failed")],
)
def test_some_refunds_change_their_mind_later(server, account, sell, card, before, after):
    intent = sell(card, capture_method="automatic")
    refund = server.api.v1.refunds.create(params={"payment_intent": intent.id}, options=on(account))
    assert refund.status == before
    server.control("timers")
    refund = server.api.v1.refunds.retrieve(refund.id, options=on(account))
    assert refund.status == after
    if after == "failed":
        assert refund.failure_reason == "expired_or_canceled_card"
        assert balance(server, account) == 5000


def test_a_destination_charge_shares_and_takes_back(server, account):
    intent = platform_sale(server, transfer_data={"destination": account}, application_fee_amount=500)
    assert balance(server, account) == 8500
    server.api.v1.refunds.create(
        params={"payment_intent": intent.id, "reverse_transfer": True, "refund_application_fee": True}
    )
    assert balance(server, account) == 0
    transfers = server.api.v1.transfers.list(params={"destination": account}).data
    assert transfers[0].reversed is True


def test_transfers_from_a_charge_never_exceed_it(server, account):
    charge = platform_sale(server, transfer_group="order-1").latest_charge

    def transfer(amount):
        return server.api.v1.transfers.create(
            params={"amount": amount, "currency": "eur", "destination": account, "source_transaction": charge}
        )

    moved = transfer(6000)
    assert moved.transfer_group == "order-1"
    with pytest.raises(stripe.InvalidRequestError, match="must not exceed"):
        transfer(3001)
    server.api.v1.transfers.reversals.create(moved.id, params={"amount": 1000})
    transfer(4000)
    assert balance(server, account) == 9000
    reversed_ = server.api.v1.transfers.retrieve(moved.id)
    assert (reversed_.amount_reversed, reversed_.reversed) == (1000, False)


def test_a_transfer_without_a_charge_needs_available_money(server, account):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        server.api.v1.transfers.create(params={"amount": 99_999_999, "currency": "eur", "destination": account})
    assert refused.value.code == "balance_insufficient"


def test_a_reversal_fails_when_the_account_has_spent_the_money(server, account):
    charge = platform_sale(server).latest_charge
    moved = server.api.v1.transfers.create(
        params={"amount": 5000, "currency": "eur", "destination": account, "source_transaction": charge}
    )
    server.control("balance/available")
    server.api.v1.payouts.create(params={"amount": 5000, "currency": "eur"}, options=on(account))
    with pytest.raises(stripe.InvalidRequestError) as refused:
        server.api.v1.transfers.reversals.create(moved.id)
    assert refused.value.code == "balance_insufficient"


def test_payouts_take_available_money_only_and_arrive(server, account, sell):
    sell("pm_card_visa", capture_method="automatic")
    pay_out = {"amount": 5000, "currency": "eur"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        server.api.v1.payouts.create(params=pay_out, options=on(account))
    assert refused.value.code == "balance_insufficient"
    server.control("balance/available")
    payout = server.api.v1.payouts.create(params=pay_out, options=on(account))
    server.control("timers")
    assert server.api.v1.payouts.retrieve(payout.id, options=on(account)).status == "paid"
    assert balance(server, account) == 0


def test_every_balance_is_the_sum_of_its_lines(server):
    account = onboarded(server)
    intent = server.api.v1.payment_intents.create(
        params={
            "amount": 5000,
            "currency": "eur",
            "application_fee_amount": 300,
            "confirm": True,
            "payment_method": "pm_card_bypassPending",
            "return_url": RETURN_URL,
        },
        options=on(account),
    )
    server.api.v1.refunds.create(params={"payment_intent": intent.id, "amount": 1000}, options=on(account))
    lines = server.api.v1.balance_transactions.list(options=on(account)).data
    assert sum(line.net for line in lines) == balance(server, account) == 3700
    assert {line.reporting_category for line in lines} == {"charge", "refund"}
    available = server.api.v1.balance.retrieve(options=on(account)).available[0]
    assert available.amount == 3700


@pytest.mark.parametrize(("evidence", "outcome", "left"), [("winning_evidence", "won", 3000), ("no", "lost", -2000)])
def test_a_dispute_takes_the_money_until_it_is_won(server, account, sell, evidence, outcome, left):
    intent = sell("pm_card_createDispute", capture_method="automatic")
    server.control("timers")
    dispute = server.api.v1.disputes.list(params={"payment_intent": intent.id}, options=on(account)).data[0]
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 5000)
    assert balance(server, account) == -2000  # the fee of a lost dispute
    with pytest.raises(stripe.InvalidRequestError) as refused:
        server.api.v1.refunds.create(params={"payment_intent": intent.id}, options=on(account))
    assert refused.value.code == "charge_disputed"
    server.api.v1.disputes.update(
        dispute.id, params={"evidence": {"uncategorized_text": evidence}, "submit": True}, options=on(account)
    )
    server.control("timers")
    assert server.api.v1.disputes.retrieve(dispute.id, options=on(account)).status == outcome
    assert balance(server, account) == left
