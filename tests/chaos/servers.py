"""Postgres and Redis killed, emptied and frozen in the middle of a sale."""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import redis
from django.conf import settings
from django.db import OperationalError, connection
from django_tenants.utils import tenant_context

from deploy.launcher.place import Place
from events.models import Event
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

    door: Any  # what gives clients: a Stack, or one web server of its own
    house: world.House
    body: dict[str, object]
    counts_busy: bool = False
    busy: int = 0
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
                raise AssertionError(f"the sale did not resume within {seconds:.0f} s\n{self.door.web.tail()}")
            time.sleep(0.05)

    def _buy(self) -> None:
        with self.door.client(self.house.host) as client:
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
        if self.counts_busy and answer.status_code == 409 and answer.json()["code"] == "busy_try_again":
            self.busy += 1
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
        Case("kill -9: Postgres under load, 3 times", "nothing acknowledged is lost", partial_crowd(kill_postgres, 3)),
        Case("Redis: FLUSHALL under load", "no oversell, the sale goes on", partial_crowd(flush_redis, 3)),
        Case("kill -9: Redis under load, 3 times", "no oversell, the sale goes on", partial_crowd(kill_redis, 3)),
        Case("Redis: frozen for 8 s under load", "the sale goes on, more slowly", partial_crowd(freeze_redis, 1)),
        Case("a whole sale after all that", "tickets, money, mail: once", _whole_sale),
    ]


def partial_crowd(fault: Callable[[], None], times: int) -> Callable[[Stack, world.House], str]:
    """A sale with a fault in its middle, and the count afterwards."""
    most = FROZEN_SECONDS / 2 if fault is freeze_redis else None

    def play(stack: Stack, house: world.House) -> str:
        return sell_through(stack, house, fault, times, door=stack, most_silence=most)

    return play


def basket_of(event: Event) -> dict[str, Any]:
    """The body of a hold of one free ticket."""
    return {
        "performance_id": str(world.the_performance(event).pk),
        "items": [{"ticket_type_id": str(world.kind_of(event, world.FREE).pk), "quantity": 1}],
    }


def sell_through(
    stack: Stack, house: world.House, fault: Callable[[], None], times: int, *, door: Any, most_silence: float | None
) -> str:
    """A crowd holds at `door` while the fault strikes, and goes on each time; nothing that was acknowledged is lost."""
    event = world.make_event("Through Thick and Thin", kinds=((world.FREE, 0, 20_000),))
    with Crowd(door, house, basket_of(event)) as crowd:
        crowd.wait_for(40)
        for _time in range(times):
            fault()
            crowd.wait_for(40)
    _reconnect(house)
    assert crowd.surprises == [], f"{len(crowd.surprises)} surprises: {crowd.surprises[0]}"
    if most_silence is not None:
        assert crowd.longest_silence < most_silence, f"nobody was answered for {crowd.longest_silence:.1f} s"
    held = set(map(str, Hold.objects.filter(performance__event=event).values_list("pk", flat=True)))
    lost = set(crowd.acknowledged) - held
    assert not lost, f"{len(lost)} of {len(crowd.acknowledged)} acknowledged holds are lost"
    places = StockPlace.objects.filter(pool__performance__event=event, state="held").count()
    assert places == len(held), f"{places} places for {len(held)} holds"
    # Whoever was not answered asked again with the same key, but for the last question of each.
    unheard = len(held) - len(crowd.acknowledged)
    assert unheard <= BUYERS, f"{unheard} holds that nobody was told of"
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
    _redis()
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


def check_ours() -> None:
    """Raise AssertionError unless Postgres and Redis are those that `make chaos` has started.

    An environment that names servers (var/test/env.sh) makes the launcher use them, and they are other people's.
    """
    own = Place.named("bench")
    file = own.server_folder("postgres") / "data" / "postmaster.pid"
    port = int(settings.DATABASES["default"]["PORT"])
    if not file.exists() or int(file.read_text().splitlines()[3]) != port:
        raise AssertionError(f"the Postgres at port {port} is not our own: unset DATABASE_URL")
    asked, _process = _redis()
    if FilePath(asked.config_get("dir")["dir"]).resolve() != own.server_folder("redis").resolve():
        raise AssertionError(f"the Redis of {settings.REDIS_URL} is not our own: unset REDIS_URL")


def kill_postgres() -> None:
    """SIGKILL to the server's first process."""
    check_ours()
    file = Place.named("bench").server_folder("postgres") / "data" / "postmaster.pid"
    os.kill(int(file.read_text().splitlines()[0]), signal.SIGKILL)


def _redis() -> tuple[redis.Redis, int]:
    url = urlsplit(settings.REDIS_URL)
    client = redis.Redis(host=str(url.hostname), port=int(url.port or 6379), socket_timeout=5)
    deadline = time.monotonic() + RESUME_SECONDS
    while True:
        try:
            return client, int(client.info("server")["process_id"])
        except redis.ConnectionError:  # killed a moment ago: buyers may be served sooner than it is back
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def flush_redis() -> None:
    """Everything in Redis is gone."""
    check_ours()
    _redis()[0].flushall()


def kill_redis() -> None:
    """SIGKILL to the Redis that we use."""
    check_ours()
    os.kill(_redis()[1], signal.SIGKILL)


def freeze_redis() -> None:
    """Redis answers nobody for FROZEN_SECONDS, and its connections stay open."""
    check_ours()
    _client, number = _redis()
    os.kill(number, signal.SIGSTOP)
    try:
        time.sleep(FROZEN_SECONDS)
    finally:
        os.kill(number, signal.SIGCONT)
