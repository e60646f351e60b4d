"""What a worker's tasks need of Postgres: connections that are there already."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from config.tasks import process_inbox
from tests.processes import Process, free_port
from tests.stack import database_url, product_env

NAME = "worker-connections"
QUEUE = "for-worker-connections"


@pytest.fixture
def worker(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path: Path) -> Iterator[Process]:
    """A worker with one child, whose connections say by their name that they are its, and a queue to itself."""
    with django_db_blocker.unblock():
        env = product_env(f"http://localhost:{free_port()}", tmp_path)
        env["DATABASE_URL"] = f"{database_url()}?application_name={NAME}"
        options = ["--concurrency", "1", "--queues", QUEUE, "--loglevel", "INFO"]
        argv = [sys.executable, "-m", "celery", "-A", "config.celery:app", "worker", *options]
        process = Process("worker", argv, env, tmp_path / "worker.log").start()
        yield process
        process.kill()


def test_tasks_find_the_connections_of_those_before(worker: Process) -> None:
    with psycopg.connect(database_url(), autocommit=True) as owner:
        _run_tasks(worker, 1)
        first = _kept(owner)
        _run_tasks(worker, 20)

        assert first
        assert first <= _kept(owner)


def _run_tasks(worker: Process, number: int) -> None:
    """Have the worker do so many tasks, one after the other."""
    for _task in range(number):
        name = process_inbox.apply_async(queue=QUEUE).id
        done = f"Task {process_inbox.name}[{name}] succeeded"
        patience = time.monotonic() + 30
        while done not in worker.log.read_text():
            assert time.monotonic() < patience, worker.log.read_text()
            time.sleep(0.02)


def _kept(owner: psycopg.Connection) -> set[tuple[object, ...]]:
    """The worker's connections of now: process and start."""
    asked = "SELECT pid, backend_start FROM pg_stat_activity WHERE application_name = %s"
    return set(owner.execute(asked, [NAME]).fetchall())
