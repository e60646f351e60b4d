"""The payment provider behind one small interface; the only package that imports stripe.

A direct charge is made on the organizer's connected account (`Stripe-Account`), with our fee as `application_fee_amount`
(docs.stripe.com/connect/direct-charges); a separate one on the platform's own, and what is whose of it follows by transfers
(docs.stripe.com/connect/separate-charges-and-transfers). Every call that creates something carries an idempotency key, so
that a call whose answer was lost can be made again; whoever makes it a day later looks first (`may_be_forgotten`). By subject: `charges`, `transfers`, `balances`, `disputes`, `accounts`,
`events`; `facts` is what is read from the answers, `call` how a call is made.
"""

from payments.errors import ProviderRefused, ProviderUnavailable
from payments.gateway.accounts import (
    DEBIT_COUNTRIES,
    create_account,
    create_onboarding_link,
    create_recipient,
    fetch_account,
    register_host,
    request_debits,
)
from payments.gateway.balances import (
    create_payout,
    fetch_available,
    fetch_balance,
    fetch_payout,
    list_balance_lines,
    list_payouts,
    set_manual_payouts,
)
from payments.gateway.call import PLATFORM, client, may_be_forgotten
from payments.gateway.charges import (
    cancel_intent,
    capture_intent,
    create_intent,
    create_refund,
    fetch_intent,
    fetch_refund,
    list_refunds,
)
from payments.gateway.disputes import fetch_dispute, fetch_fraud_warning, submit_evidence, upload_evidence
from payments.gateway.events import list_events, verified_event
from payments.gateway.facts import (
    DEBITS,
    AccountFacts,
    BalanceLine,
    DisputeFacts,
    FraudWarningFacts,
    Intent,
    PayoutFacts,
    RefundAnswer,
    Transferred,
    WalletAnswer,
)
from payments.gateway.transfers import create_transfer, find_transfer, list_reversals, reverse_transfer

__all__ = [
    "DEBITS",
    "DEBIT_COUNTRIES",
    "PLATFORM",
    "AccountFacts",
    "BalanceLine",
    "DisputeFacts",
    "FraudWarningFacts",
    "Intent",
    "PayoutFacts",
    "ProviderRefused",
    "ProviderUnavailable",
    "RefundAnswer",
    "Transferred",
    "WalletAnswer",
    "cancel_intent",
    "capture_intent",
    "client",
    "create_account",
    "create_intent",
    "create_onboarding_link",
    "create_payout",
    "create_recipient",
    "create_refund",
    "create_transfer",
    "fetch_account",
    "fetch_available",
    "fetch_balance",
    "fetch_dispute",
    "fetch_fraud_warning",
    "fetch_intent",
    "fetch_payout",
    "fetch_refund",
    "find_transfer",
    "list_balance_lines",
    "list_events",
    "list_payouts",
    "list_refunds",
    "list_reversals",
    "may_be_forgotten",
    "register_host",
    "request_debits",
    "reverse_transfer",
    "set_manual_payouts",
    "submit_evidence",
    "upload_evidence",
    "verified_event",
]
