"""Events and webhooks: signed, told to the right endpoint, tried again, and caught up on."""

import signal

import pytest
import stripe

from tests.payments.sandbox.conftest import onboarded, start_server

SECRET = "whsec_sandbox_test"


@pytest.fixture
def told(tmp_path, listener):
    """A sandbox of its own that tells the listener about connected accounts."""
    running = start_server(tmp_path, "--connect-webhook-url", listener.url, "--connect-webhook-secret", SECRET)
    yield running
    running.process.kill()


def sell_on(server, account, card="pm_card_visa", **params):
    return server.api.v1.payment_intents.create(
        params={
            "amount": 5000,
            "currency": "eur",
            "application_fee_amount": 300,
            "confirm": True,
            "payment_method": card,
            "return_url": "http://shop.localhost/",
            **params,
        },
        options={"stripe_account": account},
    )


def test_the_sdk_verifies_the_signature_and_the_event_names_its_account(told, listener):
    account = onboarded(told)
    told.control("webhooks/settle")
    events = [stripe.Webhook.construct_event(body, signature, SECRET) for body, signature in listener.got]
    assert {(event.account, event.livemode) for event in events} == {(account, False)}
    assert any(event.type == "account.updated" and event.data.object.charges_enabled for event in events)
    body, signature = listener.got[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", signature, SECRET)


def test_a_sale_tells_its_story(told, listener):
    account = onboarded(told)
    told.control("webhooks/settle")
    listener.got.clear()
    intent = sell_on(told, account, capture_method="manual")
    told.api.v1.payment_intents.capture(intent.id, options={"stripe_account": account})
    told.api.v1.refunds.create(params={"payment_intent": intent.id}, options={"stripe_account": account})
    told.control("webhooks/settle")
    assert {
        "payment_intent.created",
        "payment_intent.amount_capturable_updated",
        "charge.succeeded",
        "charge.captured",
        "payment_intent.succeeded",
        "charge.updated",
        "refund.created",
        "charge.refunded",
    } == set(listener.types())
    kinds = {e.type for e in told.api.v1.events.list().data}
    assert "application_fee.created" in kinds  # the platform's own event, for the other endpoint


def test_an_endpoint_hears_only_its_side_and_its_types(told, listener):
    endpoint = told.api.v1.webhook_endpoints.create(
        params={"url": listener.url, "enabled_events": ["application_fee.created"]}
    )
    assert endpoint.secret.startswith("whsec_")
    assert told.api.v1.webhook_endpoints.retrieve(endpoint.id).to_dict().get("secret") is None
    account = onboarded(told)
    sell_on(told, account, capture_method="automatic")
    told.control("webhooks/settle")
    ours = [body for body, signature in listener.got if verifies(body, signature, endpoint.secret)]
    assert len(ours) == 1


def verifies(body, signature, secret):
    try:
        stripe.Webhook.construct_event(body, signature, secret)
    except stripe.SignatureVerificationError:
        return False
    return True


def test_a_refused_delivery_is_tried_again(told, listener):
    listener.answers += [500, 302]
    onboarded(told)
    states = set()
    for _ in range(10):  # a round tries again what was refused; two answers refuse at most two of them
        told.control("webhooks/flush")
        states = {d["state"] for d in told.control("webhooks", "GET")["deliveries"]}
        if states == {"done"}:
            break
    assert states == {"done"}
    assert listener.answers == []
    ids = [listener.event(i)["id"] for i in range(len(listener.got))]
    assert len(ids) > len(set(ids))


@pytest.mark.parametrize(("mode", "times"), [("drop", 0), ("duplicate", 2), ("normal", 1)])
def test_modes_drop_and_duplicate(told, listener, mode, times):
    account = onboarded(told)
    told.control("webhooks/settle")
    listener.got.clear()
    told.control("webhooks", mode=mode)
    sell_on(told, account)
    told.control("webhooks/settle")
    assert listener.types().count("payment_intent.succeeded") == times
    if mode == "drop":
        assert any(
            e.type == "payment_intent.succeeded"
            for e in told.api.v1.events.list(options={"stripe_account": account}).data
        )


def test_held_webhooks_survive_a_kill_and_are_flushed(told, listener):
    account = onboarded(told)
    told.control("webhooks/settle")
    listener.got.clear()
    told.control("webhooks", mode="hold")
    sell_on(told, account)
    told.restart(signal.SIGKILL)
    assert listener.types() == []
    options = {"stripe_account": account}
    waiting = told.api.v1.events.list(params={"delivery_success": False}, options=options)
    assert "payment_intent.succeeded" in [event.type for event in waiting.data]
    assert waiting.data[0].pending_webhooks == 1
    told.control("webhooks/flush")
    assert "payment_intent.succeeded" in listener.types()
    assert told.api.v1.events.list(params={"delivery_success": False}, options=options).data == []


def test_an_event_can_be_sent_once_more(told, listener):
    account = onboarded(told)
    told.control("webhooks/settle")
    event = told.api.v1.events.list(params={"type": "account.updated", "limit": 1}, options={"stripe_account": account})
    told.control("webhooks/resend", event=event.data[0].id)
    told.control("webhooks/settle")
    ids = [listener.event(i)["id"] for i in range(len(listener.got))]
    assert ids.count(event.data[0].id) == 2


def test_the_command_lines_endpoint_is_moved_and_not_doubled(tmp_path, listener):
    for url in ("http://localhost:1/old", listener.url):
        server = start_server(tmp_path, "--webhook-url", url, "--webhook-secret", SECRET)
        known = server.api.v1.webhook_endpoints.list().data
        server.process.kill()
    assert [endpoint.url for endpoint in known] == [listener.url]
