"""Rules across parameters that Stripe states in prose and a schema cannot say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from payments.contract.validate import Violation

Params = dict[str, Any]
Headers = Mapping[str, str]
Rule = Callable[[str, str, Params, Headers], list[Violation]]

ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])  # the last digit must be 0
WHOLE_UNITS = frozenset(["isk", "ugx"])  # sent with two zeros
# Published minimum charges in minor units. For other currencies Stripe decides after converting to the
# settlement currency.
MINIMUM_CHARGE = {
    **dict.fromkeys(
        [
            "ars",
            "aud",
            "brl",
            "cad",
            "chf",
            "cop",
            "eur",
            "idr",
            "ils",
            "inr",
            "jpy",
            "krw",
            "nzd",
            "php",
            "rub",
            "sgd",
            "usd",
            "zar",
        ],
        50,
    ),
    "gbp": 30,
    "aed": 200,
    "myr": 200,
    "pln": 200,
    "ron": 200,
    "dkk": 250,
    "nok": 300,
    "sek": 300,
    "hkd": 400,
    "mxn": 1000,
    "thb": 1000,
    "czk": 1500,
    "huf": 17500,
}
MAXIMUM_DIGITS = {"idr": 12, "cop": 10, "inr": 9}  # every other currency: 8
ONLY_WHILE_CONFIRMING = (
    "off_session",
    "error_on_requires_action",
    "mandate_data",
    "return_url",
    "confirmation_token",
    "use_stripe_sdk",
)


def application_fee(method: str, template: str, params: Params, headers: Headers) -> list[Violation]:
    """A fee needs a connected account, must fit, and excludes transfer_data[amount]."""
    prefix, part = "", params
    if (method, template) == ("post", "/v1/checkout/sessions"):
        prefix, part = "payment_intent_data", _hash(params.get("payment_intent_data"))
    elif (method, template) != ("post", "/v1/payment_intents"):
        return []
    if "application_fee_amount" not in part:
        return []
    where = f"{prefix}[application_fee_amount]" if prefix else "application_fee_amount"
    found = []
    transfer = _hash(part.get("transfer_data"))
    if "stripe-account" not in headers and "destination" not in transfer:
        found.append(
            Violation(
                where,
                "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment "
                "(using an OAuth key or Stripe-Account header) or destination payment (using "
                "`transfer_data[destination]`).",
            )
        )
    if "amount" in transfer:
        found.append(Violation(where, "You may only specify one of: application_fee_amount, transfer_data[amount]."))
    fee, amount = part["application_fee_amount"], part.get("amount")
    if isinstance(fee, int) and isinstance(amount, int) and fee > amount:
        found.append(Violation(where, "The application fee amount must not be larger than amount."))
    return found


def direct_or_destination(method: str, template: str, params: Params, headers: Headers) -> list[Violation]:
    """transfer_data belongs to charges made on the platform."""
    creates = (method, template) == ("post", "/v1/payment_intents")
    if creates and "stripe-account" in headers and "transfer_data" in params:
        return [Violation("transfer_data", "cannot be used on a direct charge (Stripe-Account is set)")]
    return []


def refund(method: str, template: str, params: Params, headers: Headers) -> list[Violation]:
    """A refund names what it refunds; transfers exist only for platform charges."""
    if (method, template) != ("post", "/v1/refunds"):
        return []
    found = []
    if not {"charge", "payment_intent", "origin"} & set(params):
        message = "One of the following params should be provided for this request: payment_intent or charge."
        found.append(Violation("payment_intent", message, "parameter_missing"))
    if params.get("reverse_transfer") is True and "stripe-account" in headers:
        found.append(Violation("reverse_transfer", "a direct charge has no transfer to reverse"))
    return found


def payment_method_selection(method: str, template: str, params: Params, headers: Headers) -> list[Violation]:
    """allowed_payment_method_types stands alone."""
    if template not in ("/v1/payment_intents", "/v1/setup_intents") or "allowed_payment_method_types" not in params:
        return []
    others = ("automatic_payment_methods", "excluded_payment_method_types", "payment_method_configuration")
    return [
        Violation(other, f"You may only specify one of these parameters: allowed_payment_method_types, {other}.")
        for other in others
        if other in params
    ]


def confirmation(method: str, template: str, params: Params, headers: Headers) -> list[Violation]:
    """Parameters that only make sense while confirming, and the return address that redirects need."""
    if method != "post" or template not in ("/v1/payment_intents", "/v1/setup_intents"):
        return []
    if params.get("confirm") is True:
        automatic = _hash(params.get("automatic_payment_methods"))
        redirects = automatic.get("enabled") is True and automatic.get("allow_redirects") != "never"
        if redirects and "return_url" not in params:
            return [Violation("return_url", "needed when confirming with automatic payment methods that may redirect")]
        return []
    return [
        Violation(key, f"You can only pass in {key} when confirm=true.")
        for key in ONLY_WHILE_CONFIRMING
        if key in params and (key != "use_stripe_sdk")
    ]


def money(method: str, template: str, params: Params, headers: Headers) -> list[Violation]:
    """Amounts are positive and fit the currency."""
    found = []
    currency = params.get("currency")
    if isinstance(currency, str) and not re.fullmatch(r"[A-Za-z]{3}", currency):
        found.append(Violation("currency", f"Invalid currency: {currency}."))
    code = currency.lower() if isinstance(currency, str) else ""
    for key in ("amount", "amount_to_capture", "application_fee_amount"):
        value = params.get(key)
        if not isinstance(value, int):
            continue
        if value < 0 or (value == 0 and key != "application_fee_amount"):
            found.append(Violation(key, "Invalid positive integer", "parameter_invalid_integer"))
        elif code in THREE_DECIMAL and value % 10:
            found.append(Violation(key, f"Invalid amount: in {code} the last digit must be 0"))
        elif code in WHOLE_UNITS and value % 100:
            found.append(Violation(key, f"Invalid amount: {code} has no fractions, the last two digits must be 00"))
    amount = params.get("amount")
    if (method, template) == ("post", "/v1/payment_intents") and isinstance(amount, int) and amount > 0:
        found += charge_limits(amount, code)
    return found


def charge_limits(amount: int, currency: str) -> list[Violation]:
    """The published minimum and maximum of one charge; `amount` in minor units, `currency` in lower case."""
    minimum = MINIMUM_CHARGE.get(currency, 0)
    if amount < minimum:
        what = f"Amount must be at least {_major(minimum, currency)} {currency}"
        return [Violation("amount", what, "amount_too_small")]
    digits = MAXIMUM_DIGITS.get(currency, 8)
    if len(str(amount)) > digits:
        what = f"Amount must be no more than {_major(10**digits - 1, currency)} {currency}"
        return [Violation("amount", what, "amount_too_large")]
    return []


def metadata(method: str, template: str, params: Params, headers: Headers) -> list[Violation]:
    """At most 50 keys of 40 characters with values of 500."""
    found: list[Violation] = []

    def walk(node: Any, where: str) -> None:
        if not isinstance(node, dict):
            return
        for key, value in node.items():
            at = f"{where}[{key}]" if where else key
            if key == "metadata" and isinstance(value, dict):
                found.extend(_metadata_limits(value, at))
            else:
                walk(value, at)

    walk(params, "")
    return found


def _metadata_limits(values: dict[str, Any], where: str) -> list[Violation]:
    found = []
    if len(values) > 50:
        found.append(Violation(where, "Metadata can have at most 50 keys."))
    for key, value in values.items():
        if len(key) > 40:
            found.append(Violation(f"{where}[{key}]", "Metadata keys can be at most 40 characters long."))
        if isinstance(value, dict):
            found.append(Violation(f"{where}[{key}]", "Metadata values must be strings, not hashes."))
        elif len(str(value)) > 500:
            found.append(Violation(f"{where}[{key}]", "Metadata values can be at most 500 characters long."))
    return found


def statement_descriptor(method: str, template: str, params: Params, headers: Headers) -> list[Violation]:
    """Latin characters with a letter, none of <>\\'"*, at most 22; card charges take the suffix only."""
    if template.startswith(("/v1/payouts", "/v1/topups")):
        return []
    found = []
    for key in ("statement_descriptor", "statement_descriptor_suffix"):
        value = params.get(key)
        if not isinstance(value, str) or value == "":
            continue
        if re.search(r"[<>\\'\"*]", value) or not re.search(r"[A-Za-z]", value):
            found.append(Violation(key, "The statement descriptor needs a letter and none of < > \\ ' \" *."))
        if len(value) > 22:
            found.append(Violation(key, "The statement descriptor must be at most 22 characters."))
    if template == "/v1/payment_intents" and method == "post" and params.get("statement_descriptor"):
        what = "The `statement_descriptor` parameter is not supported for card charges: use the suffix instead."
        found.append(Violation("statement_descriptor", what))
    return found


def account_controller(method: str, template: str, params: Params, headers: Headers) -> list[Violation]:
    """A platform that covers losses also pays the fees; type and controller exclude one another."""
    if (method, template) != ("post", "/v1/accounts") or not isinstance(params.get("controller"), dict):
        return []
    controller = params["controller"]
    found = []
    losses, payer = _hash(controller.get("losses")).get("payments"), _hash(controller.get("fees")).get("payer")
    if losses == "application" and payer != "application":
        what = "must be application when controller[losses][payments] is"
        found.append(Violation("controller[fees][payer]", what))
    if "type" in params:
        found.append(Violation("type", "You may only specify one of these parameters: type, controller."))
    return found


def _hash(value: Any) -> Params:
    return value if isinstance(value, dict) else {}


def _major(amount: int, currency: str) -> str:
    """An amount in minor units as people write it."""
    if currency in ZERO_DECIMAL:
        return f"{amount:,}"
    return f"{amount / 1000:,.3f}" if currency in THREE_DECIMAL else f"{amount / 100:,.2f}"


RULES: tuple[Rule, ...] = (
    application_fee,
    direct_or_destination,
    refund,
    payment_method_selection,
    confirmation,
    money,
    metadata,
    statement_descriptor,
    account_controller,
)


def broken_rules(method: str, template: str, params: Params, headers: Headers) -> list[Violation]:
    """What every rule finds in one request; `params` typed, `headers` with lower-case names."""
    return [violation for rule in RULES for violation in rule(method, template, params, headers)]
