"""Tell open sockets that a line moved: a hint, after which each makes its own visitor's numbers."""

from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from tenants.current import current_organizer
from tenants.scope import group_name
from waiting_room import store


def line_group(organizer_id: object, line_id: object) -> str:
    """The channel group of those who wait in a line."""
    return group_name(organizer_id, "line", line_id)


def announce(line_id: UUID) -> None:
    """Tell open sockets that the line moved. A lost hint costs seconds: pages also ask."""
    layer = get_channel_layer()
    if layer is not None:
        group = line_group(current_organizer().pk, line_id)
        async_to_sync(layer.group_send)(group, {"type": "line.moved"})


def finish(line_id: UUID) -> None:
    """Tell whoever still waits that the line is closed; without Redis they find out at the event's page."""
    try:
        store.put_meta(line_id, {"state": "closed"})
        announce(line_id)
    except RedisError:
        return
