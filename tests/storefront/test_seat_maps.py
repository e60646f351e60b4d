"""The geometry of a map as a file: what it says, how it is kept and compressed, and whose it is. And seats by form."""

import gzip
import json
from typing import Any

import brotli
import pytest
from django.test import Client

from inventory.models import Hold
from inventory.queries import seats_of_hold
from tests import world
from tests.api.caller import staying_here


def ask(house: world.House, path: str, **headers: str) -> Any:
    with staying_here():
        return Client().get(path, headers={"host": house.host, **headers})


@pytest.fixture
def hall(northside: world.House) -> Any:
    return world.make_seated_event(kinds=(("Adult", 0, world.STALLS), ("Child", 0, world.STALLS)))


def test_the_file_is_the_same_in_every_encoding_and_never_changes(hall: Any, northside: world.House) -> None:
    path = f"/seats/{hall.seating.version.hash}.json"

    plain = ask(northside, path)
    zipped, smallest = ask(northside, path, accept_encoding="gzip"), ask(northside, path, accept_encoding="gzip, br")

    document = json.loads(plain.content)
    assert document["hash"] == hall.seating.version.hash
    assert document["format"] == "marquee-geometry"
    assert gzip.decompress(zipped.content) == brotli.decompress(smallest.content) == plain.content
    assert (zipped["Content-Encoding"], smallest["Content-Encoding"]) == ("gzip", "br")
    for answer in (plain, zipped, smallest):
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Accept-Encoding" in answer["Vary"]


def test_a_map_that_no_event_here_sells_is_not_there(hall: Any, northside: world.House, southside: world.House) -> None:
    unused = world.publish_map(hall.venue, world.seat_map(name="Another"))

    assert ask(northside, f"/seats/{hall.seating.version.hash}.json").status_code == 200
    assert ask(southside, f"/seats/{hall.seating.version.hash}.json").status_code == 404
    assert ask(northside, f"/seats/{unused.hash}.json").status_code == 404


def send(house: world.House, event: Any, **fields: str) -> Any:
    with staying_here():
        return Client().post(
            f"/events/{event.slug}/holds/",
            {"performance_id": str(world.the_performance(event).pk), "map": event.seating.version.hash, **fields},
            headers={"host": house.host, "sec-fetch-site": "same-origin"},
        )


def test_a_form_without_script_holds_the_seats_it_names(hall: Any, northside: world.House) -> None:
    adult, child = (world.kind_of(hall, name).pk for name in ("Adult", "Child"))

    answer = send(northside, hall, **{f"seat-{adult}": "1, 0", f"seat-{child}": "2"})

    assert answer.status_code == 302
    assert [seat.seat_id for seat in seats_of_hold(Hold.objects.get())] == ["Stalls-A-1", "Stalls-A-2", "Stalls-A-3"]


@pytest.mark.parametrize("seats", ["x", "1,,2", "-1", "9" * 600, "1,1", "999"])
def test_a_form_that_names_no_seats_is_refused_with_words(hall: Any, northside: world.House, seats: str) -> None:
    answer = send(northside, hall, **{f"seat-{world.kind_of(hall, 'Adult').pk}": seats})

    assert answer.status_code == 422
    assert not Hold.objects.exists()
