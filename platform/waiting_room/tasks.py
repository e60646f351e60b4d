"""The pace of the waiting rooms: a tick a second for the few organizers that have one open, a look at all every few seconds."""

from django_tenants.utils import tenant_context
from redis.exceptions import RedisError

from tenants.models import Organizer
from tenants.queries import organizer_schemas
from tenants.tasks import public_task
from waiting_room import store, tend
from waiting_room.queries import schemas_to_tend

LOCK_SECONDS = 5


@public_task(name="waiting_room.watch")
def watch() -> int:
    """Find the organizers that have something to tend, whatever Redis remembers of them."""
    found = schemas_to_tend(organizer_schemas())
    try:
        store.tend_also(*found)
    except RedisError:
        return 0
    return len(found)


@public_task(name="waiting_room.tick")
def tick() -> int:
    """Tend every room of those organizers. Two ticks never overlap: the second finds the first at work and goes."""
    try:
        schemas = store.tended()
        if not schemas or not store.take_turn(seconds=LOCK_SECONDS):
            return 0
    except RedisError:
        return 0
    try:
        for organizer in Organizer.objects.filter(schema_name__in=schemas):
            with tenant_context(organizer):
                if not tend.tend_rooms():
                    store.tend_no_more(organizer.schema_name)
    finally:
        store.end_turn()
    return len(schemas)
