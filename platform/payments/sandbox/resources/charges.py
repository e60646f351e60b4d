"""Charges: made by PaymentIntents, read and annotated here."""

from __future__ import annotations

from payments.sandbox.call import Call, assign, endpoint, listing, merge_metadata
from payments.sandbox.events import emit
from payments.sandbox.store import JsonObject


@endpoint("get", "/v1/charges")
def list_all(call: Call) -> JsonObject:
    names = ("customer", "payment_intent", "transfer_group")
    return listing(call, "charge", fields={name: call.params.get(name) for name in names})


@endpoint("get", "/v1/charges/{charge}")
def retrieve(call: Call) -> JsonObject:
    return call.get("charge", call.ids["charge"])


@endpoint("post", "/v1/charges/{charge}")
def update(call: Call) -> JsonObject:
    charge = call.get("charge", call.ids["charge"])
    assign(charge, call.params, "description", "receipt_email", "shipping", "transfer_group", "customer")
    merge_metadata(charge, call.params)
    call.save(charge)
    emit(call, "charge.updated", charge)
    return charge
