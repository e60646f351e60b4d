"""Add-ons: what is bought only together with tickets (parking, a drink), with stock of its own."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.actions import list_again
from events.errors import EventInvalid
from events.models import TicketType
from events.queries import event_for_update
from events.seating_plan import check_category
from ui.errors import NotFound

MOST_PER_TICKET = 50


@transaction.atomic
def set_add_on(
    *,
    ticket_type_id: UUID,
    is_add_on: bool,
    actor: Actor,
    base_types: Collection[UUID] = (),
    least: int = 0,
    most: int | None = None,
) -> TicketType:
    """Sell a ticket type only together with others, or by itself again.

    With tickets of these `base_types`, or of any that is no add-on; at least `least` and at most `most` for each of them. What was
    sold stays. Raises NotFound, EventInvalid.
    """
    kind = TicketType.objects.filter(pk=ticket_type_id).first()
    if kind is None:
        raise NotFound
    event = event_for_update(kind.event_id)
    kind.refresh_from_db()
    bases = list(event.ticket_types.filter(pk__in=base_types)) if is_add_on else []
    if len(bases) != (len(set(base_types)) if is_add_on else 0):
        raise NotFound
    if not is_add_on:
        least, most = 0, None
    _check(kind, bases, is_add_on=is_add_on, least=least, most=most)
    kind.is_add_on, kind.min_per_ticket, kind.max_per_ticket = is_add_on, least, most
    kind.save(update_fields=["is_add_on", "min_per_ticket", "max_per_ticket"])
    kind.base_types.set(bases)
    detail = {"is_add_on": is_add_on, "bases": [str(base.pk) for base in bases], "least": least, "most": most}
    record(verb="set_add_on", target=kind, actor=actor, detail=detail)
    list_again(event)
    return kind


def _check(kind: TicketType, bases: list[TicketType], *, is_add_on: bool, least: int, most: int | None) -> None:
    check_category(kind.event, kind.category, is_add_on=is_add_on)
    if any(base.is_add_on or base == kind for base in bases):
        raise EventInvalid(_("An add-on goes with tickets, not with add-ons."), field="base_types")
    if is_add_on and kind.add_ons.exists():
        raise EventInvalid(_("Other add-ons go with this ticket, so it cannot be one itself."), field="is_add_on")
    if not 0 <= least <= MOST_PER_TICKET:
        raise EventInvalid(_("Between 0 and 50 for each ticket."), field="least")
    if most is not None and not max(1, least) <= most <= MOST_PER_TICKET:
        raise EventInvalid(_("At least one and no fewer than must be taken, at most 50."), field="most")
    others = kind.event.ticket_types.filter(is_active=True, is_add_on=False).exclude(pk=kind.pk)
    if is_add_on and not others.exists():
        raise EventInvalid(_("Add a ticket first that this can go with."), field="is_add_on")
