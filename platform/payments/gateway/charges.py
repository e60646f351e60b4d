"""The buyer's money in, and back: PaymentIntents and refunds."""

from typing import Any

import stripe

from payments.gateway.call import PAGE, PLATFORM, of_account, provider, translated
from payments.gateway.facts import Intent, RefundAnswer, intent_facts, refund_facts


def create_intent(
    *,
    account_id: str,
    amount: int,
    currency: str,
    application_fee: int,
    order_id: str,
    number: str,
    key: str,
    takes_delayed: bool = False,
    on_behalf_of: str = "",
    customer: str = "",
    saves_card: bool = False,
) -> Intent:
    """Ask for money for an order: authorise now, capture when the places are secured. The same `key` gives the same one.

    With `takes_delayed` also by methods that cannot be authorised first: cards still are, whatever else is taken at once or days
    later. Without it the provider offers none of those.

    On PLATFORM it is a separate charge: no application fee is taken out of it, its transfers are grouped by the order, and
    where `on_behalf_of` names an account, its holder is the merchant.

    `customer` is a payer on the charged account, whose saved cards may pay it. With `saves_card` what pays it is kept for them,
    for payments that they are present at; then only methods that can be kept are offered.
    """
    params: stripe.params.PaymentIntentCreateParams = {
        "amount": amount,
        "currency": currency.lower(),
        "capture_method": "manual",
        "automatic_payment_methods": {"enabled": True},
        "description": number,
        "metadata": {"order_id": order_id, "order_number": number},
    }
    if account_id == PLATFORM:
        params["transfer_group"] = order_id
        if on_behalf_of:
            params["on_behalf_of"] = on_behalf_of
    else:
        params["application_fee_amount"] = application_fee
    if customer:
        params["customer"] = customer
    if saves_card:
        params["setup_future_usage"] = "on_session"
    if takes_delayed:
        params["capture_method"], params["payment_method_options"] = "automatic", {"card": {"capture_method": "manual"}}
    with translated():
        intent = provider().v1.payment_intents.create(params=params, options=of_account(account_id, key=key))
    return intent_facts(intent)


def fetch_intent(*, account_id: str, intent_id: str) -> Intent:
    """The intent as it is now, with its card: an event may be old, the object is not."""
    with translated():
        return intent_facts(
            provider().v1.payment_intents.retrieve(
                intent_id, params={"expand": ["latest_charge"]}, options=of_account(account_id)
            )
        )


def capture_intent(*, account_id: str, intent_id: str, key: str, application_fee: int | None = None) -> Intent:
    """Take the authorised money; `application_fee` (minor units) goes to the platform, without it what was asked for at first."""
    params: Any = {} if application_fee is None else {"application_fee_amount": application_fee}
    with translated():
        return intent_facts(
            provider().v1.payment_intents.capture(intent_id, params=params, options=of_account(account_id, key=key))
        )


def cancel_intent(*, account_id: str, intent_id: str, key: str) -> Intent:
    """Give up an intent and whatever it authorised. Raises ProviderRefused when its money is already taken."""
    with translated():
        return intent_facts(provider().v1.payment_intents.cancel(intent_id, options=of_account(account_id, key=key)))


def create_refund(*, account_id: str, intent_id: str, amount: int, refund_fee: bool, key: str) -> RefundAnswer:
    """Send `amount` minor units back, and our fee's share with it when `refund_fee`: how much of it, the provider decides."""
    params: stripe.params.RefundCreateParams = {"payment_intent": intent_id, "amount": amount}
    if account_id != PLATFORM:
        params["refund_application_fee"] = refund_fee
    with translated():
        made = provider().v1.refunds.create(params=params, options=of_account(account_id, key=key))
    return fetch_refund(account_id=account_id, refund_id=made.id)


def list_refunds(*, account_id: str, intent_id: str) -> list[RefundAnswer]:
    """Every refund of a payment as it is now, whoever made it."""
    params: Any = {"payment_intent": intent_id, "limit": PAGE, "expand": ["data.balance_transaction"]}
    with translated():
        page = provider().v1.refunds.list(params=params, options=of_account(account_id))
        return [refund_facts(one) for one in page.auto_paging_iter()]


def fetch_refund(*, account_id: str, refund_id: str) -> RefundAnswer:
    """The refund as it is now."""
    with translated():
        return refund_facts(
            provider().v1.refunds.retrieve(
                refund_id, params={"expand": ["balance_transaction"]}, options=of_account(account_id)
            )
        )
