"""Nora reads what a buyer's bank says, looks through what is on record, changes the answer and sends it; nobody else can."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.evidence import pack
from audit.actions import SYSTEM
from checkout.dispute_letters import mail_dispute
from checkout.disputes import send_evidence, take_up_dispute
from checkout.letters import mail_tickets
from checkout.visits import KEPT_FOR, forget_visits
from events.refund_policies import set_refund_policy
from events.refund_rules import RefundRules, Tier
from notifications.models import EmailMessage
from orders.models import Order, OrderVisit
from outbox.models import OutboxMessage
from payments.models import Dispute, DisputePolicy, Payment
from payments.queries import dispute_by_id
from people.models import Membership
from tests import world
from tests.organizer_portal.conftest import Colleague
from tests.processes import Sandbox
from tests.scanning.door import phone_at
from tests.staff import Visitor, signed_in, text
from tickets.queries import tickets_of_order


@pytest.fixture
def order(paying: world.House, media: Any) -> Order:
    """Bea bought two tickets, looked at her order twice from one place, got her mail, and one of the two came."""
    starts_at = timezone.now() + timedelta(minutes=30)
    event = world.make_event("Winter Ball", starts_at=starts_at, is_published=False)
    set_refund_policy(event_id=event.pk, rules=RefundRules((Tier(168, 50),)), actor=SYSTEM)
    event = world.publish_event(event_id=event.pk, actor=SYSTEM)
    held = world.hold(event, Standard=2)
    bea = Visitor(paying.host, REMOTE_ADDR="192.0.2.7")
    details = {"name": "Bea Buyer", "email": "bea@example.com", "consents": ["terms"]}
    bea.post(f"/checkout/{held.pk}/{held.token}/", details)
    order = Order.objects.get(hold=held)
    world.pay(order)
    world.checkout.settle_payment(order_id=order.pk)
    for _time in range(2):
        bea.get(f"/orders/{order.number}/{order.token}/")
    mail_tickets(order_id=order.pk)
    EmailMessage.objects.update(sent_at=timezone.now(), state="sent")
    phone_at(paying, event).scan(tickets_of_order(order.pk)[0])
    order.refresh_from_db()
    return order


@pytest.fixture
def dispute(order: Order, stripe_sandbox: Sandbox) -> Dispute:
    payment = Payment.objects.get(order=order)
    made = stripe_sandbox.control("disputes", payment_intent=payment.intent_id, reason="product_not_received")
    found = take_up_dispute(account_id=payment.account_id, provider_id=made["id"])
    assert found is not None
    return dispute_by_id(found.pk)


def page_of(dispute: Dispute) -> str:
    return f"/portal/disputes/{dispute.pk}/"


def test_the_pack_says_what_is_on_record(order: Order, dispute: Dispute) -> None:
    made = pack(dispute)

    assert (made.entered, made.tickets) == (1, 2)
    assert made.texts["customer_name"] == "Bea Buyer"
    assert made.texts["customer_purchase_ip"] == "192.0.2.7"
    assert made.texts["product_description"].startswith("Tickets for Winter Ball, ")
    assert f"Order {order.number}, €50.20." in made.texts["product_description"]
    assert [line.words.partition(":")[0] for line in made.log] == [
        "Order placed",
        "Payment received, tickets issued",
        "Order page opened",
        "E-mail sent",
        f"Ticket {tickets_of_order(order.pk)[0].short_code} scanned at the door",
    ]
    assert "50 % back" in made.texts["refund_policy_disclosure"]
    assert "I agree to the organizer's terms of sale" in made.texts["refund_policy_disclosure"]
    assert "news" not in made.texts["refund_policy_disclosure"]  # she did not tick that
    assert made.texts["uncategorized_text"] == "1 of 2 tickets of this order were scanned and let in at the door."


def test_nora_changes_the_answer_and_sends_it_once(nora: Visitor, order: Order, dispute: Dispute) -> None:
    listed = text(nora.get("/portal/disputes/"))
    assert "The buyer says that they did not get what they paid for." in listed
    assert order.number in listed
    page = text(nora.get(page_of(dispute)))
    assert "Send to the bank" in page
    assert "The buyer says that they did not get what they paid for." in page
    assert "1 of 2" in page

    sent = nora.post(page_of(dispute), {"customer_name": "Bea Buyer", "uncategorized_text": "She was there."})
    assert (sent.status_code, sent["Location"]) == (302, page_of(dispute))
    assert "On its way to the bank" in text(nora.get(page_of(dispute)))
    send_evidence(dispute_id=dispute.pk)

    page = text(nora.get(page_of(dispute)))
    assert "She was there." in page
    assert "Send to the bank" not in page
    assert "answered" in text(nora.get("/portal/disputes/"))
    again = nora.post(page_of(dispute), {"customer_name": "Somebody else"})
    assert again.status_code == 422
    dispute.refresh_from_db()
    assert dispute.evidence == {"customer_name": "Bea Buyer", "uncategorized_text": "She was there."}
    assert (dispute.state, bool(dispute.file)) == ("under_review", True)
    pdf = nora.get(f"{page_of(dispute)}pack.pdf")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")


def test_an_answer_of_nothing_is_refused_beside_the_form(nora: Visitor, dispute: Dispute) -> None:
    answer = nora.post(page_of(dispute), {})

    assert answer.status_code == 422
    assert "Say something that speaks for you." in text(answer)
    dispute.refresh_from_db()
    assert dispute.asked_at is None


def test_the_order_says_so_to_staff_and_buyer(
    nora: Visitor, paying: world.House, order: Order, dispute: Dispute
) -> None:
    page = text(nora.get(f"/portal/orders/{order.number}/"))
    assert "The buyer's bank disputes €50.20" in page
    assert "Disputed" in page
    bea = Visitor(paying.host).get(f"/orders/{order.number}/{order.token}/")
    assert "Your bank disputes this payment" in bea.content.decode()
    assert "nothing can be refunded" in text(nora.get(f"/portal/orders/{order.number}/"))


def test_nora_chooses_what_a_loss_does(nora: Visitor) -> None:
    assert nora.post("/portal/disputes/rules/", {"on_lost": "burn", "on_warning": "tell"}).status_code == 422
    assert not DisputePolicy.objects.exists()

    assert nora.post("/portal/disputes/rules/", {"on_lost": "keep", "on_warning": "refund"}).status_code == 302

    policy = DisputePolicy.objects.get()
    assert (policy.on_lost, policy.on_warning) == ("keep", "refund")


def test_a_reminder_is_mailed_only_while_an_answer_is_missing(dispute: Dispute, nora: Visitor) -> None:
    mail_dispute(dispute_id=dispute.pk, news="due")
    mail = EmailMessage.objects.get(key__startswith="dispute:")
    assert mail.subject.startswith("Two days left to answer: order")
    assert page_of(dispute) in mail.html

    nora.post(page_of(dispute), {"customer_name": "Bea Buyer"})
    EmailMessage.objects.filter(key__startswith="dispute:").delete()
    mail_dispute(dispute_id=dispute.pk, news="due")
    assert not EmailMessage.objects.filter(key__startswith="dispute:").exists()


def test_a_dispute_is_no_business_of_the_door_nor_of_another_organizer(
    dora: Visitor, charlie: Visitor, colleague: Colleague, southside: world.House, dispute: Dispute
) -> None:
    manager = colleague(Membership.Role.MANAGER)
    for visitor in (dora, charlie, manager):
        for url in ("/portal/disputes/", page_of(dispute), f"{page_of(dispute)}pack.pdf"):
            assert visitor.get(url).status_code == 403
        assert visitor.post(page_of(dispute), {"customer_name": "x"}).status_code == 403
        assert visitor.post("/portal/disputes/rules/", {"on_lost": "keep"}).status_code == 403
    with tenant_context(southside.organizer):
        sam = signed_in(southside.owner, southside.host)
        assert sam.get(page_of(dispute)).status_code == 404
        assert sam.post(page_of(dispute), {"customer_name": "x"}).status_code == 404
    dispute.refresh_from_db()
    assert dispute.asked_at is None
    assert not OutboxMessage.objects.filter(kind="send_evidence").exists()


def test_visits_are_noted_once_a_day_and_forgotten(order: Order) -> None:
    assert list(OrderVisit.objects.order_by("at").values_list("kind", "address")) == [
        ("placed", "192.0.2.7"),
        ("page", "192.0.2.7"),
    ]
    OrderVisit.objects.filter(kind="page").update(on=timezone.now().date() - KEPT_FOR - timedelta(days=1))

    assert forget_visits() == 1

    assert OrderVisit.objects.get().kind == "placed"
