"""What the platform's site shows of organizers' events."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from config.handlers import HANDLERS
from events.actions import change_event
from events.models import Event
from events.phases import PhaseWish
from marketplace.actions import list_event, renew_listings, unlist_event
from marketplace.models import ListedEvent
from marketplace.queries import organizers_to_renew, upcoming_events
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
    from console.models import OrganizerFigures
    from events.actions import change_ticket_type
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


def test_visitors_find_an_event_by_what_it_is_where_and_when(northside: world.House) -> None:
    play = world.make_event("Der Kirschgarten", kinds=(("Guest", 0, 10),), city="Köln")
    gig = world.make_event(
        "Hafen Nacht", kinds=(("Guest", 0, 10),), city="Hamburg", starts_at=timezone.now() + timedelta(days=3)
    )
    change_event(event_id=play.pk, actor=world.SYSTEM, category="theatre", tags=["classic", "german"])
    change_event(event_id=gig.pk, actor=world.SYSTEM, category="concert", tags=["jazz"])
    for event in (play, gig):
        list_event(event_id=event.pk)
    soon, later = (f"{(timezone.now() + timedelta(days=days)).date()}" for days in (10, 20))

    for query, titles in {
        "": ["Hafen Nacht", "Der Kirschgarten"],
        "q=KIRSCH+northside": ["Der Kirschgarten"],
        "q=theatre": ["Der Kirschgarten"],
        "category=concert": ["Hafen Nacht"],
        "tag=Classic": ["Der Kirschgarten"],
        "city=k%C3%B6ln": ["Der Kirschgarten"],
        f"from={later}": ["Der Kirschgarten"],
        f"until={soon}": ["Hafen Nacht"],
        "category=concert&city=K%C3%B6ln": [],
    }.items():
        answer = Visitor().get(f"/?{query}")
        assert (answer.status_code, [one.event.title for one in answer.context["listings"]]) == (200, titles), query
    assert "Nothing fits all of that" in text(Visitor().get("/?q=opera"))
    chosen = Visitor().get("/?q=nacht&category=concert").context["finder"].chosen
    assert [(one.words, one.without) for one in chosen] == [
        ("“nacht”", "/?category=concert#on-sale"),
        ("Concert", "/?q=nacht#on-sale"),
    ]


@pytest.mark.parametrize(
    "wrong", ["category=opera", "from=soon", "from=2031-02-01&until=2031-01-01", "q=%00", "city=%00"]
)
def test_what_makes_no_sense_is_said_and_the_rest_is_looked_for(northside: world.House, wrong: str) -> None:
    list_event(event_id=world.make_event("Hafen Nacht", kinds=(("Guest", 0, 10),)).pk)

    answer = Visitor().get(f"/?{wrong}")

    assert answer.status_code == 422
    assert "There is a problem" in text(answer)


def test_the_home_page_costs_the_same_however_many_events_there_are(
    northside: world.House, django_assert_max_num_queries: Any
) -> None:
    for n in range(4):
        list_event(event_id=world.make_event(f"Night {n}", kinds=(("Guest", 0, 10),)).pk)

    with django_assert_max_num_queries(6):
        Visitor().get("/?q=night&category=concert&from=2026-01-01")


# --- Its price is that of now -----------------------------------------------------------------------------------------------


def price_listed() -> int:
    (row,) = listed()
    return row.price_from


def all_in(price: int) -> int:
    return price + round(price * 0.025) + 50


def test_the_price_is_that_of_the_open_phase_and_follows_its_date(paying: world.House) -> None:
    """The row says when it will be wrong, and whoever looks then makes it right."""
    event = world.make_event("Hafen Nacht", kinds=(("Standard", 4000, 10),))
    ends = timezone.now() + timedelta(days=2)
    world.set_phases(event, "Standard", PhaseWish("Early", 2400, until=ends))
    list_event(event_id=event.pk)
    assert (price_listed(), listed()[0].renew_at) == (all_in(2400), ends)
    with schema_context("public"):
        assert organizers_to_renew(at=timezone.now()) == []
        assert organizers_to_renew(at=ends) == [paying.organizer]

    with patch("django.utils.timezone.now", return_value=ends + timedelta(seconds=1)):
        assert renew_listings() == 1
        assert price_listed() == all_in(4000)
        assert renew_listings() == 0


def test_the_price_is_of_what_is_left_and_follows_sales_and_holds(paying: world.House) -> None:
    event = world.make_event("Hafen Nacht", kinds=(("Standard", 4000, 10), ("Stool", 3000, 1), ("Child", 0, 5)))
    world.set_phases(event, "Standard", PhaseWish("Early", 2400, quantity=2))
    list_event(event_id=event.pk)
    (before,) = listed()
    assert (before.price_from, before.follows_stock) == (all_in(2400), True)
    assert before.renew_at is not None

    order = world.paid_order(event, Standard=2)
    HANDLERS["count_sale"]({"order_id": str(order.pk)})
    HANDLERS["count_sale"]({"order_id": str(order.pk)})
    soon = listed()[0].renew_at
    assert soon is not None
    assert soon < before.renew_at

    with patch("django.utils.timezone.now", return_value=soon):
        assert renew_listings() == 1
    assert price_listed() == all_in(3000)  # the early ones are gone
    shop = Visitor(paying.host)
    assert shop.get("/").context["events"][0]["price"] == all_in(3000)

    held = world.hold(event, Stool=1)
    list_event(event_id=event.pk)
    assert (price_listed(), shop.get("/").context["events"][0]["price"]) == (all_in(4000), all_in(4000))
    world.checkout.release_hold(hold_id=held.pk, token=held.token)
    list_event(event_id=event.pk)
    assert price_listed() == all_in(3000)
