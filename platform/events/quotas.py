"""Quotas as their organizer sets them: one over many ticket types, one type in many. Phases' own are not among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.errors import EventInvalid
from events.models import Event, Quota
from ui.errors import NotFound


@dataclass(frozen=True)
class QuotaWish:
    """A quota as it shall be: `size` per date, for these ticket types; `id` of one that is there already."""

    name: str
    size: int
    ticket_types: frozenset[UUID]
    id: int | None = None


def shared_quotas(event: Event) -> QuerySet[Quota]:
    """The quotas that are their organizer's to set: neither a sale phase's nor a seat map category's."""
    return event.quotas.filter(phase=None).exclude(ticket_types__category__gt="").order_by("pk")


def set_quotas(*, event: Event, quotas: Sequence[QuotaWish], actor: Actor) -> list[Quota]:
    """Make an event's quotas these; returns those on sale whose size changed.

    Which types draw from which may change while the event is a draft: a ticket that was sold has its places. Called by
    `checkout.changes.change_quotas`, which has locked the event and brings the pools to it. Raises EventInvalid, and NotFound for
    a strange id.
    """
    present = {quota.pk: quota for quota in shared_quotas(event).select_for_update(of=("self",))}
    drawn = {pk: frozenset(quota.ticket_types.values_list("pk", flat=True)) for pk, quota in present.items()}
    kinds = {kind.pk: kind for kind in event.ticket_types.filter(category="", is_active=True)}
    is_draft = event.state == Event.State.DRAFT
    _check(quotas, set(kinds))
    kept = {wish.id for wish in quotas if wish.id is not None}
    if not kept <= present.keys():
        raise NotFound
    if not is_draft and (
        len(kept) != len(quotas)
        or kept != present.keys()
        or any(wish.ticket_types != drawn[wish.id] for wish in quotas if wish.id is not None)
    ):
        raise EventInvalid(_("Once the event is on sale only names and numbers of quotas change."))
    missing = [kind for pk, kind in kinds.items() if not any(pk in wish.ticket_types for wish in quotas)]
    if missing:
        raise EventInvalid(_("“%(name)s” needs at least one quota.") % {"name": missing[0].title})
    changed = []
    for wish in quotas:
        quota = present.pop(wish.id) if wish.id is not None else Quota(event=event)
        if not is_draft and quota.size != wish.size:
            changed.append(quota)
        quota.name, quota.size = wish.name, wish.size
        quota.save()
        if is_draft:
            quota.ticket_types.set([kinds[pk] for pk in wish.ticket_types])
    for quota in present.values():
        quota.delete()
    detail = {"quotas": [[wish.name, wish.size, len(wish.ticket_types)] for wish in quotas]}
    record(verb="set_quotas", target=event, actor=actor, detail=detail)
    return changed


def _check(quotas: Sequence[QuotaWish], kinds: set[UUID]) -> None:
    for index, wish in enumerate(quotas):
        if not wish.name.strip():
            raise EventInvalid(_("This cannot be empty."), field=f"{index}-name")
        if not 1 <= wish.size <= 100_000:
            raise EventInvalid(_("Between 1 and 100,000 tickets."), field=f"{index}-size")
        if not wish.ticket_types or not wish.ticket_types <= kinds:
            raise EventInvalid(_("Choose the tickets that draw from it."), field=f"{index}-ticket_types")
