"""Every connection of the pool is taken: newcomers are told to come back within a second, people who pay go on."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from inventory.models import Hold
from tests import world
from tests.stack import start_web

CROWD = 12  # over two processes of two connections each, and fewer than their threads


@pytest.fixture(scope="module")
def web(django_db_setup, django_db_blocker, tmp_path_factory):
    """gunicorn with two connections for everybody and two for people who are paying."""
    with (
        django_db_blocker.unblock(),
        start_web(tmp_path_factory.mktemp("pool"), DATABASE_POOL_SIZE="2", DATABASE_PAYING_POOL_SIZE="2") as running,
    ):
        yield running


@pytest.fixture
def house(web, django_db_blocker):
    with django_db_blocker.unblock():
        house = world.open_house("Full House", "full-pool", owner="Fay", door="Finn")
        with tenant_context(house.organizer):
            yield house
            connection.close()


def test_a_full_pool_sheds_within_a_second_and_keeps_a_reserve_for_who_is_paying(web, house):
    event = world.make_event(kinds=((world.FREE, 0, CROWD + 1),))
    stuck = [world.hold(event, **{world.FREE: 1}) for _n in range(CROWD)]
    paying = world.hold(event, **{world.FREE: 1})
    address = f"http://127.0.0.1:{web.port}"

    def shed_answer(path: str) -> httpx.Response:
        """From a process whose connections are all taken: which of the two that is, nobody can choose."""
        answers = (httpx.get(address + path, headers={"Host": web.host("full-pool")}, timeout=20) for _n in range(40))
        return next(answer for answer in answers if answer.status_code == 503)

    client = httpx.Client(base_url=f"http://127.0.0.1:{web.port}", headers={"Host": web.host("full-pool")}, timeout=20)

    def give_back(hold: Hold) -> int:
        headers = {"Authorization": f"Bearer {hold.token}"}
        return client.delete(f"/api/v1/holds/{hold.pk}", headers=headers).status_code

    with ThreadPoolExecutor(CROWD) as crowd:
        with transaction.atomic():
            # Who gives one of these back waits for this transaction, with a connection in hand.
            list(Hold.objects.select_for_update().filter(pk__in=[hold.pk for hold in stuck]).order_by("pk"))
            waiting = [crowd.submit(give_back, hold) for hold in stuck]
            threading.Event().wait(0.5)
            shed = shed_answer("/api/v1/events")
            page = shed_answer(f"/events/{event.slug}/")
            served = client.get(f"/checkout/{paying.pk}/{paying.token}/")
        statuses = [one.result() for one in waiting]

    assert (shed.json()["code"], shed.headers["Retry-After"]) == ("overloaded", "1")
    assert page.headers["Retry-After"] == "5"
    assert served.status_code == 200
    assert set(statuses) == {204, 503}  # those with a connection went on as soon as they could
    assert client.get("/api/v1/events").status_code == 200
