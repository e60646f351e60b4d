"""Nora uploads a drawing: she is asked which of its shapes are seats, and the map is made of what she ticked."""

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile

from people.models import Membership
from seating.document import parse
from seating.models import SeatMap, Venue
from tests import world
from tests.organizer_portal.conftest import Colleague
from tests.staff import Visitor, text

CIRCLES = "".join(f'<circle cx="{20 * x}" cy="{20 * y}" r="6"/>' for x in range(1, 7) for y in (1, 2))
SQUARES = "".join(f'<rect x="{30 * x}" y="90" width="3" height="3"/>' for x in range(1, 6))
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 120" onload="alert(1)"><script>alert(2)</script>'
    f"{CIRCLES}{SQUARES}</svg>"
)


@pytest.fixture
def page(northside: world.House) -> str:
    venue = Venue.objects.create(name="Hall", timezone="Europe/Berlin")
    return f"/portal/venues/{venue.pk}/seat-maps/new/"


def upload(visitor: Visitor, page: str) -> tuple[str, str]:
    """The page that asks, and its token."""
    file = SimpleUploadedFile("hall.svg", DRAWING.encode())
    shown = text(visitor.post(page, {"name": "Drawn", "start": "", "file": file}))
    return shown, shown.split('name="drawing" value="')[1].split('"')[0]


def test_nothing_is_made_before_it_is_confirmed(nora: Visitor, page: str) -> None:
    shown, token = upload(nora, page)

    assert ("12 shapes" in shown, "5 shapes" in shown, "2 rows were found" in shown) == (True, True, True)
    assert 'value="c1" checked' in shown
    assert "alert(" not in shown
    assert not SeatMap.objects.exists()

    nora.post(page, {"drawing": token, "clusters": ["c1"]})

    made = SeatMap.objects.get()
    assert (made.draft["name"], sum(1 for _seat in parse(made.draft).seats)) == ("Drawn", 12)
    assert nora.post(page, {"drawing": token, "clusters": ["c1"]}).status_code == 422  # it is gone now
    assert SeatMap.objects.count() == 1


def test_other_shapes_than_the_proposed_may_be_the_seats(nora: Visitor, page: str) -> None:
    _shown, token = upload(nora, page)

    nora.post(page, {"drawing": token, "clusters": ["c2"]})

    assert sum(1 for _seat in parse(SeatMap.objects.get().draft).seats) == 5


def test_nothing_ticked_or_a_stranger_is_asked_again(nora: Visitor, page: str) -> None:
    _shown, token = upload(nora, page)

    for ticked in ([], ["c99"]):
        again = nora.post(page, {"drawing": token, "clusters": ticked})
        assert again.status_code == 422
        assert "Tick at least one kind of shape." in text(again)
    assert not SeatMap.objects.exists()


def test_a_drawing_is_its_persons_and_one_at_a_time(nora: Visitor, colleague: Colleague, page: str) -> None:
    _shown, first = upload(nora, page)
    manager = colleague(Membership.Role.MANAGER)
    assert manager.post(page, {"drawing": first, "clusters": ["c1"]}).status_code == 422
    _shown, second = upload(nora, page)
    late = nora.post(page, {"drawing": first, "clusters": ["c1"], "name": "Drawn"})
    assert "Choose the file again." in text(late)
    other = Venue.objects.create(name="Other", timezone="Europe/Berlin")
    elsewhere = f"/portal/venues/{other.pk}/seat-maps/new/"
    assert nora.post(elsewhere, {"drawing": second, "clusters": ["c1"]}).status_code == 422
    cache.clear()
    assert nora.post(page, {"drawing": second, "clusters": ["c1"]}).status_code == 422
    assert not SeatMap.objects.exists()
