"""Fresh objects with every field that Stripe shows."""

from __future__ import annotations

import hashlib
from typing import Any

from payments.sandbox.cards import TestCard
from payments.sandbox.store import JsonObject, new_id, now

EMPTY_ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
AUTHORIZATION_DAYS = 7


def billing_details(given: JsonObject | None) -> JsonObject:
    """Billing details with nulls for what was not given."""
    given = given or {}
    address = given.get("address")
    return {
        "address": {**EMPTY_ADDRESS, **(address if isinstance(address, dict) else {})},
        "email": given.get("email") or None,
        "name": given.get("name") or None,
        "phone": given.get("phone") or None,
        "tax_id": given.get("tax_id") or None,
    }


def payment_method(kind: str, given: JsonObject) -> JsonObject:
    """What every PaymentMethod has, whatever its type."""
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": given.get("allow_redisplay", "unspecified"),
        "billing_details": billing_details(given.get("billing_details")),
        "created": now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": given.get("metadata") or {},
        "type": kind,
    }


def card_payment_method(card: TestCard, *, exp_month: int, exp_year: int, given: JsonObject) -> JsonObject:
    """A PaymentMethod for a test card; `_card` names the card, whose number is published."""
    return {
        **payment_method("card", given),
        "card": {
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": None},
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": exp_month,
            "exp_year": exp_year,
            "fingerprint": hashlib.sha256(card.number.encode()).hexdigest()[:16],
            "funding": card.funding,
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "_card": card.number,
    }


def payment_intent(amount: int, currency: str) -> JsonObject:
    """A PaymentIntent that has not been tried yet; `amount` in minor units."""
    identifier = new_id("pi")
    empty = (
        "allowed_payment_method_types application application_fee_amount canceled_at cancellation_reason customer "
        "customer_account description excluded_payment_method_types last_payment_error latest_charge next_action "
        "on_behalf_of payment_method payment_method_configuration_details processing receipt_email review "
        "setup_future_usage shipping source statement_descriptor statement_descriptor_suffix transfer_data "
        "transfer_group"
    )
    return {
        "id": identifier,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "capture_method": "automatic_async",
        "client_secret": new_id(f"{identifier}_secret"),
        "confirmation_method": "automatic",
        "created": now(),
        "currency": currency,
        "livemode": False,
        "metadata": {},
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        **dict.fromkeys(empty.split()),
    }


def charge(intent: JsonObject, method: JsonObject) -> JsonObject:
    """A charge of a PaymentIntent with a card; whether it worked is filled in by the caller."""
    identifier = new_id("ch")
    empty = (
        "application application_fee application_fee_amount balance_transaction failure_balance_transaction "
        "failure_code failure_message receipt_number receipt_url review source source_transfer"
    )
    copied = (
        "amount currency customer description on_behalf_of receipt_email shipping statement_descriptor "
        "statement_descriptor_suffix transfer_data transfer_group"
    )
    return {
        **dict.fromkeys(empty.split()),
        **{name: intent[name] for name in copied.split()},
        "id": identifier,
        "object": "charge",
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SANDBOX",
        "captured": False,
        "created": now(),
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"card": _charged_card(intent, method), "type": "card"} if "card" in method else None,
        "radar_options": {},
        "refunded": False,
        "status": "pending",
        "_card": method["_card"],
    }


def is_manual(intent: JsonObject) -> bool:
    """Whether a card is authorised first: by the PaymentIntent, or by its option for cards alone."""
    return "manual" in (intent["capture_method"], intent["payment_method_options"]["card"].get("capture_method"))


def _charged_card(intent: JsonObject, method: JsonObject) -> JsonObject:
    card = method["card"]
    manual = is_manual(intent)
    shown: JsonObject = {
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "brand": card["brand"],
        "checks": {**card["checks"], "cvc_check": "pass"},
        "country": card["country"],
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "extended_authorization": {"status": "disabled"},
        "fingerprint": card["fingerprint"],
        "funding": card["funding"],
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": str(int(hashlib.sha256(intent["id"].encode()).hexdigest()[:12], 16)).zfill(15)[:15],
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "transaction_link_id": None,
        "wallet": None,
    }
    if manual:
        shown["capture_before"] = now() + AUTHORIZATION_DAYS * 86400
    return shown


def outcome(card: TestCard, *, declined: bool, reason: str | None = None) -> JsonObject:
    """How a charge ended, as the network and the risk engine tell it."""
    shown: JsonObject = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": card.risk,
        "risk_score": {"normal": 20, "elevated": 70, "highest": 92}[card.risk],
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if declined and card.blocked:
        shown |= {"network_status": "not_sent_to_network", "reason": "highest_risk_level", "type": "blocked"}
        shown["seller_message"] = "Stripe blocked this payment as too risky."
    elif declined:
        shown |= {"network_status": "declined_by_network", "reason": reason, "type": "issuer_declined"}
        shown["seller_message"] = "The bank did not return any further details with this decline."
        shown["network_decline_code"] = "05"
    return shown


def balance_transaction(
    kind: str,
    amount: int,
    currency: str,
    *,
    source: str | None,
    fees: list[JsonObject] | None = None,
    description: str | None = None,
    available_on: int | None = None,
) -> JsonObject:
    """One line of an account's balance: `amount` and fees in minor units, net worked out."""
    fees = fees or []
    fee = sum(f["amount"] for f in fees)
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now() if available_on is None else available_on,
        "balance_type": "payments",
        "created": now(),
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": fees,
        "net": amount - fee,
        "reporting_category": REPORTING_CATEGORIES[kind],
        "source": source,
        "status": "pending",
        "type": kind,
    }


REPORTING_CATEGORIES = {
    "adjustment": "dispute",
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
    "charge": "charge",
    "payment": "charge",
    "payment_refund": "refund",
    "payout": "payout",
    "payout_cancel": "payout_reversal",
    "payout_failure": "payout_reversal",
    "refund": "refund",
    "refund_failure": "refund_failure",
    "stripe_fee": "fee",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
}


def fee_detail(kind: str, amount: int, currency: str, application: str | None = None) -> JsonObject:
    """One part of a balance transaction's fee."""
    words: dict[str, Any] = {"stripe_fee": "Stripe processing fees", "application_fee": "Application fee"}
    return {
        "amount": amount,
        "application": application,
        "currency": currency,
        "description": words[kind],
        "type": kind,
    }
