"""Every request that our gateway sends, and every answer it gets, held to the contract of the installed SDK."""

import httpx
import pytest

from payments import gateway, vault
from payments.contract import check_request, check_response
from payments.contract.recorder import RecordingClient, read_records
from payments.errors import ProviderRefused, ProviderUnavailable
from payments.gateway import call
from tests.world import confirm

# What asks the provider nothing.
LOCAL = {"client", "may_be_forgotten", "verified_event"}


@pytest.fixture
def recording(stripe_sandbox, tmp_path, monkeypatch):
    """The exchanges of this test; looked at when it ends."""
    path = tmp_path / "requests.jsonl"
    monkeypatch.setattr(call, "http_client", lambda: RecordingClient(path, timeout=20))
    gateway.client.cache_clear()
    yield path
    records = list(read_records(path))
    assert records
    for record in records:
        assert check_request(record) == [], record["path"]
        assert check_response(record) == [], record["path"]


@pytest.fixture
def account(recording, stripe_sandbox):
    made = gateway.create_account(
        email="nora@northside.example", country="IE", name="Northside Hall", key=f"account-{recording}"
    )
    assert not made.charges_enabled
    httpx.post(f"{stripe_sandbox.base}/_sandbox/accounts/{made.id}/complete").raise_for_status()
    return made.id


def intent(account, key, amount=5000, *, takes_delayed=False, **more):
    return gateway.create_intent(
        account_id=account,
        amount=amount,
        currency="EUR",
        application_fee=300,
        order_id="0191",
        number="NH-1",
        key=f"{account}-{key}",
        takes_delayed=takes_delayed,
        **more,
    )


def test_all_that_the_gateway_says_is_understood(account, recording, stripe_sandbox):
    called = {"create_account", "fetch_account", "create_onboarding_link"}
    assert gateway.fetch_account(account).charges_enabled
    link = gateway.create_onboarding_link(
        account_id=account, return_url="http://portal.localhost/back", refresh_url="http://portal.localhost/again"
    )
    assert "/connect/onboarding/" in link
    wallets = gateway.register_host(account_id=account, host="tickets.northside.example")
    assert (wallets.apple_pay, wallets.google_pay) == ("active", "active")
    assert gateway.register_host(account_id=account, host="tickets.northside.example") == wallets
    called.add("register_host")

    made = intent(account, "sale")
    assert intent(account, "sale") == made
    confirm(made.id, account)
    assert gateway.fetch_intent(account_id=account, intent_id=made.id).is_authorised
    taken = gateway.capture_intent(account_id=account, intent_id=made.id, key=f"{account}-capture")
    assert (taken.is_captured, taken.amount_received, taken.order_id) == (True, 5000, "0191")
    refund = gateway.create_refund(
        account_id=account, intent_id=made.id, amount=2000, refund_fee=True, key=f"{account}-refund"
    )
    assert gateway.fetch_refund(account_id=account, refund_id=refund.id).status == "succeeded"
    assert gateway.list_refunds(account_id=account, intent_id=made.id) == [refund]
    called.add("list_refunds")
    lines, more = gateway.list_balance_lines(account_id=account, since=None)
    assert ([(line.type, line.net, line.intent_id == made.id) for line in lines], more) == (
        [("refund", -1880, True), ("charge", 4700, True)],
        False,
    )
    assert gateway.list_balance_lines(account_id=account, since=lines[1].created_at, after=lines[0].id, limit=1) == (
        lines[1:],
        False,
    )
    assert gateway.fetch_balance(account) == {"EUR": 2820}
    events, more = gateway.list_events(account_id=account, types=["refund.created"], since=lines[1].created_at)
    assert ([(event["type"], event["account"]) for event in events], more) == ([("refund.created", account)], False)
    called |= {"list_balance_lines", "fetch_balance", "list_events"}
    disputed = stripe_sandbox.control("disputes", payment_intent=made.id, reason="general")
    facts = gateway.fetch_dispute(account_id=account, dispute_id=disputed["id"])
    assert (facts.intent_id, facts.amount, facts.currency, facts.reason) == (made.id, 3000, "EUR", "general")
    assert [(line.amount, line.provider_fee, line.net) for line in facts.lines] == [(-3000, 2000, -5000)]
    file = gateway.upload_evidence(account_id=account, name="a.pdf", content=b"%PDF-1.7", key=f"{account}-file")
    assert file == gateway.upload_evidence(account_id=account, name="a.pdf", content=b"%PDF-1.7", key=f"{account}-file")
    answered = gateway.submit_evidence(
        account_id=account,
        dispute_id=facts.id,
        evidence={"customer_name": "Bea", "uncategorized_file": file},
        key=f"{account}-evidence",
    )
    assert (answered.state, answered.is_submitted) == ("under_review", True)
    gateway.set_manual_payouts(account)
    stripe_sandbox.control("balance/available")
    assert gateway.fetch_available(account)["EUR"] == gateway.fetch_balance(account)["EUR"] < 0
    other = intent(account, "more", amount=20_000)
    confirm(other.id, account)
    gateway.capture_intent(account_id=account, intent_id=other.id, key=f"{account}-capture-more")
    stripe_sandbox.control("balance/available")
    paid_out = gateway.create_payout(
        account_id=account, amount=1000, currency="EUR", about="payout:1", key=f"{account}-payout"
    )
    assert (paid_out.amount, paid_out.currency, [line.net for line in paid_out.lines]) == (1000, "EUR", [-1000])
    stripe_sandbox.control(f"payouts/{paid_out.id}/fail")
    back = gateway.fetch_payout(account_id=account, payout_id=paid_out.id)
    assert (back.state, back.failure, back.about) == ("failed", "account_closed", "payout:1")
    assert [line.net for line in back.lines] == [-1000, 1000]
    assert gateway.list_payouts(account_id=account, since=lines[1].created_at) == [back]
    called |= {"set_manual_payouts", "fetch_available", "create_payout", "fetch_payout", "list_payouts"}
    warned = stripe_sandbox.control("fraud_warnings", payment_intent=made.id)
    warning = gateway.fetch_fraud_warning(account_id=account, warning_id=warned["id"])
    assert (warning.intent_id, warning.kind) == (made.id, "misc")
    called.add("fetch_fraud_warning")
    called |= {"fetch_dispute", "upload_evidence", "submit_evidence"}
    partner = gateway.create_recipient(email="", country="IE", name="The venue", key=f"{account}-partner")
    assert not partner.charges_enabled
    assert gateway.request_debits(account).capabilities["sepa_debit_payments"] == "active"
    called |= {"create_recipient", "request_debits"}
    given_up = intent(account, "given up", takes_delayed=True)
    assert gateway.cancel_intent(account_id=account, intent_id=given_up.id, key=f"{account}-cancel").is_cancelled
    called |= {"create_intent", "fetch_intent", "capture_intent", "create_refund", "fetch_refund", "cancel_intent"}

    dearer = intent(account, "with a partner")
    confirm(dearer.id, account)
    taken = gateway.capture_intent(account_id=account, intent_id=dearer.id, key=f"{account}-part", application_fee=1300)
    assert taken.is_captured
    assert gateway.list_balance_lines(account_id=account, since=None, limit=1)[0][0].net == 3700
    hall = gateway.create_recipient(email="hall@example.com", country="IE", name="Hall", key=f"hall-{recording}")
    httpx.post(f"{stripe_sandbox.base}/_sandbox/accounts/{hall.id}/complete").raise_for_status()
    httpx.post(f"{stripe_sandbox.base}/_sandbox/balance/available", json={}).raise_for_status()
    about = {"group": "northside", "about": "transfer:1"}
    moved = {"account_id": hall.id, "amount": 1000, "currency": "EUR", **about, "key": f"{account}-move"}
    transfer = gateway.create_transfer(**moved)
    assert gateway.create_transfer(**moved) == transfer
    back = gateway.reverse_transfer(transfer_id=transfer.id, amount=400, about="transfer:1", key=f"{account}-back")
    assert (transfer.amount, back.amount, gateway.fetch_balance(hall.id)) == (1000, 400, {"EUR": 600})
    since = lines[0].created_at
    assert gateway.find_transfer(account_id=hall.id, about="transfer:1", since=since) == transfer
    assert gateway.find_transfer(account_id=hall.id, about="transfer:2", since=since) is None
    assert gateway.list_reversals(transfer_id=transfer.id) == [back]
    called |= {"create_transfer", "reverse_transfer", "find_transfer", "list_reversals"}

    separate = gateway.create_intent(
        account_id=gateway.PLATFORM,
        amount=5000,
        currency="EUR",
        application_fee=125,
        order_id="separate",
        number="AB12",
        on_behalf_of=account,
        key=f"{account}-separate",
    )
    confirm(separate.id, gateway.PLATFORM)
    charged = gateway.capture_intent(account_id=gateway.PLATFORM, intent_id=separate.id, key=f"{account}-taken")
    passed_on = {**moved, "source": charged.charge_id, "key": f"{account}-source"}
    transfer = gateway.create_transfer(**passed_on)
    gone = gateway.create_refund(
        account_id=gateway.PLATFORM, intent_id=separate.id, amount=2000, refund_fee=False, key=f"{account}-gone"
    )
    back = gateway.reverse_transfer(transfer_id=transfer.id, amount=500, about="transfer:1", key=f"{account}-half")
    assert (gone.fee, transfer.arrived[:3], back.arrived[:4]) == (0, "py_", "pyr_")
    lines, _more = gateway.list_balance_lines(account_id=gateway.PLATFORM, since=None, limit=4)
    assert sorted((line.type, line.amount, line.about) for line in lines) == sorted(
        [
            ("charge", 5000, charged.charge_id),
            ("transfer", -1000, "transfer:1"),
            ("refund", -2000, charged.charge_id),
            ("transfer_refund", 500, "transfer:1"),
        ]
    )

    verbs = {
        name
        for name, value in vars(gateway).items()
        if callable(value)
        and value.__module__.startswith(gateway.__name__)
        and name.islower()
        and not name.startswith("_")
    }
    assert verbs - LOCAL == called, "a call of the gateway is not held to the contract here"


def test_all_that_is_said_about_saved_cards_is_understood(account, recording):
    bea = vault.create_customer(account_id=account, email="bea@example.com", reference="0191", key=f"{account}-bea")
    assert bea == vault.create_customer(
        account_id=account, email="bea@example.com", reference="0191", key=f"{account}-bea"
    )
    paid = intent(account, "saved", customer=bea, saves_card=True)
    confirm(paid.id, account)
    [card] = vault.list_saved(account_id=account, customer=bea)
    assert (card.name, card.exp_month) == ("Visa ···· 4242", 12)
    assert vault.open_card_session(account_id=account, customer=bea).startswith("cuss_secret_")
    again = intent(account, "again", customer=bea, saves_card=True)
    vault.stop_saving(account_id=account, intent_id=again.id)
    confirm(again.id, account, card=card.id)
    assert gateway.fetch_intent(account_id=account, intent_id=again.id).is_authorised
    assert vault.detach(account_id=account, customer=bea, method_id=card.id)
    assert not vault.detach(account_id=account, customer=bea, method_id=card.id)
    assert vault.list_saved(account_id=account, customer=bea) == []
    for _twice in range(2):
        vault.delete_customer(account_id=account, customer=bea)
    with pytest.raises(ProviderRefused) as refused:
        vault.open_card_session(account_id=account, customer=bea)
    assert refused.value.extra["provider_code"] == vault.GONE
    ours = vault.create_customer(account_id=gateway.PLATFORM, email="b@example.com", reference="1", key=bea)
    assert vault.list_saved(account_id=gateway.PLATFORM, customer=ours) == []
    assert vault.open_card_session(account_id=gateway.PLATFORM, customer=ours)


def test_a_refusal_carries_the_providers_code(account, recording):
    made = intent(account, "refused")
    with pytest.raises(ProviderRefused) as refused:
        gateway.capture_intent(account_id=account, intent_id=made.id, key=f"{account}-early")
    assert refused.value.extra["provider_code"] == "payment_intent_unexpected_state"


def test_an_outage_is_told_apart_from_a_refusal(account, recording, stripe_sandbox):
    fault = {"path": "/v1/payment_intents", "count": 3, "status": 503}
    httpx.post(f"{stripe_sandbox.base}/_sandbox/faults", json=fault).raise_for_status()
    with pytest.raises(ProviderUnavailable):
        intent(account, "outage")
    assert intent(account, "outage").status == "requires_payment_method"
