"""What an account has: its balance, and the lines it is the sum of."""

from __future__ import annotations

from payments.sandbox.call import Call, endpoint, listing
from payments.sandbox.settlement import balances
from payments.sandbox.store import PLATFORM, JsonObject


@endpoint("get", "/v1/balance")
def retrieve(call: Call) -> JsonObject:
    sums = balances(call) or {call.owner()["default_currency"]: (0, 0)}

    def part(index: int) -> list[JsonObject]:
        return [
            {"amount": amounts[index], "currency": currency, "source_types": {"card": amounts[index]}}
            for currency, amounts in sums.items()
        ]

    shown: JsonObject = {"object": "balance", "available": part(0), "livemode": False, "pending": part(1)}
    if call.account == PLATFORM:
        shown["connect_reserved"] = [{"amount": 0, "currency": currency} for currency in sums]
    return shown


@endpoint("get", "/v1/balance_transactions")
def list_transactions(call: Call) -> JsonObject:
    return listing(call, "balance_transaction", fields={n: call.params.get(n) for n in ("currency", "source", "type")})


@endpoint("get", "/v1/balance_transactions/{id}")
def retrieve_transaction(call: Call) -> JsonObject:
    return call.get("balance_transaction", call.ids["id"])
