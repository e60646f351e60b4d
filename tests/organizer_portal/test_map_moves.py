"""Nora moves an event that is on sale to another version of its map: she sees what would change, then confirms it, or is told why not."""

from typing import Any

import pytest

from events.models import Event
from events.seating_plan import painting_of, plan_of
from outbox.models import OutboxMessage
from people.models import Membership
from seating.models import MapVersion
from tests import world
from tests.organizer_portal.conftest import Colleague
from tests.staff import Visitor, text
from tests.world import BALCONY, STALLS, STANDING

KINDS = (("Adult", 0, STALLS), ("High", 0, BALCONY), ("Standing", 0, STANDING))


def hall(*sections: Any, stalls: Any = (4, 4)) -> dict[str, Any]:
    return world.seat_map(("Stalls", STALLS, stalls), ("Balcony", BALCONY, (4,)), *sections, standing=4)


@pytest.fixture
def event(northside: world.House) -> Event:
    return world.make_seated_event(hall(), kinds=KINDS)


@pytest.fixture
def larger(event: Event) -> MapVersion:
    """Two seats more in row A, whose numbers begin at 101; one fewer in row B."""
    document = hall(stalls=(6, 3))
    for seat in document["floors"][0]["sections"][0]["rows"][0]["seats"]:
        seat["label"] = str(100 + int(seat["label"]))
    return world.publish_map(event.venue, document)


def page_of(event: Event, path: str = "") -> str:
    return f"/portal/events/{event.pk}/seat-plan/{path}"


def pinned(event: Event) -> Any:
    plan = plan_of(event.pk)
    assert plan is not None
    return plan.version_id


def confirmed(event: Event, version: MapVersion, **words: str) -> dict[str, str]:
    return {"version": str(version.pk), "base": str(pinned(event)), "confirm": "1", **words}


def test_the_difference_is_shown_first_and_then_confirmed(nora: Visitor, event: Event, larger: MapVersion) -> None:
    world.order_seats(event, Adult=["Stalls-A-3", "Stalls-A-4"])
    assert f'value="{larger.pk}"' in text(nora.get(page_of(event)))
    before = pinned(event)

    shown = nora.post(page_of(event, "move/"), {"version": str(larger.pk)})

    words = text(shown)
    assert shown.status_code == 200
    for line in (
        "Added · 2",
        "Removed · 1",
        "Called otherwise · 4",
        "7 kept",
        "2 tickets say another seat than before",
    ):
        assert line in words, line
    assert "Stalls A 1–4 → Stalls A 101–104" in words
    assert words.count('fill="#0b6b35"/') == 2  # a disc with a plus for each new seat
    assert (pinned(event), OutboxMessage.objects.filter(kind="mail_seats_renamed").count()) == (before, 0)

    moved = nora.post(page_of(event, "move/"), confirmed(event, larger))

    assert moved["Location"] == page_of(event)
    assert pinned(event) == larger.pk
    assert f"“{event.title}” is on version 1 of The hall now." in text(nora.get(page_of(event)))
    assert OutboxMessage.objects.filter(kind="mail_seats_renamed").count() == 1
    assert event.quotas.get(name="Stalls").size == 9


def test_seats_that_somebody_has_are_named_and_nothing_moves(nora: Visitor, event: Event, larger: MapVersion) -> None:
    world.hold_seats(event, Adult=["Stalls-B-3", "Stalls-B-4"])
    before = pinned(event)

    for words in ({"version": str(larger.pk)}, confirmed(event, larger)):
        refused = nora.post(page_of(event, "move/"), words)
        assert refused.status_code == 422
        assert "<li>Stalls, row B, seat 4</li>" in text(refused)
        assert "Removed · 1" in text(refused)  # the picture is there all the same
        assert 'name="confirm"' not in text(refused)

    assert pinned(event) == before
    assert event.quotas.get(name="Stalls").size == 8


def test_seats_of_a_new_category_are_sold_as_another_or_not_at_all(nora: Visitor, event: Event) -> None:
    box = world.publish_map(event.venue, hall(("Box", "box", (2,)), stalls=(4, 4)))

    asked = text(nora.post(page_of(event, "move/"), {"version": str(box.pk)}))
    assert "Sell the seats of “Box” as" in asked
    assert '<input type="hidden" name="as-box" value="stalls">' in asked
    for nonsense in ("", "standing", "box", "nothing"):
        assert nora.post(page_of(event, "move/"), confirmed(event, box, **{"as-box": nonsense})).status_code == 422
    assert pinned(event) != box.pk
    nora.post(page_of(event, "move/"), confirmed(event, box, **{"as-box": BALCONY}))

    assert pinned(event) == box.pk
    assert event.quotas.get(name="Balcony").size == 6
    world.hold_seats(event, High=["Box-A-1", "Box-A-2"])

    larger_box = world.publish_map(event.venue, hall(("Box", "box", (2, 2)), stalls=(4, 4)))
    nora.post(page_of(event, "move/"), confirmed(event, larger_box, **{"as-box": "-"}))
    plan = plan_of(event.pk)
    assert plan is not None
    assert plan.version_id == larger_box.pk
    # Seats that were sold as something keep it: only the new ones are asked about.
    assert sorted(plan.closed) == ["Box-B-1", "Box-B-2"]
    assert painting_of(plan).sizes == {STALLS: 8, BALCONY: 6, STANDING: 4}


def test_a_standing_area_that_is_new_goes_on_sale_for_a_price(nora: Visitor, event: Event) -> None:
    document = hall(("Box", "box", (2,)))
    garden = {
        **document["floors"][0]["areas"][0],
        "id": "Garden",
        "name": "Garden",
        "capacity": 25,
        "category": "garden",
    }
    document["floors"][0]["areas"].append(garden)
    document["categories"].append({"key": "garden", "name": "Garden", "color": "#56b4e9"})
    version = world.publish_map(event.venue, document)
    before = pinned(event)

    shown = text(nora.post(page_of(event, "move/"), {"version": str(version.pk)}))
    assert "What you get for a place of “Garden”, in EUR" in shown
    assert "New on sale: “Garden”, 25 places, Free each before fees." in shown
    refused = nora.post(page_of(event, "move/"), confirmed(event, version, **{"as-box": "+", "price-box": "much"}))
    assert refused.status_code == 422
    assert "Enter an amount like 24." in text(refused)
    assert pinned(event) == before
    nora.post(
        page_of(event, "move/"), confirmed(event, version, **{"as-box": "+", "price-box": "0", "price-garden": "0"})
    )

    assert pinned(event) == version.pk
    assert dict(event.quotas.values_list("name", "size")) == {
        "Stalls": 8,
        "Balcony": 4,
        "Standing": 4,
        "Box": 2,
        "Garden": 25,
    }
    world.hold_seats(event, Box=["Box-A-1", "Box-A-2"])


def test_who_saw_the_difference_from_an_older_version_looks_again(
    nora: Visitor, event: Event, larger: MapVersion
) -> None:
    seen = confirmed(event, larger)
    third = world.publish_map(event.venue, hall(stalls=(5, 5)))
    nora.post(page_of(event, "move/"), confirmed(event, third))

    late = nora.post(page_of(event, "move/"), seen)

    assert late.status_code == 422
    assert "has moved to another version meanwhile" in text(late)
    assert pinned(event) == third.pk
    again = nora.post(page_of(event, "move/"), confirmed(event, third))  # the same form sent twice
    assert again["Location"] == page_of(event)


def test_only_published_versions_of_the_venue_and_only_on_sale(
    nora: Visitor, colleague: Colleague, event: Event, larger: MapVersion
) -> None:
    before = pinned(event)
    assert nora.post(page_of(event, "move/"), {"version": "nothing"}).status_code == 422
    draft = world.make_seated_event(hall(), kinds=KINDS, is_published=False)
    assert nora.post(page_of(draft, "move/"), confirmed(draft, larger)).status_code == 404
    finance = colleague(Membership.Role.FINANCE)
    assert finance.post(page_of(event, "move/"), confirmed(event, larger)).status_code == 403
    assert nora.get(page_of(event, "move/")).status_code == 405
    assert pinned(event) == before
