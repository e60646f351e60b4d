"""Reads and locked reads of orders."""

import hmac
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from inventory.models import Block, SeatPlace
from orders.errors import OrderNotFound
from orders.models import Order
from ui.addresses import is_address


def order_for_update(order_id: UUID) -> Order:
    """The order, its row locked until the transaction ends. Raises OrderNotFound.

    Rows that refer to it may be written meanwhile: a transfer, which locks accounts first, must not wait for a booking that
    waits for those.
    """
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    return order


def order_by_token(number: str, token: str) -> Order:
    """The order, for the buyer who has its secret. Raises OrderNotFound for a wrong token as for a wrong number."""
    order = _whole().filter(number=number.upper()).first()
    if order is None or not hmac.compare_digest(order.token.encode(), token.encode()):
        raise OrderNotFound
    return order


def order_with_all(number: str) -> Order:
    """The order for staff, with positions, fees, event and customer. Raises OrderNotFound."""
    order = _whole().filter(number=number.upper()).first()
    if order is None:
        raise OrderNotFound
    return order


def seats_of_order(order: Order) -> dict[UUID, SeatPlace]:
    """The seat of each of its positions that has one, by the position's id, whatever became of the order. One query.

    Needs the order's positions prefetched to stay at one.
    """
    seats = {one.seat_id: one.pk for one in order.positions.all() if one.seat_id}
    if not seats:
        return {}
    found = SeatPlace.objects.filter(performance_id=order.performance_id, seat_id__in=seats)
    return {seats[seat.seat_id]: seat for seat in found}


def kept_back_of(order: Order) -> list[Block]:
    """The blocks that keep places of cancelled tickets of this order, and have not been released, oldest first."""
    ids = order.positions.exclude(kept_back=None).values("kept_back")
    return list(Block.objects.filter(pk__in=ids, released_at=None))


def search_orders(text: str = "") -> QuerySet[Order]:
    """Orders whose number, e-mail or name contains `text`, newest first."""
    orders = Order.objects.select_related("event", "performance").order_by("-created_at")
    text = text.strip().replace("\x00", "")
    if not text:
        return orders
    return orders.filter(Q(number__icontains=text) | Q(email__icontains=text) | Q(name__icontains=text))


def orders_to_mail(email: str) -> list[Order]:
    """The paid orders of this address, newest first: what "find my order" sends to it."""
    return list(_whole().filter(is_address(email), state=Order.State.PAID).order_by("-created_at")[:20])


def orders_of_customer(customer_id: UUID, *, limit: int = 200) -> list[Order]:
    """What a signed-in buyer sees: orders of their address and those they placed for others, the newest first.

    What was never paid for and has lapsed is left out.
    """
    theirs = Q(customer_id=customer_id) | Q(account_id=customer_id)
    lapsed = Q(state=Order.State.CANCELLED, cancel_reason=Order.CancelReason.EXPIRED)
    return list(_whole().filter(theirs).exclude(lapsed).order_by("-created_at")[:limit])


def has_orders(customer_id: UUID) -> bool:
    """Whether there is any order of this customer, or placed by them for somebody else."""
    return Order.objects.filter(Q(customer_id=customer_id) | Q(account_id=customer_id)).exists()


def overdue_orders(*, at: datetime) -> QuerySet[Order]:
    """Orders still unpaid at `at` after their time ran out, oldest first."""
    return Order.objects.filter(state=Order.State.PENDING, expires_at__lt=at).order_by("expires_at")


def _whole() -> QuerySet[Order]:
    return Order.objects.select_related("event__venue", "performance", "customer").prefetch_related(
        "positions__tickets", "fees", "taxes"
    )
