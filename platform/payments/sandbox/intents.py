"""The life of a PaymentIntent: attempts, 3-D Secure, capture, cancellation."""

from __future__ import annotations

from typing import Any

from payments.sandbox import debits, shapes
from payments.sandbox.call import Call
from payments.sandbox.cards import AUTHENTICATION_REQUIRED, BY_NUMBER, Decline, TestCard
from payments.sandbox.errors import StripeError, check_step, unexpected_state
from payments.sandbox.events import emit
from payments.sandbox.settlement import settle_charge
from payments.sandbox.store import JsonObject, new_id, now
from payments.sandbox.views import visible

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action")
AUTHENTICATION_FAILED = (
    "We are unable to authenticate your payment method. Please choose a different payment method and try again."
)


def confirm(call: Call, intent: JsonObject, method: JsonObject, params: JsonObject) -> JsonObject:
    """Try to pay with a payment method.

    Ends in succeeded, requires_capture or requires_action; a refused card raises card_error after the failure was
    written down. `params` are those of the confirmation: off_session, return_url, use_stripe_sdk and so on.
    """
    intent |= {"payment_method": method["id"], "last_payment_error": None, "next_action": None}
    intent["_confirmation"] = {
        "return_url": params.get("return_url") or None,
        "use_stripe_sdk": bool(params.get("use_stripe_sdk")),
        "off_session": bool(params.get("off_session")),
    }
    if method["type"] == "sepa_debit":
        return debits.begin(call, intent, method, params)
    card = BY_NUMBER[method["_card"]]
    if not needs_authentication(card, method, intent):
        return charge(call, intent, method, authenticated=False)
    if intent["_confirmation"]["off_session"] or params.get("error_on_requires_action"):
        return decline(call, intent, method, AUTHENTICATION_REQUIRED)
    return ask_for_authentication(call, intent)


def needs_authentication(card: TestCard, method: JsonObject, intent: JsonObject) -> bool:
    """Whether this attempt must pass 3-D Secure."""
    options = (intent["payment_method_options"] or {}).get("card") or {}
    if options.get("request_three_d_secure") in ("any", "challenge") and card.three_d_secure != "none":
        return True
    off_session = intent["_confirmation"]["off_session"]
    if card.three_d_secure == "unless_set_up":
        return not (off_session and method.get("_set_up"))
    if card.three_d_secure == "set_up":
        return not off_session
    return card.three_d_secure == "required"


def ask_for_authentication(call: Call, intent: JsonObject) -> JsonObject:
    """Wait for the buyer: in the browser library's dialog, or on a page that leads back to `return_url`."""
    intent["_challenge"] = new_id("payatt", 32)
    url = f"{call.base_url}/challenge/{intent['id']}/{intent['_challenge']}"
    return_url = intent["_confirmation"]["return_url"]
    if intent["_confirmation"]["use_stripe_sdk"] or return_url is None:
        action: JsonObject = {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url, "source": intent["_challenge"]},
        }
    else:
        action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
    intent |= {"status": "requires_action", "next_action": action}
    call.save(intent)
    emit(call, "payment_intent.requires_action", intent)
    return intent


def finish_authentication(call: Call, intent: JsonObject, *, passed: bool) -> JsonObject:
    """The buyer's bank has answered. A refused card is written down and does not raise: nobody waits for it here."""
    method = call.get("payment_method", intent["payment_method"])
    intent |= {"next_action": None, "_challenge": None}
    if passed:
        try:
            return charge(call, intent, method, authenticated=True)
        except StripeError:
            return intent
    error = {
        "type": "invalid_request_error",
        "code": "payment_intent_authentication_failure",
        "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
        "message": AUTHENTICATION_FAILED,
        "payment_method": visible(method),
    }
    intent |= {"status": "requires_payment_method", "payment_method": None, "last_payment_error": error}
    call.save(intent)
    emit(call, "payment_intent.payment_failed", intent)
    return intent


def charge(call: Call, intent: JsonObject, method: JsonObject, *, authenticated: bool) -> JsonObject:
    """Ask the card for the money: authorised and, unless capture is manual, captured at once."""
    card = BY_NUMBER[method["_card"]]
    if card.decline is not None:
        return decline(call, intent, method, card.decline, authenticated=authenticated)
    made = shapes.charge(intent, method)
    made |= {
        "outcome": shapes.outcome(card, declined=False),
        "paid": True,
        "status": "succeeded",
        "receipt_url": f"{call.base_url}/receipts/{made['id']}",
    }
    made["payment_method_details"]["card"]["authorization_code"] = made["id"][-6:].upper()
    made["payment_method_details"]["card"]["three_d_secure"] = three_d_secure_result() if authenticated else None
    method["card"]["checks"]["cvc_check"] = "pass"
    if authenticated and intent["setup_future_usage"]:
        method["_set_up"] = True
    is_saved = bool(intent["setup_future_usage"] and intent["customer"] and not method["customer"])
    if is_saved:
        method["customer"] = intent["customer"]
    call.save(method)
    if is_saved:
        emit(call, "payment_method.attached", method)
    intent |= {"latest_charge": made["id"], "next_action": None, "last_payment_error": None}
    if shapes.is_manual(intent):
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        call.save(made)
        call.save(intent)
        emit(call, "charge.succeeded", made)
        emit(call, "payment_intent.amount_capturable_updated", intent)
        return intent
    made |= {"captured": True, "amount_captured": intent["amount"]}
    call.save(made)
    emit(call, "charge.succeeded", made)
    return _collected(call, intent, made, intent["amount"])


def finish_debit(call: Call, intent_id: str) -> None:
    """A debit's bank has answered, days later: the money is there, or it never comes."""
    intent = call.get("payment_intent", intent_id)
    if intent["status"] != "processing":
        return
    method = call.get("payment_method", intent["payment_method"])
    made = call.get("charge", intent["latest_charge"])
    if code := debits.BY_IBAN[method["_iban"]].fails:
        debits.fail(call, intent, made, method, code)
        return
    made |= {"status": "succeeded", "paid": True, "captured": True, "amount_captured": intent["amount"]}
    emit(call, "charge.succeeded", made)
    _collected(call, intent, made, intent["amount"])


def three_d_secure_result() -> JsonObject:
    """What a charge shows after its buyer has authenticated."""
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": new_id("dsid", 20),
        "version": "2.2.0",
    }


def _collected(call: Call, intent: JsonObject, made: JsonObject, amount: int) -> JsonObject:
    """Book the captured amount and finish the PaymentIntent."""
    settle_charge(call, made, amount, intent["application_fee_amount"])
    call.save(made)
    intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
    call.save(intent)
    emit(call, "payment_intent.succeeded", intent)
    emit(call, "charge.updated", made, {"balance_transaction": None, "receipt_url": None})
    card = BY_NUMBER[made["_card"]]
    if card.dispute:
        call.store.add_timer("dispute", made["id"], call.account, call.settle_seconds)
    if card.fraud_warning:
        call.store.add_timer("fraud_warning", made["id"], call.account, call.settle_seconds)
    return intent


def decline(
    call: Call, intent: JsonObject, method: JsonObject, reason: Decline, *, authenticated: bool = False
) -> JsonObject:
    """Write the failed charge down and raise card_error (402)."""
    card = BY_NUMBER[method["_card"]]
    made = shapes.charge(intent, method)
    made |= {
        "failure_code": reason.code,
        "failure_message": reason.message,
        "outcome": shapes.outcome(card, declined=True, reason=reason.decline_code or reason.code),
        "status": "failed",
    }
    made["payment_method_details"]["card"]["three_d_secure"] = three_d_secure_result() if authenticated else None
    if reason.code == "incorrect_cvc":
        made["payment_method_details"]["card"]["checks"]["cvc_check"] = "fail"
    call.save(made)
    details: dict[str, Any] = {
        "charge": made["id"],
        "decline_code": reason.decline_code,
        "advice_code": reason.advice_code,
        "param": {"incorrect_cvc": "cvc", "expired_card": "exp_month"}.get(reason.code, ""),
        "payment_method": visible(method),
    }
    failure = StripeError(
        reason.message, status=402, type="card_error", code=reason.code, keeps_changes=True, **details
    )
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "latest_charge": made["id"],
        "next_action": None,
        "last_payment_error": dict(failure.error),
    }
    call.save(intent)
    emit(call, "charge.failed", made)
    emit(call, "payment_intent.payment_failed", intent)
    failure.error["payment_intent"] = visible(intent)
    raise failure


def capture(call: Call, intent: JsonObject, params: JsonObject) -> JsonObject:
    """Take the authorised money, once; what is not captured goes back to the buyer."""
    if intent["status"] != "requires_capture":
        raise unexpected_state(
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}. "
            "Only a PaymentIntent with one of the following statuses may be captured: requires_capture.",
            visible(intent),
        )
    capturable: int = intent["amount_capturable"]
    amount: int = params.get("amount_to_capture", capturable)
    if amount > intent["amount_capturable"]:
        raise StripeError(
            f"The remaining amount available to capture for this PaymentIntent is {intent['amount_capturable']} "
            f"{intent['currency']}, but you asked for {amount}.",
            code="amount_too_large",
            param="amount_to_capture",
        )
    for name in ("amount_to_capture", "application_fee_amount"):
        check_step(params.get(name), intent["currency"], param=name)
    if "application_fee_amount" in params:
        intent["application_fee_amount"] = params["application_fee_amount"]
    if (intent["application_fee_amount"] or 0) > amount:
        raise StripeError(
            "The application fee amount must not be larger than the amount captured.", param="application_fee_amount"
        )
    made = call.get("charge", intent["latest_charge"])
    made |= {"captured": True, "amount_captured": amount, "amount_refunded": made["amount"] - amount}
    emit(call, "charge.captured", made)
    return _collected(call, intent, made, amount)


def cancel(call: Call, intent: JsonObject, reason: str | None) -> JsonObject:
    """Give up a PaymentIntent; an authorisation is released."""
    if intent["status"] not in CANCELABLE:
        raise unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. "
            "Only a PaymentIntent with one of the following statuses may be canceled: "
            "requires_payment_method, requires_capture, requires_confirmation, requires_action.",
            visible(intent),
        )
    if intent["status"] == "requires_capture":
        _release(call, intent, expired=reason == "automatic")
    intent |= {
        "status": "canceled",
        "canceled_at": now(),
        "cancellation_reason": reason,
        "amount_capturable": 0,
        "next_action": None,
        "_challenge": None,
    }
    call.save(intent)
    emit(call, "payment_intent.canceled", intent)
    return intent


def _release(call: Call, intent: JsonObject, *, expired: bool) -> None:
    made = call.get("charge", intent["latest_charge"])
    made |= {"refunded": True, "amount_refunded": made["amount"]}
    call.save(made)
    emit(call, "charge.expired" if expired else "charge.refunded", made)
