"""The clock: who is tended, found again after a loss of Redis, and one tick at a time."""

import signal
import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from audit.actions import SYSTEM
from inventory.announcer import Announcer
from tenants.current import current_organizer
from tests import world
from tests.waiting_room.test_line import flush
from waiting_room import clock, gate, store, tend
from waiting_room.actions import change_room
from waiting_room.clock import tick, watch
from waiting_room.models import Line
from waiting_room.queries import open_line


def run(act):
    """As the clock does, on the platform's schema; the test stays in its organizer."""
    with schema_context("public"):
        return act()


def open_room_of(house):
    """An event of this organizer, behind a line that is open."""
    with tenant_context(house.organizer):
        made = world.make_event(kinds=((world.FREE, 0, 10),))
        change_room(event_id=made.pk, actor=SYSTEM, mode="on", rate_min=60, rate_max=60)
    return made


def test_only_organizers_with_a_room_are_tended(event, northside, southside, open_room):
    assert (run(watch), run(tick)) == (0, 0)
    open_room()

    assert run(watch) == 1
    assert store.tended() == {northside.organizer.schema_name}
    assert run(tick) == 1
    assert open_line(event.pk).started_at is not None


def test_a_lost_registry_is_made_again(event, northside, open_room, newcomer):
    open_room()
    run(watch)
    run(tick)
    person = newcomer()
    flush()

    assert run(tick) == 0
    assert person.standing(event)["state"] == "moment"
    run(watch)
    run(tick)
    assert person.standing(event)["position"] == 1


def test_an_organizer_without_rooms_is_forgotten(event, northside, open_room):
    open_room()
    run(watch)
    change_room(event_id=event.pk, actor=SYSTEM, mode="off", rate_min=60, rate_max=60)
    run(tick)

    assert store.tended() == set()


def test_a_rule_is_watched_when_its_time_is_near(event, northside):
    rule = {"event_id": event.pk, "actor": SYSTEM, "mode": "rule", "rate_min": 60, "rate_max": 60}
    change_room(opens_at=timezone.now() + timedelta(days=3), **rule)
    assert run(watch) == 0
    change_room(opens_at=timezone.now() + timedelta(seconds=5), **rule)
    assert run(watch) == 1
    change_room(opens_at=timezone.now() - timedelta(seconds=5), **rule)
    assert run(tick) == 1
    line = open_line(event.pk)
    assert line is not None
    assert line.is_by_rule

    change_room(**{**rule, "mode": "off"})
    change_room(opens_at=line.opened_at - timedelta(seconds=5), **rule)
    assert run(watch) == 0  # it was open once since then


def test_a_tick_puts_right_what_doors_believe(event, northside, open_room):
    store.client().set(gate._key(northside.organizer), '{"lines": [], "watched": []}')
    open_room()
    assert not gate.doors_of(northside.organizer).is_any  # read before the line was opened, written after
    run(watch)
    run(tick)
    gate._KNOWN.clear()

    assert gate.doors_of(northside.organizer).by_event.keys() == {event.pk}


def test_a_line_ends_with_its_event(event, northside, open_room):
    open_room()
    run(watch)
    with time_machine.travel(world.the_performance(event).ends_at + timedelta(minutes=1)):
        run(tick)

    assert open_line(event.pk) is None


def test_a_tick_that_is_at_work_is_not_overtaken(event, northside, open_room):
    open_room()
    run(watch)
    assert store.take_turn(seconds=5)
    assert run(tick) == 0
    store.end_turn()
    assert run(tick) == 1


def test_each_organizers_line_is_its_own(event, northside, southside, open_room, newcomer):
    open_room()
    theirs = open_room_of(southside)
    run(watch)
    run(tick)
    newcomer()

    with tenant_context(southside.organizer):
        line = open_line(theirs.pk)
        assert line is not None
        assert Line.objects.count() == 1
        assert store.fresh_meta(line.pk).total == 0
    assert Line.objects.count() == 1


def test_one_organizers_trouble_is_not_the_others(event, northside, southside, open_room, monkeypatch):
    open_room()
    theirs = open_room_of(southside)
    run(watch)
    tend_rooms = tend.tend_rooms

    def breaks_for_northside():
        if current_organizer() == northside.organizer:
            raise RuntimeError("a room of theirs is broken")
        return tend_rooms()

    monkeypatch.setattr(tend, "tend_rooms", breaks_for_northside)
    run(tick)

    assert open_line(event.pk).started_at is None
    with tenant_context(southside.organizer):
        assert open_line(theirs.pk).started_at is not None
    assert store.take_turn(seconds=1)  # the tick gave its turn back


def test_without_redis_the_clock_goes_on(event, northside, open_room, monkeypatch, settings):
    open_room()
    address = settings.LIVE_REDIS_URL

    def let_redis_be_at(url: str) -> None:
        settings.LIVE_REDIS_URL = url
        store.client.cache_clear()

    class TenPauses(threading.Event):
        """Redis is back after the fourth; after the tenth it is over."""

        pauses = 0

        def wait(self, timeout: float | None = None) -> bool:
            self.pauses += 1
            if self.pauses == 4:
                let_redis_be_at(address)
            elif self.pauses == 10:
                self.set()
            return self.is_set()

    monkeypatch.setattr(connection, "close", lambda: None)  # the test's transaction is on it
    let_redis_be_at("redis://127.0.0.1:1/0")
    try:
        run(lambda: clock.run(TenPauses()))
    finally:
        let_redis_be_at(address)

    assert open_line(event.pk).started_at is not None
    assert store.tended() == {northside.organizer.schema_name}


def test_live_counts_do_not_go_on_without_the_clock(monkeypatch):
    def breaks(_stop):
        raise RuntimeError("the clock broke")

    told: list[bool] = []
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(clock, "run", breaks)
    monkeypatch.setattr(Announcer, "run", lambda _self, stop, **_: told.append(stop.wait(10)))

    with pytest.raises(RuntimeError, match="the clock broke"):
        call_command("announce")
    assert told == [True]
