"""Give back: some tickets, an amount, both or neither; never more than was paid, and our fee to the cent."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
import stripe
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from analytics.queries import event_sales
from analytics.stock_prover import compare_stock
from audit.actions import user_actor
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout.errors import NotRefundable
from checkout.letters import mail_refund
from checkout.refunds import GivingBack, Restock, give_back, left_for, prices_paid, repaid_otherwise, send_again
from config import failpoints
from events.models import Event
from inventory.blocks import release_block
from inventory.models import Block, Place
from ledger.actions import Kind
from ledger.queries import balance
from notifications.models import EmailMessage
from orders.models import Order, Position
from outbox.actions import drain
from outbox.models import OutboxMessage
from payments import gateway
from payments.models import Payment, Refund, RefundLine
from payments.queries import refunded_amount
from tests import world
from tests.world import STANDARD
from tickets.models import Ticket
from ui.errors import NotFound

NORA = user_actor(UUID(int=1))
ONE = 2510  # what a ticket of 24.00 costs with our fee, 0.60 + 0.50


@pytest.fixture
def event(paying: world.House) -> Event:
    return world.make_event(kinds=((STANDARD, 2400, 4),))


@pytest.fixture
def order(event: Event) -> Order:
    """Bea's three tickets of four, 75.30 with 3.30 of ours in it."""
    return world.paid_order(event, **{STANDARD: 3})


def tickets_of(order: Order, *numbers: int) -> frozenset[UUID]:
    """The positions with these numbers in the order."""
    return frozenset(order.positions.filter(index__in=numbers).values_list("pk", flat=True))


def ask(order: Order, *numbers: int, **asked: Any) -> Refund | None:
    return give_back(order_id=order.pk, asked=GivingBack(positions=tickets_of(order, *numbers), **asked), actor=NORA)


def send_all() -> None:
    for refund in Refund.objects.order_by("created_at"):
        checkout.send_refund(refund_id=refund.pk)


def everything(order: Order) -> list[Any]:
    """What a refusal must leave as it was."""
    order.refresh_from_db()
    return [
        order.state,
        list(order.positions.order_by("index").values_list("state", flat=True)),
        list(Ticket.objects.order_by("pk").values_list("state", flat=True)),
        list(Place.objects.order_by("pk").values_list("state", flat=True)),
        Refund.objects.count(),
        OutboxMessage.objects.count(),
        AuditEntry.objects.count(),
    ]


# --- Tickets ---------------------------------------------------------------------------------------------------------------


def test_one_ticket_is_cancelled_and_paid_back_and_the_others_stay(order: Order, event: Event, media: object) -> None:
    refund = ask(order, 2, cancels=True, amount=None, words="You asked for it.")
    assert refund is not None
    send_all()

    refund.refresh_from_db()
    order.refresh_from_db()
    assert (refund.amount, refund.fee_amount, refund.state) == (ONE, 110, Refund.State.SUCCEEDED)
    assert list(refund.lines.values_list("position__index", "amount")) == [(2, ONE)]
    assert order.state == Order.State.PAID
    assert [position.state for position in order.positions.all()] == ["sold", "cancelled", "sold"]
    assert Ticket.objects.get(position__index=2).void_reason == Ticket.VoidReason.REFUNDED
    assert Place.objects.filter(state="free").count() == 2
    assert balance(Kind.SALES) == {"EUR": -2 * ONE}
    assert balance(Kind.PLATFORM_FEES) == {"EUR": 220}
    told = OutboxMessage.objects.get(kind="mail_refund").payload
    assert (told["amount"], told["cancelled"], told["words"]) == (ONE, [2], "You asked for it.")
    mail_refund(**{name: told[name] for name in ("act", "amount", "cancelled", "words")}, order_id=order.pk)
    mail = EmailMessage.objects.get(key__startswith=f"refund:{order.pk}")
    assert mail.subject == f"A ticket of yours has been cancelled: {event.title}"
    assert "You asked for it." in mail.text
    assert breaches() == {}
    assert compare_stock(world.the_performance(event).pk).differences == 0


def test_to_cancel_is_not_to_refund_and_to_refund_is_not_to_cancel(order: Order) -> None:
    assert ask(order, 1, cancels=True, amount=0) is None
    refund = ask(order, 2, amount=None)
    assert refund is not None
    send_all()

    order.refresh_from_db()
    assert [position.state for position in order.positions.all()] == ["cancelled", "sold", "sold"]
    assert Ticket.objects.get(state="void").void_reason == Ticket.VoidReason.CANCELLED  # what the door says
    assert Ticket.objects.filter(state="valid").count() == 2
    assert (refund.amount, order.state) == (ONE, Order.State.PAID)
    assert breaches() == {}


def test_the_last_ticket_closes_the_order_whatever_money_went_back(order: Order) -> None:
    ask(order, 1, 2, cancels=True, amount=0)
    ask(order, 3, cancels=True, amount=1000)
    send_all()

    order.refresh_from_db()
    assert order.state == Order.State.REFUNDED
    assert AuditEntry.objects.get(verb="refund_order").detail["amount"] == 1000
    rest = ask(order, amount=order.total - 1000)
    assert rest is not None
    send_all()
    assert balance(Kind.SALES) == {"EUR": 0}
    assert balance(Kind.PLATFORM_FEES) == {"EUR": 0}
    assert breaches() == {}


def test_what_went_back_for_a_ticket_does_not_go_back_again(order: Order) -> None:
    ask(order, 1, amount=1000)
    rest = ask(order, 1, cancels=True, amount=None)
    assert rest is not None
    assert rest.amount == ONE - 1000

    ask(order, amount=ONE + 500)  # a present, for no ticket by name
    last = ask(order, 2, 3, cancels=True, amount=None)

    assert last is not None
    assert last.amount == 3 * ONE - ONE - ONE - 500  # no more than is left
    assert sorted(last.lines.values_list("amount", flat=True)) == [1005, 1005]


def test_tickets_of_two_prices_cost_what_each_was_sold_for(paying: world.House) -> None:
    event = world.make_event(kinds=((STANDARD, 2400, 5), ("Balcony", 4000, 5), ("Guest list", 0, 5)))
    order = world.paid_order(event, Standard=1, Balcony=2, **{"Guest list": 1})

    prices = prices_paid(order)

    by_name = {position.ticket_type_name: prices[position.pk] for position in order.positions.all()}
    assert by_name == {"Standard": 2510, "Balcony": 4150, "Guest list": 0}
    assert sum(prices.values()) == order.total


# --- Stock --------------------------------------------------------------------------------------------------------------


def test_a_place_may_be_kept_back_and_released_later(order: Order, event: Event) -> None:
    ask(order, 1, cancels=True, amount=0, restock=Restock.LATER)

    position = order.positions.get(index=1)
    block = Block.objects.get()
    assert (position.kept_back, block.owner, block.reason) == (block, "Given back", f"Order {order.number}")
    assert Place.objects.filter(state="blocked").count() == 1
    assert breaches() == {}

    release_block(block_id=block.pk, actor=NORA)
    assert Place.objects.filter(state="free").count() == 2
    assert breaches() == {}
    assert compare_stock(world.the_performance(event).pk).differences == 0


def test_a_place_may_be_gone_for_good(order: Order) -> None:
    ask(order, 1, 2, cancels=True, amount=0, restock=Restock.NEVER)

    assert Block.objects.get().owner == "Not sold again"
    assert Place.objects.filter(state="blocked").count() == 2
    assert breaches() == {}


def test_a_table_that_is_sold_whole_comes_back_whole(paying: world.House) -> None:
    document = world.seat_map(("Stalls", world.STALLS, (4,)), tables=(("T1", 2, True),))
    event = world.make_seated_event(document, kinds=(("Adult", 3000, world.STALLS),))
    order = world.order_seats(event, Adult=["TT1-1", "TT1-2"])
    world.pay(order)
    checkout.settle_payment(order_id=order.pk)
    before = everything(order)

    with pytest.raises(NotRefundable, match="Table T1 is sold as a whole"):
        ask(order, 1, cancels=True, amount=None)
    assert everything(order) == before

    ask(order, 1, 2, cancels=True, amount=None)
    assert breaches() == {}


def test_the_code_is_dead_before_anybody_can_have_the_place(order: Order, event: Event) -> None:
    seen: list[tuple[str, str]] = []
    keep = checkout.stock.mark_changed

    def look(performance_id: UUID) -> None:
        place = Place.objects.filter(pool__performance_id=performance_id, state="free").count()
        seen.append((Ticket.objects.get(position__index=1).state, str(place)))
        keep(performance_id)

    with patch("inventory.blocks.mark_changed", look):
        ask(order, 1, cancels=True, amount=0)

    assert seen == [("void", "2")]


# --- Refusals ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "asked", "words"),
    [
        ((), {"amount": 3 * ONE + 1}, "Only €75.30 of this order can still go back"),
        ((), {"amount": 0}, "Choose tickets to cancel, or an amount"),
        ((), {"amount": -1}, "Choose tickets to cancel, or an amount"),
        ((), {"cancels": True}, "Choose the tickets to cancel"),
        ((1,), {"amount": 100, "words": "a\nb"}, "Give the reason in up to 200"),
        ((1,), {"amount": 100, "words": "x" * 201}, "Give the reason in up to 200"),
    ],
)
def test_what_cannot_be_given_back_changes_nothing(
    order: Order, numbers: tuple[int, ...], asked: dict[str, Any], words: str
) -> None:
    before = everything(order)
    with pytest.raises(NotRefundable, match=words):
        ask(order, *numbers, **asked)
    assert everything(order) == before


def test_a_cancelled_ticket_or_a_foreign_one_is_refused(order: Order, event: Event) -> None:
    ask(order, 1, cancels=True, amount=0)
    other = world.paid_order(event, **{STANDARD: 1})
    before = everything(order)

    with pytest.raises(NotRefundable, match="Ticket 1 is cancelled already"):
        ask(order, 1, 2, cancels=True, amount=None)
    with pytest.raises(NotRefundable, match="Choose tickets of this order"):
        give_back(order_id=order.pk, asked=GivingBack(positions=tickets_of(other, 1), cancels=True), actor=NORA)
    assert everything(order) == before


def test_an_unpaid_order_has_nothing_to_give_back(event: Event) -> None:
    order = world.place_order(event, **{STANDARD: 1})
    with pytest.raises(NotRefundable, match="Only a paid order"):
        ask(order, 1, cancels=True, amount=None)
    assert Refund.objects.count() == 0


def test_the_database_refuses_to_ask_for_more_than_is_left(order: Order) -> None:
    ask(order, amount=3 * ONE - 100)
    with pytest.raises(IntegrityError, match="has 100 left"), transaction.atomic():
        Refund.objects.create(payment=order.payment, amount=101, fee_amount=0, reason="staff")
    Refund.objects.create(payment=order.payment, amount=101, fee_amount=0, reason="provider")  # a fact


# --- Once, and exactly ----------------------------------------------------------------------------------------------------------


def test_asking_twice_with_one_key_gives_back_once(order: Order) -> None:
    key = str(uuid4())
    first, again = ask(order, amount=500, key=key), ask(order, amount=500, key=key)

    assert first == again
    assert refunded_amount(order.payment) == 500
    assert AuditEntry.objects.filter(verb="give_back").count() == 1


@pytest.mark.parametrize("crash", ["before_refund_sent", "after_refund_sent"])
def test_a_process_that_dies_while_sending_pays_once(order: Order, crash: str) -> None:
    class Died(BaseException):
        pass

    def die(place: str) -> None:
        if place == crash:
            raise Died

    refund = ask(order, 1, cancels=True, amount=None)
    assert refund is not None
    with patch.object(failpoints, "hit", die), pytest.raises(Died):
        checkout.send_refund(refund_id=refund.pk)
    checkout.send_refund(refund_id=refund.pk)
    checkout.send_refund(refund_id=refund.pk)

    assert provider_says(order) == (ONE, 110)
    assert breaches() == {}


def provider_says(order: Order) -> tuple[int, int]:
    """(refunded to the buyer, of our fee given back) at the provider."""
    from django.conf import settings

    client = stripe.StripeClient(settings.STRIPE_SECRET_KEY, base_addresses={"api": settings.STRIPE_API_BASE})
    payment = Payment.objects.get(order=order)
    options: Any = {"stripe_account": payment.account_id}
    charge = client.v1.charges.retrieve(payment.charge_id, options=options)
    assert isinstance(charge.application_fee, str)
    fee = client.v1.application_fees.retrieve(charge.application_fee)
    return charge.amount_refunded, fee.amount_refunded


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
def test_all_parts_add_up_to_the_whole_and_agree_with_the_provider(paying: world.House, currency: str) -> None:
    """2, 0 and 3 decimals; our fee is 3.33 (or 333, or 0.333) of 75.30, and parts that divide neither."""
    event = world.make_event(kinds=((STANDARD, 2400, 4),), is_published=False)
    Event.objects.filter(pk=event.pk).update(currency=currency)
    world.publish_event(event_id=event.pk, actor=NORA)
    order = world.paid_order(event, **{STANDARD: 3})
    payment = Payment.objects.get(order=order)
    parts = [10, 990, 2510, 1010, 3000, 10]
    for part in parts:
        ask(order, amount=part)
    for refund in Refund.objects.order_by("-created_at"):  # whatever is sent first, they go in the order they were made
        checkout.send_refund(refund_id=refund.pk)

    assert sum(parts) == payment.amount == 7530
    fees = list(Refund.objects.order_by("created_at").values_list("fee_amount", flat=True))
    assert fees == [0, 43, 110, 45, 131, 1]
    assert sum(fees) == payment.application_fee == 330
    assert provider_says(order) == (7530, 330)
    assert balance(Kind.PROVIDER) == balance(Kind.PLATFORM_FEES) == balance(Kind.SALES) == {currency: 0}
    assert breaches() == {}


def test_an_amount_with_three_decimals_ends_in_0(paying: world.House) -> None:
    event = world.make_event(kinds=((STANDARD, 2400, 4),), is_published=False)
    Event.objects.filter(pk=event.pk).update(currency="KWD")
    world.publish_event(event_id=event.pk, actor=NORA)
    order = world.paid_order(event, **{STANDARD: 1})
    with pytest.raises(NotRefundable, match="ends in 0"):
        ask(order, amount=1001)


# --- When the provider says no ------------------------------------------------------------------------------------------------------


def test_a_refund_that_the_provider_will_not_take_is_owed_again(order: Order) -> None:
    refund = ask(order, 1, cancels=True, amount=None)
    assert refund is not None
    Payment.objects.filter(order=order).update(intent_id="pi_of_nobody")

    checkout.send_refund(refund_id=refund.pk)

    refund.refresh_from_db()
    assert (refund.state, refund.failure) == (Refund.State.FAILED, "resource_missing")
    assert refunded_amount(order.payment) == 0
    assert AuditEntry.objects.filter(verb="refund_failed", target_id=str(order.pk)).count() == 1
    assert OutboxMessage.objects.filter(kind="count_refund_failed").count() == 1
    assert balance(Kind.SALES) == {"EUR": -3 * ONE}
    Payment.objects.filter(order=order).update(intent_id=order.payment.intent_id)
    again = ask(order, 1, amount=None)
    assert again is not None
    assert (again.amount, again.fee_amount) == (ONE, 110)


def test_lines_of_a_refund_name_each_ticket_once(order: Order) -> None:
    refund = ask(order, 1, amount=500)
    assert refund is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        RefundLine.objects.create(refund=refund, position=order.positions.get(index=1), amount=1)
    assert Position.objects.filter(kept_back=None).count() == 3
    assert refund.created_at <= timezone.now()


# --- When a refund fails later ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def failed(event: Event, stripe_sandbox: Any) -> Refund:
    """A ticket's refund that the provider took, and whose money came back days later."""
    order = world.place_order(event, **{STANDARD: 2})
    world.pay(order, card="pm_card_refundFail")
    checkout.settle_payment(order_id=order.pk)
    order.refresh_from_db()
    refund = ask(order, 1, cancels=True, amount=None)
    assert refund is not None
    checkout.send_refund(refund_id=refund.pk)
    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    stripe_sandbox.control("timers")
    checkout.send_refund(refund_id=refund.pk)  # as the webhook does
    refund.refresh_from_db()
    return refund


def test_a_refund_that_fails_later_is_owed_again(failed: Refund) -> None:
    assert (failed.state, failed.failure, failed.is_owed) == (Refund.State.FAILED, "expired_or_canceled_card", True)
    assert refunded_amount(failed.payment) == 0
    assert balance(Kind.SALES) == {"EUR": -2 * ONE}  # as before it
    assert balance(Kind.PLATFORM_FEES) == {"EUR": 110}  # our fee went back with it and stays there
    assert Ticket.objects.filter(state="valid").count() == 1
    assert AuditEntry.objects.filter(verb="refund_failed").count() == 1
    assert OutboxMessage.objects.filter(kind="count_refund_failed").count() == 1
    drain(limit=100)
    (mail,) = EmailMessage.objects.filter(key=f"refund-failed:{failed.payment.order_id}:{failed.pk}")
    assert (mail.to, mail.subject.split(":")[0]) == (failed.payment.order.email, "A refund did not reach you")
    assert "€25.10" in mail.text
    assert breaches() == {}


def test_it_is_sent_again_once(failed: Refund) -> None:
    again = send_again(refund_id=failed.pk, actor=NORA)

    failed.refresh_from_db()
    assert (again.amount, again.fee_amount, failed.is_owed, failed.made_good_as) == (ONE, 0, False, "")
    with pytest.raises(NotRefundable, match="not waiting for anything"):
        send_again(refund_id=failed.pk, actor=NORA)
    with pytest.raises(NotRefundable, match="not waiting for anything"):
        repaid_otherwise(refund_id=failed.pk, words="By bank", actor=NORA)
    checkout.send_refund(refund_id=again.pk)
    assert refunded_amount(failed.payment) == ONE
    assert "was sent again" in made_good_mail(failed)
    assert breaches() == {}


def made_good_mail(failed: Refund) -> str:
    """What the buyer reads when the money is on its way after all; of the failure nothing more."""
    drain(limit=100)
    assert not EmailMessage.objects.filter(key__startswith="refund-failed:").exists()
    return EmailMessage.objects.get(key=f"refund-made-good:{failed.payment.order_id}:{failed.pk}").text


def test_it_is_repaid_another_way(failed: Refund) -> None:
    with pytest.raises(NotRefundable, match="Say how it was repaid"):
        repaid_otherwise(refund_id=failed.pk, words=" ", actor=NORA)
    repaid_otherwise(refund_id=failed.pk, words="Bank transfer of 12 December", actor=NORA)

    failed.refresh_from_db()
    assert (failed.state, failed.is_owed, failed.made_good_by) == (Refund.State.FAILED, False, str(NORA))
    assert refunded_amount(failed.payment) == ONE  # so it cannot go back a second time
    assert "Northside Hall says how: Bank transfer of 12 December" in made_good_mail(failed)
    assert balance(Kind.SALES) == {"EUR": -ONE}
    assert balance(Kind.BANK) == {"EUR": -ONE}
    checkout.send_refund(refund_id=failed.pk)  # a late webhook says again that it failed
    failed.refresh_from_db()
    assert failed.made_good_as == "Bank transfer of 12 December"
    order = failed.payment.order
    with pytest.raises(NotRefundable, match=r"Only €25\.10 of this order"):
        ask(order, amount=ONE + 1)
    assert breaches() == {}


@pytest.fixture
def kept(event: Event, stripe_sandbox: Any) -> Refund:
    """The same, of an order of three tickets that stay valid."""
    order = world.place_order(event, **{STANDARD: 3})
    world.pay(order, card="pm_card_refundFail")
    checkout.settle_payment(order_id=order.pk)
    return fail(order, stripe_sandbox, 1)


def fail(order: Order, sandbox: Any, *numbers: int, **asked: Any) -> Refund:
    """A refund of that card that fails after it had succeeded."""
    refund = ask(order, *numbers, **{"amount": None, **asked})
    assert refund is not None
    checkout.send_refund(refund_id=refund.pk)
    sandbox.control("timers")
    checkout.send_refund(refund_id=refund.pk)
    refund.refresh_from_db()
    assert refund.is_owed
    return refund


def left_of_ticket(order: Order, number: int) -> int:
    return sum(left_for(order, Payment.objects.get(order=order), tickets_of(order, number)).values())


def test_what_is_sent_again_is_for_the_same_tickets(kept: Refund) -> None:
    again, order = send_again(refund_id=kept.pk, actor=NORA), kept.payment.order

    assert list(again.lines.values_list("position__index", "amount")) == [(1, ONE)]
    assert left_of_ticket(order, 1) == 0  # so a buyer who cancels it gets nothing more
    assert ask(order, 1, cancels=True, amount=None) is None
    assert refunded_amount(kept.payment) == ONE


def test_an_ordinary_refund_of_its_tickets_makes_it_good(kept: Refund) -> None:
    order = kept.payment.order
    part = ask(order, 1, amount=1000)
    assert part is not None
    kept.refresh_from_db()
    assert kept.is_owed

    rest = ask(order, 1, amount=None)

    kept.refresh_from_db()
    assert rest is not None
    assert (rest.amount, kept.is_owed, kept.made_good_by) == (ONE - 1000, False, str(NORA))
    with pytest.raises(NotRefundable, match="not waiting for anything"):
        send_again(refund_id=kept.pk, actor=NORA)
    assert refunded_amount(kept.payment) == ONE


def test_of_what_went_back_in_part_only_the_rest_is_sent_again(kept: Refund) -> None:
    ask(kept.payment.order, 1, amount=1000)
    with pytest.raises(NotRefundable, match="More went back already"):
        repaid_otherwise(refund_id=kept.pk, words="By bank", actor=NORA)
    again = send_again(refund_id=kept.pk, actor=NORA)

    assert again.amount == ONE - 1000
    assert left_of_ticket(kept.payment.order, 1) == 0


def test_two_that_failed_for_one_ticket_are_both_owed(kept: Refund, stripe_sandbox: Any) -> None:
    order = kept.payment.order
    Refund.objects.filter(pk=kept.pk).update(amount=1000)
    kept.lines.update(amount=1000)
    other = fail(order, stripe_sandbox, 1, amount=ONE - 1000)

    send_again(refund_id=other.pk, actor=NORA)
    kept.refresh_from_db()
    assert kept.is_owed
    assert send_again(refund_id=kept.pk, actor=NORA).amount == 1000
    assert left_of_ticket(order, 1) == 0


def test_a_present_for_a_ticket_that_went_back_already_is_sent_again(kept: Refund, stripe_sandbox: Any) -> None:
    order = kept.payment.order
    send_again(refund_id=kept.pk, actor=NORA)
    present = fail(order, stripe_sandbox, 1, amount=500)

    ask(order, 2, amount=None)
    present.refresh_from_db()
    assert present.is_owed
    assert send_again(refund_id=present.pk, actor=NORA).amount == 500


def test_where_nothing_is_left_nothing_is_owed(kept: Refund) -> None:
    ask(kept.payment.order, amount=3 * ONE)  # for no ticket by name

    kept.refresh_from_db()
    assert not kept.is_owed


def test_what_is_asked_for_instead_is_for_the_same_tickets(order: Order) -> None:
    """Somebody gives back 40.00 of 75.30 at the provider; the 50.20 that we asked for two tickets can only be 35.30 then."""
    asked = ask(order, 1, 2, amount=None)
    assert asked is not None
    payment = Payment.objects.get()
    made = gateway.client().v1.refunds.create(
        params={"payment_intent": payment.intent_id, "amount": 4000}, options={"stripe_account": payment.account_id}
    )
    checkout.take_up_refund(
        order_id=order.pk, answer=gateway.fetch_refund(account_id=payment.account_id, refund_id=made.id)
    )

    asked.refresh_from_db()
    assert (asked.failure, asked.is_owed) == ("replaced", False)
    lines = RefundLine.objects.filter(refund__state="requested").order_by("position__index")
    assert list(lines.values_list("position__index", "amount")) == [(1, 1765), (2, 1765)]


def test_the_other_organizers_refund_is_not_found(failed: Refund, southside: world.House) -> None:
    with tenant_context(southside.organizer), pytest.raises(NotFound):
        send_again(refund_id=failed.pk, actor=NORA)
    with tenant_context(southside.organizer), pytest.raises(NotFound):
        repaid_otherwise(refund_id=failed.pk, words="Mine", actor=NORA)
    failed.refresh_from_db()
    assert failed.is_owed


# --- Who bears our fee ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "share", "one", "absorbed"),
    [("EUR", 50, 2455, 165), ("JPY", 0, 2400, 330), ("KWD", 50, 2460, 150)],  # KWD is paid in tens
)
def test_a_fee_that_the_organizer_bears_is_kept_and_given_back_to_the_cent(
    paying: world.House, currency: str, share: int, one: int, absorbed: int
) -> None:
    event = world.make_event(kinds=((STANDARD, 2400, 4),), is_published=False)
    Event.objects.filter(pk=event.pk).update(currency=currency, fee_share=share)
    world.publish_event(event_id=event.pk, actor=NORA)
    order = world.paid_order(event, **{STANDARD: 3})
    payment = Payment.objects.get(order=order)

    assert (order.total, order.absorbed_fee, order.platform_fee) == (3 * one, absorbed, 330)
    assert (payment.amount, payment.application_fee) == (3 * one, 330)
    assert list(prices_paid(order).values()) == [one] * 3
    assert balance(Kind.PLATFORM_FEES) == {currency: 330}
    assert balance(Kind.PROVIDER) == {currency: 3 * one - 330}
    sales = event_sales(event, at=timezone.now()).money
    assert (sales.gross, sales.fees, sales.net) == (3 * one, 330, 3 * one - 330)
    assert breaches() == {}

    ask(order, 1, cancels=True, amount=None)
    ask(order, amount=1000)
    ask(order, 2, 3, cancels=True, amount=None)
    for refund in Refund.objects.order_by("created_at"):
        checkout.send_refund(refund_id=refund.pk)

    assert sum(Refund.objects.values_list("fee_amount", flat=True)) == 330
    assert provider_says(order) == (3 * one, 330)
    assert balance(Kind.PROVIDER) == balance(Kind.PLATFORM_FEES) == balance(Kind.SALES) == {currency: 0}
    assert breaches() == {}


def test_what_goes_back_at_the_provider_meanwhile_leaves_less_of_our_fee_to_what_waits(order: Order) -> None:
    """Two thirds and one third are asked for; then somebody gives back a third at the provider, without our fee."""
    first, second = ask(order, amount=2 * ONE), ask(order, amount=ONE)
    assert first is not None
    assert second is not None
    assert (first.fee_amount, second.fee_amount) == (220, 110)
    payment = Payment.objects.get()
    provider = gateway.client().v1
    provider.refunds.create(
        params={"payment_intent": payment.intent_id, "amount": ONE}, options={"stripe_account": payment.account_id}
    )

    checkout.send_refund(refund_id=first.pk)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.fee_amount, second.fee_amount) == (330, 0)  # the provider counts what was given back there
    assert breaches() == {}


# --- When nothing sends it ---------------------------------------------------------------------------------------------------


def age(row: Any, **ago: int) -> None:
    type(row).objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(**ago))


def test_a_refund_whose_message_is_given_up_is_sent_by_the_clock(order: Order) -> None:
    refund = ask(order, 1, amount=None)
    assert refund is not None
    OutboxMessage.objects.filter(kind="send_refund").update(is_dead=True)
    assert checkout.reconcile()["refunds"] == 0  # as long as the outbox has its time
    age(refund, minutes=11)

    assert checkout.reconcile()["refunds"] == 1
    assert checkout.reconcile()["refunds"] == 0

    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    assert provider_says(order) == (ONE, 110)
    assert set(breaches()) == {"I17"}  # people still see that the message is dead


@pytest.mark.parametrize("was_made", [True, False])
def test_a_refund_whose_key_may_be_forgotten_is_looked_for_first(order: Order, was_made: bool) -> None:
    """The answer was lost and the provider has forgotten the key: here it would make another under any."""
    refund = ask(order, 1, amount=None)
    assert refund is not None
    payment = Payment.objects.get()
    if was_made:
        provider = gateway.client().v1
        provider.refunds.create(
            params={"payment_intent": payment.intent_id, "amount": ONE, "refund_application_fee": True},
            options={"stripe_account": payment.account_id},
        )
    age(refund, hours=25)

    checkout.reconcile()

    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    assert Refund.objects.count() == 1
    assert provider_says(order) == (ONE, 110)
    assert breaches() == {}
