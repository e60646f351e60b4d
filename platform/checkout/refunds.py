"""Give back: cancel tickets, send money back, or both. Two acts that one transaction may do together (docs/refunds.md).

A ticket's code dies before its place is anybody else's. What goes back is asked for under the locks of the order and its
payment, so that two people at once never give back more than was paid; the provider is called afterwards (send_refund).
"""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.actions import Actor, record
from checkout.booking import book, uncount
from checkout.errors import NotRefundable
from events.seating_plan import painting_of, plan_of_date
from inventory.blocks import Purpose, return_places
from inventory.models import StockEntry
from inventory.uses import give_use_back
from ledger.actions import Amounts, Kind
from orders.models import Order, Position
from orders.queries import order_for_update
from outbox.actions import enqueue
from payments.models import Payment, Refund, RefundLine
from payments.queries import GONE, OWED, is_disputed, left_of, payment_of, refunded_amount, refunded_by_position
from pricing.parts import share, split
from pricing.quote import Quote
from tickets.actions import void_tickets
from tickets.models import Ticket
from ui.errors import NotFound
from ui.ids import uuid7
from ui.money import format_money, smallest_step

LONGEST_WORDS = 200  # characters


class Restock(models.TextChoices):
    """When the place of a cancelled ticket is for sale again."""

    NOW = "now", gettext_lazy("On sale again at once")
    LATER = "later", gettext_lazy("Kept back until somebody releases it")
    NEVER = "never", gettext_lazy("Not sold again")


@dataclass(frozen=True)
class GivingBack:
    """What is asked for: which tickets, whether they die, what happens to their places, how much money goes back.

    `amount` is minor units; None is what these tickets cost, less what went back for them. `words` tell the buyer why.
    Asking again with the same `key` gives the same refund.
    """

    positions: frozenset[UUID] = frozenset()
    cancels: bool = False
    amount: int | None = 0
    restock: Restock = Restock.NOW
    reason: Refund.Reason = Refund.Reason.STAFF
    words: str = ""
    is_sent_later: bool = False  # whoever asks sends it (checkout.batches)
    key: str = field(default_factory=lambda: str(uuid7()))


def frozen_quote(order: Order) -> Quote:
    """What the order was sold for, line by line."""
    return Quote.from_dict(order.hold.quote)


def prices_paid(order: Order) -> dict[UUID, int]:
    """What was paid for each ticket with its fees and taxes: minor units by its position's id.

    Together with what was paid once for the order (`frozen_quote(order).per_order`) they are its total. Positions were written in the order of the frozen quote, and a move to another seat changes no price.
    """
    frozen = frozen_quote(order)
    singles = itertools.chain.from_iterable(itertools.repeat(line.all_in_price, line.quantity) for line in frozen.lines)
    positions = sorted(order.positions.all(), key=lambda one: one.index)
    return {position.pk: price for position, price in zip(positions, singles, strict=True)}


def costs_of(order: Order, position_ids: Collection[UUID]) -> dict[UUID, int]:
    """What these tickets cost, minor units by position, in the order's order.

    What was paid once for the order goes with its last ticket: where none stays valid, the last of these bears it.
    """
    costs = {position_id: paid for position_id, paid in prices_paid(order).items() if position_id in position_ids}
    stay = any(one.state == Position.State.SOLD and one.pk not in position_ids for one in order.positions.all())
    if costs and not stay:
        costs[list(costs)[-1]] += frozen_quote(order).per_order
    return costs


def left_for(order: Order, payment: Payment | None, position_ids: Collection[UUID]) -> dict[UUID, int]:
    """What these tickets cost (`costs_of`) and has not gone back for them, minor units by position, in the order's order.

    Where money went back without a ticket's name on it, less may be left of the payment than these add up to; then each
    gets its share of that.
    """
    if payment is None:
        return dict.fromkeys(position_ids, 0)
    gone = refunded_by_position(payment)
    left = {
        position_id: max(0, cost - gone.get(position_id, 0))
        for position_id, cost in costs_of(order, position_ids).items()
    }
    most = left_of(payment)
    if sum(left.values()) > most:
        return dict(zip(left, split(most, list(left.values())), strict=True))
    return left


def what_each_cost(order: Order) -> dict[UUID, int]:
    """The same for every ticket of an order that may be cancelled or has money left, each without what the order cost once."""
    payment, costs = payment_of(order.pk), prices_paid(order)
    left = {pk: min(costs[pk], cost) for pk, cost in left_for(order, payment, costs).items()}
    sold = {one.pk for one in order.positions.all() if one.state == Position.State.SOLD}
    return {position_id: cost for position_id, cost in left.items() if cost or position_id in sold}


@transaction.atomic
def give_back(*, order_id: UUID, asked: GivingBack, actor: Actor) -> Refund | None:
    """Cancel tickets, send money back, or both; returns the refund, None when no money goes.

    Raises OrderNotFound, NotRefundable; nothing has changed then.
    """
    order = order_for_update(order_id)
    known = Refund.objects.filter(key=asked.key, payment__order=order).first()
    if known is not None:
        return known
    if order.paid_at is None:
        raise NotRefundable(_("Only a paid order can be refunded; this one is “%s”.") % order.get_state_display())
    positions = _chosen(order, asked)
    payment = Payment.objects.select_for_update().filter(order=order).first()
    costs = left_for(order, payment, asked.positions)
    amount = sum(costs.values()) if asked.amount is None else asked.amount
    _check(payment, asked, amount, order.currency)
    act = str(uuid7())
    if asked.cancels:
        is_free = payment is None
        reason = Ticket.VoidReason.REFUNDED if amount or is_free else Ticket.VoidReason.CANCELLED
        cancel_tickets(order, positions, asked.restock, reason, actor)
    refund = None
    if payment is not None and amount:
        parts = dict(zip(costs, split(amount, list(costs.values())), strict=True)) if asked.positions else {}
        refund = request_refund(
            payment,
            amount=amount,
            reason=asked.reason,
            words=asked.words,
            key=asked.key,
            parts=parts,
            is_sent_later=asked.is_sent_later,
        )
        make_good_what_went(order, payment, by=str(actor))
    closes = order.is_paid and not order.positions.filter(state=Position.State.SOLD).exists()
    if closes:
        order.state, order.closed_at = Order.State.REFUNDED, timezone.now()
        order.save(update_fields=["state", "closed_at"])
        give_use_back(hold_id=order.hold_id, kind=StockEntry.Kind.RETURN, actor=actor, cause="order refunded")
    if asked.cancels and refund is None:
        uncount(order, positions)
    detail = {
        "amount": amount,
        "cancelled": [position.index for position in positions] if asked.cancels else [],
        "restock": asked.restock.value if asked.cancels else "",
        "words": asked.words,
    }
    record(verb="refund_order" if closes else "give_back", target=order, actor=actor, detail=detail)
    told = {"order_id": str(order.pk), "act": act, **detail}
    enqueue(kind="mail_refund", key=act, payload=told)
    enqueue(kind="announce_refund", key=act, payload={"order_id": str(order.pk)})
    return refund


def _chosen(order: Order, asked: GivingBack) -> list[Position]:
    positions = list(order.positions.select_for_update().filter(pk__in=asked.positions).order_by("pk"))
    if len(positions) < len(asked.positions):
        raise NotRefundable(_("Choose tickets of this order."))
    if asked.cancels:
        if not positions:
            raise NotRefundable(_("Choose the tickets to cancel."))
        gone = [str(position.index) for position in positions if position.state != Position.State.SOLD]
        if gone:
            raise NotRefundable(_("Ticket %s is cancelled already. Nothing was changed.") % ", ".join(gone))
        _check_whole_tables(order, positions)
    return sorted(positions, key=lambda position: position.index)


def _check_whole_tables(order: Order, chosen: Sequence[Position]) -> None:
    """A table that one order bought is one thing where it is sold as a whole; so it comes back as one."""
    tables = {(one.seat_section, one.seat_row) for one in chosen if one.is_at_table}
    plan = plan_of_date(order.performance_id) if tables else None
    if plan is None:
        return
    painting = painting_of(plan)
    others = order.positions.filter(is_at_table=True, state=Position.State.SOLD).exclude(pk__in=[o.pk for o in chosen])
    for other in others:
        index = painting.compiled.index_of(other.seat_id)
        is_whole = index is not None and painting.compiled.seats[index].line in painting.whole_lines
        if is_whole and (other.seat_section, other.seat_row) in tables:
            raise NotRefundable(
                _("Table %s is sold as a whole: cancel all its seats, or none.") % other.seat_row, field="tickets"
            )


def _check(payment: Payment | None, asked: GivingBack, amount: int, currency: str) -> None:
    if not asked.words.isprintable() or len(asked.words) > LONGEST_WORDS:
        raise NotRefundable(_("Give the reason in up to %d characters.") % LONGEST_WORDS, field="words")
    if amount < 0 or (amount == 0 and not asked.cancels):
        raise NotRefundable(_("Choose tickets to cancel, or an amount to send back."), field="amount")
    if amount % smallest_step(currency):
        raise NotRefundable(_("An amount in %s ends in 0.") % currency, field="amount")
    if amount:
        refuse_disputed(payment)
    left = left_of(payment) if payment else 0
    if amount > left:
        words = _("Only %(left)s of this order can still go back. Nothing was changed.")
        raise NotRefundable(words % {"left": format_money(left, currency)}, field="amount", left=left)
    if amount and payment is not None and payment.state != Payment.State.CAPTURED:
        raise NotRefundable(_("The money of this order has not been taken yet."), field="amount")


def refuse_disputed(payment: Payment | None) -> None:
    """Raises NotRefundable while the buyer's bank has the money and decides whether it goes back: it might go twice."""
    if payment is not None and is_disputed(payment):
        words = _(
            "The buyer's bank has this money and decides whether it goes back. Until then nothing can be refunded."
        )
        raise NotRefundable(words, field="amount")


def cancel_tickets(
    order: Order, positions: Sequence[Position], restock: Restock, reason: Ticket.VoidReason, actor: Actor
) -> None:
    """First the codes die, then the places go where `restock` says."""
    ids = [position.pk for position in positions]
    void_tickets(position_ids=ids, reason=reason, actor=actor)
    order.positions.filter(pk__in=ids).update(state=Position.State.CANCELLED)
    block = return_places(
        performance=order.performance,
        position_ids=ids,
        actor=actor,
        cause="order refunded",
        kept=None if restock == Restock.NOW else _purpose(order, restock),
    )
    if block is not None:
        order.positions.filter(pk__in=ids).update(kept_back=block)


def _purpose(order: Order, restock: Restock) -> Purpose:
    owner = _("Not sold again") if restock == Restock.NEVER else _("Given back")
    return Purpose(owner=owner, reason=_("Order %s") % order.number)


@transaction.atomic
def send_again(*, refund_id: UUID, actor: Actor) -> Refund:
    """Ask for a failed refund once more, for the same tickets and as far as money is left; it is made good by that.

    Raises NotFound, NotRefundable.
    """
    failed, order, payment = _owed(refund_id)
    parts = still_due(order, payment, failed)
    amount = sum(parts.values())
    if amount == 0:
        raise NotRefundable(_("Nothing of this order is left to send back."))
    reason = Refund.Reason(failed.reason)
    again = request_refund(payment, amount=amount, reason=reason, words=failed.words, parts=_named(parts))
    _make_good(failed, "", str(actor))
    make_good_what_went(order, payment, by=str(actor))
    record(verb="send_refund_again", target=order, actor=actor, detail={"amount": amount})
    return again


@transaction.atomic
def repaid_otherwise(*, refund_id: UUID, words: str, actor: Actor) -> Refund:
    """Note that the buyer has had the money of a failed refund another way, as `words` say: from the organizer's bank.

    Raises NotFound, NotRefundable.
    """
    failed, order, payment = _owed(refund_id)
    words = words.strip()
    if not words or len(words) > LONGEST_WORDS or not words.isprintable():
        raise NotRefundable(_("Say how it was repaid, in up to %d characters.") % LONGEST_WORDS, field="words")
    if failed.amount > sum(still_due(order, payment, failed).values()):
        raise NotRefundable(_("More went back already than would be left then. Nothing was changed."))
    _make_good(failed, words, str(actor))
    make_good_what_went(order, payment, by=str(actor))
    amounts: Amounts = {Kind.SALES: failed.amount, Kind.BANK: -failed.amount}
    book(key=f"repaid:{failed.pk}", order=order, amounts=amounts)
    enqueue(kind="count_refund_repaid", key=str(failed.pk), payload={"refund_id": str(failed.pk)})
    detail = {"amount": failed.amount, "words": words}
    record(verb="repay_otherwise", target=order, actor=actor, detail=detail)
    return failed


def _owed(refund_id: UUID) -> tuple[Refund, Order, Payment]:
    """The failed refund that nothing has made good, with its order and payment, all locked."""
    found = Refund.objects.filter(pk=refund_id).values_list("payment__order_id", flat=True).first()
    if found is None:
        raise NotFound
    order = order_for_update(found)
    payment = Payment.objects.select_for_update().get(order=order)
    refund = Refund.objects.select_for_update().get(pk=refund_id)
    refuse_disputed(payment)
    if not refund.is_owed:
        raise NotRefundable(_("This refund is not waiting for anything. Nothing was changed."))
    return refund, order, payment


def parts_of(refund: Refund, *, of: int | None = None) -> dict[UUID, int]:
    """For which tickets a refund is, in the order's order: minor units by position, scaled to an amount `of` them where given."""
    parts = dict(refund.lines.order_by("position__index").values_list("position_id", "amount"))
    return parts if of is None else dict(zip(parts, split(of, list(parts.values())), strict=True))


def still_due(order: Order, payment: Payment, failed: Refund) -> dict[UUID | None, int]:
    """What of a failed refund has not gone back in the meantime: minor units by position, by None where it named no ticket.

    More goes back for a ticket than it cost only as far as the failed refund said so.
    """
    due: dict[UUID | None, int] = {None: failed.amount}
    if parts := parts_of(failed):
        costs, gone = costs_of(order, parts), refunded_by_position(payment)
        before = refunded_by_position(payment, before=failed.created_at)
        worth = {pk: max(costs[pk], before.get(pk, 0) + part) for pk, part in parts.items()}
        due = {pk: min(part, max(0, worth[pk] - gone.get(pk, 0))) for pk, part in parts.items()}
    amount = min(sum(due.values()), left_of(payment))
    amount -= amount % smallest_step(order.currency)
    return dict(zip(due, split(amount, list(due.values())), strict=True))


def make_good_what_went(order: Order, payment: Payment, *, by: str) -> None:
    """A failed refund of which nothing is due any more was made good by others; `payment` is locked.

    Not while the buyer's bank has the money: how that ends decides.
    """
    if is_disputed(payment):
        return
    for failed in payment.refunds.select_for_update().filter(OWED).order_by("created_at", "pk"):
        if sum(still_due(order, payment, failed).values()) == 0:
            _make_good(failed, "", by)


def _named(parts: dict[UUID | None, int]) -> dict[UUID, int]:
    return {position_id: part for position_id, part in parts.items() if position_id is not None}


def _make_good(refund: Refund, words: str, by: str) -> None:
    refund.made_good_at, refund.made_good_as, refund.made_good_by = timezone.now(), words, by
    refund.save(update_fields=["made_good_at", "made_good_as", "made_good_by"])
    enqueue(kind="mail_refund_made_good", key=str(refund.pk), payload={"refund_id": str(refund.pk)})


def fee_with(payment: Payment, amount: int) -> int:
    """How much of our fee goes back with a further `amount` of a payment, minor units."""
    due = share(payment.application_fee, part=refunded_amount(payment) + amount, whole=payment.amount)
    back = payment.refunds.filter(GONE | ~Q(provider_id="")).values_list("fee_amount", flat=True)
    return min(max(due - sum(back), 0), amount)


def estimate_again(payment: Payment) -> None:
    """What waits to be sent takes along no more of our fee than is left of it, now that the provider has said of another refund.

    Money that goes back there without us makes that one's part larger than it was worked out to be. Runs in the caller's
    transaction; whoever is being noted at this moment (locked) has the provider's own word.
    """
    waiting = payment.refunds.filter(provider_id="", state=Refund.State.REQUESTED)
    known = payment.refunds.filter(GONE | ~Q(provider_id="")).exclude(pk__in=waiting.values("pk"))
    left = payment.application_fee - sum(known.values_list("fee_amount", flat=True))
    for refund in waiting.select_for_update(skip_locked=True).order_by("pk"):
        if refund.fee_amount > left:
            refund.fee_amount = max(left, 0)
            refund.save(update_fields=["fee_amount"])
        left -= refund.fee_amount


def request_refund(
    payment: Payment,
    *,
    amount: int,
    reason: Refund.Reason,
    words: str = "",
    key: str = "",
    parts: dict[UUID, int] | None = None,
    is_sent_later: bool = False,
) -> Refund:
    """Note that `amount` of a locked payment is to go back, `parts` of it for these positions; what sends it follows.

    Our fee goes back in proportion, worked out on the running total: all refunds of a payment together give back exactly
    the whole fee (docs/refunds.md). The provider keeps no fee of a refund that failed later, so that is gone too.
    """
    refund = Refund.objects.create(
        payment=payment, amount=amount, fee_amount=fee_with(payment, amount), reason=reason, words=words, key=key
    )
    RefundLine.objects.bulk_create(
        RefundLine(refund=refund, position_id=position_id, amount=part)
        for position_id, part in (parts or {}).items()
        if part
    )
    if not is_sent_later:
        enqueue(kind="send_refund", key=str(refund.pk), payload={"refund_id": str(refund.pk)})
    enqueue(kind="count_refund", key=str(refund.pk), payload={"refund_id": str(refund.pk)})
    return refund
