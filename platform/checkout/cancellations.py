"""A buyer gives tickets back: what comes back is quoted by the promise that each ticket was sold under.

Inside the promise it happens at once; outside it the buyer asks, and staff approve, with this or another amount, or decline.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Actor, buyer_actor, record
from checkout.errors import AlreadyDecided, CancellationRefused, NotRefundable, QuoteChanged
from checkout.refunds import GivingBack, Restock, costs_of, give_back, left_for, prices_paid
from events.refund_rules import RefundRules
from inventory.queries import database_now
from orders.models import Order, Position
from orders.queries import order_for_update
from outbox.actions import enqueue
from payments.models import Refund, RefundRequest
from payments.queries import payment_of, refund_request_for_update
from ui.money import smallest_step

LONGEST_REQUEST = 500  # characters, of what the buyer writes and of what staff answer


@dataclass(frozen=True)
class TicketQuote:
    """What comes back for one ticket, minor units: `paid` less `kept` is `back`, `percent` of the promise in force now.

    `once` is what of `paid` was paid for the order as a whole, and goes with its last ticket.
    `is_promised` is whether it may be given back without anybody's decision.
    """

    position: Position
    paid: int
    percent: int
    back: int
    is_promised: bool
    once: int = 0

    @property
    def alone(self) -> int:
        """What the ticket itself cost."""
        return max(0, self.paid - self.once)

    @property
    def kept(self) -> int:
        """What stays with the organizer."""
        return self.paid - self.back


@dataclass(frozen=True)
class Quote:
    """The tickets chosen, what comes back in all, and whether that happens at once."""

    tickets: tuple[TicketQuote, ...]

    @property
    def amount(self) -> int:
        """Minor units of the order's currency."""
        return sum(ticket.back for ticket in self.tickets)

    @property
    def is_automatic(self) -> bool:
        """Whether every ticket chosen is inside its promise."""
        return bool(self.tickets) and all(ticket.is_promised for ticket in self.tickets)


def quote_cancellation(order: Order, position_ids: Collection[UUID], *, at: datetime) -> Quote:
    """What comes back at `at` for those of these tickets that are still valid.

    When the date has moved, the start that is better for the buyer counts. From when the doors open nothing is automatic:
    somebody may be inside already.
    """
    sold = [one for one in order.positions.all() if one.pk in position_ids and one.state == Position.State.SOLD]
    chosen = {position.pk for position in sold}
    left = left_for(order, payment_of(order.pk), chosen)
    paid, alone = costs_of(order, chosen), prices_paid(order)
    return Quote(
        tuple(
            replace(_quote(order, one, paid[one.pk], left[one.pk], at), once=paid[one.pk] - alone[one.pk])
            for one in sold
        )
    )


def _quote(order: Order, position: Position, paid: int, left: int, at: datetime) -> TicketQuote:
    if position.refund_promise is None or at >= position.performance.doors_at:
        return TicketQuote(position, left, 0, 0, is_promised=False)
    rules = RefundRules.from_dict(position.refund_promise)
    zone = position.performance.timezone
    starts_at = max(position.performance.starts_at, datetime.fromisoformat(position.refund_promise["starts_at"]))
    percent = rules.percent_at(at, starts_at=starts_at, zone=zone)
    step = smallest_step(order.currency)
    back = rules.amount_at(at, paid=paid, starts_at=starts_at, zone=zone, step=step)
    return TicketQuote(position, left, percent, min(back, left), is_promised=percent > 0)


@transaction.atomic
def cancel_by_buyer(*, order_id: UUID, position_ids: frozenset[UUID], expected: int) -> Refund | None:
    """Cancel tickets inside their promise: the codes die, the places are for sale, `expected` minor units go back.

    Raises OrderNotFound, CancellationRefused outside the promise, QuoteChanged when another amount comes back by now.
    Nothing has changed then.
    """
    order = order_for_update(order_id)
    _refuse_frozen(order)
    quote = quote_cancellation(order, position_ids, at=database_now())
    if not quote.is_automatic or len(quote.tickets) < len(position_ids):
        raise CancellationRefused(_("These tickets cannot be cancelled without the organizer. You can send a request."))
    if quote.amount != expected:
        raise QuoteChanged(_("What comes back has changed meanwhile. Look at the new amount before you confirm."))
    asked = GivingBack(
        positions=position_ids, cancels=True, amount=quote.amount, reason=Refund.Reason.BUYER, restock=Restock.NOW
    )
    return give_back(order_id=order_id, asked=asked, actor=buyer_actor(order.pk))


def _refuse_frozen(order: Order) -> None:
    if order.is_frozen:
        raise CancellationRefused(
            _("Your bank is deciding about this payment. Until then nothing can be cancelled here.")
        )


@transaction.atomic
def request_cancellation(*, order_id: UUID, position_ids: frozenset[UUID], words: str) -> RefundRequest:
    """Ask the organizer to take tickets back; one request of an order waits at a time, and asking again finds it.

    Raises OrderNotFound, CancellationRefused.
    """
    order = order_for_update(order_id)
    waiting = RefundRequest.objects.filter(order=order, state=RefundRequest.State.OPEN).first()
    if waiting is not None:
        return waiting
    _refuse_frozen(order)
    quote = quote_cancellation(order, position_ids, at=database_now())
    if not order.is_paid or not quote.tickets or len(quote.tickets) < len(position_ids):
        raise CancellationRefused(_("Choose the tickets that you want to give back."))
    if len(words) > LONGEST_REQUEST or "\x00" in words:
        raise CancellationRefused(_("Keep it under %d characters.") % LONGEST_REQUEST, field="words")
    request = RefundRequest.objects.create(order=order, words=words.strip(), quoted=quote.amount)
    request.positions.set([ticket.position for ticket in quote.tickets])
    record(verb="request_refund", target=order, actor=buyer_actor(order.pk), detail={"request": str(request.pk)})
    _mail(request)
    return request


@transaction.atomic
def approve_request(
    *, request_id: UUID, amount: int, actor: Actor, restock: Restock = Restock.NOW, words: str = ""
) -> RefundRequest:
    """Take the tickets back and send `amount` minor units, which may differ from what was quoted.

    Raises NotFound, AlreadyDecided, NotRefundable.
    """
    request = _open_request(request_id)
    order = request.order
    chosen = request.positions.filter(state=Position.State.SOLD).values_list("pk", flat=True)
    asked = GivingBack(
        positions=frozenset(chosen),
        cancels=True,
        amount=amount,
        restock=restock,
        reason=Refund.Reason.BUYER,
        words=words,
        key=f"request-{request.pk}",
    )
    if not asked.positions:
        raise NotRefundable(_("These tickets are cancelled already. Nothing was changed."))
    request.refund = give_back(order_id=order.pk, asked=asked, actor=actor)
    _decide(request, RefundRequest.State.APPROVED, words, actor)
    return request


@transaction.atomic
def decline_request(*, request_id: UUID, words: str, actor: Actor) -> RefundRequest:
    """Say no, in words that the buyer reads. Raises NotFound, AlreadyDecided, CancellationRefused without words."""
    request = _open_request(request_id)
    words = words.strip()
    if not words or len(words) > LONGEST_REQUEST or "\x00" in words:
        raise CancellationRefused(_("Tell the buyer why, in up to %d characters.") % LONGEST_REQUEST, field="words")
    _decide(request, RefundRequest.State.DECLINED, words, actor)
    _mail(request)
    return request


def _open_request(request_id: UUID) -> RefundRequest:
    """The request, after its order was locked: orders are locked first."""
    found = refund_request_for_update(request_id)
    if found.state != RefundRequest.State.OPEN:
        raise AlreadyDecided(_("This request is decided already: %s.") % found.get_state_display())
    return found


def _decide(request: RefundRequest, state: RefundRequest.State, words: str, actor: Actor) -> None:
    request.state, request.answer, request.decided_at, request.decided_by = state, words, timezone.now(), str(actor)
    request.save(update_fields=["state", "answer", "decided_at", "decided_by", "refund"])
    verb = "approve_refund" if state == RefundRequest.State.APPROVED else "decline_refund"
    record(verb=verb, target=request.order, actor=actor, detail={"request": str(request.pk), "words": words})


def _mail(request: RefundRequest) -> None:
    payload = {"request_id": str(request.pk), "state": request.state}
    enqueue(kind="mail_refund_request", key=f"{request.pk}:{request.state}", payload=payload)
