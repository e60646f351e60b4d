"""Nora takes a seat map along as a file: what a kind of file loses is said before, and the file is only ever a download."""

import json

import pytest

from audit.actions import SYSTEM
from people.models import Membership
from seating.actions import create_seat_map, publish_version
from seating.document import parse
from seating.formats import import_file
from seating.models import SeatMap, Venue
from tests import world
from tests.organizer_portal.conftest import Colleague
from tests.staff import Visitor, text
from tests.world import STALLS


@pytest.fixture
def drawn(northside: world.House) -> SeatMap:
    venue = Venue.objects.create(name="Hall", timezone="Europe/Berlin")
    document = world.seat_map(("Stalls", STALLS, (4, 4)), tables=[("T1", 4, True)], wheelchairs=1, name="Main <hall>")
    return create_seat_map(venue=venue, document=parse(document), actor=SYSTEM)


def address(drawn: SeatMap, path: str = "") -> str:
    return f"/portal/seat-maps/{drawn.pk}/exports/{path}"


def test_what_is_lost_is_said_before(nora: Visitor, drawn: SeatMap) -> None:
    assert f'href="{address(drawn)}"' in text(nora.get(f"/portal/seat-maps/{drawn.pk}/"))

    shown = text(nora.get(address(drawn)))

    assert shown.count("It holds everything.") == 1  # our own
    assert shown.count("It cannot hold:") == 3
    for kind in ("native", "pretix", "svg", "csv"):
        assert f'href="{address(drawn, kind)}/"' in shown


def test_equal_losses_are_told_once_with_how_many(nora: Visitor, northside: world.House) -> None:
    tables = [(f"T{number}", 4, False) for number in range(1, 32)]
    hall = world.seat_map(("Stalls", STALLS, (4, 4)), tables=tables, name="Hall")
    venue = Venue.objects.create(name="Hall", timezone="Europe/Berlin")
    drawn = create_seat_map(venue=venue, document=parse(hall), actor=SYSTEM)

    shown = text(nora.get(address(drawn)))

    assert shown.count("<li>31 tables become rows.</li>") == 2  # for pretix and in a list
    assert "Table “T1”" not in shown


@pytest.mark.parametrize(
    ("kind", "media_type", "file_name"),
    [
        ("native", "application/json", "main-hall.json"),
        ("pretix", "application/json", "main-hall.pretix.json"),
        ("svg", "image/svg+xml", "main-hall.svg"),
        ("csv", "text/csv; charset=utf-8", "main-hall.csv"),
    ],
)
def test_each_kind_is_a_download_that_can_be_read_again(
    nora: Visitor, drawn: SeatMap, kind: str, media_type: str, file_name: str
) -> None:
    file = nora.get(address(drawn, f"{kind}/"))

    assert (file.status_code, file["Content-Type"]) == (200, media_type)
    assert file["Content-Disposition"] == f'attachment; filename="{file_name}"'
    assert (file["X-Content-Type-Options"], file["Cache-Control"]) == ("nosniff", "no-store")
    again = import_file(file_name, file.content).document
    assert sum(1 for _seat in again.seats) == sum(1 for _seat in parse(drawn.draft).seats)


def test_a_version_is_exported_as_it_was_frozen(nora: Visitor, drawn: SeatMap) -> None:
    version = publish_version(map_id=drawn.pk, actor=SYSTEM)
    frozen = version.document
    drawn.draft = {**drawn.draft, "name": "Another name"}
    drawn.save(update_fields=["draft"])
    page = f"/portal/seat-maps/{drawn.pk}/versions/{version.pk}/"
    assert f'href="{address(drawn)}?version={version.pk}"' in text(nora.get(page))
    assert "Version 1" in text(nora.get(f"{address(drawn)}?version={version.pk}"))

    file = nora.get(f"{address(drawn, 'native/')}?version={version.pk}")

    assert json.loads(file.content) == frozen
    assert json.loads(nora.get(address(drawn, "native/")).content)["name"] == "Another name"
    assert file["Content-Disposition"].endswith('-version-1.json"')


def test_nobody_else_and_nothing_else(nora: Visitor, colleague: Colleague, drawn: SeatMap) -> None:
    other = create_seat_map(venue=drawn.venue, document=parse(drawn.draft), actor=SYSTEM)
    strange = publish_version(map_id=other.pk, actor=SYSTEM)
    for path in ("plan/", "pdf/", f"svg/?version={strange.pk}", "svg/?version=nothing", f"?version={strange.pk}"):
        assert nora.get(address(drawn, path)).status_code == 404, path
    assert nora.post(address(drawn, "svg/")).status_code == 405
    finance = colleague(Membership.Role.FINANCE)
    assert [finance.get(address(drawn, path)).status_code for path in ("", "svg/")] == [403, 403]
