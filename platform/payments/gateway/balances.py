"""What an account has at the provider, line by line, and what leaves it for a bank."""

from datetime import UTC, datetime
from typing import Any

import stripe

from payments.gateway.call import PAGE, bounds, of_account, provider, translated
from payments.gateway.facts import BalanceLine, PayoutFacts, balance_line, said_about


def list_balance_lines(
    *, account_id: str, since: datetime | None, after: str = "", limit: int = PAGE
) -> tuple[list[BalanceLine], bool]:
    """A page of the account's balance, newest first, from the line below `after` down to `since`; and whether more follow.

    The platform's own with PLATFORM as the account."""
    params: dict[str, Any] = {"limit": limit, "expand": ["data.source"], **bounds(since, after)}
    with translated():
        page = provider().v1.balance_transactions.list(params=params, options=of_account(account_id))  # type: ignore[arg-type]
    return [balance_line(line) for line in page.data], page.has_more


def fetch_balance(account_id: str) -> dict[str, int]:
    """What the account, or PLATFORM, has at the provider, available or on its way: minor units by currency."""
    with translated():
        balance = provider().v1.balance.retrieve(options=of_account(account_id))
    sums: dict[str, int] = {}
    parts: list[Any] = [*balance.available, *balance.pending]
    for part in parts:
        sums[part.currency.upper()] = sums.get(part.currency.upper(), 0) + part.amount
    return sums


def fetch_available(account_id: str) -> dict[str, int]:
    """What the account may pay out now: minor units by currency, negative where it owes."""
    with translated():
        balance = provider().v1.balance.retrieve(options=of_account(account_id))
    return {part.currency.upper(): part.amount for part in balance.available}


def set_manual_payouts(account_id: str) -> None:
    """Let nothing be paid out of the account but what we ask for (docs.stripe.com/connect/manual-payouts)."""
    with translated():
        provider().v1.balance_settings.update(
            params={"payments": {"payouts": {"schedule": {"interval": "manual"}}}},
            options=of_account(account_id),
        )


def create_payout(*, account_id: str, amount: int, currency: str, about: str, key: str) -> PayoutFacts:
    """Pay `amount` minor units out to the account's bank. The same `key` pays once; `about` is found again when it is forgotten."""
    with translated():
        made = provider().v1.payouts.create(
            params={"amount": amount, "currency": currency.lower(), "metadata": {"about": about}},
            options=of_account(account_id, key=key),
        )
    return fetch_payout(account_id=account_id, payout_id=made.id)


def fetch_payout(*, account_id: str, payout_id: str) -> PayoutFacts:
    """The payout as it is now."""
    expand = ["balance_transaction", "failure_balance_transaction"]
    with translated():
        payout = provider().v1.payouts.retrieve(payout_id, params={"expand": expand}, options=of_account(account_id))
    return _payout_facts(payout)


def list_payouts(*, account_id: str, since: datetime) -> list[PayoutFacts]:
    """Every payout of the account since then as it is now, whoever asked for it."""
    expand = ["data.balance_transaction", "data.failure_balance_transaction"]
    params: Any = {"limit": PAGE, "expand": expand, **bounds(since, "")}
    with translated():
        page = provider().v1.payouts.list(params=params, options=of_account(account_id))
        return [_payout_facts(one) for one in page.auto_paging_iter()]


def _payout_facts(payout: stripe.Payout) -> PayoutFacts:
    """What we keep of a payout; its lines expanded."""
    lines: list[Any] = [payout.balance_transaction, payout.failure_balance_transaction]
    return PayoutFacts(
        id=payout.id,
        amount=payout.amount,
        currency=payout.currency.upper(),
        state=payout.status,
        failure=payout.failure_code or "",
        arrives_at=datetime.fromtimestamp(payout.arrival_date, UTC),
        about=said_about(payout),
        lines=tuple(balance_line(line) for line in lines if line),
    )
