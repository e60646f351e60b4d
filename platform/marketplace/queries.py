"""Reads for the platform's public site."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from events.lifecycle import Stage, stage_at
from marketplace.models import ListedEvent
from tenants.models import Organizer
from tenants.queries import storefront_url


@dataclass(frozen=True)
class Listing:
    """An upcoming event, its address at the organizer's and its stage; that it is sold out nobody here can know."""

    event: ListedEvent
    url: str
    stage: Stage


def upcoming_events(*, after: datetime, limit: int = 24) -> list[Listing]:
    """Listed events of active organizers that end after `after`, soonest first."""
    events = (
        ListedEvent.objects.select_related("organizer")
        .filter(ends_at__gt=after, organizer__state=Organizer.State.ACTIVE)
        .order_by("starts_at", "pk")[:limit]
    )
    return [
        Listing(
            event,
            storefront_url(event.organizer, f"/events/{event.slug}/"),
            stage_at(event.state, at=after, ends_at=event.ends_at, sale_starts_at=event.sale_starts_at),
        )
        for event in events
    ]


def organizer_by_id(organizer_id: UUID) -> Organizer | None:
    """The organizer with this id, in whatever state."""
    found: Organizer | None = Organizer.objects.filter(pk=organizer_id).first()
    return found
