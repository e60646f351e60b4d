"""Customer sessions: for half an hour a browser may see a customer's saved cards."""

from __future__ import annotations

from typing import Any

from payments.sandbox.call import Call, endpoint
from payments.sandbox.errors import StripeError
from payments.sandbox.store import JsonObject, Store, new_id, now

LIFETIME_SECONDS = 30 * 60
FEATURES: JsonObject = {
    "payment_method_allow_redisplay_filters": ["always"],
    "payment_method_redisplay": "disabled",
    "payment_method_redisplay_limit": None,
    "payment_method_remove": "disabled",
    "payment_method_save": "disabled",
    "payment_method_save_usage": None,
}
OTHERS = ("active_entitlements", "buy_button", "customer_portal", "pricing_table")


@endpoint("post", "/v1/customer_sessions")
def create(call: Call) -> JsonObject:
    asked = call.params["components"].get("payment_element")
    if not asked or not asked["enabled"]:
        raise StripeError("The sandbox offers the payment_element alone, which must be enabled.", param="components")
    if "customer" not in call.params:
        raise StripeError("Missing required param: customer.", code="parameter_missing", param="customer")
    customer = call.get("customer", call.params["customer"], "customer")
    secret = new_id("cuss_secret", 32)
    features = {**FEATURES, **(asked.get("features") or {})}
    session: JsonObject = {
        "id": secret,
        "object": "customer_session",
        "client_secret": secret,
        "components": {
            **{name: {"enabled": False} for name in OTHERS},
            **{name: {"enabled": False, "features": None} for name in ("customer_sheet", "mobile_payment_element")},
            "payment_element": {"enabled": True, "features": features},
        },
        "created": now(),
        "customer": customer["id"],
        "customer_account": None,
        "expires_at": now() + LIFETIME_SECONDS,
        "livemode": False,
    }
    call.save(session)
    return {name: value for name, value in session.items() if name != "id"}  # Stripe's have none


def saved_methods(store: Store, secret: str) -> list[dict[str, Any]] | None:
    """What the payment element shows of the session's customer, newest first; None for a session that is none or is over.

    Only brand, digits and date: a browser gets no more of a saved card.
    """
    located = store.locate(secret)
    if located is None or located[0]["object"] != "customer_session" or located[0]["expires_at"] <= now():
        return None
    session, account = located
    features = session["components"]["payment_element"]["features"]
    if features["payment_method_redisplay"] != "enabled":
        return []
    shown = features["payment_method_allow_redisplay_filters"]
    methods = store.every("payment_method", account, customer=session["customer"], type="card")
    names = ("brand", "last4", "exp_month", "exp_year")
    cards = [
        {"id": method["id"], **{name: method["card"][name] for name in names}}
        for method in reversed(methods)
        if method["allow_redisplay"] in shown
    ]
    return cards[: features["payment_method_redisplay_limit"] or 3]
