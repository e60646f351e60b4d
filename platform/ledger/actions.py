"""Post what happened to money."""

from django.db import connection

from ledger.models import Account, LedgerEntry, LedgerTransaction

Kind = Account.Kind


def post(*, key: str, currency: str, amounts: dict[Account.Kind, int]) -> LedgerTransaction | None:
    """Post `amounts` (minor units by account, in = positive) under `key`, in the transaction of what they record.

    They must add up to nothing; the database refuses the commit otherwise. Returns None when `key` is already posted.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{key} is posted outside a transaction")
    if sum(amounts.values()) != 0:
        raise ValueError(f"{key} does not balance: {amounts}")
    if LedgerTransaction.objects.filter(key=key).exists():
        return None
    transaction = LedgerTransaction.objects.create(key=key)
    LedgerEntry.objects.bulk_create(
        LedgerEntry(transaction=transaction, account=_account(kind, currency), amount=amount)
        for kind, amount in sorted(amounts.items())
        if amount != 0
    )
    return transaction


def _account(kind: Account.Kind, currency: str) -> Account:
    account, _is_new = Account.objects.get_or_create(kind=kind, currency=currency)
    return account
