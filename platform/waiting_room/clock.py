"""The clock of the waiting rooms: a tick a second for the few organizers that have one open, a look at all every few seconds.

A loop of its own (`manage.py announce`) and no work for Celery: a worker that draws a thousand tickets would let nobody in
meanwhile.
"""

import logging
import time
from threading import Event

from django.db import Error as DatabaseError
from django.db import connection
from django_tenants.utils import tenant_context
from redis.exceptions import RedisError

from tenants.models import Organizer
from tenants.queries import organizer_schemas
from ui.request_id import begin_request
from waiting_room import store, tend
from waiting_room.queries import schemas_to_tend

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
WATCH_SECONDS = 5.0
AFTER_FAILURE_SECONDS = 1.0
LOCK_SECONDS = 5


def run(stop: Event) -> None:
    """Watch and tick until `stop`, through any outage of Redis or Postgres. Several may run at once."""
    watch_at = 0.0  # on the monotonic clock
    while not stop.is_set():
        started = time.monotonic()
        begin_request()
        try:
            if started >= watch_at:
                watch()
                watch_at = started + WATCH_SECONDS
            tick()
        except (RedisError, DatabaseError) as error:
            logger.warning("the waiting rooms wait: %s", error)
            stop.wait(AFTER_FAILURE_SECONDS)
        except Exception:  # whatever it is, the next turn tries again: nobody else lets people in
            logger.exception("the waiting rooms wait")
            stop.wait(AFTER_FAILURE_SECONDS)
        finally:
            connection.close()  # back to the pool, which gives a living one next time
        stop.wait(max(0.0, TICK_SECONDS - (time.monotonic() - started)))


def watch() -> int:
    """Find the organizers that have something to tend, whatever Redis remembers of them; how many. Raises RedisError."""
    found = schemas_to_tend(organizer_schemas())
    store.tend_also(*found)
    return len(found)


def tick() -> int:
    """Tend every room of those organizers; how many. Two ticks never overlap: the second finds the first at work and goes.
    Raises RedisError."""
    schemas = store.tended()
    if not schemas or not store.take_turn(seconds=LOCK_SECONDS):
        return 0
    try:
        for organizer in Organizer.objects.filter(schema_name__in=schemas):
            _tend(organizer)
    finally:
        store.end_turn()
    return len(schemas)


def _tend(organizer: Organizer) -> None:
    """One organizer's trouble must not keep the others' visitors waiting. Raises RedisError, which is everybody's."""
    try:
        with tenant_context(organizer):
            if not tend.tend_rooms():
                store.tend_no_more(organizer.schema_name)
    except RedisError:
        raise
    except Exception:
        logger.exception("the waiting rooms of %s could not be tended", organizer.schema_name)
