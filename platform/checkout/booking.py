"""Book what happened to an order's money: in the organizer's books, in the platform's, and for those who share in it."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import QuerySet

from ledger.actions import Amounts, Kind, post
from ledger.collecting import lock_collecting, settle_own
from ledger.commissions import accrue, commission_key
from ledger.models import LedgerEntry, Party, SplitLine
from ledger.queries import is_posted, sum_of
from ledger.split_rules import ORGANIZER, Payee
from ledger.splits import keys_moved, lock_parties, lock_plan, owing, payees_from, share_out, tickets_of
from orders.models import Attribution, Order, Position
from outbox.actions import enqueue
from payments.gateway import BalanceLine
from payments.models import Dispute, Refund
from pricing.parts import share
from promotions.commission import remaining


def book(*, key: str, order: Order, amounts: Amounts) -> None:
    """Post `amounts` (minor units by account) under `key` in the transaction of what they record, once.

    What the order earned by it is shared out by the version of the split plan that was frozen on it: what buyers paid less
    our fee and less tax; what goes back of all that is taken back from those who have it (docs/splits.md). An affiliate's
    commission comes out of what is the organizer's then (docs/affiliates.md). Of an order whose
    money lies with the platform the rest is owed to the organizer (docs/charge-models.md).
    """
    if order.is_separate:
        lock_collecting(order.currency)
    # Locked until it is booked: whether its commission was approved says where it stands, and approval waits for us, or we for it.
    attribution = Attribution.objects.select_for_update().filter(order=order).first()
    if not _post_and_share(key=key, order=order, amounts=amounts, attribution=attribution):
        return
    if attribution is not None and not attribution.is_void:
        _settle_commission(key=key, order=order, attribution=attribution)
    if order.is_separate:
        pass_on(key=key, order=order)


def _post_and_share(*, key: str, order: Order, amounts: Amounts, attribution: Attribution | None) -> bool:
    """Whether it was news."""
    if order.split_version is None:
        is_news = post(key=key, currency=order.currency, amounts=amounts) is not None
        if is_news:
            enqueue(kind="book_platform_fee", key=key, payload={"key": key})
        return is_news
    lock_plan(order.split_version)
    sold = sales_of(order)
    if post(key=key, currency=order.currency, amounts=amounts) is None:
        return False
    enqueue(kind="book_platform_fee", key=key, payload={"key": key})
    sales = -amounts.get(Kind.SALES, 0)
    tax = -share(tax_of(order), part=-sales, whole=order.total, gone=order.total - sold)
    tickets = counting_tickets(order) if sold + sales > 0 else 0  # none, when nothing is left of the money
    if attribution is not None:  # its lock is taken with the others', so that two bookings never wait crosswise
        lock_parties([*payees_from(order.split_version), payee_of(attribution)], order.currency)
    share_out(
        version=order.split_version,
        key=key,
        amount=sales - amounts.get(Kind.PLATFORM_FEES, 0) - tax,
        tickets=tickets - tickets_of(keys_of(order)),
    )
    for moved in keys_moved(order.split_version, key):
        _ask_back(f"shares:{moved}", key=moved, order=order)
    return True


def uncount(order: Order, positions: Sequence[Position]) -> None:
    """Let tickets of an order that were cancelled without money no longer count for shares by the ticket; once.

    What that gives back to the organizer may cover more of a commission. Takes its locks last, as `book` does.
    """
    paid = [position.pk for position in positions if position.price]
    if order.split_version is None or not paid:
        return
    key = f"cancelled:{min(paid)}"
    if order.is_separate:
        lock_collecting(order.currency)
    attribution = Attribution.objects.select_for_update().filter(order=order).first()
    lock_plan(order.split_version)
    if attribution is not None:
        lock_parties([*payees_from(order.split_version), payee_of(attribution)], order.currency)
    tickets = counting_tickets(order) if sales_of(order) > 0 else 0
    fewer = tickets - tickets_of(keys_of(order))
    if share_out(version=order.split_version, key=key, amount=0, tickets=fewer) is None:
        return
    for moved in keys_moved(order.split_version, key):
        _ask_back(f"shares:{moved}", key=moved, order=order)
    if attribution is not None and not attribution.is_void:
        _settle_commission(key=key, order=order, attribution=attribution)
    if order.is_separate:
        pass_on(key=key, order=order)


def payee_of(attribution: Attribution) -> Payee:
    """Who the affiliate is in the ledger."""
    return Payee(Party.AFFILIATE, str(attribution.affiliate_id))


def _settle_commission(*, key: str, order: Order, attribution: Attribution) -> None:
    """Bring what the affiliate has of an order to where its money stands after `key`."""
    accrue(
        key=key,
        payee=payee_of(attribution),
        currency=order.currency,
        amount=commission_due(order, attribution) - commission_accrued(order),
        is_approved=attribution.is_approved,
    )
    _ask_back(f"shares:{commission_key(key)}", key=commission_key(key), order=order)


def commission_due(order: Order, attribution: Attribution) -> int:
    """What the affiliate is to have of an order as its money stands, minor units: in proportion to what did not go back, and no
    more than the organizer keeps of it, or than it was cut to when it was approved."""
    if attribution.is_void or not is_posted(f"sale:{order.pk}"):
        return 0
    gone = order.total - sales_of(order)
    due = remaining(attribution.commission, total=order.total, gone=gone, kept=_kept_of(order, gone))
    return due if attribution.cap is None else min(due, attribution.cap)


def commission_accrued(order: Order) -> int:
    """What the books say that the affiliate has of an order, minor units."""
    return commissions_accrued([order.pk])[order.pk]


def commissions_accrued(order_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The same of many orders, by order, in three queries."""
    owner = commission_keys(order_ids)
    found = dict.fromkeys(order_ids, 0)
    for key, parts in SplitLine.objects.filter(key__in=list(owner)).values_list("key", "parts"):
        found[owner[key]] += sum(part["amount"] for part in parts if part["party"] == Party.AFFILIATE)
    return found


def commission_keys(order_ids: Sequence[UUID]) -> dict[str, UUID]:
    """The keys of whatever can be booked of these orders' commissions: each with the order that it is of."""
    found = {commission_key(key): pk for key, pk in keys_by_order(order_ids).items()}
    return found | {commission_key(f"{word}:{pk}"): pk for pk in order_ids for word in ("cover", "void")}


def _kept_of(order: Order, gone: int) -> int:
    """What is the organizer's of an order before its affiliate's commission: the rest that a split plan leaves of it, or all
    that it earned."""
    if order.split_version_id is not None:
        lines = SplitLine.objects.filter(key__in=keys_of(order)).values_list("parts", flat=True)
        return sum(part["amount"] for parts in lines for part in parts if part["party"] == ORGANIZER.party)
    kinds = (Kind.SALES, Kind.PLATFORM_FEES)
    earned = -sum_of(entries_of_order(order).filter(account__kind__in=kinds))
    tax = tax_of(order)
    return earned - (tax - tax * gone // order.total)


def pass_on(*, key: str, order: Order) -> None:
    """After `key` moved money of this order that lies with the platform: the organizer is owed more, or owes it back."""
    settle_own(key=key, currency=order.currency)
    _ask_back(f"own:{key}", key=key, order=order)


def _ask_back(posted: str, *, key: str, order: Order) -> None:
    """Whoever owes more since `posted` is asked for it, this order's transfers first."""
    for payee in owing(posted):
        about = {"reference": payee.reference, "currency": order.currency, "order_id": str(order.pk)}
        enqueue(kind="take_back", key=f"{key}:{payee.reference}", payload=about)


def book_line(*, line: BalanceLine, order: Order, charge_id: str) -> None:
    """Book a line of a dispute, which only the provider records, as reconciliation does and under the same key."""
    lies_at = Kind.COLLECTED if order.is_separate else Kind.PROVIDER
    amounts: Amounts = {lies_at: line.net, Kind.PAYMENT_COSTS: line.provider_fee, Kind.DISPUTED: -line.amount}
    key = f"line:{line.id}"
    if order.is_separate:
        lock_collecting(order.currency)
    if post(key=key, currency=line.currency, amounts=amounts) is not None and order.is_separate:
        enqueue(kind="book_platform_fee", key=key, payload={"key": key, "charge_id": charge_id})
        pass_on(key=key, order=order)


def counting_tickets(order: Order) -> int:
    """How many paid tickets of an order count for shares by the ticket: those that are not cancelled."""
    return order.positions.filter(price__gt=0).exclude(state=Position.State.CANCELLED).count()


def tax_of(order: Order) -> int:
    """All taxes of an order, inside its prices and on top of them, minor units."""
    return sum(tax.amount for tax in order.taxes.all())


def proceeds_of(order: Order) -> int:
    """What an order earns: its total less our fee and less tax, minor units."""
    return order.total - order.platform_fee - tax_of(order)


def keys_of(order: Order) -> list[str]:
    """The keys of whatever can be booked of an order's sales."""
    return list(keys_by_order([order.pk]))


def keys_by_order(order_ids: Iterable[UUID]) -> dict[str, UUID]:
    """The same of many orders: each key with the order that it is of."""
    ids = list(order_ids)
    found = {f"sale:{pk}": pk for pk in ids}
    cancelled = Position.objects.filter(order__in=ids, state=Position.State.CANCELLED, price__gt=0)
    found |= {f"cancelled:{pk}": order_id for pk, order_id in cancelled.values_list("pk", "order_id")}
    refunds = Refund.objects.filter(payment__order__in=ids).values_list("pk", "payment__order_id")
    disputes = Dispute.objects.filter(payment__order__in=ids).values_list("pk", "payment__order_id")
    for words, rows in (
        (("refund", "refund-failed", "repaid"), refunds),
        (("dispute-lost", "dispute-regained"), disputes),
    ):
        found |= {f"{word}:{pk}": order_id for pk, order_id in rows for word in words}
    return found


def entries_of_order(order: Order) -> QuerySet[LedgerEntry]:
    """All entries of what was booked of an order's sales."""
    return LedgerEntry.objects.filter(transaction__key__in=keys_of(order))


def sales_of(order: Order) -> int:
    """What buyers paid for an order and has not gone back, as booked, minor units."""
    return -sum_of(entries_of_order(order).filter(account__kind=Kind.SALES))
