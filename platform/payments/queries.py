"""Reads and locked reads of money."""

from datetime import datetime, timedelta
from uuid import UUID

from payments.models import ConnectedAccount, Payment, Refund
from ui.errors import NotFound


def connected_account() -> ConnectedAccount | None:
    """The organizer's account at the payment provider, if it has one."""
    return ConnectedAccount.objects.order_by("pk").first()


def can_take_payments() -> bool:
    """Whether the provider lets this organizer charge cards today."""
    account = connected_account()
    return account is not None and account.charges_enabled


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


def unsettled_payments(*, at: datetime, older_than_seconds: int) -> list[Payment]:
    """Payments that the provider should be asked about: open, with an intent, and older than that."""
    states = [Payment.State.CREATED, Payment.State.AUTHORISED]
    return list(
        Payment.objects.filter(state__in=states, created_at__lt=at - timedelta(seconds=older_than_seconds))
        .exclude(intent_id="")
        .order_by("created_at")[:200]
    )


def unsettled_refunds(*, at: datetime, older_than_seconds: int) -> list[Refund]:
    """Refunds that the provider has not settled yet and should be asked about."""
    return list(
        Refund.objects.filter(
            state=Refund.State.PENDING, created_at__lt=at - timedelta(seconds=older_than_seconds)
        ).order_by("created_at")[:200]
    )
