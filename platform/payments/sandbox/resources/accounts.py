"""Connected accounts: who may charge, and what is still asked of them."""

from __future__ import annotations

from payments.sandbox.call import Call, endpoint, listing, merge_metadata
from payments.sandbox.errors import StripeError, missing
from payments.sandbox.events import emit
from payments.sandbox.store import PLATFORM, JsonObject, new_id, now

# What a new account still has to answer; the hosted page (or a test control) answers all of it at once.
QUESTIONS = [
    "business_profile.mcc",
    "business_type",
    "external_account",
    "representative.dob",
    "representative.name",
    "tos_acceptance.date",
]


@endpoint("post", "/v1/accounts")
def create(call: Call) -> JsonObject:
    _only_for_the_platform(call)
    controller = call.params.get("controller") or {}
    account = new_account(
        country=call.params.get("country", "US"),
        email=call.params.get("email"),
        fees=(controller.get("fees") or {}).get("payer", "account"),
        losses=(controller.get("losses") or {}).get("payments", "stripe"),
        dashboard=(controller.get("stripe_dashboard") or {}).get("type", "full"),
    )
    account["capabilities"] = {
        name: "inactive" for name, asked in (call.params.get("capabilities") or {}).items() if asked.get("requested")
    }
    account["business_profile"] |= call.params.get("business_profile") or {}
    merge_metadata(account, call.params)
    return call.store.save(account, PLATFORM)


def new_account(*, country: str, email: str | None, fees: str, losses: str, dashboard: str) -> JsonObject:
    """An account that has answered nothing yet."""
    currency = {"GB": "gbp", "US": "usd", "CH": "chf", "SE": "sek", "DK": "dkk", "NO": "nok", "PL": "pln"}
    return {
        "id": new_id("acct", 16),
        "object": "account",
        "business_profile": {"mcc": None, "name": None, "support_email": None, "url": None},
        "business_type": None,
        "capabilities": {},
        "charges_enabled": False,
        "controller": {
            "fees": {"payer": fees},
            "is_controller": True,
            "losses": {"payments": losses},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": dashboard},
            "type": "application",
        },
        "country": country,
        "created": now(),
        "default_currency": currency.get(country, "eur"),
        "details_submitted": False,
        "email": email,
        "external_accounts": {"object": "list", "data": [], "has_more": False, "url": "/v1/accounts/external_accounts"},
        "metadata": {},
        "payouts_enabled": False,
        "requirements": _requirements(QUESTIONS, "requirements.past_due"),
        "type": {"express": "express", "full": "standard"}.get(dashboard, "none"),
    }


def _requirements(open_questions: list[str], reason: str | None) -> JsonObject:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": open_questions,
        "disabled_reason": reason,
        "errors": [],
        "eventually_due": open_questions,
        "past_due": open_questions,
        "pending_verification": [],
    }


def complete(call: Call, identifier: str) -> JsonObject:
    """Everything is answered and verified: the account may charge and be paid out. `call` acts on the platform."""
    account = call.get("account", identifier)
    account |= {
        "charges_enabled": "card_payments" in account["capabilities"],
        "payouts_enabled": True,
        "details_submitted": True,
        "business_type": "company",
        "requirements": _requirements([], None),
        "capabilities": dict.fromkeys(account["capabilities"], "active"),
    }
    call.store.save(account, PLATFORM)
    connected = call.on(identifier)
    for name in account["capabilities"]:
        emit(connected, "capability.updated", _capability(account, name))
    emit(connected, "account.updated", account)
    return account


def restrict(call: Call, identifier: str, reason: str) -> JsonObject:
    """Stripe asks for more: the account may not charge until it answers."""
    account = call.get("account", identifier)
    account |= {
        "charges_enabled": False,
        "payouts_enabled": False,
        "requirements": _requirements(["individual.verification.document"], reason),
        "capabilities": dict.fromkeys(account["capabilities"], "inactive"),
    }
    call.store.save(account, PLATFORM)
    emit(call.on(identifier), "account.updated", account)
    return account


def _capability(account: JsonObject, name: str) -> JsonObject:
    return {
        "id": name,
        "object": "capability",
        "account": account["id"],
        "requested": True,
        "requested_at": account["created"],
        "requirements": _requirements([], None),
        "status": account["capabilities"][name],
    }


@endpoint("get", "/v1/account")
def retrieve_own(call: Call) -> JsonObject:
    return call.owner()


@endpoint("get", "/v1/accounts")
def list_all(call: Call) -> JsonObject:
    _only_for_the_platform(call)
    return listing(call, "account")


@endpoint("get", "/v1/accounts/{account}")
def retrieve(call: Call) -> JsonObject:
    if call.account not in (PLATFORM, call.ids["account"]):
        raise missing("account", call.ids["account"])
    return call.on(PLATFORM).get("account", call.ids["account"])


@endpoint("post", "/v1/accounts/{account}")
def update(call: Call) -> JsonObject:
    account = retrieve(call)
    for name in ("email", "business_type"):
        if name in call.params:
            account[name] = call.params[name] or None
    account["business_profile"] |= call.params.get("business_profile") or {}
    for name, asked in (call.params.get("capabilities") or {}).items():
        if asked.get("requested"):
            account["capabilities"].setdefault(name, "active" if account["details_submitted"] else "inactive")
    merge_metadata(account, call.params)
    call.store.save(account, PLATFORM)
    emit(call.on(account["id"]), "account.updated", account)
    return account


@endpoint("get", "/v1/accounts/{account}/capabilities")
def list_capabilities(call: Call) -> JsonObject:
    account = retrieve(call)
    found = [_capability(account, name) for name in account["capabilities"]]
    return {"object": "list", "data": found, "has_more": False, "url": call.path}


@endpoint("post", "/v1/accounts/{account}/login_links")
def create_login_link(call: Call) -> JsonObject:
    account = retrieve(call)
    if account["controller"]["stripe_dashboard"]["type"] != "express":
        raise StripeError("Login links are for accounts with an Express dashboard only.")
    return {"object": "login_link", "created": now(), "url": f"{call.base_url}/onboarding/{account['id']}/dashboard"}


def _only_for_the_platform(call: Call) -> None:
    if call.account != PLATFORM:
        raise StripeError("Only a platform may do this: leave out Stripe-Account.", status=403)
