"""What a buyer's browser needs to pay."""

from contextlib import suppress
from typing import Any

from django.conf import settings

from checkout.actions import begin_payment
from orders.models import Order
from payments.errors import ProviderRefused
from payments.queries import payment_of
from payments.saved_cards import card_session, stop_saving_card
from people.models import Customer


def payment_details(order: Order, *, payer: Customer | None = None, offers_cards: bool = False) -> dict[str, Any]:
    """The PaymentIntent's client secret and where it lives. Raises what `begin_payment` raises.

    `payer` is who is signed in; with `offers_cards` the form gets their saved cards. An order of an account that somebody else
    is about to pay keeps no card for that account.
    """
    intent = begin_payment(order_id=order.pk)
    payment = payment_of(order.pk)
    is_own = payer is not None and payer.pk == order.account_id
    if payment is not None and payment.saves_card and not is_own:
        with suppress(ProviderRefused):  # it is being paid already
            stop_saving_card(payment)
    account_id = payment.account_id if payment else ""
    return {
        "client_secret": intent.client_secret,
        "publishable_key": settings.STRIPE_PUBLISHABLE_KEY,
        "account": account_id,
        "on_behalf_of": payment.on_behalf_of if payment else "",
        "amount": order.total,
        "currency": order.currency,
        "capture_method": capture_method(takes_delayed=payment is not None and payment.takes_delayed),
        "saves_card": payment is not None and payment.saves_card,
        "customer_session": card_session(customer=payer, account_id=account_id)
        if payer is not None and is_own and offers_cards
        else "",
    }


def capture_method(*, takes_delayed: bool) -> str:
    """What the provider's form must be told before the PaymentIntent exists: it offers only methods that can do it."""
    return "automatic" if takes_delayed else "manual"
