"""Money between the platform and connected accounts."""

from datetime import datetime
from typing import Any

import stripe

from payments.gateway.call import PAGE, bounds, provider, translated
from payments.gateway.facts import Transferred, said_about


def create_transfer(
    *, account_id: str, amount: int, currency: str, group: str, about: str, key: str, source: str = ""
) -> Transferred:
    """Move `amount` minor units from the platform to a connected account. The same `key` moves it once. `about` is what its line
    and those of its reversals are compared by with our books.

    With `source`, a charge of the platform's, it may be moved before that money is available, and arrives with it; all
    transfers of a charge are no more than it is (docs.stripe.com/connect/separate-charges-and-transfers). Without it, it
    comes from the platform's available balance. Raises ProviderRefused where there is too little of either.
    """
    params: stripe.params.TransferCreateParams = {
        "amount": amount,
        "currency": currency.lower(),
        "destination": account_id,
        "transfer_group": group,
        "metadata": {"about": about},
    }
    if source:
        params["source_transaction"] = source
    with translated():
        made = provider().v1.transfers.create(params=params, options={"idempotency_key": key})
    return _transferred(made)


def find_transfer(*, account_id: str, about: str, since: datetime) -> Transferred | None:
    """The transfer to this account that was made `about` it since then."""
    params: Any = {"destination": account_id, "limit": PAGE, **bounds(since, "")}
    with translated():
        page = provider().v1.transfers.list(params=params)
        return next((_transferred(one) for one in page.auto_paging_iter() if said_about(one) == about), None)


def _transferred(made: stripe.Transfer) -> Transferred:
    arrived = made.destination_payment
    return Transferred(made.id, made.amount, arrived if isinstance(arrived, str) else (arrived.id if arrived else ""))


def reverse_transfer(*, transfer_id: str, amount: int, about: str, key: str) -> Transferred:
    """Take `amount` minor units of a transfer back. Raises ProviderRefused when the account's balance is short."""
    with translated():
        made = provider().v1.transfers.reversals.create(
            transfer_id, params={"amount": amount, "metadata": {"about": about}}, options={"idempotency_key": key}
        )
    return _reversed(made)


def list_reversals(*, transfer_id: str) -> list[Transferred]:
    """Every reversal of a transfer."""
    with translated():
        page = provider().v1.transfers.reversals.list(transfer_id, params={"limit": PAGE})
        return [_reversed(one) for one in page.auto_paging_iter()]


def _reversed(made: stripe.TransferReversal) -> Transferred:
    left = made.destination_payment_refund
    return Transferred(made.id, made.amount, left if isinstance(left, str) else (left.id if left else ""))
