"""What a buyer's browser needs to pay."""

from typing import Any

from django.conf import settings

from checkout.actions import begin_payment
from orders.models import Order
from payments.queries import connected_account


def payment_details(order: Order) -> dict[str, Any]:
    """The PaymentIntent's client secret and where it lives. Raises what `begin_payment` raises."""
    intent = begin_payment(order_id=order.pk)
    account = connected_account()
    return {
        "client_secret": intent.client_secret,
        "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
        "account": account.account_id if account else "",
        "amount": order.total,
        "currency": order.currency,
    }
