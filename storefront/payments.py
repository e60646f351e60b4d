"""What a buyer's browser needs to pay."""

from typing import Any

from django.conf import settings

from checkout.actions import begin_payment
from orders.models import Order
from payments.queries import connected_account, payment_of


def payment_details(order: Order) -> dict[str, Any]:
    """The PaymentIntent's client secret and where it lives. Raises what `begin_payment` raises."""
    intent = begin_payment(order_id=order.pk)
    account, payment = connected_account(), payment_of(order.pk)
    return {
        "client_secret": intent.client_secret,
        "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
        "account": account.account_id if account else "",
        "amount": order.total,
        "currency": order.currency,
        "capture_method": capture_method(takes_delayed=payment is not None and payment.takes_delayed),
    }


def capture_method(*, takes_delayed: bool) -> str:
    """What the provider's form must be told before the PaymentIntent exists: it offers only methods that can do it."""
    return "automatic" if takes_delayed else "manual"
