"""Postgres and Redis killed, emptied and frozen in the middle of a sale."""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import redis
from django.conf import settings
from django.db import OperationalError, connection
from django_tenants.utils import tenant_context

from deploy.launcher.place import Place
from inventory.models import Hold
from inventory.models import Place as StockPlace
from tests import crashes, world
from tests.chaos.matrix import Case
from tests.stack import Stack

BUYERS = 8
RESUME_SECONDS = 30
FROZEN_SECONDS = 8


@dataclass
class Crowd:
    """Buyers who hold one ticket after another and do not give up: the same key again until there is an answer."""

    stack: Stack
    house: world.House
    body: dict[str, object]
    acknowledged: dict[str, str] = field(default_factory=dict)  # hold id -> key
    surprises: list[str] = field(default_factory=list)
    last_answer: float = 0.0
    longest_silence: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Crowd":
        self.last_answer = time.monotonic()
        self.threads = [threading.Thread(target=self._buy, daemon=True) for _buyer in range(BUYERS)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(RESUME_SECONDS + 10)

    def wait_for(self, more: int, *, seconds: float = RESUME_SECONDS) -> None:
        """Until so many further holds are acknowledged."""
        wanted, deadline = len(self.acknowledged) + more, time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            if time.monotonic() > deadline:
                raise AssertionError(f"the sale did not resume within {seconds:.0f} s\n{self.stack.web.tail()}")
            time.sleep(0.05)

    def _buy(self) -> None:
        with self.stack.client(self.house.host) as client:
            while not self.stopping.is_set():
                key = str(uuid4())
                while not self.stopping.is_set() and not self._ask(client, key):
                    time.sleep(0.05)

    def _ask(self, client: httpx.Client, key: str) -> bool:
        """Whether the buyer is done with this key."""
        try:
            answer = client.post("/api/v1/holds", json=self.body, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            return False
        if answer.status_code == 503:
            return False
        if answer.status_code != 201:
            self.surprises.append(f"{answer.status_code} {answer.text[:300]}")
            return True
        now = time.monotonic()
        self.longest_silence = max(self.longest_silence, now - self.last_answer)
        self.last_answer = now
        self.acknowledged[answer.json()["id"]] = key
        return True


def cases() -> list[Case]:
    """What happens to servers."""
    return [
        Case("kill -9: Postgres under load, 3 times", "nothing acknowledged is lost", partial_crowd(_kill_postgres, 3)),
        Case("Redis: FLUSHALL under load", "no oversell, the sale goes on", partial_crowd(_flush_redis, 3)),
        Case("kill -9: Redis under load, 3 times", "no oversell, the sale goes on", partial_crowd(_kill_redis, 3)),
        Case("Redis: frozen for 8 s under load", "the sale goes on, more slowly", partial_crowd(_freeze_redis, 1)),
        Case("a whole sale after all that", "tickets, money, mail: once", _whole_sale),
    ]


def partial_crowd(fault: Callable[[], None], times: int) -> Callable[[Stack, world.House], str]:
    """A sale with a fault in its middle, and the count afterwards."""

    def play(stack: Stack, house: world.House) -> str:
        return _sell_through(stack, house, fault, times)

    return play


def _sell_through(stack: Stack, house: world.House, fault: Callable[[], None], times: int) -> str:
    event = world.make_event("Through Thick and Thin", kinds=((world.FREE, 0, 20_000),))
    body = {
        "performance_id": str(world.the_performance(event).pk),
        "items": [{"ticket_type_id": str(world.kind_of(event, world.FREE).pk), "quantity": 1}],
    }
    with Crowd(stack, house, body) as crowd:
        crowd.wait_for(40)
        for _time in range(times):
            fault()
            crowd.wait_for(40)
    _reconnect(house)
    assert crowd.surprises == []
    if fault is _freeze_redis:
        assert crowd.longest_silence < FROZEN_SECONDS / 2, f"nobody was answered for {crowd.longest_silence:.1f} s"
    held = set(map(str, Hold.objects.filter(performance__event=event).values_list("pk", flat=True)))
    lost = set(crowd.acknowledged) - held
    assert not lost, f"{len(lost)} of {len(crowd.acknowledged)} acknowledged holds are lost"
    places = StockPlace.objects.filter(pool__performance__event=event, state="held").count()
    assert places == len(held), f"{places} places for {len(held)} holds"
    # What was committed and never answered is at most one hold for each buyer and fault.
    assert len(held) - len(crowd.acknowledged) <= BUYERS
    crashes.Sale(stack, house, event).check_everything()
    return f"{len(crowd.acknowledged)} holds, longest silence {crowd.longest_silence:.1f} s"


def _whole_sale(stack: Stack, house: world.House) -> str:
    sale = crashes.new_sale(stack, house)
    sale.order_tickets()
    sale.pay()
    sale.wait_until_paid()
    sale.wait_until_quiet()
    sale.check_paid_once()
    return ""


def _reconnect(house: world.House) -> None:
    """This process's own connections broke, too."""
    connection.close()
    connection.close_pool()
    deadline = time.monotonic() + RESUME_SECONDS
    while True:
        try:
            with tenant_context(house.organizer):
                Hold.objects.exists()
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def _kill_postgres() -> None:
    """SIGKILL to the server's first process, after making sure that it is the one that we use."""
    file = Place.named("bench").server_folder("postgres") / "data" / "postmaster.pid"
    lines = file.read_text().splitlines()
    if int(lines[3]) != int(settings.DATABASES["default"]["PORT"]):
        raise AssertionError(f"{file} is another server's: `make chaos` starts its own")
    os.kill(int(lines[0]), signal.SIGKILL)


def _redis() -> tuple[redis.Redis, int]:
    url = urlsplit(settings.REDIS_URL)
    client = redis.Redis(host=str(url.hostname), port=int(url.port or 6379), socket_timeout=5)
    facts = client.info("server")
    if facts["tcp_port"] != url.port:
        raise AssertionError("this Redis is not the one that we use")
    return client, int(facts["process_id"])


def _flush_redis() -> None:
    _redis()[0].flushall()


def _kill_redis() -> None:
    os.kill(_redis()[1], signal.SIGKILL)


def _freeze_redis() -> None:
    _client, number = _redis()
    os.kill(number, signal.SIGSTOP)
    try:
        time.sleep(FROZEN_SECONDS)
    finally:
        os.kill(number, signal.SIGCONT)
