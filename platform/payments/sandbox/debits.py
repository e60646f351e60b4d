"""SEPA direct debits: the published test accounts, and what becomes of a debit days after the buyer has confirmed it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from payments.sandbox import shapes
from payments.sandbox.call import Call
from payments.sandbox.errors import StripeError
from payments.sandbox.events import emit
from payments.sandbox.store import JsonObject, new_id

LIKE_CARD = "4242424242424242"  # what else happens to its money, for instance a refund, happens as with this card
DAYS_LATER = 3 * 86400.0  # of the slow accounts, unless the timers are rung before


@dataclass(frozen=True, slots=True)
class TestAccount:
    """One test IBAN. `fails` is the code of its bank's answer; a slow one answers only after days."""

    iban: str
    fails: str = ""
    is_slow: bool = False

    @property
    def country(self) -> str:
        return self.iban[:2]


ACCOUNTS = (
    TestAccount("DE89370400440532013000"),
    TestAccount("DE08370400440532013003", is_slow=True),
    TestAccount("DE62370400440532013001", fails="generic_decline"),
    TestAccount("DE78370400440532013004", fails="generic_decline", is_slow=True),
    TestAccount("DE65370400440000343434", fails="insufficient_funds"),
    TestAccount("AT611904300234573201"),
    TestAccount("AT591904300235473203", fails="generic_decline"),
    TestAccount("FR1420041010050500013M02606"),
    TestAccount("NL39RABO0300065264"),
)
BY_IBAN = {account.iban: account for account in ACCOUNTS}


def payment_method(given: JsonObject) -> JsonObject:
    """A PaymentMethod for a test account, from `{sepa_debit: {iban}, billing_details: {name, email}}`. Raises StripeError."""
    iban = str((given.get("sepa_debit") or {}).get("iban", "")).replace(" ", "").upper()
    account = BY_IBAN.get(iban)
    if account is None:
        raise StripeError(
            "The IBAN you provided is invalid.", code="invalid_bank_account_iban", param="sepa_debit[iban]"
        )
    details = given.get("billing_details") or {}
    for name in ("name", "email"):
        if not details.get(name):
            param = f"billing_details[{name}]"
            raise StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)
    return {
        **shapes.payment_method("sepa_debit", given),
        "sepa_debit": {
            "bank_code": iban[4:12],
            "branch_code": "",
            "country": account.country,
            "fingerprint": hashlib.sha256(iban.encode()).hexdigest()[:16],
            "generated_from": {"charge": None, "setup_attempt": None},
            "last4": iban[-4:],
        },
        "_card": LIKE_CARD,
        "_iban": iban,
    }


def begin(call: Call, intent: JsonObject, method: JsonObject, params: JsonObject) -> JsonObject:
    """The buyer has agreed to a debit: it is under way, and nobody knows for days whether the money comes."""
    if intent["capture_method"] == "manual":
        raise StripeError(
            "The payment method type sepa_debit does not support manual capture.",
            code="payment_intent_incompatible_payment_method",
            param="payment_method",
        )
    if "sepa_debit" not in intent["payment_method_types"]:
        raise StripeError(
            "The payment method type sepa_debit is not allowed for this PaymentIntent: the account has not activated it, or "
            "the currency is not eur.",
            code="payment_intent_invalid_parameter",
            param="payment_method",
        )
    if (
        not call.publishable and not params.get("mandate_data") and not method["customer"]
    ):  # a saved one has its mandate
        raise StripeError(
            "This PaymentIntent requires a mandate, but no existing mandate was found. Collect mandate acceptance from the "
            "customer and retry, providing acceptance data in the mandate_data parameter.",
            code="payment_intent_mandate_invalid",
        )
    made = shapes.charge(intent, method)
    made |= {"id": new_id("py"), "status": "pending"}
    made["payment_method_details"] = {
        "sepa_debit": {
            **{
                key: method["sepa_debit"][key]
                for key in ("bank_code", "branch_code", "country", "fingerprint", "last4")
            },
            "expected_debit_date": None,
            "location": None,
            "mandate": new_id("mandate"),
            "reader": None,
        },
        "type": "sepa_debit",
    }
    call.save(made)
    intent |= {"status": "processing", "latest_charge": made["id"], "next_action": None, "last_payment_error": None}
    call.save(intent)
    if intent["setup_future_usage"] and intent["customer"] and not method["customer"]:
        method["customer"] = intent["customer"]
        call.save(method)
        emit(call, "payment_method.attached", method)
    emit(call, "charge.pending", made)
    emit(call, "payment_intent.processing", intent)
    is_slow = BY_IBAN[method["_iban"]].is_slow
    call.store.add_timer("debit", intent["id"], call.account, DAYS_LATER if is_slow else call.settle_seconds)
    return intent


def fail(call: Call, intent: JsonObject, made: JsonObject, method: JsonObject, code: str) -> None:
    """The buyer's bank sends nothing."""
    words = (
        "The customer's account has insufficient funds." if code == "insufficient_funds" else "The debit was declined."
    )
    made |= {"status": "failed", "failure_code": code, "failure_message": words}
    error: dict[str, Any] = {
        "type": "card_error",
        "code": "payment_intent_payment_attempt_failed",
        "decline_code": code,
        "charge": made["id"],
        "message": words,
        "payment_method": {key: value for key, value in method.items() if not key.startswith("_")},
    }
    call.save(made)
    intent |= {"status": "requires_payment_method", "payment_method": None, "last_payment_error": error}
    call.save(intent)
    emit(call, "charge.failed", made)
    emit(call, "payment_intent.payment_failed", intent)
