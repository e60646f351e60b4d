"""Disputes and early fraud warnings: the test cards that cause them do so a moment after the payment."""

from __future__ import annotations

from payments.sandbox import shapes
from payments.sandbox.call import Call, endpoint, listing, merge_metadata
from payments.sandbox.cards import BY_NUMBER
from payments.sandbox.errors import StripeError
from payments.sandbox.events import emit
from payments.sandbox.fees import dispute_fee
from payments.sandbox.store import JsonObject, new_id, now

DUE_DAYS = 7
EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal "
    "customer_communication customer_email_address customer_name customer_purchase_ip customer_signature "
    "duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt "
    "refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation "
    "shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number "
    "uncategorized_file uncategorized_text"
).split()


def open_for(call: Call, charge_id: str) -> None:
    """The buyer's bank contests a charge: the money and a fee leave at once, unless it only asks."""
    charge = call.get("charge", charge_id)
    card = BY_NUMBER[charge["_card"]]
    dispute: JsonObject = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": charge["amount_captured"],
        "balance_transactions": [],
        "charge": charge_id,
        "created": now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now() + DUE_DAYS * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": card.inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": card.dispute,
        "status": "warning_needs_response" if card.inquiry else "needs_response",
    }
    charge |= {"disputed": True, "_inquiry": card.inquiry}
    if not card.inquiry:
        _book(call, dispute, -1)
    call.save(charge)
    call.save(dispute)
    emit(call, "charge.dispute.created", dispute)
    if not card.inquiry:
        emit(call, "charge.dispute.funds_withdrawn", dispute)


def _book(call: Call, dispute: JsonObject, sign: int) -> None:
    fee = dispute_fee(call.owner()["country"]) if sign < 0 else 0
    fees = [shapes.fee_detail("stripe_fee", fee, dispute["currency"])] if fee else []
    line = shapes.balance_transaction(
        "adjustment", sign * dispute["amount"], dispute["currency"], source=dispute["id"], fees=fees
    )
    call.save(line)
    dispute["balance_transactions"].append(line)


def warn_of_fraud(call: Call, charge_id: str) -> None:
    """The card network expects a dispute of this charge."""
    charge = call.get("charge", charge_id)
    warning: JsonObject = {
        "id": new_id("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": not charge["refunded"],
        "charge": charge_id,
        "created": now(),
        "fraud_type": "unauthorized_use_of_card",
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    call.save(warning)
    emit(call, "radar.early_fraud_warning.created", warning)


@endpoint("get", "/v1/disputes")
def list_all(call: Call) -> JsonObject:
    return listing(call, "dispute", fields={name: call.params.get(name) for name in ("charge", "payment_intent")})


@endpoint("get", "/v1/disputes/{dispute}")
def retrieve(call: Call) -> JsonObject:
    return call.get("dispute", call.ids["dispute"])


@endpoint("post", "/v1/disputes/{dispute}")
def update(call: Call) -> JsonObject:
    """Keep evidence; `submit` sends it, and its text decides (`winning_evidence`, `losing_evidence`)."""
    dispute = retrieve(call)
    if dispute["status"] not in ("needs_response", "warning_needs_response"):
        raise StripeError("This dispute is already closed or under review; its evidence can no longer change.")
    for name, value in (call.params.get("evidence") or {}).items():
        dispute["evidence"][name] = value or None
        dispute["evidence_details"]["has_evidence"] = True
    merge_metadata(dispute, call.params)
    if call.params.get("submit"):
        dispute["evidence_details"]["submission_count"] += 1
        dispute["status"] = "under_review" if dispute["status"] == "needs_response" else "warning_under_review"
        call.store.add_timer("dispute_decided", dispute["id"], call.account, call.settle_seconds)
    call.save(dispute)
    emit(call, "charge.dispute.updated", dispute)
    return dispute


def decide(call: Call, identifier: str) -> None:
    """The bank has read the evidence."""
    dispute = call.get("dispute", identifier)
    text = dispute["evidence"].get("uncategorized_text") or ""
    if dispute["status"] == "warning_under_review":
        dispute["status"] = "warning_closed"
    else:
        dispute["status"] = "won" if "winning_evidence" in text else "lost"
    if dispute["status"] == "won":
        _book(call, dispute, +1)
        emit(call, "charge.dispute.funds_reinstated", dispute)
    call.save(dispute)
    emit(call, "charge.dispute.closed", dispute)


@endpoint("post", "/v1/disputes/{dispute}/close")
def close(call: Call) -> JsonObject:
    dispute = retrieve(call)
    dispute["status"] = "lost"
    call.save(dispute)
    emit(call, "charge.dispute.closed", dispute)
    return dispute


@endpoint("get", "/v1/radar/early_fraud_warnings")
def list_warnings(call: Call) -> JsonObject:
    return listing(call, "radar.early_fraud_warning", fields={"charge": call.params.get("charge")})


@endpoint("get", "/v1/radar/early_fraud_warnings/{early_fraud_warning}")
def retrieve_warning(call: Call) -> JsonObject:
    return call.get("radar.early_fraud_warning", call.ids["early_fraud_warning"])
