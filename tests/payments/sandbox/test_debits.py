"""SEPA direct debits: days between the buyer's word and the bank's answer."""

import pytest
import stripe

from tests.payments.sandbox.conftest import RETURN_URL, new_account

MANDATE = {"customer_acceptance": {"type": "online", "online": {"ip_address": "127.0.0.1", "user_agent": "a browser"}}}
SUCCEEDS, FAILS, SHORT = "DE89370400440532013000", "DE62370400440532013001", "DE65370400440000343434"


@pytest.fixture
def taker(server):
    """An account that takes debits."""
    wanted = ("card_payments", "transfers", "sepa_debit_payments")
    account = new_account(server, capabilities={name: {"requested": True} for name in wanted})
    server.control(f"accounts/{account}/complete")
    return account


def debit(server, account, iban, **params):
    method = {
        "type": "sepa_debit",
        "sepa_debit": {"iban": iban},
        "billing_details": {"name": "Bea Buyer", "email": "bea@example.com"},
    }
    params = {
        "capture_method": "automatic",
        "payment_method_options": {"card": {"capture_method": "manual"}},
        "payment_method_data": method,
        "mandate_data": MANDATE,
    } | params
    given = {name: value for name, value in params.items() if value}
    return server.api.v1.payment_intents.create(
        params={
            "amount": 5000,
            "currency": "eur",
            "automatic_payment_methods": {"enabled": True},
            "application_fee_amount": 300,
            "confirm": True,
            "return_url": RETURN_URL,
            **given,
        },
        options={"stripe_account": account},
    )


def now(server, account, intent):
    return server.api.v1.payment_intents.retrieve(
        intent.id, params={"expand": ["latest_charge.balance_transaction"]}, options={"stripe_account": account}
    )


def test_a_debit_is_under_way_until_its_bank_answers_and_then_it_is_money(server, taker):
    intent = debit(server, taker, SUCCEEDS)
    assert (intent.status, intent.amount_received) == ("processing", 0)
    with pytest.raises(stripe.InvalidRequestError):
        server.api.v1.payment_intents.cancel(intent.id, options={"stripe_account": taker})

    server.control("timers")

    paid = now(server, taker, intent)
    assert (paid.status, paid.amount_received) == ("succeeded", 5000)
    charge = paid.latest_charge
    assert (charge.payment_method_details.sepa_debit.last4, charge.balance_transaction.type) == ("3000", "payment")
    assert charge.balance_transaction.net == 4700
    refund = server.api.v1.refunds.create(
        params={"payment_intent": intent.id, "amount": 2000}, options={"stripe_account": taker}
    )
    assert refund.destination_details.type == "sepa_bank_transfer"


@pytest.mark.parametrize(("iban", "code"), [(FAILS, "generic_decline"), (SHORT, "insufficient_funds")])
def test_a_debit_that_fails_days_later_leaves_the_payment_open_and_no_money(server, taker, iban, code):
    intent = debit(server, taker, iban)
    server.control("timers")

    failed = now(server, taker, intent)
    assert (failed.status, failed.last_payment_error.decline_code) == ("requires_payment_method", code)
    assert (failed.latest_charge.status, failed.latest_charge.balance_transaction) == ("failed", None)


def test_cards_are_authorised_first_also_where_debits_are_taken_at_once(server, taker):
    card = debit(server, taker, "", payment_method="pm_card_visa", payment_method_data="", mandate_data="")
    assert (card.status, list(card.payment_method_types)) == ("requires_capture", ["card", "sepa_debit"])


def test_a_debit_is_refused_where_it_is_not_offered(server, taker, account):
    for params, on in (({"capture_method": "manual"}, taker), ({"currency": "usd"}, taker), ({}, account)):
        with pytest.raises(stripe.InvalidRequestError):
            debit(server, on, SUCCEEDS, **params)
    with pytest.raises(stripe.InvalidRequestError, match="mandate"):
        debit(server, taker, SUCCEEDS, mandate_data="")
    with pytest.raises(stripe.InvalidRequestError, match="IBAN"):
        debit(server, taker, "DE00123456781234567890")
