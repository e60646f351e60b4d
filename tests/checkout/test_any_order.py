"""A sale in any order: hold, extend, release, expire, order, pay, decline, webhooks late, double or never, crash, refund, new prices.

Hypothesis drives the real verbs on real Postgres, with the provider's own SDK against the sandbox. A model beside them says what
each step must come to; after each step the stock is compared with it and every invariant of `analytics.invariants` is asked.

A crash is an exception at a named place: what was under way is rolled back and what was committed stays, as with SIGKILL, which
tests/crashes.py does to real processes. The clock only goes forward: the database's and Django's together.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from unittest.mock import patch
from uuid import UUID

import stripe
from django.db import transaction
from django.utils import timezone
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
from checkout import actions as checkout
from checkout.catalog import read_offer
from checkout.holding import claim_request, hold_made
from config import failpoints
from events.actions import change_ticket_type
from inventory import actions as stock
from inventory import queries
from inventory.errors import ExtensionRefused, HoldEnded, SoldOut
from inventory.models import Hold, Place
from orders.errors import OrderClosed
from orders.models import Order
from outbox.models import OutboxMessage
from payments.models import Payment, Refund
from tests import world
from tests.depth import looking
from tests.world import FREE, STANDARD
from tickets.models import Ticket

PLACES, SEATS = 6, 4
CRASHES = ("", "", "", "after_secure", "after_capture", "before_complete_commit", "before_void", "after_void")


class Crash(BaseException):
    """The process is gone: nothing may catch this."""


@dataclass
class Basket:
    """What the model knows of a hold and of the order that it may have become."""

    hold: Hold
    size: int
    until: datetime
    seats: tuple[int, ...] = ()
    state: str = "live"  # released, and then an order's: pending, secured, paid, cancelled, refunded
    order: Order | None = None
    overdue_at: datetime | None = None
    intent: str = ""  # created, authorised, captured, cancelled
    is_declined: bool = False  # and nobody here has heard of it
    failures: int = 0

    def keeps(self, at: datetime) -> bool:
        """Whether nobody else can have its places."""
        return self.state in ("secured", "paid") or (self.state in ("live", "pending") and at < self.until)


@dataclass
class Clock:
    """The database's and Django's, with what was added."""

    ahead: timedelta = timedelta()
    real_now: Callable[[], datetime] = field(default=timezone.now)
    real_database_now: Callable[[], datetime] = field(default=queries.database_now)

    def now(self) -> datetime:
        return self.real_now() + self.ahead

    def database_now(self) -> datetime:
        return self.real_database_now() + self.ahead

    @contextmanager
    def running(self) -> Iterator[None]:
        """Whoever has imported a clock reads this one."""
        with ExitStack() as changed:
            changed.enter_context(patch("django.utils.timezone.now", self.now))
            changed.enter_context(patch("inventory.actions.claim_instant", self.database_now))
            for name, module in list(sys.modules.items()):
                if getattr(module, "database_now", None) is self.real_database_now:
                    changed.enter_context(patch(f"{name}.database_now", self.database_now))
            yield


class SaleInAnyOrder(RuleBasedStateMachine):
    """One performance with six places that cost money and four free named seats."""

    def __init__(self) -> None:
        super().__init__()
        self.cleanup = ExitStack()
        self.clock = Clock()
        self.cleanup.enter_context(transaction.atomic())
        self.cleanup.callback(transaction.set_rollback, True)
        self.cleanup.enter_context(self.clock.running())
        self.event = world.make_event("Any Order", kinds=((STANDARD, 2400, PLACES), (FREE, 0, SEATS)))
        self.performance = world.the_performance(self.event)
        self.kind, self.named = world.kind_of(self.event, STANDARD), world.kind_of(self.event, FREE)
        pool = self.performance.pools.get(quota__ticket_types=self.named)
        self.seats = tuple(pool.places.order_by("pk").values_list("pk", flat=True))
        self.price = 2400
        self.baskets: list[Basket] = []

    def teardown(self) -> None:
        self.cleanup.close()

    # --- What the model knows ---

    def left(self) -> int:
        at = self.clock.now()
        return PLACES - sum(one.size for one in self.baskets if not one.seats and one.keeps(at))

    def taken_seats(self) -> set[int]:
        at = self.clock.now()
        return {seat for one in self.baskets if one.keeps(at) for seat in one.seats}

    def pick(self, number: int, *states: str) -> Basket | None:
        found = [one for one in self.baskets if one.state in states]
        return found[number % len(found)] if found else None

    def expect_settled(self, basket: Basket, crash: str = "") -> None:
        """What settle_payment comes to: the order in the model, up to where the process died."""
        if basket.state in ("pending", "secured") and basket.intent in ("authorised", "captured"):
            if basket.state == "pending" and not basket.keeps(self.clock.now()) and self.left() < basket.size:
                basket.state = "cancelled"
            else:
                basket.state = "secured"
                if crash == "after_secure":
                    return
                basket.intent = "captured"
                if crash in ("after_capture", "before_complete_commit"):
                    return
                basket.state = "paid"
        if basket.state == "cancelled" and basket.intent == "authorised" and crash != "before_void":
            basket.intent = "cancelled"
        if basket.state == "pending" and basket.intent == "cancelled":
            basket.state = "cancelled"
        if basket.state == "pending" and basket.is_declined:
            self.expect_time_for_another_card(basket)

    def expect_time_for_another_card(self, basket: Basket) -> None:
        assert basket.order
        basket.is_declined, basket.failures = False, basket.failures + 1
        basket.order.refresh_from_db()
        least = self.clock.now() + checkout.RETRY_TIME - timedelta(seconds=30)
        if basket.failures <= checkout.MOST_RETRIES and basket.keeps(self.clock.now()):
            assert basket.order.expires_at >= max(basket.until, least)
            basket.until = basket.order.expires_at
            basket.overdue_at = basket.until + checkout.LATE_PAYMENT_TIME
        assert basket.order.expires_at == basket.until

    # --- What people do ---

    @initialize(
        baskets=st.lists(
            st.tuples(st.integers(1, 3), st.sampled_from(["live", "pending", "paying"])), min_size=2, max_size=4
        )
    )
    def begin_in_the_middle(self, baskets: list[tuple[int, str]]) -> None:
        """Few steps lead further when some people are in the shop already."""
        for index, (size, state) in enumerate(baskets):
            before = len(self.baskets)
            self.hold(size)
            if state != "live" and len(self.baskets) > before:
                self.place_order(before, dies=False)
                if state == "paying":
                    self.pay(index, "pm_card_visa", "")

    @rule(size=st.integers(1, 4))
    def hold(self, size: int) -> None:
        left, told = self.left(), None
        try:
            hold = world.hold(self.event, **{STANDARD: size})
        except SoldOut as refused:
            told = int(refused.extra["available"])
        else:
            assert hold.quote["lines"][0]["price"] == self.price
            self.baskets.append(Basket(hold, size, hold.expires_at))
        assert told == (left if left < size else None)

    @rule(wanted=st.sets(st.integers(0, SEATS - 1), min_size=1, max_size=3))
    def hold_by_name(self, wanted: set[int]) -> None:
        seats = tuple(self.seats[number] for number in sorted(wanted))
        gone = self.taken_seats() & set(seats)
        offer = read_offer(self.performance.pk)
        priced = offer.price({self.named.pk: len(seats)})
        request = claim_request(offer, priced, checkout.ANONYMOUS)
        request = request._replace(lines=tuple(replace(line, seats=seats) for line in request.lines))
        answer = stock.claim(performance_id=offer.performance_id, offer_version=offer.version, request=request)
        if gone:
            assert (answer.verdict, answer.available) == ("sold_out", len(seats) - len(gone))
        else:
            assert answer.verdict == "held"
            assert answer.created_at
            hold = hold_made(offer, request, priced, answer.created_at)
            assert set(Place.objects.filter(hold=hold).values_list("pk", flat=True)) == set(seats)
            self.baskets.append(Basket(hold, len(seats), hold.expires_at, seats=seats))

    @precondition(lambda self: self.baskets)
    @rule(number=st.integers(0, 20))
    def extend(self, number: int) -> None:
        basket = self.baskets[number % len(self.baskets)]
        live = basket.state == "live" and basket.keeps(self.clock.now())
        try:
            held = checkout.extend_hold(hold_id=basket.hold.pk, token=basket.hold.token)
        except HoldEnded:
            assert not live
        except ExtensionRefused:
            assert live
            assert basket.until - basket.hold.created_at == timedelta(minutes=30)
        else:
            assert live
            assert basket.until < held.expires_at <= basket.hold.created_at + timedelta(minutes=30)
            basket.until = held.expires_at

    @precondition(lambda self: self.baskets)
    @rule(number=st.integers(0, 20))
    def release(self, number: int) -> None:
        basket = self.baskets[number % len(self.baskets)]
        try:
            checkout.release_hold(hold_id=basket.hold.pk, token=basket.hold.token)
        except HoldEnded:
            assert basket.order
        else:
            assert basket.state in ("live", "released")
            basket.state = "released"

    @rule(minutes=st.sampled_from([3, 9, 12, 40]))
    def time_passes(self, minutes: int) -> None:
        self.clock.ahead += timedelta(minutes=minutes)

    @rule(price=st.sampled_from([1900, 2400, 5000]))
    def change_price(self, price: int) -> None:
        change_ticket_type(
            ticket_type_id=self.kind.pk, name=STANDARD, perk="", price=price, max_per_order=10, actor=SYSTEM
        )
        self.price = price

    @precondition(lambda self: self.baskets)
    @rule(number=st.integers(0, 20), dies=st.sampled_from([False, False, False, True]))
    def place_order(self, number: int, dies: bool) -> None:
        basket = self.baskets[number % len(self.baskets)]
        was_live = basket.state == "live" and basket.keeps(self.clock.now())
        try:
            with crashing_at("before_order_commit" if dies else ""):
                order = checkout.place_order(hold_id=basket.hold.pk, token=basket.hold.token, buyer=world.BEA)
        except HoldEnded:
            assert not was_live
            assert basket.order is None
        except Crash:
            assert was_live
        else:
            if basket.order:
                assert order.pk == basket.order.pk  # asked twice, ordered once
                return
            assert was_live
            assert order.total == basket.hold.quote["total"]
            basket.order, basket.until = order, order.expires_at
            basket.overdue_at = order.expires_at + checkout.LATE_PAYMENT_TIME
            basket.state = "pending" if order.total else "paid"

    @precondition(lambda self: self.pick(0, "pending"))
    @rule(
        number=st.integers(0, 20),
        card=st.sampled_from(["pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_chargeDeclined"]),
        crash=st.sampled_from(["", "", "before_intent", "before_intent_saved", "after_intent"]),
    )
    def pay(self, number: int, card: str, crash: str) -> None:
        basket = self.pick(number, "pending")
        assert basket
        assert basket.order
        with crashing_at(crash):
            try:
                intent = checkout.begin_payment(order_id=basket.order.pk)
            except Crash:
                return
            except OrderClosed:
                raise AssertionError("a pending order cannot be paid") from None
        basket.intent = basket.intent or "created"
        try:
            world.confirm(intent.id, basket.order.payment.account_id, card=card)
        except stripe.CardError:
            assert "Declined" in card
            assert basket.intent == "created"
            basket.is_declined = True
        except stripe.InvalidRequestError:
            assert basket.intent in ("authorised", "captured", "cancelled")
        else:
            basket.intent = "authorised" if basket.intent == "created" else basket.intent
            basket.is_declined = False

    # --- What comes of it by itself: any event about an order makes us ask the provider, so an event is a settle. ---

    @precondition(lambda self: any(one.order for one in self.baskets))
    @rule(number=st.integers(0, 20), copies=st.integers(1, 3), crash=st.sampled_from(CRASHES))
    def webhook(self, number: int, copies: int, crash: str) -> None:
        ordered = [one for one in self.baskets if one.order]
        basket = ordered[number % len(ordered)]
        assert basket.order
        for _copy in range(copies):
            with crashing_at(crash) as crashes:
                try:
                    checkout.settle_payment(order_id=basket.order.pk)
                except Crash:
                    assert crashes == [crash]
            self.expect_settled(basket, crash)

    @rule(crash=st.sampled_from(CRASHES))
    def reconcile(self, crash: str) -> None:
        """Every payment is due, the oldest first; when the process dies, the next round begins anew."""
        start = self.clock.now() - timedelta(days=1)
        for index, payment in enumerate(Payment.objects.order_by("created_at")):
            Payment.objects.filter(pk=payment.pk).update(ask_at=start + timedelta(seconds=index))
        if crash:
            with crashing_at(crash), patch("checkout.actions._alone", _unguarded), suppress(Crash):
                checkout.reconcile()
            self.read_orders()
            return
        checkout.reconcile()
        at = self.clock.now()
        for basket in self.by_age_of_payment():
            is_overdue = basket.state == "pending" and basket.overdue_at is not None and basket.overdue_at < at
            if is_overdue and basket.intent in ("", "created"):
                basket.state, basket.intent = "cancelled", basket.intent and "cancelled"
            self.expect_settled(basket)

    def by_age_of_payment(self) -> list[Basket]:
        ages = {
            order: age
            for age, order in enumerate(Payment.objects.order_by("created_at").values_list("order", flat=True))
        }
        ordered = [(ages.get(one.order.pk, len(ages)), one) for one in self.baskets if one.order]
        return [one for _age, one in sorted(ordered, key=lambda pair: pair[0])]

    def read_orders(self) -> None:
        """After a round that ended nobody knows where, only what an order may have become is known: read it, and check that."""
        allowed = {
            "pending": {"pending", "secured", "paid", "cancelled"},
            "secured": {"secured", "paid"},
        }
        for basket in self.baskets:
            if basket.order:
                basket.order.refresh_from_db()
                assert basket.order.state in allowed.get(basket.state, {basket.state}), (basket, basket.order.state)
                basket.state = basket.order.state
                if basket.intent:
                    intent = checkout.gateway.fetch_intent(
                        account_id=basket.order.payment.account_id, intent_id=basket.order.payment.intent_id
                    )
                    words = {"requires_capture": "authorised", "succeeded": "captured", "canceled": "cancelled"}
                    basket.intent = words.get(intent.status, "created")

    @precondition(lambda self: self.pick(0, "paid"))
    @rule(number=st.integers(0, 20), crash=st.sampled_from(["", "", "before_refund_sent", "after_refund_sent"]))
    def refund(self, number: int, crash: str) -> None:
        basket = self.pick(number, "paid")
        assert basket
        assert basket.order
        checkout.refund_order(order_id=basket.order.pk, actor=SYSTEM)
        basket.state = "refunded"
        for refund in Refund.objects.filter(payment__order=basket.order):
            with crashing_at(crash), suppress(Crash):
                checkout.send_refund(refund_id=refund.pk)
            checkout.send_refund(refund_id=refund.pk)
            refund.refresh_from_db()
            assert refund.state == Refund.State.SUCCEEDED

    # --- After each step ---

    @invariant()
    def stock_is_as_the_model_says(self) -> None:
        at = self.clock.now()
        places = Place.objects.filter(pool__performance=self.performance)
        # Mails and the platform's books are the worker's.
        OutboxMessage.objects.filter(done_at=None).update(done_at=at)
        kept = sum(one.size for one in self.baskets if one.keeps(at))
        sold = sum(one.size for one in self.baskets if one.state in ("secured", "paid"))
        assert places.filter(state="sold").count() == sold
        assert places.filter(state="held", held_until__gt=at).count() == kept - sold
        for basket in self.baskets:
            if basket.order:
                basket.order.refresh_from_db(fields=["state"])
                assert basket.order.state == basket.state
                valid = Ticket.objects.filter(position__order=basket.order, state="valid").count()
                assert valid == (basket.size if basket.state == "paid" else 0)

    @invariant()
    def nothing_is_broken(self) -> None:
        assert breaches() == {}


def _unguarded(step: Callable[..., None], **ids: UUID) -> None:
    """A crash ends the round, which an ordinary failure does not."""
    step(**ids)


@contextmanager
def crashing_at(name: str) -> Iterator[list[str]]:
    """The process dies at that place, once; nothing of it is left but what it had committed."""
    struck: list[str] = []

    def hit(place: str) -> None:
        if place == name and not struck:
            struck.append(place)
            raise Crash

    with patch.object(failpoints, "hit", hit):
        yield struck


def test_a_sale_in_any_order(paying):
    run_state_machine_as_test(SaleInAnyOrder, settings=looking(16, steps=24))  # type: ignore[no-untyped-call]
