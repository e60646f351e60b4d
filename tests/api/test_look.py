"""list_events and get_event: what anybody may read."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from audit.actions import SYSTEM
from events.actions import change_event
from events.models import Event, Property
from events.properties import add_property
from events.refund_policies import set_refund_policy
from events.refund_rules import RefundRules, Tier
from inventory.models import Place
from tests import world
from tests.api.caller import Api, given, refused

STARTS = datetime(2031, 3, 8, 19, 0, tzinfo=UTC)


# Of a ticket type that is nothing but a name and a price.
PLAIN = {
    "listing": "",
    "least_price": None,
    "is_add_on": False,
    "base_types": [],
    "min_per_ticket": 0,
    "max_per_ticket": None,
    "min_per_order": 1,
    "phase": None,
}


def test_an_event_has_every_member_with_its_exact_value(selling: world.House, api: Api) -> None:
    event = world.make_event("Lantern Walk", starts_at=STARTS, perk="With a lantern")

    answer = given(api.get("/events/lantern-walk"))

    performance = world.the_performance(event)
    standard, free = world.kind_of(event, "Standard"), world.kind_of(event, "Guest list")
    assert answer == {
        "id": str(event.pk),
        "slug": "lantern-walk",
        "title": "Lantern Walk",
        "summary": "One night, three bands",
        "description": "Doors open an hour before.",
        "state": "on_sale",
        "sale_starts_at": None,
        "is_test": False,
        "category": None,
        "tags": [],
        "least_age": None,
        "contact_email": "",
        "contact_phone": "",
        "terms": "",
        "properties": [],
        "currency": "EUR",
        "venue": {"name": "Northside Hall", "address": "1 North Road", "city": "Berlin"},
        "performances": [
            {
                "id": str(performance.pk),
                "starts_at": "2031-03-08T19:00:00Z",
                "ends_at": "2031-03-08T22:00:00Z",
                "doors_at": "2031-03-08T18:00:00Z",
                "timezone": "Europe/Berlin",
                "state": "scheduled",
            }
        ],
        "description_html": "<p>Doors open an hour before.</p>",
        "pictures": [],
        "dates": [
            {
                "id": str(performance.pk),
                "starts_at": "2031-03-08T19:00:00Z",
                "ends_at": "2031-03-08T22:00:00Z",
                "doors_at": "2031-03-08T18:00:00Z",
                "timezone": "Europe/Berlin",
                "state": "scheduled",
                "price_from": 2510,
                "status": "on_sale",
                "ticket_types": [
                    {"id": str(standard.pk), "price": 2510, "status": "on_sale", "available": 10},
                    {"id": str(free.pk), "price": 0, "status": "on_sale", "available": 10},
                ],
            }
        ],
        "ticket_types": [
            {
                "id": str(standard.pk),
                "name": "Standard",
                "perk": "With a lantern",
                "price": 2510,
                "fee": 110,
                "own_fees": [],
                "taxes": [],
                "currency": "EUR",
                "max_per_order": 10,
                "status": "on_sale",
                "available": 10,
                **PLAIN,
            },
            {
                "id": str(free.pk),
                "name": "Guest list",
                "perk": "With a lantern",
                "price": 0,
                "fee": 0,
                "own_fees": [],
                "taxes": [],
                "currency": "EUR",
                "max_per_order": 10,
                "status": "on_sale",
                "available": 10,
                **PLAIN,
            },
        ],
        "bundles": [],
        "per_order": {"charges": [], "tax": 0, "total": 0},
        "refund_terms": [],
        "url": f"http://northside.{settings.PLATFORM_HOST}{settings.PLATFORM_PORT}/events/lantern-walk/",
    }


def test_an_event_says_in_dated_lines_what_goes_back(selling: world.House, api: Api) -> None:
    event = world.make_event("Lantern Walk", starts_at=STARTS)
    rules = RefundRules((Tier(14 * 24, 100), Tier(48, 50)), kept_fee=100)
    set_refund_policy(
        event_id=event.pk, rules=RefundRules(), actor=SYSTEM, ticket_type_id=world.kind_of(event, "Guest list").pk
    )
    set_refund_policy(event_id=event.pk, rules=rules, actor=SYSTEM)

    assert given(api.get("/events/lantern-walk"))["refund_terms"] == [
        {
            "ticket_types": ["Standard"],
            "lines": [
                {"until": "2031-02-22T19:00:00Z", "percent": 100},
                {"until": "2031-03-06T19:00:00Z", "percent": 50},
                {"until": None, "percent": 0},
            ],
            "kept_fee": 100,
        },
        {"ticket_types": ["Guest list"], "lines": [], "kept_fee": 0},
    ]


def test_events_are_listed_soonest_first_in_pages(selling: world.House, api: Api) -> None:
    world.make_event("Third", starts_at=STARTS + timedelta(days=2))
    world.make_event("First", starts_at=STARTS)
    world.make_event("Second", starts_at=STARTS + timedelta(days=1))
    world.make_event("Draft", is_published=False)

    everything = given(api.get("/events"))
    page = given(api.get("/events?limit=1&offset=1"))

    assert [item["title"] for item in everything["items"]] == ["First", "Second", "Third"]
    assert everything["total"] == 3
    assert [item["title"] for item in page["items"]] == ["Second"]
    assert page["total"] == 3
    alone = given(api.get("/events/second"))
    assert alone.pop("refund_terms") == []


def test_what_is_over_is_not_listed(selling: world.House, api: Api) -> None:
    event = world.make_event("Yesterday")
    past = timezone.now() - timedelta(days=1)
    event.performances.update(starts_at=past, doors_at=past, ends_at=past + timedelta(hours=1))

    assert given(api.get("/events")) == {"items": [], "total": 0}


def test_what_is_left_counts_holds_and_the_limit_of_an_order(selling: world.House, api: Api) -> None:
    event = world.make_event("Few", kinds=(("Standard", 2400, 12), ("Last", 2400, 1)))
    world.hold(event, Standard=4, Last=1)

    standard, last = given(api.get("/events/few"))["ticket_types"]

    assert (standard["available"], standard["status"]) == (8, "on_sale")
    assert (last["available"], last["status"]) == (0, "sold_out")

    Place.objects.filter(state="held").update(held_until=timezone.now() - timedelta(seconds=1))
    standard, last = given(api.get("/events/few"))["ticket_types"]
    assert (standard["available"], last["available"]) == (10, 1)


def test_a_ticket_type_out_of_its_time_is_not_on_sale(selling: world.House, api: Api) -> None:
    event = world.make_event("Later")
    event.ticket_types.filter(name="Standard").update(on_sale_from=timezone.now() + timedelta(hours=1))

    kinds = {kind["name"]: kind["status"] for kind in given(api.get("/events/later"))["ticket_types"]}

    assert kinds == {"Standard": "not_on_sale", "Guest list": "on_sale"}


def test_a_cancelled_event_says_so(selling: world.House, api: Api) -> None:
    event = world.make_event("Off")
    Event.objects.filter(pk=event.pk).update(state="cancelled")

    assert given(api.get("/events/off"))["state"] == "cancelled"
    assert given(api.get("/events"))["total"] == 0


@pytest.mark.parametrize("slug", ["no-such-event", "draft-event", "%20", "a%2Fb", "%F0%9F%8E%AB"])
def test_what_is_not_published_is_not_found(selling: world.House, api: Api, slug: str) -> None:
    world.make_event("Draft event", is_published=False)

    refused(api.get(f"/events/{slug}"), 404, "not_found")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "limit=-1",
        "offset=-1",
        "offset=1000001",
        "limit=%00",
        "limit=" + "9" * 5000,
    ],
)
def test_a_page_that_cannot_be_is_refused(northside: world.House, api: Api, query: str) -> None:
    problem = refused(api.get(f"/events?{query}"), 422, "invalid_input")

    assert problem["errors"][0]["field"] == f"query.{query.partition('=')[0]}"


def test_an_over_long_slug_is_refused(northside: world.House, api: Api) -> None:
    refused(api.get("/events/" + "a" * 81), 422, "invalid_input")


@pytest.mark.parametrize(("path", "status"), [("/events", 200), ("/events/no-such-event", 404), ("/holds", 405)])
def test_head_says_what_get_would_without_its_body(selling: world.House, api: Api, path: str, status: int) -> None:
    world.make_event()
    whole = api.get(path)

    head = api.raw("HEAD", path)

    assert (head.status_code, head.content) == (status, b"")
    assert head["Content-Type"] == whole["Content-Type"]
    assert head["Content-Length"] == str(len(whole.content))


def test_events_are_found_by_what_they_say_of_themselves(selling: world.House, api: Api) -> None:
    add_property(name="Language", kind=Property.Kind.CHOICE, choices=["German", "English"], actor=SYSTEM)
    add_property(name="Minutes", kind=Property.Kind.NUMBER, actor=SYSTEM)
    add_property(name="Bar", kind=Property.Kind.YES_NO, actor=SYSTEM)
    play = world.make_event("Cherry Orchard", kinds=(("Standard", 4000, 5),), starts_at=STARTS, city="Berlin")
    gig = world.make_event("Harbour Jazz", kinds=(("Standard", 2400, 5),), city="Hamburg")
    change_event(
        event_id=play.pk,
        actor=SYSTEM,
        category="theatre",
        tags=["classic"],
        least_age=12,
        properties={"language": "German", "minutes": 90, "bar": True},
    )
    change_event(event_id=gig.pk, actor=SYSTEM, category="concert", properties={"language": "English", "minutes": 45.5})

    for query, slugs in {
        "q=orchard": ["cherry-orchard"],
        "category=concert": ["harbour-jazz"],
        "tag=Classic": ["cherry-orchard"],
        "place=hamburg": ["harbour-jazz"],
        "from=2031-03-08&until=2031-03-08": ["cherry-orchard"],
        "price_max=2510": ["harbour-jazz"],
        "price_max=2509": [],
        "property=language:German": ["cherry-orchard"],
        "property=language:German&property=language:English": ["harbour-jazz", "cherry-orchard"],
        "property=minutes:45.5": ["harbour-jazz"],
        "property=minutes:60..": ["cherry-orchard"],
        "property=bar:yes&property=minutes:..90": ["cherry-orchard"],
    }.items():
        answer = given(api.get(f"/events?{query}"))
        assert ([one["slug"] for one in answer["items"]], answer["total"]) == (slugs, len(slugs)), query
    (said,) = given(api.get("/events?category=theatre"))["items"]
    assert (said["category"], said["tags"], said["least_age"]) == ("theatre", ["classic"], 12)
    assert said["properties"] == given(api.get("/events/cherry-orchard"))["properties"]
    assert said["properties"] == [
        {"key": "language", "name": "Language", "kind": "choice", "value": "German"},
        {"key": "minutes", "name": "Minutes", "kind": "number", "value": 90},
        {"key": "bar", "name": "Bar", "kind": "yes_no", "value": True},
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("category=opera", "invalid_input"),
        ("from=tomorrow", "invalid_input"),
        ("price_max=-1", "invalid_input"),
        ("q=%00", "invalid_input"),
        ("property=smell:sweet", "property_invalid"),
        ("property=language:French", "property_invalid"),
        ("property=minutes:long..", "property_invalid"),
        ("property=minutes", "property_invalid"),
    ],
)
def test_what_cannot_be_looked_for_is_a_problem(northside: world.House, api: Api, query: str, code: str) -> None:
    add_property(name="Language", kind=Property.Kind.CHOICE, choices=["German", "English"], actor=SYSTEM)
    add_property(name="Minutes", kind=Property.Kind.NUMBER, actor=SYSTEM)

    assert refused(api.get(f"/events?{query}"), 422, code)["detail"]
