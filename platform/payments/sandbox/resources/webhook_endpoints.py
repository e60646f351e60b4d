"""Webhook endpoints: where events are sent, signed with the endpoint's own secret."""

from __future__ import annotations

from payments.sandbox.call import Call, endpoint, listing, merge_metadata
from payments.sandbox.store import PLATFORM, JsonObject, Store, new_id, now


@endpoint("post", "/v1/webhook_endpoints")
def create(call: Call) -> JsonObject:
    made = new_endpoint(
        url=call.params["url"],
        events=call.params["enabled_events"],
        is_connect=bool(call.params.get("connect")),
        secret=new_id("whsec", 32),
    )
    made["description"] = call.params.get("description")
    merge_metadata(made, call.params)
    call.store.save(made, PLATFORM)
    return {**made, "secret": made["_secret"]}  # shown this once


def new_endpoint(*, url: str, events: list[str], is_connect: bool, secret: str) -> JsonObject:
    """An enabled endpoint."""
    return {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": None,
        "application": None,
        "created": now(),
        "description": None,
        "enabled_events": events,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
        "_connect": is_connect,
        "_secret": secret,
    }


def upsert(store: Store, *, url: str, is_connect: bool, secret: str) -> None:
    """The endpoint that the command line names: it replaces an earlier one of its side."""
    for known in store.every("webhook_endpoint", PLATFORM):
        if known.get("_from_command_line") and known["_connect"] == is_connect:
            store.save({**known, "url": url, "_secret": secret}, PLATFORM)
            return
    made = new_endpoint(url=url, events=["*"], is_connect=is_connect, secret=secret)
    store.save({**made, "_from_command_line": True}, PLATFORM)


@endpoint("get", "/v1/webhook_endpoints")
def list_all(call: Call) -> JsonObject:
    return listing(call, "webhook_endpoint")


@endpoint("get", "/v1/webhook_endpoints/{webhook_endpoint}")
def retrieve(call: Call) -> JsonObject:
    return call.get("webhook_endpoint", call.ids["webhook_endpoint"])


@endpoint("post", "/v1/webhook_endpoints/{webhook_endpoint}")
def update(call: Call) -> JsonObject:
    found = retrieve(call)
    for name in ("url", "enabled_events", "description"):
        if name in call.params:
            found[name] = call.params[name]
    if "disabled" in call.params:
        found["status"] = "disabled" if call.params["disabled"] else "enabled"
    merge_metadata(found, call.params)
    return call.save(found)


@endpoint("delete", "/v1/webhook_endpoints/{webhook_endpoint}")
def delete(call: Call) -> JsonObject:
    found = retrieve(call)
    call.store.remove(found["id"])
    return {"id": found["id"], "object": "webhook_endpoint", "deleted": True}
