"""Customers, as little of them as saved payment methods need."""

from __future__ import annotations

from payments.sandbox.call import Call, assign, endpoint, listing, merge_metadata
from payments.sandbox.events import emit
from payments.sandbox.store import JsonObject, new_id, now


@endpoint("post", "/v1/customers")
def create(call: Call) -> JsonObject:
    empty = ("address", "currency", "default_source", "description", "email", "name", "phone", "shipping")
    customer: JsonObject = {
        **dict.fromkeys(empty),
        "id": new_id("cus", 14),
        "object": "customer",
        "balance": 0,
        "created": now(),
        "delinquent": False,
        "livemode": False,
        "metadata": {},
    }
    assign(customer, call.params, "address", "description", "email", "name", "phone", "shipping")
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
    customer = retrieve(call)
    assign(customer, call.params, "address", "description", "email", "name", "phone", "shipping")
    merge_metadata(customer, call.params)
    call.save(customer)
    emit(call, "customer.updated", customer)
    return customer


@endpoint("delete", "/v1/customers/{customer}")
def delete(call: Call) -> JsonObject:
    customer = retrieve(call)
    call.store.remove(customer["id"])
    emit(call, "customer.deleted", customer)
    return {"id": customer["id"], "object": "customer", "deleted": True}
