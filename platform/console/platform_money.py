"""The platform's own books against its own balance at the payment provider (docs/reconciliation.md).

Our fees and what we take in for partners are booked from the organizers' books; what only the provider knows (its charges for
all organizers, payouts of our own) is booked from its lines. So the books' balance is the provider's, or something is missing.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name, schema_context

from accounts.queries import platform_admins
from console.models import PlatformBalance, PlatformLine
from ledger.actions import Amounts, Kind, post
from ledger.queries import balance
from notifications.actions import queue_email
from payments import gateway

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


def check_platform_money(*, at: datetime | None = None) -> list[PlatformBalance]:
    """Fetch what is new, book what only the provider tells, compare each currency. May be killed anywhere and run again.

    A difference that was there a check ago is mailed to the platform's admins, once. Raises ProviderUnavailable.
    """
    at = at or timezone.now()
    with schema_context(get_public_schema_name()):
        _fetch_lines()
        theirs = gateway.fetch_balance(gateway.PLATFORM)
        return _compare(theirs, at)


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
        _keep(lines[::-1])


@transaction.atomic
def _keep(lines: list[gateway.BalanceLine]) -> None:
    """Keep a page of lines and book what of them only they tell."""
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
            created_at=line.created_at,
        )
        if line.type not in BOOKED_ELSEWHERE:
            rest = PROVIDERS_OWN.get(line.type, Kind.UNEXPLAINED)
            amounts: Amounts = {Kind.PROVIDER: line.net, Kind.PAYMENT_COSTS: line.provider_fee}
            amounts[rest] = amounts.get(rest, 0) - line.amount
            post(key=f"line:{line.id}", currency=line.currency, amounts=amounts)


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
    for admin in platform_admins():
        key = f"platform-balance:{found.currency}:{found.differs_since}:{admin.email}"[:160]
        context = {
            "found": found,
            "button_url": f"{settings.BASE_URL}/console/health/",
            "button_label": _("Look at it"),
        }
        queue_email(key=key, to=admin.email, template="console/mail/platform_balance", context=context)
