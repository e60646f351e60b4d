"""A new event or template from another: what is on offer, who shares in it and its waiting room, together."""

from datetime import date
from uuid import UUID

from django.db import transaction

from audit.actions import Actor
from events import copies
from events.models import Event
from ledger.split_rules import Rules
from ledger.splits import set_split_plan, split_version_of
from pricing.dynamic import Rules as PriceMoves
from promotions.actions import add_discount
from promotions.affiliates import commission_of_event, set_event_commission
from promotions.queries import discounts_of
from recovery.actions import change_rules as set_reminders
from recovery.queries import hours_of
from repricing.actions import set_price_rules
from repricing.models import PriceRules
from repricing.queries import rules_in_force
from waiting_room.actions import change_room
from waiting_room.models import Room
from waiting_room.queries import room_of
from waitlist.actions import change_rules
from waitlist.queries import rules_of as list_rules_of

_TERMS = (
    "effect",
    "value",
    "buy",
    "pay",
    "least_tickets",
    "most_tickets",
    "least_spend",
    "is_combinable",
    "starts_at",
    "ends_at",
)


@transaction.atomic
def copy_event(
    *, event_id: UUID, title: str, actor: Actor, first_on: date | None = None, is_template: bool = False
) -> Event:
    """A draft (or a template) set up as this event or template is, its first date on `first_on`; None leaves the dates.

    Discounts without a code come along, codes do not. Nothing that was sold does: no orders, holds, blocks, lines. Raises NotFound, EventInvalid.
    """
    copied = copies.copy_event(event_id=event_id, title=title, actor=actor, first_on=first_on, is_template=is_template)
    made, shift = copied.event, copied.shift
    for discount in discounts_of(event_id):
        terms = {name: getattr(discount, name) for name in _TERMS}
        terms |= {name: shift(terms[name]) for name in ("starts_at", "ends_at") if terms[name]}
        terms["ticket_types"] = [copied.types[pk] for pk in discount.ticket_types if pk in copied.types]
        add_discount(event_id=made.pk, name=discount.name, actor=actor, **terms)
    for kind_id, row in rules_in_force(copied.types).items():
        rules = PriceMoves.from_dict(row.rules)
        set_price_rules(ticket_type_id=copied.types[kind_id], rules=rules, mode=PriceRules.Mode(row.mode), actor=actor)
    if (hours := hours_of(event_id)) != hours_of(made.pk):
        set_reminders(event_id=made.pk, hours=hours, actor=actor)
    shared = split_version_of(str(event_id))
    if shared is not None:
        set_split_plan(subject=str(made.pk), currency=made.currency, rules=Rules.from_dict(shared.rules), actor=actor)
    own = commission_of_event(event_id)
    if own is not None:
        set_event_commission(event_id=made.pk, rate=own, actor=actor)
    waiting = list_rules_of(event_id)
    if not waiting._state.adding:
        change_rules(
            event_id=made.pk,
            actor=actor,
            is_open=waiting.is_open,
            mode=waiting.mode,
            offer_hours=waiting.offer_hours,
            first_groups=waiting.first_groups,
            draw_at=shift(waiting.draw_at) if waiting.draw_at else None,
        )
    room = room_of(event_id)
    if room is not None:
        change_room(
            event_id=made.pk,
            actor=actor,
            mode=Room.Mode.RULE if room.mode == Room.Mode.RULE else Room.Mode.OFF,  # a draft's cannot be open
            rate_min=room.rate_min,
            rate_max=room.rate_max,
            visit_minutes=room.visit_minutes,
            opens_at=shift(room.opens_at) if room.opens_at else None,
            starts_at=shift(room.starts_at) if room.starts_at else None,
            busy_above=room.busy_above,
        )
    return made
