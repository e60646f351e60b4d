"""Saved cards and debits of signed-in buyers. They lie with the provider; here is only under which of its customers."""

import logging
from uuid import UUID

from django.db import transaction

from audit.actions import buyer_actor, record
from payments import vault
from payments.errors import ProviderRefused, ProviderUnavailable
from payments.models import Payer, Payment
from payments.vault import SavedMethod
from people.models import Customer
from ui.errors import NotFound

logger = logging.getLogger(__name__)


def payer_of(*, customer: Customer, account_id: str) -> Payer:
    """The provider's customer for ours on this account, made or found; a call after a crash finds the same one by its key.

    Raises ProviderUnavailable, ProviderRefused.
    """
    payer, _is_new = Payer.objects.get_or_create(customer=customer, account_id=account_id)
    if not payer.provider_id:
        payer.provider_id = vault.create_customer(
            account_id=account_id, email=customer.email, reference=str(customer.pk), key=f"customer-{payer.pk}"
        )
        Payer.objects.filter(pk=payer.pk, provider_id="").update(provider_id=payer.provider_id)
    return payer


def card_session(*, customer: Customer, account_id: str) -> str:
    """What the provider's form needs to offer this customer's saved cards; "" where it must do without, and cards are typed.

    A customer whom the organizer deleted at the provider is made anew.
    """
    try:
        for _again in range(2):
            payer = payer_of(customer=customer, account_id=account_id)
            try:
                return vault.open_card_session(account_id=account_id, customer=payer.provider_id)
            except ProviderRefused as error:
                if error.extra["provider_code"] != vault.GONE:
                    raise
                Payer.objects.filter(pk=payer.pk).delete()
    except (ProviderUnavailable, ProviderRefused):
        logger.warning("no saved cards for customer %s", customer.pk, exc_info=True)
    return ""


def has_saved_card(*, customer: Customer, account_id: str) -> bool:
    """Whether the provider's form will likely offer one, by our own rows: what a page keeps room for before the form has come.

    A guess: a card that was removed since counts still.
    """
    payers = Payer.objects.filter(customer=customer, account_id=account_id).exclude(provider_id="")
    return Payment.objects.filter(
        payer_id__in=payers.values("provider_id"), saves_card=True, state=Payment.State.CAPTURED
    ).exists()


def saved_methods(customer: Customer) -> list[SavedMethod]:
    """What the provider has of this customer, the newest first. Raises ProviderUnavailable, ProviderRefused."""
    found: list[SavedMethod] = []
    for payer in _payers(customer.pk):
        try:
            found += vault.list_saved(account_id=payer.account_id, customer=payer.provider_id)
        except ProviderRefused as error:
            if error.extra["provider_code"] != vault.GONE:
                raise
    return found


def remove_method(*, customer: Customer, method_id: str) -> None:
    """Let the provider forget a card or debit, for good. Raises NotFound for one that is not this customer's, ProviderUnavailable."""
    payers = _payers(customer.pk)
    if not any(
        vault.detach(account_id=payer.account_id, customer=payer.provider_id, method_id=method_id) for payer in payers
    ):
        raise NotFound
    with transaction.atomic():
        record(verb="remove_card", target=customer, actor=buyer_actor(customer.pk))


def forget_cards(*, customer: Customer) -> None:
    """Let the provider forget this customer with all cards. Raises ProviderUnavailable, ProviderRefused; may run again."""
    for payer in _payers(customer.pk):
        vault.delete_customer(account_id=payer.account_id, customer=payer.provider_id)
        Payer.objects.filter(pk=payer.pk).delete()
    Payer.objects.filter(customer=customer).delete()


def stop_saving_card(payment: Payment) -> None:
    """Somebody else than the account's owner is about to pay this order: their card is not saved for the owner."""
    vault.stop_saving(account_id=payment.account_id, intent_id=payment.intent_id)
    Payment.objects.filter(pk=payment.pk).update(saves_card=False)
    payment.saves_card = False


def _payers(customer_id: UUID) -> list[Payer]:
    return list(Payer.objects.filter(customer_id=customer_id).exclude(provider_id="").order_by("-pk"))
