"""What an event's pages say of its seats: the categories that it sells, how many there are of each, and what has no price yet."""

from collections.abc import Mapping
from dataclasses import dataclass

from events.models import Event, SeatingPlan
from events.seating_plan import on_version, painting_of, plan_of
from seating.models import MapVersion


def categories_of(event: Event) -> list[tuple[str, str]] | None:
    """Key and name of each category that has something for sale, in the map's order; None for an event without seats."""
    plan = plan_of(event.pk)
    if plan is None:
        return None
    shown = painting_of(plan)
    sizes = shown.sizes
    return [(c.key, c.name) for c in shown.compiled.document.categories if c.key in sizes]


def unpriced_categories(event: Event) -> dict[str, str]:
    """Key and name of each category for which no ticket is offered; nothing for an event without seats."""
    offered = set(event.ticket_types.filter(is_active=True).values_list("category", flat=True))
    return {key: name for key, name in categories_of(event) or [] if key not in offered}


@dataclass(frozen=True)
class Unsold:
    """What another version of an event's map would bring: key and name of each category of seats and of each area that the
    event has no tickets for, and of the categories of seats that it has tickets for. In the map's order."""

    seats: Mapping[str, str]
    areas: Mapping[str, str]
    sold: Mapping[str, str]


def unsold_categories(event: Event, plan: SeatingPlan, version: MapVersion) -> Unsold:
    """No seat can have an area's category, nor an area another one: so only seats can be sold as something that is there."""
    shown = painting_of(on_version(plan, version, instead={}))
    offered = set(event.ticket_types.values_list("category", flat=True))
    names = {c.key: c.name for c in shown.compiled.document.categories}
    new = {key: name for key, name in names.items() if key in shown.sizes and key not in offered}
    areas = shown.area_categories
    return Unsold(
        seats={key: name for key, name in new.items() if key not in areas},
        areas={key: name for key, name in new.items() if key in areas},
        sold={key: name for key, name in names.items() if key in offered and key not in areas},
    )
