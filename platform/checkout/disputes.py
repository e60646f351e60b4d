"""A buyer's bank wants a payment back: keep what it says, freeze the order, answer, and book how it ends (docs/disputes.md).

Messages about a dispute come in any order, twice or never. So each only says that there is news: the provider is asked how it
stands, a state never goes back, and what moved in the balance is booked line by line under the line's own id, once.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import SYSTEM, Actor, record
from checkout.actions import settle_payment
from checkout.booking import book, book_line
from checkout.errors import EvidenceRefused
from checkout.refunds import Restock, cancel_tickets
from config import failpoints
from inventory.models import StockEntry
from inventory.queries import database_now
from inventory.uses import give_use_back
from ledger.actions import Amounts, Kind
from ledger.queries import entries_of
from orders.models import Order, Position
from orders.queries import order_for_update
from outbox.actions import enqueue
from payments import gateway
from payments.errors import ProviderRefused
from payments.evidence_fields import FIELDS, LONGEST_EVIDENCE, LONGEST_IN_ALL
from payments.models import OVER, UNDECIDED, Dispute, DisputePolicy, Payment
from payments.queries import OWED, dispute_policy, disputes_to_ask_about, left_of, payment_by_intent
from tickets.models import Ticket
from ui.errors import NotFound

logger = logging.getLogger(__name__)

State = Dispute.State
# How far each state is: what is known never goes back to an earlier one. A loss may still be appealed, and that be won or lost.
RANKS = {
    State.INQUIRY: 0,
    State.INQUIRY_REVIEW: 1,
    State.INQUIRY_CLOSED: 2,
    State.PREVENTED: 2,
    State.NEEDS_RESPONSE: 3,
    State.UNDER_REVIEW: 4,
    State.LOST: 5,
    State.APPEAL: 6,
    State.APPEAL_REVIEW: 7,
    State.WON: 8,
}
APPEALS = (State.APPEAL, State.APPEAL_REVIEW)
ASKED_EVERY = timedelta(hours=6)  # about a dispute that is not over, in case no message came
REMINDED_BEFORE = timedelta(days=2)  # the deadline


# --- What the provider says ---------------------------------------------------------------------------------------------------


def take_up_dispute(*, account_id: str, provider_id: str) -> Dispute | None:
    """Ask the provider how a dispute stands and keep it, with everything that follows.

    None for a dispute or payment that is none of this account's. A payment that we had not heard of is settled first. Raises ProviderUnavailable,
    ProviderRefused.
    """
    asked_at = database_now()
    try:
        facts = gateway.fetch_dispute(account_id=account_id, dispute_id=provider_id)
    except ProviderRefused as refused:
        if refused.extra.get("provider_code") != "resource_missing":
            raise
        return None  # not on this account: nobody reaches another organizer's by naming it
    payment = payment_by_intent(facts.intent_id) if facts.intent_id else None
    if payment is None or payment.account_id != account_id:
        return None
    if payment.state != Payment.State.CAPTURED:
        settle_payment(order_id=payment.order_id)
    failpoints.hit("before_dispute_kept")
    return record_dispute(order_id=payment.order_id, facts=facts, known_at=asked_at)


@transaction.atomic
def record_dispute(*, order_id: UUID, facts: gateway.DisputeFacts, known_at: datetime) -> Dispute:
    """Keep what the provider says of a dispute over this order's payment: book, freeze or unfreeze, tell. Repeatable.

    `known_at` is the database's clock before the provider was asked. Of an answer that was asked for before the one that is kept only
    the lines are booked.
    """
    order = order_for_update(order_id)
    payment = Payment.objects.select_for_update().get(order=order)
    dispute = Dispute.objects.select_for_update().filter(provider_id=facts.id).first()
    is_new = dispute is None
    if dispute is None:
        dispute = Dispute(payment=payment, provider_id=facts.id, state=facts.state, opened_at=facts.created_at)
    was, had_taken = dispute.state, dispute.taken
    for line in facts.lines:
        book_line(line=line, order=order, charge_id=payment.charge_id)
    if is_new or _is_news(dispute, State(facts.state), known_at):
        dispute.known_at = known_at
        dispute.state, dispute.reason, dispute.due_by = facts.state, facts.reason, facts.due_by
        dispute.amount, dispute.currency, dispute.is_refundable = facts.amount, facts.currency, facts.is_refundable
        dispute.taken = -sum(line.amount for line in facts.lines)
        dispute.fee = sum(line.provider_fee for line in facts.lines)
        if facts.is_submitted and dispute.submitted_at is None:
            dispute.submitted_at = timezone.now()
    is_prevented_late = dispute.state == State.PREVENTED and dispute.taken != had_taken
    if (dispute.state != was or is_prevented_late) and dispute.closed_at is not None:
        dispute.closed_at = None  # a loss is appealed, or what was prevented without money cost some after all
    dispute.save()
    if is_new or dispute.state != was:
        record(
            verb="dispute_moved", target=dispute, actor=SYSTEM, detail={"order": order.number, "state": dispute.state}
        )
    _freeze(order)
    if dispute.state in OVER and dispute.closed_at is None:
        _conclude(order, payment, dispute)
    if is_new or dispute.state != was or is_prevented_late:
        _tell(dispute, is_new=is_new)
    enqueue(kind="list_dispute", key=_as_it_is(dispute), payload={"dispute_id": str(dispute.pk)})
    failpoints.hit("before_dispute_commit")
    return dispute


def _is_news(dispute: Dispute, state: State, known_at: datetime) -> bool:
    was = State(dispute.state)
    if dispute.known_at is not None and known_at < dispute.known_at:
        return False
    return RANKS[state] >= RANKS[was] or (state == State.LOST and was in APPEALS)


def _as_it_is(dispute: Dispute) -> str:
    """Names the dispute as it is now, so that each change is listed once and later ones again."""
    return f"{dispute.pk}:{dispute.state}:{dispute.taken}:{int(bool(dispute.asked_at))}{int(bool(dispute.closed_at))}"


def _freeze(order: Order) -> None:
    """An order is frozen from its first undecided dispute to the end of its last."""
    is_disputed = Dispute.objects.filter(payment__order=order, state__in=UNDECIDED).exists()
    if is_disputed == order.is_frozen:
        return
    order.frozen_at = timezone.now() if is_disputed else None
    order.save(update_fields=["frozen_at"])
    record(verb="freeze_order" if is_disputed else "unfreeze_order", target=order, actor=SYSTEM)


def _conclude(order: Order, payment: Payment, dispute: Dispute) -> None:
    """What follows from the end. Where the money or the order is not that far yet, the next look does it."""
    if dispute.is_lost:
        if dispute.taken == 0 or order.is_open:
            return
        amounts: Amounts = {Kind.SALES: dispute.taken, Kind.DISPUTED: -dispute.taken}
        book(key=f"dispute-lost:{dispute.pk}", order=order, amounts=amounts)
        _owe_no_longer(payment)
        _kill_tickets(order, payment)
    elif dispute.state == State.WON:
        if dispute.taken > 0:
            return  # the money is not back yet
        _regain(order, dispute)
    dispute.closed_at = timezone.now()
    dispute.save(update_fields=["closed_at"])


def _regain(order: Order, dispute: Dispute) -> None:
    """Won after it had been lost: what was booked as lost is a sale again. Dead tickets stay dead."""
    _currency, lost = entries_of(f"dispute-lost:{dispute.pk}")
    if lost:
        amounts: Amounts = {kind: -amount for kind, amount in lost.items()}
        book(key=f"dispute-regained:{dispute.pk}", order=order, amounts=amounts)


def _owe_no_longer(payment: Payment) -> None:
    """A refund that failed because the bank had the money is made good by a loss of all that was left."""
    if left_of(payment) == 0:
        payment.refunds.filter(OWED).update(made_good_at=timezone.now(), made_good_by=str(SYSTEM))


def _kill_tickets(order: Order, payment: Payment) -> None:
    """By the organizer's policy, where nothing of the payment is left; after a loss of a part the tickets stay."""
    positions = list(order.positions.select_for_update().filter(state=Position.State.SOLD).order_by("pk"))
    if not positions or left_of(payment) > 0 or dispute_policy().on_lost == DisputePolicy.OnLost.KEEP:
        return
    cancel_tickets(order, positions, Restock.NOW, Ticket.VoidReason.DISPUTED, SYSTEM)
    order.state, order.cancel_reason, order.closed_at = (
        Order.State.REFUNDED,
        Order.CancelReason.DISPUTED,
        timezone.now(),
    )
    order.save(update_fields=["state", "cancel_reason", "closed_at"])
    give_use_back(hold_id=order.hold_id, kind=StockEntry.Kind.RETURN, actor=SYSTEM, cause="order charged back")
    cancelled = [position.index for position in positions]
    record(verb="charge_back_order", target=order, actor=SYSTEM, detail={"cancelled": cancelled})
    enqueue(kind="announce_refund", key=f"disputed:{order.pk}", payload={"order_id": str(order.pk)})


def _tell(dispute: Dispute, *, is_new: bool) -> None:
    """The owner by mail: at the start, before the deadline, at the end."""
    if is_new and dispute.state not in OVER:
        _mail(dispute, "opened")
        if dispute.due_by is not None:
            wait = int((dispute.due_by - REMINDED_BEFORE - timezone.now()).total_seconds())
            if wait > 0:
                _mail(dispute, "due", delay_seconds=wait)
    if dispute.state == State.WON or dispute.is_lost:
        _mail(dispute, State.WON if dispute.state == State.WON else State.LOST)


def _mail(dispute: Dispute, news: str, *, delay_seconds: int = 0) -> None:
    payload = {"dispute_id": str(dispute.pk), "news": news}
    enqueue(kind="mail_dispute", key=f"{dispute.pk}:{news}", payload=payload, delay_seconds=delay_seconds)


def ask_about_disputes(*, at: datetime) -> int:
    """Ask the provider about every dispute that is not over and due, so that no message needs to come; how many."""
    with transaction.atomic():
        due = disputes_to_ask_about(at=at, limit=50)
        for dispute in due:
            dispute.ask_at = at + ASKED_EVERY
        Dispute.objects.bulk_update(due, ["ask_at"])
    for dispute in due:
        try:
            take_up_dispute(account_id=dispute.payment.account_id, provider_id=dispute.provider_id)
        except Exception:  # whatever one meets, the rest must be looked at
            logger.exception("asking about dispute %s failed", dispute.pk)
    return len(due)


# --- What we answer -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def submit_evidence(*, dispute_id: UUID, texts: Mapping[str, str], pdf: bytes, actor: Actor) -> Dispute:
    """Keep an answer and have it sent: `texts` by the provider's names, `pdf` the pack as a file. Once and for good.

    Raises NotFound, EvidenceRefused; nothing has changed then.
    """
    dispute = Dispute.objects.select_for_update(of=("self",)).filter(pk=dispute_id).first()
    if dispute is None:
        raise NotFound
    kept = {name: text.strip() for name, text in texts.items() if text.strip()}
    _check_evidence(dispute, kept)
    dispute.evidence, dispute.asked_at, dispute.asked_by, dispute.failure = kept, timezone.now(), str(actor), ""
    dispute.file = storages["private"].save(f"evidence/{dispute.pk}.pdf", ContentFile(pdf)) if pdf else ""
    dispute.save(update_fields=["evidence", "asked_at", "asked_by", "failure", "file"])
    record(verb="submit_evidence", target=dispute, actor=actor, detail={"fields": sorted(kept)})
    key = f"{dispute.pk}:{dispute.asked_at.isoformat()}"
    enqueue(kind="send_evidence", key=key, payload={"dispute_id": str(dispute.pk)})
    failpoints.hit("before_evidence_commit")
    failpoints.hit_after_commit("after_evidence_asked")
    enqueue(kind="list_dispute", key=_as_it_is(dispute), payload={"dispute_id": str(dispute.pk)})
    return dispute


def _check_evidence(dispute: Dispute, texts: Mapping[str, str]) -> None:
    if not dispute.needs_response:
        raise EvidenceRefused(_("This dispute takes no answer any more: it is “%s”.") % dispute.get_state_display())
    if dispute.due_by is not None and dispute.due_by <= timezone.now():
        raise EvidenceRefused(_("The deadline for an answer has passed."))
    if not texts:
        raise EvidenceRefused(_("Say something that speaks for you."))
    for name, text in texts.items():
        if name not in FIELDS or len(text) > LONGEST_EVIDENCE or "\x00" in text:
            words = _("Keep each part under %d characters.") % LONGEST_EVIDENCE
            raise EvidenceRefused(words, field=name)
    if sum(map(len, texts.values())) > LONGEST_IN_ALL:
        raise EvidenceRefused(_("All parts together are more than %d characters. Shorten them.") % LONGEST_IN_ALL)


def send_evidence(*, dispute_id: UUID) -> None:
    """Send an answer that was asked for: the file, then the texts. Keys make a second try send nothing again.

    What the provider refuses for good is kept with its reason, and may be sent anew. Raises ProviderUnavailable.
    """
    dispute = Dispute.objects.select_related("payment").get(pk=dispute_id)
    if dispute.submitted_at is not None or dispute.asked_at is None:
        return
    account_id, sending = dispute.payment.account_id, f"{dispute.pk}-{dispute.asked_at.isoformat()}"
    try:
        if dispute.file and not dispute.file_id:
            failpoints.hit("before_evidence_uploaded")
            with storages["private"].open(dispute.file, "rb") as file:
                dispute.file_id = gateway.upload_evidence(
                    account_id=account_id, name="evidence.pdf", content=file.read(), key=f"evidence-file-{sending}"
                )
            failpoints.hit("after_evidence_uploaded")
            Dispute.objects.filter(pk=dispute.pk).update(file_id=dispute.file_id)
        failpoints.hit("before_evidence_sent")
        asked_at = database_now()
        file_field = {"uncategorized_file": dispute.file_id} if dispute.file_id else {}
        facts = gateway.submit_evidence(
            account_id=account_id,
            dispute_id=dispute.provider_id,
            evidence={**dispute.evidence, **file_field},
            key=f"evidence-{sending}",
        )
    except ProviderRefused as refused:
        _note_refusal(dispute.pk, str(refused.extra.get("provider_message") or refused.detail))
        return
    failpoints.hit("after_evidence_sent")
    record_dispute(order_id=dispute.payment.order_id, facts=facts, known_at=asked_at)


@transaction.atomic
def _note_refusal(dispute_id: UUID, why: str) -> None:
    dispute = Dispute.objects.select_for_update().get(pk=dispute_id)
    if dispute.submitted_at is not None:
        return
    dispute.asked_at, dispute.file_id, dispute.failure = None, "", why[:200]
    dispute.save(update_fields=["asked_at", "file_id", "failure"])
    record(verb="evidence_refused", target=dispute, actor=SYSTEM, detail={"why": why[:200]})


@transaction.atomic
def set_dispute_policy(
    *, on_lost: DisputePolicy.OnLost, on_warning: DisputePolicy.OnWarning, actor: Actor
) -> DisputePolicy:
    """Choose what a lost dispute does to its tickets and what a warning of fraud does, from the next one on."""
    chosen = {"on_lost": on_lost.value, "on_warning": on_warning.value}
    policy, _is_new = DisputePolicy.objects.update_or_create(pk=1, defaults=chosen)
    record(verb="set_dispute_policy", target=policy, actor=actor, detail=chosen)
    return policy
