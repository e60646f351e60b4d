"""Domains registered for wallets."""

from __future__ import annotations

from payments.sandbox.call import Call, assign, endpoint, listing
from payments.sandbox.store import JsonObject, new_id, now

WALLETS = ("amazon_pay", "apple_pay", "google_pay", "klarna", "link", "paypal")


@endpoint("post", "/v1/payment_method_domains")
def create(call: Call) -> JsonObject:
    for known in call.store.every("payment_method_domain", call.account, domain_name=call.params["domain_name"]):
        return known  # registering a domain again answers the same object
    return call.save(
        {
            "id": new_id("pmd"),
            "object": "payment_method_domain",
            "created": now(),
            "domain_name": call.params["domain_name"],
            "enabled": call.params.get("enabled", True),
            "livemode": False,
            **{wallet: {"status": "active"} for wallet in WALLETS},
        }
    )


@endpoint("get", "/v1/payment_method_domains")
def list_all(call: Call) -> JsonObject:
    return listing(call, "payment_method_domain", fields={n: call.params.get(n) for n in ("domain_name", "enabled")})


@endpoint("get", "/v1/payment_method_domains/{payment_method_domain}")
def retrieve(call: Call) -> JsonObject:
    return call.get("payment_method_domain", call.ids["payment_method_domain"])


@endpoint("post", "/v1/payment_method_domains/{payment_method_domain}")
def update(call: Call) -> JsonObject:
    domain = call.get("payment_method_domain", call.ids["payment_method_domain"])
    assign(domain, call.params, "enabled")
    return call.save(domain)


@endpoint("post", "/v1/payment_method_domains/{payment_method_domain}/validate")
def validate(call: Call) -> JsonObject:
    return call.get("payment_method_domain", call.ids["payment_method_domain"])
