"""What the page of a seated date carries, and how its form answers scripts and browsers without any."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from checkout.actions import release_hold
from events.bundles import PartWish, set_bundle
from inventory.models import Hold
from inventory.queries import seats_of_hold
from pricing.quote import Quote
from tests import world
from tests.storefront.test_pages import Shop, shop  # noqa: F401  # a fixture

TABLES = (("1", 4, True), ("2", 4, False))


@pytest.fixture
def hall(northside: world.House) -> world.Event:
    """Stalls of ten and five, two tables of which one is sold as a whole, and forty who stand."""
    document = world.seat_map(
        ("Stalls", world.STALLS, (10,)), ("Balcony", world.BALCONY, (5,)), tables=TABLES, standing=40
    )
    kinds = (
        ("Adult", 3000, world.STALLS),
        ("Child", 1500, world.STALLS),
        ("Balcony", 2000, world.BALCONY),
        ("Standing", 1000, world.STANDING),
    )
    return world.make_seated_event(
        document, kinds=kinds, closed=["Stalls-A-1"], categories={"Stalls-A-2": world.BALCONY}
    )


def page_of(shop: Shop, event: world.Event) -> str:  # noqa: F811
    return str(shop.get(f"/events/{event.slug}/").content.decode())


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="seats-data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return dict(json.loads(found[1]))


def test_the_page_says_what_the_geometry_does_not(shop: Shop, hall: world.Event) -> None:  # noqa: F811
    data = data_of(page_of(shop, hall))

    assert data["geometry"] == f"/seats/{data['map']}.json"
    # Stalls, but for one seat that this event sells with the balcony; the balcony; the tables.
    assert data["painting"] == [[0, 1], [1, 1], [0, 8], [1, 5], [0, 8]]
    assert data["whole"] == [2]
    assert [(one["name"], one["price"], one["category"]) for one in data["types"]] == [
        ("Adult", 3125, 0),
        ("Child", 1588, 0),
        ("Balcony", 2100, 1),
        ("Standing", 1075, 2),
    ]


def test_everybody_gets_the_same_bytes_and_an_event_without_seats_its_own_page(shop: Shop, hall: world.Event) -> None:  # noqa: F811
    answer = shop.get(f"/events/{hall.slug}/")

    assert answer["Cache-Control"] == "public, max-age=0, s-maxage=5"
    assert answer.content == shop.get(f"/events/{hall.slug}/").content
    assert "style=" not in answer.content.decode()
    assert 'aria-label="Map of Ground"' in answer.content.decode()
    assert "seats-data" not in page_of(shop, world.make_event())


def test_a_script_is_told_where_the_hold_is_and_why_there_is_none(shop: Shop, hall: world.Event) -> None:  # noqa: F811
    data = data_of(page_of(shop, hall))
    adult, standing = world.kind_of(hall, "Adult").pk, world.kind_of(hall, "Standing").pk
    wish = {
        "performance_id": data["performance"],
        "map": data["map"],
        f"seat-{adult}": "3,4",
        f"quantity-{standing}": "2",
    }
    address = f"/events/{hall.slug}/holds/"

    held = shop.post(address, wish, HTTP_ACCEPT="application/json")
    refused = shop.post(address, wish, HTTP_ACCEPT="application/json")

    hold = Hold.objects.get()
    assert held.json() == {"url": f"/checkout/{hold.pk}/{hold.token}/"}
    assert held["Cache-Control"] == "no-store"
    assert [seat.label for seat in seats_of_hold(hold)] == ["4", "5"]
    assert (refused.status_code, refused.json()["code"], refused.json()["seats"]) == (409, "seat_taken", [3, 4])
    assert Hold.objects.count() == 1


def test_a_script_that_asks_twice_under_one_key_is_led_to_one_hold(shop: Shop, hall: world.Event) -> None:  # noqa: F811
    data = data_of(page_of(shop, hall))
    address, adult = f"/events/{hall.slug}/holds/", world.kind_of(hall, "Adult").pk
    wish = {"performance_id": data["performance"], "map": data["map"], f"seat-{adult}": "3,4"}
    how = {"HTTP_ACCEPT": "application/json", "HTTP_IDEMPOTENCY_KEY": str(uuid4())}

    first, again = (shop.post(address, wish, **how).json() for _turn in range(2))
    hold = Hold.objects.get()
    assert first == again == {"url": f"/checkout/{hold.pk}/{hold.token}/"}
    other = shop.post(address, {**wish, f"seat-{adult}": "5,6"}, **how)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")

    # What became of it is said where the key leads to.
    release_hold(hold_id=hold.pk, token=hold.token)
    assert shop.post(address, wish, **how).json() == first
    assert "You gave these tickets back" in shop.get(first["url"]).content.decode()
    assert Hold.objects.count() == 1


def test_a_key_leads_nobody_else_to_a_hold(shop: Shop, hall: world.Event, southside: world.House) -> None:  # noqa: F811
    """A key that somebody might guess counts for its network alone, and any key for one organizer."""
    data = data_of(page_of(shop, hall))
    address, adult = f"/events/{hall.slug}/holds/", world.kind_of(hall, "Adult").pk
    wish = {"performance_id": data["performance"], "map": data["map"], f"seat-{adult}": "3,4"}
    script = {"HTTP_ACCEPT": "application/json"}

    held = shop.post(address, wish, **script, HTTP_IDEMPOTENCY_KEY="1")
    guessed = shop.post(address, wish, **script, HTTP_IDEMPOTENCY_KEY="1", REMOTE_ADDR="203.0.113.9")
    assert (held.status_code, guessed.status_code) == (200, 409)
    assert guessed.json()["code"] == "seat_taken"
    endless = shop.post(address, wish, **script, HTTP_IDEMPOTENCY_KEY="x" * 256)
    assert (endless.status_code, endless.json()["code"]) == (400, "idempotency_key_invalid")

    key = str(uuid4())
    assert shop.post(address, {**wish, f"seat-{adult}": "5,6"}, **script, HTTP_IDEMPOTENCY_KEY=key).status_code == 200
    with tenant_context(southside.organizer):
        event = world.make_seated_event(kinds=(("Adult", 0, world.STALLS),))
        own = {"performance_id": str(world.the_performance(event).pk), "map": world.choice(event, Adult=[]).map}
        own |= {f"seat-{world.kind_of(event, 'Adult').pk}": "5,6"}
        there = Shop(southside).post(f"/events/{event.slug}/holds/", own, **script, HTTP_IDEMPOTENCY_KEY=key)
        hold = Hold.objects.get()
        assert there.json() == {"url": f"/checkout/{hold.pk}/{hold.token}/"}


def test_add_ons_and_bundles_are_on_the_page_and_without_scripts_bundles_get_the_seats_that_fit(shop: Shop) -> None:  # noqa: F811
    event = world.make_seated_event(add_ons=(("Parking", 800, 3),), orphans="off")
    adult, parking = (world.kind_of(event, name).pk for name in ("Adult", "Parking"))
    parts = [PartWish(adult, 2, 2500), PartWish(parking, 1, 500)]
    pair = set_bundle(event_id=event.pk, name="Pair", perk="", max_per_order=2, parts=parts, actor=SYSTEM)
    page = page_of(shop, event)
    data = data_of(page)

    assert [one["name"] for one in data["types"]] == ["Adult", "Child"]  # what a seat may be had as
    assert data["bundles"] == [{"id": str(pair.pk), "name": "Pair", "seats": [[str(adult), 0, 2]], "others": 1}]
    assert f'name="quantity-{parking}"' in page

    wish = {"performance_id": data["performance"], "map": data["map"], "place": ["0", "1", "2"]}
    wish |= {f"quantity-{pair.pk}": "1", f"quantity-{parking}": "1"}
    shown = shop.post(f"/events/{event.slug}/seats/", wish).content.decode()
    assert shown.count("in “Pair”") == 2
    assert "Hold 5 tickets" in shown  # three seats, and parking twice
    tickets = {f"ticket-{index}": str(adult) for index in range(3)}
    assert shop.post(f"/events/{event.slug}/seats/", {**wish, **tickets}).status_code == 302

    lines = Quote.from_dict(Hold.objects.get().quote).lines
    assert sorted((line.name, line.price, len(line.seats)) for line in lines) == [
        ("Adult", 2500, 2),
        ("Adult", 3000, 1),
        ("Parking", 500, 0),
        ("Parking", 800, 0),
    ]


def test_without_a_script_the_refusal_is_on_the_page(shop: Shop, hall: world.Event) -> None:  # noqa: F811
    data = data_of(page_of(shop, hall))
    adult = world.kind_of(hall, "Adult").pk
    wish = {"performance_id": data["performance"], "map": "0" * 32, f"seat-{adult}": "3,4"}

    answer = shop.post(f"/events/{hall.slug}/holds/", wish)

    assert answer.status_code == 422
    assert "The seat map has changed since you opened it. Please choose again." in answer.content.decode()
    assert "seats-data" in answer.content.decode()


def test_without_a_script_a_whole_table_is_one_box_and_what_is_lost_is_told(shop: Shop, hall: world.Event) -> None:  # noqa: F811
    address = f"/events/{hall.slug}/seats/"
    adult = str(world.kind_of(hall, "Adult").pk)
    tables = shop.get(address, {"section": "2"}).content.decode()
    assert 'value="15,16,17,18"' in tables  # sold as a whole
    assert 'value="19"' in tables  # chair by chair
    data = data_of(page_of(shop, hall))
    wish = {"performance_id": data["performance"], "map": data["map"], "place": "15,16,17,18"}

    shown = shop.post(address, wish)
    assert (shown.status_code, Hold.objects.count()) == (200, 0)
    assert "Tables, table 1" in shown.content.decode()

    held = shop.post(address, {**wish, "ticket-15": adult})
    assert held.status_code == 302
    assert [seat.seat_index for seat in seats_of_hold(Hold.objects.get())] == [15, 16, 17, 18]

    again = shop.post(address, {**wish, "ticket-15": adult})
    assert again.status_code in (200, 422)
    assert "No longer free: Tables, table 1." in again.content.decode()
    changed = shop.post(address, {**wish, "map": "0" * 32, "ticket-15": adult})
    assert "The seat map has changed since you opened it." in changed.content.decode()
    nonsense = shop.get(
        address, {"section": "99", "place": ["-1", "x", "999999", "9" * 400, "²", "15", "0"], "ticket-0": "?"}
    )
    assert nonsense.status_code == 200
    assert Hold.objects.count() == 1


def test_without_a_script_a_whole_table_is_sold_without_its_closed_chairs(shop: Shop) -> None:  # noqa: F811
    document = world.seat_map(tables=(("1", 4, True), ("2", 2, True)))
    kinds = (("Adult", 3000, world.STALLS),)
    hall = world.make_seated_event(document, kinds=kinds, closed=["T1-1", "T2-1", "T2-2"])
    address, adult = f"/events/{hall.slug}/seats/", str(world.kind_of(hall, "Adult").pk)
    tables = shop.get(address, {"section": "1"}).content.decode()
    assert "the whole table, 3 seats" in tables
    assert re.search(r'value="24,25"[^>]*disabled', tables)  # all closed
    data = data_of(page_of(shop, hall))
    wish = {"performance_id": data["performance"], "map": data["map"], "place": "21,22,23"}

    shown = shop.post(address, wish).content.decode()
    held = shop.post(address, {**wish, "ticket-21": adult})

    assert "Hold 3 tickets" in shown
    assert held.status_code == 302
    assert [seat.seat_index for seat in seats_of_hold(Hold.objects.get())] == [21, 22, 23]
