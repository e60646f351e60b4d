"""PaymentIntents: the doors to `intents`."""

from __future__ import annotations

from payments.contract.rules import charge_limits
from payments.sandbox import intents, shapes
from payments.sandbox.call import Call, assign, endpoint, listing, merge_metadata
from payments.sandbox.errors import StripeError, missing, unexpected_state
from payments.sandbox.events import emit
from payments.sandbox.resources import payment_methods
from payments.sandbox.store import PLATFORM, JsonObject
from payments.sandbox.views import visible

COPIED = [
    "allowed_payment_method_types",
    "capture_method",
    "confirmation_method",
    "customer",
    "description",
    "excluded_payment_method_types",
    "on_behalf_of",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor_suffix",
    "transfer_group",
    "application_fee_amount",
]
CHANGEABLE_ALWAYS = {"description", "metadata", "expand", "receipt_email", "shipping", "transfer_group"}
NO_METHOD = (
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
    "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment "
    "method or ConfirmationToken."
)
NEEDS_RETURN_URL = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these "
    "payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't "
    "want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
    "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
)


def _intent(call: Call) -> JsonObject:
    """The PaymentIntent of the path; a publishable key must also know its client secret."""
    intent = call.get("payment_intent", call.ids["intent"])
    secret = call.params.get("client_secret")
    if (secret is not None or call.publishable) and secret != intent["client_secret"]:
        if call.publishable:
            raise missing("payment_intent", call.ids["intent"])
        raise StripeError(
            "The client_secret provided does not match the client_secret associated with the PaymentIntent.",
            code="payment_intent_invalid_parameter",
            param="client_secret",
        )
    return intent


@endpoint("post", "/v1/payment_intents")
def create(call: Call) -> JsonObject:
    params = call.params
    _check_sale(call, params)
    intent = shapes.payment_intent(params["amount"], params["currency"].lower())
    assign(intent, params, *COPIED)
    _apply_methods(call, intent, params)
    merge_metadata(intent, params)
    if call.account != PLATFORM:
        intent["application"] = call.store.setting("application")
    call.save(intent)
    emit(call, "payment_intent.created", intent)
    if "payment_method" in params or "payment_method_data" in params:
        intent |= {"payment_method": _method(call, intent, params)["id"], "status": "requires_confirmation"}
        call.save(intent)
    return _confirm(call, intent) if params.get("confirm") else intent


def _check_sale(call: Call, params: JsonObject) -> None:
    """Whether this account may take this payment."""
    owner = call.owner()
    if owner["capabilities"].get("card_payments") != "active" and call.account != PLATFORM:
        raise StripeError(
            "Your account cannot currently make charges: the connected account needs the card_payments capability. "
            "Complete its onboarding first.",
        )
    for param, account in (
        ("on_behalf_of", params.get("on_behalf_of")),
        ("transfer_data[destination]", (params.get("transfer_data") or {}).get("destination")),
    ):
        if account and call.store.find("account", account) is None:
            raise missing("account", account, param)
    merchant = call.store.find("account", params.get("on_behalf_of") or "")
    if merchant is not None and merchant["capabilities"].get("card_payments") != "active":
        raise StripeError(
            f"The account referenced in the 'on_behalf_of' parameter is missing the required capability card_payments: "
            f"{merchant['id']}.",
            param="on_behalf_of",
        )
    if "application_fee_amount" in params and call.account == PLATFORM and not params.get("transfer_data"):
        raise StripeError(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an OAuth "
            "key or Stripe-Account header) or destination payment (using `transfer_data[destination]`).",
            param="application_fee_amount",
        )
    if params.get("customer"):
        call.get("customer", params["customer"], "customer")


def _apply_methods(call: Call, intent: JsonObject, params: JsonObject) -> None:
    """How the buyer may pay: everything automatic, or the listed types alone."""
    if "allowed_payment_method_types" in params:
        intent["automatic_payment_methods"] = None
        if "card" not in params["allowed_payment_method_types"]:
            raise StripeError(
                "The sandbox takes cards only: allowed_payment_method_types must hold card.",
                code="payment_intent_invalid_parameter",
                param="allowed_payment_method_types",
            )
    elif "automatic_payment_methods" in params:
        given = params["automatic_payment_methods"]
        intent["automatic_payment_methods"] = {"allow_redirects": given.get("allow_redirects", "always"), **given}
    if "card" in (params.get("excluded_payment_method_types") or []):
        raise StripeError(
            "No valid payment method types for this Payment Intent. Please ensure that you have activated payment "
            "methods compatible with your chosen currency in your dashboard.",
            param="excluded_payment_method_types",
        )
    options = (params.get("payment_method_options") or {}).get("card")
    if isinstance(options, dict):
        intent["payment_method_options"]["card"] |= options
    if params.get("transfer_data"):
        intent["transfer_data"] = {"amount": None, **params["transfer_data"]}
    intent["payment_method_types"] = ["card", *(["sepa_debit"] if _takes_debits(call, intent) else [])]


def _takes_debits(call: Call, intent: JsonObject) -> bool:
    """What cannot be authorised first is offered only where the money is taken at once, to accounts that may."""
    return (
        call.owner()["capabilities"].get("sepa_debit_payments") == "active"
        and intent["currency"] == "eur"
        and intent["capture_method"] != "manual"
        and "sepa_debit" not in (intent["excluded_payment_method_types"] or [])
        and "sepa_debit" in (intent["allowed_payment_method_types"] or ["sepa_debit"])
    )


def _method(call: Call, intent: JsonObject, params: JsonObject) -> JsonObject:
    """The payment method that the parameters or the PaymentIntent name."""
    if "payment_method_data" in params:
        return payment_methods.make(call, params["payment_method_data"])
    identifier = params.get("payment_method") or intent["payment_method"]
    if not identifier:
        raise StripeError(NO_METHOD, code="payment_intent_unexpected_state", payment_intent=visible(intent))
    method = payment_methods.resolve(call, identifier)
    payment_methods.check_usable(method, intent["customer"])
    return method


@endpoint("get", "/v1/payment_intents")
def list_all(call: Call) -> JsonObject:
    return listing(call, "payment_intent", fields={"customer": call.params.get("customer")})


@endpoint("get", "/v1/payment_intents/{intent}")
def retrieve(call: Call) -> JsonObject:
    return _intent(call)


@endpoint("post", "/v1/payment_intents/{intent}")
def update(call: Call) -> JsonObject:
    intent, params = _intent(call), call.params
    open_for_changes = intent["status"] in intents.CONFIRMABLE
    if not open_for_changes and set(params) - CHANGEABLE_ALWAYS:
        raise unexpected_state(
            f"This PaymentIntent's {sorted(set(params) - CHANGEABLE_ALWAYS)[0]} could not be updated because it has a "
            f"status of {intent['status']}. You may only update the {sorted(set(params) - CHANGEABLE_ALWAYS)[0]} of a "
            "PaymentIntent with one of the following statuses: requires_payment_method, requires_confirmation, "
            "requires_action.",
            visible(intent),
        )
    assign(intent, params, *COPIED, "amount")
    if "currency" in params:
        intent["currency"] = params["currency"].lower()
    if "amount" in params or "currency" in params:
        for violation in charge_limits(intent["amount"], intent["currency"]):
            raise StripeError(violation.what, code=violation.code, param="amount")
    _check_fee(intent)
    _apply_methods(call, intent, params)
    merge_metadata(intent, params)
    if params.get("payment_method") or "payment_method_data" in params:
        intent |= {"payment_method": _method(call, intent, params)["id"], "status": "requires_confirmation"}
        intent["next_action"] = None
    return call.save(intent)


def _check_fee(intent: JsonObject) -> None:
    if (intent["application_fee_amount"] or 0) > intent["amount"]:
        raise StripeError("The application fee amount must not be larger than amount.", param="application_fee_amount")


@endpoint("post", "/v1/payment_intents/{intent}/confirm")
def confirm(call: Call) -> JsonObject:
    return _confirm(call, _intent(call))


def _confirm(call: Call, intent: JsonObject) -> JsonObject:
    if intent["status"] not in intents.CONFIRMABLE:
        word = {"succeeded": "it has already succeeded after being previously confirmed"}.get(
            intent["status"], f"it has a status of {intent['status']}"
        )
        raise unexpected_state(f"You cannot confirm this PaymentIntent because {word}.", visible(intent))
    params = call.params
    automatic = intent["automatic_payment_methods"] or {}
    may_redirect = automatic.get("enabled") and automatic.get("allow_redirects") != "never"
    if may_redirect and not call.publishable and not params.get("return_url"):
        raise StripeError(NEEDS_RETURN_URL)
    assign(intent, params, "receipt_email", "setup_future_usage", "shipping", "capture_method")
    options = (params.get("payment_method_options") or {}).get("card")
    if isinstance(options, dict):
        intent["payment_method_options"]["card"] |= options
    _check_fee(intent)
    return intents.confirm(call, intent, _method(call, intent, params), params)


@endpoint("post", "/v1/payment_intents/{intent}/capture")
def capture(call: Call) -> JsonObject:
    intent = _intent(call)
    merge_metadata(intent, call.params)
    return intents.capture(call, intent, call.params)


@endpoint("post", "/v1/payment_intents/{intent}/cancel")
def cancel(call: Call) -> JsonObject:
    return intents.cancel(call, _intent(call), call.params.get("cancellation_reason"))
