"""Connected accounts, their capabilities and what is still asked of them."""

from __future__ import annotations

from payments.sandbox.call import Call, assign, endpoint, list_object, listing, merge_metadata
from payments.sandbox.errors import StripeError, missing, no_access
from payments.sandbox.events import emit
from payments.sandbox.shapes import EMPTY_ADDRESS
from payments.sandbox.store import PLATFORM, JsonObject, Store, new_id, now

CURRENCY_OF = {
    "AU": "aud", "BG": "bgn", "BR": "brl", "CA": "cad", "CH": "chf", "CZ": "czk", "DK": "dkk", "GB": "gbp",
    "HK": "hkd", "HU": "huf", "IN": "inr", "JP": "jpy", "MX": "mxn", "NO": "nok", "NZ": "nzd", "PL": "pln",
    "RO": "ron", "SE": "sek", "SG": "sgd", "TH": "thb", "US": "usd",
}  # fmt: skip
ONBOARDING_FIELDS = [
    "business_profile.mcc",
    "business_profile.url",
    "business_type",
    "external_account",
    "representative.first_name",
    "representative.last_name",
    "tos_acceptance.date",
    "tos_acceptance.ip",
]
LEGACY_TYPES = {
    "express": ("express", "application", "application", "stripe"),
    "standard": ("full", "account", "stripe", "stripe"),
    "custom": ("none", "application", "application", "application"),
}


def make_platform(store: Store, country: str) -> None:
    """The platform's own account, once in the life of a state file."""
    if store.setting("platform_account"):
        return
    account = _blank(new_id("acct", 16), country)
    account |= {
        "type": "standard",
        "_platform": True,
        "capabilities": {"card_payments": "active", "transfers": "active"},
    }
    account["controller"] = _controller("full", "account", "stripe", "stripe")
    _mark_complete(account)
    with store.transaction():
        store.save(account)
        store.set_setting("platform_account", account["id"])
        store.set_setting("application", new_id("ca", 32))


def _controller(dashboard: str, fees: str, losses: str, collection: str) -> JsonObject:
    return {
        "type": "application",
        "is_controller": True,
        "fees": {"payer": fees},
        "losses": {"payments": losses},
        "requirement_collection": collection,
        "stripe_dashboard": {"type": dashboard},
    }


def _requirements(due: list[str], reason: str = "requirements.past_due") -> JsonObject:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": due,
        "disabled_reason": reason if due else None,
        "errors": [],
        "eventually_due": due,
        "past_due": due,
        "pending_verification": [],
    }


def _blank(identifier: str, country: str) -> JsonObject:
    profile = (
        "annual_revenue estimated_worker_count mcc minority_owned_business_designation name product_description "
        "support_address support_email support_phone support_url url"
    )
    return {
        "id": identifier,
        "object": "account",
        "business_profile": dict.fromkeys(profile.split()),
        "business_type": None,
        "capabilities": {},
        "charges_enabled": False,
        "country": country,
        "created": now(),
        "default_currency": CURRENCY_OF.get(country, "eur"),
        "details_submitted": False,
        "email": None,
        "external_accounts": list_object([], f"/v1/accounts/{identifier}/external_accounts"),
        "future_requirements": _requirements([]),
        "metadata": {},
        "payouts_enabled": False,
        "requirements": _requirements(list(ONBOARDING_FIELDS)),
        "settings": _settings(),
        "tos_acceptance": {"date": None},
    }


def _settings() -> JsonObject:
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": "offer"},
        "payments": {
            "statement_descriptor": None,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }


@endpoint("post", "/v1/accounts")
def create(call: Call) -> JsonObject:
    if call.account != PLATFORM:
        raise StripeError("Connected accounts cannot create accounts of their own.", status=403)
    params = call.params
    account = _blank(new_id("acct", 16), params.get("country") or call.owner()["country"])
    if params.get("type") in LEGACY_TYPES:
        account |= {"type": params["type"], "controller": _controller(*LEGACY_TYPES[params["type"]])}
    else:
        account |= _from_controller(params.get("controller") or {})
    _apply(account, params)
    requested = params.get("capabilities") or {}
    account["capabilities"] = {name: "inactive" for name, wish in requested.items() if wish.get("requested")}
    without_transfers = "card_payments" in account["capabilities"] and "transfers" not in account["capabilities"]
    if without_transfers and account["controller"]["stripe_dashboard"]["type"] != "full":
        raise StripeError(
            "When requesting the `card_payments` capability for this account you must also request `transfers`.",
            param="capabilities",
        )
    call.save(account)
    emit(call.on(account["id"]), "account.updated", account)
    return account


def _from_controller(given: JsonObject) -> JsonObject:
    """Type and controller of a new account; what is not said has Stripe's defaults."""
    parts = (
        (given.get("stripe_dashboard") or {}).get("type", "full"),
        (given.get("fees") or {}).get("payer", "account"),
        (given.get("losses") or {}).get("payments", "stripe"),
        given.get("requirement_collection", "stripe"),
    )
    dashboard, _, losses, collection = parts
    if dashboard == "none" and collection == "stripe" and losses == "application":
        raise StripeError(
            "When `controller[stripe_dashboard][type]` is `none` and you cover losses, "
            "`controller[requirement_collection]` must be `application`.",
            param="controller[requirement_collection]",
        )
    legacy = next((name for name, values in LEGACY_TYPES.items() if values == parts), "none")
    return {"type": legacy, "controller": _controller(*parts)}


def _apply(account: JsonObject, params: JsonObject) -> None:
    assign(account, params, "email", "business_type", "default_currency", "tos_acceptance")
    if isinstance(params.get("business_profile"), dict):
        account["business_profile"] |= params["business_profile"]
        address = params["business_profile"].get("support_address")
        if isinstance(address, dict):
            account["business_profile"]["support_address"] = {**EMPTY_ADDRESS, **address}
    for name, part in (params.get("settings") or {}).items():
        for key, value in part.items():
            current = account["settings"].setdefault(name, {})
            merged = isinstance(value, dict) and isinstance(current.get(key), dict)
            current[key] = {**current[key], **value} if merged else value
    merge_metadata(account, params)


def _mark_complete(account: JsonObject) -> None:
    account |= {
        "business_type": account["business_type"] or "company",
        "charges_enabled": "card_payments" in account["capabilities"],
        "details_submitted": True,
        "payouts_enabled": True,
        "requirements": _requirements([]),
        "capabilities": dict.fromkeys(account["capabilities"], "active"),
        "tos_acceptance": {"date": now()},
    }
    profile = account["business_profile"]
    profile["mcc"] = profile["mcc"] or "7922"
    profile["url"] = profile["url"] or "https://example.com"
    if not account["external_accounts"]["data"]:
        account["external_accounts"]["data"] = [_bank_account(account)]


def _bank_account(account: JsonObject) -> JsonObject:
    return {
        "id": new_id("ba"),
        "object": "bank_account",
        "account": account["id"],
        "account_holder_name": None,
        "account_holder_type": None,
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "STRIPE TEST BANK",
        "country": account["country"],
        "currency": account["default_currency"],
        "default_for_currency": True,
        "fingerprint": account["id"][-16:],
        "future_requirements": _bank_requirements(),
        "last4": "6789",
        "metadata": {},
        "requirements": _bank_requirements(),
        "routing_number": "110000000",
        "status": "new",
    }


def _bank_requirements() -> JsonObject:
    return {"currently_due": [], "errors": [], "past_due": [], "pending_verification": []}


def complete(call: Call, identifier: str) -> JsonObject:
    """Answer every question of an account with test data: its capabilities become active."""
    account = find(call, identifier)
    before = {name: account[name] for name in ("charges_enabled", "details_submitted", "payouts_enabled")}
    _mark_complete(account)
    call.store.save(account)
    connected = call.on(identifier)
    for name in account["capabilities"]:
        emit(connected, "capability.updated", capability(account, name), {"status": "inactive"})
    emit(connected, "account.updated", account, before)
    return account


def restrict(call: Call, identifier: str) -> JsonObject:
    """The provider asks for more and stops charges and payouts until it has it."""
    account = find(call, identifier)
    account |= {
        "charges_enabled": False,
        "payouts_enabled": False,
        "capabilities": dict.fromkeys(account["capabilities"], "inactive"),
        "requirements": _requirements(["individual.verification.document"]),
    }
    call.store.save(account)
    emit(call.on(identifier), "account.updated", account, {"charges_enabled": True, "payouts_enabled": True})
    return account


def deauthorise(call: Call, identifier: str) -> JsonObject:
    """The account's owner takes the platform's access back: it is told once, and every call for the account fails after."""
    account = find(call, identifier)
    application = {"id": call.store.setting("application"), "object": "application", "name": "Marquee"}
    emit(call.on(identifier), "account.application.deauthorized", application)
    call.store.save({**account, "_deauthorised": True})
    return account


def find(call: Call, identifier: str) -> JsonObject:
    """A connected account the caller may see: any for the platform, only itself for an account."""
    account = call.store.find("account", identifier)
    is_hidden = call.account not in (PLATFORM, identifier)
    if account is None or is_hidden or account.get("_deauthorised"):
        raise no_access(identifier)
    return account


@endpoint("get", "/v1/account")
def retrieve_own(call: Call) -> JsonObject:
    return call.owner()


@endpoint("get", "/v1/accounts")
def list_all(call: Call) -> JsonObject:
    page = listing(call, "account")
    page["data"] = [account for account in page["data"] if not account.get("_platform")]
    return page


@endpoint("get", "/v1/accounts/{account}")
def retrieve(call: Call) -> JsonObject:
    return find(call, call.ids["account"])


@endpoint("post", "/v1/accounts/{account}")
def update(call: Call) -> JsonObject:
    account = find(call, call.ids["account"])
    _apply(account, call.params)
    for name, wish in (call.params.get("capabilities") or {}).items():
        _request(account, name, requested=bool(wish.get("requested")))
    call.store.save(account)
    emit(call.on(account["id"]), "account.updated", account)
    return account


def _request(account: JsonObject, name: str, *, requested: bool) -> None:
    if not requested:
        account["capabilities"].pop(name, None)
    elif name not in account["capabilities"]:
        account["capabilities"][name] = "active" if account["details_submitted"] else "inactive"
    account["charges_enabled"] = account["capabilities"].get("card_payments") == "active"


@endpoint("delete", "/v1/accounts/{account}")
def delete(call: Call) -> JsonObject:
    account = find(call, call.ids["account"])
    call.store.remove(account["id"])
    return {"id": account["id"], "object": "account", "deleted": True}


@endpoint("post", "/v1/accounts/{account}/reject")
def reject(call: Call) -> JsonObject:
    account = find(call, call.ids["account"])
    account |= {"charges_enabled": False, "payouts_enabled": False}
    account["capabilities"] = dict.fromkeys(account["capabilities"], "inactive")
    account["requirements"]["disabled_reason"] = f"rejected.{call.params['reason']}"
    call.store.save(account)
    emit(call.on(account["id"]), "account.updated", account)
    return account


def capability(account: JsonObject, name: str) -> JsonObject:
    """A capability of an account as an object of its own."""
    status = account["capabilities"].get(name, "unrequested")
    due = account["requirements"]["currently_due"] if status == "inactive" else []
    return {
        "id": name,
        "object": "capability",
        "account": account["id"],
        "future_requirements": _requirements([]),
        "requested": status != "unrequested",
        "requested_at": account["created"] if status != "unrequested" else None,
        "requirements": _requirements(due, "requirements.fields_needed"),
        "status": status,
    }


@endpoint("get", "/v1/accounts/{account}/capabilities")
def list_capabilities(call: Call) -> JsonObject:
    account = find(call, call.ids["account"])
    return list_object([capability(account, name) for name in account["capabilities"]], call.path)


@endpoint("get", "/v1/accounts/{account}/capabilities/{capability}")
def retrieve_capability(call: Call) -> JsonObject:
    return capability(find(call, call.ids["account"]), call.ids["capability"])


@endpoint("post", "/v1/accounts/{account}/capabilities/{capability}")
def update_capability(call: Call) -> JsonObject:
    account = find(call, call.ids["account"])
    if "requested" in call.params:
        _request(account, call.ids["capability"], requested=call.params["requested"])
        call.store.save(account)
    return capability(account, call.ids["capability"])


@endpoint("get", "/v1/accounts/{account}/external_accounts")
def list_external_accounts(call: Call) -> JsonObject:
    return list_object(find(call, call.ids["account"])["external_accounts"]["data"], call.path)


@endpoint("get", "/v1/accounts/{account}/external_accounts/{id}")
def retrieve_external_account(call: Call) -> JsonObject:
    for bank in find(call, call.ids["account"])["external_accounts"]["data"]:
        if bank["id"] == call.ids["id"]:
            found: JsonObject = bank
            return found
    raise missing("external_account", call.ids["id"])


@endpoint("post", "/v1/accounts/{account}/login_links")
def create_login_link(call: Call) -> JsonObject:
    account = find(call, call.ids["account"])
    if account["controller"]["stripe_dashboard"]["type"] != "express":
        raise StripeError("Cannot create a login link for an account that has no access to the Express Dashboard.")
    if not account["details_submitted"]:
        raise StripeError("Cannot create a login link for an account that has not completed onboarding.")
    url = f"{call.base_url}/connect/express/{account['id']}"
    return {"object": "login_link", "created": now(), "url": url}
