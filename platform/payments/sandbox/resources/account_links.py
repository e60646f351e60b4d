"""Account links: the short-lived addresses of the hosted onboarding page."""

from __future__ import annotations

from payments.sandbox.call import Call, endpoint
from payments.sandbox.store import PLATFORM, JsonObject, new_id, now

LINK_SECONDS = 300


@endpoint("post", "/v1/account_links")
def create(call: Call) -> JsonObject:
    account = call.on(PLATFORM).get("account", call.params["account"], "account")
    secret = new_id("acctlink", 20)
    link: JsonObject = {
        "id": secret,
        "object": "account_link",
        "created": now(),
        "expires_at": now() + LINK_SECONDS,
        "url": f"{call.base_url}/onboarding/{account['id']}/{secret}",
        "_account": account["id"],
        "_return_url": call.params.get("return_url"),
        "_refresh_url": call.params.get("refresh_url"),
        "_used": False,
    }
    call.store.save(link, PLATFORM)
    return {name: value for name, value in link.items() if name != "id"}
