"""A buyer gives tickets back: at once inside the promise, by a decision outside it, and never more than was quoted."""

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from audit.actions import user_actor
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout.cancellations import (
    approve_request,
    cancel_by_buyer,
    decline_request,
    quote_cancellation,
    request_cancellation,
)
from checkout.errors import AlreadyDecided, CancellationRefused, NotRefundable, QuoteChanged
from checkout.letters import mail_refund_request
from checkout.refunds import GivingBack, give_back
from events.models import Event, Performance
from events.refund_policies import set_refund_policy
from events.refund_rules import RefundRules, Tier
from inventory.models import Place
from notifications.models import EmailMessage
from orders.models import Order
from outbox.models import OutboxMessage
from payments.models import Refund, RefundRequest
from tests import world
from tests.world import STANDARD
from tickets.models import Ticket
from ui.errors import NotFound

NORA = user_actor(UUID(int=1))
ONE = 2510
RULES = RefundRules((Tier(20 * 24, 100), Tier(7 * 24, 50)), kept_fee=200)


@pytest.fixture
def event(paying: world.House) -> Event:
    """In thirty days; all but 2.00 of a ticket back until 20 days before, half less 2.00 until 7."""
    event = world.make_event(kinds=((STANDARD, 2400, 4),), is_published=False)
    set_refund_policy(event_id=event.pk, rules=RULES, actor=NORA)
    return world.publish_event(event_id=event.pk, actor=NORA)


@pytest.fixture
def order(event: Event) -> Order:
    return world.paid_order(event, **{STANDARD: 3})


def tickets_of(order: Order, *numbers: int) -> frozenset[UUID]:
    return frozenset(order.positions.filter(index__in=numbers).values_list("pk", flat=True))


def days_before(order: Order, days: float) -> datetime:
    return order.performance.starts_at - timedelta(days=days)


def nothing_changed(order: Order) -> bool:
    order.refresh_from_db()
    tickets = set(Ticket.objects.values_list("state", flat=True))
    return (order.state, tickets, Refund.objects.count()) == ("paid", {"valid"}, 0)


# --- The quote ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "back", "is_automatic"),
    [(21, 2 * 2310, True), (19, 2 * 1055, True), (6, 0, False), (0, 0, False), (-1, 0, False)],
)
def test_what_comes_back_depends_on_when(order: Order, days: float, back: int, is_automatic: bool) -> None:
    quote = quote_cancellation(order, tickets_of(order, 1, 3), at=days_before(order, days))
    assert (quote.amount, quote.is_automatic) == (back, is_automatic)
    assert [ticket.position.index for ticket in quote.tickets] == [1, 3]
    assert all(ticket.paid == ONE and ticket.kept == ONE - ticket.back for ticket in quote.tickets)


def test_a_date_that_moved_is_read_in_the_buyers_favour(order: Order) -> None:
    at = days_before(order, 19.9)
    earlier = order.performance.starts_at - timedelta(days=15)
    Performance.objects.update(starts_at=earlier, doors_at=earlier, ends_at=earlier + timedelta(hours=2))
    order.refresh_from_db()
    assert quote_cancellation(order, tickets_of(order, 1), at=at).amount == 1055

    later = earlier + timedelta(days=30)
    Performance.objects.update(starts_at=later, doors_at=later, ends_at=later + timedelta(hours=2))
    order = Order.objects.get(pk=order.pk)
    assert quote_cancellation(order, tickets_of(order, 1), at=at).amount == 2310


def test_from_when_the_doors_open_nothing_is_automatic(event: Event) -> None:
    set_refund_policy(event_id=event.pk, rules=RefundRules((Tier(0, 100),)), actor=NORA)
    order = world.paid_order(event, **{STANDARD: 1})
    doors = order.performance.doors_at
    before, after = (
        quote_cancellation(order, tickets_of(order, 1), at=at).is_automatic for at in (doors - timedelta(1), doors)
    )
    assert (before, after) == (True, False)


def test_a_later_policy_does_not_reach_back(order: Order, event: Event) -> None:
    set_refund_policy(event_id=event.pk, rules=RefundRules((Tier(0, 100),)), actor=NORA)
    assert quote_cancellation(order, tickets_of(order, 1), at=days_before(order, 6)).amount == 0


def test_money_that_went_back_before_does_not_come_back_twice(order: Order) -> None:
    give_back(order_id=order.pk, asked=GivingBack(positions=tickets_of(order, 1), amount=2000), actor=NORA)
    assert quote_cancellation(order, tickets_of(order, 1), at=days_before(order, 25)).amount == 510


# --- At once ----------------------------------------------------------------------------------------------------------------------


def test_bea_cancels_one_ticket_inside_the_promise(order: Order) -> None:
    refund = cancel_by_buyer(order_id=order.pk, position_ids=tickets_of(order, 2), expected=2310)

    assert refund is not None
    checkout.send_refund(refund_id=refund.pk)
    refund.refresh_from_db()
    assert (refund.amount, refund.reason, refund.state) == (2310, Refund.Reason.BUYER, Refund.State.SUCCEEDED)
    assert [position.state for position in order.positions.all()] == ["sold", "cancelled", "sold"]
    assert Place.objects.filter(state="free").count() == 2
    assert AuditEntry.objects.get(verb="give_back").actor_kind == "buyer"
    assert OutboxMessage.objects.filter(kind="mail_refund").count() == 1
    assert breaches() == {}


def test_the_whole_order_too(order: Order) -> None:
    cancel_by_buyer(order_id=order.pk, position_ids=tickets_of(order, 1, 2, 3), expected=3 * 2310)
    order.refresh_from_db()
    assert order.state == Order.State.REFUNDED
    assert breaches() == {}


def test_twice_at_once_is_once(order: Order) -> None:
    cancel_by_buyer(order_id=order.pk, position_ids=tickets_of(order, 2), expected=2310)
    with pytest.raises(CancellationRefused):
        cancel_by_buyer(order_id=order.pk, position_ids=tickets_of(order, 2), expected=2310)
    assert Refund.objects.count() == 1


def test_another_amount_than_was_shown_is_refused(order: Order) -> None:
    with pytest.raises(QuoteChanged):
        cancel_by_buyer(order_id=order.pk, position_ids=tickets_of(order, 2), expected=2510)
    assert nothing_changed(order)


@pytest.mark.parametrize("numbers", [(), (1,)])
def test_outside_the_promise_nothing_is_cancelled_without_staff(order: Order, numbers: tuple[int, ...]) -> None:
    with (
        patch("checkout.cancellations.database_now", lambda: days_before(order, 5)),
        pytest.raises(CancellationRefused),
    ):
        cancel_by_buyer(order_id=order.pk, position_ids=tickets_of(order, *numbers), expected=0)
    assert nothing_changed(order)


# --- By a decision ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def request_of_bea(order: Order, media: object) -> RefundRequest:
    with patch("checkout.cancellations.database_now", lambda: days_before(order, 5)):
        return request_cancellation(
            order_id=order.pk, position_ids=tickets_of(order, 1, 2), words="My train does not run."
        )


def tell(request: RefundRequest) -> EmailMessage:
    message = OutboxMessage.objects.filter(kind="mail_refund_request").order_by("pk").last()
    assert message is not None
    mail_refund_request(request_id=request.pk, state=message.payload["state"])
    mail = EmailMessage.objects.order_by("pk").last()
    assert mail is not None
    return mail


def test_a_request_waits_and_changes_nothing(order: Order, request_of_bea: RefundRequest) -> None:
    assert (request_of_bea.state, request_of_bea.quoted) == (RefundRequest.State.OPEN, 0)
    assert nothing_changed(order)
    assert tell(request_of_bea).subject == f"We have your request: {order.event.title}"
    again = request_cancellation(order_id=order.pk, position_ids=tickets_of(order, 3), words="And this")
    assert again == request_of_bea
    assert RefundRequest.objects.count() == 1


def test_staff_approve_with_an_amount_of_their_own(order: Order, request_of_bea: RefundRequest) -> None:
    approve_request(request_id=request_of_bea.pk, amount=3000, words="Get well soon.", actor=NORA)

    request_of_bea.refresh_from_db()
    refund = Refund.objects.get()
    assert (request_of_bea.state, request_of_bea.refund, request_of_bea.answer) == (
        "approved",
        refund,
        "Get well soon.",
    )
    assert (refund.amount, refund.words, refund.reason) == (3000, "Get well soon.", Refund.Reason.BUYER)
    assert [position.state for position in order.positions.all()] == ["cancelled", "cancelled", "sold"]
    with pytest.raises(AlreadyDecided):
        approve_request(request_id=request_of_bea.pk, amount=3000, actor=NORA)
    with pytest.raises(AlreadyDecided):
        decline_request(request_id=request_of_bea.pk, words="No", actor=NORA)
    assert Refund.objects.count() == 1
    assert breaches() == {}


def test_staff_decline_in_words(order: Order, request_of_bea: RefundRequest) -> None:
    with pytest.raises(CancellationRefused, match="Tell the buyer why"):
        decline_request(request_id=request_of_bea.pk, words="  ", actor=NORA)
    decline_request(request_id=request_of_bea.pk, words="The hall is booked.", actor=NORA)

    assert nothing_changed(order)
    mail = tell(request_of_bea)
    assert mail.subject == f"Your tickets stay as they are: {order.event.title}"
    assert "The hall is booked." in mail.text
    assert request_cancellation(order_id=order.pk, position_ids=tickets_of(order, 1), words="Please") != request_of_bea


def test_too_much_is_refused_and_the_request_still_waits(order: Order, request_of_bea: RefundRequest) -> None:
    with pytest.raises(NotRefundable, match="can still go back"):
        approve_request(request_id=request_of_bea.pk, amount=order.total + 1, actor=NORA)
    request_of_bea.refresh_from_db()
    assert request_of_bea.state == RefundRequest.State.OPEN
    assert nothing_changed(order)


@pytest.mark.parametrize(("numbers", "words"), [((), "x"), ((1,), "x" * 501), ((1,), "\x00")])
def test_a_request_says_what_and_not_too_much(order: Order, numbers: tuple[int, ...], words: str) -> None:
    with pytest.raises(CancellationRefused):
        request_cancellation(order_id=order.pk, position_ids=tickets_of(order, *numbers), words=words)
    assert RefundRequest.objects.count() == 0


def test_the_other_organizer_decides_nothing_here(request_of_bea: RefundRequest, southside: world.House) -> None:
    decisions: list[Any] = [
        lambda: approve_request(request_id=request_of_bea.pk, amount=1, actor=NORA),
        lambda: decline_request(request_id=request_of_bea.pk, words="No", actor=NORA),
    ]
    for decide in decisions:
        with tenant_context(southside.organizer), pytest.raises(NotFound):
            decide()
    request_of_bea.refresh_from_db()
    assert request_of_bea.state == RefundRequest.State.OPEN
