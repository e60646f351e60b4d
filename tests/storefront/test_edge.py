"""What an edge cache may keep: the same bytes for everybody, nothing of anybody, for seconds."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.actions import SYSTEM
from events.preview import preview_token
from inventory import live
from inventory.announcer import Announcer
from tests import world
from tests.staff import Visitor, signed_in
from ui import edge
from waiting_room import gate, health, store
from waiting_room.actions import change_room
from waiting_room.health import arrivals_per_minute

PAGES = ["/", "/events/night-bus/", "/api/v1/events", "/api/v1/events/night-bus", "stock"]


@pytest.fixture
def night_bus(northside: world.House) -> Any:
    world.let_charge(northside)
    live.connected().flushdb()
    return world.make_event("Night Bus", kinds=(("Standard", 2400, 3), ("Balcony", 3000, 60)))


def address(path: str, event: Any) -> str:
    return f"/api/v1/performances/{world.the_performance(event).pk}/stock" if path == "stock" else path


@pytest.mark.parametrize("path", PAGES)
def test_a_public_page_is_the_same_for_everybody_and_says_how_long(
    northside: world.House, night_bus: Any, path: str
) -> None:
    asked = address(path, night_bus)
    stranger = Visitor(northside.host).get(asked, HTTP_ACCEPT_LANGUAGE="en")
    owner = signed_in(northside.owner, northside.host).get(asked, HTTP_ACCEPT_LANGUAGE="en")

    assert stranger.content == owner.content
    for answer in (stranger, owner):
        seconds = 1 if path == "stock" else 5
        assert answer["Cache-Control"] == f"public, max-age=0, s-maxage={seconds}"
        assert answer["Vary"] == "Accept-Language"
        assert not answer.cookies
    assert stranger["ETag"] == owner["ETag"]


@pytest.mark.parametrize("path", PAGES)
def test_who_has_it_already_is_told_so(northside: world.House, night_bus: Any, path: str) -> None:
    visitor, asked = Visitor(northside.host), address(path, night_bus)
    tag = visitor.get(asked)["ETag"]

    again = visitor.get(asked, HTTP_IF_NONE_MATCH=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert "s-maxage" in again["Cache-Control"]

    connection.set_tenant(northside.organizer)  # type: ignore[attr-defined]
    world.hold(night_bus, Standard=3)
    assert visitor.get(asked, HTTP_IF_NONE_MATCH=tag).status_code == 200  # the list's price is of what can be had


def test_a_message_for_one_visitor_waits_for_another_page(northside: world.House, night_bus: Any) -> None:
    owner = signed_in(northside.owner, northside.host)
    draft = world.make_event("Hush", is_published=False)
    done = owner.post(f"/portal/events/{draft.pk}/publication/")
    assert done.status_code == 302

    words = "“Hush” is on sale."
    assert words not in owner.get("/").content.decode()
    assert words in owner.get(done["Location"]).content.decode()


def test_each_language_is_a_page_of_its_own_and_a_cookies_language_is_kept_by_nobody(
    northside: world.House, night_bus: Any
) -> None:
    visitor = Visitor(northside.host)
    english, german = (visitor.get("/", HTTP_ACCEPT_LANGUAGE=language) for language in ("en", "de"))
    visitor.cookies["django_language"] = "de"
    chosen = visitor.get("/", HTTP_ACCEPT_LANGUAGE="en")

    assert english["ETag"] != german["ETag"]
    assert chosen["Cache-Control"] == "private, no-cache"


def test_what_is_for_some_eyes_or_went_wrong_is_kept_by_nobody(northside: world.House, night_bus: Any) -> None:
    draft = world.make_event("Hush", is_published=False)
    visitor = Visitor(northside.host)

    preview = visitor.get(f"/events/hush/?preview={preview_token(draft)}")
    missing = visitor.get("/events/nothing/")
    refused = visitor.post("/events/night-bus/holds/", {})

    assert preview["Cache-Control"] == "no-store"
    assert "public" not in missing.get("Cache-Control", "")
    assert "public" not in refused.get("Cache-Control", "")


def test_the_stock_of_another_organizers_date_is_not_there(
    northside: world.House, southside: world.House, night_bus: Any
) -> None:
    draft = world.make_event("Hush", is_published=False)
    asked = address("stock", night_bus)

    live.mark(world.the_performance(night_bus).pk)
    Announcer(live.connected()).tick()

    assert Visitor(northside.host).get(asked).json()["seq"] > 0
    assert Visitor(southside.host).get(asked).status_code == 404
    assert Visitor(northside.host).get(address("stock", draft)).status_code == 404


def test_announced_stock_costs_no_query_and_a_list_asks_once_for_all(northside: world.House, night_bus: Any) -> None:
    more = [world.make_event(f"Line {number}") for number in range(3)]
    live.mark(*(world.the_performance(event).pk for event in (night_bus, *more)))
    Announcer(live.connected()).tick()
    visitor = Visitor(northside.host)
    visitor.get("/")  # whatever is looked up once

    with CaptureQueriesContext(connection) as stock:
        visitor.get(address("stock", night_bus))
    with CaptureQueriesContext(connection) as announced:
        visitor.get("/")
    live.connected().flushdb()
    with CaptureQueriesContext(connection) as counted:
        visitor.get("/")

    assert about_stock(stock) == 0
    assert about_stock(announced) == 0
    assert about_stock(counted) == 1


@pytest.fixture
def hot_pages(settings: Any) -> Iterator[None]:
    """Pages that many ask for are kept, as they are in every process but this one."""
    settings.KEEPS_HOT_PAGES = True
    edge._pages.clear()
    yield
    edge._pages.clear()


def test_a_page_that_many_open_at_once_is_made_once_a_second(
    northside: world.House, night_bus: Any, hot_pages: None
) -> None:
    visitor, asked = Visitor(northside.host), address("/events/night-bus/", night_bus)
    first = [visitor.get(asked) for _person in range(edge.HOT)]
    connection.set_tenant(northside.organizer)  # type: ignore[attr-defined]
    night_bus.title = "Night Bus by Day"
    night_bus.save()

    with CaptureQueriesContext(connection) as queries:
        kept = visitor.get(asked)
    assert (kept.content, kept["ETag"], kept["Cache-Control"], kept["Vary"]) == (
        first[-1].content,
        first[-1]["ETag"],
        first[-1]["Cache-Control"],
        first[-1]["Vary"],
    )
    assert not [query for query in queries if "events_" in query["sql"]]
    assert visitor.get(asked, HTTP_IF_NONE_MATCH=kept["ETag"]).status_code == 304
    for other in (f"{asked}?date=1", "/", "/api/v1/events/night-bus"):
        assert "Night Bus by Day" in visitor.get(other).content.decode()
    assert "Night Bus by Day" in visitor.get(asked, HTTP_ACCEPT_LANGUAGE="de").content.decode()

    edge._pages.clear()  # its second is over
    assert "Night Bus by Day" in visitor.get(asked).content.decode()


def test_where_each_visit_counts_none_is_answered_from_the_last(
    northside: world.House, night_bus: Any, hot_pages: None
) -> None:
    """A room that opens above so many visitors a minute must hear of all of them."""
    rule = {"mode": "rule", "busy_above": 1000, "rate_min": 60, "rate_max": 60}
    change_room(event_id=night_bus.pk, actor=SYSTEM, **rule)
    store.client().flushdb()
    gate._KNOWN.clear()
    visitor = Visitor(northside.host)

    for _person in range(3 * edge.HOT):
        assert visitor.get("/events/night-bus/").status_code == 200
    health.flush()

    assert arrivals_per_minute(night_bus.pk) == 3 * edge.HOT


def test_a_hot_page_is_kept_for_a_fifth_of_the_edges_time_alone(
    northside: world.House, night_bus: Any, hot_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(edge, "_now", lambda: now[0])
    visitor, asked = Visitor(northside.host), address("/events/night-bus/", night_bus)
    for _person in range(edge.HOT):
        visitor.get(asked)
    connection.set_tenant(northside.organizer)  # type: ignore[attr-defined]
    night_bus.title = "Night Bus by Day"
    night_bus.save()

    now[0] += 0.9
    assert "Night Bus by Day" not in visitor.get(asked).content.decode()
    now[0] += 0.2  # the count begins anew as well, and the page is older than a second
    assert "Night Bus by Day" in visitor.get(asked).content.decode()


@pytest.mark.parametrize("asked", ["/", "/events/night-bus/", "/api/v1/events", "/api/v1/events/night-bus"])
def test_a_hot_page_of_one_organizer_is_nothing_of_another(
    northside: world.House, southside: world.House, night_bus: Any, hot_pages: None, asked: str
) -> None:
    for _person in range(edge.HOT + 2):
        assert "Night Bus" in Visitor(northside.host).get(asked).content.decode()
    assert "Night Bus" not in Visitor(southside.host).get(asked).content.decode()


def test_nobody_gets_from_memory_what_no_edge_may_keep(northside: world.House, night_bus: Any, hot_pages: None) -> None:
    preview = preview_token(world.make_event("Hush", is_published=False))
    visitor = Visitor(northside.host)
    for _person in range(edge.HOT + 2):
        visitor.get(f"/events/hush/?preview={preview}")
        visitor.get("/events/night-bus/?code=GUESS")
        visitor.get("/events/nothing/")
    visitor.cookies["django_language"] = "de"
    for _person in range(edge.HOT + 2):
        visitor.get("/")
    assert [asked.page for asked in edge._pages.values()] == [None] * 3


def about_stock(queries: CaptureQueriesContext) -> int:
    return sum("inventory_place" in query["sql"] for query in queries)
