"""Refunds: money back to the card, with our fee and transfers on request."""

from __future__ import annotations

from payments.sandbox import shapes
from payments.sandbox.call import Call, endpoint, listing, merge_metadata
from payments.sandbox.cards import BY_NUMBER
from payments.sandbox.errors import StripeError, check_step
from payments.sandbox.events import emit
from payments.sandbox.settlement import refund_application_fee, reverse_transfer
from payments.sandbox.store import PLATFORM, JsonObject, new_id, now


def _destination(charge: JsonObject) -> JsonObject:
    """Where the money goes back to: the card, or by transfer to the account that was debited."""
    details = charge["payment_method_details"]
    if details and details["type"] == "sepa_debit":
        return {"sepa_bank_transfer": {"reference": None, "reference_status": "pending"}, "type": "sepa_bank_transfer"}
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    return {"card": card, "type": "card"}


@endpoint("post", "/v1/refunds")
def create(call: Call) -> JsonObject:
    charge = _charge(call)
    amount = _amount(call, charge)
    card = BY_NUMBER.get(charge.get("_card", ""))
    behaviour = card.refund if card else "succeeds"
    identifier = new_id("re")
    refund: JsonObject = {
        "id": identifier,
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "description": None,
        "destination_details": _destination(charge),
        "metadata": {},
        "next_action": None,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": call.params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if behaviour == "pending" else "succeeded",
        "transfer_reversal": None,
    }
    merge_metadata(refund, call.params)
    # Our fee first: a destination needs it to give back the whole of what it got.
    fee_part = _refund_fee(call, charge, amount) if call.params.get("refund_application_fee") else 0
    if call.params.get("reverse_transfer"):
        refund["transfer_reversal"] = _reverse(call, charge, amount, identifier)
    refund["balance_transaction"] = _book(call, charge, refund, fee_part)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    call.save(charge)
    call.save(refund)
    emit(call, "refund.created", refund)
    emit(call, "charge.refunded", charge)
    if behaviour != "succeeds":
        action = "refund_succeeds" if behaviour == "pending" else "refund_fails"
        call.store.add_timer(action, identifier, call.account, call.settle_seconds)
    return refund


def _charge(call: Call) -> JsonObject:
    """The charge to refund; raises when there is none that was paid."""
    if "charge" in call.params:
        charge = call.get("charge", call.params["charge"], "charge")
    else:
        intent = call.get("payment_intent", call.params["payment_intent"], "payment_intent")
        found = call.store.find("charge", intent["latest_charge"] or "", call.account)
        if found is None or not found["captured"]:
            raise StripeError(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                code="payment_intent_unexpected_state",
            )
        charge = found
    if not charge["captured"]:
        raise StripeError(f"Charge {charge['id']} has not been captured: cancel its PaymentIntent instead.")
    if charge["disputed"] and not charge.get("_inquiry"):
        raise StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    return charge


def _amount(call: Call, charge: JsonObject) -> int:
    left = int(charge["amount"] - charge["amount_refunded"])
    if left == 0:
        raise StripeError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = int(call.params.get("amount", left))
    check_step(amount, charge["currency"])
    if amount > left:
        raise StripeError(
            f"Refund amount ({amount} {charge['currency']}) is greater than unrefunded amount on charge "
            f"({left} {charge['currency']})",
            param="amount",
        )
    return amount


def _refund_fee(call: Call, charge: JsonObject, amount: int) -> int:
    """Give back our fee in proportion; returns how much."""
    platform = call.on(PLATFORM)
    if charge["application_fee"] is None:
        raise StripeError(f"Charge {charge['id']} has no application fee to refund.", param="refund_application_fee")
    fee = platform.get("application_fee", charge["application_fee"])
    whole = charge["amount_captured"]
    refunded_after = charge["amount_refunded"] - (charge["amount"] - whole) + amount
    # Worked out on the running total, so that rounding never leaves a cent behind after the last part.
    due: int = fee["amount"] * refunded_after // whole - fee["amount_refunded"]
    if due > 0:
        refund_application_fee(platform, fee, due, within_refund=call.account != PLATFORM)
    return max(due, 0)


def _reverse(call: Call, charge: JsonObject, amount: int, refund: str) -> str:
    """Take the destination's share back in proportion; the reversal's id."""
    if not charge.get("transfer"):
        raise StripeError(f"Charge {charge['id']} has no transfer to reverse.", param="reverse_transfer")
    transfer = call.get("transfer", charge["transfer"])
    share = min(
        transfer["amount"] - transfer["amount_reversed"],
        (transfer["amount"] * amount + charge["amount_captured"] // 2) // charge["amount_captured"],
    )
    return str(reverse_transfer(call, transfer, share, refund=refund)["id"])


def _book(call: Call, charge: JsonObject, refund: JsonObject, fee_part: int) -> str:
    """The line in the balance that pays for a refund; a direct charge gets our fee back in the same line."""
    fees = []
    if fee_part and call.account != PLATFORM:
        application = call.store.setting("application")
        fees.append(shapes.fee_detail("application_fee", -fee_part, charge["currency"], application))
    line = shapes.balance_transaction(
        "refund", -refund["amount"], charge["currency"], source=refund["id"], fees=fees, description="REFUND FOR CHARGE"
    )
    call.save(line)
    return str(line["id"])


def succeed(call: Call, identifier: str) -> None:
    """A pending refund has arrived."""
    refund = call.get("refund", identifier)
    refund["status"] = "succeeded"
    call.save(refund)
    emit(call, "refund.updated", refund, {"status": "pending"})
    emit(call, "charge.refund.updated", refund, {"status": "pending"})


def fail(call: Call, identifier: str) -> None:
    """A refund that had succeeded comes back: the money is in the balance again."""
    refund = call.get("refund", identifier)
    line = shapes.balance_transaction(
        "refund_failure", refund["amount"], refund["currency"], source=identifier, description="REFUND FAILURE"
    )
    call.save(line)
    refund |= {
        "status": "failed",
        "failure_reason": "expired_or_canceled_card",
        "failure_balance_transaction": line["id"],
    }
    charge = call.get("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    call.save(charge)
    call.save(refund)
    emit(call, "refund.updated", refund, {"status": "succeeded"})
    emit(call, "charge.refund.updated", refund, {"status": "succeeded"})
    emit(call, "refund.failed", refund)


@endpoint("get", "/v1/refunds")
def list_all(call: Call) -> JsonObject:
    return listing(call, "refund", fields={name: call.params.get(name) for name in ("charge", "payment_intent")})


@endpoint("get", "/v1/refunds/{refund}")
def retrieve(call: Call) -> JsonObject:
    return call.get("refund", call.ids["refund"])


@endpoint("post", "/v1/refunds/{refund}")
def update(call: Call) -> JsonObject:
    refund = call.get("refund", call.ids["refund"])
    merge_metadata(refund, call.params)
    call.save(refund)
    emit(call, "refund.updated", refund)
    return refund
