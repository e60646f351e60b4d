"""Account links: a single-use, short-lived way into the hosted onboarding page."""

from __future__ import annotations

from payments.sandbox.call import Call, endpoint
from payments.sandbox.errors import StripeError
from payments.sandbox.resources.accounts import find
from payments.sandbox.store import JsonObject, Store, new_id, now

LIFETIME_SECONDS = 300


@endpoint("post", "/v1/account_links")
def create(call: Call) -> JsonObject:
    account = find(call, call.params["account"])
    for name in ("refresh_url", "return_url"):
        url = call.params.get(name)
        if url is None:
            raise StripeError(f"Missing required param: {name}.", code="parameter_missing", param=name)
        if not url.startswith(("http://", "https://")):
            raise StripeError("Not a valid URL", code="url_invalid", param=name)
    if call.params["type"] == "account_update" and account["controller"]["requirement_collection"] == "stripe":
        raise StripeError("You cannot create `account_update` type Account Links for this account.", param="type")
    identifier = new_id("alnk", 32)
    expires_at = now() + LIFETIME_SECONDS
    call.store.save(
        {
            "id": identifier,
            "object": "account_link",
            "created": now(),
            "expires_at": expires_at,
            "account": account["id"],
            "return_url": call.params["return_url"],
            "refresh_url": call.params["refresh_url"],
            "used": False,
        }
    )
    url = f"{call.base_url}/connect/onboarding/{identifier}"
    return {"object": "account_link", "created": now(), "expires_at": expires_at, "url": url}


def open_link(store: Store, identifier: str) -> JsonObject | None:
    """The link, if this is its first visit in time; the visit uses it up. None for a link that never was."""
    link = store.find("account_link", identifier)
    if link is None:
        return None
    fresh = not link["used"] and link["expires_at"] > now()
    with store.transaction():
        store.save({**link, "used": True})
    return {**link, "is_fresh": fresh}
