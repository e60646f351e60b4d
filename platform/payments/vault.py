"""The provider's part in saved cards: a customer of its own for each of ours, on the account that charges them.

`account_id` is a connected account, or gateway.PLATFORM where the platform itself is charged. Nothing of a card is kept here.
"""

from dataclasses import dataclass
from typing import Any

from payments.errors import ProviderRefused
from payments.gateway.call import of_account, provider, translated

GONE = "resource_missing"  # the provider's code for what it does not have, or no longer


@dataclass(frozen=True)
class SavedCard:
    """A saved card as people tell cards apart; `id` is the provider's."""

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int

    @property
    def name(self) -> str:
        """ "Visa ···· 4242"."""
        return f"{BRANDS.get(self.brand, self.brand.replace('_', ' ').title())} ···· {self.last4}"


BRANDS = {"amex": "American Express", "jcb": "JCB", "unionpay": "UnionPay", "diners": "Diners Club"}


def create_customer(*, account_id: str, email: str, reference: str, key: str) -> str:
    """A customer under whom cards can be kept; its id. The same `key` gives the same one."""
    with translated():
        made = provider().v1.customers.create(
            params={"email": email, "metadata": {"customer_id": reference}},
            options={**of_account(account_id), "idempotency_key": key},
        )
    return made.id


def delete_customer(*, account_id: str, customer: str) -> None:
    """Forget a customer with all its cards, for good. One that is gone already is none to forget."""
    try:
        with translated():
            provider().v1.customers.delete(customer, options=of_account(account_id))
    except ProviderRefused as error:
        if error.extra["provider_code"] != GONE:
            raise


def open_card_session(*, account_id: str, customer: str) -> str:
    """What lets the provider's form in this customer's browser offer their saved cards, for half an hour.

    All of them: each was saved because its owner ticked our own text. So the form neither asks again nor removes any.
    """
    features: Any = {
        "payment_method_redisplay": "enabled",
        "payment_method_allow_redisplay_filters": ["always", "limited", "unspecified"],
        "payment_method_redisplay_limit": 10,
        "payment_method_save": "disabled",
        "payment_method_remove": "disabled",
    }
    with translated():
        session = provider().v1.customer_sessions.create(
            params={
                "customer": customer,
                "components": {"payment_element": {"enabled": True, "features": features}},
            },
            options=of_account(account_id),
        )
    return session.client_secret


def list_cards(*, account_id: str, customer: str) -> list[SavedCard]:
    """The customer's saved cards, the newest first."""
    with translated():
        page = provider().v1.customers.payment_methods.list(
            customer, params={"type": "card", "limit": 100}, options=of_account(account_id)
        )
    return [
        SavedCard(one.id, one.card.brand, one.card.last4, one.card.exp_month, one.card.exp_year)
        for one in page.data
        if one.card is not None
    ]


def detach_card(*, account_id: str, customer: str, card_id: str) -> bool:
    """Let the provider forget a card of this customer, for good. False for a card that is not theirs, or gone already."""
    try:
        with translated():
            provider().v1.customers.payment_methods.retrieve(customer, card_id, options=of_account(account_id))
            provider().v1.payment_methods.detach(card_id, options=of_account(account_id))
    except ProviderRefused as error:
        if error.extra["provider_code"] != GONE:
            raise
        return False
    return True


def stop_saving(*, account_id: str, intent_id: str) -> None:
    """Let whatever pays this PaymentIntent not be saved after all."""
    with translated():
        provider().v1.payment_intents.update(
            intent_id, params={"setup_future_usage": ""}, options=of_account(account_id)
        )
