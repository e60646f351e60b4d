"""Many buyers on one small hall at once: nobody sits on two people's seat, nobody leaves a single, every page agrees."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from analytics.invariants import breaches
from analytics.stock_prover import compare_stock
from inventory import live
from tests import world
from tests.scanning.door import committing_house
from tests.seat_rush import double_sales, new_orphans, rush, table_of
from tests.world import BALCONY, STALLS


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[world.House]:
    live.connected().flushdb()
    with django_db_blocker.unblock():
        with committing_house() as house:
            yield house
        connection.set_schema_to_public()  # type: ignore[attr-defined]


def test_a_rush_for_seats_ends_with_one_owner_each_and_no_new_single_seat(committed: world.House) -> None:
    event = world.make_seated_event(
        world.seat_map(("Stalls", STALLS, (9, (5, 6), 12)), ("Balcony", BALCONY, (8, 8))),
        kinds=(("Adult", 0, STALLS), ("High", 0, BALCONY)),
        title="Rush",
    )
    performance = world.the_performance(event).pk

    told, page = rush(event, committed.organizer, buyers=6, picks=10)

    assert told.faults == []
    assert told.outcomes["held"] >= 10
    assert double_sales(performance) == 0
    assert new_orphans(event) == []
    assert page.digits == table_of(performance)
    assert compare_stock(performance).differences == 0
    assert breaches() == {}
