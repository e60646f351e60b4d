"""PaymentIntents through the official SDK: the states they pass, and what each leaves behind."""

import pytest
import stripe

from tests.payments.sandbox.conftest import RETURN_URL, new_account


def on(account):
    return {"stripe_account": account}


def test_automatic_capture_takes_the_money_and_books_it(server, account, sell):
    intent = sell("pm_card_visa", capture_method="automatic", application_fee_amount=300)
    assert (intent.status, intent.amount_received) == ("succeeded", 5000)
    expand = ["latest_charge.balance_transaction", "latest_charge.application_fee"]
    charge = server.api.v1.payment_intents.retrieve(
        intent.id, params={"expand": expand}, options=on(account)
    ).latest_charge
    line = charge.balance_transaction
    assert (line.amount, line.fee, line.net) == (5000, 300, 4700)
    assert charge.application_fee.account == account
    assert charge.outcome.type == "authorized"


def test_stripes_fee_falls_on_who_pays_the_fees(server, sell, account):
    ours = sell("pm_card_visa", capture_method="automatic")
    lines = server.api.v1.balance_transactions.list(params={"type": "stripe_fee", "limit": 1}).data
    assert ours.latest_charge in lines[0].description
    assert lines[0].amount == -100  # 1.5 % + 25 of 50.00 to an account in Ireland
    theirs = new_account(server, controller={"stripe_dashboard": {"type": "full"}})
    server.control(f"accounts/{theirs}/complete")
    intent = server.api.v1.payment_intents.create(
        params={
            "amount": 5000,
            "currency": "eur",
            "confirm": True,
            "payment_method": "pm_card_visa",
            "allowed_payment_method_types": ["card"],
            "expand": ["latest_charge.balance_transaction"],
        },
        options=on(theirs),
    )
    assert intent.latest_charge.balance_transaction.fee == 100


def test_manual_capture_holds_first_and_takes_later(server, account, sell):
    intent = sell("pm_card_visa", capture_method="manual", application_fee_amount=300)
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 5000)
    assert server.api.v1.charges.retrieve(intent.latest_charge, options=on(account)).captured is False
    captured = server.api.v1.payment_intents.capture(intent.id, options=on(account))
    assert (captured.status, captured.amount_received) == ("succeeded", 5000)


def test_one_partial_capture_releases_the_rest(server, account, sell):
    intent = sell("pm_card_visa", capture_method="manual", application_fee_amount=300)
    taken = server.api.v1.payment_intents.capture(
        intent.id, params={"amount_to_capture": 2000, "application_fee_amount": 100}, options=on(account)
    )
    charge = server.api.v1.charges.retrieve(taken.latest_charge, options=on(account))
    assert (charge.amount_captured, charge.amount_refunded, charge.application_fee_amount) == (2000, 3000, 100)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        server.api.v1.payment_intents.capture(intent.id, options=on(account))
    assert refused.value.code == "payment_intent_unexpected_state"


def test_more_than_was_authorised_cannot_be_captured(server, account, sell):
    intent = sell("pm_card_visa", capture_method="manual")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        server.api.v1.payment_intents.capture(intent.id, params={"amount_to_capture": 5001}, options=on(account))
    assert refused.value.code == "amount_too_large"


def test_cancelling_releases_an_authorisation_and_refuses_taken_money(server, account, sell):
    held = sell("pm_card_visa", capture_method="manual")
    gone = server.api.v1.payment_intents.cancel(
        held.id, params={"cancellation_reason": "abandoned"}, options=on(account)
    )
    assert (gone.status, gone.cancellation_reason, gone.amount_capturable) == ("canceled", "abandoned", 0)
    assert server.api.v1.charges.retrieve(held.latest_charge, options=on(account)).refunded is True
    paid = sell("pm_card_visa", capture_method="automatic")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        server.api.v1.payment_intents.cancel(paid.id, options=on(account))
    assert refused.value.code == "payment_intent_unexpected_state"
    assert refused.value.error.payment_intent.status == "succeeded"


def test_an_authorisation_runs_out(server, account, sell):
    held = sell("pm_card_visa", capture_method="manual")
    server.control(f"payment_intents/{held.id}/expire")
    gone = server.api.v1.payment_intents.retrieve(held.id, options=on(account))
    assert (gone.status, gone.cancellation_reason) == ("canceled", "automatic")


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
        ("pm_card_radarBlock", "card_declined", "fraudulent"),
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
    ],
)
def test_a_declined_card_answers_402_and_leaves_the_payment_open(server, account, sell, card, code, decline_code):
    intent = sell(metadata={"order_id": "o1"})
    with pytest.raises(stripe.CardError) as refused:
        server.api.v1.payment_intents.confirm(
            intent.id, params={"payment_method": card, "return_url": RETURN_URL}, options=on(account)
        )
    error = refused.value
    assert (error.http_status, error.code, error.error.decline_code) == (402, code, decline_code)
    after = server.api.v1.payment_intents.retrieve(intent.id, options=on(account))
    assert (after.status, after.payment_method) == ("requires_payment_method", None)
    assert after.last_payment_error.code == code
    assert server.api.v1.charges.retrieve(after.latest_charge, options=on(account)).status == "failed"
    paid = server.api.v1.payment_intents.confirm(
        intent.id, params={"payment_method": "pm_card_visa", "return_url": RETURN_URL}, options=on(account)
    )
    assert (paid.status, paid.last_payment_error, paid.metadata["order_id"]) == ("succeeded", None, "o1")


def test_3d_secure_off_session_asks_the_buyer_back(server, account, sell):
    with pytest.raises(stripe.CardError) as refused:
        sell("pm_card_authenticationRequired", confirm={"off_session": True})
    assert refused.value.code == "authentication_required"


def test_3d_secure_for_the_browser_library_or_by_redirect(sell):
    library = sell("pm_card_threeDSecure2Required", confirm={"use_stripe_sdk": True})
    assert (library.status, library.next_action.type) == ("requires_action", "use_stripe_sdk")
    redirect = sell("pm_card_threeDSecure2Required")
    assert redirect.next_action.redirect_to_url.return_url == RETURN_URL


def test_an_optional_3d_secure_card_is_asked_only_on_request(sell):
    assert sell("pm_card_threeDSecureOptional").status == "succeeded"
    asked = sell(
        "pm_card_threeDSecureOptional",
        payment_method_options={"card": {"request_three_d_secure": "any"}},
    )
    assert asked.status == "requires_action"


def test_metadata_is_merged_key_by_key(server, account, sell):
    intent = sell(metadata={"a": "1", "b": "2"})

    def update(metadata):
        return server.api.v1.payment_intents.update(
            intent.id, params={"metadata": metadata}, options=on(account)
        ).metadata.to_dict()

    assert update({"b": "", "c": "3"}) == {"a": "1", "c": "3"}
    assert update("") == {}


def test_a_paid_payment_can_no_longer_change_its_amount(server, account, sell):
    intent = sell()
    changed = server.api.v1.payment_intents.update(intent.id, params={"amount": 700}, options=on(account))
    assert changed.amount == 700
    paid = sell("pm_card_visa")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        server.api.v1.payment_intents.update(paid.id, params={"amount": 700}, options=on(account))
    assert refused.value.code == "payment_intent_unexpected_state"
    server.api.v1.payment_intents.update(paid.id, params={"description": "kept"}, options=on(account))


def test_confirming_twice_or_without_a_card_is_refused(server, account, sell):
    paid = sell("pm_card_visa")
    for intent in (paid, sell()):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            server.api.v1.payment_intents.confirm(intent.id, params={"return_url": RETURN_URL}, options=on(account))
        assert refused.value.code == "payment_intent_unexpected_state"


def test_redirecting_methods_need_a_return_address(server, account, sell):
    intent = sell()
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        server.api.v1.payment_intents.confirm(intent.id, params={"payment_method": "pm_card_visa"}, options=on(account))


def test_accounts_do_not_see_one_another(server, account, sell):
    intent = sell("pm_card_visa")
    other = new_account(server)
    for options in (on(other), {}):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            server.api.v1.payment_intents.retrieve(intent.id, options=options)
        assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    assert server.api.v1.payment_intents.list(options=on(other)).data == []


def test_an_account_that_has_not_finished_onboarding_cannot_sell(server):
    with pytest.raises(stripe.InvalidRequestError, match="card_payments"):
        server.api.v1.payment_intents.create(
            params={"amount": 5000, "currency": "eur"}, options=on(new_account(server))
        )


def test_lists_turn_pages(server, account, sell):
    made = [sell().id for _ in range(5)]
    first = server.api.v1.payment_intents.list(params={"limit": 2}, options=on(account))
    assert ([i.id for i in first.data], first.has_more) == (made[:2:-1], True)
    assert [i.id for i in first.auto_paging_iter()] == made[::-1]
    before = server.api.v1.payment_intents.list(params={"limit": 2, "ending_before": made[1]}, options=on(account))
    assert [i.id for i in before.data] == [made[3], made[2]]
