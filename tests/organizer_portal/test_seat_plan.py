"""Nora gives a draft event the seats of a published map, prices its categories and puts it on sale."""

import pytest

from audit.actions import SYSTEM
from events.models import Event, SeatingPlan
from seating.actions import create_seat_map, publish_version
from seating.models import MapVersion
from tests import world
from tests.seated import theatre
from tests.staff import Visitor, text

RULES = {"orphans": "strict", "release_access": "never", "release_access_at": ""}


@pytest.fixture
def draft(northside: world.House) -> Event:
    return world.make_event("Hamlet", kinds=(), is_published=False)


@pytest.fixture
def version(draft: Event) -> MapVersion:
    seat_map = create_seat_map(venue=draft.venue, document=theatre(), actor=SYSTEM)
    return publish_version(map_id=seat_map.pk, actor=SYSTEM)


def page_of(event: Event, path: str = "") -> str:
    return f"/portal/events/{event.pk}/seat-plan/{path}"


def test_a_venue_without_a_map_says_so(nora: Visitor, draft: Event) -> None:
    assert "has no published seat map yet" in text(nora.get(page_of(draft)))


def test_from_a_draft_to_seats_on_sale(nora: Visitor, draft: Event, version: MapVersion) -> None:
    assert nora.post(page_of(draft), {"version": str(version.pk), **RULES})["Location"] == page_of(draft)
    shown = text(nora.get(page_of(draft)))
    assert ("Balcony" in shown, "6 places" in shown, "No price yet" in shown) == (True, True, True)
    missing = text(nora.get(f"/portal/events/{draft.pk}/"))
    assert "Give each category of the seat map a price: Stalls, Balcony, Standing." in missing

    prices = {"price-stalls": "0", "price-balcony": "0", "price-standing": ""}
    assert nora.post(page_of(draft, "prices/"), prices)["Location"] == page_of(draft)
    assert nora.post(f"/portal/events/{draft.pk}/publication/").status_code == 422
    nora.post(page_of(draft, "prices/"), {"price-standing": "0"})
    assert nora.post(f"/portal/events/{draft.pk}/publication/").status_code == 302

    kinds = draft.ticket_types.values_list("name", "category", "price")
    assert list(kinds) == [("Stalls", "stalls", 0), ("Balcony", "balcony", 0), ("Standing", "standing", 0)]
    assert sorted(draft.quotas.values_list("size", flat=True)) == [6, 20, 30]
    assert draft.performances.get().seat_places.count() == 36


def test_a_second_ticket_of_a_category_names_it(nora: Visitor, draft: Event, version: MapVersion) -> None:
    nora.post(page_of(draft), {"version": str(version.pk), **RULES})
    nora.post(page_of(draft, "prices/"), {"price-stalls": "30"})

    page = f"/portal/events/{draft.pk}/ticket-types/new/"
    child = {"name": "Child", "price": "15", "category": "stalls", "max_per_order": "10"}
    assert nora.post(page, child).status_code == 302

    assert list(draft.ticket_types.values_list("name", "price")) == [("Stalls", 3000), ("Child", 1500)]
    assert draft.quotas.get().size == 30
    kind = draft.ticket_types.get(name="Child")
    assert 'name="quantity"' not in text(nora.get(f"/portal/events/{draft.pk}/ticket-types/{kind.pk}/"))


def test_nora_adds_parking_to_an_event_with_seats(nora: Visitor, draft: Event, version: MapVersion) -> None:
    """It has a number of its own and is for no category; a bundle may have seats of one."""
    nora.post(page_of(draft), {"version": str(version.pk), **RULES})
    nora.post(page_of(draft, "prices/"), {"price-stalls": "30", "price-balcony": "20", "price-standing": "10"})
    page = f"/portal/events/{draft.pk}/ticket-types/new/"
    assert '<option value="" selected>' in nora.get(f"{page}?add-on").content.decode()
    assert '<option value="stalls" selected>' in nora.get(page).content.decode()
    parking = {"name": "Parking", "price": "8", "category": "", "max_per_order": "10"}

    refused = nora.post(page, parking)
    assert (refused.status_code, "Say how many there are." in text(refused)) == (422, True)
    assert nora.post(page, {**parking, "quantity": "40"}).status_code == 302

    kind = draft.ticket_types.get(name="Parking")
    assert (kind.category, kind.is_add_on, kind.quotas.get().size) == ("", True, 40)
    assert "Only with a ticket" in text(nora.get(page_of(draft)))
    alone = nora.post(f"/portal/events/{draft.pk}/ticket-types/{kind.pk}/add-on/", {"least": "0"})
    assert "Without one it is an add-on" in text(alone)
    stalls = draft.ticket_types.get(name="Stalls").pk
    pair = {"name": "Pair", "max_per_order": "4", f"quantity-{stalls}": "2", f"price-{stalls}": "28"}
    pair |= {f"quantity-{kind.pk}": "1", f"price-{kind.pk}": "4"}
    assert nora.post(f"/portal/events/{draft.pk}/bundles/new/", pair).status_code == 302
    assert draft.bundles.get().price == 6000


def test_rules_change_also_on_sale_but_not_the_map(nora: Visitor, draft: Event, version: MapVersion) -> None:
    nora.post(page_of(draft), {"version": str(version.pk), **RULES})
    nora.post(page_of(draft, "prices/"), {"price-stalls": "0", "price-balcony": "0", "price-standing": "0"})
    nora.post(f"/portal/events/{draft.pk}/publication/")
    assert 'name="version"' not in text(nora.get(page_of(draft)))

    dated = {"orphans": "off", "release_access": "date", "release_access_at": "2027-07-03T09:30"}
    nora.post(page_of(draft), {"version": "nothing", **dated})

    plan = SeatingPlan.objects.get()
    assert (plan.orphans, plan.release_access, plan.version_id) == ("off", "date", version.pk)
    assert plan.release_access_at is not None
    assert plan.release_access_at.isoformat() == "2027-07-03T07:30:00+00:00"


def test_what_does_not_fit_is_said_beside_its_field(nora: Visitor, draft: Event, version: MapVersion) -> None:
    wrong = nora.post(page_of(draft), {"version": "nothing", **RULES})
    assert wrong.status_code == 422
    undated = {"version": str(version.pk), **RULES, "release_access": "date"}
    assert "Say from when" in text(nora.post(page_of(draft), undated))
    for far in ("9999-12-31T23:30", "0001-01-01T00:30"):
        refused = nora.post(page_of(draft), {**undated, "release_access_at": far})
        assert (refused.status_code, "Enter a date and a time of these years." in text(refused)) == (422, True)
    assert not SeatingPlan.objects.exists()

    nora.post(page_of(draft), {"version": str(version.pk), **RULES})
    refused = nora.post(page_of(draft, "prices/"), {"price-stalls": "much"})
    assert refused.status_code == 422
    assert "Enter an amount like 24." in text(refused)
    assert not draft.ticket_types.exists()
