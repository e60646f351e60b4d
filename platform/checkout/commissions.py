"""Commissions wait, are approved or declined: by staff, or by the clock (docs/affiliates.md). What they are is booked with each
posting of their order (checkout.booking)."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import SYSTEM, Actor, record
from checkout.affiliates import void
from checkout.booking import commission_accrued, commission_due, commissions_accrued, pass_on, payee_of
from checkout.errors import CommissionSettled
from events.models import Performance
from ledger.collecting import lock_collecting
from ledger.commissions import accrue, approve, commission_key
from ledger.splits import lock_plan, rest
from orders.models import Attribution, Order
from orders.queries import order_for_update
from payments.models import Refund
from promotions.affiliate_models import AffiliateProgramme
from promotions.affiliates import programme
from ui.errors import NotFound

logger = logging.getLogger(__name__)


def due_commissions(*, at: datetime) -> QuerySet[Attribution]:
    """What may be approved at an instant: of orders that are paid and no bank disputes, as long after the sale or the event as the
    programme says; nothing of a date that is postponed, or of an order whose money has all gone back."""
    terms = programme()
    if terms is None:
        return Attribution.objects.none()
    since = at - timedelta(days=terms.approval_days)
    found = Attribution.objects.filter(approved_at=None, void_reason="", order__frozen_at=None)
    found = found.filter(order__state__in=(Order.State.PAID, Order.State.REFUNDED))
    if terms.approval_from == AffiliateProgramme.ApprovalFrom.EVENT:
        found = found.filter(order__performance__ends_at__lte=since)
        found = found.exclude(order__performance__state=Performance.State.POSTPONED)
    else:
        found = found.filter(order__paid_at__lte=since)
    refund = "order__payment__refunds"
    back = Sum(f"{refund}__amount", filter=~Q(**{f"{refund}__state": Refund.State.FAILED}), default=0)
    found = found.filter(commission__gt=0).annotate(back=back).filter(back__lt=F("order__total"))
    return found.order_by("order__paid_at", "pk")


@transaction.atomic
def approve_commission(*, order_id: UUID, actor: Actor) -> int:
    """Let an order's commission be paid; how much of it there is, minor units. Approving it again changes nothing.

    It is cut to what partners' shares leave the organizer of all that was sold under the order's plan, beside the commissions that
    were approved before. Staff may approve before its time. Raises NotFound, CommissionSettled for one that is void, not paid for
    or disputed.
    """
    order = order_for_update(order_id)
    if order.is_separate:
        lock_collecting(order.currency)
    order, attribution = _locked(order_id)
    if attribution.is_approved:
        return 0
    if attribution.is_void:
        raise CommissionSettled(_("This commission was declined. Nothing was changed."))
    if order.is_open or order.state == Order.State.CANCELLED:
        raise CommissionSettled(_("This order is not paid. Nothing was changed."))
    if order.is_frozen:
        raise CommissionSettled(_("The buyer’s bank disputes this order. Wait for the outcome. Nothing was changed."))
    accrued = commission_accrued(order)
    amount = _covered(order, accrued)
    if amount < accrued:
        attribution.cap, key = amount, f"cover:{order.pk}"
        payee = payee_of(attribution)
        accrue(key=key, payee=payee, currency=order.currency, amount=amount - accrued, is_approved=False)
        if order.is_separate:
            pass_on(key=commission_key(key), order=order)
    attribution.approved_at = timezone.now()
    attribution.save(update_fields=["approved_at", "cap"])
    if amount:
        approve(key=str(order.pk), payee=payee_of(attribution), currency=order.currency, amount=amount)
    detail = {"amount": amount, **({} if amount == accrued else {"not_covered": accrued - amount})}
    record(verb="approve_commission", target=order, actor=actor, detail=detail)
    return amount


def _covered(order: Order, amount: int) -> int:
    """How much of a commission the organizer has left of what was sold under the order's plan, once partners and commissions that are
    approved have theirs. Nothing is shared out by the plan, or approved of it, until the transaction ends."""
    if order.split_version is None or amount <= 0:
        return amount
    lock_plan(order.split_version)
    left = rest(order.split_version)
    approved = Attribution.objects.filter(order__split_version=order.split_version, approved_at__isnull=False)
    most = approved.aggregate(sum=Sum("commission", default=0))["sum"]
    if amount <= left - most:  # they have no more than that, so this is mostly all there is to ask
        return amount
    had = commissions_accrued(list(approved.values_list("order_id", flat=True)))
    return min(amount, max(0, left - sum(had.values())))


@transaction.atomic
def decline_commission(*, order_id: UUID, words: str, actor: Actor) -> None:
    """Take back a commission that waits; the affiliate reads the `words`. Raises NotFound, CommissionSettled once it is approved."""
    order = order_for_update(order_id)
    if order.is_separate:
        lock_collecting(order.currency)
    order, attribution = _locked(order_id)
    if attribution.is_void:
        return
    if attribution.is_approved:
        raise CommissionSettled(_("This commission was approved already. Nothing was changed."))
    words = words.strip()
    if not words or len(words) > 200 or not words.isprintable():
        raise CommissionSettled(_("Say why, in up to 200 characters: the affiliate reads it."), field="words")
    amount = commission_accrued(order)
    void(attribution, Attribution.VoidReason.STAFF, words)
    key = f"void:{order.pk}"
    accrue(key=key, payee=payee_of(attribution), currency=order.currency, amount=-amount, is_approved=False)
    if amount and order.is_separate:
        pass_on(key=commission_key(key), order=order)
    record(verb="decline_commission", target=order, actor=actor, detail={"amount": amount, "words": words})


def _locked(order_id: UUID) -> tuple[Order, Attribution]:
    order = order_for_update(order_id)
    attribution = Attribution.objects.select_for_update().filter(order=order).first()
    if attribution is None:
        raise NotFound
    return order, attribution


def approve_due(*, actor: Actor, at: datetime | None = None, affiliate_id: UUID | None = None) -> int:
    """Approve whatever is due, each in a transaction of its own; how many."""
    found = due_commissions(at=at or timezone.now())
    if affiliate_id is not None:
        found = found.filter(affiliate=affiliate_id)
    done = 0
    for order_id in list(found.values_list("order_id", flat=True)):
        try:
            approve_commission(order_id=order_id, actor=actor)
            done += 1
        except CommissionSettled:  # somebody else decided about it a moment ago
            logger.info("the commission of order %s was settled meanwhile", order_id)
    return done


def run_approvals(*, at: datetime | None = None) -> int:
    """By the clock, where nobody wants to look at each: approve what is due; how many."""
    terms = programme()
    if terms is None or terms.needs_approval:
        return 0
    return approve_due(actor=SYSTEM, at=at)


_WAITING = """
SELECT a.reference, a.currency, -sum(e.amount)::bigint FROM ledger_ledgerentry e
  JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'reserve' AND a.party = 'affiliate' GROUP BY 1, 2
"""


def off_commission() -> list[list[Any]]:
    """Orders whose affiliate has not what their money says, and affiliates whose reserve is not what waits: there must be none."""
    found: list[list[Any]] = []
    waiting: dict[tuple[str, str], int] = {}
    for one in Attribution.objects.select_related("order").order_by("pk").iterator():
        due, has = commission_due(one.order, one), commission_accrued(one.order)
        if due != has:
            found.append([one.order.number, "commission", due, has])
        if not one.is_approved and has:
            place = (str(one.affiliate_id), one.order.currency)
            waiting[place] = waiting.get(place, 0) + has
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        booked = {(reference, currency): int(amount) for reference, currency, amount in cursor.fetchall() if amount}
    places = {*waiting, *booked}
    found += [
        [*place, waiting.get(place, 0), booked.get(place, 0)]
        for place in sorted(places)
        if waiting.get(place, 0) != booked.get(place, 0)
    ]
    return found
