"""How stored objects are shown: without the sandbox's own fields, and with expansions."""

from __future__ import annotations

from typing import Any

from payments.contract import Contract
from payments.sandbox.call import list_object
from payments.sandbox.errors import StripeError
from payments.sandbox.store import JsonObject, Store, now

MAX_EXPANSION_DEPTH = 4
# What a publishable key may see of a PaymentIntent: enough to pay it, nothing about who sells.
PUBLIC_INTENT_FIELDS = [
    "id",
    "object",
    "amount",
    "amount_details",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "capture_method",
    "client_secret",
    "confirmation_method",
    "created",
    "currency",
    "description",
    "last_payment_error",
    "livemode",
    "next_action",
    "payment_method",
    "payment_method_configuration_details",
    "payment_method_types",
    "processing",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "source",
    "status",
]


def visible(body: JsonObject) -> JsonObject:
    """An object as the API shows it."""
    shown = {key: value for key, value in body.items() if not key.startswith("_")}
    if body.get("object") == "balance_transaction":
        shown["status"] = "available" if body["available_on"] <= now() else "pending"
    return shown


def visible_answer(body: JsonObject, *, publishable: bool) -> JsonObject:
    """A handler's result as it is sent: lists element by element, less for a publishable key."""
    if body.get("object") in ("list", "search_result"):
        return {**body, "data": [visible_answer(item, publishable=publishable) for item in body["data"]]}
    shown = visible(body)
    if publishable and body.get("object") == "payment_intent":
        return {key: shown.get(key) for key in PUBLIC_INTENT_FIELDS if key in shown}
    return shown


def expand(store: Store, contract: Contract, body: JsonObject, paths: list[str]) -> None:
    """Replace ids by the objects they name, in place; raises when a path cannot be expanded."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > MAX_EXPANSION_DEPTH:
            raise StripeError(f"You cannot expand more than {MAX_EXPANSION_DEPTH} levels of a property: {path}.")
        _expand(store, contract, body, parts, path)


def _expand(store: Store, contract: Contract, body: Any, parts: list[str], path: str) -> None:
    if isinstance(body, list):
        for item in body:
            _expand(store, contract, item, parts, path)
        return
    if not isinstance(body, dict):
        return
    name, rest = parts[0], parts[1:]
    if body.get("object") == "charge" and name == "refunds":
        refunds = [visible(r) for r in store.every("refund", charge=body["id"])][::-1]
        body["refunds"] = list_object(refunds, f"/v1/charges/{body['id']}/refunds")
    elif body.get("object") not in ("list", "search_result") and not _can_expand(contract, body, name, rest):
        raise StripeError(f"This property cannot be expanded ({path}).", param="expand")
    value = body.get(name)
    if isinstance(value, str):
        located = store.locate(value)
        if located is not None:
            body[name] = visible(located[0])
    if rest:
        _expand(store, contract, body.get(name), rest, path)


def _can_expand(contract: Contract, body: JsonObject, name: str, rest: list[str]) -> bool:
    """Whether the contract marks a field as expandable; parts of objects (without a name of their own) are trusted."""
    kind = body.get("object")
    if kind not in contract.schemas:
        return name in body
    field = contract.schemas[kind].get("properties", {}).get(name)
    if field is None:
        return False
    return bool(rest) or _is_expandable(field)


def _is_expandable(field: JsonObject) -> bool:
    return bool(field.get("x-expandable")) or any(_is_expandable(option) for option in field.get("anyOf", []))
