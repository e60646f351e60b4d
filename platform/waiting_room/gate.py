"""Before the hold doors: has this visitor been let in? Costs a signature, and once a second and process one look at Redis.

`require_admission` takes plain headers and cookies, so that any door can call it, Django's or not. What it must know, the
open lines of an organizer, every process remembers for a second; behind that is Redis, behind that the database.
"""

import json
import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.urls import reverse
from django_tenants.utils import tenant_context
from redis.exceptions import RedisError

from tenants.models import Organizer
from waiting_room import store
from waiting_room.errors import QueueRequired
from waiting_room.queries import open_doors
from waiting_room.tokens import HEADER, PASS_COOKIE, Carried, Pass, read_pass

FRESH_SECONDS = 1.0
DUE_SECONDS = 0.8  # who can read in the background does so from this age on, and nobody waits
SHARED_SECONDS = 10


@dataclass(frozen=True)
class Door:
    """An event whose line is open."""

    line_id: UUID
    event_id: UUID
    slug: str
    is_sold_out: bool


@dataclass(frozen=True)
class Doors:
    """The open lines of an organizer by performance, and the events whose visitors are counted for a rule."""

    by_performance: Mapping[str, Door] = field(default_factory=dict)
    by_event: Mapping[UUID, Door] = field(default_factory=dict)
    watched: frozenset[str] = frozenset()

    @property
    def is_any(self) -> bool:
        return bool(self.by_event)


_KNOWN: dict[UUID, tuple[float, Doors]] = {}


def doors_of(organizer: Organizer) -> Doors:
    """What is open at this organizer, at most a second old."""
    known, _is_due = known_doors(organizer)
    return known or read_doors(organizer)


def read_doors(organizer: Organizer) -> Doors:
    """What is open now, remembered; the age counts from before the question."""
    asked_at = time.monotonic()
    doors = _read(organizer)
    _KNOWN[organizer.pk] = (asked_at, doors)
    return doors


def known_doors(organizer: Organizer) -> tuple[Doors | None, bool]:
    """The same from this process's memory alone, None when it is too old; and whether it is time to read anew.

    Reading waits for Redis. Who can do so in the background, while the known may still be used, lets nobody wait.
    """
    at, doors = _KNOWN.get(organizer.pk, (-math.inf, None))
    age = time.monotonic() - at
    return doors if age < FRESH_SECONDS else None, age >= DUE_SECONDS


def forget_doors(organizer: Organizer) -> None:
    """A line opened, closed or sold out: other processes see it within a second, this one at once."""
    _KNOWN.pop(organizer.pk, None)
    with suppress(RedisError):  # then nobody reads the entry either, and it ends by itself
        store.client().delete(_key(organizer))


def share_doors(organizer: Organizer) -> None:
    """Write what is open to Redis, whatever stands there: somebody may have read just before a change and written after it.

    Every tick does so. Raises RedisError.
    """
    store.client().set(_key(organizer), _from_database(organizer), ex=SHARED_SECONDS)


def require_admission(
    *, organizer: Organizer, performance_id: object, cookies: Mapping[str, str], headers: Mapping[str, str]
) -> Pass | None:
    """The visitor's pass; None where no line is open. Raises QueueRequired for who has not been let in."""
    return check_admission(doors_of(organizer), organizer, performance_id, cookies=cookies, headers=headers)


def check_admission(
    doors: Doors,
    organizer: Organizer,
    performance_id: object,
    *,
    cookies: Mapping[str, str],
    headers: Mapping[str, str],
) -> Pass | None:
    """The same for who has the doors at hand; waits for nothing."""
    door = doors.by_performance.get(str(performance_id))
    return None if door is None else _pass_for(door, organizer, cookies, headers)


def is_admitted(door: Door, organizer: Organizer, cookies: Mapping[str, str]) -> bool:
    """Whether this browser may look at the event's page and choose."""
    try:
        _pass_for(door, organizer, cookies, {})
    except QueueRequired:
        return False
    return True


def _pass_for(door: Door, organizer: Organizer, cookies: Mapping[str, str], headers: Mapping[str, str]) -> Pass:
    carried = Carried.from_request(cookies, headers.get(HEADER, ""), PASS_COOKIE)
    admitted = read_pass(carried, organizer_id=organizer.pk)
    if admitted is None or admitted.line_id != door.line_id or admitted.until < time.time():
        raise QueueRequired(queue=reverse("waiting_room:queue", args=[door.slug], urlconf="config.urls"))
    return admitted


def _read(organizer: Organizer) -> Doors:
    try:
        shared = store.client().get(_key(organizer))
        if shared is None:
            shared = _from_database(organizer)
            store.client().set(_key(organizer), shared, ex=SHARED_SECONDS)
    except RedisError:
        shared = _from_database(organizer)
    return _parse(json.loads(shared))


def _from_database(organizer: Organizer) -> str:
    with tenant_context(organizer):
        return json.dumps(open_doors())


def _parse(facts: dict[str, Any]) -> Doors:
    doors = [
        (Door(UUID(d["line"]), UUID(d["event"]), d["slug"], d["is_sold_out"]), d["performances"])
        for d in facts["lines"]
    ]
    return Doors(
        by_performance={performance: door for door, performances in doors for performance in performances},
        by_event={door.event_id: door for door, _performances in doors},
        watched=frozenset(facts["watched"]),
    )


def _key(organizer: Organizer) -> str:
    return f"room:doors:{organizer.pk.hex}"
