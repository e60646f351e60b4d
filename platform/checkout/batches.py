"""A cancelled event, or a cancelled date: every order is given back in its turn, by as many rounds of the outbox as it takes.

A round takes some turns, each with a lease, and asks for the next round. Whatever is killed on the way is taken up again: a
round by the outbox, a turn when its lease ends. A turn is a transaction, a call with the refund's own key, and a
transaction again, so that nobody is paid twice (docs/refunds.md).
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import SYSTEM, Actor, record
from audit.models import AuditEntry
from checkout.actions import send_refund
from checkout.errors import NotRefundable
from checkout.refunds import LONGEST_WORDS, GivingBack, give_back, refuse_disputed
from config import failpoints
from events.actions import cancel_event
from events.models import Event, Performance
from orders.models import Order, Position
from orders.queries import order_for_update
from outbox.actions import enqueue
from payments.errors import ProviderUnavailable
from payments.models import Refund, RefundBatch, RefundTurn
from payments.queries import left_of, payment_of
from ui.errors import DomainError, NotFound

TURNS_IN_A_ROUND = 25  # then the worker looks for something more urgent
LEASE = timedelta(seconds=60)  # longer than a call may take
MOST_ATTEMPTS = 8  # while the provider does not answer; with the delays below about ten minutes
LONGEST_DELAY = timedelta(minutes=2)


@transaction.atomic
def cancel_and_refund(*, event_id: UUID, words: str, actor: Actor) -> RefundBatch:
    """Cancel an event and begin to give all its orders back; asking again finds the same batch.

    Raises NotFound, EventInvalid, NotRefundable.
    """
    words = _checked(words)
    event = cancel_event(event_id=event_id, actor=actor)
    return _begin(event, None, words, actor)


def refund_date(*, performance: Performance, words: str, actor: Actor) -> RefundBatch:
    """Begin to give back all orders of a date that was just cancelled; asking again finds the same batch.

    Called by `checkout.dates`, in its transaction. Raises NotRefundable.
    """
    return _begin(performance.event, performance, _checked(words), actor)


def _begin(event: Event, performance: Performance | None, words: str, actor: Actor) -> RefundBatch:
    batch, is_new = RefundBatch.objects.get_or_create(
        event=event, performance=performance, defaults={"words": words, "created_by": str(actor)}
    )
    if is_new:
        target = performance or event
        record(verb="begin_refund_batch", target=target, actor=actor, detail={"batch": str(batch.pk), "words": words})
        _next_round(batch)
    return batch


def _checked(words: str) -> str:
    words = words.strip()
    if not words or len(words) > LONGEST_WORDS or not words.isprintable():
        raise NotRefundable(_("Tell the buyers why, in up to %d characters.") % LONGEST_WORDS, field="words")
    return words


def _orders(batch: RefundBatch) -> QuerySet[Order]:
    """All orders that a batch is about, whatever their state."""
    orders = Order.objects.filter(event_id=batch.event_id)
    return orders.filter(performance_id=batch.performance_id) if batch.performance_id else orders


def run_refund_batch(*, batch_id: UUID) -> None:
    """Outbox: one round. It takes up the orders that were paid since the last, and some turns that are due."""
    batch = RefundBatch.objects.get(pk=batch_id)
    if batch.state == RefundBatch.State.DONE:
        return
    take_up_orders(batch)
    failpoints.hit("after_batch_taken_up")
    began, turns = timezone.now(), 0
    while turns < TURNS_IN_A_ROUND and (turn := _take_turn(batch)) is not None:
        failpoints.hit("after_batch_turn_taken")
        _do(turn)
        failpoints.hit("after_batch_turn")
        turns += 1
    failpoints.hit("before_next_round")
    # The pace is kept between rounds: no worker waits for it.
    _end_round(batch, not_before=began + timedelta(seconds=turns / settings.REFUNDS_PER_SECOND))


@transaction.atomic
def take_up_orders(batch: RefundBatch) -> None:
    """Give every paid order of the event, or of the date, its turn, also one whose payment came after the batch began."""
    missing = (
        _orders(batch)
        .filter(state=Order.State.PAID)
        .exclude(pk__in=RefundTurn.objects.filter(batch=batch).values("order"))
    )
    turns = [RefundTurn(batch=batch, order_id=pk) for pk in missing.order_by("pk").values_list("pk", flat=True)]
    RefundTurn.objects.bulk_create(turns, batch_size=1000, ignore_conflicts=True)


@transaction.atomic
def _take_turn(batch: RefundBatch) -> RefundTurn | None:
    now = timezone.now()
    due = RefundTurn.objects.select_for_update(skip_locked=True, of=("self",)).select_related("batch")
    turn = due.filter(batch=batch, state=RefundTurn.State.WAITING, due_at__lte=now).order_by("due_at", "pk").first()
    if turn is not None:
        turn.due_at = now + LEASE
        turn.attempts += 1
        turn.save(update_fields=["due_at", "attempts"])
    return turn


def _do(turn: RefundTurn) -> None:
    """T1 cancels the tickets and asks for the refund, the call sends it, T2 keeps the result."""
    try:
        refund = _give_back(turn)
        failpoints.hit("after_batch_asked")
        if refund is not None:
            send_refund(refund_id=refund.pk)
            refund.refresh_from_db()
    except ProviderUnavailable:
        _try_later(turn)
    except DomainError as refusal:
        _settle(turn, RefundTurn.State.FAILED, error=str(refusal.detail))
    else:
        failpoints.hit("after_batch_sent")
        has_failed = refund is not None and refund.state == Refund.State.FAILED
        error = refund.failure if refund is not None and has_failed else ""
        _settle(turn, RefundTurn.State.FAILED if has_failed else RefundTurn.State.DONE, error=error)


@transaction.atomic
def _give_back(turn: RefundTurn) -> Refund | None:
    """The order's refund, asked for now or in an attempt before; None where no money is left to send."""
    order = order_for_update(turn.order_id)
    sold = frozenset(order.positions.filter(state=Position.State.SOLD).values_list("pk", flat=True))
    payment = payment_of(order.pk)
    key = f"batch-{turn.pk}-{turn.tries}"
    refund = Refund.objects.filter(key=key).first()
    if refund is None:
        refuse_disputed(payment)
    left = left_of(payment) if payment else 0
    if refund is None and (sold or left):
        asked = GivingBack(
            positions=sold,
            cancels=bool(sold),
            amount=left,
            reason=Refund.Reason.EVENT,
            words=turn.batch.words,
            is_sent_later=True,
            key=key,
        )
        refund = give_back(order_id=order.pk, asked=asked, actor=_who_began(turn.batch))
    RefundTurn.objects.filter(pk=turn.pk).update(refund=refund)
    failpoints.hit("before_batch_asked_commit")
    return refund


def _who_began(batch: RefundBatch) -> Actor:
    kind, _colon, identifier = batch.created_by.partition(":")
    return Actor(AuditEntry.ActorKind(kind), identifier)


def _try_later(turn: RefundTurn) -> None:
    delay = min(timedelta(seconds=2**turn.attempts), LONGEST_DELAY)
    error = _("The payment service does not answer.")
    if turn.attempts >= MOST_ATTEMPTS:
        _settle(turn, RefundTurn.State.FAILED, error=error)
    else:
        RefundTurn.objects.filter(pk=turn.pk).update(due_at=timezone.now() + delay, error=error)


def _settle(turn: RefundTurn, state: RefundTurn.State, *, error: str) -> None:
    RefundTurn.objects.filter(pk=turn.pk).update(state=state, error=error[:200], done_at=timezone.now())


@transaction.atomic
def _end_round(batch: RefundBatch, *, not_before: datetime) -> None:
    batch = RefundBatch.objects.select_for_update().get(pk=batch.pk)
    waiting = batch.turns.filter(state=RefundTurn.State.WAITING).aggregate(next=Min("due_at"))["next"]
    now = timezone.now()
    if waiting is not None:
        due = max(waiting, not_before)
        _next_round(batch, delay_seconds=min(60.0, max(0.0, (due - now).total_seconds())))
    elif _may_still_be_paid(batch):
        _next_round(batch, delay_seconds=60)
    else:
        batch.state, batch.done_at = RefundBatch.State.DONE, now
        batch.save(update_fields=["state", "done_at"])
        failed = batch.turns.filter(state=RefundTurn.State.FAILED).count()
        record(verb="end_refund_batch", target=batch.event, actor=SYSTEM, detail={"failed": failed})
        failpoints.hit("before_batch_end_commit")


def _may_still_be_paid(batch: RefundBatch) -> bool:
    """Whether an order of it is being paid: its money would come to a batch that has ended."""
    open_states = (Order.State.PENDING, Order.State.SECURED)
    return _orders(batch).filter(state__in=open_states).exists()


def _next_round(batch: RefundBatch, *, delay_seconds: float = 0) -> None:
    batch.round += 1
    batch.save(update_fields=["round"])
    key = f"{batch.pk}:{batch.round}"
    enqueue(kind="run_refund_batch", key=key, payload={"batch_id": str(batch.pk)}, delay_seconds=delay_seconds)


@transaction.atomic
def retry_turns(*, batch_id: UUID, actor: Actor) -> int:
    """Give every failed turn another; returns how many. What a failed refund still owes is asked for anew. Raises NotFound."""
    batch = RefundBatch.objects.select_for_update().select_related("event").filter(pk=batch_id).first()
    if batch is None:
        raise NotFound
    failed = list(batch.turns.select_for_update().filter(state=RefundTurn.State.FAILED).order_by("pk"))
    for turn in failed:
        if turn.refund is not None and turn.refund.state == Refund.State.FAILED:
            turn.tries += 1
        turn.state, turn.attempts, turn.error, turn.due_at = RefundTurn.State.WAITING, 0, "", timezone.now()
        turn.save(update_fields=["state", "attempts", "tries", "error", "due_at"])
    if failed:
        record(verb="retry_refund_batch", target=batch.event, actor=actor, detail={"turns": len(failed)})
        if batch.state == RefundBatch.State.DONE:
            batch.state, batch.done_at = RefundBatch.State.RUNNING, None
            batch.save(update_fields=["state", "done_at"])
            _next_round(batch)
    return len(failed)


def progress(batch: RefundBatch) -> dict[str, int]:
    """How many turns are `done`, `failed` and `waiting`, and of how many."""
    state = RefundTurn.State
    return batch.turns.aggregate(
        done=Count("pk", filter=Q(state=state.DONE)),
        failed=Count("pk", filter=Q(state=state.FAILED)),
        waiting=Count("pk", filter=Q(state=state.WAITING)),
        total=Count("pk"),
    )
