"""Reads for the platform's back office: public tables alone, never an organizer's schema."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import AuditEntry
from console.models import ListedDispute, ListedIncident, OrganizerTurnover
from inbox.models import ProviderEvent
from outbox.models import OutboxMessage
from payments.models import OVER
from pricing.models import FeeOverride
from pricing.quote import FeePlan
from reconciliation.models import Incident
from tenants.models import Organizer, PreparedSchema
from ui.errors import NotFound

AUDIT_LINES = 50


@dataclass(frozen=True)
class PoolState:
    """How many prepared schemas are in each state, and what went wrong last."""

    ready: int
    preparing: int
    failed: int
    taken: int
    last_error: str


@dataclass(frozen=True)
class Backlog:
    """What waits, what is late by minutes, and what was given up."""

    waiting: int
    late: int
    dead: int


@dataclass(frozen=True)
class CurrencyTotal:
    """What all organizers together took in one currency, minor units."""

    currency: str
    paid: int
    refunded: int


def organizers(*, text: str = "", state: str = "") -> QuerySet[Organizer]:
    """Organizers by name, address or host, newest first, with their figures."""
    found: QuerySet[Organizer] = Organizer.objects.select_related("figures").prefetch_related("turnovers", "domains")
    text = text.strip().replace("\x00", "")
    if text:
        found = found.filter(
            Q(name__icontains=text) | Q(slug__icontains=text) | Q(domains__domain__icontains=text)
        ).distinct()
    if state in Organizer.State.values:
        found = found.filter(state=state)
    return found.order_by("-created_at", "-pk")


def organizer(organizer_id: UUID) -> Organizer:
    """One organizer with its figures. Raises NotFound."""
    found = organizers().filter(pk=organizer_id).first()
    if found is None:
        raise NotFound
    return found


DONE = {
    "open_organizer": _("Opened"),
    "suspend_organizer": _("Suspended"),
    "resume_organizer": _("Opened again"),
    "brand_organizer": _("Branding changed"),
    "add_domain": _("Host added"),
    "remove_domain": _("Host removed"),
    "set_platform_fee": _("Platform fee changed"),
}


def history(organizer_id: UUID) -> list[tuple[AuditEntry, str]]:
    """What the platform's staff and the system did to an organizer, newest first, each in words."""
    entries = AuditEntry.objects.filter(target_kind="tenants.organizer", target_id=str(organizer_id))
    found = entries.order_by("-at", "-pk")[:AUDIT_LINES]
    return [(entry, str(DONE.get(entry.verb, entry.verb))) for entry in found]


def agreed_fees(organizer_id: UUID) -> dict[str, FeePlan]:
    """The platform's fee per currency where another than the standard one was agreed."""
    rows = FeeOverride.objects.filter(organizer_id=organizer_id).order_by("currency")
    return {row.currency: row.plan for row in rows}


def state_counts() -> dict[str, int]:
    """How many organizers are in each state."""
    counted = Organizer.objects.values_list("state").annotate(number=Count("pk"))
    return {**dict.fromkeys(Organizer.State.values, 0), **dict(counted)}


def currency_totals() -> list[CurrencyTotal]:
    """Turnover of the whole platform, per currency."""
    rows = OrganizerTurnover.objects.values("currency").annotate(paid_sum=Sum("paid"), refunded_sum=Sum("refunded"))
    return [CurrencyTotal(row["currency"], row["paid_sum"], row["refunded_sum"]) for row in rows.order_by("currency")]


def disputes(*, is_over: bool) -> QuerySet[ListedDispute]:
    """All organizers' disputes that are decided, newest first, or that are not, by deadline."""
    found = ListedDispute.objects.select_related("organizer")
    decided = Q(state__in=OVER)
    return found.filter(decided).order_by("-opened_at") if is_over else found.exclude(decided).order_by("due_by", "pk")


def incidents(state: str = "") -> QuerySet[ListedIncident]:
    """All organizers' incidents in `state` (any where it is none), newest first."""
    found = ListedIncident.objects.select_related("organizer").order_by("-opened_at", "-pk")
    return found.filter(state=state) if state in Incident.State.values else found


def incident_counts() -> dict[str, int]:
    """How many incidents are in each state."""
    counted = ListedIncident.objects.values_list("state").annotate(number=Count("pk"))
    return {**dict.fromkeys(Incident.State.values, 0), **dict(counted)}


def incident(incident_id: UUID) -> ListedIncident:
    """One of them. Raises NotFound."""
    found = ListedIncident.objects.select_related("organizer").filter(incident_id=incident_id).first()
    if found is None:
        raise NotFound
    return found


def pool_state() -> PoolState:
    """The pool of prepared schemas."""
    counts = dict(PreparedSchema.objects.values_list("state").annotate(number=Count("pk")))
    failed = PreparedSchema.objects.filter(state=PreparedSchema.State.FAILED).order_by("-requested_at").first()
    return PoolState(
        ready=counts.get(PreparedSchema.State.READY, 0),
        preparing=counts.get(PreparedSchema.State.PREPARING, 0),
        failed=counts.get(PreparedSchema.State.FAILED, 0),
        taken=counts.get(PreparedSchema.State.TAKEN, 0),
        last_error=failed.error if failed else "",
    )


def outbox_backlog() -> Backlog:
    """The platform's own outbox; each organizer's is looked after in its portal."""
    late = timezone.now() - timedelta(minutes=5)
    figures = OutboxMessage.objects.aggregate(
        waiting=Count("pk", filter=Q(done_at=None, is_dead=False)),
        late=Count("pk", filter=Q(done_at=None, is_dead=False, due_at__lt=late)),
        dead=Count("pk", filter=Q(is_dead=True)),
    )
    return Backlog(**figures)


def webhook_backlog() -> Backlog:
    """Events of the payment provider that came in."""
    late = timezone.now() - timedelta(minutes=5)
    received = Q(state=ProviderEvent.State.RECEIVED)
    figures = ProviderEvent.objects.aggregate(
        waiting=Count("pk", filter=received),
        late=Count("pk", filter=received & Q(due_at__lt=late)),
        dead=Count("pk", filter=Q(state=ProviderEvent.State.DEAD)),
    )
    return Backlog(**figures)
