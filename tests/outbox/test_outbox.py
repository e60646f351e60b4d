"""What must happen after a commit: noted with it, done at least once, later when it fails, given up and shown at last."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from config.handlers import HANDLERS
from outbox import actions
from outbox.actions import LEASE_SECONDS, LONGEST_DELAY_SECONDS, MAX_ATTEMPTS, drain, enqueue
from outbox.models import OutboxMessage
from tests import world

Payload = dict[str, Any]
KIND = "mail_tickets"  # any kind of config.handlers: what it does is replaced here


@pytest.fixture
def done() -> list[Payload]:
    return []


@pytest.fixture(autouse=True)
def handler(done: list[Payload], monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Payload], object]], None]:
    """What KIND does: it notes its payload, until told otherwise."""

    def use(function: Callable[[Payload], object]) -> None:
        table = {**HANDLERS, KIND: function, "mail_refund": function}
        monkeypatch.setattr(actions, "handlers", lambda: table)

    use(done.append)
    return use


def put(key: str = "k", **more: Any) -> None:
    with transaction.atomic():
        enqueue(kind=KIND, key=key, payload={"key": key}, **more)


def all_due() -> None:
    OutboxMessage.objects.filter(done_at=None).update(due_at=timezone.now())


def test_a_message_is_done_once_and_stays_as_a_record(northside: world.House, done: list[Payload]) -> None:
    put()

    assert (drain(), drain()) == (1, 0)

    row = OutboxMessage.objects.get()
    assert done == [{"key": "k"}]
    assert (row.attempts, row.is_dead, row.last_error) == (1, False, "")
    assert row.done_at is not None


def test_noted_twice_it_is_done_once_and_another_kind_or_key_is_another(
    northside: world.House, done: list[Payload]
) -> None:
    put()
    put()
    put("other")
    with transaction.atomic():
        enqueue(kind="mail_refund", key="k", payload={"key": "refund"})

    assert drain() == 3
    put()
    assert drain() == 0
    assert sorted(payload["key"] for payload in done) == ["k", "other", "refund"]


def test_what_is_rolled_back_never_happens(northside: world.House, done: list[Payload]) -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_after_noting()

    assert drain() == 0
    assert done == []


@transaction.atomic
def _fail_after_noting() -> None:
    enqueue(kind=KIND, key="k")
    raise ZeroDivisionError


def test_a_kind_that_nobody_handles_is_refused_at_once(northside: world.House) -> None:
    with pytest.raises(LookupError, match="no_such_kind"), transaction.atomic():
        enqueue(kind="no_such_kind", key="k")


def test_a_note_needs_the_transaction_of_what_it_follows(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock(), pytest.raises(RuntimeError, match="outside a transaction"):
        enqueue(kind=KIND, key="k")


def test_each_schema_is_woken_once_after_the_commit(
    northside: world.House, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    woken: list[str] = []
    monkeypatch.setattr("config.handlers.wake", woken.append)

    with django_capture_on_commit_callbacks(execute=True):
        put("1")
        put("2")
        with schema_context("public"):
            put("3")
        put("later", delay_seconds=60)
        assert woken == []

    assert sorted(woken) == sorted([northside.organizer.schema_name, "public"])


def test_what_is_delayed_waits(northside: world.House, done: list[Payload]) -> None:
    put(delay_seconds=60)

    assert drain() == 0
    all_due()
    assert drain() == 1


def test_a_failure_is_tried_again_with_growing_delays_and_holds_up_nobody(
    northside: world.House, handler: Any, done: list[Payload]
) -> None:
    def fail_on_bad(payload: Payload) -> None:
        if payload["key"] == "bad":
            raise ConnectionError("no mail server")
        done.append(payload)

    handler(fail_on_bad)
    put("bad")
    put("good")

    waits = []
    for _ in range(4):
        all_due()
        before = timezone.now()
        drain()
        waits.append(OutboxMessage.objects.get(key="bad").due_at - before)

    assert done == [{"key": "good"}]
    row = OutboxMessage.objects.get(key="bad")
    assert (row.attempts, row.done_at, row.is_dead) == (4, None, False)
    assert row.last_error == "ConnectionError: no mail server"
    assert [round(wait.total_seconds()) for wait in waits] == [4, 8, 16, 32]

    handler(done.append)
    all_due()
    assert drain() == 1
    row.refresh_from_db()
    assert (row.done_at is not None, row.last_error) == (True, "")


def test_an_outage_of_six_hours_costs_nothing() -> None:
    delays = [min(2**attempt * 2, LONGEST_DELAY_SECONDS) for attempt in range(1, MAX_ATTEMPTS)]

    assert sum(delays) > 6 * 3600


def test_after_the_last_attempt_it_is_dead_and_stays_to_be_seen(northside: world.House, handler: Any) -> None:
    def fail(payload: Payload) -> None:
        raise ValueError("always")

    handler(fail)
    put()
    for _ in range(MAX_ATTEMPTS + 3):
        all_due()
        drain()

    row = OutboxMessage.objects.get()
    assert (row.attempts, row.is_dead, row.done_at) == (MAX_ATTEMPTS, True, None)


def test_a_killed_workers_message_is_leased_and_then_done_by_another(
    northside: world.House, handler: Any, done: list[Payload]
) -> None:
    class Killed(BaseException):
        """What no handler catches."""

    def die(payload: Payload) -> None:
        raise Killed

    handler(die)
    put()
    with pytest.raises(Killed):
        drain()

    handler(done.append)
    assert drain() == 0, "the lease still runs"
    left = OutboxMessage.objects.get().due_at - timezone.now()
    assert timedelta(seconds=LEASE_SECONDS - 10) < left <= timedelta(seconds=LEASE_SECONDS)
    all_due()
    assert drain() == 1
    assert done == [{"key": "k"}]


def test_one_that_kills_every_worker_is_given_up_too(northside: world.House, done: list[Payload]) -> None:
    put()
    put("good")
    OutboxMessage.objects.filter(key="k").update(attempts=MAX_ATTEMPTS)

    assert drain() == 1

    assert done == [{"key": "good"}]
    assert OutboxMessage.objects.get(key="k").is_dead


def test_the_longest_due_comes_first(northside: world.House, done: list[Payload]) -> None:
    for key, age in (("young", 1), ("oldest", 9), ("old", 5)):
        put(key)
        OutboxMessage.objects.filter(key=key).update(due_at=timezone.now() - timedelta(minutes=age))

    drain()

    assert [payload["key"] for payload in done] == ["oldest", "old", "young"]


def test_a_handler_may_note_what_follows_and_it_is_done_in_the_same_round(
    northside: world.House, handler: Any, done: list[Payload]
) -> None:
    def chain(payload: Payload) -> None:
        done.append(payload)
        if payload["key"] == "first":
            put("second")

    handler(chain)
    put("first")

    assert drain() == 2


def test_each_organizer_has_its_own(northside: world.House, southside: world.House, done: list[Payload]) -> None:
    put("north")
    with tenant_context(southside.organizer):
        assert drain() == 0
        put("south")
    assert drain() == 1

    assert done == [{"key": "north"}]


def test_eight_workers_at_once_do_each_message_once(
    django_db_setup: None, django_db_blocker: Any, done: list[Payload]
) -> None:
    with django_db_blocker.unblock():
        house = world.open_house("Outbox Eight", "outbox-eight", owner="Olga", door="Otto")
        with tenant_context(house.organizer):
            drain(limit=1000)
            done.clear()
            names = [f"at once {number} {timezone.now().timestamp()}" for number in range(60)]
            for name in names:
                put(name)

        def work(_: int) -> int:
            try:
                with tenant_context(house.organizer):
                    return drain()
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as workers:
            assert sum(workers.map(work, range(8))) == len(names)

    assert sorted(payload["key"] for payload in done) == sorted(names)
