"""Commissions in the books: what an affiliate has of an order, out of the organizer's part, waiting for approval or owed.

A commission is a party's like any other: it is booked under `shares:`, has its line among the split lines, and is refunded,
collected, transferred and taken back by whatever does that for partners. Until it is approved it stands in the party's reserve.
"""

from ledger.actions import Amounts, Kind, post
from ledger.models import LedgerEntry, Owed, Party, SplitLine
from ledger.queries import sum_of
from ledger.split_rules import Payee
from ledger.splits import lock_parties, owed


def commission_key(key: str) -> str:
    """Of the line of what `key` earned or gave back; "shares:" and it is that of its postings."""
    return f"commission:{key}"


def accrue(*, key: str, payee: Payee, currency: str, amount: int, is_approved: bool) -> None:
    """Book so many minor units more (negative: fewer) of commission since the ledger transaction `key`, in its transaction.

    What is not approved waits in the party's reserve. What must go back and was paid out is owed by the party from then on. A
    second time does nothing.
    """
    line = commission_key(key)
    lock_parties([payee], currency)
    if amount == 0 or SplitLine.objects.filter(key=line).exists():
        return
    SplitLine.objects.create(
        key=line,
        amount=0,
        before=0,
        parts=[
            {"party": payee.party.value, "reference": payee.reference, "amount": amount},
            {"party": Party.ORGANIZER.value, "reference": "", "amount": -amount},
        ],
    )
    theirs: Amounts = owed({payee: amount}, currency) if is_approved else {_reserve(payee): -amount}
    post(key=f"shares:{line}", currency=currency, amounts={**theirs, Kind.SHARES: amount})


def approve(*, key: str, payee: Payee, currency: str, amount: int) -> None:
    """Let what waits in the party's reserve be paid: first what the party owes, if anything. In the caller's transaction."""
    lock_parties([payee], currency)
    amounts: Amounts = {_reserve(payee): amount, **owed({payee: amount}, currency)}
    post(key=f"approved:{key}", currency=currency, amounts=amounts)


def waiting(payee: Payee, currency: str) -> int:
    """What waits for approval, minor units."""
    place = _reserve(payee)
    entries = LedgerEntry.objects.filter(
        account__kind=place.kind,
        account__currency=currency,
        account__party=place.party,
        account__reference=place.reference,
    )
    return -sum_of(entries)


def _reserve(payee: Payee) -> Owed:
    return Owed(Kind.RESERVE, payee.party, payee.reference)
