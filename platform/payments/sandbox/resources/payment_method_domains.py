"""Hosts on which wallets may show their buttons."""

from __future__ import annotations

from payments.sandbox.call import Call, endpoint, listing
from payments.sandbox.store import JsonObject, new_id, now

WALLETS = ("amazon_pay", "apple_pay", "google_pay", "klarna", "link", "paypal")


@endpoint("post", "/v1/payment_method_domains")
def create(call: Call) -> JsonObject:
    known = call.store.every("payment_method_domain", call.account, domain_name=call.params["domain_name"])
    domain = known[0] if known else _new(call.params["domain_name"])
    domain["enabled"] = call.params.get("enabled", True)
    return call.save(domain)


def _new(name: str) -> JsonObject:
    return {
        "id": new_id("pmd"),
        "object": "payment_method_domain",
        **{wallet: {"status": "active"} for wallet in WALLETS},
        "created": now(),
        "domain_name": name,
        "livemode": False,
    }


@endpoint("get", "/v1/payment_method_domains")
def list_all(call: Call) -> JsonObject:
    return listing(call, "payment_method_domain", fields={"domain_name": call.params.get("domain_name")})


@endpoint("get", "/v1/payment_method_domains/{payment_method_domain}")
def retrieve(call: Call) -> JsonObject:
    return call.get("payment_method_domain", call.ids["payment_method_domain"])


@endpoint("post", "/v1/payment_method_domains/{payment_method_domain}")
def update(call: Call) -> JsonObject:
    domain = retrieve(call)
    domain["enabled"] = call.params.get("enabled", domain["enabled"])
    return call.save(domain)


@endpoint("post", "/v1/payment_method_domains/{payment_method_domain}/validate")
def validate(call: Call) -> JsonObject:
    return retrieve(call)
