"""What an event's pages say of its seats: the categories that it sells, how many there are of each, and what has no price yet."""

from events.models import Event
from events.seating_plan import painting_of, plan_of


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
