"""What the books say."""

from django.db.models import Sum

from ledger.models import Account, LedgerEntry, LedgerTransaction


def balance(kind: Account.Kind) -> dict[str, int]:
    """The balance of an account in minor units per currency; money in is positive."""
    rows = LedgerEntry.objects.filter(account__kind=kind).values("account__currency").annotate(sum=Sum("amount"))
    return {row["account__currency"]: row["sum"] for row in rows}


def is_posted(key: str) -> bool:
    """Whether something was posted under this key."""
    return LedgerTransaction.objects.filter(key=key).exists()


def entries_of(key: str) -> tuple[str, dict[Account.Kind, int]]:
    """The currency and amounts by account that were posted under this key."""
    entries = LedgerEntry.objects.filter(transaction__key=key).select_related("account")
    amounts = {Account.Kind(entry.account.kind): entry.amount for entry in entries}
    currencies = {entry.account.currency for entry in entries}
    return (currencies.pop() if currencies else ""), amounts
