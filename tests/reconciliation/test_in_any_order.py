"""Money in any order: orders paid, captured, refunded here and there in parts, disputed and decided, paid out to banks that
send it back; webhooks lost, late, double, reversed and forged; processes killed before they noted an answer; checked.

Hypothesis drives the real verbs on real Postgres, with the provider's own SDK against the sandbox. After each step every currency in
the ledger adds up to nothing and each order's sales are its payments less its refunds and what was lost to its buyer's
bank; after each check the provider's balance is ours to the minor unit, and nothing is unexplained.
"""

import json
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

import httpx
import stripe
from django.db import connection, transaction
from django.utils import timezone
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
from checkout.disputes import take_up_dispute
from checkout.errors import NotRefundable
from checkout.refunds import GivingBack, give_back
from config.stripe_events import VERBS
from inbox.actions import process_due_events, receive_event
from inbox.models import ProviderEvent
from ledger.actions import Kind
from ledger.models import LedgerEntry
from ledger.queries import balance, is_posted
from orders.models import Order
from outbox.models import OutboxMessage
from payments import gateway
from payments.models import Payment, Refund
from payments.sandbox.delivery import signature
from payouts.models import Payout
from payouts.runs import run_payouts, send_payout
from reconciliation.models import Incident, ProviderLine
from tests import world
from tests.depth import looking
from tests.processes import Sandbox
from tests.reconciliation.conftest import check_money, fresh_account, provider
from tests.staff import Visitor

CURRENCIES = (("EUR", 2400), ("JPY", 3000), ("KWD", 12_000))  # 24 euros, 3000 yen, 12.000 dinars
CARDS = ("pm_card_visa", "pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail", "pm_card_createDispute")
numbers = st.integers(0, 20)


class MoneyInAnyOrder(RuleBasedStateMachine):
    """One organizer that sells in three currencies on an account of its own.

    The provider has a clock of its own, so no rule's being possible depends on how things stand there: it may do nothing.
    """

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

    @rule(number=numbers, hears=st.booleans())
    def refund(self, number: int, hears: bool) -> None:
        order = self.pick(number, "paid")
        if order is None:
            return
        try:
            refund_order(order_id=order.pk, actor=SYSTEM)
        except NotRefundable:  # a bank has the money
            return
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

    @rule(number=numbers, share=st.sampled_from([2, 3]), hears=st.booleans())
    def refund_a_part(self, number: int, share: int, hears: bool) -> None:
        """Money goes back and the tickets stay; with `hears` it is sent at once."""
        order = self.pick(number, "paid")
        if order is None:
            return
        asked = GivingBack(amount=order.total // share // 10 * 10)
        with suppress(NotRefundable):  # a bank has it, or not so much is left
            refund = give_back(order_id=order.pk, asked=asked, actor=SYSTEM)
            if hears and refund is not None:
                with suppress(gateway.ProviderRefused):
                    send_refund(refund_id=refund.pk)

    @precondition(lambda self: self.orders)
    @rule(number=numbers, inquiry=st.booleans(), hears=st.booleans())
    def dispute(self, number: int, inquiry: bool, hears: bool) -> None:
        """A buyer's bank wants what is left; with `hears` its first message comes."""
        payment = Payment.objects.get(order=self.orders[number % len(self.orders)])
        with suppress(httpx.HTTPStatusError):  # disputed before, or refunded in full
            made = self.sandbox.control("disputes", payment_intent=payment.intent_id, inquiry=inquiry)
            if hears:
                take_up_dispute(account_id=self.account, provider_id=made["id"])

    @rule(number=numbers, won=st.booleans(), hears=st.booleans())
    def decide(self, number: int, won: bool, hears: bool) -> None:
        """A bank has decided, about one of its disputes, those that we never heard of among them."""
        found = provider().v1.disputes.list(options={"stripe_account": self.account}).data
        if not found:
            return
        dispute = found[number % len(found)]
        with suppress(httpx.HTTPStatusError):  # decided before
            self.sandbox.control(f"disputes/{dispute.id}/decide", won=won)
        if hears:
            take_up_dispute(account_id=self.account, provider_id=dispute.id)

    @rule(is_killed=st.booleans())
    def payouts_go_out(self, is_killed: bool) -> None:
        """The clock comes round long after the events; killed, we do not note the provider's answer."""
        run_payouts(at=timezone.now() + timedelta(days=100))
        for payout in Payout.objects.filter(state=Payout.State.ASKED):
            if is_killed:
                with suppress(gateway.ProviderRefused):
                    gateway.create_payout(
                        account_id=self.account,
                        amount=payout.amount,
                        currency=payout.currency,
                        key=f"payout-{payout.pk}",
                    )
            else:
                send_payout(payout_id=payout.pk)

    @rule(number=numbers, hears=st.booleans())
    def a_payout_comes_back(self, number: int, hears: bool) -> None:
        found = list(Payout.objects.exclude(provider_id=""))
        if not found:
            return
        payout = found[number % len(found)]
        with suppress(httpx.HTTPStatusError):  # it came back before
            self.sandbox.control(f"payouts/{payout.provider_id}/fail")
        if hears:
            send_payout(payout_id=payout.pk)

    @rule(kind=st.sampled_from(sorted(VERBS)))
    def somebody_forges_a_message(self, kind: str) -> None:
        """Signed with the wrong secret it is refused, and no row is written."""
        event = {"id": "evt_forged", "type": kind, "account": self.account, "data": {"object": {"id": "pi_1"}}}
        body = json.dumps(event)
        header = signature("whsec_wrong", body, int(timezone.now().timestamp()))
        answer = Visitor().post("/webhooks/stripe", body, "application/json", headers={"stripe-signature": header})
        assert answer.status_code == 400
        assert not ProviderEvent.objects.filter(pk="evt_forged").exists()

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
        for _time in range(3):  # what the provider's own clock brings in between comes with the next one
            check_money()
            ours = {currency: amount for currency, amount in balance(Kind.PROVIDER).items() if amount}
            theirs = {currency: amount for currency, amount in gateway.fetch_balance(self.account).items() if amount}
            if ours == theirs:
                break
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
        for order in self.orders:
            self.its_sales_are_its_payments_less_what_went_back(order)
        OutboxMessage.objects.filter(done_at=None).update(done_at="2026-01-01T00:00Z")  # mails are the worker's
        assert breaches() == {}
        for order in self.orders:
            order.refresh_from_db()

    def its_sales_are_its_payments_less_what_went_back(self, order: Order) -> None:
        """What the books have as sold of an order: what was paid, less refunds in the books, less what banks took for good."""
        payment = Payment.objects.get(order=order)
        keys = [f"sale:{order.pk}"]
        for refund in payment.refunds.all():
            keys += [f"refund:{refund.pk}", f"refund-failed:{refund.pk}"]
        disputes = list(payment.disputes.all())
        for dispute in disputes:
            keys += [f"dispute-lost:{dispute.pk}", f"dispute-regained:{dispute.pk}"]
        posted = LedgerEntry.objects.filter(account__kind=Kind.SALES, transaction__key__in=keys)
        sold = -sum(entry.amount for entry in posted)
        back = sum(
            refund.amount
            for refund in payment.refunds.exclude(state=Refund.State.FAILED)
            if is_posted(f"refund:{refund.pk}")
        )
        lost = sum(one.taken for one in disputes if one.state == "lost" and one.closed_at)
        paid = payment.amount if payment.state == Payment.State.CAPTURED else 0
        assert sold == paid - back - lost, (order.number, sold, paid, back, lost)
        assert back + lost <= payment.amount


def test_money_in_any_order(northside: world.House, stripe_sandbox: Sandbox, monkeypatch: Any) -> None:
    monkeypatch.setattr("events.actions.CURRENCIES", tuple(currency for currency, _price in CURRENCIES))
    monkeypatch.setattr("config.tasks.wake_inbox", lambda: None)
    MoneyInAnyOrder.house, MoneyInAnyOrder.sandbox = northside, stripe_sandbox
    with tenant_context(northside.organizer):
        run_state_machine_as_test(MoneyInAnyOrder, settings=looking(3, steps=10))  # type: ignore[no-untyped-call]
    assert not ProviderEvent.objects.exists()
