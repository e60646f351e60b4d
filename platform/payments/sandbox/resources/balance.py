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


@endpoint("get", "/v1/balance_settings")
def retrieve_settings(call: Call) -> JsonObject:
    return _settings(call.owner())


@endpoint("post", "/v1/balance_settings")
def update_settings(call: Call) -> JsonObject:
    owner = call.owner()
    given = (call.params.get("payments") or {}).get("payouts") or {}
    if "schedule" in given:
        owner["_payout_interval"] = given["schedule"].get("interval", "daily")
        call.store.save(owner, PLATFORM)
    return _settings(owner)


def _settings(owner: JsonObject) -> JsonObject:
    """Of the settings only the interval counts, and it is only shown: nothing is ever paid out by itself here."""
    interval = owner.get("_payout_interval", "daily")
    return {
        "object": "balance_settings",
        "payments": {
            "debit_negative_balances": True,
            "payouts": {
                "automatic_transfer_rules_by_currency": {},
                "minimum_balance_by_currency": None,
                "schedule": {"interval": interval, "monthly_payout_days": None, "weekly_payout_days": None},
                "statement_descriptor": None,
                "status": "enabled" if owner["payouts_enabled"] else "disabled",
            },
            "settlement_timing": {"delay_days": 2, "delay_days_override": None, "start_of_day": None},
        },
    }
