"""The provider's part in saved cards and debits: a customer of its own for each of ours, on the account that charges them.

`account_id` is a connected account, or gateway.PLATFORM where the platform itself is charged. Nothing of a card is kept here.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

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


@dataclass(frozen=True)
class SavedDebit:
    """A bank account that its owner has let be debited (SEPA), by the last digits of its IBAN; `country` is its bank's, of two letters."""

    id: str
    country: str
    last4: str

    @property
    def name(self) -> str:
        """ "SEPA debit DE ···· 3000"."""
        return _("SEPA debit %(country)s ···· %(last4)s") % {"country": self.country, "last4": self.last4}


SavedMethod = SavedCard | SavedDebit
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


def list_saved(*, account_id: str, customer: str) -> list[SavedMethod]:
    """The customer's saved cards and debits, the newest first; what else the provider keeps for them is none of ours."""
    with translated():
        page = provider().v1.customers.payment_methods.list(
            customer, params={"limit": 100}, options=of_account(account_id)
        )
    found: list[SavedMethod] = []
    for one in page.data:
        if one.type == "card" and one.card is not None:  # what it is not is no member of it
            found.append(SavedCard(one.id, one.card.brand, one.card.last4, one.card.exp_month, one.card.exp_year))
        elif one.type == "sepa_debit" and one.sepa_debit is not None:
            found.append(SavedDebit(one.id, one.sepa_debit.country or "", one.sepa_debit.last4 or ""))
    return found


def detach(*, account_id: str, customer: str, method_id: str) -> bool:
    """Let the provider forget a card or debit of this customer, for good. False for one that is not theirs, or gone already."""
    try:
        with translated():
            provider().v1.customers.payment_methods.retrieve(customer, method_id, options=of_account(account_id))
            provider().v1.payment_methods.detach(method_id, options=of_account(account_id))
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
