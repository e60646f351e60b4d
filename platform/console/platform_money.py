"""The platform's own books against its own balance at the payment provider (docs/reconciliation.md).

Our fees and what we take in for partners are booked from the organizers' books; what only the provider knows (its charges for
all organizers, payouts of our own) is booked from its lines. So the books' balance is the provider's, and each charge and each
transfer has the same sum on both sides, or something is missing.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Max, OuterRef, Subquery, Sum
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from accounts.queries import platform_admins
from console.models import PlatformBalance, PlatformBooking, PlatformDifference, PlatformLine
from inbox.actions import organizers_of, receive_event
from ledger.actions import Amounts, Kind, post
from ledger.queries import balance
from notifications.actions import queue_email
from payments import gateway
from reconciliation.actions import NEWS_TAKES, SALES, hand_over
from reconciliation.queries import unknown_events

logger = logging.getLogger(__name__)

OVERLAP = timedelta(days=2)  # that a check looks back beyond the newest line that it knows
# Lines that our own verbs book under keys of their own.
BOOKED_ELSEWHERE = ("application_fee", "application_fee_refund", "transfer", "transfer_refund", "transfer_cancel")
# The account of every other line's counterpart; what is not named here is unexplained.
PROVIDERS_OWN = {
    "stripe_fee": Kind.PAYMENT_COSTS,
    "tax_fee": Kind.PAYMENT_COSTS,
    "payout": Kind.BANK,
    "payout_cancel": Kind.BANK,
    "payout_failure": Kind.BANK,
    "topup": Kind.BANK,
}


def check_platform_money(*, event_types: Collection[str] = (), at: datetime | None = None) -> list[PlatformBalance]:
    """Fetch what is new, book what only the provider tells, compare each currency, and each charge and transfer by itself.

    May be killed anywhere and run again.

    Lines of organizers' orders that the platform itself is charged for are handed to their own checks, and messages of
    `event_types` about them that never came are fetched.

    A difference that was there a check ago is mailed to the platform's admins, once. Raises ProviderUnavailable.
    """
    at = at or timezone.now()
    with schema_context(get_public_schema_name()):
        _fetch_lines()
        _fetch_missed_events(event_types, at)
        theirs = gateway.fetch_balance(gateway.PLATFORM)
        _compare_one_by_one(at)
        return _compare(theirs, at)


def note_booking(*, key: str, about: str) -> None:
    """Note what of the provider's a posting in the platform's books is the other side of, in the posting's transaction."""
    PlatformBooking.objects.get_or_create(pk=key, defaults={"about": about})


def _fetch_lines() -> None:
    newest = PlatformLine.objects.aggregate(newest=Max("created_at"))["newest"]
    since, after, more = newest - OVERLAP if newest else None, "", True
    pages: list[list[gateway.BalanceLine]] = []
    while more:
        lines, more = gateway.list_balance_lines(account_id=gateway.PLATFORM, since=since, after=after)
        after = lines[-1].id if lines else after
        pages.append(lines)
    # The oldest first: whoever is killed in between begins again from the newest line that was kept.
    for lines in reversed(pages):
        organizers = organizers_of(line.intent_id for line in lines)
        for organizer in {one.pk: one for one in organizers.values()}.values():
            with tenant_context(organizer):
                hand_over(line for line in lines if organizers.get(line.intent_id) == organizer)
        _keep(lines[::-1], passed_on=set(organizers))


def _fetch_missed_events(event_types: Collection[str], at: datetime) -> None:
    after, more, missed = "", bool(event_types), 0
    while more:
        events, more = gateway.list_events(
            account_id=gateway.PLATFORM, types=event_types, since=at - OVERLAP, after=after
        )
        after = events[-1]["id"] if events else after
        late = {event["id"]: event for event in events if event["created"] < (at - NEWS_TAKES).timestamp()}
        missed += sum(receive_event(late[event_id]) for event_id in sorted(unknown_events(late)))
    if missed:
        logger.warning("%d messages about the platform's own payments had not come", missed)
        import_string(settings.INBOX_WAKE)()


@transaction.atomic
def _keep(lines: list[gateway.BalanceLine], *, passed_on: set[str]) -> None:
    """Keep a page of lines and book what of them only they tell: of orders that are `passed_on` to organizers' books, what the
    provider charges for the payment."""
    known = set(PlatformLine.objects.filter(pk__in=[line.id for line in lines]).values_list("pk", flat=True))
    for line in lines:
        if line.id in known:
            continue
        PlatformLine.objects.create(
            id=line.id,
            type=line.type,
            amount=line.amount,
            fee=line.provider_fee,
            net=line.net,
            currency=line.currency,
            source=line.source,
            about=_charge_of_fee(line.about) if line.type == "application_fee_refund" else line.about,
            account_id=line.account_id,
            is_passed_on=line.intent_id in passed_on,
            created_at=line.created_at,
        )
        if line.intent_id in passed_on:
            if line.type in SALES and line.provider_fee:
                costs: Amounts = {Kind.PROVIDER: -line.provider_fee, Kind.PAYMENT_COSTS: line.provider_fee}
                post(key=f"line:{line.id}", currency=line.currency, amounts=costs)
        elif line.type not in BOOKED_ELSEWHERE:
            rest = PROVIDERS_OWN.get(line.type, Kind.UNEXPLAINED)
            amounts: Amounts = {Kind.PROVIDER: line.net, Kind.PAYMENT_COSTS: line.provider_fee}
            amounts[rest] = amounts.get(rest, 0) - line.amount
            post(key=f"line:{line.id}", currency=line.currency, amounts=amounts)


def _charge_of_fee(fee_id: str) -> str:
    """The charge that a fee was taken with: its own line, which is older, says so."""
    found = PlatformLine.objects.filter(source=fee_id, type="application_fee").values_list("about", flat=True).first()
    return found or fee_id


# What the provider's lines and our books say of each charge and transfer, where that is not the same.
DIFFERENT = """
SELECT about, currency, sum(theirs)::bigint, sum(ours)::bigint, max(account_id) FROM (
    SELECT about, currency, CASE WHEN is_passed_on AND type IN ('charge', 'payment') THEN amount ELSE net END AS theirs,
           0 AS ours, account_id FROM console_platformline WHERE type = ANY(%s) OR is_passed_on
    UNION ALL
    SELECT b.about, a.currency, 0, e.amount, '' FROM console_platformbooking b
      JOIN ledger_ledgertransaction t ON t.key = b.key
      JOIN ledger_ledgerentry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'provider') part
 GROUP BY about, currency HAVING sum(theirs) <> sum(ours)
"""


@transaction.atomic
def _compare_one_by_one(at: datetime) -> None:
    """Keep which charges and transfers differ, each since when."""
    # What of a fee came back by itself is booked under its own name; its line says of which charge.
    line = PlatformLine.objects.filter(source=OuterRef("about")).values("about")[:1]
    alone = PlatformBooking.objects.filter(about__startswith="fr_").annotate(charge=Subquery(line))
    alone.exclude(charge=None).update(about=F("charge"))
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENT, [list(BOOKED_ELSEWHERE)])
        found = cursor.fetchall()
    known = {(one.about, one.currency): one for one in PlatformDifference.objects.select_for_update()}
    for about, currency, theirs, ours, account_id in found:
        one = known.pop((about, currency), None) or PlatformDifference(about=about, currency=currency, since=at)
        one.theirs, one.ours, one.account_id = theirs, ours, account_id
        one.save()
    PlatformDifference.objects.filter(pk__in=[one.pk for one in known.values()]).delete()
    lasting = PlatformDifference.objects.filter(since__lt=at, is_told=False)
    if told := list(lasting):
        _mail(
            f"platform-differences:{at}", "console/mail/platform_differences", {"found": told[:20], "count": len(told)}
        )
        lasting.update(is_told=True)


@transaction.atomic
def _compare(theirs: dict[str, int], at: datetime) -> list[PlatformBalance]:
    ours = balance(Kind.PROVIDER)
    rows = PlatformLine.objects.values("currency").annotate(sum=Sum("net"))
    lines = {row["currency"]: row["sum"] for row in rows}
    found = []
    for currency in sorted({*ours, *theirs, *lines}):
        known = PlatformBalance.objects.select_for_update().filter(currency=currency).first()
        now = PlatformBalance(
            pk=known.pk if known else None,
            currency=currency,
            theirs=theirs.get(currency, 0),
            lines=lines.get(currency, 0),
            ours=ours.get(currency, 0),
            checked_at=at,
        )
        if now.theirs != now.lines or now.theirs != now.ours:
            now.differs_since = known.differs_since if known and known.differs_since else at
            if known and known.differs_since:
                _tell(now)
        now.save()
        found.append(now)
    return found


def _tell(found: PlatformBalance) -> None:
    _mail(f"platform-balance:{found.currency}:{found.differs_since}", "console/mail/platform_balance", {"found": found})


def _mail(key: str, template: str, context: dict[str, object]) -> None:
    for admin in platform_admins():
        button = {"button_url": f"{settings.BASE_URL}/console/health/", "button_label": _("Look at it")}
        queue_email(key=f"{key}:{admin.email}"[:160], to=admin.email, template=template, context={**context, **button})
