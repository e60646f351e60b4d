"""A database that is too busy is told as such: a page that says what to do, and when to do it."""

from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse

from tests import world
from tests.staff import Visitor


def visit(house: world.House, path: str) -> HttpResponse:
    answer: HttpResponse = Visitor(house.host, raise_request_exception=False).get(path)
    return answer


def no_connection_in_time(*_: Any, **__: Any) -> None:
    raise OperationalError("couldn't get a connection after 10.00 sec")


def test_a_lock_that_does_not_come_in_time_is_a_page_that_says_so(northside: world.House) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '50ms'")
    names = ("dbname", "user", "password", "host", "port")
    server = {name: value for name, value in connection.get_connection_params().items() if name in names}
    with psycopg.connect(**server) as other:
        other.execute(f'LOCK TABLE "{connection.schema_name}".events_event')  # type: ignore[attr-defined]

        answer = visit(northside, "/")

    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer["Cache-Control"] == "no-store"
    assert "Very busy right now" in answer.content.decode()
    assert "you won't pay twice" in answer.content.decode()


@pytest.mark.parametrize(("path", "words"), [("/", "Very busy right now"), ("/api/v1/events", '"code": "overloaded"')])
def test_no_connection_at_the_edge_is_told_in_the_askers_form(
    northside: world.House, monkeypatch: pytest.MonkeyPatch, path: str, words: str
) -> None:
    monkeypatch.setattr("tenants.middleware.organizer_for_host", no_connection_in_time)

    answer = visit(northside, path)

    assert answer.status_code == 503
    assert int(answer["Retry-After"]) >= 1
    assert words in answer.content.decode()


def test_a_fault_of_ours_is_still_a_fault(northside: world.House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("inner words")

    monkeypatch.setattr("storefront.views.events.published_events", broken)

    answer = visit(northside, "/")

    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()
    assert "inner words" not in answer.content.decode()
