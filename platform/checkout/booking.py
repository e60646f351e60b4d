"""Book what happened to an order's money: in the organizer's books, in the platform's, and for those who share in it."""

from django.db.models import QuerySet

from ledger.actions import Amounts, Kind, post
from ledger.models import LedgerEntry
from ledger.queries import sum_of
from ledger.splits import lock_plan, owing, share_out
from orders.models import Order
from outbox.actions import enqueue
from payments.models import Dispute, Refund
from pricing.parts import share


def book(*, key: str, order: Order, amounts: Amounts) -> None:
    """Post `amounts` (minor units by account) under `key` in the transaction of what they record, once.

    What the order earned by it is shared out by the version of the split plan that was frozen on it: what buyers paid less
    our fee and less tax; what goes back of all that is taken back from those who have it (docs/splits.md).
    """
    if order.split_version is None:
        if post(key=key, currency=order.currency, amounts=amounts) is not None:
            enqueue(kind="book_platform_fee", key=key, payload={"key": key})
        return
    lock_plan(order.split_version)
    sold = sales_of(order)
    if post(key=key, currency=order.currency, amounts=amounts) is None:
        return
    enqueue(kind="book_platform_fee", key=key, payload={"key": key})
    sales = -amounts.get(Kind.SALES, 0)
    tax = -share(tax_of(order), part=-sales, whole=order.total, gone=order.total - sold)
    share_out(version=order.split_version, key=key, amount=sales - amounts.get(Kind.PLATFORM_FEES, 0) - tax)
    for payee in owing(f"shares:{key}"):
        about = {"reference": payee.reference, "currency": order.currency}
        enqueue(kind="take_back", key=f"{key}:{payee.reference}", payload=about)


def tax_of(order: Order) -> int:
    """All taxes of an order, inside its prices and on top of them, minor units."""
    return sum(tax.amount for tax in order.taxes.all())


def proceeds_of(order: Order) -> int:
    """What an order earns: its total less our fee and less tax, minor units."""
    return order.total - order.platform_fee - tax_of(order)


def keys_of(order: Order) -> list[str]:
    """The keys of whatever can be booked of an order's sales."""
    refunds = Refund.objects.filter(payment__order=order).values_list("pk", flat=True)
    disputes = Dispute.objects.filter(payment__order=order).values_list("pk", flat=True)
    return [
        f"sale:{order.pk}",
        *(f"{word}:{pk}" for pk in refunds for word in ("refund", "refund-failed", "repaid")),
        *(f"{word}:{pk}" for pk in disputes for word in ("dispute-lost", "dispute-regained")),
    ]


def entries_of_order(order: Order) -> QuerySet[LedgerEntry]:
    """All entries of what was booked of an order's sales."""
    return LedgerEntry.objects.filter(transaction__key__in=keys_of(order))


def sales_of(order: Order) -> int:
    """What buyers paid for an order and has not gone back, as booked, minor units."""
    return -sum_of(entries_of_order(order).filter(account__kind=Kind.SALES))
