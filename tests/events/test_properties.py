"""What sort of event it is: category, tags, facts, and what the organizer says in terms of its own."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from audit.actions import SYSTEM
from audit.models import AuditEntry
from checkout.copies import copy_event
from events.actions import change_event
from events.errors import EventInvalid, PropertyInvalid
from events.facts import normal_tags
from events.listing import EventFilter, Range, facets_of, wish_of
from events.models import Event, Property
from events.properties import (
    MOST_PROPERTIES,
    add_property,
    change_property,
    check_values,
    move_property,
    properties,
    remove_property,
    said_of,
    value_of,
)
from events.queries import listed_events, published_event, published_events
from tests import world
from tests.world import House
from ui.errors import NotFound

KIND = Property.Kind


def make_event(title: str = "Night Train", **texts: Any) -> Event:
    return world.make_event(title, kinds=((world.FREE, 0, 10),), **texts)


def define() -> dict[str, Property]:
    """The properties of Northside's events, by key."""
    add_property(name="Language", kind=KIND.CHOICE, choices=["German", "English"], actor=SYSTEM)
    add_property(name="Minutes", kind=KIND.NUMBER, actor=SYSTEM)
    add_property(name="Bar", kind=KIND.YES_NO, actor=SYSTEM)
    add_property(name="Premiere", kind=KIND.DATE, actor=SYSTEM)
    add_property(name="Director", kind=KIND.TEXT, actor=SYSTEM)
    return {one.key: one for one in properties()}


def say(event: Event, **facts: Any) -> Event:
    return change_event(event_id=event.pk, actor=SYSTEM, **facts)


SAID = {"language": "German", "minutes": 90, "bar": True, "premiere": "2026-12-24", "director": "A. Person"}


def test_an_event_says_of_itself_what_it_is_and_its_copy_says_the_same(northside: House) -> None:
    known = define()
    event = say(
        make_event(),
        category="theatre",
        tags=["#Open Air", "open  air", " JAZZ"],
        least_age=16,
        contact_email="ask@northside.example",
        contact_phone="+49 30 123456",
        terms=" No bags.\n",
        properties=SAID,
    )

    for one in (published_event(event.slug), copy_event(event_id=event.pk, title="Again", actor=SYSTEM)):
        assert (one.category, one.tags, one.least_age, one.terms) == ("theatre", ["open air", "jazz"], 16, "No bags.")
        assert (one.contact_email, one.contact_phone) == ("ask@northside.example", "+49 30 123456")
        said = [(line.definition.name, line.words) for line in said_of(one, properties())]
        assert said == [
            ("Language", "German"), ("Minutes", "90"), ("Bar", "Yes"), ("Premiere", "24 December 2026"),
            ("Director", "A. Person"),
        ]  # fmt: skip
    with translation.override("de"):
        assert [line.words for line in said_of(event, known.values())][2:4] == ["Ja", "24. Dezember 2026"]


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"category": "opera house"}, "category"),
    ({"tags": [f"tag {n}" for n in range(11)]}, "tags"),
    ({"tags": ["x" * 31]}, "tags"),
    ({"tags": ["a\x00b"]}, "tags"),
    ({"least_age": 0}, "least_age"),
    ({"least_age": 100}, "least_age"),
    ({"contact_email": "ask at northside"}, "contact_email"),
    ({"contact_phone": "call me"}, "contact_phone"),
    ({"terms": "x" * 5001}, "terms"),
    ({"properties": {"language": "French"}}, "language"),
    ({"properties": {"minutes": True}}, "minutes"),
    ({"properties": {"minutes": 10**10}}, "minutes"),
    ({"properties": {"bar": "yes"}}, "bar"),
    ({"properties": {"premiere": "24.12.2026"}}, "premiere"),
    ({"properties": {"director": ""}}, "director"),
    ({"properties": {"smell": "sweet"}}, "smell"),
)  # facts, and the field that the refusal names


def test_what_does_not_fit_is_refused_and_nothing_changes(northside: House) -> None:
    define()
    event = say(make_event(), category="theatre", tags=["jazz"], properties=SAID)

    for facts, field in WRONG:
        with pytest.raises(EventInvalid) as refusal:
            say(event, title="Another", **facts)
        assert refusal.value.extra["field"] == field

    event.refresh_from_db()
    assert (event.title != "Another", event.category, event.tags, event.properties) == (True, "theatre", ["jazz"], SAID)


def test_the_database_knows_the_list_the_ten_tags_and_the_age_too(northside: House) -> None:
    event = make_event()

    for wrong in ({"category": "opera"}, {"tags": [str(n) for n in range(11)]}, {"least_age": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Event.objects.filter(pk=event.pk).update(**wrong)


def test_a_property_is_renamed_moved_and_removed_with_what_was_said_of_it(northside: House) -> None:
    known = define()
    event, other = say(make_event(), properties=SAID), make_event()
    language = known["language"]

    change_property(property_id=language.pk, name="Spoken", choices=["German", "French"], actor=SYSTEM)
    move_property(property_id=language.pk, by=1, actor=SYSTEM)
    move_property(property_id=known["minutes"].pk, by=-1, actor=SYSTEM)  # the first already
    assert [(one.key, one.name) for one in properties()][:2] == [("minutes", "Minutes"), ("language", "Spoken")]
    assert said_of(event, properties())[1].words == "German"

    with pytest.raises(PropertyInvalid, match="has “German”"):
        change_property(property_id=language.pk, name="Spoken", choices=["French", "English"], actor=SYSTEM)
    assert Property.objects.get(key="language").choices == ["German", "French"]

    assert remove_property(property_id=language.pk, actor=SYSTEM) == 1
    event.refresh_from_db()
    assert event.properties == {key: value for key, value in SAID.items() if key != "language"}
    assert (other.properties, len(properties())) == ({}, 4)
    assert AuditEntry.objects.get(verb="remove_property").detail["events"] == 1
    with pytest.raises(NotFound):
        remove_property(property_id=language.pk, actor=SYSTEM)


def test_a_property_that_makes_no_sense_is_refused(northside: House) -> None:
    define()

    for wrong, field in (
        ({"name": " ", "kind": KIND.TEXT}, "name"),
        ({"name": "LANGUAGE", "kind": KIND.TEXT}, "name"),
        ({"name": "Food", "kind": "smell"}, "kind"),
        ({"name": "Food", "kind": KIND.CHOICE, "choices": ["Soup", " Soup "]}, "choices"),
        ({"name": "Food", "kind": KIND.CHOICE, "choices": ["Soup", "x" * 61]}, "choices"),
    ):
        with pytest.raises(PropertyInvalid) as refusal:
            add_property(actor=SYSTEM, **wrong)
        assert refusal.value.extra["field"] == field
    assert Property.objects.count() == 5

    keys = [add_property(name=name, kind=KIND.TEXT, actor=SYSTEM).key for name in ("Bar!", "Bar?", "…")]
    assert keys == ["bar-2", "bar-3", "property"]
    for n in range(MOST_PROPERTIES - 8):
        add_property(name=f"More {n}", kind=KIND.TEXT, actor=SYSTEM)
    with pytest.raises(PropertyInvalid, match="No more than 20"):
        add_property(name="One more", kind=KIND.TEXT, actor=SYSTEM)


def test_numbers_are_typed_as_people_do(northside: House) -> None:
    minutes = define()["minutes"]

    assert [value_of(minutes, typed) for typed in ("90", "2,5", "-1.250", "1e3")] == [90, 2.5, -1.25, 1000]
    for typed in ("", "ninety", "1.2345", "NaN", "Infinity", "9e9"):
        with pytest.raises(PropertyInvalid):
            value_of(minutes, typed)
    assert check_values({"minutes": None}, [minutes]) == {}
    assert wish_of(minutes, "60..") == Range(60, None)


# --- Find -----------------------------------------------------------------------------------------------------------------


def found(**wanted: Any) -> list[str]:
    now = timezone.now()
    return [one.title for one in published_events(after=now, wanted=EventFilter(**wanted), known=properties())]


def test_events_are_found_by_everything_that_they_say(northside: House) -> None:
    """A property may be called like a word of the query language: its key is data."""
    define()
    add_property(name="Range", kind=KIND.NUMBER, actor=SYSTEM)
    play = make_event("The Cherry Orchard", summary="After a hundred years", venue="Stage One", city="Köln")
    gig = make_event("Hafenkonzert", city="Hamburg")
    say(play, category="theatre", tags=["classic", "german"], properties={**SAID, "range": 7})
    say(gig, category="concert", tags=["jazz"], properties={"minutes": 45, "language": "English", "bar": False})
    day = world.day_of(world.the_performance(play))

    both = sorted([play.title, gig.title])
    assert sorted(found()) == both
    for wanted in (
        {"text": "orchard HUNDRED"}, {"text": "köln"}, {"text": "theatre"}, {"text": "#classic"},
        {"category": "theatre"}, {"tags": ("Classic", "german")}, {"place": "stage one"}, {"place": "KÖLN"},
        {"properties": {"language": ["German"]}}, {"properties": {"minutes": Range(60, None)}},
        {"properties": {"bar": True}}, {"properties": {"premiere": Range("2026-12-01", "2026-12-31")}},
        {"properties": {"director": "person"}}, {"properties": {"range": Range(None, 7)}},
    ):  # fmt: skip
        assert found(**wanted) == [play.title], wanted
    assert sorted(found(properties={"language": ["German", "English"]})) == both
    assert sorted(found(since=day, until=day)) == both
    for wanted in (
        {"text": "orchard jazz"}, {"tags": ("classic", "jazz")}, {"place": "Bonn"}, {"until": day.replace(year=2020)},
        {"since": day.replace(year=day.year + 2)}, {"properties": {"range": 8}},
    ):  # fmt: skip
        assert found(**wanted) == [], wanted


def test_what_there_is_to_look_for_is_what_listed_events_differ_in(northside: House) -> None:
    known = define()
    say(make_event(city="Köln"), category="theatre", tags=["classic"], properties={"minutes": 90})
    say(make_event(city="Bonn"), category="concert", tags=["jazz", "classic"], properties={"minutes": 45})
    say(make_event(is_published=False), category="film", tags=["secret"], properties={"minutes": 1})

    facets = facets_of(listed_events(after=timezone.now()), known.values())

    assert (facets.n, list(facets.categories), list(facets.tags)) == (2, ["concert", "theatre"], ["classic", "jazz"])
    assert (list(facets.places), dict(facets.properties)) == (["Bonn", "Köln", "Northside Hall"], {"minutes": [45, 90]})


def test_tags_are_the_same_however_they_are_typed() -> None:
    assert normal_tags(["#Straße", "STRASSE", "a, b", "", " # "]) == ["strasse", "a b"]
