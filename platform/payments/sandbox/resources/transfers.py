"""Transfers: the platform's money to connected accounts, and back."""

from __future__ import annotations

from payments.sandbox.call import Call, endpoint, listing, merge_metadata
from payments.sandbox.errors import StripeError, missing
from payments.sandbox.settlement import balances, create_transfer, reverse_transfer
from payments.sandbox.store import PLATFORM, JsonObject


@endpoint("post", "/v1/transfers")
def create(call: Call) -> JsonObject:
    params = call.params
    destination = call.store.find("account", params["destination"], PLATFORM)
    if destination is None:
        raise missing("account", params["destination"], "destination")
    if destination["capabilities"].get("transfers") != "active":
        raise StripeError(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers",
            code="insufficient_capabilities_for_transfer",
        )
    source = call.get("charge", params["source_transaction"], "source_transaction") if "source_transaction" in params else None
    currency = params["currency"].lower()
    amount = params.get("amount", source["amount_captured"] if source else 0)
    _check_funds(call, source, amount, currency)
    return create_transfer(
        call,
        amount=amount,
        currency=currency,
        destination=params["destination"],
        source=source,
        group=params.get("transfer_group") or (source and source["transfer_group"]),
        description=params.get("description"),
        metadata=params.get("metadata") or {},
    )


def _check_funds(call: Call, source: JsonObject | None, amount: int, currency: str) -> None:
    if source is None:
        available, _pending = balances(call).get(currency, (0, 0))
        if amount > available:
            raise StripeError(
                "You have insufficient available funds in your Stripe account.", code="balance_insufficient"
            )
        return
    moved = sum(t["amount"] for t in call.store.every("transfer", PLATFORM, source_transaction=source["id"]))
    if moved + amount > source["amount_captured"]:
        raise StripeError("The transfers of a charge cannot exceed its amount.", param="amount")


@endpoint("get", "/v1/transfers")
def list_all(call: Call) -> JsonObject:
    return listing(call, "transfer", fields={n: call.params.get(n) for n in ("destination", "transfer_group")})


@endpoint("get", "/v1/transfers/{transfer}")
def retrieve(call: Call) -> JsonObject:
    return call.get("transfer", call.ids["transfer"])


@endpoint("post", "/v1/transfers/{transfer}")
def update(call: Call) -> JsonObject:
    transfer = retrieve(call)
    if "description" in call.params:
        transfer["description"] = call.params["description"] or None
    merge_metadata(transfer, call.params)
    return call.save(transfer)


@endpoint("post", "/v1/transfers/{id}/reversals")
def reverse(call: Call) -> JsonObject:
    transfer = call.get("transfer", call.ids["id"])
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = int(call.params.get("amount", left))
    return reverse_transfer(call, transfer, amount, metadata=call.params.get("metadata") or {})


@endpoint("get", "/v1/transfers/{id}/reversals")
def list_reversals(call: Call) -> JsonObject:
    return listing(call, "transfer_reversal", fields={"transfer": call.ids["id"]})


@endpoint("get", "/v1/transfers/{transfer}/reversals/{id}")
def retrieve_reversal(call: Call) -> JsonObject:
    return call.get("transfer_reversal", call.ids["id"])
