"""Nora sets up an event and puts it on sale."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.models import AuditEntry
from events.models import Event, TicketType
from inventory.models import Place
from outbox.models import OutboxMessage
from payments.models import ConnectedAccount
from seating.models import Venue
from tests import world
from tests.staff import Visitor, text

EVENT = {
    "title": "Hafen Nacht",
    "date": "2027-07-03",
    "starts": "20:00",
    "venue": "Hafenklang",
    "city": "Hamburg",
    "timezone": "Europe/Berlin",
}


def create(nora: Visitor, **changes: str) -> Event:
    response = nora.post("/portal/events/new/", {**EVENT, **changes})
    assert response.status_code == 302, response.context["form"].errors
    return Event.objects.get(title={**EVENT, **changes}["title"])


# --- Create ----------------------------------------------------------------------------------------------------------------------


def test_four_fields_make_an_event(nora: Visitor, northside: world.House) -> None:
    response = nora.post("/portal/events/new/", EVENT)

    event = Event.objects.get()
    assert response["Location"] == f"/portal/events/{event.pk}/ticket-types/new/"
    assert (event.title, event.slug, event.state, event.currency) == ("Hafen Nacht", "hafen-nacht", "draft", "EUR")
    assert (event.venue.name, event.venue.city, event.venue.timezone) == ("Hafenklang", "Hamburg", "Europe/Berlin")
    (performance,) = event.performances.all()
    assert performance.starts_at == datetime(2027, 7, 3, 18, 0, tzinfo=UTC)  # 20:00 summer time
    assert performance.ends_at - performance.starts_at == timedelta(hours=3)
    assert performance.starts_at - performance.doors_at == timedelta(hours=1)
    entry = AuditEntry.objects.get(verb="create_event")
    assert (entry.actor_kind, entry.actor_id) == ("user", str(northside.owner.pk))


def test_an_end_before_the_start_is_the_next_morning(nora: Visitor) -> None:
    event = create(nora, starts="22:00", ends="04:30", doors="21:15")

    performance = event.performances.get()
    assert performance.ends_at - performance.starts_at == timedelta(hours=6, minutes=30)
    assert performance.starts_at - performance.doors_at == timedelta(minutes=45)


def test_a_venue_that_is_known_is_used_again_with_its_zone(nora: Visitor) -> None:
    create(nora, timezone="Europe/Lisbon")
    second = create(nora, title="Second", venue="hafenklang", timezone="Europe/Berlin")

    assert Venue.objects.count() == 1
    assert second.performances.get().timezone == "Europe/Lisbon"
    assert second.performances.get().starts_at == datetime(2027, 7, 3, 19, 0, tzinfo=UTC)
    assert '<option value="Hafenklang">' in text(nora.get("/portal/events/new/"))


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"title": ""}, "title", "This field is required."),
        ({"title": "x" * 141}, "title", "at most 140 characters"),
        ({"date": "soon"}, "date", "Enter a valid date."),
        ({"date": "9999-12-31", "starts": "22:00"}, "date", "Enter a date of these years."),
        ({"date": "0001-01-01", "starts": "00:30"}, "date", "Enter a date of these years."),
        ({"date": "2199-12-31", "starts": "22:00"}, "date", "Enter a date of these years."),  # it ends in 2200
        ({"starts": "25:00"}, "starts", "Enter a valid time."),
        ({"venue": ""}, "venue", "This field is required."),
        ({"timezone": "Mars/Base"}, "timezone", "Select a valid choice."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_made(
    nora: Visitor, change: dict[str, str], field: str, words: str
) -> None:
    response = nora.post("/portal/events/new/", {**EVENT, **change})

    assert response.status_code == 422
    assert words in response.context["form"].errors[field][0]
    assert "There is a problem" in text(response)
    assert f'href="#id_{field}"' in text(response)
    assert (Event.objects.count(), Venue.objects.count()) == (0, 0)


def test_what_was_typed_is_kept_when_something_is_wrong(nora: Visitor) -> None:
    page = text(nora.post("/portal/events/new/", {**EVENT, "date": ""}))

    assert 'value="Hafen Nacht"' in page
    assert 'value="Hafenklang"' in page


# --- Tickets -------------------------------------------------------------------------------------------------------------------------


def test_tickets_say_what_the_buyer_pays_and_what_you_get(nora: Visitor) -> None:
    event = create(nora)

    words = nora.get(f"/portal/events/{event.pk}/price/?price=24,00")
    assert "Buyer pays €25.10 · you get €24.00" in text(words)
    response = nora.post(
        f"/portal/events/{event.pk}/ticket-types/new/",
        {"name": "Standing", "price": "24,00", "quantity": "150", "max_per_order": "6", "perk": "Ground floor"},
    )

    assert response["Location"] == f"/portal/events/{event.pk}/"
    kind = TicketType.objects.get()
    assert (kind.name, kind.price, kind.perk, kind.max_per_order) == ("Standing", 2400, "Ground floor", 6)
    assert kind.quotas.get().size == 150
    page = text(nora.get(f"/portal/events/{event.pk}/"))
    assert "Buyer pays €25.10 · you get €24.00" in page
    assert "150 in all, at most 6 per order" in page


@pytest.mark.parametrize(
    ("price", "words"),
    [("0", "Free for the buyer, and for you."), ("", ""), ("abc", ""), ("-1", ""), ("1.234", ""), ("9999999999", "")],
)
def test_words_for_a_price_being_typed_never_break(nora: Visitor, price: str, words: str) -> None:
    response = nora.get(f"/portal/events/{create(nora).pk}/price/", {"price": price})

    assert response.status_code == 200
    assert (words in text(response)) if words else ("Buyer pays" not in text(response))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": "12.345"}, "price"),
        ({"price": "-3"}, "price"),
        ({"price": "free"}, "price"),
        ({"price": "99999999999"}, "price"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "100001"}, "quantity"),
        ({"max_per_order": "51"}, "max_per_order"),
        ({"max_per_person": "0"}, "max_per_person"),
        ({"hold_minutes": "31"}, "hold_minutes"),
        ({"name": ""}, "name"),
    ],
)
def test_a_wrong_ticket_type_is_refused_beside_its_field(nora: Visitor, change: dict[str, str], field: str) -> None:
    event = create(nora)
    words = {"name": "Standing", "price": "24", "quantity": "150", "max_per_order": "6"}

    response = nora.post(f"/portal/events/{event.pk}/ticket-types/new/", {**words, **change})

    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert TicketType.objects.count() == 0


def test_limits_per_person_and_a_hold_time_of_its_own(nora: Visitor, northside: world.House) -> None:
    event = world.make_event(kinds=(("Guest", 0, 10),))
    kind = event.ticket_types.get()
    url = f"/portal/events/{event.pk}/ticket-types/{kind.pk}/"
    typed = {"name": "Guest", "price": "0", "quantity": "10", "max_per_order": "10"}
    typed |= {"max_per_person": "4", "hold_minutes": "7"}

    assert nora.post(url, typed).status_code == 302

    kind.refresh_from_db()
    assert (kind.max_per_person, kind.hold_minutes, kind.most_per_order) == (4, 7, 4)
    assert "10 in all, at most 10 per order, 4 per person" in text(nora.get(f"/portal/events/{event.pk}/"))
    hold = world.hold(event, Guest=4)
    assert hold.expires_at - hold.created_at == timedelta(minutes=7)
    assert 'value="4"' in text(nora.get(url))
    assert nora.post(url, {**typed, "max_per_person": "", "hold_minutes": ""}).status_code == 302
    kind.refresh_from_db()
    assert (kind.max_per_person, kind.hold_minutes) == (None, None)


def test_a_changed_price_holds_for_later_buyers(nora: Visitor, northside: world.House) -> None:
    event = world.make_event(kinds=(("Guest", 0, 10),))
    order = world.place_order(event, Guest=1)
    kind = event.ticket_types.get()
    url = f"/portal/events/{event.pk}/ticket-types/{kind.pk}/"

    assert 'value="Guest"' in text(nora.get(url))
    response = nora.post(url, {"name": "Guest", "price": "5", "quantity": "10", "max_per_order": "10"})

    assert response.status_code == 302
    kind.refresh_from_db()
    assert kind.price == 500
    assert order.positions.get().price == 0


# --- Publish ----------------------------------------------------------------------------------------------------------------------------


def test_a_draft_says_all_that_is_missing(nora: Visitor) -> None:
    event = create(nora)
    page = text(nora.get(f"/portal/events/{event.pk}/"))
    assert "Before it can go on sale" in page
    assert "Add at least one kind of ticket." in page
    assert ">Publish<" not in page

    world.events.add_ticket_type(
        event_id=event.pk, name="Paid", perk="", price=900, quantity=5, max_per_order=5, actor=world.SYSTEM
    )
    page = text(nora.get(f"/portal/events/{event.pk}/"))
    assert "Add at least one kind of ticket." not in page
    assert "Connect Stripe, so that the money of each sale reaches your account." in page


def test_a_free_event_goes_on_sale(nora: Visitor) -> None:
    event = create(nora)
    nora.post(
        f"/portal/events/{event.pk}/ticket-types/new/",
        {"name": "Guest", "price": "0", "quantity": "20", "max_per_order": "4"},
    )

    response = nora.post(f"/portal/events/{event.pk}/publication/")

    assert response["Location"] == f"/portal/events/{event.pk}/"
    event.refresh_from_db()
    assert event.state == Event.State.PUBLISHED
    assert Place.objects.filter(pool__performance__event=event, state="free").count() == 20
    assert OutboxMessage.objects.filter(kind="list_event", payload={"event_id": str(event.pk)}).exists()
    assert "is on sale" in text(nora.get(f"/portal/events/{event.pk}/"))
    assert nora.get("/events/hafen-nacht/").status_code == 200


def test_publishing_too_early_says_why_and_changes_nothing(nora: Visitor) -> None:
    event = create(nora)
    world.events.add_ticket_type(
        event_id=event.pk, name="Paid", perk="", price=900, quantity=5, max_per_order=5, actor=world.SYSTEM
    )

    response = nora.post(f"/portal/events/{event.pk}/publication/")

    assert response.status_code == 422
    assert "Connect Stripe first" in text(response)
    event.refresh_from_db()
    assert event.state == Event.State.DRAFT
    assert Place.objects.count() == 0


def test_with_stripe_connected_a_paid_event_goes_on_sale(nora: Visitor) -> None:
    ConnectedAccount.objects.create(account_id="acct_ready", charges_enabled=True, payouts_enabled=True)
    event = create(nora)
    world.events.add_ticket_type(
        event_id=event.pk, name="Paid", perk="", price=900, quantity=5, max_per_order=5, actor=world.SYSTEM
    )

    assert nora.post(f"/portal/events/{event.pk}/publication/").status_code == 302
    event.refresh_from_db()
    assert event.is_published


# --- Preview and change ------------------------------------------------------------------------------------------------------------------


def test_the_preview_link_shows_the_draft_to_whoever_has_it_and_to_nobody_else(
    nora: Visitor, northside: world.House, southside: world.House
) -> None:
    event = create(nora)
    link = nora.get(f"/portal/events/{event.pk}/").context["preview_url"]
    friend = Visitor(northside.host)

    assert "Hafen Nacht" in text(friend.get(link))
    assert friend.get(link)["Cache-Control"] == "no-store"
    assert friend.get("/events/hafen-nacht/").status_code == 404
    assert friend.get(f"{link}x").status_code == 404
    assert Visitor(southside.host).get(link).status_code == 404
    other = create(nora, title="Another")
    assert friend.get(f"/events/{other.slug}/?{link.partition('?')[2]}").status_code == 404


def test_words_of_an_event_can_change_after_sale(nora: Visitor, northside: world.House) -> None:
    event = world.make_event("Old Title", kinds=(("Guest", 0, 10),))
    world.place_order(event, Guest=2)
    url = f"/portal/events/{event.pk}/details/"
    assert "2 tickets are sold." in text(nora.get(url))

    response = nora.post(
        url, {"title": "New Title", "summary": "", "description": "x", "refund_policy": "none", "hold_minutes": "15"}
    )

    assert response.status_code == 302
    event.refresh_from_db()
    assert (event.title, event.refund_policy, event.hold_minutes) == ("New Title", "none", 15)
    debits = {"title": "New Title", "hold_minutes": "15", "delayed_payment_days": "14"}
    assert nora.post(url, debits).status_code == 302
    event.refresh_from_db()
    assert event.delayed_payment_days == 14
    wrong = nora.post(url, {"title": "", "hold_minutes": "99", "delayed_payment_days": "3"})
    assert wrong.status_code == 422
    assert set(wrong.context["form"].errors) == {"title", "hold_minutes", "delayed_payment_days"}


# --- Live sales ------------------------------------------------------------------------------------------------------------------------------


def test_the_event_page_shows_sales_as_they_are(nora: Visitor, northside: world.House) -> None:
    event = world.make_event(kinds=(("Guest", 0, 10), ("Press", 0, 5)))
    world.place_order(event, Guest=3)
    world.hold(event, Press=2)

    page = nora.get(f"/portal/events/{event.pk}/sales/")

    sales = page.context["sales"]
    assert [(kind.ticket_type.name, kind.sold, kind.held, kind.free) for kind in sales.types] == [
        ("Guest", 3, 0, 7),
        ("Press", 0, 2, 3),
    ]
    assert (sales.sold, sales.held, sales.free, sales.capacity, sales.orders) == (3, 2, 10, 15, 1)
    words = text(page)
    assert "of 15, 2 held now" in words
    assert page.context["by_hour"].total == 3
    assert "<style" not in words
    assert "style=" not in words


def test_home_shows_today_and_how_full_the_next_events_are(nora: Visitor, northside: world.House) -> None:
    assert "first ticket" in text(nora.get("/portal/"))
    event = world.make_event("Soon", kinds=(("Guest", 0, 10),))
    world.place_order(event, Guest=4)

    page = nora.get("/portal/")

    sales = page.context["sales"]
    assert (sales.orders, sales.tickets) == (1, 4)
    assert [(row.event.title, row.sold, row.capacity) for row in page.context["events"]] == [("Soon", 4, 10)]
    assert "<strong>4</strong> of 10 sold" in text(page)


def test_the_list_shows_drafts_too(nora: Visitor, northside: world.House) -> None:
    assert "No events yet" in text(nora.get("/portal/events/"))
    world.make_event("Draft Night", kinds=(("Guest", 0, 10),), is_published=False)
    world.make_event("Open Night", kinds=(("Guest", 0, 10),))

    page = text(nora.get("/portal/events/"))

    assert page.index("Open Night") < page.index("Draft Night")
    assert "10 tickets planned" in page


def test_a_long_list_asks_no_more_than_a_short_one(
    nora: Visitor, northside: world.House, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        world.make_event(f"Event {number}", kinds=(("Guest", 0, 5),))

    with django_assert_max_num_queries(20):
        assert nora.get("/portal/events/").status_code == 200
    with django_assert_max_num_queries(30):
        assert nora.get("/portal/").status_code == 200


def test_a_date_is_moved_on_its_own_page(nora: Visitor, northside: world.House) -> None:
    event = world.make_event(kinds=(("Guest", 0, 5),))
    performance = world.the_performance(event)
    address = f"/portal/events/{event.pk}/dates/{performance.pk}/"
    assert address in text(nora.get(f"/portal/events/{event.pk}/"))
    assert 'value="Northside Hall"' in text(nora.get(address))

    moved = {"date": "2031-03-08", "starts": "21:00", "ends": "", "doors": "", "venue": "South Pier", "city": "Berlin"}
    response = nora.post(address, {**moved, "timezone": "Europe/Berlin"})

    assert response.status_code == 302
    performance.refresh_from_db()
    assert performance.starts_at.isoformat() == "2031-03-08T20:00:00+00:00"
    assert performance.event.venue.name == "South Pier"
    assert nora.post(address, {**moved, "date": "2020-03-08"}).status_code == 422


def test_a_date_is_moved_to_no_year_that_cannot_be_read_again(nora: Visitor, northside: world.House) -> None:
    event = world.make_event(kinds=(("Guest", 0, 5),))
    performance = world.the_performance(event)
    address = f"/portal/events/{event.pk}/dates/{performance.pk}/"
    far = {"date": "9999-12-31", "starts": "20:00", "ends": "21:00", "venue": "Pier", "timezone": "America/New_York"}

    refused = nora.post(address, far)

    assert refused.status_code == 422
    assert refused.context["form"].errors["date"] == ["Enter a date of these years."]
    starts_at = performance.starts_at
    performance.refresh_from_db()
    assert performance.starts_at == starts_at
    assert not Venue.objects.filter(name="Pier").exists()


def test_a_quantity_is_changed_while_it_sells_but_not_below_what_is_sold(nora: Visitor, northside: world.House) -> None:
    event = world.make_event(kinds=(("Guest", 0, 5),))
    world.place_order(event, Guest=2)
    kind = world.kind_of(event, "Guest")
    address = f"/portal/events/{event.pk}/ticket-types/{kind.pk}/"
    words = {"name": "Guests", "price": "0", "max_per_order": "10"}

    refused = nora.post(address, {**words, "quantity": "1"})
    kind.refresh_from_db()

    assert refused.status_code == 422
    assert "2 are held or sold, so there cannot be fewer." in text(refused)
    assert kind.name == "Guest"
    assert nora.post(address, {**words, "quantity": "8"}).status_code == 302
    kind.refresh_from_db()
    assert (kind.name, kind.quotas.get().size) == ("Guests", 8)
