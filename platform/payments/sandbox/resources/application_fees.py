"""The platform's fees on connected accounts' charges, and giving them back."""

from __future__ import annotations

from payments.sandbox.call import Call, endpoint, listing, merge_metadata
from payments.sandbox.settlement import refund_application_fee
from payments.sandbox.store import JsonObject


@endpoint("get", "/v1/application_fees")
def list_all(call: Call) -> JsonObject:
    return listing(call, "application_fee", fields={"charge": call.params.get("charge")})


@endpoint("get", "/v1/application_fees/{id}")
def retrieve(call: Call) -> JsonObject:
    return call.get("application_fee", call.ids["id"])


@endpoint("post", "/v1/application_fees/{id}/refunds")
def create_refund(call: Call) -> JsonObject:
    fee = call.get("application_fee", call.ids["id"])
    amount = call.params.get("amount", fee["amount"] - fee["amount_refunded"])
    metadata = call.params.get("metadata") or {}
    return refund_application_fee(call, fee, amount, metadata=metadata)


@endpoint("get", "/v1/application_fees/{id}/refunds")
def list_refunds(call: Call) -> JsonObject:
    fee = call.get("application_fee", call.ids["id"])
    return listing(call, "fee_refund", fields={"fee": fee["id"]})


@endpoint("get", "/v1/application_fees/{fee}/refunds/{id}")
def retrieve_refund(call: Call) -> JsonObject:
    return call.get("fee_refund", call.ids["id"])


@endpoint("post", "/v1/application_fees/{fee}/refunds/{id}")
def update_refund(call: Call) -> JsonObject:
    refund = call.get("fee_refund", call.ids["id"])
    merge_metadata(refund, call.params)
    return call.save(refund)
