"""Disputes: a buyer's bank takes the money back until it has decided."""

from __future__ import annotations

from payments.sandbox import shapes
from payments.sandbox.call import Call, endpoint, listing, merge_metadata
from payments.sandbox.cards import BY_NUMBER
from payments.sandbox.errors import StripeError
from payments.sandbox.events import emit
from payments.sandbox.fees import dispute_fee
from payments.sandbox.store import JsonObject, new_id, now

EVIDENCE_DAYS = 7
OPEN = ("needs_response", "warning_needs_response")
REVIEWED = ("under_review", "warning_under_review")
EVIDENCE_FIELDS = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
]


def open_dispute(call: Call, charge_id: str) -> None:
    """The bank of a dispute card speaks up about what was not refunded meanwhile."""
    charge = call.get("charge", charge_id)
    card = BY_NUMBER[charge["_card"]]
    if charge["amount_captured"] > charge["amount_refunded"]:
        dispute_charge(call, charge, reason=card.dispute or "general", inquiry=card.inquiry)


def dispute_charge(
    call: Call, charge: JsonObject, *, reason: str, inquiry: bool = False, amount: int | None = None
) -> JsonObject:
    """Dispute `amount` of a charge (what was not refunded, unless said): it and a fee leave the balance, except for an inquiry.

    Raises when the charge is disputed already, was not captured, or went back in full.
    """
    charge_id, card = charge["id"], BY_NUMBER[charge["_card"]]
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["disputed"] or not charge["captured"] or left <= 0:
        raise StripeError(f"Charge {charge_id} cannot be disputed.")
    dispute: JsonObject = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount or left,
        "balance_transactions": [],
        "charge": charge_id,
        "created": now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE_FIELDS), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now() + EVIDENCE_DAYS * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": card.brand,
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": card.brand,
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    if not inquiry:
        fee = dispute_fee(call.owner()["country"])
        line = _book(call, dispute, -dispute["amount"], fee)
        dispute["balance_transactions"] = [line]
    charge |= {"disputed": True, "_inquiry": inquiry}
    call.save(charge)
    call.save(dispute)
    emit(call, "charge.dispute.created", dispute)
    if not inquiry:
        emit(call, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def _book(call: Call, dispute: JsonObject, amount: int, fee: int) -> JsonObject:
    detail = {**shapes.fee_detail("stripe_fee", fee, dispute["currency"]), "description": "Dispute fee"}
    line = shapes.balance_transaction(
        "adjustment",
        amount,
        dispute["currency"],
        source=dispute["id"],
        fees=[detail] if fee else [],
        description=f"Chargeback {'withdrawal' if amount < 0 else 'reversal'} for {dispute['charge']}",
    )
    return call.save(line)


@endpoint("get", "/v1/disputes")
def list_all(call: Call) -> JsonObject:
    return listing(call, "dispute", fields={name: call.params.get(name) for name in ("charge", "payment_intent")})


@endpoint("get", "/v1/disputes/{dispute}")
def retrieve(call: Call) -> JsonObject:
    return call.get("dispute", call.ids["dispute"])


@endpoint("post", "/v1/disputes/{dispute}")
def update(call: Call) -> JsonObject:
    dispute = call.get("dispute", call.ids["dispute"])
    if "evidence" in call.params and dispute["status"] not in OPEN:
        raise StripeError(f"This dispute has a status of {dispute['status']}: its evidence can no longer be changed.")
    _check_files(call, call.params.get("evidence") or {})
    merge_metadata(dispute, call.params)
    given = call.params.get("evidence") or {}
    dispute["evidence"] |= {key: value or None for key, value in given.items()}
    dispute["evidence_details"]["has_evidence"] |= bool(given)
    if given and call.params.get("submit", True):
        dispute["evidence_details"]["submission_count"] += 1
        dispute["evidence_details"]["submission_method"] = "manual"
        dispute["status"] = "under_review" if dispute["status"] == "needs_response" else "warning_under_review"
        call.store.add_timer("dispute_decided", dispute["id"], call.account, call.settle_seconds)
    call.save(dispute)
    emit(call, "charge.dispute.updated", dispute)
    return dispute


FILE_FIELDS = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
LONGEST_EVIDENCE = 20_000


def _check_files(call: Call, evidence: JsonObject) -> None:
    """Files must be there, uploaded for this; texts have a bound."""
    for name, value in evidence.items():
        if (
            name in FILE_FIELDS
            and value
            and call.get("file", value, f"evidence[{name}]")["purpose"] != "dispute_evidence"
        ):
            raise StripeError(f"File {value} was not uploaded as dispute_evidence.", param=f"evidence[{name}]")
        if name not in FILE_FIELDS and isinstance(value, str) and len(value) > LONGEST_EVIDENCE:
            raise StripeError("Evidence is limited to 20,000 characters a field.", param=f"evidence[{name}]")


@endpoint("post", "/v1/disputes/{dispute}/close")
def close(call: Call) -> JsonObject:
    dispute = call.get("dispute", call.ids["dispute"])
    if dispute["status"] not in OPEN:
        raise StripeError(f"This dispute has a status of {dispute['status']} and cannot be closed.")
    return _end(call, dispute, won=False)


def decide(call: Call, identifier: str) -> None:
    """The bank has read the evidence: `winning_evidence` wins, anything else loses."""
    dispute = call.get("dispute", identifier)
    if dispute["status"] not in REVIEWED:
        return  # the test controls have decided it
    _end(call, dispute, won="winning_evidence" in str(dispute["evidence"]["uncategorized_text"]))


def conclude(call: Call, identifier: str, *, won: bool) -> JsonObject:
    """The bank has decided, whatever the evidence says. Raises when it had before."""
    dispute = call.get("dispute", identifier)
    if dispute["status"] not in OPEN + REVIEWED:
        raise StripeError(f"Dispute {identifier} has a status of {dispute['status']}: it is decided.")
    return _end(call, dispute, won=won)


def _end(call: Call, dispute: JsonObject, *, won: bool) -> JsonObject:
    inquiry = dispute["status"].startswith("warning_")
    dispute["status"] = "warning_closed" if inquiry else "won" if won else "lost"
    if won and not inquiry:
        dispute["balance_transactions"].append(_book(call, dispute, dispute["amount"], 0))
        charge = call.get("charge", dispute["charge"])
        call.save({**charge, "disputed": True})
    call.save(dispute)
    emit(call, "charge.dispute.closed", dispute)
    if won and not inquiry:
        emit(call, "charge.dispute.funds_reinstated", dispute)
    return dispute


def warn_of_fraud(call: Call, charge_id: str) -> JsonObject:
    """A card network's early warning."""
    charge = call.get("charge", charge_id)
    warning: JsonObject = {
        "id": new_id("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": True,
        "charge": charge_id,
        "created": now(),
        "fraud_type": "misc",
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    call.save(warning)
    emit(call, "radar.early_fraud_warning.created", warning)
    return warning


@endpoint("get", "/v1/radar/early_fraud_warnings")
def list_warnings(call: Call) -> JsonObject:
    fields = {name: call.params.get(name) for name in ("charge", "payment_intent")}
    return listing(call, "radar.early_fraud_warning", fields=fields)


@endpoint("get", "/v1/radar/early_fraud_warnings/{early_fraud_warning}")
def retrieve_warning(call: Call) -> JsonObject:
    return call.get("radar.early_fraud_warning", call.ids["early_fraud_warning"])
