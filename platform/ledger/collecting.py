"""What lies with the platform: parts of sales for parties that it pays by transfer, and the organizer's own where the platform
itself was charged (docs/splits.md, docs/charge-models.md)."""

from collections.abc import Mapping

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from ledger.actions import Amounts, Kind, post
from ledger.models import CollectedParty, LedgerEntry, Party, SplitVersion
from ledger.queries import sum_of
from ledger.split_rules import ORGANIZER, Payee
from ledger.splits import moves, owed
from tenants.current import lock_until_commit

OWED_KINDS = (Kind.PAYABLE, Kind.RESERVE, Kind.RECEIVABLE)


def collect_for(payee: Payee, *, wanted: bool) -> None:
    """From now on take this party's part in with each sale, or no longer."""
    found = CollectedParty.objects.filter(party=payee.party, reference=payee.reference)
    if wanted:
        CollectedParty.objects.get_or_create(party=payee.party, reference=payee.reference)
    else:
        found.delete()


def collected_parties() -> set[Payee]:
    """The parties whose parts the platform takes in."""
    return {Payee(Party(one.party), one.reference) for one in CollectedParty.objects.all()}


def lock_collecting(currency: str) -> None:
    """Let nobody else work out what to collect in this currency until the transaction ends."""
    lock_until_commit(f"collecting:{currency}")


def still_to_collect(
    *,
    parties: set[Payee],
    currency: str,
    coming: Mapping[SplitVersion, tuple[int, int]],
    on_its_way: int,
    commissions: Mapping[Payee, int] | None = None,
) -> int:
    """What these parties are owed, with their parts of what is `coming` under each version (amount, tickets) and their
    `commissions` of it, beyond what the platform has. What waits for approval counts: it is theirs.

    Minor units; `on_its_way` is what payments under way bring of it. Negative when the platform has more than that. What the
    organizer itself owes the platform is to be taken in as well.
    """
    standing = LedgerEntry.objects.filter(account__kind__in=OWED_KINDS, account__currency=currency)
    due = -sum_of(standing.filter(account__reference__in=[payee.reference for payee in parties]))
    due += sum(amount for payee, amount in (commissions or {}).items() if payee in parties)
    for version, (amount, tickets) in coming.items():
        for move in moves(version, max(0, amount), tickets):
            due += sum(change for payee, change in move.change.items() if payee in parties)
    there, own = _with_the_platform(currency)
    return due - (there - max(0, own)) - on_its_way


def collected(currency: str) -> int:
    """What the platform has taken in for partners and not paid them, minor units; below nothing, it has advanced so much."""
    there, own = _with_the_platform(currency)
    return there - own


def _with_the_platform(currency: str) -> tuple[int, int]:
    """What lies with the platform, and what of it is the organizer's own (below nothing: it owes that), minor units."""
    sums = LedgerEntry.objects.filter(account__currency=currency).aggregate(
        there=Coalesce(Sum("amount", filter=Q(account__kind=Kind.COLLECTED)), 0),
        own=Coalesce(Sum("amount", filter=Q(account__kind=Kind.OWN)), 0),
    )
    return int(sums["there"]), int(sums["own"])


def settle_own(*, key: str, currency: str) -> int:
    """Book under `own:<key>` what the platform owes the organizer itself, more or less than before; how much, minor units.

    That is whatever lies with the platform and is not owed to a party that it pays by transfer: so after each sale on the
    platform's account, refund or dispute of it everybody's part of the money there has one owner. Within the transaction of
    what was booked.
    """
    lock_collecting(currency)
    ours, theirs = Q(account__kind=Kind.COLLECTED), Q(account__kind=Kind.OWN)
    payees = Q(pk=None)
    for payee in collected_parties():
        payees |= Q(account__party=payee.party, account__reference=payee.reference)
    entries = LedgerEntry.objects.filter(account__currency=currency)
    owed_kinds = Q(account__kind__in=OWED_KINDS)
    sums = entries.aggregate(  # in one statement: one instant
        there=Coalesce(Sum("amount", filter=ours), 0),
        own=Coalesce(Sum("amount", filter=theirs), 0),
        parties=Coalesce(Sum("amount", filter=owed_kinds & payees), 0),
    )
    change = int(sums["there"] + sums["parties"] - sums["own"])
    if change:
        amounts: Amounts = {Kind.OWN: change, **owed({ORGANIZER: change}, currency)}
        post(key=f"own:{key}", currency=currency, amounts=amounts)
    return change
