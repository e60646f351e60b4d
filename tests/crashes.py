"""A sale whose processes are killed on the way, and what must be true when it is over. For tests/flows and tests/chaos."""

import os
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import stripe
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from django_tenants.utils import schema_context

from analytics.invariants import breaches
from audit.actions import SYSTEM, user_actor
from checkout import actions as checkout
from checkout.charge_models import choose_charge_model
from events.models import ChargeModel, Event
from inbox.models import ProviderEvent
from inventory.models import Hold, Place, StockEntry
from ledger.models import LedgerTransaction
from orders.models import Order
from outbox.models import OutboxMessage
from payments import gateway
from payments.models import Payment, Refund, RefundTurn
from tests import world
from tests.processes import plain_http
from tests.stack import Stack
from tickets.models import Ticket

PATIENCE = 90  # seconds until a sale must be settled, restarts included
TICKETS = 2


@dataclass
class Sale:
    """One buyer's way through the running product, tried again whenever a process dies under it."""

    stack: Stack
    house: world.House
    event: Event
    email: str = field(default_factory=lambda: f"buyer-{uuid4().hex[:12]}@example.com")
    number: str = ""
    token: str = ""
    restarts: int = 0

    @property
    def order(self) -> Order:
        return Order.objects.get(number=self.number)

    def ask(self, method: str, path: str, *, token: str = "", key: str = "", body: Any = None) -> httpx.Response:
        """One request as a client that does not give up: the same again after a cut, a restart, a 503."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                with self.stack.client(self.house.host, **headers) as client:
                    answer = client.request(method, path, json=body)
            except httpx.TransportError:
                self.revive()
                continue
            if answer.status_code != 503:
                return answer
            time.sleep(0.3)
        raise AssertionError(f"{method} {path} was never answered\n{self.stack.web.tail()}")

    def revive(self) -> None:
        """Start what died again. What its dead owner had leased is due at once, so that no test waits a minute for it."""
        dead = [p for p in (self.stack.web, self.stack.worker, self.stack.clock) if not p.is_alive]
        if not dead:
            time.sleep(0.1)
            return
        self.restarts += 1
        if self.stack.worker in dead:
            end_leases()
        self.stack.revive()

    def order_tickets(self) -> None:
        """Hold and order over the API; asked again with the same keys, the answers are the same."""
        kind = world.kind_of(self.event, world.STANDARD)
        basket = {
            "performance_id": str(world.the_performance(self.event).pk),
            "items": [{"ticket_type_id": str(kind.pk), "quantity": TICKETS}],
        }
        held = self._twice("/api/v1/holds", key=f"hold-{self.email}", body=basket)
        details = {
            "hold_id": held["id"],
            "buyer": {"name": "Bea Buyer", "email": self.email, "consents": ["terms"]},
        }
        ordered = self._twice("/api/v1/orders", token=held["token"], key=f"order-{self.email}", body=details)
        self.number, self.token = ordered["number"], ordered["token"]
        self.intent_id = ordered["payment"]["client_secret"].partition("_secret_")[0]
        self.account_id = ordered["payment"]["account"]

    def _twice(self, path: str, **request: Any) -> dict[str, Any]:
        first, again = (self.ask("POST", path, **request) for _time in range(2))
        assert first.status_code == 201, first.text
        assert again.content == first.content, "the same key, another answer"
        answer: dict[str, Any] = first.json()
        return answer

    def pay(self) -> None:
        """Confirm in the buyer's browser, which talks to the provider alone."""
        client(self.stack).v1.payment_intents.confirm(
            self.intent_id,
            params={"payment_method": "pm_card_visa", "return_url": "http://localhost/return"},
            options={"stripe_account": self.account_id},
        )

    def come_back(self) -> None:
        """The bank sends the buyer back to the order's page, where the web process settles."""
        self.ask("GET", f"/orders/{self.number}/{self.token}/?redirect_status=succeeded")

    def wait(self, done: Callable[[], bool], what: str, *, seconds: float = PATIENCE) -> None:
        """Until `done`, starting again whatever dies meanwhile."""
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not come within {seconds:.0f} s\n{self.stack.worker.tail(60)}")
            self.revive()

    def wait_until_paid(self) -> None:
        self.wait(lambda: self.order.state == Order.State.PAID, "the tickets")

    def wait_until_quiet(self) -> None:
        """Until nothing of this organizer or of the platform waits to be done."""
        self.wait(lambda: not waiting(), "the end of the outbox")

    def check_paid_once(self, *, copies_of_mail: int = 1) -> None:
        """Tickets once, money once, one mail, books balanced; and the provider says the same."""
        order, payment = self.order, Payment.objects.get(order__number=self.number)
        assert Order.objects.filter(email=self.email).count() == 1
        assert (order.state, payment.state, payment.amount) == ("paid", "captured", order.total)
        assert Ticket.objects.filter(position__order=order, state="valid").count() == TICKETS
        assert Ticket.objects.filter(position__order=order).count() == TICKETS
        assert Place.objects.filter(hold=order.hold_id, state="sold").count() == TICKETS
        assert LedgerTransaction.objects.filter(key=f"sale:{order.pk}").count() == 1
        assert self.provider_facts() == [("succeeded", order.total, 0)]
        self.check_mails("tickets", copies=copies_of_mail)
        self.check_everything()

    def check_mails(self, word: str, *, copies: int = 1) -> None:
        """One mail came to this buyer, perhaps in several copies of the same Message-ID."""
        mails = self.mails()
        assert len(mails) == copies, [mail["subject"] for mail in mails]
        assert word in mails[0]["subject"].lower(), mails[0]["subject"]
        assert len({mail.get("message_id") for mail in mails}) == 1

    def mails(self) -> list[dict[str, Any]]:
        everything = plain_http().get(os.environ["MAIL_API"], timeout=10).json()
        return [mail for mail in everything if re.search(re.escape(self.email), str(mail["to"]))]

    def provider_facts(self) -> list[tuple[str, int, int]]:
        """(status, captured, refunded) of every PaymentIntent that the provider has for this order."""
        options: Any = {"stripe_account": self.order.payment.account_id}
        intents = client(self.stack).v1.payment_intents.list(
            params={"limit": 100, "expand": ["data.latest_charge"]}, options=options
        )
        facts = []
        for intent in intents.data:
            if getattr(intent.metadata, "order_id", "") != str(self.order.pk):  # the platform's are not all of orders
                continue
            charge: Any = intent.latest_charge
            facts.append(
                (
                    intent.status,
                    charge.amount_captured if charge else 0,
                    (charge.amount_refunded if charge and charge.captured else 0),
                )
            )
        return facts

    def check_everything(self) -> None:
        """No invariant is broken, here or in the platform's books."""
        broken = breaches()
        assert broken == {}, broken
        dead = list(OutboxMessage.objects.filter(is_dead=True).values_list("kind", "last_error"))
        assert dead == [], dead
        with schema_context("public"):
            assert not ProviderEvent.objects.filter(state=ProviderEvent.State.DEAD).exists()


def client(stack: Stack) -> stripe.StripeClient:
    """The provider as a test reads it."""
    return stripe.StripeClient("sk_test_marquee", base_addresses={"api": stack.sandbox.base})


def waiting() -> list[str]:
    """What is still to be done, in this organizer and on the platform."""
    soon = timezone.now() + timedelta(minutes=30)  # a reminder of a deadline waits for days
    undone = OutboxMessage.objects.filter(done_at=None, is_dead=False, due_at__lt=soon)
    here = list(undone.values_list("kind", flat=True))
    with schema_context("public"):
        there = list(OutboxMessage.objects.filter(done_at=None, is_dead=False).values_list("kind", flat=True))
        events = list(ProviderEvent.objects.filter(state=ProviderEvent.State.RECEIVED).values_list("type", flat=True))
    return here + there + events


def end_leases() -> None:
    """Let the leases of a worker that is dead run out now: a minute later, as its messages see it."""
    now = timezone.now()
    OutboxMessage.objects.filter(done_at=None, is_dead=False, attempts__gt=0).update(due_at=now)
    RefundTurn.objects.filter(state=RefundTurn.State.WAITING, attempts__gt=0).update(due_at=now)
    with schema_context("public"):
        OutboxMessage.objects.filter(done_at=None, is_dead=False, attempts__gt=0).update(due_at=now)
        ProviderEvent.objects.filter(state=ProviderEvent.State.RECEIVED).update(due_at=now)


# --- Stories: each ends with everything checked -------------------------------------------------------------------------


def new_sale(
    stack: Stack,
    house: world.House,
    title: str = "Crash Landing",
    places: int = 10,
    model: ChargeModel = ChargeModel.DIRECT,
) -> Sale:
    event = world.make_event(title, kinds=((world.STANDARD, 2400, places),))
    if model != ChargeModel.DIRECT:
        event = choose_charge_model(event_id=event.pk, model=model, actor=SYSTEM)
    return Sale(stack=stack, house=house, event=event)


def buy_through_a_crash(stack: Stack, house: world.House, point: str, *, copies_of_mail: int = 1) -> Sale:
    """A purchase in which the first process that reaches `point` is killed there."""
    sale = new_sale(stack, house)
    stack.arm(point)
    sale.order_tickets()
    sale.pay()
    sale.wait_until_paid()
    sale.wait_until_quiet()
    _check_struck(sale, point)
    sale.check_paid_once(copies_of_mail=copies_of_mail)
    return sale


def come_back_through_a_crash(stack: Stack, house: world.House, point: str) -> Sale:
    """No webhook comes; the web process settles when the buyer returns, and is killed at `point`."""
    sale = new_sale(stack, house)
    sale.order_tickets()
    stack.sandbox.control("webhooks", mode="hold")
    try:
        sale.pay()
        stack.arm(point)
        sale.come_back()
        _check_struck(sale, point)
    finally:
        stack.sandbox.control("webhooks", mode="normal")
    stack.sandbox.control("webhooks/flush")
    sale.wait_until_paid()
    sale.wait_until_quiet()
    sale.check_paid_once()
    return sale


def pay_too_late_through_a_crash(
    stack: Stack, house: world.House, *points: str, model: ChargeModel = ChargeModel.DIRECT
) -> Sale:
    """The hold lapsed and others have the places; the worker that gives the money back is killed at each of `points`."""
    sale = new_sale(stack, house, "Too Late", places=TICKETS, model=model)
    with talking_to(stack):
        order = order_that_lapsed(sale)
        world.hold(sale.event, **{world.STANDARD: TICKETS})
        for point in points:
            stack.arm(point)
        sale.pay()
        sale.wait(lambda: Payment.objects.get(order=order).state == Payment.State.VOIDED, "the void")
    sale.wait_until_quiet()
    for point in points:
        _check_struck(sale, point)
    assert sale.provider_facts() == [("canceled", 0, 0)]
    assert (sale.order.state, sale.order.cancel_reason) == ("cancelled", "places_gone")
    assert not Ticket.objects.filter(position__order=order).exists()
    assert len(sale.mails()) == 1, "the buyer was told nothing, or twice"
    sale.check_everything()
    return sale


def order_that_lapsed(sale: Sale) -> Order:
    """An order with its PaymentIntent whose hold has run out. Its hold is short from the start, as its journal says."""
    hold = world.short_hold(sale.event, seconds=6, **{world.STANDARD: TICKETS})
    ends_at = hold.expires_at
    buyer = checkout.Buyer(name="Bea Buyer", email=sale.email, consents=frozenset({"terms"}), language="en")
    order = checkout.place_order(hold_id=hold.pk, token=hold.token, buyer=buyer)
    intent = checkout.begin_payment(order_id=order.pk)
    sale.number, sale.token, sale.intent_id = order.number, order.token, intent.id
    sale.account_id = order.payment.account_id
    Hold.objects.filter(pk=hold.pk).update(expires_at=ends_at)
    places = Place.objects.filter(hold=hold)
    StockEntry.objects.bulk_create(  # the journal knows of the earlier end as well
        StockEntry(at=timezone.now(), kind="extend", place_id=place.pk, hold_id=hold.pk, until=ends_at, actor="system")
        for place in places
    )
    places.update(held_until=ends_at)
    Order.objects.filter(pk=order.pk).update(expires_at=ends_at)
    while timezone.now() <= ends_at + timedelta(milliseconds=50):
        time.sleep(0.05)
    return order


def refund_through_a_crash(stack: Stack, house: world.House, point: str) -> Sale:
    """Staff refund a paid order; the worker that sends the money back is killed at `point`."""
    sale = new_sale(stack, house)
    sale.order_tickets()
    sale.pay()
    sale.wait_until_paid()
    sale.wait_until_quiet()
    stack.arm(point)
    order = checkout.refund_order(order_id=sale.order.pk, actor=user_actor(house.owner.pk))
    refund = Refund.objects.get(payment__order=order)

    def is_refunded() -> bool:
        refund.refresh_from_db()
        return refund.state == Refund.State.SUCCEEDED

    sale.wait(is_refunded, "the refund")
    sale.wait_until_quiet()
    _check_struck(sale, point)
    assert sale.provider_facts() == [("succeeded", order.total, order.total)]
    assert LedgerTransaction.objects.filter(key__in=[f"sale:{order.pk}", f"refund:{refund.pk}"]).count() == 2
    assert Ticket.objects.filter(position__order=order, state="valid").count() == 0
    assert len(sale.mails()) == 2
    sale.check_everything()
    return sale


def webhooks_never(stack: Stack, house: world.House) -> Sale:
    """Every webhook is lost: the reconciler completes the order."""
    stack.sandbox.control("webhooks", mode="drop")
    try:
        sale = new_sale(stack, house)
        sale.order_tickets()
        sale.pay()
        sale.wait_until_paid()
        sale.wait_until_quiet()
    finally:
        stack.sandbox.control("webhooks", mode="normal")
    with schema_context("public"):
        assert not ProviderEvent.objects.filter(payload__data__object__id=sale.intent_id).exists()
    sale.check_paid_once()
    return sale


def webhooks_in_a_mess(stack: Stack, house: world.House, *, copies: int = 50) -> Sale:
    """Every event comes late, last one first, and each of them `copies` times."""
    stack.sandbox.control("webhooks", mode="drop")
    try:
        sale = new_sale(stack, house)
        sale.order_tickets()
        sale.pay()
        sale.wait_until_paid()  # by the reconciler, which makes the last events
    finally:
        stack.sandbox.control("webhooks", mode="normal")
    events = client(stack).v1.events.list(params={"limit": 100}, options={"stripe_account": sale.account_id})
    ours = [event.id for event in events.data if event.data.object["id"] == sale.intent_id]  # newest first
    assert len(ours) >= 2, ours
    for event_id in ours:
        for _copy in range(copies):
            stack.sandbox.control("webhooks/resend", event=event_id)
    stack.sandbox.control("webhooks/settle")
    sale.wait_until_quiet()
    with schema_context("public"):
        stored = Counter(ProviderEvent.objects.filter(event_id__in=ours).values_list("event_id", flat=True))
    assert stored == dict.fromkeys(ours, 1)
    sale.check_paid_once()
    return sale


class talking_to(override_settings):
    """This process talks to the stack's sandbox, as the product's own do."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(**stack.sandbox.settings())

    def enable(self) -> None:
        super().enable()
        gateway.client.cache_clear()

    def disable(self) -> None:
        super().disable()
        gateway.client.cache_clear()


def _check_struck(sale: Sale, point: str) -> None:
    assert not sale.stack.is_armed(point), f"nothing ever reached {point}"
    assert sale.restarts >= 1, f"nothing was killed at {point}"


def connect(stack: Stack, name: str, slug: str) -> world.House:
    """An organizer that can take payments at the stack's sandbox."""
    house = world.open_house(name, slug, owner="Kit", door="Kim")
    with talking_to(stack):
        world.connect_stripe(house)
    connection.set_schema_to_public()
    return house
