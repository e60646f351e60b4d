"""What the platform's site shows of organizers' events."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from events.models import Event
from marketplace.actions import list_event, unlist_event
from marketplace.models import ListedEvent
from marketplace.queries import upcoming_events
from tenants.models import Organizer
from tests import world
from tests.staff import Visitor, text


def listed() -> list[ListedEvent]:
    with schema_context("public"):
        return list(ListedEvent.objects.all())


def test_a_published_event_is_listed_with_its_lowest_all_in_price(paying: world.House) -> None:
    event = world.make_event("Hafen Nacht", kinds=(("Standard", 2400, 10), ("Balcony", 3600, 5), ("Child", 0, 5)))

    list_event(event_id=event.pk)
    list_event(event_id=event.pk)  # the outbox may ask twice

    (row,) = listed()
    assert (row.organizer_id, row.event_id, row.slug) == (paying.organizer.pk, event.pk, "hafen-nacht")
    assert (row.title, row.venue_name, row.city, row.currency) == ("Hafen Nacht", "Northside Hall", "Berlin", "EUR")
    assert row.price_from == 2400 + 60 + 50  # 2.5 % and 50 cents
    home = Visitor().get("/")
    assert "Hafen Nacht" in text(home)
    assert "http://northside.localhost:8000/events/hafen-nacht/" in text(home)
    assert "from €25.10" in text(home)


def test_a_change_reaches_the_listing_and_what_is_no_longer_on_sale_leaves_it(northside: world.House) -> None:
    event = world.make_event("Free Night", kinds=(("Guest", 0, 10),))
    list_event(event_id=event.pk)
    Event.objects.filter(pk=event.pk).update(title="Freer Night")
    list_event(event_id=event.pk)
    assert [row.title for row in listed()] == ["Freer Night"]
    assert listed()[0].price_from == 0

    Event.objects.filter(pk=event.pk).update(state=Event.State.CANCELLED)
    list_event(event_id=event.pk)
    assert listed() == []


def test_unlisting_takes_one_event_away(northside: world.House) -> None:
    first, second = (world.make_event(title, kinds=(("Guest", 0, 10),)) for title in ("One", "Two"))
    for event in (first, second):
        list_event(event_id=event.pk)

    unlist_event(event_id=first.pk)

    assert [row.title for row in listed()] == ["Two"]


def test_a_draft_is_never_listed(northside: world.House) -> None:
    event = world.make_event("Secret", kinds=(("Guest", 0, 10),), is_published=False)

    list_event(event_id=event.pk)

    assert listed() == []


def test_soonest_first_and_neither_the_past_nor_suspended_organizers(northside: world.House) -> None:
    later, sooner = (
        world.make_event(title, kinds=(("Guest", 0, 10),), starts_at=timezone.now() + timedelta(days=days))
        for title, days in (("Later", 9), ("Sooner", 3))
    )
    for event in (later, sooner):
        list_event(event_id=event.pk)
    with schema_context("public"):
        assert [listing.event.title for listing in upcoming_events(after=timezone.now())] == ["Sooner", "Later"]
        in_five_days = timezone.now() + timedelta(days=5)
        assert [listing.event.title for listing in upcoming_events(after=in_five_days)] == ["Later"]
        Organizer.objects.filter(pk=northside.organizer.pk).update(state=Organizer.State.SUSPENDED)
        assert upcoming_events(after=timezone.now()) == []


@pytest.mark.django_db
def test_with_nothing_on_sale_the_home_page_says_so() -> None:
    with schema_context("public"):
        page = Visitor().get("/")

    assert page.status_code == 200
    assert "Nothing on sale yet" in text(page)


def test_changing_what_is_on_sale_lists_it_again(northside: world.House) -> None:
    from config.handlers import HANDLERS
    from console.models import OrganizerFigures
    from events.actions import change_event, change_ticket_type
    from outbox.models import OutboxMessage

    event = world.make_event("First Words", kinds=(("Guest", 0, 10),))
    change_event(event_id=event.pk, actor=world.SYSTEM, title="Second Words")
    change_ticket_type(
        ticket_type_id=event.ticket_types.get().pk,
        name="Guest",
        perk="",
        price=1000,
        max_per_order=5,
        actor=world.SYSTEM,
    )
    draft = world.make_event("Draft", kinds=(("Guest", 0, 10),), is_published=False)
    change_event(event_id=draft.pk, actor=world.SYSTEM, title="Draft 2")

    messages = list(OutboxMessage.objects.filter(kind="list_event").order_by("pk"))
    assert [message.payload["event_id"] for message in messages] == [str(event.pk)] * 3
    for message in messages:
        HANDLERS["list_event"](message.payload)

    (row,) = listed()
    assert (row.title, row.price_from) == ("Second Words", 1075)
    assert OrganizerFigures.objects.get().events == 1
