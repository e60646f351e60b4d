"""The contract derived from the SDK: what it lets pass, what it catches."""

import importlib.metadata
import json

import pytest

from payments.contract import cache_path, check_request, check_response, load_contract
from payments.contract import document as kept

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def intent(body, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"method": "post", "path": "/v1/payment_intents", "headers": {**FORM, **names}, "body": body}


def found(record):
    return [str(violation) for violation in check_request(record)]


def test_it_belongs_to_the_installed_sdk():
    from stripe._api_version import _ApiVersion

    assert load_contract().version == _ApiVersion.CURRENT
    assert importlib.metadata.version("stripe") in cache_path().name


def test_it_is_derived_again_when_nothing_is_cached(tmp_path, monkeypatch):
    monkeypatch.setenv("STRIPE_CONTRACT_CACHE", str(tmp_path))
    kept.load_contract.cache_clear()
    try:
        fresh = load_contract()
        assert json.loads(cache_path().read_text())["info"]["version"] == fresh.version
        assert len(fresh.operations) > 200
    finally:
        kept.load_contract.cache_clear()


@pytest.mark.parametrize(
    "record",
    [
        intent(
            "amount=2500&currency=usd&automatic_payment_methods[enabled]=true&metadata[order]=o1&expand[0]=latest_charge"
        ),
        intent("amount=2500&currency=eur&application_fee_amount=250", Stripe_Account="acct_1", Idempotency_Key="o-1"),
        intent("amount=2500&currency=eur&application_fee_amount=250&transfer_data[destination]=acct_1"),
        {"method": "get", "path": "/v1/charges?limit=3&created[gte]=1"},
        {"method": "get", "path": "/v1/charges?created=1"},
        {"method": "delete", "path": "/v1/customers/cus_1"},
        {"method": "post", "path": "/v1/customers/cus_1", "body": "metadata="},
        {"method": "post", "path": "/v1/refunds", "body": "payment_intent=pi_1&refund_application_fee=true"},
        {
            "method": "post",
            "path": "/v2/core/accounts",
            "headers": {"Content-Type": "application/json"},
            "body": '{"contact_email":"a@b.example","dashboard":"express","include":["defaults"]}',
        },
    ],
)
def test_good_requests_pass(record):
    assert found(record) == []


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (intent("currency=usd"), "Missing required param: amount"),
        (intent("amount=12.5&currency=usd"), "Invalid integer"),
        (
            intent("amount=100&currency=usd&automatic_payment_method[enabled]=true"),
            "Did you mean automatic_payment_methods?",
        ),
        (intent("amount=100&currency=usd&automatic_payment_methods[enabled]=yes"), "Invalid boolean"),
        (intent("amount=100&currency=usd&payment_method_types[0]=card"), "unknown parameter: payment_method_types"),
        (intent("amount=100&currency=usd&capture_method=later"), "must be one of automatic"),
        (intent("amount=100&currency=usd&application_fee_amount=10"), "application_fee_amount"),
        (intent("amount=100&currency=usd&application_fee_amount=110", Stripe_Account="acct_1"), "larger than amount"),
        (intent("amount=100&currency=usd&transfer_data[destination]=acct_2", Stripe_Account="acct_1"), "direct charge"),
        (intent("amount=100&currency=usd&off_session=true"), "confirm=true"),
        (intent("amount=49&currency=usd"), "at least 0.50 usd"),
        (intent("amount=100000000&currency=usd"), "no more than"),
        (intent("amount=1005&currency=kwd"), "last digit"),
        (intent("amount=550&currency=isk"), "last two digits"),
        (intent("amount=1&amount=2&currency=usd"), "given twice"),
        (intent("amount=100&currency=usd&expand[0]=a&expand[2]=b"), "without gaps"),
        (intent(f"amount=100&currency=usd&metadata[{'k' * 41}]=v"), "40 characters"),
        (intent(f"amount=100&currency=usd&metadata[k]={'v' * 501}"), "500 characters"),
        (intent("amount=100&currency=usd", Stripe_Version="2020-08-27"), "Stripe-Version"),
        (intent("amount=100&currency=usd", Authorization="Bearer sk_live_abc"), "live key"),
        (intent("amount=100&currency=usd", Stripe_Account="northside"), "not an account id"),
        ({"method": "post", "path": "/v1/refunds", "body": "amount=5"}, "payment_intent or charge"),
        ({"method": "post", "path": "/v1/refunds", "body": "payment_intent=pi_1&reason=changed_mind"}, "reason"),
        ({"method": "put", "path": "/v1/customers/cus_1"}, "not allowed"),
        ({"method": "post", "path": "/v1/ticket_sales"}, "no such path"),
        (
            {"method": "post", "path": "/v1/accounts", "body": "controller[losses][payments]=application"},
            "controller[fees][payer]",
        ),
    ],
)
def test_wrong_requests_are_caught(record, words):
    assert words in " | ".join(found(record))


def test_every_parameter_of_a_good_request_is_known_by_name():
    """Renaming any one of them is caught, so nothing passes for being unchecked."""
    body = (
        "amount=2500&currency=eur&capture_method=manual&application_fee_amount=1&description=x"
        "&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never"
        "&payment_method_options[card][request_three_d_secure]=any&shipping[name]=B&shipping[address][line1]=S"
    )
    assert found(intent(body, Stripe_Account="acct_1")) == []
    for pair in body.split("&"):
        name = pair.split("=")[0].split("[")[-1].rstrip("]")
        renamed = body.replace(
            pair, pair.replace(name, f"{name}_x", 1) if "[" not in pair else pair.replace(f"[{name}]", f"[{name}_x]")
        )
        assert found(intent(renamed, Stripe_Account="acct_1")), pair


def test_answers_are_checked_too():
    path = "/v1/payment_intents/pi_1"

    def wrong(status, body):
        record = {"method": "get", "path": path, "response": {"status": status, "body": body}}
        return [str(violation) for violation in check_response(record)]

    assert wrong(404, {"error": {"type": "invalid_request_error", "message": "No such payment_intent"}}) == []
    assert any("error" in line for line in wrong(404, {"detail": "Not found."}))
    assert any("amount" in line for line in wrong(200, {"id": "pi_1", "object": "payment_intent"}))
