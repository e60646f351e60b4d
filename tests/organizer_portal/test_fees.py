"""Staff say who bears our fee, and see at once what each ticket costs and brings."""

import pytest
from django_tenants.utils import tenant_context

from events.models import Event
from tests import world
from tests.staff import Visitor, signed_in, text


@pytest.fixture
def nora(northside: world.House) -> Visitor:
    return signed_in(northside.owner, northside.host)


@pytest.fixture
def event(northside: world.House) -> Event:
    world.let_charge(northside)
    return world.make_event("Hafen Nacht", kinds=(("Standard", 2400, 10), ("Guest list", 0, 5)))


def test_nora_splits_our_fee_and_every_page_says_the_new_price(
    nora: Visitor, northside: world.House, event: Event
) -> None:
    address = f"/portal/events/{event.pk}/fees/"
    assert "Buyer pays €25.10 · you get €24.00" in text(nora.get(address))
    tried = text(nora.get(f"{address}rows/", {"bearer": "organizer"}))
    assert "Buyer pays €24.00 · you get €22.90" in tried
    assert "€1.10 of our fee out of it" in tried

    assert nora.post(address, {"bearer": "split", "share": "25"})["Location"] == address

    event.refresh_from_db()
    assert event.fee_share == 25
    assert "Buyer pays €24.28 · you get €23.18" in text(nora.get(address))
    assert "Buyer pays €24.28 · you get €23.18" in text(nora.get(f"/portal/events/{event.pk}/"))
    assert "€0.28 is our fee" in text(nora.get(f"/portal/events/{event.pk}/price/?price=24"))
    buyer = Visitor(northside.host)
    assert "Ticket €24.00 + service fee €0.28" in text(buyer.get(f"/events/{event.slug}/"))
    assert buyer.get(f"/api/v1/events/{event.slug}").json()["ticket_types"][0]["price"] == 2428
    assert world.hold(event, Standard=2).quote["total"] == 4856


@pytest.mark.parametrize("typed", [{}, {"bearer": "split"}, {"bearer": "split", "share": "101"}, {"bearer": "me"}])
def test_a_share_that_makes_no_sense_is_refused_and_nothing_changes(
    nora: Visitor, event: Event, typed: dict[str, str]
) -> None:
    address = f"/portal/events/{event.pk}/fees/"

    assert nora.post(address, typed).status_code == 422
    assert nora.get(f"{address}rows/", typed).status_code == 200

    event.refresh_from_db()
    assert event.fee_share == 100


def test_the_other_organizers_event_has_no_fees_here(nora: Visitor, southside: world.House) -> None:
    with tenant_context(southside.organizer):
        other = world.make_event("Southern", kinds=(("Guest", 0, 5),))

    for part in ("", "rows/"):
        assert nora.get(f"/portal/events/{other.pk}/fees/{part}").status_code == 404
    assert nora.post(f"/portal/events/{other.pk}/fees/", {"bearer": "organizer"}).status_code == 404
    with tenant_context(southside.organizer):
        other.refresh_from_db()
        assert other.fee_share == 100
