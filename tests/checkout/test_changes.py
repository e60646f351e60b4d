"""What changes while it is on sale: how much there is, when and where it happens."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from audit.actions import SYSTEM
from audit.models import AuditEntry
from checkout import letters
from checkout.changes import change_quantity, move_performance
from checkout.dates import add_dates
from events.actions import create_venue
from events.dates import DateTimes
from events.errors import EventInvalid
from events.models import Event, Performance, Quota
from inventory.errors import SoldOut, TooFewFree
from inventory.models import Place, StockEntry
from inventory.queries import availability
from notifications.models import EmailMessage
from outbox.models import OutboxMessage
from tests import world
from tests.world import FREE
from ui.errors import NotFound


def an_event(quantity: int = 5) -> Event:
    return world.make_event(kinds=((FREE, 0, quantity),))


def resize(event: Event, quantity: int) -> None:
    change_quantity(ticket_type_id=world.kind_of(event, FREE).pk, quantity=quantity, actor=SYSTEM)


def states(event: Event) -> list[str]:
    return sorted(Place.objects.filter(pool__performance__event=event).values_list("state", flat=True))


def left(event: Event) -> int:
    performance = world.the_performance(event)
    return availability([performance.pk])[performance.pk].types[world.kind_of(event, FREE).pk].left


# --- Quantity -----------------------------------------------------------------------------------------------------------------


def test_more_places_can_be_held_at_once(northside: world.House) -> None:
    event = an_event(2)
    world.place_order(event, **{FREE: 2})
    with pytest.raises(SoldOut):
        world.hold(event, **{FREE: 1})

    resize(event, 5)

    assert states(event) == ["free"] * 3 + ["sold"] * 2
    assert left(event) == 3
    world.hold(event, **{FREE: 3})
    assert AuditEntry.objects.get(verb="change_quantity").detail == {"quantity": [2, 5]}
    assert breaches() == {}


def test_fewer_takes_free_places_alone_and_says_so_in_the_journal(northside: world.House) -> None:
    event = an_event(6)
    world.place_order(event, **{FREE: 1})
    world.hold(event, **{FREE: 2})
    gone = set(Place.objects.filter(pool__performance__event=event).values_list("pk", flat=True))

    resize(event, 4)

    assert states(event) == ["free", "held", "held", "sold"]
    gone -= set(Place.objects.values_list("pk", flat=True))
    told = StockEntry.objects.filter(cause="quota made smaller")
    assert set(told.values_list("place_id", "kind", "actor")) == {(pk, "block", str(SYSTEM)) for pk in gone}
    assert len(gone) == 2
    assert breaches() == {}


def test_no_smaller_than_what_is_held_and_sold(northside: world.House) -> None:
    event = an_event(5)
    world.place_order(event, **{FREE: 2})
    world.hold(event, **{FREE: 1})

    with pytest.raises(TooFewFree, match="3 are held or sold") as refused:
        resize(event, 2)

    assert refused.value.extra == {"field": "quantity", "taken": 3}
    assert len(states(event)) == 5
    assert Quota.objects.get(event=event).size == 5
    assert not StockEntry.objects.filter(cause="quota made smaller").exists()
    resize(event, 3)
    assert left(event) == 0


@pytest.mark.parametrize("quantity", [0, -1, 100_001])
def test_a_quantity_out_of_bounds_changes_nothing(northside: world.House, quantity: int) -> None:
    event = an_event(5)

    with pytest.raises(EventInvalid):
        resize(event, quantity)

    assert Quota.objects.get(event=event).size == len(states(event)) == 5


def test_a_drafts_quantity_is_a_number_only(northside: world.House) -> None:
    event = world.make_event(kinds=((FREE, 0, 5),), is_published=False)

    resize(event, 9)

    assert Quota.objects.get(event=event).size == 9
    assert states(event) == []


def test_the_other_organizers_ticket_type_is_not_there(northside: world.House, southside: world.House) -> None:
    with tenant_context(southside.organizer):
        kind = world.kind_of(an_event(5), FREE)

    with pytest.raises(NotFound):
        change_quantity(ticket_type_id=kind.pk, quantity=9, actor=SYSTEM)


# --- Date and place -------------------------------------------------------------------------------------------------------------


def move(event: Event, *, by: timedelta = timedelta(days=7), **changed: Any) -> Performance:
    performance = world.the_performance(event)
    times: dict[str, Any] = {
        "starts_at": performance.starts_at + by,
        "ends_at": performance.ends_at + by,
        "doors_at": performance.doors_at + by,
        "venue": event.venue,
        **changed,
    }
    return move_performance(performance_id=performance.pk, actor=SYSTEM, **times)


def tell() -> None:
    message = OutboxMessage.objects.get(kind="mail_move")
    for _again in range(2):
        letters.mail_move(
            performance_id=UUID(message.payload["performance_id"]),
            moved=message.payload["moved"],
            was=message.payload["was"],
        )


def test_who_has_tickets_is_told_once_what_was_and_what_is(northside: world.House, media: object) -> None:
    starts_at = timezone.now().replace(year=2031, month=3, day=8, hour=19, minute=0, second=0, microsecond=0)
    event = world.make_event("Lantern Walk", kinds=((FREE, 0, 5),), starts_at=starts_at)
    order = world.place_order(event, **{FREE: 2})
    world.hold(event, **{FREE: 1})
    elsewhere = create_venue(name="South Pier", address="", city="Berlin", timezone="Europe/Berlin", actor=SYSTEM)

    moved = move(event, venue=elsewhere)
    tell()

    assert moved.starts_at == starts_at + timedelta(days=7)
    mail = EmailMessage.objects.get(subject="Changed: Lantern Walk")
    assert mail.to == order.email
    assert "Now: Sat 15 Mar 2031, 20:00, South Pier" in mail.text
    assert "Before: Sat 8 Mar 2031, 20:00, Northside Hall" in mail.text
    assert [attached["name"] for attached in mail.attachments] == [f"tickets-{order.number}.pdf"]
    assert AuditEntry.objects.get(verb="move_performance").detail["was"]["venue"] == "Northside Hall"
    assert OutboxMessage.objects.filter(kind="list_event").count() == 2


def test_an_event_with_other_dates_stays_within_its_clock(northside: world.House) -> None:
    event = an_event()
    first = world.the_performance(event)
    more = DateTimes(*(at + timedelta(days=1) for at in (first.starts_at, first.ends_at, first.doors_at)))
    (second,) = add_dates(event_id=event.pk, times=[more], actor=SYSTEM)
    london = create_venue(name="Old Hall", address="", city="London", timezone="Europe/London", actor=SYSTEM)

    times = {"starts_at": first.starts_at, "ends_at": first.ends_at, "doors_at": first.doors_at}
    with pytest.raises(EventInvalid, match="Its other dates are by another clock"):
        move_performance(performance_id=first.pk, venue=london, actor=SYSTEM, **times)

    event.refresh_from_db()
    assert event.venue.city == "Berlin"
    assert {date.timezone for date in event.performances.all()} == {"Europe/Berlin"}
    assert second.starts_at == first.starts_at + timedelta(days=1)


def test_the_same_again_is_no_move(northside: world.House) -> None:
    event = an_event()
    world.place_order(event, **{FREE: 1})

    move(event, by=timedelta())

    assert not OutboxMessage.objects.filter(kind="mail_move").exists()
    assert not AuditEntry.objects.filter(verb="move_performance").exists()


def test_without_buyers_nobody_is_told(northside: world.House) -> None:
    move(an_event())

    assert not OutboxMessage.objects.filter(kind="mail_move").exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"by": timedelta(days=-60)}, "The new date is in the past."),
        ({"ends_at": timezone.now()}, "Doors open first, then the event starts, then it ends."),
        ({"doors_at": timezone.now() + timedelta(days=90)}, "Doors open first, then the event starts, then it ends."),
    ],
)
def test_a_date_that_cannot_be_changes_nothing(northside: world.House, changed: dict[str, Any], words: str) -> None:
    event = an_event()
    before = world.the_performance(event)

    with pytest.raises(EventInvalid, match=words):
        move(event, **changed)

    assert world.the_performance(event).starts_at == before.starts_at
