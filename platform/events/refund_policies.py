"""What an event promises about refunds: a history of versions for the event and for ticket types that differ from it.

A version is never changed. Once the event is published a new one may only be looser: what buyers were shown stays true.
What an order was sold under is frozen on its positions (checkout); nothing here reaches back to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.errors import EventInvalid, PolicyStricter
from events.models import Event, RefundPolicy, TicketType
from events.queries import event_for_update
from events.refund_rules import RefundRules


@dataclass(frozen=True)
class EventRules:
    """The rules in force of an event (None: no promise is made) and those of its ticket types that have their own."""

    of_event: RefundRules | None
    of_types: dict[UUID, RefundRules]

    def of(self, ticket_type_id: UUID) -> RefundRules | None:
        """The rules in force of one ticket type."""
        return self.of_types.get(ticket_type_id, self.of_event)


def refund_rules_of(event_id: UUID) -> EventRules:
    """What an event promises now."""
    newest = RefundPolicy.objects.filter(event_id=event_id).order_by("ticket_type_id", "-version")
    of_event, of_types = None, {}
    for policy in newest.distinct("ticket_type_id"):
        rules = None if policy.rules is None else RefundRules.from_dict(policy.rules)
        if policy.ticket_type_id is None:
            of_event = rules
        elif rules is not None:
            of_types[policy.ticket_type_id] = rules
    return EventRules(of_event, of_types)


def promise(rules: RefundRules | None, *, starts_at: datetime) -> dict[str, Any] | None:
    """What is frozen on a position when it is sold."""
    return None if rules is None else {**rules.as_dict(), "starts_at": starts_at.isoformat()}


@transaction.atomic
def set_refund_policy(
    *, event_id: UUID, rules: RefundRules | None, actor: Actor, ticket_type_id: UUID | None = None
) -> RefundPolicy | None:
    """A new version for the event, or for one ticket type; there None means "as the event". Unchanged, nothing is written.

    Raises NotFound, EventInvalid, and PolicyStricter once the event is published and somebody would get less than promised.
    """
    event = event_for_update(event_id)
    _check(event, rules, ticket_type_id)
    now = refund_rules_of(event_id)
    before = now.of_event if ticket_type_id is None else now.of_types.get(ticket_type_id)
    if rules == before:
        return None
    if event.state != Event.State.DRAFT:
        in_force = now.of(ticket_type_id) if ticket_type_id else now.of_event
        after = rules or (now.of_event if ticket_type_id else None)
        _check_no_stricter(after, in_force)
    last = RefundPolicy.objects.filter(event=event, ticket_type_id=ticket_type_id).order_by("-version").first()
    made = RefundPolicy.objects.create(
        event=event,
        ticket_type_id=ticket_type_id,
        version=last.version + 1 if last else 1,
        rules=rules.as_dict() if rules else None,
        created_by=str(actor),
    )
    detail = {"version": made.version, "ticket_type": str(ticket_type_id or ""), "rules": made.rules}
    record(verb="set_refund_policy", target=event, actor=actor, detail=detail)
    return made


def _check(event: Event, rules: RefundRules | None, ticket_type_id: UUID | None) -> None:
    if ticket_type_id is not None and not TicketType.objects.filter(pk=ticket_type_id, event=event).exists():
        raise EventInvalid(_("This ticket is not part of the event."), field="ticket_type")
    problem = rules.problem() if rules else ""
    if problem == "tiers":
        raise EventInvalid(_("Give each line its own time before the start, at most 730 days."), field="tiers")
    if problem == "percent":
        raise EventInvalid(_("The nearer to the start, the less goes back: from 100 down to 1 %."), field="tiers")
    if problem:
        raise EventInvalid(_("This amount is too large."), field=problem)


def _check_no_stricter(after: RefundRules | None, before: RefundRules | None) -> None:
    if before is None or before.is_final_sale:
        return
    if after is None or not after.is_no_stricter_than(before):
        raise PolicyStricter(
            _(
                "The event is published, and buyers were promised more than this. You can give back more, or for longer, "
                "but not less. Nothing was changed."
            ),
            field="tiers",
        )


def same_rules(pairs: Iterable[tuple[str, RefundRules | None]]) -> list[tuple[list[str], RefundRules | None]]:
    """Names with their rules, those together whose rules are the same, in the order they first appear."""
    groups: list[tuple[list[str], RefundRules | None]] = []
    for name, rules in pairs:
        for names, known in groups:
            if known == rules:
                names.append(name)
                break
        else:
            groups.append(([name], rules))
    return groups
