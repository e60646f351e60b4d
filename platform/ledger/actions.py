"""Post what happened to money."""

from django.db import connection

from ledger.models import Account, LedgerEntry, LedgerTransaction, Owed

Kind = Account.Kind
Amounts = dict[Kind | Owed, int]  # minor units by account, in = positive


def post(*, key: str, currency: str, amounts: Amounts) -> LedgerTransaction | None:
    """Post `amounts` under `key`, in the transaction of what they record.

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
        LedgerEntry(transaction=transaction, account=_account(place, currency), amount=amount)
        for place, amount in sorted(amounts.items(), key=lambda entry: str(entry[0]))
        if amount != 0
    )
    return transaction


def _account(place: Kind | Owed, currency: str) -> Account:
    owed = (place.kind, place.party, place.reference) if isinstance(place, Owed) else (place, "", "")
    kind, party, reference = owed
    account, _is_new = Account.objects.get_or_create(kind=kind, currency=currency, party=party, reference=reference)
    return account
