"""Reads and locked reads of money."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from events.models import ChargeModel, Event
from orders.models import Order
from orders.queries import order_for_update, overdue_orders
from payments.models import (
    OVER,
    UNDECIDED,
    ChargeDefault,
    ConnectedAccount,
    Dispute,
    DisputePolicy,
    Payment,
    Refund,
    RefundBatch,
    RefundLine,
    RefundRequest,
    WalletDomain,
)
from payments.standing import Standing, standing_of
from ui.errors import NotFound


def connected_account() -> ConnectedAccount | None:
    """The organizer's account at the payment provider, if it has one: the one in use, else the one that was last."""
    return ConnectedAccount.objects.order_by(F("disconnected_at").desc(nulls_first=True), "-pk").first()


def can_take_payments() -> bool:
    """Whether the provider lets this organizer charge cards today."""
    account = connected_account()
    return account is not None and account.charges_enabled


def charge_default() -> ChargeModel:
    """How events are charged that say nothing of their own."""
    found = ChargeDefault.objects.first()
    return ChargeModel(found.charge_model) if found else ChargeModel.DIRECT


def charge_model_of(event: Event) -> ChargeModel:
    """How the event's next order is charged."""
    return ChargeModel(event.charge_model) if event.charge_model else charge_default()


def wallet_domains(account: ConnectedAccount) -> QuerySet[WalletDomain]:
    """The organizer's hosts as they are registered for wallets, with this account and with the platform's."""
    return WalletDomain.objects.filter(Q(account=account) | Q(account=None)).order_by("host", F("account").desc())


def is_charged_separately() -> bool:
    """Whether any event of the organizer's is charged on the platform's account."""
    if charge_default().is_separate:
        return True
    return Event.objects.filter(charge_model__in=[model for model in ChargeModel if model.is_separate]).exists()


class Charged(NamedTuple):
    """The account that a payment is made to, empty for the platform's own, and the one in whose name where that is another."""

    account_id: str
    on_behalf_of: str


def charged(model: ChargeModel) -> Charged:
    """Where the organizer's next payment of this model is made."""
    account = connected_account()
    own = account.account_id if account else ""
    return Charged("" if model.is_separate else own, own if model == ChargeModel.ON_BEHALF else "")


def can_charge(model: ChargeModel) -> bool:
    """Whether the provider lets this organizer be paid in this way today: a separate charge needs transfers as well."""
    account = connected_account()
    if account is None or not account.charges_enabled:
        return False
    return not model.is_separate or account.capabilities.get("transfers") == "active"


def payment_of(order_id: UUID) -> Payment | None:
    """The order's payment; a free order has none."""
    return Payment.objects.filter(order_id=order_id).first()


def payment_by_intent(intent_id: str) -> Payment | None:
    """The payment that this PaymentIntent is for."""
    return Payment.objects.filter(intent_id=intent_id).first()


def refund_for_update(refund_id: UUID) -> Refund:
    """The refund, its row locked until the transaction ends. Raises NotFound."""
    refund = (
        Refund.objects.select_for_update(of=("self",)).select_related("payment__order").filter(pk=refund_id).first()
    )
    if refund is None:
        raise NotFound
    return refund


# Refunds whose money has left, or is about to, also those that failed and were repaid another way.
GONE = ~Q(state=Refund.State.FAILED) | ~Q(made_good_as="")
LOST = Q(state=Dispute.State.LOST) | Q(state=Dispute.State.PREVENTED, taken__gt=0)  # Dispute.is_lost
OWED = Q(state=Refund.State.FAILED, made_good_at=None)  # what buyers should have and do not


def refunded_amount(payment: Payment) -> int:
    """What of a payment went back or is about to, minor units."""
    return sum(payment.refunds.filter(GONE).values_list("amount", flat=True))


def taken_back(payment: Payment) -> int:
    """What of a payment the buyer's bank took and has not given back, minor units: disputed now, or lost."""
    return sum(payment.disputes.filter(Q(state__in=UNDECIDED) | LOST).values_list("amount", flat=True))


def left_of(payment: Payment) -> int:
    """What of a payment may still go back to the buyer, minor units: neither refunded nor taken by the buyer's bank."""
    return max(0, payment.amount - refunded_amount(payment) - taken_back(payment))


def is_disputed(payment: Payment) -> bool:
    """Whether the buyer's bank has a payment's money and has not decided: the provider refunds nothing of it then."""
    return payment.disputes.filter(state__in=UNDECIDED).exists()


def disputes(*, is_over: bool | None = None) -> QuerySet[Dispute]:
    """Disputes with their orders: those to be answered first, by deadline, then the newest."""
    found = Dispute.objects.select_related("payment__order__event", "payment__order__performance")
    if is_over is not None:
        decided = Q(state__in=OVER)
        found = found.filter(decided if is_over else ~decided)
    return found.order_by(F("closed_at").desc(nulls_first=True), F("asked_at").desc(nulls_first=True), "due_by", "pk")


def dispute_by_id(dispute_id: UUID) -> Dispute:
    """The dispute with its order. Raises NotFound."""
    found = disputes().filter(pk=dispute_id).first()
    if found is None:
        raise NotFound
    return found


def disputes_of_order(order_id: UUID) -> list[Dispute]:
    """The disputes over an order's payment, newest first."""
    return list(Dispute.objects.filter(payment__order_id=order_id))


def disputes_to_ask_about(*, at: datetime, limit: int) -> list[Dispute]:
    """Disputes that are not over and due to be asked about, locked; the one that has waited longest first."""
    due = Dispute.objects.select_for_update(skip_locked=True, of=("self",)).select_related("payment")
    return list(due.filter(closed_at=None, ask_at__lte=at).order_by("ask_at", "pk")[:limit])


def dispute_policy() -> DisputePolicy:
    """What the organizer wants done about disputes; the defaults where nothing was chosen."""
    return DisputePolicy.objects.first() or DisputePolicy()


def refunded_by_position(payment: Payment, *, before: datetime | None = None) -> dict[UUID, int]:
    """What went back or is about to for each ticket, by its position's id; `before`: only what was asked for by then."""
    refunds = payment.refunds.filter(GONE)
    if before is not None:
        refunds = refunds.filter(created_at__lt=before)
    lines = RefundLine.objects.filter(refund__in=refunds)
    found: dict[UUID, int] = {}
    for position_id, amount in lines.values_list("position_id", "amount"):
        found[position_id] = found.get(position_id, 0) + amount
    return found


def unsent_before(refund: Refund) -> Refund | None:
    """The oldest refund of the same payment that was asked for before this one and is not sent yet."""
    others = Refund.objects.filter(payment_id=refund.payment_id, state=Refund.State.REQUESTED, provider_id="")
    return others.filter(created_at__lt=refund.created_at).order_by("created_at").first()


def standings(orders: Iterable[Order]) -> dict[UUID, tuple[Standing, int]]:
    """How each of these orders stands and what went back of it or is about to (minor units), by its id. Two queries."""
    found = list(orders)
    states = dict(Payment.objects.filter(order__in=found).values_list("order", "state"))
    sums = Refund.objects.filter(GONE, payment__order__in=found).order_by().values_list("payment__order")
    back = dict(sums.annotate(sum=Sum("amount")).values_list("payment__order", "sum"))
    return {
        one.pk: (
            standing_of(one, payment_state=states.get(one.pk, ""), refunded=back.get(one.pk, 0)),
            back.get(one.pk, 0),
        )
        for one in found
    }


def refund_request_for_update(request_id: UUID) -> RefundRequest:
    """The request, its order's row locked first and then its own. Raises NotFound."""
    found = RefundRequest.objects.filter(pk=request_id).first()
    if found is None:
        raise NotFound
    order_for_update(found.order_id)
    return RefundRequest.objects.select_for_update(of=("self",)).select_related("order").get(pk=request_id)


def refund_request_by_id(request_id: UUID) -> RefundRequest:
    """The request with its order and event. Raises NotFound."""
    found = RefundRequest.objects.select_related("order__event", "order__performance", "order__hold", "refund")
    request = found.filter(pk=request_id).first()
    if request is None:
        raise NotFound
    return request


def open_refund_request(order_id: UUID) -> RefundRequest | None:
    """The request of an order that waits for a decision."""
    return RefundRequest.objects.filter(order_id=order_id, state=RefundRequest.State.OPEN).first()


def batch_of_event(event_id: UUID, performance_id: UUID | None = None) -> RefundBatch | None:
    """The batch that gives a cancelled event's orders back, or those of one cancelled date of it."""
    found = RefundBatch.objects.select_related("event", "performance")
    of_what = Q(performance=None) if performance_id is None else Q(performance_id=performance_id)
    return found.filter(of_what, event_id=event_id).first()


def dates_given_back(event_id: UUID) -> set[UUID]:
    """The ids of an event's dates that were cancelled by themselves, with orders that went back or are about to."""
    batches = RefundBatch.objects.filter(event_id=event_id).exclude(performance=None)
    return {performance_id for performance_id in batches.values_list("performance_id", flat=True) if performance_id}


def value_to_refund(event_id: UUID) -> dict[str, int]:
    """What a cancelled event's paid orders would get back: `orders`, and `amount` in minor units."""
    orders = Order.objects.filter(event_id=event_id, state=Order.State.PAID)
    paid = orders.aggregate(orders=Count("pk"), amount=Coalesce(Sum("total"), 0))
    back = Refund.objects.filter(GONE, payment__order__in=orders).aggregate(amount=Coalesce(Sum("amount"), 0))
    return {"orders": paid["orders"], "amount": paid["amount"] - back["amount"]}


# Money whose order is this old is no longer watched by a buyer.
FRESH = timedelta(hours=1)
SENT_BY_THEN = timedelta(minutes=10)  # a refund after it was asked for, where all goes well


def payments_to_ask_about(*, at: datetime, limit: int) -> list[Payment]:
    """Open payments that the provider is due to be asked about, locked: at most `limit`, fresh ones first.

    However many old ones there are, three quarters of each round are kept for the fresh; of each age the one that has
    waited longest comes first. What another process is taking is left to it.
    """
    due = (
        Payment.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("order")
        .filter(state__in=[Payment.State.CREATED, Payment.State.UNDER_WAY, Payment.State.AUTHORISED], ask_at__lte=at)
        .exclude(intent_id="")
        .order_by("ask_at", "pk")
    )
    fresh = list(due.filter(created_at__gt=at - FRESH)[: limit - limit // 4])
    return fresh + list(due.filter(created_at__lte=at - FRESH)[: limit - len(fresh)])


def refunds_to_ask_about(*, at: datetime, limit: int) -> list[Refund]:
    """Refunds that the provider is due to be asked about, locked; the one that has waited longest first.

    They are pending, or were to be sent a while ago and are not: whoever was to send them gave it up.
    """
    unsent = Q(state=Refund.State.REQUESTED, created_at__lte=at - SENT_BY_THEN)
    due = Refund.objects.select_for_update(skip_locked=True).filter(Q(state=Refund.State.PENDING) | unsent)
    return list(due.filter(ask_at__lte=at).order_by("ask_at", "pk")[:limit])


def overdue_orders_unknown_to_provider(*, at: datetime, limit: int = 100) -> list[Order]:
    """Orders still unpaid at `at` after their time ran out, for which no PaymentIntent was kept."""
    return list(overdue_orders(at=at).filter(Q(payment=None) | Q(payment__intent_id=""))[:limit])
