"""What an event's pages say of its seats: the categories that it sells, how many there are of each, and what has no price yet."""

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


def unsold_categories(event: Event, plan: SeatingPlan, version: MapVersion) -> tuple[dict[str, str], dict[str, str]]:
    """On another version of an event's map: the categories of seats that it has no tickets for, and what it has tickets for.

    Key and name each, in the map's order. Areas are in neither: no seat can have an area's category, nor an area another one.
    """
    shown = painting_of(on_version(plan, version, instead={}))
    sold = set(event.ticket_types.values_list("category", flat=True))
    names = {c.key: c.name for c in shown.compiled.document.categories if c.key not in shown.area_categories}
    unsold = {key: name for key, name in names.items() if key in shown.seats_by_category and key not in sold}
    return unsold, {key: name for key, name in names.items() if key in sold}
