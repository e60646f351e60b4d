"""Open a payment, keep an account's facts. What a payment means for its order is `checkout.actions`."""

from django.db import transaction

from audit.actions import SYSTEM, Actor, record
from config import failpoints
from inbox.actions import route_account
from orders.models import Order
from payments import gateway
from payments.errors import NotConnected
from payments.models import ConnectedAccount, Payment
from payments.queries import connected_account
from tenants.models import Organizer


def open_payment(*, order: Order, application_fee: int) -> Payment:
    """The payment of a locked order, made or found, before the provider knows of it. Raises NotConnected."""
    account = connected_account()
    if account is None or not account.charges_enabled:
        raise NotConnected
    payment, _is_new = Payment.objects.get_or_create(
        order=order,
        defaults={
            "account_id": account.account_id,
            "amount": order.total,
            "application_fee": application_fee,
            "currency": order.currency,
        },
    )
    return payment


def request_intent(payment: Payment) -> gateway.Intent:
    """The payment's PaymentIntent, made or fetched; a call after a crash finds the same one by its key."""
    if payment.intent_id:
        return gateway.fetch_intent(account_id=payment.account_id, intent_id=payment.intent_id)
    intent = gateway.create_intent(
        account_id=payment.account_id,
        amount=payment.amount,
        currency=payment.currency,
        application_fee=payment.application_fee,
        order_id=str(payment.order_id),
        number=payment.order.number,
        key=f"intent-{payment.pk}",
    )
    failpoints.hit("before_intent_saved")
    Payment.objects.filter(pk=payment.pk, intent_id="").update(intent_id=intent.id)
    payment.intent_id = intent.id
    return intent


def start_onboarding(*, organizer: Organizer, email: str, return_url: str, refresh_url: str, actor: Actor) -> str:
    """Where the organizer answers the provider's questions; makes the connected account first where there is none."""
    account = connected_account()
    if account is None:
        facts = gateway.create_account(
            email=email, country=organizer.country, name=organizer.name, key=f"account-{organizer.pk}"
        )
        account = keep_account_facts(organizer=organizer, facts=facts, actor=actor)
    return gateway.create_onboarding_link(account_id=account.account_id, return_url=return_url, refresh_url=refresh_url)


@transaction.atomic
def keep_account_facts(*, organizer: Organizer, facts: gateway.AccountFacts, actor: Actor) -> ConnectedAccount:
    """Keep what the provider says of the organizer's account, and route its events here."""
    route_account(account_id=facts.id, organizer=organizer)
    account, is_new = ConnectedAccount.objects.update_or_create(
        account_id=facts.id,
        defaults={
            "charges_enabled": facts.charges_enabled,
            "payouts_enabled": facts.payouts_enabled,
            "requirements": list(facts.requirements),
            "disabled_reason": facts.disabled_reason,
        },
    )
    record(
        verb="connect_account" if is_new else "refresh_account",
        target=account,
        actor=actor,
        detail={"charges_enabled": facts.charges_enabled},
    )
    return account


def refresh_account(*, organizer: Organizer, account_id: str) -> ConnectedAccount:
    """Ask the provider what the account may do now."""
    return keep_account_facts(organizer=organizer, facts=gateway.fetch_account(account_id), actor=SYSTEM)
