"""The API's door: keys, errors, unknown parameters, idempotency, faults."""

import signal
import threading

import httpx
import pytest
import stripe

from tests.payments.sandbox.conftest import new_account
from tests.processes import plain_http

FORM = {"amount": "5000", "currency": "eur"}


def post(server, path="/v1/payment_intents", data=FORM, **headers):
    headers = {"Authorization": "Bearer sk_test_x", **{name.replace("_", "-"): v for name, v in headers.items()}}
    return plain_http().post(f"{server.base}{path}", data=data, headers=headers, timeout=20)


@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        ({"amount": 5000, "currency": "eur", "colour": "red"}, "colour", "parameter_unknown"),
        (
            {"amount": 5000, "currency": "eur", "automatic_payment_methods": {"enabled": True, "always": "no"}},
            "automatic_payment_methods[always]",
            "parameter_unknown",
        ),
        ({"currency": "eur"}, "amount", "parameter_missing"),
        ({"amount": "12.50", "currency": "eur"}, "amount", "parameter_invalid_integer"),
        ({"amount": 49, "currency": "eur"}, "amount", "amount_too_small"),
        ({"amount": 123456789, "currency": "eur"}, "amount", "amount_too_large"),
        (
            {"amount": 5000, "currency": "eur", "payment_method_types": ["card"]},
            "payment_method_types",
            "payment_method_types_no_longer_supported",
        ),
        ({"amount": 5000, "currency": "eur", "capture_method": "later"}, "capture_method", None),
        ({"amount": 5000, "currency": "eur", "application_fee_amount": 10}, "application_fee_amount", None),
    ],
)
def test_what_the_contract_does_not_know_is_refused(server, params, param, code):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        server.api.v1.payment_intents.create(params=params)
    assert (refused.value.http_status, refused.value.param, refused.value.code) == (400, param, code)


def test_only_test_keys_open(server):
    for key in ("sk_live_x", "nonsense"):
        with pytest.raises(stripe.AuthenticationError):
            server.client(key).v1.balance.retrieve()
    assert httpx.get(f"{server.base}/v1/balance").status_code == 401


def test_a_publishable_key_pays_and_does_nothing_else(server, account, sell):
    intent = sell()
    headers = {"Authorization": "Bearer pk_test_x", "Stripe-Account": account}
    address = f"{server.base}/v1/payment_intents"
    assert httpx.get(address, headers=headers).status_code == 403
    shown = httpx.get(f"{address}/{intent.id}", params={"client_secret": intent.client_secret}, headers=headers)
    assert shown.json()["status"] == "requires_payment_method"
    assert httpx.get(f"{address}/{intent.id}", headers=headers).status_code == 404
    wrong = httpx.get(f"{address}/{intent.id}", params={"client_secret": f"{intent.id}_secret_no"}, headers=headers)
    assert wrong.status_code == 404
    assert shown.headers["Access-Control-Allow-Origin"] == "*"


def test_card_numbers_do_not_pass_a_sellers_server(server):
    with pytest.raises(stripe.CardError, match="unsafe"):
        server.api.v1.payment_methods.create(
            params={"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2040}}
        )


def test_an_unknown_account_is_forbidden(server):
    with pytest.raises(stripe.PermissionError) as refused:
        server.api.v1.balance.retrieve(options={"stripe_account": "acct_unknown"})
    assert refused.value.error.code == "account_invalid"


def test_unknown_paths_and_what_is_not_offered_say_so(server):
    assert post(server, "/v1/ticket_sales").status_code == 404
    assert post(server, "/v1/subscriptions", data={"customer": "cus_1"}).status_code == 501


def test_expansions_are_checked(server, account, sell):
    intent = sell("pm_card_visa", capture_method="automatic")
    options = {"stripe_account": account}
    shown = server.api.v1.payment_intents.retrieve(
        intent.id, params={"expand": ["latest_charge.balance_transaction"]}, options=options
    )
    assert shown.latest_charge.balance_transaction.amount == 5000
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        server.api.v1.payment_intents.retrieve(intent.id, params={"expand": ["amount"]}, options=options)


# Idempotency


def test_the_same_key_gives_the_same_answer_once(server):
    first = post(server, Idempotency_Key="same-1")
    again = post(server, Idempotency_Key="same-1")
    assert again.json() == first.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_same_key_with_other_parameters_is_refused(server):
    post(server, Idempotency_Key="same-2")
    other = post(server, data={**FORM, "amount": "6000"}, Idempotency_Key="same-2")
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    with pytest.raises(stripe.IdempotencyError):
        server.api.v1.payment_intents.create(
            params={"amount": 7000, "currency": "eur"},
            options={"idempotency_key": "same-2"},
        )


def test_a_key_belongs_to_its_account(server, account):
    first = post(server, Idempotency_Key="same-3").json()["id"]
    other = post(server, Idempotency_Key="same-3", Stripe_Account=account).json()["id"]
    assert first != other


def test_a_refused_request_does_not_use_its_key_up(server):
    assert post(server, data={"currency": "eur"}, Idempotency_Key="same-4").status_code == 400
    assert post(server, Idempotency_Key="same-4").status_code == 200


def test_a_declined_card_is_remembered_for_its_key(server, account, sell):
    intent = sell()
    params = {"payment_method": "pm_card_visa_chargeDeclined", "return_url": "http://shop.localhost/"}
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            server.api.v1.payment_intents.confirm(
                intent.id, params=params, options={"stripe_account": account, "idempotency_key": f"k-{intent.id}"}
            )
    charges = server.api.v1.charges.list(params={"payment_intent": intent.id}, options={"stripe_account": account})
    assert len(charges.data) == 1


def test_a_key_that_is_in_use_answers_409(server):
    server.control("faults", path="/v1/payment_intents", mode="delay", seconds=1.0, when="after")
    answers = []
    first = threading.Thread(target=lambda: answers.append(post(server, Idempotency_Key="same-5")))
    first.start()
    threading.Event().wait(0.3)
    second = post(server, Idempotency_Key="same-5")
    first.join()
    assert (second.status_code, second.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert post(server, Idempotency_Key="same-5").json() == answers[0].json()


# Faults


def test_a_lost_answer_is_found_again_by_its_key(server, account):
    """The order of events that a crash between charge and answer makes."""
    server.control("faults", path="/v1/payment_intents", method="POST", mode="disconnect", when="after")
    params = {"amount": 5000, "currency": "eur"}
    options = {"stripe_account": account, "idempotency_key": f"lost-{account}"}
    with pytest.raises(stripe.APIConnectionError):
        server.api.v1.payment_intents.create(params=params, options=options)
    found = server.api.v1.payment_intents.create(params=params, options=options)
    listed = server.api.v1.payment_intents.list(options={"stripe_account": account}).data
    assert [intent.id for intent in listed] == [found.id]


def test_the_sdk_gets_over_an_error_by_itself(server):
    server.control("faults", path="/v1/payment_intents", mode="error", status=503, count=2)
    client = server.client("sk_test_x", max_network_retries=2)
    assert client.v1.payment_intents.create(params={"amount": 5000, "currency": "eur"}).id.startswith("pi_")
    assert server.control("faults", "GET")["faults"] == []


def test_controls_refuse_nonsense_and_other_sites(server):
    assert httpx.post(f"{server.base}/_sandbox/faults", json={"path": "/", "mode": "burn"}).status_code == 400
    assert httpx.post(f"{server.base}/_sandbox/webhooks", json={"mode": "lose"}).status_code == 400
    from_elsewhere = {"Origin": "http://evil.example"}
    assert httpx.post(f"{server.base}/_sandbox/timers", headers=from_elsewhere).status_code == 403


def test_everything_survives_a_kill(own_server):
    made = new_account(own_server)
    key = {"idempotency_key": "kept"}
    intent = own_server.api.v1.payment_intents.create(params={"amount": 5000, "currency": "eur"}, options=key)
    own_server.restart(signal.SIGKILL)
    assert own_server.api.v1.accounts.retrieve(made).email == "nora@northside.example"
    again = own_server.api.v1.payment_intents.create(params={"amount": 5000, "currency": "eur"}, options=key)
    assert again.id == intent.id
