"""The clock: who is tended, found again after a loss of Redis, and one tick at a time."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from audit.actions import SYSTEM
from tests import world
from tests.waiting_room.test_line import flush
from waiting_room import gate, store
from waiting_room.actions import change_room
from waiting_room.models import Line
from waiting_room.queries import open_line
from waiting_room.tasks import tick, watch


def run(task):
    """As a worker would, on the platform's schema; the test stays in its organizer."""
    tenant = connection.tenant
    with schema_context("public"):
        done = task.apply().get()
    connection.set_tenant(tenant)
    return done


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
    with tenant_context(southside.organizer):
        theirs = world.make_event(kinds=((world.FREE, 0, 10),))
        change_room(event_id=theirs.pk, actor=SYSTEM, mode="on", rate_min=60, rate_max=60)
    run(watch)
    run(tick)
    newcomer()

    with tenant_context(southside.organizer):
        line = open_line(theirs.pk)
        assert line is not None
        assert Line.objects.count() == 1
        assert store.fresh_meta(line.pk).total == 0
    assert Line.objects.count() == 1


@pytest.mark.parametrize("task", [tick, watch])
def test_without_redis_the_clock_goes_on(event, open_room, task, monkeypatch, settings):
    open_room()
    settings.LIVE_REDIS_URL = "redis://127.0.0.1:1/0"
    store.client.cache_clear()
    try:
        assert run(task) == 0
    finally:
        store.client.cache_clear()
