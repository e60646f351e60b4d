"""Payouts: from a balance to a bank account."""

from __future__ import annotations

from payments.sandbox import shapes
from payments.sandbox.call import Call, endpoint, listing, merge_metadata
from payments.sandbox.errors import StripeError
from payments.sandbox.events import emit
from payments.sandbox.settlement import balances
from payments.sandbox.store import JsonObject, new_id, now


@endpoint("post", "/v1/payouts")
def create(call: Call) -> JsonObject:
    params = call.params
    amount, currency = params["amount"], params["currency"].lower()
    owner = call.owner()
    if not owner["payouts_enabled"]:
        raise StripeError("Payouts are not enabled on this account.", code="payouts_not_allowed")
    if balances(call).get(currency, (0, 0))[0] < amount:
        raise StripeError(
            "You have insufficient funds in your Stripe account for this transfer. Your card balance is too low. You "
            "can use the /v1/balance endpoint to view your Stripe balance.",
            code="balance_insufficient",
        )
    identifier = new_id("po")
    line = shapes.balance_transaction("payout", -amount, currency, source=identifier, description="STRIPE PAYOUT")
    call.save(line)
    banks = owner["external_accounts"]["data"]
    empty = (
        "application_fee application_fee_amount failure_balance_transaction failure_code failure_message "
        "original_payout payout_method reversed_by"
    )
    payout: JsonObject = {
        **dict.fromkeys(empty.split()),
        "id": identifier,
        "object": "payout",
        "amount": amount,
        "arrival_date": now(),
        "automatic": False,
        "balance_transaction": line["id"],
        "created": now(),
        "currency": currency,
        "description": params.get("description"),
        "destination": banks[0]["id"] if banks else None,
        "livemode": False,
        "metadata": {},
        "method": params.get("method", "standard"),
        "reconciliation_status": "not_applicable",
        "source_type": params.get("source_type", "card"),
        "statement_descriptor": params.get("statement_descriptor"),
        "status": "pending",
        "trace_id": None,
        "type": "bank_account",
    }
    merge_metadata(payout, params)
    call.save(payout)
    emit(call, "payout.created", payout)
    call.store.add_timer("payout_paid", identifier, call.account, call.settle_seconds)
    return payout


def arrive(call: Call, identifier: str) -> None:
    """The money of a payout has reached the bank."""
    payout = call.get("payout", identifier)
    if payout["status"] != "pending":
        return
    payout |= {"status": "paid", "trace_id": {"status": "supported", "value": new_id("trace", 12)}}
    call.save(payout)
    emit(call, "payout.updated", payout, {"status": "pending"})
    emit(call, "payout.paid", payout)


def fail(call: Call, identifier: str) -> JsonObject:
    """The bank sends the money of a payout back, also of one that had arrived. Raises when it failed or was canceled before."""
    payout = call.get("payout", identifier)
    if payout["status"] not in ("pending", "paid"):
        raise StripeError(f"Payout {payout['id']} has a status of {payout['status']} and cannot fail.")
    before = payout["status"]
    line = shapes.balance_transaction(
        "payout_failure", payout["amount"], payout["currency"], source=payout["id"], description="PAYOUT FAILURE"
    )
    call.save(line)
    payout |= {
        "status": "failed",
        "failure_balance_transaction": line["id"],
        "failure_code": "account_closed",
        "failure_message": "The bank account has been closed.",
    }
    call.save(payout)
    emit(call, "payout.updated", payout, {"status": before})
    emit(call, "payout.failed", payout)
    return payout


@endpoint("get", "/v1/payouts")
def list_all(call: Call) -> JsonObject:
    return listing(call, "payout", fields={n: call.params.get(n) for n in ("status", "destination")})


@endpoint("get", "/v1/payouts/{payout}")
def retrieve(call: Call) -> JsonObject:
    return call.get("payout", call.ids["payout"])


@endpoint("post", "/v1/payouts/{payout}")
def update(call: Call) -> JsonObject:
    payout = call.get("payout", call.ids["payout"])
    merge_metadata(payout, call.params)
    return call.save(payout)


@endpoint("post", "/v1/payouts/{payout}/cancel")
def cancel(call: Call) -> JsonObject:
    payout = call.get("payout", call.ids["payout"])
    if payout["status"] != "pending":
        raise StripeError(f"Payout {payout['id']} has a status of {payout['status']} and cannot be canceled.")
    line = shapes.balance_transaction("payout_cancel", payout["amount"], payout["currency"], source=payout["id"])
    call.save(line)
    payout |= {"status": "canceled", "failure_balance_transaction": line["id"]}
    call.save(payout)
    emit(call, "payout.canceled", payout)
    return payout
