"""Set the sale phases of a ticket type, and read them. Which one a ticket is priced with, its claim decides (checkout/phases.py)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.errors import EventInvalid
from events.models import Event, Phase, Quota, TicketType
from ui.errors import NotFound

MOST_PHASES = 10


@dataclass(frozen=True)
class PhaseWish:
    """A phase as it shall be: `price` in minor units, `quantity` per date; `id` of one that is there already."""

    name: str
    price: int
    until: datetime | None = None
    quantity: int | None = None
    id: UUID | None = None


def set_phases(*, event: Event, ticket_type: TicketType, phases: Sequence[PhaseWish], actor: Actor) -> list[Quota]:
    """Make a type's phases these, in this order; returns the quotas that are new or have another size.

    Called by `checkout.changes.change_phases`, which has locked the event and brings the pools to it. What is left out is
    retired, of a draft deleted; what was held or sold keeps its price. Raises EventInvalid, NotFound for a strange id.
    """
    _check(phases)
    if phases and ticket_type.least_price is not None:
        raise EventInvalid(_("Buyers choose what they give for this ticket, so it has no phases."))
    present = {phase.pk: phase for phase in ticket_type.phases.select_related("quota").filter(is_active=True)}
    is_draft = event.state == Event.State.DRAFT
    changed: list[Quota] = []
    for index, wish in enumerate(phases):
        phase = present.pop(wish.id, None) if wish.id else Phase(ticket_type=ticket_type)
        if phase is None:
            raise NotFound
        is_new = wish.id is None
        if not (is_new or is_draft) and (phase.quota is None) != (wish.quantity is None):
            words = _("Tickets were sold in “%(name)s” already: remove it and add another one instead.")
            raise EventInvalid(words % {"name": phase.name}, field=f"{index}-quantity")
        phase.name, phase.price, phase.until, phase.sort_order = wish.name, wish.price, wish.until, index
        left_over = _set_quota(event, phase, wish, changed)
        phase.save()
        if left_over is not None:
            left_over.delete()
    for phase in present.values():
        _remove(phase, is_draft=is_draft)
    detail = {"phases": [[one.name, one.price, one.until and one.until.isoformat(), one.quantity] for one in phases]}
    record(verb="set_phases", target=ticket_type, actor=actor, detail=detail)
    return changed


def _set_quota(event: Event, phase: Phase, wish: PhaseWish, changed: list[Quota]) -> Quota | None:
    """The phase's quota as it shall be; returns one that it needs no more."""
    quota = phase.quota
    if wish.quantity is None:
        phase.quota = None
        return quota
    if quota is None:
        quota = phase.quota = Quota(event=event)
    name = f"{phase.ticket_type.title} · {wish.name}"[:80]
    if quota.pk is None or quota.size != wish.quantity:
        changed.append(quota)
    if (quota.name, quota.size) != (name, wish.quantity):
        quota.name, quota.size = name, wish.quantity
        quota.save()
    return None


def _remove(phase: Phase, *, is_draft: bool) -> None:
    if not is_draft:
        phase.is_active = False
        phase.save(update_fields=["is_active"])
        return
    quota = phase.quota
    phase.delete()
    if quota is not None:
        quota.delete()


def _check(phases: Sequence[PhaseWish]) -> None:
    if len(phases) > MOST_PHASES:
        raise EventInvalid(_("At most %(n)d phases.") % {"n": MOST_PHASES})
    before: datetime | None = None
    for index, wish in enumerate(phases):
        if not wish.name.strip():
            raise EventInvalid(_("This cannot be empty."), field=f"{index}-name")
        if not 0 <= wish.price <= 99_999_999:
            raise EventInvalid(_("A price has at most eight digits and is not negative."), field=f"{index}-price")
        if wish.quantity is not None and not 1 <= wish.quantity <= 100_000:
            raise EventInvalid(_("Between 1 and 100,000 tickets."), field=f"{index}-quantity")
        if wish.until is None and wish.quantity is None and index < len(phases) - 1:
            words = _("Say when it ends or how many there are: otherwise the next phase never begins.")
            raise EventInvalid(words, field=f"{index}-until")
        if wish.until is not None and before is not None and wish.until <= before:
            raise EventInvalid(_("Each phase ends after the one before."), field=f"{index}-until")
        before = wish.until or before


def phases_of(event_ids: Iterable[UUID]) -> dict[UUID, list[Phase]]:
    """The phases of each ticket type of these events, in order, with their quotas; types without any are not there. One query."""
    found: dict[UUID, list[Phase]] = {}
    of_events = Phase.objects.filter(ticket_type__event__in=list(event_ids), is_active=True)
    for phase in of_events.select_related("quota").order_by("sort_order", "pk"):
        found.setdefault(phase.ticket_type_id, []).append(phase)
    return found
