"""A task runs for the organizer of the one who sent it, or not at all; with a real broker and a real worker's loop."""

import threading
from collections.abc import Iterator
from queue import Empty, Queue
from uuid import uuid4

import pytest
from celery import chain, shared_task
from celery.contrib.testing.worker import start_worker
from celery.signals import task_postrun
from django.db import connection, transaction
from django_tenants.utils import schema_context, tenant_context

from config.celery import app
from tenants.current import current_organizer, current_schema
from tenants.errors import NoOrganizer, TaskRefused
from tenants.models import Organizer
from tenants.tasks import fan_out, public_task, tenant_task

ran: Queue[tuple[str, str]] = Queue()


@tenant_task(name="tests.inside")
def inside(note: str = "") -> None:
    """Notes the organizer by both ways of asking."""
    assert current_organizer().schema_name == current_schema()
    ran.put((note, current_schema()))


@public_task(name="tests.outside")
def outside(note: str = "") -> None:
    """Notes that it is on public."""
    ran.put((note, current_schema()))


@tenant_task(name="tests.failing")
def failing() -> None:
    """Leaves its organizer by an exception, and on another schema on top of that."""
    connection.set_schema_to_public()
    raise LookupError("on purpose")


@shared_task(name="tests.undecided")
def undecided() -> None:
    """Says neither."""
    ran.put(("undecided", current_schema()))


@pytest.fixture(scope="module")
def running_worker(committed: None) -> Iterator[None]:
    """A worker in a thread of this process, with a queue of its own."""
    queue = f"tests-{uuid4().hex}"
    before = app.conf.task_default_queue
    app.conf.task_default_queue = queue
    app.amqp.queues.select_add(queue)
    task_postrun.connect(close_workers_connection)
    with start_worker(app, pool="solo", perform_ping_check=False, queues=[queue], shutdown_timeout=30):
        yield
    task_postrun.disconnect(close_workers_connection)
    app.conf.task_default_queue = before


@pytest.fixture
def worker(running_worker: None) -> None:
    """The worker, with nothing noted yet."""
    while not ran.empty():
        ran.get()


def close_workers_connection(**_: object) -> None:
    """The worker's thread ends without closing its connection, which would keep the test database from being dropped."""
    if threading.current_thread() is not threading.main_thread():
        connection.close()


@pytest.fixture
def two(gates: tuple[Organizer, Organizer]) -> Iterator[tuple[Organizer, Organizer]]:
    """Eastgate and Westgate."""
    yield gates
    connection.set_schema_to_public()
    Organizer.objects.filter(pk=gates[1].pk).update(state=Organizer.State.ACTIVE)


def results(number: int) -> list[tuple[str, str]]:
    """What the next `number` tasks noted; fails after ten seconds."""
    return sorted(ran.get(timeout=10) for _ in range(number))


def test_a_task_runs_for_its_senders_organizer(two: tuple[Organizer, Organizer], worker: None) -> None:
    for organizer in (*two, *two):
        with tenant_context(organizer):
            inside.delay(organizer.name)
            outside.delay("public")
    with schema_context(two[0].schema_name):  # by name alone
        inside.apply_async(["eastgate"])

    found = results(9)

    east, west = (organizer.schema_name for organizer in two)
    assert found == sorted([("eastgate", east)] * 3 + [("westgate", west)] * 2 + [("public", "public")] * 4)


def test_a_chain_stays_with_its_organizer(two: tuple[Organizer, Organizer], worker: None) -> None:
    with tenant_context(two[0]):
        chain(inside.si("1"), inside.si("2"), inside.si("3")).delay()

    assert results(3) == [(number, two[0].schema_name) for number in "123"]


def test_a_failed_task_leaves_nothing_behind(two: tuple[Organizer, Organizer], worker: None) -> None:
    with tenant_context(two[0]):
        failing.delay()
    outside.delay("after")

    assert results(1) == [("after", "public")]


def test_an_organizers_task_is_not_sent_from_public(db: None) -> None:
    for send in (inside.delay, inside.apply, inside.apply_async):
        with pytest.raises(TaskRefused):
            send()


def test_a_message_without_an_organizer_is_refused(worker: None) -> None:
    """Another producer, or a clock that knows nothing of organizers."""
    app.send_task("tests.inside", args=["stray"])
    app.send_task("tests.inside", args=["forged"], headers={"organizer_schema": "public"})
    app.send_task("tests.inside", args=["unknown"], headers={"organizer_schema": "t_nobody"})
    outside.delay("last")

    assert results(1) == [("last", "public")]
    with pytest.raises(Empty):
        ran.get(timeout=0.5)


def test_a_task_must_say_where_it_runs(worker: None) -> None:
    undecided.delay()
    outside.delay("last")

    assert results(1) == [("last", "public")]


def test_running_a_task_here_restores_the_organizer(two: tuple[Organizer, Organizer]) -> None:
    with tenant_context(two[0]):
        inside.apply(["here"], headers={"organizer_schema": two[1].schema_name}, throw=True)
        outside.apply(["there"], throw=True)
        assert current_organizer() == two[0]

    assert results(2) == [("here", two[1].schema_name), ("there", "public")]


def test_on_commit_keeps_the_organizer_of_the_moment(two: tuple[Organizer, Organizer], worker: None) -> None:
    with tenant_context(two[0]), transaction.atomic():
        with tenant_context(two[1]):
            inside.delay_on_commit("nested")
            inside.apply_async_on_commit(["nested too"])
        inside.delay_on_commit("outer")

    east, west = (organizer.schema_name for organizer in two)
    assert results(3) == [("nested", west), ("nested too", west), ("outer", east)]


def test_nothing_is_sent_after_a_rollback(two: tuple[Organizer, Organizer], worker: None) -> None:
    with tenant_context(two[0]), transaction.atomic():
        inside.delay_on_commit("never")
        transaction.set_rollback(True)
    outside.delay("last")

    assert results(1) == [("last", "public")]


def test_fan_out_sends_one_task_per_organizer(two: tuple[Organizer, Organizer], worker: None) -> None:
    assert fan_out(inside, "fanned", organizers=two) == 2

    assert results(2) == sorted(("fanned", organizer.schema_name) for organizer in two)


def test_fan_out_leaves_out_who_is_not_active(two: tuple[Organizer, Organizer], worker: None) -> None:
    Organizer.objects.filter(pk=two[1].pk).update(state=Organizer.State.SUSPENDED)

    sent = fan_out(inside, "fanned")

    found = results(sent)
    assert ("fanned", two[0].schema_name) in found
    assert ("fanned", two[1].schema_name) not in found


def test_there_is_no_organizer_on_public(db: None) -> None:
    with pytest.raises(NoOrganizer):
        current_organizer()
