"""Payment methods: cards made from the published test numbers and tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from payments.sandbox import debits, shapes
from payments.sandbox.call import Call, assign, endpoint, listing, merge_metadata
from payments.sandbox.cards import BY_NUMBER, BY_TOKEN, TestCard, passes_luhn
from payments.sandbox.errors import StripeError, missing
from payments.sandbox.events import emit
from payments.sandbox.store import JsonObject

RAW_NUMBER_REFUSED = (
    "Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use test tokens that "
    "map to the test card you are using, see https://stripe.com/docs/testing."
)
LIVE_CARD = "Your card was declined. Your request was in test mode, but used a non test (live) card."


def card_error(message: str, code: str, param: str, **fields: Any) -> StripeError:
    """402 for a card that could not even be read."""
    return StripeError(message, status=402, type="card_error", code=code, param=param, **fields)


def make(call: Call, given: JsonObject) -> JsonObject:
    """A PaymentMethod from `{type: card, card: ..., billing_details: ...}`, or the same with sepa_debit; saved.

    Raises card_error for numbers, dates or codes that no card has.
    """
    if given.get("type") == "sepa_debit":
        return call.save(debits.payment_method(given))
    if given.get("type") != "card":
        raise StripeError(
            f'The payment method type "{given.get("type")}" is invalid. The sandbox takes card and sepa_debit.',
            code="payment_method_invalid_parameter",
            param="type",
        )
    card = given.get("card") or {}
    if "token" in card:
        return _from_test_card(call, _card_of_token(card["token"]), given)
    if "number" not in card:
        raise StripeError("Missing required param: card[number].", code="parameter_missing", param="card[number]")
    if not call.publishable:
        raise StripeError(RAW_NUMBER_REFUSED, status=402)
    number = "".join(c for c in str(card["number"]) if c.isdigit())
    if len(number) < 12 or not passes_luhn(number):
        raise card_error("Your card number is incorrect.", "incorrect_number", "number")
    _check_expiry(int(card["exp_month"]), int(card["exp_year"]))
    found = BY_NUMBER.get(number)
    if found is None:
        raise card_error(LIVE_CARD, "card_declined", "", decline_code="test_mode_live_card")
    _check_code(str(card.get("cvc", "")), found)
    return call.save(
        shapes.card_payment_method(
            found, exp_month=int(card["exp_month"]), exp_year=_full_year(int(card["exp_year"])), given=given
        )
    )


def _card_of_token(token: str) -> TestCard:
    if token not in BY_TOKEN:
        raise StripeError(f"No such token: '{token}'", code="resource_missing", param="card[token]")
    return BY_TOKEN[token]


def _from_test_card(call: Call, card: TestCard, given: JsonObject) -> JsonObject:
    year = datetime.now(UTC).year + 1
    return call.save(shapes.card_payment_method(card, exp_month=12, exp_year=year, given=given))


def _full_year(year: int) -> int:
    return year + 2000 if year < 100 else year


def _check_expiry(month: int, year: int) -> None:
    if not 1 <= month <= 12:
        raise card_error("Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month")
    today = datetime.now(UTC)
    if _full_year(year) < today.year or _full_year(year) > today.year + 50:
        raise card_error("Your card's expiration year is invalid.", "invalid_expiry_year", "exp_year")
    if (_full_year(year), month) < (today.year, today.month):
        raise card_error("Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month")


def _check_code(code: str, card: TestCard) -> None:
    if code and (not code.isdigit() or len(code) != (4 if card.brand == "amex" else 3)):
        raise card_error("Your card's security code is invalid.", "invalid_cvc", "cvc")


def resolve(call: Call, identifier: str, param: str = "payment_method") -> JsonObject:
    """The payment method of an id; `pm_card_...` test ids make a fresh one each time, as in Stripe."""
    if identifier in BY_TOKEN and identifier.startswith("pm_"):
        return _from_test_card(call, BY_TOKEN[identifier], {})
    return call.get("payment_method", identifier, param)


def check_usable(method: JsonObject, customer: str | None) -> None:
    """Raises for what was detached, which is gone for good, and for what is another customer's."""
    if method.get("_is_spent"):
        raise StripeError(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a "
            "connected account without Customer attachment, or was detached from a Customer. It may not be used again.",
            param="payment_method",
        )
    if method["customer"] and method["customer"] != customer:
        raise StripeError(
            f"The payment method `{method['id']}` belongs to another customer than the one given, or no customer was given.",
            param="payment_method",
        )


@endpoint("post", "/v1/payment_methods")
def create(call: Call) -> JsonObject:
    if "payment_method" in call.params:
        return _clone(call)
    if "type" not in call.params:
        raise StripeError("Missing required param: type.", code="parameter_missing", param="type")
    return make(call, call.params)


def _clone(call: Call) -> JsonObject:
    """A platform's saved card as a new payment method of a connected account."""
    source = resolve(call.on(""), call.params["payment_method"])
    card = BY_NUMBER[source["_card"]]
    given = {"billing_details": source["billing_details"]}
    dates = {"exp_month": source["card"]["exp_month"], "exp_year": source["card"]["exp_year"]}
    copy = shapes.card_payment_method(card, given=given, **dates)
    return call.save({**copy, "_set_up": source.get("_set_up", False)})


@endpoint("get", "/v1/payment_methods")
def list_all(call: Call) -> JsonObject:
    fields = {"customer": call.params.get("customer"), "type": call.params.get("type")}
    return listing(call, "payment_method", fields=fields)


@endpoint("get", "/v1/customers/{customer}/payment_methods")
def list_for_customer(call: Call) -> JsonObject:
    customer = call.get("customer", call.ids["customer"])
    return listing(call, "payment_method", fields={"customer": customer["id"], "type": call.params.get("type")})


@endpoint("get", "/v1/customers/{customer}/payment_methods/{payment_method}")
def retrieve_for_customer(call: Call) -> JsonObject:
    method = call.get("payment_method", call.ids["payment_method"])
    if method["customer"] != call.get("customer", call.ids["customer"])["id"]:
        raise missing("payment_method", method["id"])
    return method


@endpoint("get", "/v1/payment_methods/{payment_method}")
def retrieve(call: Call) -> JsonObject:
    return call.get("payment_method", call.ids["payment_method"])


@endpoint("post", "/v1/payment_methods/{payment_method}")
def update(call: Call) -> JsonObject:
    method = call.get("payment_method", call.ids["payment_method"])
    if "billing_details" in call.params:
        details = {**method["billing_details"], **call.params["billing_details"]}
        method["billing_details"] = shapes.billing_details(details)
    for name in ("exp_month", "exp_year"):
        if name in (call.params.get("card") or {}):
            method["card"][name] = call.params["card"][name]
    assign(method, call.params, "allow_redisplay")
    merge_metadata(method, call.params)
    call.save(method)
    emit(call, "payment_method.updated", method)
    return method


@endpoint("post", "/v1/payment_methods/{payment_method}/attach")
def attach(call: Call) -> JsonObject:
    method = resolve(call, call.ids["payment_method"], "id")
    if "customer" not in call.params:
        raise StripeError("Missing required param: customer.", code="parameter_missing", param="customer")
    customer = call.get("customer", call.params["customer"], "customer")
    check_usable(method, customer["id"])
    method["customer"] = customer["id"]
    call.save(method)
    emit(call, "payment_method.attached", method)
    return method


@endpoint("post", "/v1/payment_methods/{payment_method}/detach")
def detach(call: Call) -> JsonObject:
    method = call.get("payment_method", call.ids["payment_method"])
    if method["customer"] is None:
        raise StripeError(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            code="payment_method_not_available",
        )
    previous = {"customer": method["customer"]}
    method |= {"customer": None, "_is_spent": True}
    call.save(method)
    emit(call, "payment_method.detached", method, previous)
    return method
