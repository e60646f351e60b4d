"""What we keep of the provider's objects, and how it is read from them. Amounts are minor units, times UTC."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import stripe

# What our two charge models need of a connected account.
CAPABILITIES = ("card_payments", "transfers")
DEBITS = "sepa_debit_payments"


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
    failed_attempt: str = ""  # names the attempt that `error_code` is about, as far as the provider tells them apart
    is_failed_saved: bool = False  # that attempt was made with a card that was saved before

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
    about: str  # what we said with it; "" where somebody else asked for it
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


@dataclass(frozen=True)
class Transferred:
    """A transfer, or a reversal of one, as the provider has it; `amount` is minor units.

    `arrived` names what it is on the account it came to, or left: the source of the line in that account's balance.
    """

    id: str
    amount: int
    arrived: str = ""


def intent_facts(intent: stripe.PaymentIntent) -> Intent:
    """What we keep of a PaymentIntent."""
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


def refund_facts(refund: stripe.Refund) -> RefundAnswer:
    """What we keep of a refund; its balance transaction expanded."""
    line: Any = refund.balance_transaction
    return RefundAnswer(
        id=refund.id,
        status=refund.status or "pending",
        failure=getattr(refund, "failure_reason", None) or "",
        amount=refund.amount,
        fee=None if line is None else -platform_fee_in(line),
    )


def platform_fee_in(line: stripe.BalanceTransaction) -> int:
    """Our fee in a line of a connected account's balance, minor units."""
    return sum(part.amount for part in line.fee_details if part.type == "application_fee")


def balance_line(line: stripe.BalanceTransaction) -> BalanceLine:
    """What we keep of a balance transaction; its source expanded."""
    source: Any = line.source
    platform_fee = platform_fee_in(line)
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
    """A charge is its own, what went back of it, a dispute of it and a fee belong to it, what came back of a fee to the fee, a
    transfer and its reversals to what we said with it."""
    if source.object == "charge":
        return str(source.id)
    if source.object == "fee_refund":
        return _id(source.fee)
    if source.object in ("transfer", "transfer_reversal"):
        return said_about(source) or _id(getattr(source, "transfer", None) or source)
    return _id(getattr(source, "charge", None))


def said_about(thing: Any) -> str:
    """What we said with a transfer, a reversal or a payout that it is about, or ""."""
    said: Any = thing.metadata or {}
    return str(said["about"]) if "about" in said else ""


def _id(thing: Any) -> str:
    return thing if isinstance(thing, str) else str(thing.id if thing else "")


def dispute_facts(dispute: stripe.Dispute) -> DisputeFacts:
    """What we keep of a dispute."""
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
        lines=tuple(balance_line(line) for line in dispute.balance_transactions),
    )


def account_facts(account: stripe.Account) -> AccountFacts:
    """What we keep of a connected account."""
    needs, can = account.requirements, account.capabilities
    return AccountFacts(
        id=account.id,
        charges_enabled=bool(account.charges_enabled),
        payouts_enabled=bool(account.payouts_enabled),
        requirements=tuple((needs.currently_due or []) if needs else []),
        disabled_reason=(needs.disabled_reason or "") if needs else "",
        deadline=datetime.fromtimestamp(needs.current_deadline, UTC) if needs and needs.current_deadline else None,
        capabilities={name: str(state) for name in (*CAPABILITIES, DEBITS) if (state := getattr(can, name, None))},
    )
