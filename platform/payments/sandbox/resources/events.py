"""Events, for those who missed their webhook."""

from __future__ import annotations

from payments.sandbox.call import Call, endpoint, list_object, listing, page_size
from payments.sandbox.store import JsonObject


@endpoint("get", "/v1/events")
def list_all(call: Call) -> JsonObject:
    if "delivery_success" not in call.params and "types" not in call.params:
        return listing(call, "event", fields={"type": call.params.get("type")})
    wanted = [event for event in reversed(call.store.every("event", call.account)) if _matches(call, event)]
    limit = page_size(call.params)
    return list_object(wanted[:limit], call.path, more=len(wanted) > limit)


def _matches(call: Call, event: JsonObject) -> bool:
    types = call.params.get("types")
    if types and event["type"] not in types or call.params.get("type") not in (None, event["type"]):
        return False
    if "delivery_success" not in call.params:
        return True
    rows = call.store.execute("select state from deliveries where event = ?", event["id"])
    return all(row["state"] == "done" for row in rows) == call.params["delivery_success"]


@endpoint("get", "/v1/events/{id}")
def retrieve(call: Call) -> JsonObject:
    return call.get("event", call.ids["id"])
