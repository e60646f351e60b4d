"""The doors are watched while a line is open, and the line slows down when they fail."""

from audit.actions import SYSTEM
from tests import world
from tests.waiting_room.line import Browser, tick
from tests.waiting_room.test_line import api_hold
from waiting_room import gate, health
from waiting_room.actions import change_room


def test_requests_to_the_doors_are_counted_while_a_line_is_open(event, open_room, northside):
    api_hold(Browser(northside), event)
    health.flush()
    assert health.checkout_health(northside.organizer.pk).requests == 0

    open_room()
    health_before = health.checkout_health(northside.organizer.pk)
    gate.forget_doors(northside.organizer)
    for _n in range(3):
        api_hold(Browser(northside), event)
    health.flush()
    seen = health.checkout_health(northside.organizer.pk)
    assert (health_before.requests, seen.requests, seen.errors) == (0, 3, 0)
    assert 0 < seen.p95_seconds <= 5


def test_each_organizer_has_health_of_its_own(northside, southside):
    health.count_request(southside.organizer.pk, seconds=9.0, status=503)
    health.flush()

    assert health.checkout_health(southside.organizer.pk).errors == 1
    assert health.checkout_health(northside.organizer.pk).requests == 0


def test_a_failing_checkout_slows_the_line_to_its_lowest_rate(event, open_room, newcomer, northside):
    open_room(rate_min=60, rate_max=6000)
    tick(event)
    for _second in range(5):
        line = tick(event)
    assert line is not None
    grown = line.rate
    assert grown > 600
    for _n in range(40):
        health.count_request(northside.organizer.pk, seconds=3.0, status=503)
    health.flush()
    for _second in range(25):
        line = tick(event)
    assert line is not None
    assert line.rate == 60


def test_held_places_slow_the_line(northside, always_fresh):
    event = world.make_event(kinds=((world.FREE, 0, 10),))
    change_room(event_id=event.pk, actor=SYSTEM, mode="on", rate_min=60, rate_max=6000)
    tick(event)
    for _second in range(5):
        before = tick(event)
    world.hold(event, **{world.FREE: 9})
    after = tick(event)
    assert before is not None
    assert after is not None
    assert after.rate < before.rate
