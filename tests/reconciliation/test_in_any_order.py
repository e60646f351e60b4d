"""Money in any order: orders charged directly, in the organizer's name or in the platform's, side by side; paid, captured, refunded
here and there in parts, disputed, answered and decided, warned of; partners, with an account or without, and the organizer paid by
transfer, by the clock or at once, and by hand, and asked to give back; money paid out to banks that send it back; webhooks lost,
late, double, reversed and forged; workers killed at every step of a call; checked.

Hypothesis drives the real verbs on real Postgres, with the provider's own SDK against the sandbox. After each step every currency in
both ledgers adds up to nothing, each order's sales are its payments less its refunds and what was lost to its buyer's
bank, and each line of the account's balance that our books know of moved there what they say, and nothing else did; of the
platform's likewise each line of an order that it was charged for. After each check the account's, the partners' and the platform's
balances are ours to the minor unit, the platform's charge by charge and transfer by transfer, and nothing is unexplained.
"""

import json
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import httpx
import stripe
from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context
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
from checkout.actions import expire_order, refund_order, send_refund, settle_payment
from checkout.batches import cancel_and_refund
from checkout.charge_models import choose_charge_model
from checkout.disputes import set_dispute_policy, submit_evidence, take_up_dispute
from checkout.errors import EvidenceRefused, NotRefundable
from checkout.fraud_warnings import take_up_warning
from checkout.refunds import GivingBack, give_back, repaid_otherwise, send_again
from config import failpoints
from config.stripe_events import VERBS
from console.models import PlatformDifference
from console.platform_money import check_platform_money
from events.models import ChargeModel, Event
from inbox.actions import process_due_events, receive_event
from inbox.models import ProviderEvent
from ledger.actions import Kind
from ledger.models import LedgerEntry, Party
from ledger.queries import ITS_ACCOUNT, THE_PLATFORMS, balance, is_posted, posted_at_provider, standings
from ledger.split_rules import ORGANIZER, WHOLE, Rules, Share, Step
from ledger.splits import payable, set_split_plan
from orders.models import Order
from outbox.actions import drain
from outbox.models import OutboxMessage
from payments import gateway
from payments.models import Dispute, DisputePolicy, Payment, Refund, RefundTurn
from payments.queries import OWED
from payments.sandbox.delivery import signature
from payouts.actions import add_partner, note_payment
from payouts.errors import NothingToTransfer, PaymentNotOwed
from payouts.models import Partner, PartnerPayment, Payout, Transfer, TransferReversal
from payouts.runs import run_payouts, send_payout
from payouts.transfers import request_transfers, run_transfers
from reconciliation.models import Incident, ProviderLine
from tests import world
from tests.depth import looking
from tests.processes import Sandbox, plain_http
from tests.reconciliation.conftest import check_money, connect_partner, connected_partner, fresh_account, provider
from tests.staff import Visitor

# 23.45 euros, 3001 yen, 12.340 dinars: of each our fee is rounded, in dinars to tens.
CURRENCIES = (("EUR", 2345), ("JPY", 3001), ("KWD", 12_340))
CARDS = ("pm_card_visa", "pm_card_visa", "pm_card_pendingRefund", "pm_card_refundFail", "pm_card_createDispute")
numbers = st.integers(0, 20)
models = st.sampled_from(ChargeModel)
# What of the outbox moves money. The rest (mails, screens) is another test's.
MONEY = [
    "book_platform_fee",
    "run_refund_batch",
    "send_evidence",
    "send_payout",
    "send_refund",
    "send_reversal",
    "send_transfer",
    "take_back",
]
PLACES = (
    *("before_refund_sent", "after_refund_sent", "before_refund_noted", "before_dispute_commit"),
    *("before_evidence_uploaded", "after_evidence_uploaded", "before_evidence_sent", "after_evidence_sent"),
    *("before_payout_sent", "after_payout_sent", "before_payout_noted"),
    *("before_transfer_sent", "after_transfer_sent", "before_transfer_noted"),
    *("before_reversal_commit", "before_reversal_sent", "after_reversal_sent", "before_reversal_noted"),
    *("after_batch_taken_up", "after_batch_turn_taken", "before_batch_asked_commit", "after_batch_asked"),
    *("after_batch_sent", "after_batch_turn", "before_next_round", "before_batch_end_commit"),
)
VOID_PLACES, EXPIRY_PLACES = ("before_void", "after_void", ""), ("before_expiry", "after_expiry", "")
SALE_PLACES = ("after_secure", "before_capture", "after_capture", "before_complete_commit")
RUN_PLACES = ("after_payouts_manual", "before_mature_commit", "after_mature_commit", "before_payout_asked_commit")
# What transfers, and what of them went back, are on the account that they came to.
TRANSFERRED = ("payment", "payment_refund")
ROUND_PLACES = ("before_mature_commit", "before_transfer_commit", "before_reversal_commit")
REFUSED = ("/v1/transfers", "/v1/transfers/*/reversals", "/v1/payouts", "/v1/refunds")


class Killed(BaseException):
    """The process is gone: nothing may catch this."""


def dying(place: str, step: Callable[[], object]) -> None:
    """The step, in a process that is killed when it first comes to `place`; to its end where it never does."""

    def hit(name: str) -> None:
        if name == place:
            raise Killed

    with patch.object(failpoints, "hit", hit), suppress(Killed):
        step()


class MoneyInAnyOrder(RuleBasedStateMachine):
    """One organizer that sells in three currencies, on an account of its own and on the platform's.

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
        with connection.cursor() as cursor:  # all of it is one transaction here, and the sandbox is asked in between
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        self.account = fresh_account(self.house)
        self.orders: list[Order] = []
        self.left: list[Order] = []  # nobody has paid for them, or too late
        self.began = timezone.now() - timedelta(seconds=2)
        self.partners = [
            connected_partner(self.house, Partner.Kind.VENUE, "Hall"),
            connected_partner(self.house, Partner.Kind.ARTIST, "Band"),
            add_partner(kind=Partner.Kind.PROMOTER, name="Paula", email="paula@example.com", actor=SYSTEM),
        ]
        self.events = [self.an_event(which) for which in range(len(CURRENCIES))]
        # What other tests left on the platform's balance and rolled back from its books.
        self.gap = {found.currency: found.difference for found in check_platform_money()}
        with schema_context(get_public_schema_name()):
            self.others = set(PlatformDifference.objects.values_list("about", flat=True))

    def an_event(self, which: int) -> Event:
        """Half a ticket's price, one, or one and a half go to the hall first: of some dates nobody else earns anything."""
        currency, price = CURRENCIES[which]
        event = world.make_event(f"In {currency}", kinds=(("Standard", price, 50),), currency=currency)
        hall, band, paula = (partner.payee for partner in self.partners)
        first, then = Share(hall, WHOLE, cap=price * (which + 1) // 2), (Share(band, 6000), Share(paula, 1000))
        rules = Rules((Step((first,)), Step(then)))
        set_split_plan(subject=str(event.pk), currency=currency, rules=rules, actor=SYSTEM)
        return event

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

    @initialize(
        which=st.permutations([0, 1, 2]),
        charged=st.permutations([ChargeModel.ON_BEHALF, ChargeModel.PLATFORM, ChargeModel.DIRECT]),
        waits=st.booleans(),
        back=st.booleans(),
    )
    def some_buy(self, which: list[int], charged: list[ChargeModel], waits: bool, back: bool) -> None:
        """Few steps lead further when everybody has been paid already, or somebody's refund is under way, one that will fail."""
        self.buy(which[0], charged[0], "pm_card_refundFail", hears=True)
        self.buy(which[1], charged[1], "pm_card_visa", hears=True)
        if not waits:
            self.everybody_is_paid(is_due=True, sends=True, dies_at="")
        if back:
            self.refund(0, hears=True)

    @rule(
        which=st.integers(0, 2),
        model=models,
        card=st.sampled_from(CARDS),
        declined=st.booleans(),
        hears=st.booleans(),
        dies_at=st.sampled_from(SALE_PLACES),
    )
    def buy(
        self, which: int, model: ChargeModel, card: str, hears: bool, declined: bool = False, dies_at: str = ""
    ) -> None:
        """With `hears` we learn of it, perhaps up to a place; otherwise only the provider has captured it, and every message is lost.

        Each order of an event may be charged in another way than the one before, and each may be tried twice.
        """
        order = self.ordered(which, model)
        if declined:
            self.attempt_in_vain(order)
        intent = world.pay(order, card=card)
        if hears and dies_at and card == "pm_card_visa":
            dying(dies_at, lambda: settle_payment(order_id=order.pk))
        elif hears:
            settle_payment(order_id=order.pk)
        else:
            gateway.capture_intent(account_id=order.payment.account_id, intent_id=intent.id, key=f"other-{order.pk}")
        order.refresh_from_db()
        self.orders.append(order)

    def ordered(self, which: int, model: ChargeModel) -> Order:
        self.events[which] = choose_charge_model(event_id=self.events[which].pk, model=model, actor=SYSTEM)
        return world.place_order(self.events[which], Standard=1)

    def attempt_in_vain(self, order: Order) -> None:
        with suppress(stripe.CardError):
            world.pay(order, card="pm_card_chargeDeclined")
        settle_payment(order_id=order.pk)
        order.refresh_from_db()
        assert (order.state, order.payment.failures) == (Order.State.PENDING, 1)

    @rule(which=st.integers(0, 2), model=models, dies_at=st.sampled_from(EXPIRY_PLACES))
    def an_order_is_left(self, which: int, model: ChargeModel, dies_at: str) -> None:
        """Its card is declined and its time runs out: it is closed there, then here."""
        order = self.ordered(which, model)
        self.attempt_in_vain(order)
        dying(dies_at, lambda: expire_order(order_id=order.pk))
        self.orders.append(order)
        self.left.append(order)

    @rule(which=st.integers(0, 2), model=models, is_taken=st.booleans(), dies_at=st.sampled_from(VOID_PLACES))
    def an_order_is_paid_too_late(self, which: int, model: ChargeModel, is_taken: bool, dies_at: str) -> None:
        """Somebody else has the only place by then: the money is let go, or goes back where it `is_taken`."""
        currency, price = CURRENCIES[which]
        event = world.make_event("Full", kinds=(("Standard", price, 1),), currency=currency)
        choose_charge_model(event_id=event.pk, model=model, actor=SYSTEM)
        with world.an_hour_ago():
            order = world.place_order(event, Standard=1)
        world.hold(event, Standard=1)
        intent = world.pay(order)
        if is_taken:
            gateway.capture_intent(account_id=order.payment.account_id, intent_id=intent.id, key=f"other-{order.pk}")
        dying(dies_at, lambda: settle_payment(order_id=order.pk))
        self.orders.append(order)
        self.left.append(order)

    @rule(which=st.integers(0, 2), dies_at=st.sampled_from(PLACES + ("",) * 20))
    def an_event_is_cancelled(self, which: int, dies_at: str) -> None:
        """Every order of it has its turn, those that are paid meanwhile too; another event is sold from now on."""
        if not any(order.event_id == self.events[which].pk for order in self.orders):
            return
        cancel_and_refund(event_id=self.events[which].pk, words="Too much rain.", actor=SYSTEM)
        self.events[which] = self.an_event(which)
        self.a_worker_works(dies_at)

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
        params: Any = {"payment_intent": payment.intent_id, "amount": amount}
        if payment.account_id:
            params["refund_application_fee"] = with_fee
        with suppress(stripe.InvalidRequestError):  # more than is left, or disputed
            provider().v1.refunds.create(params=params, options=on(payment.account_id))

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
    @rule(number=numbers, inquiry=st.booleans(), share=st.sampled_from([1, 1, 3]), hears=st.booleans())
    def dispute(self, number: int, inquiry: bool, share: int, hears: bool) -> None:
        """A buyer's bank wants what is left, or a part of it; with `hears` its first message comes."""
        payment = Payment.objects.get(order=self.orders[number % len(self.orders)])
        part: dict[str, Any] = {"amount": payment.amount // share // 10 * 10} if share > 1 else {}
        with suppress(httpx.HTTPStatusError):  # disputed before, or not so much is left
            made = self.sandbox.control("disputes", payment_intent=payment.intent_id, inquiry=inquiry, **part)
            if hears:
                take_up_dispute(account_id=payment.account_id, provider_id=made["id"])

    @rule(number=numbers, won=st.booleans(), hears=st.booleans())
    def decide(self, number: int, won: bool, hears: bool) -> None:
        """A bank has decided, about one of its disputes, those that we never heard of among them."""
        intents = set(Payment.objects.values_list("intent_id", flat=True))  # others' are on the platform's account, too
        found = [
            (account, one)
            for account in (self.account, gateway.PLATFORM)
            for one in provider().v1.disputes.list(params={"limit": 100}, options=on(account)).data
            if one.payment_intent in intents
        ]
        if not found:
            return
        account, dispute = found[number % len(found)]
        with suppress(httpx.HTTPStatusError):  # decided before
            self.sandbox.control(f"disputes/{dispute.id}/decide", won=won)
        if hears:
            take_up_dispute(account_id=account, provider_id=dispute.id)

    @rule(dies_at=st.sampled_from(RUN_PLACES + ("",) * 4))
    def payouts_are_planned(self, dies_at: str) -> None:
        """The clock comes round long after the events; what sends them is the outbox."""
        dying(dies_at, lambda: run_payouts(at=timezone.now() + timedelta(days=100)))

    @rule(is_due=st.booleans(), sends=st.booleans(), dies_at=st.sampled_from(ROUND_PLACES + ("",) * 6))
    def everybody_is_paid(self, is_due: bool, sends: bool, dies_at: str) -> None:
        """The clock comes round to what parties owe and are owed, long after the events or before them; with `sends` a worker follows."""
        at = timezone.now() + timedelta(days=100 if is_due else 0)
        dying(dies_at, lambda: run_transfers(at=at))
        if sends:
            self.a_worker_works("")

    @rule()
    def a_partner_connects(self) -> None:
        """Who was paid by hand can be paid by transfer from now on, if not before."""
        paula = self.partners[2]
        if not paula.account_id:
            connect_partner(self.house, paula)

    @rule(number=numbers, which=st.integers(0, 2), by_hand=st.booleans())
    def a_partner_is_paid(self, number: int, which: int, by_hand: bool) -> None:
        partner, currency = self.partners[number % 3], CURRENCIES[which][0]
        partner.refresh_from_db()
        if not by_hand:
            with suppress(NothingToTransfer):
                request_transfers(partner=partner, currency=currency, actor=SYSTEM)
            return
        with suppress(PaymentNotOwed):
            note_payment(
                partner=partner,
                direction=PartnerPayment.Direction.OUT,
                currency=currency,
                amount=payable(partner.payee, currency) // 2,
                words="in cash",
                key=str(uuid4()),
                actor=SYSTEM,
            )

    @rule(number=numbers, which=st.integers(0, 2))
    def a_partner_takes_its_money_to_its_bank(self, number: int, which: int) -> None:
        """So nothing can be taken back from it, and it keeps owing."""
        account, currency = self.partners[number % 3].account_id, CURRENCIES[which][0]
        if not account:
            return
        there = gateway.fetch_available(account).get(currency, 0)
        with suppress(stripe.InvalidRequestError):  # nothing there
            provider().v1.payouts.create(
                params={"amount": there, "currency": currency.lower()}, options={"stripe_account": account}
            )

    @rule(dies_at=st.sampled_from(PLACES + ("",) * 12))
    def a_worker_works(self, dies_at: str) -> None:
        """What waits in the outbox is done, up to a place; what a dead worker had leased is due again."""
        self.lease_is_over()
        dying(dies_at, drain)

    def lease_is_over(self) -> None:
        waiting = OutboxMessage.objects.filter(done_at=None)
        waiting.filter(kind__in=MONEY).update(due_at=timezone.now(), attempts=0, is_dead=False)
        RefundTurn.objects.filter(state=RefundTurn.State.WAITING).update(due_at=timezone.now())
        waiting.exclude(kind__in=MONEY).update(done_at=timezone.now())

    @rule(path=st.sampled_from(REFUSED))
    def the_provider_refuses(self, path: str) -> None:
        self.sandbox.control("faults", path=path, method="POST", mode="error", status=400, when="before", count=1)
        self.a_worker_works("")
        plain_http().delete(f"{self.sandbox.base}/_sandbox/faults").raise_for_status()

    @rule(number=numbers, refunds=st.booleans(), hears=st.booleans())
    def a_card_network_warns(self, number: int, refunds: bool, hears: bool) -> None:
        if not self.orders:
            return
        payment = Payment.objects.get(order=self.orders[number % len(self.orders)])
        chosen = DisputePolicy.OnWarning.REFUND if refunds else DisputePolicy.OnWarning.TELL
        set_dispute_policy(on_lost=DisputePolicy.OnLost.VOID, on_warning=chosen, actor=SYSTEM)
        with suppress(httpx.HTTPStatusError):  # not captured yet
            made = self.sandbox.control("fraud_warnings", payment_intent=payment.intent_id)
            if hears:
                take_up_warning(account_id=payment.account_id, provider_id=made["id"], is_admitted=lambda _order: False)

    @rule(number=numbers)
    def the_organizer_answers(self, number: int) -> None:
        found = list(Dispute.objects.order_by("pk"))
        if found:
            with suppress(EvidenceRefused):  # decided
                dispute = found[number % len(found)]
                submit_evidence(dispute_id=dispute.pk, texts={"customer_name": "Bea"}, pdf=b"%PDF-1.4", actor=SYSTEM)

    @rule(number=numbers, by_hand=st.booleans())
    def a_failed_refund_is_made_good(self, number: int, by_hand: bool) -> None:
        found = list(Refund.objects.filter(OWED).order_by("pk"))
        if not found:
            return
        refund = found[number % len(found)]
        with suppress(NotRefundable):  # a bank has it
            if by_hand:
                repaid_otherwise(refund_id=refund.pk, words="in cash", actor=SYSTEM)
            else:
                send_again(refund_id=refund.pk, actor=SYSTEM)

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

    @rule(kind=st.sampled_from(sorted(VERBS)), secret=st.sampled_from(["wrong", "other", "own"]), number=numbers)
    def somebody_forges_a_message(self, kind: str, secret: str, number: int) -> None:
        """Signed with a wrong secret, with the other endpoint's, or with the right one but long ago: it is refused, and no row is
        written."""
        intent = Payment.objects.get(order=self.orders[number % len(self.orders)]).intent_id if self.orders else "pi_1"
        event = {"id": "evt_forged", "type": kind, "account": self.account, "data": {"object": {"id": intent}}}
        body, age = json.dumps(event), 3600 if secret == "own" else 0
        secrets = {"wrong": "whsec_wrong", "other": self.sandbox.secret, "own": self.sandbox.connect_secret}
        header = signature(secrets[secret], body, int(timezone.now().timestamp()) - age)
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
        """Some of the messages, in either order, each perhaps twice; the platform's own (fees, transfers) as well."""
        events, _more = gateway.list_events(account_id=self.account, types=VERBS, since=None)
        separate, _more = gateway.list_events(account_id=gateway.PLATFORM, types=VERBS, since=self.began)
        events += separate
        events += [event.to_dict() for event in provider().v1.events.list(params={"limit": 10}).data]
        for event in (events if not backwards else events[::-1])[::every]:
            for _copy in range(copies):
                receive_event(event)
        process_due_events(VERBS, limit=100)
        connection.set_tenant(self.house.organizer)  # type: ignore[attr-defined]

    @rule()
    def check(self) -> None:
        for order in self.left:  # the clock comes round to what a crash left open
            settle_payment(order_id=order.pk)
            order.refresh_from_db()
            if order.state == Order.State.PENDING:
                expire_order(order_id=order.pk)
                order.refresh_from_db()
            assert order.state == Order.State.CANCELLED
            payment = Payment.objects.get(order=order)
            assert payment.state == Payment.State.VOIDED or payment.refunds.exists()
        self.a_worker_works("")
        check_money()
        for attempt in range(4):
            if (
                attempt
            ):  # what was under way by the provider's own clock while we compared comes now, and with the next one
                self.time_passes_at_the_provider()
            check_platform_money()  # hands over the lines of separate charges
            check_money()
            self.a_worker_works("")
            while OutboxMessage.objects.filter(done_at=None, kind__in=("book_platform_fee", "take_back")).exists():
                self.a_worker_works("")
            try:
                self.everything_is_compared_and_ours()
            except AssertionError:
                if attempt == 3:
                    raise
            else:
                break

    def everything_is_compared_and_ours(self) -> None:
        ours = {currency: amount for currency, amount in balance(Kind.PROVIDER).items() if amount}
        theirs = {currency: amount for currency, amount in gateway.fetch_balance(self.account).items() if amount}
        assert ours == theirs
        assert not any(balance(Kind.UNEXPLAINED).values())
        unexpected = {Incident.Kind.AMOUNT_DIFFERS, Incident.Kind.MONEY_UNKNOWN, Incident.Kind.LINE_MISSING}
        assert not Incident.objects.filter(kind__in=[*unexpected, Incident.Kind.BALANCE_DIFFERS]).exists()
        assert not Incident.objects.filter(kind=Incident.Kind.UNSETTLED, state="open").exists()
        self.everybodys_balance_is_what_they_were_sent()
        self.the_platforms_balance_is_ours_one_by_one()
        assert not ProviderLine.objects.filter(state="new").exists()  # the last look at the platform's hands lines over

    def everybodys_balance_is_what_they_were_sent(self) -> None:
        """Nothing else comes to partners' accounts; to the organizer's its own sales, which the books tell apart."""
        for payee, partner in [(ORGANIZER, None), *((partner.payee, partner) for partner in self.partners)]:
            account = partner.account_id if partner else self.account
            ours = {currency: 0 for currency, _price in CURRENCIES}
            for moved in Transfer.objects.filter(partner=partner, state=Transfer.State.SENT):
                ours[moved.currency] += moved.amount
            back = TransferReversal.objects.filter(transfer__partner=partner, state=TransferReversal.State.DONE)
            for reversal in back.select_related("transfer"):
                ours[reversal.transfer.currency] -= reversal.amount
            lines = lines_of(account) if account else []
            for currency, amount in ours.items():
                came = [line for line in lines if line.currency == currency and line.type in TRANSFERRED]
                theirs = sum(line.net for line in came)
                assert theirs == amount, (payee, currency, theirs, amount)
                if partner:
                    others = {line.type for line in lines} - {*TRANSFERRED, "payout"}
                    assert not others, (payee, others)

    def the_platforms_balance_is_ours_one_by_one(self) -> None:
        for found in check_platform_money():
            assert found.theirs == found.lines
            assert found.difference == self.gap.get(found.currency, 0), (found.currency, found.difference)
        with schema_context(get_public_schema_name()):
            differ = PlatformDifference.objects.exclude(about__in=self.others)
            assert not differ.exists(), list(differ.values())
            us = [one for one in standings() if one.reference == str(self.house.organizer.pk)]
        owed = {one.currency: one.payable - one.receivable for one in us if one.party == Party.ORGANIZER}
        for currency, _price in CURRENCIES:
            assert owed.get(currency, 0) == balance(Kind.COLLECTED).get(currency, 0)

    # --- After each step ---

    @invariant()
    def the_books_add_up(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        self.the_ledger_sums_to_nothing()
        with schema_context(get_public_schema_name()):
            self.the_ledger_sums_to_nothing()
        self.each_line_moved_what_our_books_say()
        for order in self.orders:
            self.its_sales_are_its_payments_less_what_went_back(order)
        assert breaches() == {}
        for order in self.orders:
            order.refresh_from_db()

    def the_ledger_sums_to_nothing(self) -> None:
        sums: dict[str, int] = {}
        for entry in LedgerEntry.objects.select_related("account"):
            sums[entry.account.currency] = sums.get(entry.account.currency, 0) + entry.amount
        assert not any(sums.values()), sums

    def each_line_moved_what_our_books_say(self) -> None:
        """A line at the provider is either booked to the minor unit or not known yet; and nothing is booked that has no line."""
        orders = dict(Payment.objects.exclude(intent_id="").values_list("intent_id", "order_id"))
        refunds = dict(Refund.objects.exclude(provider_id="").values_list("provider_id", "pk"))

        def booked(line: gateway.BalanceLine, kinds: tuple[Kind, ...]) -> list[int]:
            key = {
                "charge": f"sale:{orders.get(line.intent_id)}",
                "refund": f"refund:{refunds.get(line.source)}",
                "refund_failure": f"refund-failed:{refunds.get(line.source)}",
                **dict.fromkeys(TRANSFERRED, f"arrived:{line.source}"),
            }.get(line.type, "")
            posted = posted_at_provider([key, f"line:{line.id}"], kinds)
            return [part.get(line.currency, 0) for part in posted.values()]

        lines, theirs = self.lines_and_balance()
        known: dict[str, int] = {}
        unknown: dict[str, int] = {}
        for line in lines:
            parts = booked(line, ITS_ACCOUNT)
            assert not parts or sum(parts) == line.net, (line, parts)
            known[line.currency] = known.get(line.currency, 0) + sum(parts)
            unknown[line.currency] = unknown.get(line.currency, 0) + (0 if parts else line.net)
        ours = balance(Kind.PROVIDER)
        assert {name: ours.get(name, 0) for name in known} == known
        assert {name for name, amount in ours.items() if amount} <= set(known)
        # So the provider's balance is ours and what of its lines we have not heard of yet, to the minor unit.
        assert {name: ours.get(name, 0) + unknown[name] for name in unknown} == {name: theirs[name] for name in unknown}
        assert {name for name, amount in theirs.items() if amount} <= set(unknown)
        for line in lines_of(gateway.PLATFORM, since=self.began):
            if line.intent_id in orders:  # the rest is of direct sales, or others'
                parts = booked(line, THE_PLATFORMS)
                cost = line.provider_fee if line.type == "charge" else 0  # the platform's to bear
                assert not parts or sum(parts) == line.net + cost, (line, parts)

    def lines_and_balance(self) -> tuple[list[gateway.BalanceLine], dict[str, int]]:
        """Of one moment: the provider's clock goes on between two questions."""
        while True:
            before, theirs, after = lines_of(self.account), gateway.fetch_balance(self.account), lines_of(self.account)
            if len(before) == len(after):
                return before, theirs

    def its_sales_are_its_payments_less_what_went_back(self, order: Order) -> None:
        """What the books have as sold of an order: what was paid, less refunds in the books, less what banks took for good."""
        payment = Payment.objects.get(order=order)
        keys = [f"sale:{order.pk}"]
        for refund in payment.refunds.all():
            keys += [f"refund:{refund.pk}", f"refund-failed:{refund.pk}", f"repaid:{refund.pk}"]
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
        back += sum(refund.amount for refund in payment.refunds.all() if is_posted(f"repaid:{refund.pk}"))
        lost = sum(one.taken for one in disputes if one.state == "lost" and one.closed_at)
        paid = payment.amount if payment.state == Payment.State.CAPTURED else 0
        assert sold == paid - back - lost, (order.number, sold, paid, back, lost)
        assert back + lost <= payment.amount


def on(account_id: str) -> Any:
    """The provider's option for a connected account; none for the platform's own."""
    return {"stripe_account": account_id} if account_id else {}


def lines_of(account_id: str, *, since: datetime | None = None) -> list[gateway.BalanceLine]:
    lines, more = gateway.list_balance_lines(account_id=account_id, since=since)
    while more:
        older, more = gateway.list_balance_lines(account_id=account_id, since=since, after=lines[-1].id)
        lines += older
    return lines


def fund_the_platform() -> None:
    """Transfers are paid from what the platform has available, and money of sales takes days to arrive."""
    for currency, price in CURRENCIES:
        params: Any = {
            "amount": price * 500,
            "currency": currency.lower(),
            "confirm": True,
            "payment_method": "pm_card_bypassPending",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
        provider().v1.payment_intents.create(params=params)


def test_money_in_any_order(northside: world.House, stripe_sandbox: Sandbox, monkeypatch: Any) -> None:
    monkeypatch.setattr("events.actions.CURRENCIES", tuple(currency for currency, _price in CURRENCIES))
    monkeypatch.setattr("config.tasks.wake_inbox", lambda: None)
    MoneyInAnyOrder.house, MoneyInAnyOrder.sandbox = northside, stripe_sandbox
    fund_the_platform()
    with tenant_context(northside.organizer):
        run_state_machine_as_test(MoneyInAnyOrder, settings=looking(3, steps=10))  # type: ignore[no-untyped-call]
    assert not ProviderEvent.objects.exists()
