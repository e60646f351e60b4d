"""The announcer: numbers after the commit, small deltas, expiry without anybody's help, and every outage."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django_tenants.utils import tenant_context
from redis.exceptions import ConnectionError as RedisConnectionError

from audit.actions import SYSTEM
from events.actions import stop_sales
from events.models import Event, Performance
from inventory import announcer as module
from inventory import live
from inventory.announcer import Announcer
from inventory.queries import database_now
from tests import world


@pytest.fixture(autouse=True)
def _empty() -> None:
    live.connected().flushdb()


@pytest.fixture
def announcer() -> Announcer:
    return Announcer(live.connected())


@pytest.fixture
def event(northside: world.House) -> Event:
    """Six standard tickets and sixty seats on the balcony, ten to an order."""
    world.let_charge(northside)
    return world.make_event(kinds=(("Standard", 2400, 6), ("Balcony", 3000, 60)))


def look(announcer: Announcer, event: Event) -> list[Any]:
    """Mark the event's date, let the announcer look, and return the deltas that it published."""
    heard = live.connected().pubsub(ignore_subscribe_messages=True)
    performance = world.the_performance(event).pk
    # By name: a Redis that other tests share has one space of topics for all its databases.
    heard.subscribe(live.topic(live.mark_of(connection.schema_name, performance)))  # type: ignore[attr-defined]
    heard.get_message(timeout=1)
    live.mark(performance)
    announcer.tick()
    deltas = []
    while message := heard.get_message(timeout=0.05):
        deltas.append(json.loads(message["data"]))
    heard.close()
    return deltas


def shown(event: Event) -> dict[str, int]:
    """What pages show: left by name."""
    performance = world.the_performance(event).pk
    names = {kind.pk: kind.name for kind in event.ticket_types.all()}
    return {names[pk]: kind.left for pk, kind in live.stock_of([performance])[performance].types.items()}


def test_a_delta_has_what_changed_and_goes_on_from_the_last_number(announcer: Announcer, event: Event) -> None:
    standard, balcony = world.kind_of(event, "Standard"), world.kind_of(event, "Balcony")

    [first] = look(announcer, event)
    world.hold(event, Standard=4)
    [second] = look(announcer, event)
    world.hold(event, Standard=2)
    [third] = look(announcer, event)

    assert first["from"] == 0
    assert {kind["id"]: (kind["left"], kind["status"]) for kind in first["types"]} == {
        str(standard.pk): (6, "available"),
        str(balcony.pk): (10, "available"),  # what one order may take, and not how many there are
    }
    assert second == {
        "kind": "delta",
        "from": first["to"],
        "to": second["to"],
        "types": [{"id": str(standard.pk), "left": 2, "status": "available"}],
    }
    assert third["types"] == [{"id": str(standard.pk), "left": 0, "status": "sold_out"}]
    assert first["to"] < second["to"] < third["to"]
    assert look(announcer, event) == []


def test_few_left_is_said_under_a_tenth_and_only_then(announcer: Announcer, event: Event) -> None:
    balcony = world.kind_of(event, "Balcony")
    look(announcer, event)

    for size in (10, 10, 10, 10, 10, 4):  # six are left: a tenth
        world.hold(event, Balcony=size)
    [at_a_tenth] = look(announcer, event)
    world.hold(event, Balcony=1)
    [under_it] = look(announcer, event)

    assert at_a_tenth["types"] == [{"id": str(balcony.pk), "left": 6, "status": "available"}]
    assert under_it["types"] == [{"id": str(balcony.pk), "left": 5, "status": "few_left"}]


def test_a_hold_that_lapses_comes_back_without_anybodys_mark(announcer: Announcer, event: Event) -> None:
    held = world.hold(event, Standard=6)
    held.places.update(held_until=database_now() + timedelta(seconds=0.3))
    look(announcer, event)
    assert shown(event)["Standard"] == 0

    time.sleep(0.35)
    assert announcer.tick() == 1

    assert shown(event)["Standard"] == 6


def test_redis_that_forgot_everything_does_not_count_from_one_again(announcer: Announcer, event: Event) -> None:
    [first] = look(announcer, event)
    live.connected().flushdb()
    assert shown(event) == {"Standard": 6, "Balcony": 10}  # from Postgres

    [again] = look(announcer, event)

    assert again["from"] == 0
    assert again["to"] > first["to"]
    assert len(again["types"]) == 2


def test_pages_take_what_was_announced_while_an_announcer_is_at_work(announcer: Announcer, event: Event) -> None:
    look(announcer, event)
    world.hold(event, Standard=5)

    assert shown(event)["Standard"] == 6
    live.connected().delete(live.LEADER)
    assert shown(event)["Standard"] == 1


def test_what_nobody_announced_yet_is_from_then_on(announcer: Announcer, event: Event) -> None:
    announcer.tick()

    assert shown(event)["Standard"] == 6
    assert announcer.tick() == 1
    world.hold(event, Standard=5)
    assert shown(event)["Standard"] == 6  # announced, and not marked anew: nothing was committed here


def test_one_announces_and_another_follows(announcer: Announcer, event: Event) -> None:
    second = Announcer(live.connected())
    look(announcer, event)

    live.mark(world.the_performance(event).pk)
    world.hold(event, Standard=1)
    assert second.tick() == 0
    live.connected().delete(live.LEADER)  # the first one is gone; what it took from the marks is looked at all the same
    live.connected().delete(live.CHANGED)
    assert second.tick() == 1

    assert shown(event)["Standard"] == 5
    assert announcer.tick() == 0


def test_two_who_announce_at_once_give_no_number_twice(announcer: Announcer, event: Event) -> None:
    look(announcer, event)
    mark = live.mark_of(connection.schema_name, world.the_performance(event).pk)  # type: ignore[attr-defined]
    before = str(live.connected().get(live.snapshot_key(mark)))
    world.hold(event, Standard=1)
    [delta] = look(announcer, event)

    late = Announcer(live.connected())
    assert late._announce(mark, before=before, types={}) == 0

    assert live.Snapshot.from_text(str(live.connected().get(live.snapshot_key(mark)))).seq == delta["to"]


@pytest.mark.parametrize(
    "change",
    [
        lambda date: Event.objects.filter(pk=date.event_id).update(state=Event.State.CANCELLED),
        lambda date: Performance.objects.filter(pk=date.pk).update(state=Performance.State.CANCELLED),
        lambda date: stop_sales(performance_id=date.pk, reason="in doubt", actor=SYSTEM),
    ],
    ids=["event cancelled", "date cancelled", "sale stopped"],
)
def test_what_is_no_longer_on_offer_is_no_longer_announced(
    announcer: Announcer, event: Event, change: Callable[[Performance], object]
) -> None:
    performance = world.the_performance(event)
    look(announcer, event)
    assert performance.pk in live.stock_of([performance.pk])

    change(performance)

    assert look(announcer, event) == []
    assert live.stock_of([performance.pk]) == {}


def test_a_draft_is_not_announced(announcer: Announcer, northside: world.House) -> None:
    draft = world.make_event(is_published=False)

    assert look(announcer, draft) == []
    assert live.stock_of([world.the_performance(draft).pk]) == {}


def test_the_other_organizer_learns_nothing_of_it(announcer: Announcer, event: Event, southside: world.House) -> None:
    performance = world.the_performance(event).pk
    look(announcer, event)

    with tenant_context(southside.organizer):
        assert live.stock_of([performance]) == {}
        assert announcer.tick() == 0  # the question was a mark, of a date that Southside does not have
    assert shown(event)["Standard"] == 6


def test_a_database_that_is_away_loses_no_mark(
    announcer: Announcer, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(announcer, event)
    world.hold(event, Standard=1)
    with monkeypatch.context() as outage:
        outage.setattr(module, "availability", _refuse)
        outage.setattr(connection, "is_usable", lambda: False)
        with pytest.raises(OperationalError):
            look(announcer, event)

    assert announcer.tick() == 1
    assert shown(event)["Standard"] == 5


def test_one_organizers_trouble_does_not_silence_another(
    announcer: Announcer, event: Event, southside: world.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy = module.availability

    def locked_at_northside(ids: Any) -> Any:
        return healthy(ids) if connection.tenant == southside.organizer else _refuse(ids)  # type: ignore[attr-defined]

    monkeypatch.setattr(module, "availability", locked_at_northside)
    monkeypatch.setattr(module, "BACK_OFF_SECONDS", 0.0)
    live.mark(world.the_performance(event).pk)
    with tenant_context(southside.organizer):
        world.let_charge(southside)
        live.mark(world.the_performance(world.make_event()).pk)

    assert announcer.tick() == 1
    monkeypatch.setattr(module, "availability", healthy)
    assert announcer.tick() == 1  # Northside's, whose mark was kept


def test_it_works_on_through_an_outage(
    announcer: Announcer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, django_db_blocker: Any
) -> None:
    stop, beat = threading.Event(), tmp_path / "beat"
    turns: list[str] = []

    def tick() -> int:
        turns.append("tick")
        if len(turns) == 1:
            raise RedisConnectionError("it restarts")
        stop.set()
        return 0

    monkeypatch.setattr(module, "AFTER_FAILURE_SECONDS", 0.01)
    monkeypatch.setattr(announcer, "tick", tick)
    announcer.has_missed = False

    with django_db_blocker.unblock():
        announcer.run(stop, heartbeat=beat)

    assert len(turns) == 2
    assert announcer.has_missed  # whatever was marked meanwhile may be lost, so everything is looked at
    assert beat.exists()


def _refuse(_ids: object) -> None:
    raise OperationalError("the server closed the connection")


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[Event]:
    """An event whose stock two connections see: committed, in an organizer of this test's own."""
    with django_db_blocker.unblock():
        house = world.open_house("Overtakers", "overtakers", owner="Olga", door="Otto")
        world.let_charge(house)
        with tenant_context(house.organizer):
            yield world.make_event(kinds=(("Standard", 2400, 6),))
        connection.set_schema_to_public()


def test_who_began_first_and_commits_last_is_not_missed(announcer: Announcer, committed: Event) -> None:
    """Numbers drawn inside the transactions would be 1 for the first and 2 for the second, seen as 2 and then 1."""
    tenant = connection.tenant  # type: ignore[attr-defined]
    has_held, may_commit = threading.Event(), threading.Event()

    def begin_first() -> None:
        with tenant_context(tenant):
            with transaction.atomic():
                world.hold(committed, Standard=1)
                has_held.set()
                assert may_commit.wait(10)
            connection.close()

    [start] = look(announcer, committed)
    slow = threading.Thread(target=begin_first)
    slow.start()
    assert has_held.wait(10)

    world.hold(committed, Standard=2)
    [second] = look(announcer, committed)
    may_commit.set()
    slow.join()
    [first] = look(announcer, committed)

    assert [delta["types"][0]["left"] for delta in (start, second, first)] == [6, 4, 3]
    assert (second["from"], first["from"]) == (start["to"], second["to"])
