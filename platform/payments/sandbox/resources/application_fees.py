"""Application fees: what the platform earned on connected accounts' charges."""

from __future__ import annotations

from payments.sandbox.call import Call, endpoint, listing, merge_metadata
from payments.sandbox.errors import missing
from payments.sandbox.settlement import refund_application_fee
from payments.sandbox.store import JsonObject


@endpoint("get", "/v1/application_fees")
def list_all(call: Call) -> JsonObject:
    return listing(call, "application_fee", fields={"charge": call.params.get("charge")})


@endpoint("get", "/v1/application_fees/{id}")
def retrieve(call: Call) -> JsonObject:
    return call.get("application_fee", call.ids["id"])


@endpoint("post", "/v1/application_fees/{id}/refunds")
def refund(call: Call) -> JsonObject:
    fee = call.get("application_fee", call.ids["id"])
    left = fee["amount"] - fee["amount_refunded"]
    return refund_application_fee(call, fee, int(call.params.get("amount", left)), call.params.get("metadata") or {})


@endpoint("get", "/v1/application_fees/{id}/refunds")
def list_refunds(call: Call) -> JsonObject:
    return listing(call, "fee_refund", fields={"fee": call.ids["id"]})


@endpoint("get", "/v1/application_fees/{fee}/refunds/{id}")
def retrieve_refund(call: Call) -> JsonObject:
    found = call.get("fee_refund", call.ids["id"])
    if found["fee"] != call.ids["fee"]:
        raise missing("fee_refund", call.ids["id"])
    return found


@endpoint("post", "/v1/application_fees/{fee}/refunds/{id}")
def update_refund(call: Call) -> JsonObject:
    found = retrieve_refund(call)
    merge_metadata(found, call.params)
    return call.save(found)
