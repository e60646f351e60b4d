"""Nora gives one evening of a run another map: looks first, confirms, and puts it back; nobody else may."""

from typing import Any

import pytest

from events.models import DateMap, Event, Performance
from people.models import Membership
from seating.models import MapVersion
from tests import world
from tests.checkout.test_date_maps import KINDS, evenings, hall, hold, places, small, two_evenings
from tests.organizer_portal.conftest import Colleague
from tests.staff import Visitor, text
from tests.storefront.test_pages import Shop


@pytest.fixture
def event(northside: world.House) -> Event:
    return two_evenings(world.make_seated_event(hall((4, 4)), kinds=KINDS, orphans="off"))


@pytest.fixture
def studio(event: Event) -> MapVersion:
    return world.publish_map(event.venue, small())


def page_of(date: Performance) -> str:
    return f"/portal/events/{date.event_id}/dates/{date.pk}/map/"


def confirmed(date: Performance, version: Any) -> dict[str, str]:
    own = DateMap.objects.filter(performance=date).first()
    base = own.version_id if own else date.event.seating.version_id
    return {"version": str(version), "base": str(base), "confirm": "1"}


def test_the_difference_is_shown_first_then_the_date_sells_the_other_map_and_goes_back(
    nora: Visitor, event: Event, studio: MapVersion, northside: world.House
) -> None:
    first, second = evenings(event)
    assert page_of(second) in nora.get(f"/portal/events/{event.pk}/dates/").content.decode()
    chosen = text(nora.get(page_of(second)))
    assert f'value="{studio.pk}"' in chosen
    assert 'value="event"' not in chosen

    shown = text(nora.post(page_of(second), {"version": str(studio.pk)}))
    for words in ("Added · 6", "Removed · 12", "Sell this date on it"):
        assert words in shown, words
    assert not DateMap.objects.exists()

    assert nora.post(page_of(second), confirmed(second, studio.pk))["Location"] == page_of(second)
    assert places(second) == {"Balcony": 0, "Stalls": 6, "Standing": 0}
    assert "Studio" in text(nora.get(f"/portal/events/{event.pk}/seat-plan/"))
    assert "own map" in text(nora.get(f"/portal/events/{event.pk}/dates/"))
    assert nora.get(f"/portal/events/{event.pk}/dates/{second.pk}/seats/").context["plan"].hash == studio.hash

    shop = Shop(northside)
    pages = {date: shop.get(f"/events/{event.slug}/?date={date.pk}").content.decode() for date in (first, second)}
    assert f"/seats/{studio.hash}.json" in pages[second]
    assert f"/seats/{studio.hash}.json" not in pages[first]
    assert "Quantity: Standing" in pages[first]
    assert "Quantity: Standing" not in pages[second]  # nobody stands there
    assert shop.get(f"/seats/{studio.hash}.json").status_code == 200

    back = text(nora.post(page_of(second), {"version": "event"}))
    assert "Added · 12" in back
    nora.post(page_of(second), confirmed(second, "event"))
    assert not DateMap.objects.exists()
    assert places(second) == places(first)


def test_whoever_has_a_seat_there_is_named_and_nothing_moves(nora: Visitor, event: Event, studio: MapVersion) -> None:
    _first, second = evenings(event)
    hold(second, "Adult", "Stalls-B-3")

    for words in ({"version": str(studio.pk)}, confirmed(second, studio.pk)):
        refused = nora.post(page_of(second), words)
        assert refused.status_code == 422
        assert "<li>Stalls, row B, seat 3</li>" in text(refused)
        assert 'name="confirm"' not in text(refused)

    assert not DateMap.objects.exists()


def test_seats_of_a_category_without_tickets_are_sold_as_another(nora: Visitor, event: Event) -> None:
    _first, second = evenings(event)
    boxes = world.publish_map(
        event.venue, world.seat_map(("Block", world.STALLS, (2,)), ("Box", "box", (3,)), name="Boxes")
    )

    asked = text(nora.post(page_of(second), {"version": str(boxes.pk)}))
    assert "Sell the seats of “Box” as" in asked
    assert "tickets of their own" not in asked  # a date alone has no prices of its own
    assert nora.post(page_of(second), {**confirmed(second, boxes.pk), "as-box": "+"}).status_code == 422
    nora.post(page_of(second), {**confirmed(second, boxes.pk), "as-box": world.STALLS})

    assert places(second) == {"Balcony": 0, "Stalls": 5, "Standing": 0}


def test_only_who_edits_this_organizers_events(
    nora: Visitor, charlie: Visitor, colleague: Colleague, event: Event, studio: MapVersion
) -> None:
    _first, second = evenings(event)
    assert nora.post(page_of(second), {"version": "nothing"}).status_code == 422
    for visitor in (charlie, colleague(Membership.Role.FINANCE)):
        assert visitor.post(page_of(second), confirmed(second, studio.pk)).status_code == 403

    assert not DateMap.objects.exists()
