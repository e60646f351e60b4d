"""An account's balance and the lines that it is made of."""

from __future__ import annotations

from payments.sandbox.call import Call, endpoint, listing
from payments.sandbox.settlement import balances
from payments.sandbox.store import JsonObject


@endpoint("get", "/v1/balance")
def retrieve(call: Call) -> JsonObject:
    parts = balances(call) or {call.owner()["default_currency"]: (0, 0)}

    def lines(which: int) -> list[JsonObject]:
        return [
            {"amount": amounts[which], "currency": currency, "source_types": {"card": amounts[which]}}
            for currency, amounts in parts.items()
        ]

    return {"object": "balance", "available": lines(0), "livemode": False, "pending": lines(1)}


@endpoint("get", "/v1/balance_transactions")
def list_all(call: Call) -> JsonObject:
    names = ("currency", "source", "type", "payout")
    return listing(call, "balance_transaction", fields={name: call.params.get(name) for name in names})


@endpoint("get", "/v1/balance_transactions/{id}")
def retrieve_line(call: Call) -> JsonObject:
    return call.get("balance_transaction", call.ids["id"])
