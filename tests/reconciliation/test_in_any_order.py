"""Money in any order: orders paid, captured, refunded here and there, disputed, paid out; webhooks lost, double, reversed; checked.

Hypothesis drives the real verbs on real Postgres, with the provider's own SDK against the sandbox. After each step every currency in
the ledger adds up to nothing and each order's sales are its payments less its refunds; after each check the provider's
balance is ours to the minor unit, and nothing is unexplained.
"""

from contextlib import ExitStack, suppress
from typing import Any

import stripe
from django.db import connection, transaction
from django_tenants.utils import tenant_context
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from analytics.invariants import breaches
from audit.actions import SYSTEM
from checkout.actions import refund_order, send_refund, settle_payment
from config.stripe_events import VERBS
from inbox.actions import process_due_events, receive_event
from inbox.models import ProviderEvent
from ledger.actions import Kind
from ledger.models import LedgerEntry
from ledger.queries import balance
from orders.models import Order
from outbox.models import OutboxMessage
from payments import gateway
from payments.models import Payment, Refund
from reconciliation.models import Incident, ProviderLine
from tests import world
from tests.depth import looking
from tests.processes import Sandbox
from tests.reconciliation.conftest import check_money, fresh_account, provider

CURRENCIES = (("EUR", 2400), ("JPY", 3000), ("KWD", 12_000))  # 24 euros, 3000 yen, 12.000 dinars
CARDS = ("pm_card_visa", "pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail", "pm_card_createDispute")
numbers = st.integers(0, 20)


class MoneyInAnyOrder(RuleBasedStateMachine):
    """One organizer that sells in three currencies on an account of its own."""

    house: world.House
    sandbox: Sandbox
    patch: Any

    def __init__(self) -> None:
        super().__init__()
        self.cleanup = ExitStack()
        self.cleanup.enter_context(transaction.atomic())
        self.cleanup.callback(transaction.set_rollback, True)
        self.account = fresh_account(self.house)
        self.events = [
            world.make_event(f"In {currency}", kinds=(("Standard", price, 50),), currency=currency)
            for currency, price in CURRENCIES
        ]
        self.orders: list[Order] = []

    def teardown(self) -> None:
        """However it went, a check at the end finds the books and the provider's balance equal."""
        try:
            self.time_passes_at_the_provider()
            self.check()
        finally:
            self.cleanup.close()

    def pick(self, number: int, *states: str) -> Order | None:
        found = [order for order in self.orders if order.state in states]
        return found[number % len(found)] if found else None

    # --- What people do ---

    @initialize(which=st.permutations([0, 1, 2]), back=st.booleans())
    def some_buy(self, which: list[int], back: bool) -> None:
        """Few steps lead further when somebody's refund is under way already, one that will fail."""
        self.buy(which[0], "pm_card_refundFail", hears=True)
        self.buy(which[1], "pm_card_visa", hears=True)
        if back:
            self.refund(0, hears=True)

    @rule(which=st.integers(0, 2), card=st.sampled_from(CARDS), hears=st.booleans())
    def buy(self, which: int, card: str, hears: bool) -> None:
        """With `hears` we learn of it; otherwise only the provider has captured it, and every message is lost."""
        order = world.place_order(self.events[which], Standard=1)
        intent = world.pay(order, card=card)
        if hears:
            settle_payment(order_id=order.pk)
        else:
            gateway.capture_intent(account_id=self.account, intent_id=intent.id, key=f"other-{order.pk}")
        order.refresh_from_db()
        self.orders.append(order)

    @precondition(lambda self: self.pick(0, "paid"))
    @rule(number=numbers, hears=st.booleans())
    def refund(self, number: int, hears: bool) -> None:
        order = self.pick(number, "paid")
        assert order
        refund_order(order_id=order.pk, actor=SYSTEM)
        if hears:
            for refund in Refund.objects.filter(payment__order=order, state=Refund.State.REQUESTED):
                with suppress(gateway.ProviderRefused):  # disputed, or refunded there meanwhile: the check says so
                    send_refund(refund_id=refund.pk)

    @precondition(lambda self: self.orders)
    @rule(number=numbers, share=st.sampled_from([1, 2, 3]), with_fee=st.booleans())
    def refund_at_the_provider(self, number: int, share: int, with_fee: bool) -> None:
        order = self.orders[number % len(self.orders)]
        payment = Payment.objects.get(order=order)
        amount = payment.amount // share // 10 * 10  # dinars end in nought
        with suppress(stripe.InvalidRequestError):  # more than is left, or disputed
            provider().v1.refunds.create(
                params={"payment_intent": payment.intent_id, "amount": amount, "refund_application_fee": with_fee},
                options={"stripe_account": self.account},
            )

    @rule()
    def time_passes_at_the_provider(self) -> None:
        """Pending refunds arrive or fail, disputes open, money becomes available."""
        self.sandbox.control("timers")
        self.sandbox.control("balance/available")

    @rule(which=st.integers(0, 2))
    def pay_out(self, which: int) -> None:
        with suppress(stripe.InvalidRequestError):  # not so much there
            provider().v1.payouts.create(
                params={"amount": 1000, "currency": CURRENCIES[which][0].lower()},
                options={"stripe_account": self.account},
            )

    @rule(copies=st.integers(1, 2), backwards=st.booleans(), every=st.integers(1, 3))
    def webhooks_come(self, copies: int, backwards: bool, every: int) -> None:
        """Some of the messages, in either order, each perhaps twice."""
        events, _more = gateway.list_events(account_id=self.account, types=VERBS, since=None)
        for event in (events if not backwards else events[::-1])[::every]:
            for _copy in range(copies):
                receive_event(event)
        process_due_events(VERBS, limit=100)
        connection.set_tenant(self.house.organizer)  # type: ignore[attr-defined]

    @rule()
    def check(self) -> None:
        check_money()
        check_money()
        ours = {currency: amount for currency, amount in balance(Kind.PROVIDER).items() if amount}
        theirs = {currency: amount for currency, amount in gateway.fetch_balance(self.account).items() if amount}
        assert ours == theirs
        assert not any(balance(Kind.UNEXPLAINED).values())
        assert not ProviderLine.objects.filter(state="new").exists()
        unexpected = {Incident.Kind.AMOUNT_DIFFERS, Incident.Kind.MONEY_UNKNOWN, Incident.Kind.LINE_MISSING}
        assert not Incident.objects.filter(kind__in=[*unexpected, Incident.Kind.BALANCE_DIFFERS]).exists()
        assert not Incident.objects.filter(kind=Incident.Kind.UNSETTLED, state="open").exists()

    # --- After each step ---

    @invariant()
    def the_books_add_up(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        sums: dict[str, int] = {}
        for entry in LedgerEntry.objects.select_related("account"):
            sums[entry.account.currency] = sums.get(entry.account.currency, 0) + entry.amount
        assert not any(sums.values()), sums
        OutboxMessage.objects.filter(done_at=None).update(done_at="2026-01-01T00:00Z")  # mails are the worker's
        assert breaches() == {}
        for order in self.orders:
            order.refresh_from_db()


def test_money_in_any_order(northside: world.House, stripe_sandbox: Sandbox, monkeypatch: Any) -> None:
    monkeypatch.setattr("events.actions.CURRENCIES", tuple(currency for currency, _price in CURRENCIES))
    monkeypatch.setattr("config.tasks.wake_inbox", lambda: None)
    MoneyInAnyOrder.house, MoneyInAnyOrder.sandbox = northside, stripe_sandbox
    with tenant_context(northside.organizer):
        run_state_machine_as_test(MoneyInAnyOrder, settings=looking(3, steps=10))  # type: ignore[no-untyped-call]
    assert not ProviderEvent.objects.exists()
