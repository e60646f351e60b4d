"""Many at once, with real connections and real commits: nobody gets past the list, nothing is offered twice, nobody is lost."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from analytics.stock_prover import compare_stock
from checkout import actions as checkout
from checkout.waiting import serve
from events.models import Event
from inventory.errors import Busy, SoldOut
from inventory.models import Hold, Place, StockEntry
from inventory.queries import database_now
from tests import world
from tests.processes import ROOT
from tests.scanning.door import committing_house
from tests.scanning.test_races import all_at_once
from tests.stack import database_url
from tests.waitlist.waiting import sold_out, waits
from tests.world import FREE, House
from waitlist.errors import NotSoldOut
from waitlist.models import ListOffer

PUBLIC, LISTED = 50, 10


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[House]:
    """What these tests write is committed and stays, in a house of its own."""
    with django_db_blocker.unblock():
        with committing_house() as house:
            yield house
        connection.set_schema_to_public()  # type: ignore[attr-defined]


def test_fifty_buyers_get_nothing_until_the_list_of_ten_is_served(committed: House) -> None:
    """They hammer while twelve places come back one by one: ten are the list's, and only the last two are theirs."""
    event, holds = sold_out(((FREE, 0, LISTED + 2),))
    performance = world.the_performance(event).pk
    people = [waits(event, f"person{n}-{event.pk}@example.com") for n in range(LISTED)]
    done = threading.Event()
    tries: Counter[str] = Counter()

    def hammer() -> Hold | None:
        while not done.is_set():
            try:
                return world.hold(event, **{FREE: 1})
            except (SoldOut, Busy) as refused:
                tries[refused.code] += 1
            finally:
                connection.close()  # the pool's connections are few, and shared
        return None

    def free_and_serve() -> None:
        for hold in holds:
            checkout.release_hold(hold_id=hold.pk, token=hold.token)
            time.sleep(0.05)
            serve(performance_id=performance)
        deadline = time.monotonic() + 20
        while (
            Place.objects.filter(pool__performance=performance, state="free").exists() and time.monotonic() < deadline
        ):
            time.sleep(0.05)
        done.set()

    def serve_beside() -> None:
        while not done.is_set():
            serve(performance_id=performance)
            time.sleep(0.02)

    got = all_at_once(committed, [*[hammer] * PUBLIC, free_and_serve, serve_beside, serve_beside])
    public = [hold for hold in got if isinstance(hold, Hold)]

    offers = list(ListOffer.objects.filter(entry__waiting_list__performance=performance).order_by("made_at"))
    assert [offer.entry_id for offer in offers] == [one.pk for one in people]
    assert len({offer.hold_id for offer in offers}) == LISTED
    assert Place.objects.filter(hold__in=[offer.hold_id for offer in offers], state="held").count() == LISTED
    assert len(public) == 2
    assert min(hold.created_at for hold in public) > offers[-1].made_at
    assert tries["sold_out"] > PUBLIC
    assert breaches() == {}
    assert compare_stock(performance).differences == 0


def test_what_is_freed_after_the_first_join_is_nobodys_but_the_lists(committed: House) -> None:
    """Six buyers give places back and take them again as fast as they can, at the moment at which somebody begins to wait."""
    joined = 0
    for round_ in range(5 if os.environ.get("MARQUEE_LONG") else 1):
        event, holds = sold_out(((FREE, 0, 6),))
        done = threading.Event()

        def swap(mine: Hold, event: Event = event, done: threading.Event = done) -> None:
            while not done.is_set():
                checkout.release_hold(hold_id=mine.pk, token=mine.token)
                while not done.is_set():
                    with suppress(SoldOut, Busy):
                        mine = world.hold(event, **{FREE: 1})
                        break

        def join(event: Event = event, done: threading.Event = done, round_: int = round_) -> datetime | None:
            try:
                for n in range(300):
                    with suppress(NotSoldOut):  # a place is free at this very moment
                        waits(event, f"wanda{round_}.{n}@{event.pk}.example", n=6)
                        return database_now()
                return None
            finally:
                time.sleep(0.3)
                done.set()

        *_swapped, closed_at = all_at_once(committed, [*[partial(swap, hold) for hold in holds], join])

        if isinstance(closed_at, datetime):
            joined += 1
            taken = [entry.hold_id for entry in taken_after(event, closed_at)]
            assert taken == []
            assert Place.objects.filter(pool__performance__event=event, state="free").count() > 0
    assert joined > 0
    assert breaches() == {}


def taken_after(event: Event, at: datetime) -> list[StockEntry]:
    """Holds of places that were freed after this instant, by the journal."""
    places = Place.objects.filter(pool__performance__event=event).values("pk")
    entries = list(StockEntry.objects.filter(place_id__in=places).order_by("place_id", "pk"))
    return [
        entry
        for before, entry in pairwise(entries)
        if before.place_id == entry.place_id and (before.kind, entry.kind) == ("release", "hold") and before.at > at
    ]


CHILD = """
import django; django.setup()
from django_tenants.utils import schema_context
with schema_context({schema!r}):
    from checkout.waiting import serve
    from uuid import UUID
    serve(performance_id=UUID({performance!r}))
"""


@pytest.mark.parametrize("moment", ["before_offer_commit", "after_offer_commit"])
def test_a_worker_killed_at_an_offer_loses_nobody(committed: House, moment: str) -> None:
    event, holds = sold_out(((FREE, 0, 3),))
    performance = world.the_performance(event).pk
    people = [waits(event, f"{moment}{n}-{event.pk}@example.com") for n in range(3)]
    for hold in holds[:2]:
        checkout.release_hold(hold_id=hold.pk, token=hold.token)

    code = CHILD.format(schema=committed.organizer.schema_name, performance=str(performance))
    child = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "DATABASE_OWNER_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
            "FAILPOINT": moment,
        },
        capture_output=True,
    )
    assert child.returncode == -9, child.stderr.decode()
    left = list(ListOffer.objects.filter(entry__in=people).order_by("made_at"))
    assert len(left) == (0 if moment == "before_offer_commit" else 1)
    assert Place.objects.filter(pool__performance=performance, state="free").count() == 2 - len(left)

    with tenant_context(committed.organizer):
        serve(performance_id=performance)

    offers = list(ListOffer.objects.filter(entry__in=people).order_by("made_at"))
    assert [offer.entry_id for offer in offers] == [one.pk for one in people[:2]]
    assert breaches() == {}
