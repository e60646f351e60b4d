"""What every event of the demo needs, seated or not: a venue, a day and a place on sale."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from audit.actions import SYSTEM
from checkout.dates import add_dates, price_dates, size_dates
from checkout.publish import publish_event
from events import actions as events
from events.errors import NotPublishable
from events.models import Event
from events.series import occurrences, weekly_rule
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


SEASON = "Candlelight: The Cello Suites"


def a_season(venue: Venue) -> Event:
    """A series from next week on: Tuesdays, Saturdays at eight, for half a year; one gala among them, and a matinee."""
    first = at(7, 20, venue.timezone)
    event = draft(
        SEASON,
        "Bach by the light of two hundred candles",
        "Six suites, six evenings, and then again from the first. Each evening lasts an hour and a half, without an interval.",
        venue=venue,
        starts_at=first,
        hours=2,
        doors_minutes=45,
    )
    kind = events.add_ticket_type(
        event_id=event.pk, name="Any seat", perk="Unreserved", price=3200, quantity=120, max_per_order=8, actor=SYSTEM
    )
    first_on = first.astimezone(ZoneInfo(venue.timezone)).date()
    rule = weekly_rule(weekdays=[1, 5], count=50)
    evenings = occurrences(
        rule, first_on=first_on, starts=[time(20)], minutes=120, doors_minutes=45, zone=venue.timezone
    )
    dates = add_dates(event_id=event.pk, times=[one.times for one in evenings], rule=rule, actor=SYSTEM)
    matinee = occurrences(
        weekly_rule(weekdays=[5], count=4),
        first_on=first_on,
        starts=[time(15)],
        minutes=120,
        doors_minutes=45,
        zone=venue.timezone,
    )
    add_dates(event_id=event.pk, times=[one.times for one in matinee], actor=SYSTEM)
    gala: dict[str, Any] = {
        "event_id": event.pk,
        "performance_ids": [dates[3].pk],
        "ticket_type_id": kind.pk,
        "actor": SYSTEM,
    }
    price_dates(price=4800, **gala)
    size_dates(quantity=60, **gala)
    return on_sale(event)
