"""A card network warns that a payment looks like fraud: the organizer is told, or the order is refunded if nobody came in."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from audit.actions import user_actor
from checkout.actions import send_refund
from checkout.dispute_letters import mail_fraud_warning
from checkout.disputes import set_dispute_policy, take_up_dispute
from config.stripe_events import VERBS
from events.models import Event
from notifications.models import EmailMessage
from orders.models import Order
from outbox.models import OutboxMessage
from payments.models import DisputePolicy, FraudWarning, Payment, Refund
from reconciliation.actions import note_fraud_warning
from reconciliation.models import Incident
from tests import world
from tests.processes import Sandbox
from tests.scanning.door import phone_at
from tests.world import STANDARD
from tickets.models import Ticket
from tickets.queries import tickets_of_order

NORA = user_actor(UUID(int=1))


@pytest.fixture
def event(paying: world.House) -> Event:
    return world.make_event(kinds=((STANDARD, 2400, 4),), starts_at=timezone.now() + timedelta(minutes=30))


@pytest.fixture
def order(event: Event) -> Order:
    return world.paid_order(event, **{STANDARD: 2})


@pytest.fixture
def refunds_by_itself(paying: world.House) -> None:
    set_dispute_policy(on_lost=DisputePolicy.OnLost.VOID, on_warning=DisputePolicy.OnWarning.REFUND, actor=NORA)


def warn(order: Order, sandbox: Sandbox, *, times: int = 1) -> FraudWarning:
    """The network warns, and we hear of it, perhaps more than once; what follows is done."""
    payment = Payment.objects.get(order=order)
    made = sandbox.control("fraud_warnings", payment_intent=payment.intent_id)
    for _time in range(times):
        VERBS["radar.early_fraud_warning.created"]({"account": payment.account_id, "data": {"object": made}})
    warning = FraudWarning.objects.get(provider_id=made["id"])
    for _time in range(2):
        note_fraud_warning(warning_id=warning.pk)
        mail_fraud_warning(warning_id=warning.pk)
    order.refresh_from_db()
    return warning


def incident() -> tuple[str, str, int | None]:
    found = Incident.objects.get(kind="fraud_warning")
    return found.order_number, found.state, found.theirs


def test_unless_asked_otherwise_the_organizer_is_only_told(order: Order, stripe_sandbox: Sandbox) -> None:
    warning = warn(order, stripe_sandbox, times=2)

    assert warning.done == "told"
    assert order.is_paid
    assert not Refund.objects.exists()
    assert incident() == (order.number, "open", 5020)
    mail = EmailMessage.objects.get(key__startswith="fraud-warning:")
    assert (mail.to, mail.subject) == ("nora@northside.example", f"Order {order.number} looks like fraud")
    assert OutboxMessage.objects.filter(kind="note_fraud_warning").count() == 1
    assert breaches() == {}


@pytest.mark.usefixtures("refunds_by_itself")
def test_an_order_that_nobody_used_is_refunded_at_once_and_once(order: Order, stripe_sandbox: Sandbox) -> None:
    warning = warn(order, stripe_sandbox, times=2)

    refund = Refund.objects.get()
    assert (warning.done, refund.amount, refund.fee_amount, refund.reason) == ("refunded", 5020, 220, "fraud")
    assert order.state == Order.State.REFUNDED
    assert not Ticket.objects.filter(state="valid").exists()
    assert incident() == (order.number, "fixed", 5020)
    send_refund(refund_id=refund.pk)
    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    assert breaches() == {}


@pytest.mark.usefixtures("refunds_by_itself")
def test_once_somebody_has_come_in_nothing_is_refunded_by_itself(
    paying: world.House, event: Event, order: Order, stripe_sandbox: Sandbox
) -> None:
    assert phone_at(paying, event).scan(tickets_of_order(order.pk)[0])["outcome"] == "admitted"

    warning = warn(order, stripe_sandbox)

    assert (warning.done, order.is_paid) == ("admitted", True)
    assert not Refund.objects.exists()
    assert incident()[1] == "open"


@pytest.mark.usefixtures("refunds_by_itself")
def test_after_a_dispute_it_is_too_late(order: Order, stripe_sandbox: Sandbox) -> None:
    payment = Payment.objects.get(order=order)
    made = stripe_sandbox.control("disputes", payment_intent=payment.intent_id)
    take_up_dispute(account_id=payment.account_id, provider_id=made["id"])

    assert warn(order, stripe_sandbox).done == "too_late"

    assert not Refund.objects.exists()
    assert incident()[1] == "fixed"
    assert breaches() == {}


def test_another_organizers_warning_is_not_found(southside: world.House, order: Order, stripe_sandbox: Sandbox) -> None:
    payment = Payment.objects.get(order=order)
    made = stripe_sandbox.control("fraud_warnings", payment_intent=payment.intent_id)
    with tenant_context(southside.organizer):
        theirs = world.connect_stripe(southside)
        for account in (theirs, payment.account_id):
            VERBS["radar.early_fraud_warning.created"]({"account": account, "data": {"object": made}})
        assert not FraudWarning.objects.exists()
