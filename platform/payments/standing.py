"""How an order stands, as people should read it: its state together with its payment and the money that went back. Pure."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models import Order
from payments.models import Payment


class Standing(models.TextChoices):
    """One word for an order. `Order.State.REFUNDED` only says that its last ticket is gone: money may have gone back or not."""

    PENDING = "pending", _("Awaiting payment")
    UNDER_WAY = "under_way", _("Payment on its way")
    CONFIRMING = "confirming", _("Confirming payment")
    PAID = "paid", _("Paid")
    PARTLY_REFUNDED = "partly_refunded", _("Partly refunded")
    TICKETS_CANCELLED = "tickets_cancelled", _("Tickets cancelled")
    CANCELLED_PARTLY_REFUNDED = "cancelled_partly_refunded", _("Cancelled, partly refunded")
    REFUNDED = "refunded", _("Refunded")
    CANCELLED = "cancelled", _("Cancelled")
    DISPUTED = "disputed", _("Disputed")
    CHARGED_BACK = "charged_back", _("Charged back")


def standing_of(order: Order, *, payment_state: str, refunded: int) -> Standing:
    """The order's standing; `refunded` is what went back of it or is about to, minor units."""
    if order.is_charged_back:
        return Standing.CHARGED_BACK
    if order.is_frozen:
        return Standing.DISPUTED
    if order.state == Order.State.SECURED:
        return Standing.UNDER_WAY if payment_state == Payment.State.UNDER_WAY else Standing.CONFIRMING
    if order.state == Order.State.PAID:
        return Standing.PARTLY_REFUNDED if refunded else Standing.PAID
    if order.state == Order.State.REFUNDED:
        if not refunded:
            return Standing.TICKETS_CANCELLED
        return Standing.CANCELLED_PARTLY_REFUNDED if refunded < order.total else Standing.REFUNDED
    return Standing(order.state)
