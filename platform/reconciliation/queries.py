"""Reads and locked reads of checks and incidents."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from inbox.models import ProviderEvent
from ledger.models import LedgerEntry, LedgerTransaction
from ledger.queries import ITS_ACCOUNT, THE_PLATFORMS
from payments.gateway import PLATFORM
from reconciliation.models import Check, Incident, ProviderLine
from ui.errors import NotFound

RECORDED = Q(key__startswith="sale:") | Q(key__startswith="refund:") | Q(key__startswith="refund-failed:")
ARRIVED = Q(key__startswith="arrived:")


def last_check() -> Check | None:
    """The check that was asked for last, under way or done."""
    return Check.objects.order_by("-started_at", "-pk").first()


def last_done_check(account_id: str) -> Check | None:
    """The last one of this account that came to its end."""
    return Check.objects.filter(account_id=account_id, step=Check.Step.DONE).order_by("-started_at").first()


def incidents(state: str = "") -> QuerySet[Incident]:
    """Incidents in `state` (any where it is none), newest first."""
    found = Incident.objects.order_by("-opened_at", "-pk")
    return found.filter(state=state) if state in Incident.State.values else found


def state_counts() -> dict[str, int]:
    """How many incidents are in each state."""
    counted = Incident.objects.values_list("state").annotate(number=Count("pk"))
    return {**dict.fromkeys(Incident.State.values, 0), **dict(counted)}


def incident_by_id(incident_id: UUID) -> Incident:
    """The incident. Raises NotFound."""
    found = Incident.objects.filter(pk=incident_id).first()
    if found is None:
        raise NotFound
    return found


def incident_for_update(incident_id: UUID) -> Incident:
    """The incident, its row locked until the transaction ends. Raises NotFound."""
    found = Incident.objects.select_for_update().filter(pk=incident_id).first()
    if found is None:
        raise NotFound
    return found


def lines_to_compare(account_id: str) -> list[str]:
    """The ids of the account's lines that are not compared yet, oldest first."""
    lines = ProviderLine.objects.filter(account_id=account_id, state=ProviderLine.State.NEW)
    return list(lines.order_by("created_at", "pk").values_list("pk", flat=True))


def sums_of_lines(account_id: str) -> dict[str, int]:
    """What the account's lines come to, minor units by currency."""
    rows = ProviderLine.objects.filter(account_id=account_id).values("currency").annotate(sum=Sum("net"))
    return {row["currency"]: row["sum"] for row in rows}


def postings_without_line(*, before: datetime, limit: int = 200) -> list[tuple[str, str, int]]:
    """What our books moved at the provider before then and no line of it shows: key, currency, minor units.

    Of the platform's account only what is older than the newest of its lines that was handed over.
    """
    seen = ProviderLine.objects.filter(posting_key=OuterRef("key"))
    newest = ProviderLine.objects.filter(account_id=PLATFORM).aggregate(newest=Max("created_at"))["newest"]
    found = []
    for until, kinds in ((before, ITS_ACCOUNT), (min(before, newest) if newest else None, THE_PLATFORMS[:1])):
        if until is None:
            continue
        lost = LedgerTransaction.objects.filter(RECORDED | ARRIVED, ~Exists(seen), at__lt=until)
        lost = lost.filter(entries__account__kind__in=kinds).distinct().order_by("at", "pk")
        rows = LedgerEntry.objects.filter(transaction__in=lost[:limit].values("pk"), account__kind__in=kinds)
        summed = rows.values_list("transaction__key", "account__currency").annotate(sum=Sum("amount"))
        found += [(key, currency, amount) for key, currency, amount in summed if amount != 0]
    return found


def unknown_events(ids: Iterable[str]) -> set[str]:
    """Those of these events of the provider that never came in."""
    wanted = set(ids)
    return wanted - set(ProviderEvent.objects.filter(pk__in=wanted).values_list("pk", flat=True))
