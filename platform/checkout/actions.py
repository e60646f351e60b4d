"""The whole sale, top to bottom: hold, place, pay, secure, capture, complete; give back, refund.

Each step is one short transaction or one call to the payment provider, never both at once. Whatever is killed between two
steps is picked up by a webhook, the reconciler (`reconcile`) or the outbox, and every step may run again (docs/money.md).
"""

import itertools
import logging
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit.actions import SYSTEM, Actor, buyer_actor, record
from checkout import codes, limits
from checkout.affiliates import NOBODY, Via, attribute, void_if_their_card
from checkout.best import hold_best
from checkout.booking import book
from checkout.catalog import NO_AMOUNTS, Offer, Priced, kept_offer, read_offer
from checkout.errors import ConsentMissing, NotRefundable, PasswordWanted, PaymentMismatch, ResendRefused, SeatsNeeded
from checkout.holding import Asked, claim_request, hold_made, refusal
from checkout.keys import hold_of_key
from checkout.partners import fee_parts, fix_partners_part
from checkout.phases import NOTHING_KNOWN, is_phase_over
from checkout.refunds import (
    GivingBack,
    estimate_again,
    fee_with,
    give_back,
    make_good_what_went,
    parts_of,
    refuse_disputed,
    request_refund,
)
from checkout.seat_words import write_seat_words
from checkout.seats import SeatChoice, place_seat_hold
from config import failpoints
from events.models import ChargeModel, Performance
from events.queries import event_for_update
from events.refund_policies import promise, refund_rules_of
from inventory import actions as stock
from inventory.errors import EventPostponed, HoldEnded, SaleStopped
from inventory.models import Hold
from inventory.queries import database_now, hold_by_token, hold_for_update
from ledger.actions import Amounts, Kind
from ledger.queries import is_posted
from ledger.splits import split_version_of
from orders.errors import BuyerInvalid, OrderClosed
from orders.models import Fee, Order, Position, Tax
from orders.queries import order_for_update
from outbox.actions import enqueue
from payments import gateway
from payments.actions import (
    open_payment,
    request_intent,
    take_payments_to_ask_about,
    take_refunds_to_ask_about,
)
from payments.errors import NotConnected, ProviderRefused
from payments.models import Payment, Refund
from payments.queries import (
    LOST,
    can_charge,
    charge_model_of,
    left_of,
    overdue_orders_unknown_to_provider,
    payment_of,
    refund_for_update,
    unsent_before,
)
from people.actions import keep_consents, remember_customer
from people.consents import REQUIRED_KINDS, SAVE_CARD
from people.identity import buyer_key
from pricing.quote import Quote
from tickets.actions import issue_tickets
from ui.addresses import normal_address
from ui.errors import DomainError
from ui.ids import new_code, uuid7

logger = logging.getLogger(__name__)

MOST_CLAIMS = 5  # of one basket, while its price changes or others are in the way
ANONYMOUS = Asked()
PAYMENT_TIME = timedelta(minutes=10)  # a placed order keeps its places at least this long for payment
RETRY_TIME = timedelta(minutes=10)  # and after an attempt that failed, so that another card can be looked for
MOST_RETRIES = 3  # failed attempts of an order that give it this time: nobody keeps places for ever by failing
LATE_PAYMENT_TIME = timedelta(minutes=15)  # and may still be paid this much later, if as many places are free


@dataclass(frozen=True)
class Buyer:
    """Who buys, as typed: name, e-mail address, the consents they ticked, and their language; `account` is the signed-in customer."""

    name: str
    email: str
    consents: frozenset[str]
    language: str = ""
    account: UUID | None = None


# --- 1. Hold -----------------------------------------------------------------------------------------------------------


def place_hold(
    *,
    performance_id: UUID,
    basket: Mapping[UUID, int],
    asked: Asked = ANONYMOUS,
    seats: SeatChoice | None = None,
    amounts: Mapping[UUID, int] = NO_AMOUNTS,
    code: str = "",
    is_unproved: bool = False,
) -> Hold:
    """Claim what a buyer chose (id of a ticket type or a bundle -> how many), all or nothing, with its price frozen: one statement.

    With a `code` as the buyer typed it, a use of it is claimed and priced in the same transaction (checkout/codes.py).

    `seats` names the seats of seated types (checkout/seats.py), and their rules are proved under lock first; without it
    they get the best that are free (checkout/best.py). `amounts` are minor units that the buyer gives for one ticket of a type
    whose price is theirs to choose.

    `is_unproved` is for any places without a code: no password was asked for, as memory knows of none. Where the event has one
    by now, or the best seats are to be looked for, PasswordWanted is raised: the door asks, and comes again.

    With a key in `asked`, asking twice is the same as once: the same hold as it was made, or the same refusal. A claim
    that only others' unfinished ones stood in the way of is made once more, in their queue, for as long as
    inventory.actions.LONGEST_WAIT; one whose sale phase was over is priced with the next one and made again. Raises NotFound, SaleStopped, BasketInvalid, LimitExceeded, PersonLimitReached,
    NotOnSale, SoldOut, KeyReused, CodeUnknown, CodeNotForThis or, after that wait, Busy; on any of them nothing is held.
    """
    wanted = codes.NO_CODE
    if code.strip():
        wanted = codes.wanted_code(code, kept_offer(performance_id) or read_offer(performance_id))
    how: _How = {"asked": asked, "amounts": amounts, "wanted": wanted}
    if seats is not None:
        return place_seat_hold(performance_id=performance_id, basket=basket, choice=seats, **how)
    try:
        with transaction.atomic() if wanted.code else nullcontext():
            return _claim(performance_id, basket, is_unproved=is_unproved, **how)
    except SeatsNeeded:
        if is_unproved:
            raise PasswordWanted from None
        return hold_best(performance_id=performance_id, baskets=[basket], **how)


class _How(TypedDict):
    """What every way to a hold is told beside the choice."""

    asked: Asked
    amounts: Mapping[UUID, int]
    wanted: codes.Wanted


def _claim(
    performance_id: UUID,
    basket: Mapping[UUID, int],
    *,
    asked: Asked,
    amounts: Mapping[UUID, int],
    wanted: codes.Wanted,
    is_unproved: bool = False,
) -> Hold:
    """Hold any places for a basket; with a code, in the caller's transaction. Raises SeatsNeeded, and what `place_hold` does."""
    offer, priced = _priced(performance_id, basket, amounts, wanted, is_unproved)
    request = claim_request(offer, priced, asked)
    failpoints.hit("before_hold_commit")
    waits, known, attempts = False, NOTHING_KNOWN, MOST_CLAIMS
    while True:
        answer = stock.claim(performance_id=performance_id, offer_version=offer.version, request=request, waits=waits)
        if is_phase_over(answer, waited=waits):  # which ends of itself: each time less is left of the phases
            known = known.after(answer)
        elif answer.verdict not in ("stale", "busy") or attempts == 0 or (answer.verdict == "busy" and waits):
            break
        elif answer.verdict == "stale":
            offer = read_offer(performance_id)
            attempts -= 1
        else:
            waits = True
            continue
        priced = offer.price(
            basket, known=known, opened=wanted.opened, early=wanted.early, amounts=amounts, is_unproved=is_unproved
        )
        request = claim_request(offer, priced, asked)
    if answer.verdict == "known":
        return hold_of_key(offer, asked)
    if answer.verdict != "held" or answer.created_at is None:
        raise refusal(offer, answer)
    failpoints.hit_after_commit("after_hold_commit")
    hold = hold_made(offer, request, priced, answer.created_at)
    if wanted.code is not None:
        codes.apply_code(hold, wanted.code, offer)
    return hold


def _priced(
    performance_id: UUID,
    basket: Mapping[UUID, int],
    amounts: Mapping[UUID, int],
    wanted: codes.Wanted,
    is_unproved: bool,
) -> tuple[Offer, Priced]:
    """The offer in memory and the basket's price; what memory refuses is asked of the database before it is refused."""
    offer = kept_offer(performance_id)
    if offer is not None:
        with suppress(DomainError):
            return offer, offer.price(
                basket, opened=wanted.opened, early=wanted.early, amounts=amounts, is_unproved=is_unproved
            )
    offer = read_offer(performance_id)
    return offer, offer.price(
        basket, opened=wanted.opened, early=wanted.early, amounts=amounts, is_unproved=is_unproved
    )


def extend_hold(*, hold_id: UUID, token: str) -> Hold:
    """Give the buyer as long again, within inventory's bound. Raises HoldNotFound, HoldEnded, ExtensionRefused."""
    hold = hold_by_token(hold_id, token)
    minutes = hold.performance.event.hold_minutes
    with transaction.atomic():
        hold_for_update(hold.pk)
        codes.keep_budget(hold.pk)
        return stock.extend_hold(hold_id=hold.pk, minutes=minutes, actor=buyer_actor())


def release_hold(*, hold_id: UUID, token: str) -> Hold:
    """The buyer gives the places back. Raises HoldNotFound, HoldEnded once they are part of an order."""
    return stock.release_hold(hold_id=hold_by_token(hold_id, token).pk, actor=buyer_actor())


# --- 2. Order ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def place_order(*, hold_id: UUID, token: str, buyer: Buyer, via: Via = NOBODY) -> Order:
    """Turn a live hold into an order that awaits payment; for a hold that already is one, that order.

    A free order is completed at once. Which affiliate it is due to (`via`) is decided here, and never refuses anything. A paused
    event's holds may be ordered. Raises HoldNotFound, EventPostponed, SaleStopped,
    HoldEnded, BuyerInvalid, ConsentMissing, NotConnected, PersonLimitReached, CodeUsedByPerson; on any of them the hold
    stays as it is.
    """
    known = hold_by_token(hold_id, token)
    is_test = Quote.from_dict(known.quote).is_test
    if is_test:  # going live waits for us, or we for it: its lock comes before the hold's, as there
        is_over = not event_for_update(known.performance.event_id).is_test
    hold = hold_for_update(hold_id)
    if hold.state == Hold.State.ORDERED:
        return Order.objects.get(hold=hold)
    use = codes.keep_budget(hold.pk)
    now = database_now()
    if not hold.is_live(at=now):
        raise HoldEnded(_("Your hold has ended. You have not been charged."))
    if hold.performance.state == Performance.State.CANCELLED:
        raise HoldEnded(_("This event has been cancelled. You have not been charged."))
    if is_test and is_over:
        raise HoldEnded(_("The test of this event is over. Choose your tickets again."))
    if hold.performance.is_postponed:
        raise EventPostponed
    if hold.performance.is_stopped:
        raise SaleStopped
    buyer = _checked(buyer)
    frozen = Quote.from_dict(hold.quote)
    model = charge_model_of(hold.performance.event)
    if not frozen.is_free and not can_charge(model):
        raise NotConnected(_("This organizer cannot take payments at the moment. You have not been charged."))
    per_person = limits.limits_of(frozen)
    limits.check_person(
        performance_id=hold.performance_id,
        email=buyer.email,
        quote=frozen,
        limits=per_person,
        at=now,
        account=buyer.account,
    )
    if use is not None:
        codes.check_person(use, email=buyer.email, account=buyer.account, at=now)
    order = _write_order(hold, frozen, buyer, now, per_person, model)
    attribute(order, frozen=frozen, via=via, use=use, at=now)
    stock.mark_ordered(hold=hold)
    stock.keep_hold_until(hold=hold, until=order.expires_at, actor=buyer_actor(), cause="order placed")
    record(verb="place_order", target=order, actor=buyer_actor(order.pk), detail={"total": order.total})
    if frozen.is_free:
        _sell(order, actor=buyer_actor())
        _complete(order, actor=buyer_actor(order.pk))
    failpoints.hit("before_order_commit")
    return order


def _checked(buyer: Buyer) -> Buyer:
    name = buyer.name.strip()
    if not name or len(name) > 120 or not name.isprintable():
        raise BuyerInvalid(_("Enter your name, up to 120 characters."), field="name")
    try:
        buyer = replace(buyer, email=normal_address(buyer.email))
    except ValidationError as error:
        raise BuyerInvalid(_("Enter an e-mail address like name@example.com."), field="email") from error
    if len(buyer.email) > 254:
        raise BuyerInvalid(_("This e-mail address is too long."), field="email")
    if not buyer.consents >= REQUIRED_KINDS:
        raise ConsentMissing(_("Tick the terms of sale to go on."), field="consents")
    return buyer


def _write_order(
    hold: Hold, frozen: Quote, buyer: Buyer, now: datetime, per_person: Mapping[UUID, int], model: ChargeModel
) -> Order:
    customer = remember_customer(email=buyer.email, name=buyer.name.strip())
    order = Order.objects.create(
        number=new_code(8),
        hold=hold,
        event_id=hold.performance.event_id,
        performance_id=hold.performance_id,
        customer=customer,
        account_id=buyer.account,
        email=buyer.email,
        buyer_key=buyer_key(buyer.email),
        name=buyer.name.strip(),
        language=buyer.language or get_language() or "en",
        currency=frozen.currency,
        total=frozen.total,
        absorbed_fee=frozen.absorbed,
        split_version=split_version_of(str(hold.performance.event_id)),
        charge_model=model,
        is_test=frozen.is_test,
        expires_at=max(hold.expires_at, now + PAYMENT_TIME),
    )
    keep_consents(customer=customer, given=buyer.consents, reference=str(order.pk))
    if order.account is not None and order.total:
        keep_consents(customer=order.account, given=buyer.consents, reference=str(order.pk), texts=(SAVE_CARD,))
    singles = [
        (line, seat_id) for line in frozen.lines for seat_id in line.seats or itertools.repeat("", line.quantity)
    ]
    promised = refund_rules_of(order.event_id)
    starts_at = hold.performance.starts_at
    Position.objects.bulk_create(
        Position(
            order=order,
            index=index,
            ticket_type_id=UUID(line.ticket_type_id),
            ticket_type_name=line.name,
            performance_id=hold.performance_id,
            price=line.price,
            phase_id=UUID(line.phase) if line.phase else None,
            steps=[asdict(step) for step in line.steps] or None,
            max_per_person=per_person.get(UUID(line.ticket_type_id)),
            seat_id=seat_id,
            refund_promise=promise(promised.of(UUID(line.ticket_type_id)), starts_at=starts_at),
        )
        for index, (line, seat_id) in enumerate(singles, start=1)
    )
    write_seat_words(order)
    _write_charges(order, frozen)
    return order


def _write_charges(order: Order, frozen: Quote) -> None:
    if frozen.fees:
        Fee.objects.create(order=order, kind=Fee.Kind.SERVICE, amount=frozen.fees)
    Fee.objects.bulk_create(
        Fee(order=order, kind=Fee.Kind.OWN, name=charge.name, amount=charge.amount) for charge in frozen.own
    )
    Tax.objects.bulk_create(Tax(order=order, **asdict(tax)) for tax in frozen.taxes)


# --- 3. Pay ------------------------------------------------------------------------------------------------------------


def begin_payment(*, order_id: UUID) -> gateway.Intent:
    """The PaymentIntent that the buyer's browser confirms; asking again finds the same one.

    Raises OrderClosed when the order no longer awaits payment, EventPostponed, SaleStopped, NotConnected, ProviderUnavailable,
    ProviderRefused.
    """
    with transaction.atomic():
        order = order_for_update(order_id)
        if order.state != Order.State.PENDING or order.total == 0:
            raise OrderClosed(_("This order is not waiting for a payment."))
        if order.performance.is_postponed:
            raise EventPostponed
        if order.performance.is_stopped:
            raise SaleStopped
        takes_delayed = order.performance.takes_delayed_payments(at=order.created_at)
        payment = open_payment(order=order, application_fee=order.platform_fee, takes_delayed=takes_delayed)
    failpoints.hit("before_intent")
    intent = request_intent(payment)
    failpoints.hit("after_intent")
    return intent


def settle_payment(*, order_id: UUID) -> None:
    """Bring an order to where its payment is. The webhook, the reconciler and the buyer's return all call this.

    The provider is asked, never the event believed. Running twice, or in two processes at once, changes nothing more.
    While the sale is stopped nothing is sold and nothing captured: an authorised payment waits until it is resumed, or goes back
    when the date is cancelled.
    """
    payment = payment_of(order_id)
    if payment is None or not payment.intent_id:
        return
    intent = gateway.fetch_intent(account_id=payment.account_id, intent_id=payment.intent_id)
    if intent.amount != payment.amount or intent.order_id != str(order_id):
        raise PaymentMismatch(intent_id=intent.id, order_id=str(order_id))
    if intent.is_cancelled:
        _lose_payment(order_id)
    elif not (intent.is_authorised or intent.is_captured or intent.is_under_way):
        if payment.state == Payment.State.UNDER_WAY or payment.order.state == Order.State.CANCELLED:
            _end_delayed(payment, intent)
        else:
            _note_attempt(order_id, intent)
    elif is_waiting_for_stock(order_id=order_id):
        logger.warning("order %s is paid for while its sale is stopped; it waits", order_id)
    elif intent.is_under_way:
        secure_order(order_id=order_id, card=intent.card_fingerprint, is_under_way=True)
    elif secure_order(order_id=order_id, card=intent.card_fingerprint, is_captured=intent.is_captured):
        failpoints.hit("after_secure")
        payment.refresh_from_db()
        _capture_and_complete(payment, intent)
    else:
        _give_back(payment, intent)


@transaction.atomic
def _note_attempt(order_id: UUID, intent: gateway.Intent) -> None:
    """Keep why the last attempt failed, and the places RETRY_TIME longer for another: for the first MOST_RETRIES of them.

    Only while the order has its places: what has lapsed may be somebody else's by now.
    """
    order = order_for_update(order_id)
    if order.state != Order.State.PENDING:
        return
    payment = Payment.objects.select_for_update().get(order=order)
    is_news = intent.failed_attempt not in ("", payment.failed_attempt)
    payment.last_error = intent.error_code
    if is_news:
        payment.failed_attempt = intent.failed_attempt
        payment.failed_saved = intent.is_failed_saved
        payment.failures += 1
    payment.save(update_fields=["last_error", "failed_attempt", "failed_saved", "failures"])
    if not is_news:
        return
    record(verb="payment_failed", target=order, actor=SYSTEM, detail={"code": intent.error_code})
    hold, now = hold_for_update(order.hold_id), database_now()
    until = now + RETRY_TIME
    if payment.failures <= MOST_RETRIES and now < order.expires_at < until:
        order.expires_at = until
        order.save(update_fields=["expires_at"])
        stock.keep_hold_until(hold=hold, until=until, actor=SYSTEM, cause="payment failed")


def is_waiting_for_stock(*, order_id: UUID) -> bool:
    """Whether an unsecured order's places may not be sold now, because the sale of its performance is stopped.

    Nothing waits for a cancelled one: its sale need not be resumed (`secure_order`).
    """
    stopped = Order.objects.filter(state=Order.State.PENDING, performance__sales_stopped_at__isnull=False)
    return stopped.filter(pk=order_id).exclude(performance__state=Performance.State.CANCELLED).exists()


# --- 4. Secure, capture, complete ------------------------------------------------------------------------------------------


@transaction.atomic
def secure_order(*, order_id: UUID, card: str = "", is_under_way: bool = False, is_captured: bool = False) -> bool:
    """T1: sell the places to the order before its money is taken. False when it may not have them: it is cancelled.

    Either the date was cancelled while its stock was in doubt, or they are gone (an expired hold whose places nobody took still counts, and as many others serve where theirs
    were taken, except for seats: those are the very same or none), or with them the buyer, known by e-mail, account or `card`, would have more than one person may.

    `is_under_way`: the money is promised and comes days later, so the order stays secured until then and the buyer is told.
    What the platform takes in for partners of money that we capture is fixed here, before we do.
    """
    order = order_for_update(order_id)
    if order.state != Order.State.PENDING:
        return order.state != Order.State.CANCELLED
    Payment.objects.filter(order=order).update(card_fingerprint=card)
    if order.performance.is_stopped and order.performance.state == Performance.State.CANCELLED:
        _cancel(order, Order.CancelReason.PLACES_GONE, actor=SYSTEM)
        return False
    if limits.is_over_limit(order, card=card) or codes.is_over_limit(order, card=card):
        _cancel(order, Order.CancelReason.LIMIT, actor=SYSTEM)
        return False
    if not _sell(order, actor=SYSTEM):
        _cancel(order, Order.CancelReason.PLACES_GONE, actor=SYSTEM)
        return False
    void_if_their_card(order, card=card)
    if not (is_captured or is_under_way):
        fix_partners_part(order)
    order.state = Order.State.SECURED
    order.save(update_fields=["state"])
    state = Payment.State.UNDER_WAY if is_under_way else Payment.State.AUTHORISED
    Payment.objects.filter(order=order, state=Payment.State.CREATED).update(state=state, last_error="")
    if is_under_way:
        enqueue(kind="mail_payment_under_way", key=str(order.pk), payload={"order_id": str(order.pk)})
    record(verb="secure_order", target=order, actor=SYSTEM)
    return True


def _sell(order: Order, *, actor: Actor) -> bool:
    positions = order.positions.order_by("index")
    seated = [stock.SeatedPosition(one.pk, one.ticket_type_id, one.seat_id, one.phase_id) for one in positions]
    use = codes.pool_of_use(order)
    return stock.sell_places(hold=hold_for_update(order.hold_id), positions=seated, actor=actor, use=use)


def _capture_and_complete(payment: Payment, intent: gateway.Intent) -> None:
    if intent.is_authorised:
        failpoints.hit("before_capture")
        intent = _capture(payment)
    failpoints.hit("after_capture")
    if intent.is_captured:
        complete_order(order_id=payment.order_id, charge_id=intent.charge_id)
    elif intent.is_cancelled:
        _lose_payment(payment.order_id)


def _capture(payment: Payment) -> gateway.Intent:
    try:
        return gateway.capture_intent(
            account_id=payment.account_id,
            intent_id=payment.intent_id,
            key=f"capture-{payment.pk}",
            application_fee=payment.application_fee + payment.partners_part if payment.partners_part else None,
        )
    except ProviderRefused:
        # Another process captured it, or the authorisation is gone: the object says which.
        return gateway.fetch_intent(account_id=payment.account_id, intent_id=payment.intent_id)


@transaction.atomic
def complete_order(*, order_id: UUID, charge_id: str) -> None:
    """T2: the money is ours, so the order is paid, its tickets exist and its mail is due. Once, however often it runs."""
    order = order_for_update(order_id)
    if order.state != Order.State.SECURED:
        return
    Payment.objects.filter(order=order).update(
        state=Payment.State.CAPTURED, charge_id=charge_id, captured_at=timezone.now(), last_error=""
    )
    _complete(order, actor=SYSTEM)
    failpoints.hit("before_complete_commit")


def _complete(order: Order, *, actor: Actor) -> None:
    order.state, order.paid_at = Order.State.PAID, timezone.now()
    order.save(update_fields=["state", "paid_at"])
    order.positions.update(state=Position.State.SOLD)
    issue_tickets(order=order, actor=actor)
    if order.total:
        fee = order.platform_fee
        payment = payment_of(order.pk)
        part = payment.partners_part if payment else 0
        rest = order.total - fee - part
        amounts: Amounts = {
            Kind.PROVIDER: 0 if order.is_separate else rest,
            Kind.PLATFORM_FEES: fee,
            Kind.COLLECTED: rest if order.is_separate else part,
            Kind.SALES: -order.total,
        }
        book(key=f"sale:{order.pk}", order=order, amounts=amounts)
    record(verb="complete_order", target=order, actor=actor, detail={"total": order.total})
    for kind in ("mail_tickets", *(() if order.is_test else ("count_sale",)), "announce_sale"):
        enqueue(kind=kind, key=str(order.pk), payload={"order_id": str(order.pk)})


# --- 5. When it cannot be ------------------------------------------------------------------------------------------------


def _cancel(order: Order, reason: Order.CancelReason, *, actor: Actor) -> None:
    """Close a locked open order and put back what it kept."""
    order.state, order.cancel_reason, order.closed_at = (Order.State.CANCELLED, reason, timezone.now())
    order.save(update_fields=["state", "cancel_reason", "closed_at"])
    order.positions.update(state=Position.State.CANCELLED)
    stock.free_hold(hold=hold_for_update(order.hold_id), actor=actor, cause=f"order {reason.value}")
    record(verb="cancel_order", target=order, actor=actor, detail={"reason": reason.value})


def _give_back(payment: Payment, intent: gateway.Intent) -> None:
    """The order is closed but money came: void what was authorised, refund what was taken, tell the buyer."""
    failpoints.hit("before_void")
    if intent.is_authorised:
        gateway.cancel_intent(account_id=payment.account_id, intent_id=payment.intent_id, key=f"void-{payment.pk}")
        failpoints.hit("after_void")
        _note_void(payment.order_id)
    else:
        _refund_late(payment.order_id, charge_id=intent.charge_id)


def _end_delayed(payment: Payment, intent: gateway.Intent) -> None:
    """A payment that was under way has failed: no other may come, so the provider closes it first, then we do.

    Raises ProviderRefused where another attempt came in between; whoever asks next finds that one.
    """
    Payment.objects.filter(pk=payment.pk).update(last_error=intent.error_code)
    failpoints.hit("before_void")
    gateway.cancel_intent(account_id=payment.account_id, intent_id=payment.intent_id, key=f"void-{payment.pk}")
    failpoints.hit("after_void")
    _lose_payment(payment.order_id)


@transaction.atomic
def _note_void(order_id: UUID) -> None:
    order = order_for_update(order_id)
    voided = Payment.objects.filter(order=order).exclude(state=Payment.State.VOIDED)
    if voided.update(state=Payment.State.VOIDED):
        enqueue(kind="mail_payment_returned", key=str(order.pk), payload={"order_id": str(order.pk)})
        record(verb="void_payment", target=order, actor=SYSTEM)


@transaction.atomic
def _refund_late(order_id: UUID, *, charge_id: str) -> None:
    order = order_for_update(order_id)
    payment = Payment.objects.select_for_update().get(order=order)
    if payment.refunds.exclude(reason=Refund.Reason.PROVIDER).exists():
        return
    payment.state, payment.charge_id, payment.captured_at = (Payment.State.CAPTURED, charge_id, timezone.now())
    payment.save(update_fields=["state", "charge_id", "captured_at"])
    amounts: Amounts = {
        _lies_at(order): payment.amount - payment.application_fee,
        Kind.PLATFORM_FEES: payment.application_fee,
        Kind.SALES: -payment.amount,
    }
    book(key=f"sale:{order.pk}", order=order, amounts=amounts)
    is_limit = order.cancel_reason == Order.CancelReason.LIMIT
    reason = Refund.Reason.LIMIT if is_limit else Refund.Reason.PLACES_GONE
    request_refund(payment, amount=payment.amount, reason=reason)
    enqueue(kind="mail_payment_returned", key=str(order.pk), payload={"order_id": str(order.pk)})


def _lies_at(order: Order) -> Kind:
    """Where the organizer's money of an order is, from the sale on."""
    return Kind.COLLECTED if order.is_separate else Kind.PROVIDER


@transaction.atomic
def _lose_payment(order_id: UUID) -> None:
    """The payment is cancelled at the provider: close what still waits for it."""
    order = order_for_update(order_id)
    if order.is_money_returned:
        _note_void(order_id)  # we gave an authorisation back, and something came between that and our note
        return
    Payment.objects.filter(order=order).exclude(state=Payment.State.CAPTURED).update(state=Payment.State.VOIDED)
    if order.is_open:
        is_late = order.state == Order.State.PENDING
        _cancel(order, Order.CancelReason.EXPIRED if is_late else Order.CancelReason.PAYMENT_LOST, actor=SYSTEM)
        if not is_late:
            enqueue(kind="mail_payment_lost", key=str(order.pk), payload={"order_id": str(order.pk)})


def expire_order(*, order_id: UUID) -> None:
    """End an order that was not paid in time: first at the provider, so that no money can come after, then here.

    If money came at the last moment after all, the order is settled instead.
    """
    payment = payment_of(order_id)
    if payment is not None and payment.intent_id:
        intent = gateway.fetch_intent(account_id=payment.account_id, intent_id=payment.intent_id)
        if intent.is_authorised or intent.is_captured or intent.status == "processing":
            settle_payment(order_id=order_id)
            return
        if not intent.is_cancelled:
            failpoints.hit("before_expiry")
            gateway.cancel_intent(account_id=payment.account_id, intent_id=payment.intent_id, key=f"void-{payment.pk}")
            failpoints.hit("after_expiry")
    _lose_payment(order_id)


# --- 6. Refund -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def refund_order(*, order_id: UUID, actor: Actor, words: str = "") -> Order:
    """Refund a paid order in full, our fee with it: its tickets die first, then its places are free, then money goes back.

    What went back already, by us or at the provider itself, does not go back again. Parts of an order are
    `checkout.refunds.give_back`. Raises OrderNotFound, NotRefundable.
    """
    order = order_for_update(order_id)
    if not order.is_paid:
        raise NotRefundable(_("Only a paid order can be refunded; this one is “%s”.") % order.get_state_display())
    sold = order.positions.filter(state=Position.State.SOLD).values_list("pk", flat=True)
    payment = payment_of(order_id)
    refuse_disputed(payment)
    left = left_of(payment) if payment else 0
    give_back(
        order_id=order_id,
        asked=GivingBack(positions=frozenset(sold), cancels=True, amount=left, words=words),
        actor=actor,
    )
    order.refresh_from_db()
    return order


# Somebody has refunded at the provider itself: the next check of the books takes that up and asks for what is left instead.
MORE_THAN_IS_LEFT_THERE = ("", "charge_already_refunded")


def send_refund(*, refund_id: UUID) -> None:
    """Ask the provider to pay a requested refund, or how it stands. The refund's id is the key, so it is paid once.

    Refunds of one payment are sent in the order they were asked for: the provider works our fee's part out on the running
    total, and so did we. One that was asked for so long ago that its key may be forgotten is looked for first. What it refuses for good has failed. Raises ProviderUnavailable while it does not answer, and
    ProviderRefused while more is asked for than is left there.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    payment = refund.payment
    if refund.is_given_up:
        return
    failpoints.hit("before_refund_sent")
    if refund.provider_id:
        answer = gateway.fetch_refund(account_id=payment.account_id, refund_id=refund.provider_id)
    else:
        while earlier := unsent_before(refund):
            send_refund(refund_id=earlier.pk)
        if gateway.may_be_forgotten(refund.created_at):
            for made in gateway.list_refunds(account_id=payment.account_id, intent_id=payment.intent_id):
                take_up_refund(order_id=payment.order_id, answer=made)
            found = Refund.objects.get(pk=refund.pk)
            if found.provider_id or found.is_given_up:
                return
        try:
            answer = gateway.create_refund(
                account_id=payment.account_id,
                intent_id=payment.intent_id,
                amount=refund.amount,
                refund_fee=not payment.is_separate and refund.fee_amount + payment.partners_part > 0,
                key=f"refund-{refund.pk}",
            )
        except ProviderRefused as refused:
            code = str(refused.extra["provider_code"])
            if code in MORE_THAN_IS_LEFT_THERE:
                raise
            fail_refund(refund_id=refund.pk, failure=code)
            return
    failpoints.hit("after_refund_sent")
    record_refund(refund_id=refund.pk, answer=answer)


@transaction.atomic
def fail_refund(*, refund_id: UUID, failure: str) -> None:
    """Keep that the provider would not even take a refund, in its word for it: nothing moved, so nothing is booked."""
    refund = refund_for_update(refund_id)
    if refund.state != Refund.State.REQUESTED:
        return
    refund.state, refund.failure, refund.settled_at = Refund.State.FAILED, failure, timezone.now()
    refund.save(update_fields=["state", "failure", "settled_at"])
    _note_failure(refund)
    lost = refund.payment.disputes.filter(LOST, closed_at__isnull=False).exists()
    if lost and left_of(refund.payment) == 0:  # the buyer's bank has taken all of it for good
        refund.made_good_at, refund.made_good_by = refund.settled_at, str(SYSTEM)
        refund.save(update_fields=["made_good_at", "made_good_by"])


def _note_failure(refund: Refund) -> None:
    """The buyer is owed the money again: on the order, and in the platform's figures."""
    order = refund.payment.order
    detail = {"amount": refund.amount, "failure": refund.failure}
    record(verb="refund_failed", target=order, actor=SYSTEM, detail=detail)
    enqueue(kind="count_refund_failed", key=str(refund.pk), payload={"refund_id": str(refund.pk)})
    enqueue(kind="mail_refund_failed", key=str(refund.pk), payload={"refund_id": str(refund.pk)})


REFUND_STATES = {"succeeded": Refund.State.SUCCEEDED, "failed": Refund.State.FAILED, "canceled": Refund.State.FAILED}


@transaction.atomic
def record_refund(*, refund_id: UUID, answer: gateway.RefundAnswer) -> None:
    """Keep what the provider says of a refund and book it. A success may later turn into a failure; both are booked."""
    refund = refund_for_update(refund_id)
    state = REFUND_STATES.get(answer.status, Refund.State.PENDING)
    is_news = refund.state != state or not refund.provider_id
    refund.state, refund.provider_id, refund.failure = state, answer.id, answer.failure
    if answer.fee is not None and not refund.payment.is_separate:  # of a separate charge no fee was taken out there
        refund.fee_amount, refund.partners_amount = fee_parts(refund, answer.fee)
    if is_news and state in (Refund.State.SUCCEEDED, Refund.State.FAILED):
        refund.settled_at = timezone.now()
    refund.save(update_fields=["state", "provider_id", "failure", "fee_amount", "partners_amount", "settled_at"])
    estimate_again(refund.payment)
    _book_refund(refund, is_booked=answer.fee is not None)
    failpoints.hit("before_refund_noted")
    if is_news:
        record(verb="record_refund", target=refund, actor=SYSTEM, detail={"state": state.value})
        if state == Refund.State.FAILED:
            _note_failure(refund)


@transaction.atomic
def take_up_refund(*, order_id: UUID, answer: gateway.RefundAnswer) -> None:
    """Keep and book a refund that the provider made and we have not noted: ours whose answer was lost, or somebody's there.

    Tickets stay as they are: giving money back and cancelling are two things. A refund that we had asked for and that is
    more than what is left now is given up, and what is left is asked for instead. Raises OrderNotFound.
    """
    order = order_for_update(order_id)
    payment = Payment.objects.select_for_update().get(order=order)
    if Refund.objects.filter(provider_id=answer.id).exists():
        return
    waiting = payment.refunds.filter(provider_id="", state=Refund.State.REQUESTED).order_by("pk")
    refund = waiting.filter(amount=answer.amount).first()
    if refund is None:
        refund = Refund.objects.create(
            payment=payment,
            amount=answer.amount,
            fee_amount=fee_with(payment, answer.amount) if payment.is_separate else 0,
            reason=Refund.Reason.PROVIDER,
        )
        enqueue(kind="count_refund", key=str(refund.pk), payload={"refund_id": str(refund.pk)})
    record(
        verb="take_up_refund", target=order, actor=SYSTEM, detail={"refund": str(refund.pk), "amount": refund.amount}
    )
    record_refund(refund_id=refund.pk, answer=answer)
    for asked in waiting.all():
        gone = payment.refunds.exclude(provider_id="").exclude(state=Refund.State.FAILED)
        if asked.amount > payment.amount - sum(one.amount for one in gone):
            now = timezone.now()
            asked.state, asked.failure, asked.settled_at, asked.made_good_at = Refund.State.FAILED, "replaced", now, now
            asked.save(update_fields=["state", "failure", "settled_at", "made_good_at"])
            enqueue(kind="count_refund_failed", key=str(asked.pk), payload={"refund_id": str(asked.pk)})
            amount = min(asked.amount, left_of(payment))
            if amount > 0:
                reason, parts = Refund.Reason(asked.reason), parts_of(asked, of=amount)
                request_refund(payment, amount=amount, reason=reason, words=asked.words, parts=parts)
    make_good_what_went(order, payment, by="")


def _book_refund(refund: Refund, *, is_booked: bool) -> None:
    """The provider takes the money from the balance when it accepts a refund, and puts it back, without our fee, if it fails."""
    order, key = refund.payment.order, f"refund:{refund.pk}"
    if is_booked:
        rest = refund.amount - refund.fee_amount - refund.partners_amount
        back: Amounts = {
            Kind.PROVIDER: 0 if order.is_separate else -rest,
            Kind.PLATFORM_FEES: -refund.fee_amount,
            Kind.COLLECTED: -rest if order.is_separate else -refund.partners_amount,
            Kind.SALES: refund.amount,
        }
        book(key=key, order=order, amounts=back)
    if refund.state == Refund.State.FAILED and is_posted(key):
        again: Amounts = {_lies_at(order): refund.amount, Kind.SALES: -refund.amount}
        book(key=f"refund-failed:{refund.pk}", order=order, amounts=again)


# --- 7. Send again, catch up -------------------------------------------------------------------------------------------------


@transaction.atomic
def resend_tickets(*, order_id: UUID, actor: Actor) -> None:
    """Mail the tickets to the order's own address again. Raises OrderNotFound, ResendRefused."""
    order = order_for_update(order_id)
    if not order.is_paid:
        raise ResendRefused(_("Only a paid order has tickets to send."))
    again = f"{order.pk}:{uuid7()}"
    enqueue(kind="mail_tickets", key=again, payload={"order_id": str(order.pk), "again": again})
    record(verb="resend_tickets", target=order, actor=actor)


def reconcile() -> dict[str, int]:
    """Ask the provider about what of this organizer still waits and is due, so that no webhook needs to come.

    Returns how many payments and refunds were looked at, and how many overdue orders were ended without asking.
    """
    now = timezone.now()
    too_late = now - LATE_PAYMENT_TIME
    payments = take_payments_to_ask_about(at=now)
    for payment in payments:
        order = payment.order
        is_overdue = order.state == Order.State.PENDING and order.expires_at < too_late
        _alone(expire_order if is_overdue else settle_payment, order_id=order.pk)
    refunds = take_refunds_to_ask_about(at=now)
    for refund in refunds:
        _alone(send_refund, refund_id=refund.pk)
    overdue = overdue_orders_unknown_to_provider(at=too_late)
    for order in overdue:
        _alone(expire_order, order_id=order.pk)
    return {"payments": len(payments), "refunds": len(refunds), "overdue": len(overdue)}


def _alone(step: Callable[..., None], **ids: UUID) -> None:
    """Take a step that may fail (it is due again next time) without keeping the others of this round from theirs."""
    try:
        step(**ids)
    except Exception:  # whatever one payment meets, the rest must be looked at
        logger.exception("reconciling %s failed", ids)
