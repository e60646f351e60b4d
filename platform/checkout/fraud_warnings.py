"""A card network warns that a payment looks like fraud: tell, or refund before its holder disputes it (docs/disputes.md)."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from audit.actions import SYSTEM, record
from checkout.actions import settle_payment
from checkout.refunds import GivingBack, give_back
from orders.models import Order, Position
from orders.queries import order_for_update
from outbox.actions import enqueue
from payments import gateway
from payments.errors import ProviderRefused
from payments.models import DisputePolicy, FraudWarning, Payment, Refund
from payments.queries import dispute_policy, is_disputed, left_of, payment_by_intent

Done = FraudWarning.Done


def take_up_warning(*, account_id: str, provider_id: str, is_admitted: Callable[[UUID], bool]) -> FraudWarning | None:
    """Ask the provider about a warning, keep it, and do what the organizer chose; once, however often it is told.

    `is_admitted` says of an order whether anybody has come in with it. None for a warning or payment that is none of this
    account's. Raises ProviderUnavailable, ProviderRefused.
    """
    known = FraudWarning.objects.filter(provider_id=provider_id).first()
    if known is not None:
        return known
    try:
        facts = gateway.fetch_fraud_warning(account_id=account_id, warning_id=provider_id)
    except ProviderRefused as refused:
        if refused.extra.get("provider_code") != "resource_missing":
            raise
        return None
    payment = payment_by_intent(facts.intent_id) if facts.intent_id else None
    if payment is None or payment.account_id != account_id:
        return None
    if payment.state != Payment.State.CAPTURED:
        settle_payment(order_id=payment.order_id)
    return record_warning(order_id=payment.order_id, facts=facts, is_admitted=is_admitted)


@transaction.atomic
def record_warning(
    *, order_id: UUID, facts: gateway.FraudWarningFacts, is_admitted: Callable[[UUID], bool]
) -> FraudWarning:
    """Keep a warning and act on it in one transaction, under the order's lock."""
    order = order_for_update(order_id)
    payment = Payment.objects.select_for_update().get(order=order)
    known = FraudWarning.objects.filter(provider_id=facts.id).first()
    if known is not None:
        return known
    done = _act(order, payment, is_admitted)
    warning = FraudWarning.objects.create(payment=payment, provider_id=facts.id, kind=facts.kind, done=done)
    record(verb="fraud_warning", target=order, actor=SYSTEM, detail={"kind": facts.kind, "done": done.value})
    for kind in ("note_fraud_warning", "mail_fraud_warning"):
        enqueue(kind=kind, key=str(warning.pk), payload={"warning_id": str(warning.pk)})
    return warning


def _act(order: Order, payment: Payment, is_admitted: Callable[[UUID], bool]) -> Done:
    left = left_of(payment)
    if not order.is_paid or left == 0 or is_disputed(payment):
        return Done.TOO_LATE
    if dispute_policy().on_warning != DisputePolicy.OnWarning.REFUND:
        return Done.TOLD
    if is_admitted(order.pk):
        return Done.ADMITTED
    sold = order.positions.filter(state=Position.State.SOLD).values_list("pk", flat=True)
    with override(order.language):
        words = _("The card's bank warned that its holder may not have made this payment.")
    asked = GivingBack(
        positions=frozenset(sold),
        cancels=True,
        amount=left,
        reason=Refund.Reason.FRAUD,
        words=words,
        key=f"fraud-{payment.pk}",
    )
    give_back(order_id=order.pk, asked=asked, actor=SYSTEM)
    return Done.REFUNDED
