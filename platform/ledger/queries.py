"""What the books say."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from ledger.models import Account, LedgerEntry, LedgerTransaction, Party


@dataclass(frozen=True)
class Standing:
    """How things stand with one party in one currency, minor units; none of the three is negative in sound books."""

    party: Party
    reference: str
    currency: str
    payable: int
    reserve: int  # theirs as well, but held back
    receivable: int

    @property
    def balance(self) -> int:
        """What the party has coming: negative when it owes more than it is owed."""
        return self.payable + self.reserve - self.receivable


def balance(kind: Account.Kind) -> dict[str, int]:
    """The balance of an account in minor units per currency; money in is positive. Of all parties where it has them."""
    rows = LedgerEntry.objects.filter(account__kind=kind).values("account__currency").annotate(sum=Sum("amount"))
    return {row["account__currency"]: row["sum"] for row in rows}


def standings() -> list[Standing]:
    """What each party is owed and owes, by party, reference and currency."""
    owed = LedgerEntry.objects.exclude(account__party="").values(
        "account__party", "account__reference", "account__currency", "account__kind"
    )
    sums: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in owed.annotate(sum=Sum("amount")):
        place = (row["account__party"], row["account__reference"], row["account__currency"])
        sums.setdefault(place, {})[row["account__kind"]] = row["sum"]
    return [
        Standing(
            party=Party(party),
            reference=reference,
            currency=currency,
            payable=-found.get(Account.Kind.PAYABLE, 0),
            reserve=-found.get(Account.Kind.RESERVE, 0),
            receivable=found.get(Account.Kind.RECEIVABLE, 0),
        )
        for (party, reference, currency), found in sorted(sums.items())
    ]


def sum_of(entries: QuerySet[LedgerEntry]) -> int:
    """What these entries add up to, minor units; debits are positive."""
    return entries.aggregate(sum=Sum("amount"))["sum"] or 0


def is_posted(key: str) -> bool:
    """Whether something was posted under this key."""
    return LedgerTransaction.objects.filter(key=key).exists()


def entries_of(key: str) -> tuple[str, dict[Account.Kind, int]]:
    """The currency and amounts by kind of account that were posted under this key."""
    entries = LedgerEntry.objects.filter(transaction__key=key).select_related("account")
    amounts: dict[Account.Kind, int] = {}
    for entry in entries:
        kind = Account.Kind(entry.account.kind)
        amounts[kind] = amounts.get(kind, 0) + entry.amount
    currencies = {entry.account.currency for entry in entries}
    return (currencies.pop() if currencies else ""), amounts


# Where an organizer's money is at the provider: on its own account, or on the platform's, which our fee stays on as well.
ITS_ACCOUNT: tuple[Account.Kind, ...] = (Account.Kind.PROVIDER,)
THE_PLATFORMS: tuple[Account.Kind, ...] = (Account.Kind.COLLECTED, Account.Kind.PLATFORM_FEES)


def posted_at_provider(keys: Iterable[str], kinds: Iterable[Account.Kind] = ITS_ACCOUNT) -> dict[str, dict[str, int]]:
    """What each of these keys moved at the payment provider: minor units by currency; keys that were not posted are absent.

    On the organizer's own account, or with `kinds` THE_PLATFORMS on the platform's. A key may be posted and have moved nothing
    there: of a sale whose whole rest goes to partners the platform keeps all.
    """
    posted = LedgerTransaction.objects.filter(key__in=list(keys)).values_list("key", flat=True)
    found: dict[str, dict[str, int]] = {key: {} for key in posted}
    rows = LedgerEntry.objects.filter(transaction__key__in=list(found), account__kind__in=list(kinds))
    for row in rows.values("transaction__key", "account__currency").annotate(sum=Sum("amount")):
        found.setdefault(row["transaction__key"], {})[row["account__currency"]] = row["sum"]
    return found
