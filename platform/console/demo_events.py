"""What every event of the demo needs, seated or not: a venue, a day and a place on sale."""

from datetime import datetime, timedelta

from django.utils import timezone

from audit.actions import SYSTEM
from checkout.publish import publish_event
from events import actions as events
from events.errors import NotPublishable
from events.models import Event
from pricing.dynamic import Rules, Rung
from repricing.actions import reprice, set_price_rules
from repricing.models import PriceRules
from seating.models import Venue


def venue_of(facts: tuple[str, str, str, str]) -> Venue:
    """The venue of this name, address, city and zone; opened where it is not there yet."""
    name, address, city, zone = facts
    return Venue.objects.filter(name=name).first() or events.create_venue(
        name=name, address=address, city=city, timezone=zone, actor=SYSTEM
    )


def at(days: int, hour: int, zone: str) -> datetime:
    """So many days from today, at that hour of the zone."""
    day = timezone.localdate() + timedelta(days=days)
    return events.local_time(datetime(day.year, day.month, day.day, hour), zone)  # noqa: DTZ001 - made aware here


def draft(
    title: str, summary: str, description: str, *, venue: Venue, starts_at: datetime, hours: int, doors_minutes: int
) -> Event:
    """An event of one date, still without tickets; its doors open so many minutes before it starts."""
    return events.create_event(
        title=title,
        summary=summary,
        description=description,
        venue=venue,
        currency="EUR",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
        doors_at=starts_at - timedelta(minutes=doors_minutes),
        actor=SYSTEM,
    )


def on_sale(event: Event) -> Event:
    """The event published; a draft still where its tickets cost money and the owner has yet to connect a real Stripe."""
    try:
        return publish_event(event_id=event.pk, actor=SYSTEM)
    except NotPublishable:
        return event


def follow_the_sale(event: Event) -> None:
    """Let the prices of a published event's first two paid tickets follow the sale: one by itself, one by proposals."""
    modes = (PriceRules.Mode.APPLY, PriceRules.Mode.PROPOSE)
    for kind, mode in zip(event.ticket_types.filter(price__gt=0), modes, strict=False):
        rules = Rules(
            floor=kind.price,
            cap=2 * kind.price,
            is_percent=True,
            fill=(Rung(50, 1000), Rung(70, 2500), Rung(85, 5000), Rung(95, 10_000)),
            days=(Rung(28, 500), Rung(7, 1000)),
            most_a_day=kind.price // 2,
            step=100,
            ending=90,
        )
        set_price_rules(ticket_type_id=kind.pk, rules=rules, mode=mode, actor=SYSTEM)
    reprice()
