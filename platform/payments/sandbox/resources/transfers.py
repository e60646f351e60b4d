"""Transfers from the platform to connected accounts, and their reversals."""

from __future__ import annotations

from payments.sandbox.call import Call, assign, endpoint, listing, merge_metadata
from payments.sandbox.errors import StripeError, check_step
from payments.sandbox.events import emit
from payments.sandbox.settlement import balances, create_transfer, reverse_transfer
from payments.sandbox.store import JsonObject


@endpoint("post", "/v1/transfers")
def create(call: Call) -> JsonObject:
    params = call.params
    if "amount" not in params:
        raise StripeError("Missing required param: amount.", code="parameter_missing", param="amount")
    amount, currency = params["amount"], params["currency"].lower()
    source = None
    available_on = None
    if "source_transaction" in params:
        source = call.get("charge", params["source_transaction"], "source_transaction")
        available_on = _check_source(call, source, amount, currency)
    elif balances(call).get(currency, (0, 0))[0] < amount:
        raise StripeError(
            "You have insufficient available funds in your Stripe account. Try adding funds directly to your available "
            "balance by creating Charges using the 4000000000000077 test card.",
            code="balance_insufficient",
        )
    return create_transfer(
        call,
        amount=amount,
        currency=currency,
        destination=params["destination"],
        source=source,
        group=params.get("transfer_group") or (source or {}).get("transfer_group"),
        description=params.get("description"),
        metadata=params.get("metadata") or {},
        available_on=available_on,
    )


def _check_source(call: Call, source: JsonObject, amount: int, currency: str) -> int:
    """A charge pays for transfers up to its amount; returns when its money is available."""
    if not source["captured"]:
        raise StripeError("The source_transaction must be a captured charge.", param="source_transaction")
    if source["currency"] != currency:
        raise StripeError("The currency of source_transaction's balance transaction is another one.", param="currency")
    used = sum(
        t["amount"] - t["amount_reversed"] for t in call.store.every("transfer", source_transaction=source["id"])
    )
    if used + amount > source["amount_captured"]:
        raise StripeError(
            f"Transfers using this transaction as a source must not exceed the source amount of "
            f"{source['amount_captured']}. (There is already {used} transferred.)",
            param="amount",
        )
    return int(call.get("balance_transaction", source["balance_transaction"])["available_on"])


@endpoint("get", "/v1/transfers")
def list_all(call: Call) -> JsonObject:
    return listing(call, "transfer", fields={n: call.params.get(n) for n in ("destination", "transfer_group")})


@endpoint("get", "/v1/transfers/{transfer}")
def retrieve(call: Call) -> JsonObject:
    return call.get("transfer", call.ids["transfer"])


@endpoint("post", "/v1/transfers/{transfer}")
def update(call: Call) -> JsonObject:
    transfer = call.get("transfer", call.ids["transfer"])
    assign(transfer, call.params, "description")
    merge_metadata(transfer, call.params)
    call.save(transfer)
    emit(call, "transfer.updated", transfer)
    return transfer


@endpoint("post", "/v1/transfers/{id}/reversals")
def create_reversal(call: Call) -> JsonObject:
    transfer = call.get("transfer", call.ids["id"])
    amount = call.params.get("amount", transfer["amount"] - transfer["amount_reversed"])
    check_step(amount, transfer["currency"])
    return reverse_transfer(call, transfer, amount, metadata=call.params.get("metadata") or {})


@endpoint("get", "/v1/transfers/{id}/reversals")
def list_reversals(call: Call) -> JsonObject:
    transfer = call.get("transfer", call.ids["id"])
    return listing(call, "transfer_reversal", fields={"transfer": transfer["id"]})


@endpoint("get", "/v1/transfers/{transfer}/reversals/{id}")
def retrieve_reversal(call: Call) -> JsonObject:
    return call.get("transfer_reversal", call.ids["id"])
