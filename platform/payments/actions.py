"""Open a payment, keep an account's facts. What a payment means for its order is `checkout.actions`."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from audit.actions import SYSTEM, Actor, record
from config import failpoints
from events.models import ChargeModel
from inbox.actions import route_account, route_object
from inventory.queries import database_now
from orders.models import Order
from payments import gateway
from payments.errors import NotConnected, ProviderRefused
from payments.models import (
    ChargeDefault,
    ConnectedAccount,
    Payer,
    Payment,
    Refund,
    RefundRequest,
    RefundTurn,
    WalletDomain,
)
from payments.queries import (
    can_charge,
    charged,
    connected_account,
    is_charged_separately,
    payments_to_ask_about,
    refunds_to_ask_about,
)
from payments.saved_cards import payer_of
from people.models import Consent
from people.queries import has_consented
from tenants.current import current_organizer
from tenants.models import Organizer


def open_payment(*, order: Order, application_fee: int, takes_delayed: bool = False) -> Payment:
    """The payment of a locked order, made or found, before the provider knows of it. Raises NotConnected."""
    model = ChargeModel(order.charge_model)
    if not can_charge(model):
        raise NotConnected
    payment, _is_new = Payment.objects.get_or_create(
        order=order,
        defaults={
            **charged(model)._asdict(),
            "amount": order.total,
            "application_fee": application_fee,
            "currency": order.currency,
            "takes_delayed": takes_delayed,
            "ask_at": timezone.now() + FIRST_ASKED_AFTER,
        },
    )
    return payment


@transaction.atomic
def set_charge_default(*, model: ChargeModel, actor: Actor) -> ChargeDefault:
    """How events are charged from now on that say nothing of their own. Whether it can be is `checkout.charge_models`."""
    default, _is_new = ChargeDefault.objects.update_or_create(pk=1, defaults={"charge_model": model})
    record(verb="set_charge_default", target=default, actor=actor, detail={"charge_model": model.value})
    return default


def request_intent(payment: Payment) -> gateway.Intent:
    """The payment's PaymentIntent, made or fetched; a call after a crash finds the same one by its key.

    A signed-in buyer's is their payer's, so that saved cards may pay it; whether the card is kept is what they ticked.
    """
    if payment.intent_id:
        return gateway.fetch_intent(account_id=payment.account_id, intent_id=payment.intent_id)
    account = payment.order.account
    if account is not None and not payment.payer_id:
        payment.payer_id = payer_of(customer=account, account_id=payment.account_id).provider_id
        payment.saves_card = has_consented(
            customer_id=account.pk, kind=Consent.Kind.CARD, reference=str(payment.order_id)
        )
        payment.save(update_fields=["payer_id", "saves_card"])
    intent = gateway.create_intent(
        account_id=payment.account_id,
        amount=payment.amount,
        currency=payment.currency,
        application_fee=payment.application_fee,
        order_id=str(payment.order_id),
        number=payment.order.number,
        takes_delayed=payment.takes_delayed,
        customer=payment.payer_id,
        saves_card=payment.saves_card,
        on_behalf_of=payment.on_behalf_of,
        key=f"intent-{payment.pk}",
    )
    failpoints.hit("before_intent_saved")
    with transaction.atomic():
        if payment.is_separate:  # the platform's events name no organizer
            route_object(object_id=intent.id, organizer=current_organizer())
        Payment.objects.filter(pk=payment.pk, intent_id="").update(intent_id=intent.id)
    payment.intent_id = intent.id
    return intent


FIRST_ASKED_AFTER = timedelta(seconds=20)  # a webhook that has not come by then may never come
ASKED_AT_LEAST_EVERY = timedelta(hours=1)
ASKED_ABOUT_AT_ONCE = 200  # payments in one round


@transaction.atomic
def take_payments_to_ask_about(*, at: datetime, limit: int = ASKED_ABOUT_AT_ONCE) -> list[Payment]:
    """The payments of this round, with their orders. Each is due again later, the later the older it is."""
    payments = payments_to_ask_about(at=at, limit=limit)
    for payment in payments:
        payment.ask_at = _ask_again(at, since=payment.created_at)
    Payment.objects.bulk_update(payments, ["ask_at"])
    return payments


@transaction.atomic
def take_refunds_to_ask_about(*, at: datetime, limit: int = ASKED_ABOUT_AT_ONCE) -> list[Refund]:
    """The refunds of this round. Each is due again later, the later the older it is."""
    refunds = refunds_to_ask_about(at=at, limit=limit)
    for refund in refunds:
        refund.ask_at = _ask_again(at, since=refund.created_at)
    Refund.objects.bulk_update(refunds, ["ask_at"])
    return refunds


def _ask_again(at: datetime, *, since: datetime) -> datetime:
    """After an eighth of its age: within two minutes while the order can be paid, hourly from the first day on."""
    return at + min(max((at - since) / 8, FIRST_ASKED_AFTER), ASKED_AT_LEAST_EVERY)


def start_onboarding(*, organizer: Organizer, email: str, return_url: str, refresh_url: str, actor: Actor) -> str:
    """Where the organizer answers the provider's questions; makes the connected account first where there is none.

    Where the organizer took our access to its account back, it is a new account too. Raises ProviderUnavailable,
    ProviderRefused.
    """
    account = connected_account()
    if account is None or account.disconnected_at is not None:
        gone, asked_at = ConnectedAccount.objects.count(), database_now()
        facts = gateway.create_account(
            email=email,
            country=organizer.country,
            name=organizer.name,
            key=f"account-{organizer.pk}-{gone}" if gone else f"account-{organizer.pk}",
        )
        account = keep_account_facts(organizer=organizer, facts=facts, asked_at=asked_at, actor=actor)
    return gateway.create_onboarding_link(account_id=account.account_id, return_url=return_url, refresh_url=refresh_url)


def ask_for_debits(*, organizer: Organizer, actor: Actor) -> ConnectedAccount:
    """Have the provider allow bank debits on an account that was opened without them.

    Raises NotConnected, ProviderUnavailable, ProviderRefused; nothing has changed then.
    """
    account = connected_account()
    if account is None or account.disconnected_at is not None or organizer.country not in gateway.DEBIT_COUNTRIES:
        raise NotConnected
    asked_at = database_now()
    facts = gateway.request_debits(account.account_id)
    return keep_account_facts(organizer=organizer, facts=facts, asked_at=asked_at, actor=actor)


@transaction.atomic
def keep_account_facts(
    *, organizer: Organizer, facts: gateway.AccountFacts, actor: Actor, asked_at: datetime | None = None
) -> ConnectedAccount:
    """Keep what the provider says of the organizer's account, and route its events here.

    `asked_at` is the database's clock (UTC) before the provider was asked; None stands for now. An answer that was asked for
    before what is kept already is left: after each change an event has us ask again, so the last question knows of all.
    """
    route_account(account_id=facts.id, organizer=organizer)
    asked_at = asked_at or database_now()
    kept = ConnectedAccount.objects.select_for_update().filter(account_id=facts.id).first()
    if kept is not None and asked_at < kept.asked_at:
        return kept
    account, is_new = ConnectedAccount.objects.update_or_create(
        account_id=facts.id,
        defaults={
            "charges_enabled": facts.charges_enabled,
            "payouts_enabled": facts.payouts_enabled,
            "requirements": list(facts.requirements),
            "deadline": facts.deadline,
            "capabilities": facts.capabilities,
            "disabled_reason": facts.disabled_reason,
            "disconnected_at": None,
            "asked_at": asked_at,
        },
    )
    record(
        verb="connect_account" if is_new else "refresh_account",
        target=account,
        actor=actor,
        detail={"charges_enabled": facts.charges_enabled},
    )
    return account


@transaction.atomic
def disconnect_account(*, account_id: str) -> ConnectedAccount | None:
    """The organizer has taken our access to this account back: from this commit on nothing paid is held or sold with it.

    Its payments keep its id; what is due on them needs the organizer. None for an account that is not this organizer's.
    """
    account = ConnectedAccount.objects.select_for_update().filter(account_id=account_id).first()
    if account is None or account.disconnected_at is not None:
        return account
    account.charges_enabled = account.payouts_enabled = False
    Payer.objects.filter(account_id=account_id).delete()  # their cards lie where we have no access any more
    account.requirements, account.deadline, account.capabilities = [], None, {}
    account.disconnected_at = account.asked_at = database_now()
    account.save()
    record(verb="disconnect_account", target=account, actor=SYSTEM, detail={"account_id": account_id})
    return account


WALLETS_ASKED_EVERY = timedelta(days=1)


def register_hosts(*, organizer: Organizer) -> list[WalletDomain]:
    """Register every host of the organizer's where its payments are made, so that wallets show there: with its own account, and
    with the platform's where any of its events is charged there. What was asked today is left.

    A host that the provider refuses is kept with its reason and asked about again tomorrow. Raises ProviderUnavailable.
    """
    account = connected_account()
    if account is None or not account.charges_enabled:
        return []
    hosts = list(organizer.domains.order_by("domain").values_list("domain", flat=True))
    found = _registered(account, hosts)
    return [*found, *_registered(None, hosts)] if is_charged_separately() else found


def _registered(account: ConnectedAccount | None, hosts: list[str]) -> list[WalletDomain]:
    now = timezone.now()
    lately = WalletDomain.objects.filter(account=account, asked_at__gt=now - WALLETS_ASKED_EVERY)
    asked = set(lately.values_list("host", flat=True))
    found = []
    for host in hosts:
        if host in asked:
            continue
        answer, failure = None, ""
        try:
            answer = gateway.register_host(account_id=account.account_id if account else gateway.PLATFORM, host=host)
        except ProviderRefused as error:
            failure = str(error.extra.get("provider_message") or error.detail)[:250]
        facts = {
            "provider_id": answer.id if answer else "",
            "apple_pay": answer.apple_pay if answer else "",
            "google_pay": answer.google_pay if answer else "",
            "failure": failure,
            "asked_at": now,
        }
        domain, _is_new = WalletDomain.objects.update_or_create(account=account, host=host, defaults=facts)
        found.append(domain)
    return found


ACCESS_IS_GONE = "account_invalid"  # the provider's code where the organizer has taken our access back


def refresh_account(*, organizer: Organizer, account_id: str) -> ConnectedAccount | None:
    """Ask the provider what the account may do now. None where it is not this organizer's. Raises ProviderUnavailable."""
    if not ConnectedAccount.objects.filter(account_id=account_id).exists():
        return None
    asked_at = database_now()
    try:
        facts = gateway.fetch_account(account_id)
    except ProviderRefused as error:
        if error.extra.get("provider_code") != ACCESS_IS_GONE:
            raise
        return disconnect_account(account_id=account_id)
    return keep_account_facts(organizer=organizer, facts=facts, asked_at=asked_at, actor=SYSTEM)


def look_after_account(*, organizer: Organizer) -> int:
    """Once a day: what the account may do, in case no event told us, and its hosts' wallets. How many hosts were asked about."""
    account = connected_account()
    if account is None or account.disconnected_at is not None:
        return 0
    refresh_account(organizer=organizer, account_id=account.account_id)
    return len(register_hosts(organizer=organizer))


def forget_tests(*, order: Order) -> None:
    """Delete what was asked about giving a test order back; money never moved for one. Raises RuntimeError for a real one."""
    if not order.is_test:
        raise RuntimeError(f"order {order.number} is real")
    RefundTurn.objects.filter(order=order).delete()
    RefundRequest.objects.filter(order=order).delete()
