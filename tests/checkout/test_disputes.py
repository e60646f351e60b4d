"""A buyer's bank wants the money back: frozen at the door, answered, won or lost; booked to the cent, in whatever order we hear."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from analytics.invariants import breaches
from audit.actions import SYSTEM, user_actor
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout import disputes
from checkout.cancellations import cancel_by_buyer, request_cancellation
from checkout.dispute_letters import mail_dispute
from checkout.errors import CancellationRefused, EvidenceRefused, NotRefundable
from checkout.refunds import GivingBack, give_back, send_again
from config.stripe_events import VERBS
from console.actions import list_dispute
from console.models import ListedDispute
from events.models import Event
from inventory.models import Place
from inventory.queries import database_now
from ledger.actions import Kind
from ledger.queries import balance
from notifications.models import EmailMessage
from orders.models import Order
from outbox.models import OutboxMessage
from payments import gateway
from payments.models import Dispute, DisputePolicy, Payment, Refund
from payments.queries import left_of
from tests import world
from tests.processes import Sandbox
from tests.reconciliation.conftest import fresh_account
from tests.scanning.door import phone_at
from tests.world import STANDARD
from tickets.models import Ticket
from tickets.queries import tickets_of_order

NORA = user_actor(UUID(int=1))
FEE = 2000  # what the sandbox charges for a dispute, in minor units
PDF = b"%PDF-1.7 a pack"


@pytest.fixture
def account(northside: world.House, stripe_sandbox: Sandbox) -> str:
    """Northside's own, that no other test has used."""
    return fresh_account(northside)


@pytest.fixture
def event(account: str) -> Event:
    return world.make_event(kinds=((STANDARD, 2400, 4),), starts_at=timezone.now() + timedelta(minutes=30))


@pytest.fixture
def order(event: Event) -> Order:
    """Bea's two tickets of four, 50.20 with 2.20 of ours in it."""
    return world.paid_order(event, **{STANDARD: 2})


def dispute(order: Order, sandbox: Sandbox, **about: Any) -> str:
    """Bea's bank disputes the payment; the dispute's id there. We have not heard of it."""
    intent = Payment.objects.get(order=order).intent_id
    return str(sandbox.control("disputes", payment_intent=intent, **about)["id"])


def hear(kind: str, provider_id: str, account: str) -> None:
    """A message about it arrives."""
    VERBS[f"charge.dispute.{kind}"]({"account": account, "data": {"object": {"id": provider_id}}})


def opened(order: Order, sandbox: Sandbox, account: str, **about: Any) -> Dispute:
    made = dispute(order, sandbox, **about)
    hear("created", made, account)
    order.refresh_from_db()
    return Dispute.objects.get(provider_id=made)


def decided(found: Dispute, sandbox: Sandbox, account: str, *, won: bool) -> None:
    sandbox.control(f"disputes/{found.provider_id}/decide", won=won)
    hear("closed", found.provider_id, account)
    found.refresh_from_db()
    found.payment.order.refresh_from_db()


def books() -> dict[str, int]:
    """What the accounts say, where they say something; cents."""
    kinds = (Kind.PROVIDER, Kind.DISPUTED, Kind.PAYMENT_COSTS, Kind.SALES, Kind.PLATFORM_FEES)
    return {kind.value: amount for kind in kinds for amount in balance(kind).values() if amount}


def agrees(account: str) -> bool:
    theirs = {currency: amount for currency, amount in gateway.fetch_balance(account).items() if amount}
    return theirs == {currency: amount for currency, amount in balance(Kind.PROVIDER).items() if amount}


def mails() -> list[str]:
    """What the owners were written by now."""
    for message in OutboxMessage.objects.filter(kind="mail_dispute", due_at__lte=timezone.now()).order_by(
        "created_at", "pk"
    ):
        mail_dispute(dispute_id=UUID(message.payload["dispute_id"]), news=message.payload["news"])
    rows = EmailMessage.objects.filter(key__startswith="dispute:").order_by("queued_at", "pk")
    return [f"{mail.to}: {mail.subject}" for mail in rows]


# --- It opens -----------------------------------------------------------------------------------------------------------------


def test_a_dispute_freezes_the_order_and_books_what_the_bank_took(
    northside: world.House, event: Event, order: Order, account: str, stripe_sandbox: Sandbox
) -> None:
    found = opened(order, stripe_sandbox, account, reason="product_not_received")

    assert (found.amount, found.currency, found.state, found.reason) == (
        5020,
        "EUR",
        "needs_response",
        "product_not_received",
    )
    assert (found.taken, found.fee, found.needs_response) == (5020, FEE, True)
    assert found.due_by is not None
    assert found.due_by > timezone.now()
    assert order.is_frozen
    assert order.state == Order.State.PAID
    assert books() == {
        "provider": 4800 - 5020 - FEE,
        "disputed": 5020,
        "payment_costs": FEE,
        "sales": -5020,
        "platform_fees": 220,
    }
    assert agrees(account)
    assert breaches() == {}

    (ticket, _other) = tickets_of_order(order.pk)
    answer = phone_at(northside, event).scan(ticket)
    assert (answer["outcome"], answer["verdict"], answer["title"]) == ("frozen", "stop", "Payment disputed")
    assert order.number in answer["detail"]
    assert mails() == [f"nora@northside.example: A buyer disputes order {order.number}"]
    reminder = OutboxMessage.objects.get(key=f"{found.pk}:due")
    assert reminder.due_at - (found.due_by - disputes.REMINDED_BEFORE) < timedelta(seconds=5)


def test_messages_in_any_order_and_twice_change_nothing_more(
    order: Order, account: str, stripe_sandbox: Sandbox
) -> None:
    made = dispute(order, stripe_sandbox)
    for kind in ("funds_withdrawn", "updated", "created", "created", "funds_withdrawn"):
        hear(kind, made, account)

    assert Dispute.objects.count() == 1
    assert balance(Kind.DISPUTED) == {"EUR": 5020}
    assert AuditEntry.objects.filter(verb="freeze_order").count() == 1
    assert agrees(account)

    stripe_sandbox.control(f"disputes/{made}/decide", won=True)
    for kind in ("funds_reinstated", "created", "closed", "updated"):
        hear(kind, made, account)

    order.refresh_from_db()
    assert Dispute.objects.get().state == "won"
    assert not order.is_frozen
    assert balance(Kind.DISPUTED) == {"EUR": 0}
    assert agrees(account)
    assert breaches() == {}


def test_an_old_answer_that_comes_late_takes_nothing_back(order: Order, account: str, stripe_sandbox: Sandbox) -> None:
    """Two workers asked; the one with the older answer is the slower one."""
    found = opened(order, stripe_sandbox, account)
    old, then = gateway.fetch_dispute(account_id=account, dispute_id=found.provider_id), database_now()
    decided(found, stripe_sandbox, account, won=True)

    disputes.record_dispute(order_id=order.pk, facts=old, known_at=then)

    found.refresh_from_db()
    order.refresh_from_db()
    assert (found.state, found.taken, order.is_frozen) == ("won", 0, False)
    assert agrees(account)
    assert breaches() == {}


def test_without_any_message_the_clock_asks(order: Order, account: str, stripe_sandbox: Sandbox) -> None:
    found = opened(order, stripe_sandbox, account)
    stripe_sandbox.control(f"disputes/{found.provider_id}/decide", won=False)

    assert disputes.ask_about_disputes(at=timezone.now()) == 1
    assert disputes.ask_about_disputes(at=timezone.now()) == 0

    found.refresh_from_db()
    assert (found.state, found.closed_at is not None) == ("lost", True)


def test_a_payment_that_we_had_not_heard_of_is_settled_first(
    event: Event, account: str, stripe_sandbox: Sandbox
) -> None:
    order = world.place_order(event, **{STANDARD: 2})
    intent = world.pay(order)
    gateway.capture_intent(account_id=account, intent_id=intent.id, key=f"other-{order.pk}")

    opened(order, stripe_sandbox, account)

    assert (order.state, order.is_frozen) == (Order.State.PAID, True)
    assert Ticket.objects.filter(state="valid").count() == 2
    assert agrees(account)
    assert breaches() == {}


def test_an_inquiry_asks_and_freezes_nothing(order: Order, account: str, stripe_sandbox: Sandbox) -> None:
    found = opened(order, stripe_sandbox, account, inquiry=True)

    assert (found.is_inquiry, found.taken, found.fee, found.is_refundable) == (True, 0, 0, True)
    assert not order.is_frozen
    assert mails() == [f"nora@northside.example: A bank asks about order {order.number}"]

    checkout.refund_order(order_id=order.pk, actor=SYSTEM)
    checkout.send_refund(refund_id=Refund.objects.get().pk)
    assert Refund.objects.get().state == Refund.State.SUCCEEDED
    assert agrees(account)


def test_another_organizers_dispute_is_not_found(
    southside: world.House, order: Order, account: str, stripe_sandbox: Sandbox
) -> None:
    made = dispute(order, stripe_sandbox)
    with tenant_context(southside.organizer):
        theirs = fresh_account(southside)
        hear("created", made, theirs)
        hear(
            "created", made, account
        )  # no event of Northside's account reaches Southside; if one did, nothing comes of it
        assert not Dispute.objects.exists()


# --- While it lasts ---------------------------------------------------------------------------------------------------------


def test_nothing_goes_back_while_the_bank_has_the_money(order: Order, account: str, stripe_sandbox: Sandbox) -> None:
    opened(order, stripe_sandbox, account)
    ones = frozenset(order.positions.values_list("pk", flat=True))
    before = (Refund.objects.count(), list(Ticket.objects.values_list("state", flat=True)), books())

    for amount in (10, 5020):
        with pytest.raises(NotRefundable):
            give_back(order_id=order.pk, asked=GivingBack(amount=amount), actor=NORA)
    with pytest.raises(NotRefundable):
        checkout.refund_order(order_id=order.pk, actor=NORA)
    with pytest.raises(CancellationRefused):
        cancel_by_buyer(order_id=order.pk, position_ids=ones, expected=0)
    with pytest.raises(CancellationRefused):
        request_cancellation(order_id=order.pk, position_ids=ones, words="Please")
    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.create(payment=Payment.objects.get(), amount=10, fee_amount=0, reason="staff")

    assert (Refund.objects.count(), list(Ticket.objects.values_list("state", flat=True)), books()) == before


def test_a_refund_that_the_bank_overtook_is_owed_only_until_the_loss(
    order: Order, account: str, stripe_sandbox: Sandbox
) -> None:
    """Staff sent 10.00 back; before it went out the bank took everything, so the provider refuses it."""
    give_back(order_id=order.pk, asked=GivingBack(amount=1000), actor=NORA)
    made = dispute(order, stripe_sandbox)
    refund = Refund.objects.get()
    checkout.send_refund(refund_id=refund.pk)
    refund.refresh_from_db()
    assert (refund.state, refund.failure, refund.is_owed) == ("failed", "charge_disputed", True)
    hear("created", made, account)
    with pytest.raises(NotRefundable):
        send_again(refund_id=refund.pk, actor=NORA)

    decided(Dispute.objects.get(), stripe_sandbox, account, won=False)

    refund.refresh_from_db()
    assert not refund.is_owed
    assert breaches() == {}


# --- It ends ----------------------------------------------------------------------------------------------------------------


def test_won_the_money_and_the_tickets_are_as_before(
    northside: world.House, event: Event, order: Order, account: str, stripe_sandbox: Sandbox
) -> None:
    found = opened(order, stripe_sandbox, account)
    decided(found, stripe_sandbox, account, won=True)

    order.refresh_from_db()
    assert (found.state, found.taken, found.fee) == ("won", 0, FEE)
    assert found.closed_at is not None
    assert (order.state, order.is_frozen) == (Order.State.PAID, False)
    assert books() == {"provider": 4800 - FEE, "payment_costs": FEE, "sales": -5020, "platform_fees": 220}
    assert agrees(account)
    (ticket, _other) = tickets_of_order(order.pk)
    assert phone_at(northside, event).scan(ticket)["outcome"] == "admitted"
    assert mails()[-1] == f"nora@northside.example: You won the dispute about order {order.number}"
    assert breaches() == {}


def test_lost_the_order_is_charged_back_and_its_places_are_for_sale(
    northside: world.House, event: Event, order: Order, account: str, stripe_sandbox: Sandbox
) -> None:
    (ticket, _other) = tickets_of_order(order.pk)
    found = opened(order, stripe_sandbox, account)
    decided(found, stripe_sandbox, account, won=False)

    order.refresh_from_db()
    assert (order.state, order.cancel_reason, order.is_frozen) == (Order.State.REFUNDED, "disputed", False)
    assert order.is_charged_back
    assert left_of(found.payment) == 0
    # The buyer has 50.20 again; the organizer lost its 48.00, our fee and the bank's.
    assert books() == {"provider": -220 - FEE, "payment_costs": FEE, "platform_fees": 220}
    assert agrees(account)
    assert list(Ticket.objects.values_list("void_reason", flat=True)) == ["disputed", "disputed"]
    assert Place.objects.filter(state="free").count() == 4
    answer = phone_at(northside, event).scan(ticket)
    assert (answer["outcome"], answer["void_reason"], answer["title"]) == ("void", "disputed", "Charged back")
    with pytest.raises(NotRefundable):
        give_back(order_id=order.pk, asked=GivingBack(amount=10), actor=NORA)
    assert mails()[-1] == f"nora@northside.example: The dispute about order {order.number} is lost"
    assert breaches() == {}


def test_a_lost_appeal_leaves_the_loss_as_it_was(order: Order, account: str, stripe_sandbox: Sandbox) -> None:
    found = opened(order, stripe_sandbox, account)
    decided(found, stripe_sandbox, account, won=False)
    lost, then = gateway.fetch_dispute(account_id=account, dispute_id=found.provider_id), database_now()
    after_it = books()

    def say(state: str, known_at: datetime) -> None:
        disputes.record_dispute(order_id=order.pk, facts=replace(lost, state=state), known_at=known_at)
        found.refresh_from_db()
        order.refresh_from_db()

    say("appeal_under_review", database_now())
    assert (order.is_frozen, found.closed_at) == (True, None)
    say("lost", then)  # who asked before the appeal and is the slower one
    assert (found.state, order.is_frozen, found.closed_at) == ("appeal_under_review", True, None)

    say("lost", database_now())

    assert (found.state, order.is_frozen) == ("lost", False)
    assert found.closed_at is not None
    assert books() == after_it
    assert breaches() == {}


def test_prevented_with_the_money_gone_is_lost(order: Order, account: str, stripe_sandbox: Sandbox) -> None:
    """The provider gives it to the buyer at once, so that no dispute opens: told of before the money moves."""
    made = dispute(order, stripe_sandbox)
    facts = replace(gateway.fetch_dispute(account_id=account, dispute_id=made), state="prevented")
    found = disputes.record_dispute(order_id=order.pk, facts=replace(facts, lines=()), known_at=database_now())
    assert (found.is_lost, found.closed_at is not None, left_of(found.payment)) == (False, True, 5020)
    assert breaches() == {}

    found = disputes.record_dispute(order_id=order.pk, facts=facts, known_at=database_now())

    order.refresh_from_db()
    assert (found.is_lost, found.taken, found.closed_at is not None) == (True, 5020, True)
    assert (order.is_charged_back, order.is_frozen, left_of(found.payment)) == (True, False, 0)
    assert books() == {"provider": -220 - FEE, "payment_costs": FEE, "platform_fees": 220}
    assert agrees(account)
    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.create(payment=found.payment, amount=10, fee_amount=0, reason="staff")
    assert mails() == [f"nora@northside.example: The dispute about order {order.number} is lost"]
    assert breaches() == {}


def test_lost_with_the_tickets_kept_by_policy(order: Order, account: str, stripe_sandbox: Sandbox) -> None:
    disputes.set_dispute_policy(on_lost=DisputePolicy.OnLost.KEEP, on_warning=DisputePolicy.OnWarning.TELL, actor=NORA)
    found = opened(order, stripe_sandbox, account)
    decided(found, stripe_sandbox, account, won=False)

    order.refresh_from_db()
    assert (order.state, order.is_frozen) == (Order.State.PAID, False)
    assert Ticket.objects.filter(state="valid").count() == 2
    assert left_of(found.payment) == 0
    assert breaches() == {}


def test_a_dispute_after_a_part_went_back_is_about_the_rest(
    order: Order, account: str, stripe_sandbox: Sandbox
) -> None:
    give_back(order_id=order.pk, asked=GivingBack(amount=1000), actor=NORA)
    checkout.send_refund(refund_id=Refund.objects.get().pk)
    found = opened(order, stripe_sandbox, account)
    assert found.amount == 4020

    decided(found, stripe_sandbox, account, won=False)

    assert left_of(found.payment) == 0
    assert balance(Kind.SALES) == {"EUR": 0}
    assert agrees(account)
    assert breaches() == {}


def test_a_part_that_was_lost_leaves_the_tickets_and_the_rest(
    order: Order, account: str, stripe_sandbox: Sandbox
) -> None:
    found = opened(order, stripe_sandbox, account, amount=2000)
    decided(found, stripe_sandbox, account, won=False)

    order.refresh_from_db()
    assert (order.state, order.is_frozen) == (Order.State.PAID, False)
    assert left_of(found.payment) == 3020
    assert balance(Kind.SALES) == {"EUR": -3020}
    assert agrees(account)
    assert breaches() == {}


@pytest.mark.parametrize(("currency", "price", "total"), [("JPY", 3000, 3125), ("KWD", 12_000, 12_350)])
def test_currencies_without_cents_and_with_three_decimals(
    account: str, monkeypatch: pytest.MonkeyPatch, stripe_sandbox: Sandbox, currency: str, price: int, total: int
) -> None:
    monkeypatch.setattr("events.actions.CURRENCIES", ("JPY", "KWD"))
    event = world.make_event(kinds=((STANDARD, price, 5),), currency=currency)
    order = world.paid_order(event, **{STANDARD: 1})
    found = opened(order, stripe_sandbox, account)
    assert (found.amount, found.taken) == (total, total)

    decided(found, stripe_sandbox, account, won=False)

    assert balance(Kind.SALES) == {currency: 0}
    assert agrees(account)
    assert breaches() == {}


# --- What we answer ---------------------------------------------------------------------------------------------------------


def test_an_answer_is_sent_once_with_its_file(order: Order, account: str, stripe_sandbox: Sandbox, media: Any) -> None:
    found = opened(order, stripe_sandbox, account)
    texts = {"customer_name": " Bea Buyer ", "access_activity_log": "Scanned at the door", "service_date": ""}
    disputes.submit_evidence(dispute_id=found.pk, texts=texts, pdf=PDF, actor=NORA)
    with pytest.raises(EvidenceRefused):
        disputes.submit_evidence(dispute_id=found.pk, texts=texts, pdf=PDF, actor=NORA)

    disputes.send_evidence(dispute_id=found.pk)
    disputes.send_evidence(dispute_id=found.pk)

    found.refresh_from_db()
    assert (found.state, found.submitted_at is not None, found.asked_by) == ("under_review", True, str(NORA))
    assert found.evidence == {"customer_name": "Bea Buyer", "access_activity_log": "Scanned at the door"}
    there = httpx.get(f"{stripe_sandbox.base}/_sandbox/requests?path=/v1/disputes/{found.provider_id}").json()[
        "requests"
    ]
    (sent,) = [one["body"] for one in there if one["method"] == "POST"]
    assert sent == {"evidence": {**found.evidence, "uncategorized_file": found.file_id}, "submit": True}
    assert breaches() == {}


def test_an_answer_whose_receipt_got_lost_is_the_same_one(
    order: Order, account: str, stripe_sandbox: Sandbox, media: Any
) -> None:
    found = opened(order, stripe_sandbox, account)
    disputes.submit_evidence(dispute_id=found.pk, texts={"customer_name": "Bea"}, pdf=PDF, actor=NORA)
    for path in ("/v1/files", f"/v1/disputes/{found.provider_id}"):
        stripe_sandbox.control("faults", path=path, method="POST", mode="disconnect", when="after", count=3)
        with pytest.raises(gateway.ProviderUnavailable):
            disputes.send_evidence(dispute_id=found.pk)

    disputes.send_evidence(dispute_id=found.pk)

    facts = gateway.fetch_dispute(account_id=account, dispute_id=found.provider_id)
    assert (facts.state, facts.is_submitted) == ("under_review", True)
    found.refresh_from_db()
    assert found.state == "under_review"


def test_what_cannot_be_sent_is_refused_in_words_and_changes_nothing(
    order: Order, account: str, stripe_sandbox: Sandbox
) -> None:
    found = opened(order, stripe_sandbox, account)
    for texts in ({}, {"customer_name": " "}, {"shoe_size": "43"}, {"customer_name": "x" * 20_001}):
        with pytest.raises(EvidenceRefused):
            disputes.submit_evidence(dispute_id=found.pk, texts=texts, pdf=PDF, actor=NORA)
    Dispute.objects.update(due_by=timezone.now())
    with pytest.raises(EvidenceRefused, match="deadline"):
        disputes.submit_evidence(dispute_id=found.pk, texts={"customer_name": "Bea"}, pdf=PDF, actor=NORA)

    found.refresh_from_db()
    assert (found.asked_at, found.evidence, found.file) == (None, {}, "")
    assert not OutboxMessage.objects.filter(kind="send_evidence").exists()


def test_what_the_provider_refuses_says_why_and_may_be_sent_anew(
    order: Order, account: str, stripe_sandbox: Sandbox, media: Any
) -> None:
    found = opened(order, stripe_sandbox, account)
    disputes.submit_evidence(dispute_id=found.pk, texts={"customer_name": "Bea"}, pdf=b"no pdf", actor=NORA)

    disputes.send_evidence(dispute_id=found.pk)

    found.refresh_from_db()
    assert (found.asked_at, found.failure) == (None, "The file must be a PDF, PNG or JPEG.")
    disputes.submit_evidence(dispute_id=found.pk, texts={"customer_name": "Bea"}, pdf=PDF, actor=NORA)
    disputes.send_evidence(dispute_id=found.pk)
    found.refresh_from_db()
    assert (found.state, found.failure) == ("under_review", "")


def test_the_platform_lists_it_as_it_is(
    northside: world.House, order: Order, account: str, stripe_sandbox: Sandbox
) -> None:
    found = opened(order, stripe_sandbox, account)
    list_dispute(dispute_id=found.pk)
    decided(found, stripe_sandbox, account, won=False)
    assert OutboxMessage.objects.filter(kind="list_dispute").count() == 2

    list_dispute(dispute_id=found.pk)

    with schema_context("public"):
        listed = ListedDispute.objects.get()
    assert (listed.organizer_id, listed.order_number, listed.amount) == (northside.organizer.pk, order.number, 5020)
    assert (listed.state, listed.closed_at) == ("lost", found.closed_at)
