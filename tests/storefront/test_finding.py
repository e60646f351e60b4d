"""The list of events narrowed to what somebody looks for, by its address alone."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from audit.actions import SYSTEM
from events.actions import change_event
from events.models import Event, Property
from events.properties import add_property
from tests import world
from tests.staff import Visitor, text

STANDARD = world.STANDARD


@pytest.fixture
def shop(northside: world.House) -> Visitor:
    world.let_charge(northside)
    return Visitor(northside.host)


@pytest.fixture
def season(shop: Visitor) -> dict[str, Event]:
    """Three evenings at two places."""
    add_property(name="Language", kind=Property.Kind.CHOICE, choices=["German", "English"], actor=SYSTEM)
    add_property(name="Minutes", kind=Property.Kind.NUMBER, actor=SYSTEM)
    add_property(name="Bar", kind=Property.Kind.YES_NO, is_filterable=False, actor=SYSTEM)
    now = timezone.now()
    made = {}
    for n, (title, city, price, facts) in enumerate(
        (
            ("Cherry Orchard", "Berlin", 4000, {"category": "theatre", "properties": {"language": "German", "minutes": 90}}),
            ("Harbour Jazz", "Hamburg", 2400, {"category": "concert", "tags": ["jazz"], "properties": {"minutes": 45}}),
            ("Open Rehearsal", "Berlin", 0, {"tags": ["jazz", "free"], "properties": {"language": "English", "bar": True}}),
        )
    ):  # fmt: skip
        event = world.make_event(
            title, kinds=((STANDARD, price, 10),), city=city, starts_at=now + timedelta(days=10 * (n + 1))
        )
        made[title] = change_event(event_id=event.pk, actor=SYSTEM, **facts)
    return made


def shown(shop: Visitor, query: str) -> list[str]:
    answer = shop.get(f"/?{query}")
    assert answer.status_code == 200
    return [row["event"].title for row in answer.context["events"]]


def day(n: int) -> str:
    return (timezone.now() + timedelta(days=n)).date().isoformat()


@pytest.mark.usefixtures("season")
def test_every_filter_is_an_address_that_works_without_script(shop: Visitor) -> None:
    play, jazz, free = "Cherry Orchard", "Harbour Jazz", "Open Rehearsal"

    for query, titles in {
        "": [play, jazz, free],
        "q=orchard": [play],
        "category=concert": [jazz],
        "place=berlin": [play, free],
        "tag=jazz": [jazz, free],
        "tag=jazz&tag=free": [free],
        "price=30": [jazz, free],
        "price=0": [free],
        f"from={day(15)}&until={day(25)}": [jazz],
        "p-language=German": [play],
        "from-minutes=60": [play],
        "until-minutes=60&q=&place=": [jazz],
        "p-bar=yes": [play, jazz, free],  # buyers cannot filter by it
        "category=theatre&tag=jazz": [],
    }.items():
        assert shown(shop, query) == titles, query


@pytest.mark.usefixtures("season")
def test_the_page_says_what_is_looked_for_and_how_to_look_for_less(shop: Visitor) -> None:
    answer = shop.get("/?q=rehearsal&tag=Jazz&p-language=English&price=12,50&category=&place=")

    chosen = answer.context["finder"].chosen
    assert [one.words for one in chosen] == ["“rehearsal”", "up to €12.50", "#jazz", "Language: English"]
    left = parse_qs(urlsplit(chosen[2].without).query)
    assert left == {"q": ["rehearsal"], "price": ["12,50"], "p-language": ["English"]}
    assert set(parse_qs(urlsplit(answer["HX-Push-Url"]).query)) == {"q", "tag", "p-language", "price"}
    assert 'data-announce="1 event found"' in text(answer)

    nothing = text(shop.get("/?q=opera"))
    assert "Nothing fits all of that" in nothing
    assert "Show all events" in nothing


@pytest.mark.usefixtures("season")
def test_a_text_that_looks_like_a_day_is_a_text(shop: Visitor) -> None:
    add_property(name="Set", kind=Property.Kind.TEXT, actor=SYSTEM)

    for query, words in {
        "p-set=2026-02-30": "Set: 2026-02-30",
        "p-set=2026-02-28": "Set: 2026-02-28",
        "until=2026-02-28": "Until 28 February 2026",
        "from=nothing&from=2026-02-28": "From 28 February 2026",  # the last one counts
        "category=nothing&category=concert": "Concert",
    }.items():
        answer = shop.get(f"/?{query}")
        assert answer.status_code == 200, query
        assert [one.words for one in answer.context["finder"].chosen] == [words], query


@pytest.mark.usefixtures("season")
def test_what_makes_no_sense_is_said_and_the_rest_is_looked_for(shop: Visitor) -> None:
    for wrong, field in (
        ("price=cheap", "price"),
        ("price=1e309", "price"),
        ("category=opera", "category"),
        ("from=tomorrow", "from"),
        (f"from={day(9)}&until={day(2)}", "until"),
        ("from-minutes=long", "from-minutes"),
        ("p-language=French", "p-language"),
        ("q=%00", "q"),
        ("place=%00", "place"),
    ):
        answer = shop.get(f"/?{wrong}&tag=free")
        assert (answer.status_code, list(answer.context["finder"].errors)) == (422, [field]), wrong
        titles = [row["event"].title for row in answer.context["events"]]
        assert titles in (["Open Rehearsal"], []), wrong
        assert "There is a problem" in text(answer)
    assert shown(shop, "tag=%00") == ["Cherry Orchard", "Harbour Jazz", "Open Rehearsal"]


def test_the_event_page_says_all_of_it_and_leads_to_the_like(shop: Visitor, season: dict[str, Event]) -> None:
    event = season["Cherry Orchard"]
    change_event(
        event_id=event.pk,
        actor=SYSTEM,
        tags=["open air"],
        least_age=16,
        contact_email="ask@north.example",
        terms="No bags.",
    )

    page = text(shop.get(f"/events/{event.slug}/"))

    for words in (
        "From 16 years on", 'href="/?category=theatre"', "Theatre", "Language", "German", "Minutes", "mailto:ask@north.example",
        "Terms of this event", "No bags.", 'href="/?tag=open%20air"',
    ):  # fmt: skip
        assert words in page, words


def test_with_one_or_two_events_there_is_nothing_to_look_through(shop: Visitor, southside: world.House) -> None:
    world.make_event("Alone", kinds=((world.FREE, 0, 5),))

    assert 'class="finder' not in text(shop.get("/"))
    assert 'class="finder' in text(shop.get("/?tag=none"))


def test_pages_stay_cheap(shop: Visitor, season: dict[str, Event], django_assert_max_num_queries: Any) -> None:
    """Whatever is looked for, and however many events there are: what is read is read for all at once."""
    for n in range(3):
        world.make_event(f"More {n}", kinds=((STANDARD, 2400, 10),))
    shop.get("/")

    with django_assert_max_num_queries(13):
        shop.get("/")
    with django_assert_max_num_queries(13):
        shop.get("/?q=jazz&category=concert&tag=jazz&place=hamburg&price=30&until-minutes=60")
    with django_assert_max_num_queries(20):
        shop.get(f"/events/{season['Cherry Orchard'].slug}/")
