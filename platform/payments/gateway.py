"""The payment provider behind one small interface; the only module that imports stripe.

Direct charges: every call for a payment is made on the organizer's connected account (`Stripe-Account`), with our fee as
`application_fee_amount` (docs.stripe.com/connect/direct-charges). Every call that creates something carries an
idempotency key, so that a call whose answer was lost can be made again.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO
from typing import Any

import stripe
from django.conf import settings
from django.db import connection

from payments.errors import ProviderRefused, ProviderUnavailable, WebhookRefused

TIMEOUT_SECONDS = 20
# Where the provider debits bank accounts in euros for accounts of these countries.
DEBIT_COUNTRIES = frozenset(
    ["AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU"]
) | frozenset(["IE", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"])
CAPABILITIES = ("card_payments", "transfers")  # what our two charge models need of a connected account


@dataclass(frozen=True)
class Intent:
    """What matters of a PaymentIntent: `status` in Stripe's words, amounts in minor units."""

    id: str
    status: str
    amount: int
    amount_received: int
    client_secret: str
    charge_id: str
    error_code: str
    order_id: str
    card_fingerprint: str  # names the card, the same for each payment with it on one account; empty before and without
    method: str = ""  # the type of what the buyer paid with last, in the provider's words; empty before
    is_failed_saved: bool = False  # that attempt was made with a card that was saved before
    failed_attempt: str = ""  # names the attempt that `error_code` is about, as far as the provider tells them apart

    @property
    def is_authorised(self) -> bool:
        return self.status == "requires_capture"

    @property
    def is_captured(self) -> bool:
        return self.status == "succeeded"

    @property
    def is_under_way(self) -> bool:
        """Whether the money comes days later, if it comes. A card is in `processing` for a moment only."""
        return self.status == "processing" and self.method not in ("", "card", "link")

    @property
    def is_cancelled(self) -> bool:
        return self.status == "canceled"


@dataclass(frozen=True)
class RefundAnswer:
    """What the provider says of a refund of `amount` minor units: pending, requires_action, succeeded, failed or canceled."""

    id: str
    status: str
    failure: str
    amount: int
    fee: int | None  # what of our fee came back with it; None until the money has left the balance


@dataclass(frozen=True)
class BalanceLine:
    """One line of an account's balance at the provider, minor units: `net` = `amount` - `provider_fee` - `platform_fee`.

    `type` is Stripe's word (docs.stripe.com/reports/balance-transaction-types), `source` the id of what moved the money and
    `intent_id` the PaymentIntent behind that, where there is one. Times are UTC.
    """

    id: str
    type: str
    amount: int
    provider_fee: int  # Stripe's own charge, taxes on it included
    platform_fee: int  # ours
    net: int
    currency: str
    source: str
    intent_id: str
    created_at: datetime
    available_at: datetime
    about: str = ""  # of the platform's own: the charge, fee or transfer that it belongs to
    account_id: str = ""  # of the platform's own: the connected account on the other side


@dataclass(frozen=True)
class DisputeFacts:
    """What the provider says of a dispute over `amount` minor units; `state` and `reason` in Stripe's words.

    `lines` are what it moved in the account's balance so far: none for an inquiry, one when the bank takes the money, two when
    it came back.
    """

    id: str
    intent_id: str
    amount: int
    currency: str
    reason: str
    state: str
    due_by: datetime | None
    is_refundable: bool  # as long as a refund would still settle it
    is_submitted: bool
    created_at: datetime
    lines: tuple[BalanceLine, ...]


@dataclass(frozen=True)
class PayoutFacts:
    """A payout of `amount` minor units to the account's bank; `state` in Stripe's words: pending, in_transit, paid, failed,
    canceled. `lines` are what it moved in the balance: one out, and one back where it failed."""

    id: str
    amount: int
    currency: str
    state: str
    failure: str  # the bank's reason, in Stripe's code
    arrives_at: datetime
    lines: tuple[BalanceLine, ...]


@dataclass(frozen=True)
class FraudWarningFacts:
    """A card network's warning that a payment looks like fraud; `kind` in Stripe's words. A refund now avoids a dispute."""

    id: str
    intent_id: str
    kind: str
    is_actionable: bool  # neither refunded in full nor disputed yet


@dataclass(frozen=True)
class AccountFacts:
    """What a connected account may do, and what is still asked of it, until when."""

    id: str
    charges_enabled: bool
    payouts_enabled: bool
    requirements: tuple[str, ...]
    disabled_reason: str
    deadline: datetime | None = None
    capabilities: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WalletAnswer:
    """What the provider says of a host: each wallet is active or inactive there."""

    id: str
    apple_pay: str
    google_pay: str


def http_client() -> stripe.HTTPClient:
    """The SDK's transport; tests replace it to record what is sent."""
    return stripe.RequestsClient(timeout=TIMEOUT_SECONDS)


@lru_cache(maxsize=1)
def client() -> stripe.StripeClient:
    """The SDK's client, at Stripe or at the sandbox."""
    base = settings.STRIPE_API_BASE
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": base, "files": base, "connect": base} if base else {},
        max_network_retries=2,
        http_client=http_client(),
    )


def _provider() -> stripe.StripeClient:
    """The client, for one call. Whoever waits for the network holds no database connection that others could use."""
    if not connection.in_atomic_block:
        connection.close()  # back to the pool; the next statement takes another
    return client()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise ProviderUnavailable from error
    except stripe.StripeError as error:
        if error.http_status is None or error.http_status >= 500 or error.http_status == 409:
            raise ProviderUnavailable from error
        code = error.code or (
            error.error.code if error.error else ""
        )  # the SDK leaves a 403's in the second place only
        raise ProviderRefused(provider_code=code or "", provider_message=error.user_message or str(error)) from error


def create_intent(
    *,
    account_id: str,
    amount: int,
    currency: str,
    application_fee: int,
    order_id: str,
    number: str,
    key: str,
    takes_delayed: bool = False,
    customer: str = "",
    saves_card: bool = False,
) -> Intent:
    """Ask for money for an order: authorise now, capture when the places are secured. The same `key` gives the same one.

    With `takes_delayed` also by methods that cannot be authorised first: cards still are, whatever else is taken at once or days
    later. Without it the provider offers none of those.

    `customer` is a payer on that account, whose saved cards may pay it. With `saves_card` what pays it is kept for them, for
    payments that they are present at; then only methods that can be kept are offered.
    """
    params: stripe.params.PaymentIntentCreateParams = {
        "amount": amount,
        "currency": currency.lower(),
        "capture_method": "manual",
        "application_fee_amount": application_fee,
        "automatic_payment_methods": {"enabled": True},
        "description": number,
        "metadata": {"order_id": order_id, "order_number": number},
    }
    if takes_delayed:
        params["capture_method"], params["payment_method_options"] = "automatic", {"card": {"capture_method": "manual"}}
    if customer:
        params["customer"] = customer
    if saves_card:
        params["setup_future_usage"] = "on_session"
    with _translated():
        intent = _provider().v1.payment_intents.create(
            params=params, options={"stripe_account": account_id, "idempotency_key": key}
        )
    return _intent(intent)


def fetch_intent(*, account_id: str, intent_id: str) -> Intent:
    """The intent as it is now, with its card: an event may be old, the object is not."""
    with _translated():
        return _intent(
            _provider().v1.payment_intents.retrieve(
                intent_id, params={"expand": ["latest_charge"]}, options={"stripe_account": account_id}
            )
        )


def capture_intent(*, account_id: str, intent_id: str, key: str, application_fee: int | None = None) -> Intent:
    """Take the authorised money; `application_fee` (minor units) goes to the platform, without it what was asked for at first."""
    params: Any = {} if application_fee is None else {"application_fee_amount": application_fee}
    with _translated():
        return _intent(
            _provider().v1.payment_intents.capture(
                intent_id, params=params, options={"stripe_account": account_id, "idempotency_key": key}
            )
        )


def cancel_intent(*, account_id: str, intent_id: str, key: str) -> Intent:
    """Give up an intent and whatever it authorised. Raises ProviderRefused when its money is already taken."""
    with _translated():
        return _intent(
            _provider().v1.payment_intents.cancel(
                intent_id, options={"stripe_account": account_id, "idempotency_key": key}
            )
        )


def create_refund(*, account_id: str, intent_id: str, amount: int, refund_fee: bool, key: str) -> RefundAnswer:
    """Send `amount` minor units back, and our fee's share with it when `refund_fee`: how much of it, the provider decides."""
    with _translated():
        made = _provider().v1.refunds.create(
            params={"payment_intent": intent_id, "amount": amount, "refund_application_fee": refund_fee},
            options={"stripe_account": account_id, "idempotency_key": key},
        )
    return fetch_refund(account_id=account_id, refund_id=made.id)


def fetch_refund(*, account_id: str, refund_id: str) -> RefundAnswer:
    """The refund as it is now."""
    with _translated():
        return _refund(
            _provider().v1.refunds.retrieve(
                refund_id, params={"expand": ["balance_transaction"]}, options={"stripe_account": account_id}
            )
        )


@dataclass(frozen=True)
class Transferred:
    """A transfer, or a reversal of one, as the provider has it; `amount` is minor units."""

    id: str
    amount: int


def create_transfer(*, account_id: str, amount: int, currency: str, group: str, about: str, key: str) -> Transferred:
    """Move `amount` minor units from the platform's available balance to a connected account. The same `key` moves it once.

    `about` is what its line and those of its reversals are compared by with our books.
    """
    with _translated():
        made = _provider().v1.transfers.create(
            params={
                "amount": amount,
                "currency": currency.lower(),
                "destination": account_id,
                "transfer_group": group,
                "metadata": {"about": about},
            },
            options={"idempotency_key": key},
        )
    return Transferred(made.id, made.amount)


def reverse_transfer(*, transfer_id: str, amount: int, about: str, key: str) -> Transferred:
    """Take `amount` minor units of a transfer back. Raises ProviderRefused when the account's balance is short."""
    with _translated():
        made = _provider().v1.transfers.reversals.create(
            transfer_id,
            params={"amount": amount, "metadata": {"about": about}},
            options={"idempotency_key": key},
        )
    return Transferred(made.id, made.amount)


PAGE = 100  # the most that the provider lists at once


PLATFORM = ""  # instead of an account's id: the platform's own


def _of(account_id: str) -> stripe.RequestOptions:
    return {"stripe_account": account_id} if account_id else {}


def list_balance_lines(
    *, account_id: str, since: datetime | None, after: str = "", limit: int = PAGE
) -> tuple[list[BalanceLine], bool]:
    """A page of the account's balance, newest first, from the line below `after` down to `since`; and whether more follow.

    The platform's own with PLATFORM as the account."""
    params: dict[str, Any] = {"limit": limit, "expand": ["data.source"], **_bounds(since, after)}
    with _translated():
        page = _provider().v1.balance_transactions.list(params=params, options=_of(account_id))  # type: ignore[arg-type]
    return [_balance_line(line) for line in page.data], page.has_more


def fetch_balance(account_id: str) -> dict[str, int]:
    """What the account, or PLATFORM, has at the provider, available or on its way: minor units by currency."""
    with _translated():
        balance = _provider().v1.balance.retrieve(options=_of(account_id))
    sums: dict[str, int] = {}
    parts: list[Any] = [*balance.available, *balance.pending]
    for part in parts:
        sums[part.currency.upper()] = sums.get(part.currency.upper(), 0) + part.amount
    return sums


def fetch_available(account_id: str) -> dict[str, int]:
    """What the account may pay out now: minor units by currency, negative where it owes."""
    with _translated():
        balance = _provider().v1.balance.retrieve(options={"stripe_account": account_id})
    return {part.currency.upper(): part.amount for part in balance.available}


def set_manual_payouts(account_id: str) -> None:
    """Let nothing be paid out of the account but what we ask for (docs.stripe.com/connect/manual-payouts)."""
    with _translated():
        _provider().v1.balance_settings.update(
            params={"payments": {"payouts": {"schedule": {"interval": "manual"}}}},
            options={"stripe_account": account_id},
        )


def create_payout(*, account_id: str, amount: int, currency: str, key: str) -> PayoutFacts:
    """Pay `amount` minor units out to the account's bank. The same `key` pays once."""
    with _translated():
        made = _provider().v1.payouts.create(
            params={"amount": amount, "currency": currency.lower()},
            options={"stripe_account": account_id, "idempotency_key": key},
        )
    return fetch_payout(account_id=account_id, payout_id=made.id)


def fetch_payout(*, account_id: str, payout_id: str) -> PayoutFacts:
    """The payout as it is now."""
    expand = ["balance_transaction", "failure_balance_transaction"]
    with _translated():
        payout = _provider().v1.payouts.retrieve(
            payout_id, params={"expand": expand}, options={"stripe_account": account_id}
        )
    lines: list[Any] = [payout.balance_transaction, payout.failure_balance_transaction]
    return PayoutFacts(
        id=payout.id,
        amount=payout.amount,
        currency=payout.currency.upper(),
        state=payout.status,
        failure=payout.failure_code or "",
        arrives_at=datetime.fromtimestamp(payout.arrival_date, UTC),
        lines=tuple(_balance_line(line) for line in lines if line),
    )


def list_events(
    *, account_id: str, types: Iterable[str], since: datetime | None, after: str = "", limit: int = PAGE
) -> tuple[list[dict[str, Any]], bool]:
    """A page of the account's events of these `types`, newest first, as webhooks carry them; and whether more follow.

    The provider keeps them for 30 days.
    """
    params: dict[str, Any] = {"limit": limit, "types": list(types), **_bounds(since, after)}
    with _translated():
        page = _provider().v1.events.list(params=params, options={"stripe_account": account_id})  # type: ignore[arg-type]
    return [{**event.to_dict(), "account": account_id} for event in page.data], page.has_more


def _bounds(since: datetime | None, after: str) -> dict[str, Any]:
    return ({"created": {"gte": int(since.timestamp())}} if since else {}) | (
        {"starting_after": after} if after else {}
    )


def fetch_dispute(*, account_id: str, dispute_id: str) -> DisputeFacts:
    """The dispute as it is now."""
    with _translated():
        return _dispute(_provider().v1.disputes.retrieve(dispute_id, options={"stripe_account": account_id}))


def fetch_fraud_warning(*, account_id: str, warning_id: str) -> FraudWarningFacts:
    """The warning as it is now."""
    with _translated():
        warning = _provider().v1.radar.early_fraud_warnings.retrieve(warning_id, options={"stripe_account": account_id})
    intent = warning.payment_intent
    return FraudWarningFacts(
        id=warning.id,
        intent_id=intent if isinstance(intent, str) else (intent.id if intent else ""),
        kind=warning.fraud_type,
        is_actionable=warning.actionable,
    )


def upload_evidence(*, account_id: str, name: str, content: bytes, key: str) -> str:
    """Hand over a file that evidence may name; its id. The same `key` gives the same one."""
    file = BytesIO(content)
    file.name = name
    with _translated():
        made = _provider().v1.files.create(
            params={"purpose": "dispute_evidence", "file": file},
            options={"stripe_account": account_id, "idempotency_key": key},
        )
    return made.id


def submit_evidence(*, account_id: str, dispute_id: str, evidence: dict[str, str], key: str) -> DisputeFacts:
    """Answer a dispute, once and for good: `evidence` is texts, and ids of files, by Stripe's names for them."""
    with _translated():
        params: Any = {"evidence": evidence, "submit": True}
        return _dispute(
            _provider().v1.disputes.update(
                dispute_id, params=params, options={"stripe_account": account_id, "idempotency_key": key}
            )
        )


def create_account(*, email: str, country: str, name: str, key: str) -> AccountFacts:
    """A connected account that both charge models work with: express dashboard, fees and losses on the platform."""
    with _translated():
        account = _provider().v1.accounts.create(
            params={
                "country": country,
                "email": email,
                "business_profile": {"name": name},
                "controller": {
                    "fees": {"payer": "application"},
                    "losses": {"payments": "application"},
                    "stripe_dashboard": {"type": "express"},
                },
                "capabilities": _capabilities(country),
            },
            options={"idempotency_key": key},
        )
    return _account(account)


def create_recipient(*, email: str, country: str, name: str, key: str) -> AccountFacts:
    """A connected account that transfers can be made to and that takes no payments of its own."""
    params: Any = {
        "country": country,
        "business_profile": {"name": name},
        "controller": {
            "fees": {"payer": "application"},
            "losses": {"payments": "application"},
            "stripe_dashboard": {"type": "express"},
        },
        "capabilities": {"transfers": {"requested": True}},
    }
    with _translated():
        account = _provider().v1.accounts.create(
            params=params | ({"email": email} if email else {}), options={"idempotency_key": key}
        )
    return _account(account)


def _capabilities(country: str) -> Any:
    wanted = [*CAPABILITIES, *(["sepa_debit_payments"] if country in DEBIT_COUNTRIES else [])]
    return {name: {"requested": True} for name in wanted}


def fetch_account(account_id: str) -> AccountFacts:
    """The connected account as it is now."""
    with _translated():
        return _account(_provider().v1.accounts.retrieve(account_id))


def create_onboarding_link(*, account_id: str, return_url: str, refresh_url: str) -> str:
    """A short-lived, single-use address where the organizer answers the provider's questions."""
    with _translated():
        link = _provider().v1.account_links.create(
            params={
                "account": account_id,
                "type": "account_onboarding",
                "return_url": return_url,
                "refresh_url": refresh_url,
            }
        )
    return str(link.url)


def register_host(*, account_id: str, host: str) -> WalletAnswer:
    """Tell the provider that the account takes payments on this host, which wallets ask for.

    Of a host that is registered it gives the same answer again, so no key is needed; then it looks whether each wallet works
    there (docs.stripe.com/payments/payment-methods/pmd-registration).
    """
    with _translated():
        domains = _provider().v1.payment_method_domains
        options: stripe.RequestOptions = {"stripe_account": account_id}
        domain = domains.create(params={"domain_name": host}, options=options)
        domain = domains.validate(domain.id, options=options)
    return WalletAnswer(id=domain.id, apple_pay=domain.apple_pay.status, google_pay=domain.google_pay.status)


def verified_event(*, body: bytes, signature: str) -> dict[str, Any]:
    """The event in a webhook's raw body, if the endpoint for its kind signed it within the tolerance of 300 s.

    Connected accounts' events come to an endpoint of their own, with a secret of its own: one of them that the other
    secret signed, or the reverse, is none. Raises WebhookRefused.
    """
    if not signature.isascii():  # the SDK breaks on such letters instead of refusing them
        raise WebhookRefused
    for secret, is_connect in ((settings.STRIPE_CONNECT_WEBHOOK_SECRET, True), (settings.STRIPE_WEBHOOK_SECRET, False)):
        if not secret:
            continue
        try:
            stripe.WebhookSignature.verify_header(body.decode(), signature, secret, stripe.Webhook.DEFAULT_TOLERANCE)
            event: Any = json.loads(body)
        except (stripe.SignatureVerificationError, ValueError, RecursionError):
            continue
        if _is_event(event) and bool(event.get("account")) == is_connect:
            return dict(event)
    raise WebhookRefused


def _is_event(value: Any) -> bool:
    """Whether it has the members that say what it is and whose."""
    texts = ("id", "type", "account")
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name, ""), str) for name in texts)
        and "id" in value
        and "type" in value
    )


def _intent(intent: stripe.PaymentIntent) -> Intent:
    charge = intent.latest_charge
    error = intent.last_payment_error
    metadata: Any = intent.metadata or {}
    return Intent(
        id=intent.id,
        status=intent.status,
        amount=intent.amount,
        amount_received=intent.amount_received or 0,
        client_secret=intent.client_secret or "",
        charge_id=charge if isinstance(charge, str) else (charge.id if charge else ""),
        # An attribute that the provider left out raises: of an expired card it says no decline_code.
        error_code=str(getattr(error, "decline_code", None) or getattr(error, "code", None) or ""),
        order_id=str(metadata["order_id"] if "order_id" in metadata else ""),  # noqa: SIM401 - no dict: no get()
        card_fingerprint="" if charge is None or isinstance(charge, str) else _fingerprint(charge),
        method="" if charge is None or isinstance(charge, str) else _method(charge),
        failed_attempt=_attempt(error) if error else "",
        is_failed_saved=bool(getattr(getattr(error, "payment_method", None), "customer", None)),
    )


def _attempt(error: Any) -> str:
    """A declined attempt has made a charge; one that the buyer did not authenticate has none, but its payment method."""
    method = getattr(error, "payment_method", None)
    return str(getattr(error, "charge", None) or getattr(method, "id", None) or getattr(error, "code", ""))[:80]


def _fingerprint(charge: stripe.Charge) -> str:
    """Of the card or the bank account that was charged; other methods have none."""
    details = charge.payment_method_details
    used = getattr(details, details.type, None) if details is not None else None
    return str(getattr(used, "fingerprint", None) or "")


def _method(charge: stripe.Charge) -> str:
    details = charge.payment_method_details
    return details.type if details is not None else ""


def _refund(refund: stripe.Refund) -> RefundAnswer:
    line: Any = refund.balance_transaction
    return RefundAnswer(
        id=refund.id,
        status=refund.status or "pending",
        failure=getattr(refund, "failure_reason", None) or "",
        amount=refund.amount,
        fee=None if line is None else -_platform_fee(line),
    )


def _platform_fee(line: stripe.BalanceTransaction) -> int:
    return sum(part.amount for part in line.fee_details if part.type == "application_fee")


def _balance_line(line: stripe.BalanceTransaction) -> BalanceLine:
    source: Any = line.source
    platform_fee = _platform_fee(line)
    return BalanceLine(
        id=line.id,
        type=line.type,
        amount=line.amount,
        provider_fee=line.fee - platform_fee,
        platform_fee=platform_fee,
        net=line.net,
        currency=line.currency.upper(),
        source=source if isinstance(source, str) else (source.id if source else ""),
        intent_id=str(getattr(source, "payment_intent", None) or ""),
        created_at=datetime.fromtimestamp(line.created, UTC),
        available_at=datetime.fromtimestamp(line.available_on, UTC),
        about="" if isinstance(source, str | None) else _about(source),
        account_id=str(getattr(source, "account", None) or getattr(source, "destination", None) or ""),
    )


def _about(source: Any) -> str:
    """A fee belongs to its charge, what came back of it to the fee, a transfer and its reversals to what we said with it."""
    if source.object == "fee_refund":
        return _id(source.fee)
    if source.object in ("transfer", "transfer_reversal"):
        said: Any = source.metadata or {}
        return str(said["about"]) if "about" in said else _id(getattr(source, "transfer", None) or source)
    return _id(getattr(source, "charge", None))


def _id(thing: Any) -> str:
    return thing if isinstance(thing, str) else str(thing.id if thing else "")


def _dispute(dispute: stripe.Dispute) -> DisputeFacts:
    intent, details = dispute.payment_intent, dispute.evidence_details
    return DisputeFacts(
        id=dispute.id,
        intent_id=intent if isinstance(intent, str) else (intent.id if intent else ""),
        amount=dispute.amount,
        currency=dispute.currency.upper(),
        reason=dispute.reason,
        state=dispute.status,
        due_by=datetime.fromtimestamp(details.due_by, UTC) if details.due_by else None,
        is_refundable=dispute.is_charge_refundable,
        is_submitted=details.submission_count > 0,
        created_at=datetime.fromtimestamp(dispute.created, UTC),
        lines=tuple(_balance_line(line) for line in dispute.balance_transactions),
    )


def _account(account: stripe.Account) -> AccountFacts:
    needs, can = account.requirements, account.capabilities
    return AccountFacts(
        id=account.id,
        charges_enabled=bool(account.charges_enabled),
        payouts_enabled=bool(account.payouts_enabled),
        requirements=tuple((needs.currently_due or []) if needs else []),
        disabled_reason=(needs.disabled_reason or "") if needs else "",
        deadline=datetime.fromtimestamp(needs.current_deadline, UTC) if needs and needs.current_deadline else None,
        capabilities={name: str(state) for name in CAPABILITIES if (state := getattr(can, name, None))},
    )
