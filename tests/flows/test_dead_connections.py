"""Postgres was restarted: every connection that the web server keeps is dead, and nobody who comes afterwards notices."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from tests import world
from tests.stack import database_url, start_web

NAME = "dead-connections"
CROWD = 24


@pytest.fixture(scope="module")
def web(django_db_setup, django_db_blocker, tmp_path_factory):
    """gunicorn, whose connections say by their name that they are its."""
    with (
        django_db_blocker.unblock(),
        start_web(tmp_path_factory.mktemp("dead"), DATABASE_URL=f"{database_url()}?application_name={NAME}") as running,
    ):
        yield running


@pytest.fixture
def house(web, django_db_blocker):
    with django_db_blocker.unblock():
        house = world.open_house("Restarted House", "restarted", owner="Rhea", door="Ron")
        with tenant_context(house.organizer):
            yield house
            connection.close()


def test_after_a_restart_every_page_and_every_payment_finds_a_living_connection(web, house):
    event = world.make_event(kinds=((world.FREE, 0, 5),))
    paying = world.hold(event, **{world.FREE: 1})
    address, headers = f"http://127.0.0.1:{web.port}", {"Host": web.host("restarted")}

    def get(path: str) -> int:
        # A client of its own each time: which of the two processes answers, nobody can choose.
        return httpx.get(address + path, headers=headers, timeout=20).status_code

    pages: tuple[Callable[[], int], ...] = (
        lambda: get(f"/events/{event.slug}/"),
        lambda: get("/api/v1/events"),
        lambda: get(f"/checkout/{paying.pk}/{paying.token}/"),
    )
    with psycopg.connect(database_url(), autocommit=True) as owner, ThreadPoolExecutor(CROWD) as crowd:
        for _round in range(50):
            assert {one.result() for one in [crowd.submit(pages[n % 3]) for n in range(CROWD)]} == {200}
            if _kept(owner) >= 6:
                break
        killed = _kept(owner, kill=True)
        answers = [pages[n % 3]() for n in range(5 * killed)]

    assert killed >= 6
    assert answers == [200] * (5 * killed)


def _kept(owner: psycopg.Connection, *, kill: bool = False) -> int:
    """How many connections the web server has; with `kill` they are dead as after a kill -9, and it does not know."""
    what = "pg_terminate_backend(pid)" if kill else "pid"
    return len(owner.execute(f"SELECT {what} FROM pg_stat_activity WHERE application_name = %s", [NAME]).fetchall())
