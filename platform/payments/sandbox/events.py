"""Events: what happened, as the API tells it, and which webhook endpoints hear of it."""

from __future__ import annotations

import time

from payments.sandbox.call import Call
from payments.sandbox.store import PLATFORM, JsonObject, Store, new_id, now
from payments.sandbox.views import visible


def emit(call: Call, type: str, subject: JsonObject, previous: JsonObject | None = None) -> JsonObject:
    """Record an event on the caller's account and queue its deliveries; `previous` holds the attributes that changed."""
    data: JsonObject = {"object": visible(subject)}
    if previous is not None:
        data["previous_attributes"] = previous
    event: JsonObject = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": call.contract.version,
        "created": now(),
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": call.request_id, "idempotency_key": call.idempotency_key},
        "type": type,
    }
    if call.account != PLATFORM:
        event["account"] = call.account
    call.store.save(event, call.account)
    queue_deliveries(call.store, event, call.account)
    return event


def queue_deliveries(store: Store, event: JsonObject, account: str) -> None:
    """One delivery for every enabled endpoint that listens to this kind of event.

    The test controls may drop deliveries, hold them back until they are flushed, or queue each twice.
    """
    mode = store.setting("webhook_mode", "normal")
    if mode == "drop":
        return
    delay = float(store.setting("webhook_delay", "0"))
    state = "held" if mode == "hold" else "pending"
    for endpoint in store.every("webhook_endpoint", PLATFORM):
        if not listens(endpoint, event["type"], connected=account != PLATFORM):
            continue
        for _ in range(2 if mode == "duplicate" else 1):
            store.execute(
                "insert into deliveries (event, endpoint, state, due) values (?, ?, ?, ?)",
                event["id"],
                endpoint["id"],
                state,
                time.time() + delay,
            )


def listens(endpoint: JsonObject, type: str, *, connected: bool) -> bool:
    """Whether an endpoint wants this type of event from the platform or from connected accounts."""
    wanted = endpoint["enabled_events"]
    right_side = bool(endpoint["_connect"]) == connected
    return endpoint["status"] == "enabled" and right_side and ("*" in wanted or type in wanted)
