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
    amount, currency = call.params["amount"], call.params["currency"].lower()
    available, _pending = balances(call).get(currency, (0, 0))
    if amount > available:
        raise StripeError(
            "You have insufficient funds in your Stripe account for this transfer.", code="balance_insufficient"
        )
    identifier = new_id("po")
    line = shapes.balance_transaction("payout", -amount, currency, source=identifier, description="STRIPE PAYOUT")
    call.save(line)
    empty = (
        "application_fee application_fee_amount destination failure_balance_transaction failure_code failure_message "
        "original_payout payout_method reversed_by statement_descriptor trace_id"
    )
    payout: JsonObject = {
        **dict.fromkeys(empty.split()),
        "id": identifier,
        "object": "payout",
        "amount": amount,
        "arrival_date": now() + 86400,
        "automatic": False,
        "balance_transaction": line["id"],
        "created": now(),
        "currency": currency,
        "description": call.params.get("description"),
        "livemode": False,
        "metadata": {},
        "method": call.params.get("method", "standard"),
        "reconciliation_status": "not_applicable",
        "source_type": "card",
        "status": "pending",
        "type": "bank_account",
    }
    merge_metadata(payout, call.params)
    call.save(payout)
    emit(call, "payout.created", payout)
    call.store.add_timer("payout_paid", identifier, call.account, call.settle_seconds)
    return payout


def pay(call: Call, identifier: str) -> None:
    """The bank has the money."""
    payout = call.get("payout", identifier)
    if payout["status"] == "pending":
        payout["status"] = "paid"
        call.save(payout)
        emit(call, "payout.paid", payout)


@endpoint("get", "/v1/payouts")
def list_all(call: Call) -> JsonObject:
    return listing(call, "payout", fields={"status": call.params.get("status")})


@endpoint("get", "/v1/payouts/{payout}")
def retrieve(call: Call) -> JsonObject:
    return call.get("payout", call.ids["payout"])


@endpoint("post", "/v1/payouts/{payout}/cancel")
def cancel(call: Call) -> JsonObject:
    payout = retrieve(call)
    if payout["status"] != "pending":
        raise StripeError(f"Payouts with a status of {payout['status']} cannot be canceled.")
    line = shapes.balance_transaction("payout_cancel", payout["amount"], payout["currency"], source=payout["id"])
    call.save(line)
    payout["status"] = "canceled"
    call.save(payout)
    emit(call, "payout.canceled", payout)
    return payout
