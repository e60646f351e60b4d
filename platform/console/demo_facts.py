"""What the demo's events say of themselves, somebody who waits for one that is sold out, and one that is only a test."""

from typing import Any

from audit.actions import SYSTEM
from checkout.publish import publish_event
from checkout.rehearsals import set_test_mode
from console.demo_events import at, draft, on_sale
from events import actions as events
from events.models import Event, Property
from events.properties import add_property
from inventory.blocks import COLORS, Purpose, block_quantity
from seating.models import Venue
from waitlist.actions import Joining, join

FACTS: dict[str, dict[str, Any]] = {
    "The Night Train": {
        "category": "concert",
        "tags": ["brass", "late night"],
        "least_age": 16,
        "contact_email": "tickets@northside.example",
        "terms": "Bags up to the size of a sheet of paper. No recordings.",
        "properties": {"seating": "Partly seated", "minutes": 150, "bar": True},
    },
    "Winter Salon: Four Hands": {
        "category": "classical",
        "tags": ["piano", "chamber music"],
        "properties": {"seating": "Seated", "minutes": 95, "bar": True},
    },
    "Open Rehearsal": {"category": "classical", "tags": ["free", "behind the scenes"], "properties": {"minutes": 120}},
    "Lakeside Weekend": {
        "category": "festival",
        "tags": ["open air", "camping"],
        "properties": {"seating": "Standing", "bar": True},
    },
    "The Cherry Orchard": {
        "category": "theatre",
        "tags": ["chekhov", "classic"],
        "least_age": 12,
        "properties": {"seating": "Seated", "minutes": 140, "language": "German", "bar": True},
    },
    "Midnight Cabaret": {
        "category": "comedy",
        "tags": ["late night", "supper"],
        "least_age": 18,
        "properties": {"seating": "At tables", "language": "English", "bar": True},
    },
    "Candlelight: The Cello Suites": {
        "category": "classical",
        "tags": ["cello", "chamber music"],
        "properties": {"seating": "Seated", "minutes": 90, "bar": False},
    },
    "Yard Sounds": {"category": "party", "tags": ["open air", "sound system"], "least_age": 18},
    "Street Food Sunday": {"category": "food", "tags": ["free", "open air"]},
    "Low Frequencies": {"category": "concert", "tags": ["bass", "late night"], "least_age": 16},
    "Southside United: Open Training": {"category": "sport", "tags": ["free", "football"]},
}
SOLD_OUT, REHEARSAL = "Cellar Session", "New Ticket Office: A Test"


def say_what_they_are() -> None:
    """Define the properties, once, and say of each event what is known of it."""
    kinds = Property.Kind
    known = set(Property.objects.values_list("key", flat=True))
    for name, kind, choices in (
        ("Seating", kinds.CHOICE, ["Seated", "Partly seated", "At tables", "Standing"]),
        ("Language", kinds.CHOICE, ["German", "English"]),
        ("Minutes", kinds.NUMBER, []),
        ("Bar", kinds.YES_NO, []),
    ):
        if name.lower() not in known:
            add_property(name=name, kind=kind, choices=choices, actor=SYSTEM)
    for event in Event.objects.filter(title__in=FACTS, category=""):
        events.change_event(event_id=event.pk, actor=SYSTEM, **FACTS[event.title])


def sell_out(venue: Venue) -> None:
    """Once: an evening of which nothing is left, and three who wait for it."""
    if Event.objects.filter(title=SOLD_OUT).exists():
        return
    event = _small(SOLD_OUT, "Twelve chairs, one double bass", venue, days=15, quantity=12)
    on_sale(event)
    date, kind = event.performances.get(), event.ticket_types.get()
    guests = Purpose(owner="House", reason="Members' evening", color=COLORS[1])
    block_quantity(performance_id=date.pk, quota_id=event.quotas.get().pk, quantity=12, purpose=guests, actor=SYSTEM)
    for name, quantity in (("Ada Brandt", 2), ("Deniz Aydin", 1), ("Greta Lind", 4)):
        email = f"{name.split()[0].lower()}@waiting.example"
        wish = Joining(name, email, quantity, takes_fewer=True, consents=True, account_email=email)
        join(performance_id=date.pk, ticket_type_id=kind.pk, joining=wish)


def rehearse(venue: Venue) -> None:
    """Once: an event in test mode, which everybody may try to buy for nothing."""
    if Event.objects.filter(title=REHEARSAL).exists():
        return
    event = _small(REHEARSAL, "Try the whole way from choosing to the door", venue, days=30, quantity=50, price=2000)
    set_test_mode(event_id=event.pk, is_test=True, actor=SYSTEM)
    publish_event(event_id=event.pk, actor=SYSTEM)


def _small(title: str, summary: str, venue: Venue, *, days: int, quantity: int, price: int = 0) -> Event:
    event = draft(title, summary, "", venue=venue, starts_at=at(days, 20, venue.timezone), hours=2, doors_minutes=30)
    events.add_ticket_type(
        event_id=event.pk, name="Entry", perk="", price=price, quantity=quantity, max_per_order=4, actor=SYSTEM
    )
    return event
