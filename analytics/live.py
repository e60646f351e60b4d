"""Tell open screens that sales moved: a hint without figures, after which each screen asks again as itself."""

from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from orders.models import Order
from tenants.current import current_organizer
from tenants.scope import group_name


def sales_group(organizer_id: object) -> str:
    """The channel group of an organizer's staff screens."""
    return group_name(organizer_id, "sales")


def announce_sale(*, order_id: UUID) -> None:
    """Send the hint for a sale or refund of the current organizer. A lost hint costs five seconds: screens also poll."""
    event_id = Order.objects.values_list("event_id", flat=True).get(pk=order_id)
    layer = get_channel_layer()
    if layer is not None:
        group = sales_group(current_organizer().pk)
        async_to_sync(layer.group_send)(group, {"type": "sales.moved", "event_id": str(event_id)})
