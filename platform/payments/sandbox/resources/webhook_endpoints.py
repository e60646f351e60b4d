"""Webhook endpoints: where events are sent, and the secret that signs them."""

from __future__ import annotations

from payments.sandbox.call import Call, assign, endpoint, listing, merge_metadata
from payments.sandbox.errors import StripeError
from payments.sandbox.store import JsonObject, Store, new_id, now


@endpoint("post", "/v1/webhook_endpoints")
def create(call: Call) -> JsonObject:
    params = call.params
    _check_url(params["url"])
    made = new_endpoint(
        params["url"],
        events=params["enabled_events"],
        connect=bool(params.get("connect")),
        version=params.get("api_version") or call.contract.version,
    )
    assign(made, params, "description")
    merge_metadata(made, params)
    call.save(made)
    return {**made, "secret": made["_secret"]}  # shown this once


def new_endpoint(url: str, *, events: list[str], connect: bool, version: str, secret: str = "") -> JsonObject:
    """A webhook endpoint; `secret` is made up unless given."""
    return {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": version,
        "application": None,
        "created": now(),
        "description": None,
        "enabled_events": events,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
        "_connect": connect,
        "_secret": secret or new_id("whsec", 32),
    }


def ensure_endpoint(store: Store, url: str, secret: str, *, connect: bool, version: str) -> None:
    """The one endpoint of its kind that the command line asks for: made once, moved when the address changes."""
    with store.transaction():
        for known in store.every("webhook_endpoint"):
            if known["_connect"] == connect and known.get("_from_command_line"):
                changed = {"url": url, "_secret": secret or known["_secret"], "status": "enabled"}
                store.save({**known, **changed})
                return
        made = new_endpoint(url, events=["*"], connect=connect, version=version, secret=secret)
        store.save({**made, "_from_command_line": True})


def _check_url(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise StripeError("Invalid URL: An explicit scheme (such as https) must be provided.", param="url")


@endpoint("get", "/v1/webhook_endpoints")
def list_all(call: Call) -> JsonObject:
    return listing(call, "webhook_endpoint")


@endpoint("get", "/v1/webhook_endpoints/{webhook_endpoint}")
def retrieve(call: Call) -> JsonObject:
    return call.get("webhook_endpoint", call.ids["webhook_endpoint"])


@endpoint("post", "/v1/webhook_endpoints/{webhook_endpoint}")
def update(call: Call) -> JsonObject:
    known = call.get("webhook_endpoint", call.ids["webhook_endpoint"])
    if "url" in call.params:
        _check_url(call.params["url"])
    assign(known, call.params, "url", "enabled_events", "description")
    if "disabled" in call.params:
        known["status"] = "disabled" if call.params["disabled"] else "enabled"
    merge_metadata(known, call.params)
    return call.save(known)


@endpoint("delete", "/v1/webhook_endpoints/{webhook_endpoint}")
def delete(call: Call) -> JsonObject:
    known = call.get("webhook_endpoint", call.ids["webhook_endpoint"])
    call.store.remove(known["id"])
    return {"id": known["id"], "object": "webhook_endpoint", "deleted": True}
