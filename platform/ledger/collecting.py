"""What of a sale the platform takes in for parties that it pays by transfer (docs/splits.md)."""

from collections.abc import Mapping

from ledger.actions import Kind
from ledger.models import CollectedParty, LedgerEntry, Party, SplitVersion
from ledger.queries import sum_of
from ledger.split_rules import Payee, Rules
from ledger.splits import earned
from tenants.current import lock_until_commit


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


def still_to_collect(*, parties: set[Payee], currency: str, coming: Mapping[SplitVersion, int], on_its_way: int) -> int:
    """What these parties are owed, with their parts of what is `coming` under each version, beyond what the platform has.

    Minor units; `on_its_way` is what payments under way bring of it. Negative when the platform has more than that.
    """
    owed = LedgerEntry.objects.filter(account__kind__in=[Kind.PAYABLE, Kind.RECEIVABLE], account__currency=currency)
    due = -sum_of(owed.filter(account__reference__in=[payee.reference for payee in parties]))
    for version, amount in coming.items():
        before, rules = max(0, earned(version)), Rules.from_dict(version.rules)
        had, has = rules.parts(before), rules.parts(before + max(0, amount))
        due += sum(has[payee] - had[payee] for payee in has if payee in parties)
    return due - collected(currency) - on_its_way


def collected(currency: str) -> int:
    """What the platform has taken in for parties and not paid them, minor units; below nothing, it has advanced so much."""
    return sum_of(LedgerEntry.objects.filter(account__kind=Kind.COLLECTED, account__currency=currency))
