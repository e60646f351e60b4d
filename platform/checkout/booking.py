"""Book what happened to an order's money: in the organizer's books, in the platform's, and for those who share in it."""

from ledger.actions import Amounts, Kind, post
from ledger.splits import share_out
from orders.models import Order
from outbox.actions import enqueue


def book(*, key: str, order: Order, amounts: Amounts) -> None:
    """Post `amounts` (minor units by account) under `key` in the transaction of what they record, once.

    What the order earned by it is shared out by the version of the split plan that was frozen on it: what buyers paid less
    our fee; what goes back, less what we return of our fee, is taken back from those who have it (docs/splits.md).
    """
    if post(key=key, currency=order.currency, amounts=amounts) is None:
        return
    if order.split_version is not None:
        earned = -amounts.get(Kind.SALES, 0) - amounts.get(Kind.PLATFORM_FEES, 0)
        share_out(version=order.split_version, key=key, amount=earned)
    enqueue(kind="book_platform_fee", key=key, payload={"key": key})
