"""Our books against the provider's, line by line: what agrees, what is fixed by itself, what a person is told of."""

from unittest.mock import patch

import httpx
import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from analytics.invariants import breaches
from audit.actions import SYSTEM, user_actor
from audit.models import AuditEntry
from checkout.actions import refund_order, send_refund, settle_payment
from config import failpoints
from config.books import book_platform_fee
from config.stripe_events import VERBS
from events.actions import stop_sales
from inbox.models import ProviderEvent
from ledger.actions import Kind, post
from ledger.queries import balance
from orders.models import Order
from outbox.models import OutboxMessage
from payments import gateway
from payments.errors import NotConnected, ProviderRefused, ProviderUnavailable
from payments.gateway import call
from payments.models import Payment, Refund
from reconciliation import actions
from reconciliation.errors import CheckUnderWay, IncidentSettled, NoteMissing
from reconciliation.models import Check, Incident, ProviderLine
from tests import world
from tests.processes import Sandbox
from tests.reconciliation.conftest import check_money, fresh_account, later, provider, told
from tickets.models import Ticket
from ui.errors import NotFound


class Killed(BaseException):
    """The process is gone: nothing may catch this."""


def agrees(account: str) -> bool:
    """Whether the provider's balance is ours to the minor unit, and nothing is unexplained."""
    ours = {currency: amount for currency, amount in balance(Kind.PROVIDER).items() if amount}
    theirs = {currency: amount for currency, amount in gateway.fetch_balance(account).items() if amount}
    assert ours == theirs
    return not any(balance(Kind.UNEXPLAINED).values())


def refund_there(order: Order, amount: int, *, with_fee: bool = False) -> str:
    """Somebody refunds in the provider's dashboard; returns the refund's id."""
    payment = Payment.objects.get(order=order)
    made = provider().v1.refunds.create(
        params={"payment_intent": payment.intent_id, "amount": amount, "refund_application_fee": with_fee},
        options={"stripe_account": payment.account_id},
    )
    return made.id


# --- What agrees ------------------------------------------------------------------------------------------------------------------


def test_sales_and_refunds_agree_line_by_line(account: str) -> None:
    event = world.make_event()
    world.paid_order(event, Standard=2)
    gone = world.paid_order(event, Standard=1)
    refund_order(order_id=gone.pk, actor=SYSTEM)
    send_refund(refund_id=Refund.objects.get().pk)

    check = check_money()

    assert (check.lines, check.done, check.total, check.step) == (3, 3, 3, "done")
    lines = ProviderLine.objects.order_by("created_at", "pk")
    assert sorted((line.type, line.net, line.state) for line in lines) == [
        ("charge", 2400, "matched"),
        ("charge", 4800, "matched"),
        ("refund", -2400, "matched"),
    ]
    assert told() == []
    assert agrees(account)
    assert breaches() == {}


def test_looking_twice_books_nothing_twice(account: str) -> None:
    world.paid_order(world.make_event(), Standard=2)
    check_money()
    before = balance(Kind.PROVIDER)

    again = check_money()

    assert again.since is not None
    assert again.done == 0
    assert balance(Kind.PROVIDER) == before == {"EUR": 4800}
    assert ProviderLine.objects.count() == 1
    assert Incident.objects.count() == 1  # the messages that the first one fetched


def test_the_providers_own_charge_is_booked_when_it_is_known(northside: world.House, stripe_sandbox: Sandbox) -> None:
    """Where the organizer pays Stripe itself, each line carries the charge: 1.5 % of 50.20 and 25 cents."""
    account = fresh_account(
        northside,
        fees={"payer": "account"},
        losses={"payments": "stripe"},
        stripe_dashboard={"type": "full"},
    )
    world.paid_order(world.make_event(), Standard=2)

    check_money()

    line = ProviderLine.objects.get()
    assert (line.amount, line.platform_fee, line.provider_fee, line.net) == (5020, 220, 100, 4700)
    assert balance(Kind.PAYMENT_COSTS) == {"EUR": 100}
    assert balance(Kind.PROVIDER) == {"EUR": 4700}
    assert told() == []
    assert agrees(account)


@pytest.mark.parametrize(("currency", "price", "total"), [("JPY", 3000, 3125), ("KWD", 12_000, 12_350)])
def test_currencies_without_cents_and_with_three_decimals(
    account: str, monkeypatch: pytest.MonkeyPatch, currency: str, price: int, total: int
) -> None:
    monkeypatch.setattr("events.actions.CURRENCIES", ("JPY", "KWD"))  # no event is sold in dinars yet
    event = world.make_event(kinds=(("Standard", price, 5),), currency=currency)
    order = world.paid_order(event, Standard=1)
    assert (order.currency, order.total) == (currency, total)
    refund_there(order, 1000)

    check_money()

    assert told() == [("refund_unknown", "fixed")]
    assert balance(Kind.SALES) == {currency: 1000 - total}
    assert agrees(account)
    assert breaches() == {}


def test_a_payout_and_one_that_came_back(account: str, stripe_sandbox: Sandbox) -> None:
    world.paid_order(world.make_event(), Standard=2)
    stripe_sandbox.control("balance/available")
    payouts = [
        provider().v1.payouts.create(params={"amount": 1500, "currency": "eur"}, options={"stripe_account": account})
        for _ in range(2)
    ]
    stripe_sandbox.control(f"payouts/{payouts[1].id}/fail")

    check_money()

    assert balance(Kind.BANK) == {"EUR": 1500}
    assert balance(Kind.PROVIDER) == {"EUR": 3300}
    assert told() == [("payout_failed", "open")]
    assert Incident.objects.get(kind="payout_failed").subject == payouts[1].id
    assert agrees(account)


def test_our_fee_given_back_by_itself_is_in_both_books(account: str) -> None:
    order = world.paid_order(world.make_event(), Standard=2)
    charge = Payment.objects.get(order=order).charge_id
    (fee,) = provider().v1.application_fees.list(params={"charge": charge}).data
    provider().v1.application_fees.refunds.create(fee.id, params={"amount": 100})

    check_money()
    for message in OutboxMessage.objects.filter(kind="book_platform_fee"):
        book_platform_fee(transaction_key=message.payload["key"])

    assert balance(Kind.PLATFORM_FEES) == {"EUR": 120}
    assert balance(Kind.PROVIDER) == {"EUR": 4900}
    assert told() == []
    assert agrees(account)
    with schema_context("public"):
        assert balance(Kind.PLATFORM_FEES) == {"EUR": -120}


# --- What is fixed by itself -------------------------------------------------------------------------------------------------


def test_a_captured_payment_without_tickets_is_settled(account: str) -> None:
    order = world.place_order(world.make_event(), Standard=2)
    intent = world.pay(order)
    gateway.capture_intent(account_id=account, intent_id=intent.id, key="by somebody else")

    check_money()

    order.refresh_from_db()
    assert order.state == Order.State.PAID
    assert Ticket.objects.filter(position__order=order, state="valid").count() == 2
    assert told() == [("unsettled", "fixed")]
    incident = Incident.objects.get(kind="unsettled")
    assert (incident.order_number, incident.currency, incident.theirs) == (order.number, "EUR", 5020)
    assert [entry.verb for entry in AuditEntry.objects.filter(target_id=str(incident.pk)).order_by("pk")] == [
        "open_incident",
        "fix_incident",
    ]
    assert agrees(account)
    assert breaches() == {}


def test_a_captured_payment_whose_places_are_gone_is_refunded(account: str) -> None:
    event = world.make_event(kinds=(("Standard", 2400, 1),))
    with world.an_hour_ago():
        late = world.place_order(event, Standard=1)
    intent = world.pay(late)
    world.paid_order(event, Standard=1)
    gateway.capture_intent(account_id=account, intent_id=intent.id, key="by somebody else")

    check_money()
    send_refund(refund_id=Refund.objects.get().pk)
    check_money()

    late.refresh_from_db()
    assert (late.state, late.cancel_reason) == (Order.State.CANCELLED, Order.CancelReason.PLACES_GONE)
    assert told() == [("unsettled", "fixed")]
    assert balance(Kind.SALES) == {"EUR": -2510}
    assert agrees(account)
    assert breaches() == {}


def test_what_cannot_be_fixed_yet_says_why_and_is_fixed_later(account: str) -> None:
    event = world.make_event()
    order = world.place_order(event, Standard=1)
    intent = world.pay(order)
    gateway.capture_intent(account_id=account, intent_id=intent.id, key="by somebody else")
    Payment.objects.filter(order=order).update(amount=2509)  # no verb does this

    check_money()
    check_money()

    assert told() == [("unsettled", "open")]
    assert Incident.objects.get(kind="unsettled").error == "The payment does not match the order"
    order.refresh_from_db()
    assert order.state == Order.State.PENDING

    Payment.objects.filter(order=order).update(amount=order.total)
    check_money()

    assert told() == [("unsettled", "fixed")]
    assert agrees(account)


def test_while_a_sale_is_stopped_its_money_waits_with_an_open_incident(account: str) -> None:
    event = world.make_event()
    order = world.place_order(event, Standard=1)
    intent = world.pay(order)
    gateway.capture_intent(account_id=account, intent_id=intent.id, key="by somebody else")
    stop_sales(performance_id=world.the_performance(event).pk, reason="A test", actor=SYSTEM)

    check_money()

    assert told() == [("unsettled", "open")]
    order.refresh_from_db()
    assert order.state == Order.State.PENDING


def test_a_refund_made_at_the_provider_is_booked_and_the_rest_goes_back_later(account: str) -> None:
    order = world.paid_order(world.make_event(), Standard=2)
    made = refund_there(order, 2000)

    check_money()

    refund = Refund.objects.get()
    assert (refund.provider_id, refund.amount, refund.fee_amount, refund.reason) == (made, 2000, 0, "provider")
    assert told() == [("refund_unknown", "fixed")]
    assert balance(Kind.SALES) == {"EUR": -3020}
    assert Ticket.objects.filter(position__order=order, state="valid").count() == 2
    assert agrees(account)

    refund_order(order_id=order.pk, actor=SYSTEM)
    rest = Refund.objects.exclude(pk=refund.pk).get()
    send_refund(refund_id=rest.pk)
    check_money()

    assert (rest.amount, rest.fee_amount) == (3020, 220)
    assert balance(Kind.SALES) == {"EUR": 0}
    assert balance(Kind.PLATFORM_FEES) == {"EUR": 0}
    assert agrees(account)
    assert breaches() == {}


def test_an_order_that_was_refunded_there_in_full_sends_nothing_back_again(account: str) -> None:
    order = world.paid_order(world.make_event(), Standard=2)
    refund_there(order, order.total, with_fee=True)
    check_money()

    refund_order(order_id=order.pk, actor=SYSTEM)

    assert Refund.objects.count() == 1
    assert not Ticket.objects.filter(position__order=order, state="valid").exists()
    assert agrees(account)
    assert breaches() == {}


def test_what_we_asked_back_before_we_knew_of_theirs_shrinks_to_what_is_left(account: str) -> None:
    """Somebody refunds 20.00 of 50.20 there, and we ask for all of it before we hear of that: the provider refuses."""
    order = world.paid_order(world.make_event(), Standard=2)
    refund_there(order, 2000)
    refund_order(order_id=order.pk, actor=SYSTEM)
    asked = Refund.objects.get()
    with pytest.raises(ProviderRefused):
        send_refund(refund_id=asked.pk)

    check_money()
    send_refund(refund_id=asked.pk)  # the outbox tries again, and nothing comes of it
    for refund in Refund.objects.filter(state="requested"):
        send_refund(refund_id=refund.pk)
    check_money()

    rows = Refund.objects.order_by("amount").values_list("amount", "fee_amount", "state", "reason")
    assert list(rows) == [
        (2000, 0, "succeeded", "provider"),
        (3020, 220, "succeeded", "staff"),
        (5020, 220, "failed", "staff"),
    ]
    assert told() == [("refund_unknown", "fixed")]
    assert balance(Kind.SALES) == {"EUR": 0}
    assert agrees(account)
    assert breaches() == {}


def test_the_provider_says_how_much_of_our_fee_goes_back(account: str) -> None:
    """After all but 0.20 went back without the fee, the last part brings the whole fee of 2.20."""
    order = world.paid_order(world.make_event(), Standard=2)
    refund_there(order, 5000)
    check_money()

    refund_order(order_id=order.pk, actor=SYSTEM)
    send_refund(refund_id=Refund.objects.get(amount=20).pk)
    check_money()

    assert Refund.objects.get(amount=20).fee_amount == 220
    assert told() == [("refund_unknown", "fixed")]
    assert agrees(account)


def test_our_own_refund_whose_answer_was_lost_is_taken_up_once(account: str) -> None:
    order = world.paid_order(world.make_event(), Standard=2)
    refund_order(order_id=order.pk, actor=SYSTEM)
    made = refund_there(order, order.total, with_fee=True)

    check_money()
    send_refund(refund_id=Refund.objects.get().pk)

    refund = Refund.objects.get()
    assert (refund.provider_id, refund.state, refund.reason) == (made, "succeeded", "staff")
    assert told() == [("refund_unknown", "fixed")]
    assert balance(Kind.SALES) == {"EUR": 0}
    assert agrees(account)


def test_a_refund_that_fails_later_is_booked_back_and_a_person_told(account: str, stripe_sandbox: Sandbox) -> None:
    order = world.place_order(world.make_event(), Standard=1)
    world.pay(order, card="pm_card_refundFail")
    settle_payment(order_id=order.pk)
    refund_order(order_id=order.pk, actor=SYSTEM)
    send_refund(refund_id=Refund.objects.get().pk)
    stripe_sandbox.control("timers")

    check_money()

    assert Refund.objects.get().state == Refund.State.FAILED
    assert told() == [("refund_unknown", "fixed"), ("refund_failed", "open")]
    assert balance(Kind.SALES) == {"EUR": -2510}
    assert balance(Kind.PLATFORM_FEES) == {"EUR": 0}  # it went back with the refund, and stays there
    assert agrees(account)


def test_a_refund_on_its_way_has_left_the_balance(account: str, stripe_sandbox: Sandbox) -> None:
    order = world.place_order(world.make_event(), Standard=1)
    world.pay(order, card="pm_card_pendingRefund")
    settle_payment(order_id=order.pk)
    refund_order(order_id=order.pk, actor=SYSTEM)
    send_refund(refund_id=Refund.objects.get().pk)

    check_money()

    assert Refund.objects.get().state == Refund.State.PENDING
    assert told() == []
    assert agrees(account)
    stripe_sandbox.control("timers")
    send_refund(refund_id=Refund.objects.get().pk)
    assert Refund.objects.get().state == Refund.State.SUCCEEDED
    assert agrees(account)


def test_messages_that_never_came_are_fetched_and_handed_over(account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[str] = []
    monkeypatch.setattr("config.tasks.wake_inbox", lambda: woken.append("woken"))
    world.paid_order(world.make_event(), Standard=1)

    check_money(at=timezone.now())
    assert not ProviderEvent.objects.exists()  # they may still be on their way

    check_money()
    check_money()

    rows = ProviderEvent.objects.order_by("type").values_list("type", "account_id", "state")
    assert ("payment_intent.succeeded", account, "received") in rows
    assert {kind for kind, _account, _state in rows} <= set(VERBS)
    incident = Incident.objects.get(kind="events_missed")
    assert (incident.state, incident.number) == ("fixed", len(rows))
    assert woken == ["woken"]


# --- What a person is told of -----------------------------------------------------------------------------------------------


def test_money_that_no_order_explains_is_booked_as_that(account: str) -> None:
    made = provider().v1.payment_intents.create(
        params={
            "amount": 777,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        },
        options={"stripe_account": account},
    )

    check_money()
    check_money()

    incident = Incident.objects.get(kind="money_unknown")
    assert (incident.subject, incident.ours, incident.theirs, incident.state) == (made.latest_charge, 0, 777, "open")
    assert balance(Kind.UNEXPLAINED) == {"EUR": -777}
    assert not agrees(account)
    assert breaches() == {}


def test_a_disputed_payment_is_booked_with_its_charge_and_comes_back_when_won(
    account: str, stripe_sandbox: Sandbox
) -> None:
    order = world.place_order(world.make_event(), Standard=2)
    world.pay(order, card="pm_card_createDispute")
    settle_payment(order_id=order.pk)
    stripe_sandbox.control("timers")

    check_money()

    assert balance(Kind.DISPUTED) == {"EUR": 5020}
    assert balance(Kind.PAYMENT_COSTS) == {"EUR": 2000}
    assert told() == [("disputed", "open")]
    assert Incident.objects.get(kind="disputed").order_number == order.number
    assert agrees(account)

    (dispute,) = provider().v1.disputes.list(options={"stripe_account": account}).data
    evidence = {"evidence": {"uncategorized_text": "winning_evidence"}}
    provider().v1.disputes.update(dispute.id, params=evidence, options={"stripe_account": account})  # type: ignore[arg-type]
    stripe_sandbox.control("timers")
    check_money()

    assert balance(Kind.DISPUTED) == {"EUR": 0}
    assert told() == [("disputed", "fixed")]
    assert agrees(account)


def test_another_amount_than_in_our_books(account: str) -> None:
    """The same sale with a cent less in our books: no verb does that, a mistake in one might."""
    order = world.place_order(world.make_event(), Standard=1)
    intent = world.pay(order)
    post(
        key=f"sale:{order.pk}",
        currency="EUR",
        amounts={Kind.PROVIDER: 2399, Kind.PLATFORM_FEES: 110, Kind.SALES: -2509},
    )
    gateway.capture_intent(account_id=account, intent_id=intent.id, key="by somebody else")

    check_money()
    check_money()

    incident = Incident.objects.get(kind="amount_differs")
    assert (incident.ours, incident.theirs, incident.order_number) == (2399, 2400, order.number)
    assert balance(Kind.UNEXPLAINED) == {"EUR": -1}
    assert not agrees(account)


def test_what_is_in_our_books_alone_is_missed_until_it_shows_up(account: str) -> None:
    order = world.place_order(world.make_event(), Standard=1)
    intent = world.pay(order)
    post(
        key=f"sale:{order.pk}",
        currency="EUR",
        amounts={Kind.PROVIDER: 2400, Kind.PLATFORM_FEES: 110, Kind.SALES: -2510},
    )

    check_money()
    check_money()

    incident = Incident.objects.get(kind="line_missing")
    assert (incident.state, incident.ours, incident.order_number) == ("open", 2400, order.number)

    gateway.capture_intent(account_id=account, intent_id=intent.id, key="by somebody else")
    check_money()

    incident.refresh_from_db()
    assert incident.state == "fixed"


def test_a_balance_that_is_not_the_sum_of_its_lines(account: str) -> None:
    world.paid_order(world.make_event(), Standard=1)
    check_money()
    ProviderLine.objects.update(net=2000, amount=2110)

    check_money()
    check_money()

    incident = Incident.objects.get(kind="balance_differs")
    assert (incident.state, incident.ours, incident.theirs) == ("open", 2000, 2400)
    ProviderLine.objects.update(net=2400, amount=2510)
    check_money()
    incident.refresh_from_db()
    assert incident.state == "fixed"


# --- Closing by hand ----------------------------------------------------------------------------------------------------------------


def test_nora_closes_an_incident_with_what_she_found(account: str, northside: world.House) -> None:
    incident = Incident.objects.create(key="line:1", kind=Incident.Kind.MONEY_UNKNOWN)
    nora = user_actor(northside.owner.pk)
    with pytest.raises(NoteMissing):
        actions.close_incident(incident_id=incident.pk, note="  ", actor=nora)
    incident.refresh_from_db()
    assert (incident.state, AuditEntry.objects.filter(target_id=str(incident.pk)).count()) == ("open", 0)

    closed = actions.close_incident(incident_id=incident.pk, note="A sale at the bar", actor=nora)

    assert (closed.state, closed.note, closed.settled_by) == ("closed", "A sale at the bar", str(nora))
    with pytest.raises(IncidentSettled):
        actions.close_incident(incident_id=incident.pk, note="Again", actor=SYSTEM)
    incident.refresh_from_db()
    assert incident.note == "A sale at the bar"


# --- A check that is interrupted ------------------------------------------------------------------------------------------------------


def test_a_check_goes_on_at_the_page_where_it_stopped(account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    event = world.make_event()
    for _ in range(3):
        world.paid_order(event, Standard=1)
    fetch = gateway.list_balance_lines
    asked: list[str] = []

    def one_at_a_time(**words: object) -> object:
        asked.append(str(words.get("after", "")))
        return fetch(**{**words, "limit": 1})  # type: ignore[arg-type]

    monkeypatch.setattr(gateway, "list_balance_lines", one_at_a_time)
    check = actions.request_check(actor=SYSTEM)

    def die(place: str) -> None:
        if place == "after_lines_page" and len(asked) == 2:
            raise Killed

    with patch.object(failpoints, "hit", die), pytest.raises(Killed):
        actions.work_on_check(check_id=check.pk, event_types=tuple(VERBS), at=later())
    check.refresh_from_db()
    assert (check.step, check.lines, check.is_done) == ("fetch", 2, False)
    with pytest.raises(CheckUnderWay):
        actions.work_on_check(check_id=check.pk, event_types=tuple(VERBS), at=later())

    Check.objects.update(leased_until=None)
    assert actions.request_check(actor=SYSTEM) == check
    actions.work_on_check(check_id=check.pk, event_types=tuple(VERBS), at=later())

    check.refresh_from_db()
    assert (check.is_done, check.lines, ProviderLine.objects.count()) == (True, 3, 3)
    assert asked.count("") == 2  # the first page, and a look at the newest line in the end
    assert agrees(account)


def test_a_check_that_dies_between_two_lines_books_each_once(account: str) -> None:
    event = world.make_event()
    for _ in range(3):
        world.paid_order(event, Standard=1)
    check = actions.request_check(actor=SYSTEM)

    def die(place: str) -> None:
        if place == "after_line":
            raise Killed

    with patch.object(failpoints, "hit", die), pytest.raises(Killed):
        actions.work_on_check(check_id=check.pk, event_types=tuple(VERBS), at=later())
    check.refresh_from_db()
    assert (check.step, check.done, check.total) == ("match", 1, 3)
    assert ProviderLine.objects.filter(state="matched").count() == 1
    Check.objects.update(leased_until=None)

    actions.work_on_check(check_id=check.pk, event_types=tuple(VERBS), at=later())

    check.refresh_from_db()
    assert (check.is_done, check.done, check.total) == (True, 3, 3)
    assert told() == []
    assert agrees(account)


def test_no_call_to_the_provider_happens_in_a_transaction(account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """But the test's own: as deep as that, never deeper."""
    event = world.make_event()
    order = world.place_order(event, Standard=1)
    intent = world.pay(order)
    gateway.capture_intent(account_id=account, intent_id=intent.id, key="by somebody else")
    refund_there(world.paid_order(event, Standard=1), 1000)
    outside, depths, ask = len(connection.savepoint_ids), [], call.client

    def noting() -> object:
        depths.append(len(connection.savepoint_ids))
        return ask()

    monkeypatch.setattr(call, "client", noting)
    check_money()

    assert sorted(told()) == [("refund_unknown", "fixed"), ("unsettled", "fixed")]
    assert len(depths) >= 6
    assert set(depths) == {outside}


def test_a_check_waits_while_the_provider_is_away(account: str, stripe_sandbox: Sandbox) -> None:
    world.paid_order(world.make_event(), Standard=1)
    check = actions.request_check(actor=SYSTEM)
    fault = {"path": "/v1/balance_transactions", "method": "GET", "mode": "error", "status": 503, "count": 3}
    httpx.post(f"{stripe_sandbox.base}/_sandbox/faults", json=fault).raise_for_status()

    with pytest.raises(ProviderUnavailable):
        actions.work_on_check(check_id=check.pk, event_types=tuple(VERBS), at=later())

    check.refresh_from_db()
    assert (check.is_done, check.error) == (False, "The payment service does not answer")
    assert not ProviderLine.objects.exists()
    check_money()
    assert agrees(account)


def test_without_an_account_there_is_nothing_to_compare(northside: world.House) -> None:
    with pytest.raises(NotConnected):
        actions.request_check(actor=SYSTEM)

    assert not Check.objects.exists()


def test_each_organizer_has_its_own_incidents(account: str, southside: world.House) -> None:
    order = world.place_order(world.make_event(), Standard=2)
    intent = world.pay(order)
    gateway.capture_intent(account_id=account, intent_id=intent.id, key="by somebody else")
    check_money()
    incident = Incident.objects.get(kind="unsettled")

    with tenant_context(southside.organizer):
        assert not Incident.objects.exists()
        assert not ProviderLine.objects.exists()
        with pytest.raises(NotConnected):
            actions.request_check(actor=SYSTEM)
        with pytest.raises(NotFound):
            actions.close_incident(incident_id=incident.pk, note="Mine now", actor=SYSTEM)
    incident.refresh_from_db()
    assert incident.state == "fixed"
