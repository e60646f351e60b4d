"""Who may find an event: lists, search, link, password, preview; in pages and in the API, seen from outside."""

import json
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import caches
from django.utils import timezone
from django_tenants.utils import schema_context

from audit.actions import SYSTEM
from audit.models import AuditEntry
from checkout.catalog import kept_offer
from events.access import COOKIE
from events.errors import EventInvalid
from events.models import Event
from events.preview import preview_token
from events.publication import renew_preview_link, set_visibility
from events.queries import published_events
from inventory.models import Hold
from marketplace.actions import list_event
from marketplace.models import ListedEvent
from storefront.urls import urlpatterns
from tests import world
from tests.api.caller import Api, basket, given, refused
from tests.staff import Visitor, text
from tests.world import FREE, House
from waiting_room.urls import urlpatterns as line_patterns


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    caches["default"].clear()
    yield
    caches["default"].clear()


@pytest.fixture
def event(northside: House) -> Event:
    return world.make_event("Secret Garden", kinds=((FREE, 0, 5),))


def see(event: Event, visibility: str, **more: str) -> Event:
    return set_visibility(event_id=event.pk, visibility=visibility, actor=SYSTEM, **more)


def page_of(house: House, event: Event, visitor: Visitor | None = None) -> Any:
    return (visitor or Visitor(house.host)).get(f"/events/{event.slug}/")


def choose(visitor: Visitor, event: Event, slug: str = "") -> Any:
    wanted = {f"quantity-{world.kind_of(event, FREE).pk}": 1}
    return visitor.post(
        f"/events/{slug or event.slug}/holds/",
        {"performance_id": str(world.the_performance(event).pk), **wanted},
    )


def test_an_unlisted_event_is_found_by_its_link_alone(northside: House, event: Event) -> None:
    list_event(event_id=event.pk)
    see(event, "unlisted")
    list_event(event_id=event.pk)

    answer = page_of(northside, event)

    assert (answer.status_code, answer["X-Robots-Tag"]) == (200, "noindex")
    assert "Secret Garden" in text(answer)
    assert "Secret Garden" not in text(Visitor(northside.host).get("/"))
    assert published_events(after=timezone.now()) == []
    api = Api(northside.host)
    assert given(api.get("/events"))["items"] == []
    assert given(api.get(f"/events/{event.slug}"))["title"] == "Secret Garden"
    with schema_context("public"):
        assert not ListedEvent.objects.exists()
    assert choose(Visitor(northside.host), event).status_code == 302
    see(event, "public")
    assert "X-Robots-Tag" not in page_of(northside, event)


def test_a_password_opens_the_page_and_the_hold_and_is_remembered(northside: House, event: Event) -> None:
    see(event, "password", password="tulips")
    visitor = Visitor(northside.host)

    closed = page_of(northside, event, visitor)
    refused_hold = choose(visitor, event)
    wrong = visitor.post(f"/events/{event.slug}/password/", {"password": "roses"})
    right = visitor.post(f"/events/{event.slug}/password/", {"password": "tulips"})

    assert (closed.status_code, closed["Cache-Control"], closed["X-Robots-Tag"]) == (200, "no-store", "noindex")
    assert "Secret Garden" not in text(closed)
    assert (refused_hold.status_code, refused_hold["Location"]) == (302, f"/events/{event.slug}/")
    assert Hold.objects.count() == 0
    assert wrong.status_code == 422
    assert right.status_code == 302
    opened = page_of(northside, event, visitor)
    assert "Secret Garden" in text(opened)
    assert opened["Cache-Control"] == "no-store"
    assert choose(visitor, event).status_code == 302
    assert Hold.objects.count() == 1
    see(event, "password", password="orchids")  # who came in with the old one is asked again
    assert "Secret Garden" not in text(page_of(northside, event, visitor))
    assert "Secret Garden" not in text(visitor.get(f"/events/{event.slug}/seats/"))


def test_every_address_of_an_event_asks_for_its_password_and_no_edge_keeps_what_is_behind_it(
    northside: House, event: Event
) -> None:
    see(event, "password", password="tulips")
    stranger, guest = Visitor(northside.host), Visitor(northside.host)
    guest.post(f"/events/{event.slug}/password/", {"password": "tulips"})
    known = {"slug": event.slug, "performance_id": str(world.the_performance(event).pk)}
    addresses = [one for one in (*urlpatterns, *line_patterns) if str(one.pattern).startswith("events/<str:slug>/")]

    seen = set()
    for address in addresses:
        url = "/" + re.sub(r"<\w+:(\w+)>", lambda part: known[part[1]], str(address.pattern))
        assert "Secret Garden" not in text(stranger.get(url)), url
        answer = guest.get(url)
        if "Secret Garden" in text(answer):
            seen.add(address.name)
            assert answer["Cache-Control"] in ("no-store", "private, no-store"), url

    assert seen >= {"event", "event_calendar", "prices", "waiting_list"}


def test_nobody_gets_in_by_another_events_door_or_a_made_up_cookie(northside: House, event: Event) -> None:
    see(event, "password", password="tulips")
    other = world.make_event("Open Garden", kinds=((FREE, 0, 5),))
    visitor = Visitor(northside.host)
    visitor.cookies[COOKIE] = json.dumps({event.pk.hex: "0" * 16})

    assert choose(visitor, event, slug=other.slug).status_code == 422
    assert "Secret Garden" not in text(page_of(northside, event, visitor))

    assert Hold.objects.count() == 0


def test_a_wrong_password_and_no_event_get_the_same_answer_and_guessing_is_bounded(
    northside: House, event: Event
) -> None:
    see(event, "password", password="tulips")
    visitor = Visitor(northside.host)

    with patch("ui.limits.time", SimpleNamespace(time=lambda: 0.0)):  # within one window of ten minutes
        wrong = visitor.post(f"/events/{event.slug}/password/", {"password": "roses"})
        unknown = visitor.post("/events/no-such-event/password/", {"password": "roses"})
        for _guess in range(18):
            visitor.post(f"/events/{event.slug}/password/", {"password": "roses"})
        last = visitor.post(f"/events/{event.slug}/password/", {"password": "tulips"})

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert text(wrong).replace(event.slug, "-") == text(unknown).replace("no-such-event", "-")
    assert (last.status_code, "Retry-After" in last) == (429, True)
    assert "Too many passwords were tried" in text(last)


def test_who_remembers_the_event_without_a_password_learns_of_it_with_the_claim(northside: House, event: Event) -> None:
    api, wanted = Api(northside.host), json.dumps(basket(event, **{FREE: 1}))
    assert api.raw("POST", "/holds", wanted, idempotency_key="before").status_code == 201  # now memory has the offer
    see(event, "password", password="tulips")

    refused(api.raw("POST", "/holds", wanted, idempotency_key="none"), 404, "not_found")
    renewed = kept_offer(world.the_performance(event).pk)
    see(event, "public")
    assert api.raw("POST", "/holds", wanted, idempotency_key="public").status_code == 201
    see(event, "password", password="roses")
    refused(api.raw("POST", "/holds", wanted, idempotency_key="wrong", event_password="tulips"), 404, "not_found")
    answer = api.raw("POST", "/holds", wanted, idempotency_key="right", event_password="roses")

    assert renewed is not None
    assert renewed.asks_password
    assert answer.status_code == 201
    assert Hold.objects.count() == 3


def test_a_program_sends_the_password_each_time(northside: House, event: Event) -> None:
    see(event, "password", password="tulips")
    api, wanted = Api(northside.host), json.dumps(basket(event, **{FREE: 1}))

    refused(api.get(f"/events/{event.slug}"), 404, "not_found")
    refused(api.raw("GET", f"/events/{event.slug}", event_password="roses"), 404, "not_found")
    refused(api.raw("POST", "/holds", wanted, idempotency_key="a"), 404, "not_found")
    refused(api.raw("POST", "/holds", wanted, idempotency_key="b", event_password="roses"), 404, "not_found")
    assert Hold.objects.count() == 0

    answer = api.raw("GET", f"/events/{event.slug}", event_password="tulips")
    assert given(answer)["title"] == "Secret Garden"
    assert answer["Cache-Control"] == "no-store"
    given(api.raw("POST", "/holds", wanted, idempotency_key="c", event_password="tulips"), 201)


def test_a_password_is_kept_as_a_hash_and_needs_some_characters(northside: House, event: Event) -> None:
    for password in ("", "abc", "x" * 73):
        with pytest.raises(EventInvalid) as error:
            see(event, "password", password=password)
        assert error.value.extra["field"] == "password"
    assert Event.objects.get(pk=event.pk).visibility == "public"

    see(event, "password", password="tulips")
    kept = Event.objects.get(pk=event.pk).password
    see(event, "password")  # an empty one keeps it
    assert Event.objects.get(pk=event.pk).password == kept
    assert "tulips" not in kept
    assert "tulips" not in json.dumps(list(AuditEntry.objects.values_list("detail", flat=True)))
    see(event, "unlisted")
    assert Event.objects.get(pk=event.pk).password == ""


def test_a_preview_shows_a_draft_as_buyers_will_see_it_until_its_link_is_renewed(northside: House) -> None:
    draft = world.make_event("Draft Night", kinds=((FREE, 0, 5), ("Balcony", 2400, 9)), is_published=False)
    old, visitor = preview_token(draft), Visitor(northside.host)

    shown = visitor.get(f"/events/{draft.slug}/?preview={old}")

    assert {row["offer"].status for row in shown.context["rows"]} == {"on_sale"}
    assert [row["offer"].most for row in shown.context["rows"]] == [5, 9]
    assert (shown["X-Robots-Tag"], shown["Cache-Control"]) == ("noindex", "no-store")
    assert "/holds/" not in text(shown)
    assert choose(visitor, draft).status_code == 404
    assert Hold.objects.count() == 0
    draft = renew_preview_link(event_id=draft.pk, actor=SYSTEM)
    assert visitor.get(f"/events/{draft.slug}/?preview={old}").status_code == 404
    assert visitor.get(f"/events/{draft.slug}/?preview={preview_token(draft)}").status_code == 200


def test_a_link_of_one_organizer_opens_nothing_at_another(northside: House, southside: House, event: Event) -> None:
    see(event, "password", password="tulips")
    visitor = Visitor(southside.host)

    assert visitor.post(f"/events/{event.slug}/password/", {"password": "tulips"}).status_code == 422
    assert visitor.get(f"/events/{event.slug}/").status_code == 404
