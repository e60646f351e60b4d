"""Customers: a name to keep cards under."""

from __future__ import annotations

from payments.sandbox.call import Call, assign, endpoint, listing, merge_metadata
from payments.sandbox.events import emit
from payments.sandbox.store import JsonObject, new_id, now

WRITABLE = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping", "tax_exempt")


@endpoint("post", "/v1/customers")
def create(call: Call) -> JsonObject:
    identifier = new_id("cus", 14)
    empty = "address currency default_source description discount email name phone shipping test_clock"
    customer: JsonObject = {
        **dict.fromkeys(empty.split()),
        "id": identifier,
        "object": "customer",
        "balance": 0,
        "created": now(),
        "delinquent": False,
        "invoice_prefix": identifier[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    assign(customer, call.params, *WRITABLE)
    merge_metadata(customer, call.params)
    call.save(customer)
    emit(call, "customer.created", customer)
    return customer


@endpoint("get", "/v1/customers")
def list_all(call: Call) -> JsonObject:
    return listing(call, "customer", fields={"email": call.params.get("email")})


@endpoint("get", "/v1/customers/{customer}")
def retrieve(call: Call) -> JsonObject:
    return call.get("customer", call.ids["customer"])


@endpoint("post", "/v1/customers/{customer}")
def update(call: Call) -> JsonObject:
    customer = call.get("customer", call.ids["customer"])
    assign(customer, call.params, *WRITABLE)
    merge_metadata(customer, call.params)
    call.save(customer)
    emit(call, "customer.updated", customer)
    return customer


@endpoint("delete", "/v1/customers/{customer}")
def delete(call: Call) -> JsonObject:
    customer = call.get("customer", call.ids["customer"])
    for method in call.store.every("payment_method", call.account, customer=customer["id"]):
        call.save({**method, "customer": None, "_is_spent": True})
    call.store.remove(customer["id"])
    emit(call, "customer.deleted", customer)
    return {"id": customer["id"], "object": "customer", "deleted": True}
