"""Prove stock, and stop what cannot be proved."""

import logging
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from analytics.models import StockProof
from analytics.queries import last_journal_entry, last_proof, performances_to_prove, performances_with_entries_after
from analytics.stock_prover import compare_stock
from audit.actions import SYSTEM, Actor, record
from events.actions import resume_sales, stop_sales
from events.models import Performance
from events.queries import performance_by_id, performance_for_update
from inventory.live import mark_changed
from outbox.actions import enqueue

logger = logging.getLogger(__name__)

KEEP_PROOFS = timedelta(days=30)
MARKS_KEY = "stock-proof-marks"
MARKS_SECONDS = 24 * 3600


# --- One performance ---------------------------------------------------------------------------------------------------------


def prove_stock(*, performance_id: UUID, actor: Actor = SYSTEM) -> StockProof:
    """Compare journal, places and tickets of a performance and keep the result.

    A difference stops its sale and alarms the organizer's owners and the platform's admins, unless staff have accepted
    exactly this difference before. Raises NotFound.
    """
    performance = performance_by_id(performance_id)
    finding = compare_stock(performance.pk)
    with transaction.atomic():
        proof = StockProof.objects.create(performance=performance, actor=str(actor), **asdict(finding))
        if not proof.is_proved and not _is_accepted(proof):
            performance = performance_for_update(performance.pk)
            if not performance.is_stopped:
                _stop_and_alarm(performance, proof)
    return proof


def _is_accepted(proof: StockProof) -> bool:
    earlier = StockProof.objects.filter(performance_id=proof.performance_id, digest=proof.digest)
    return earlier.exclude(accepted_at=None).exists()


def _stop_and_alarm(performance: Performance, proof: StockProof) -> None:
    reason = f"Journal, places and tickets differ in {proof.differences} places."
    proof.performance = stop_sales(performance_id=performance.pk, reason=reason, actor=SYSTEM)
    mark_changed(performance.pk)
    record(
        verb="find_stock_differences",
        target=performance,
        actor=SYSTEM,
        detail={"proof": proof.pk, "differences": proof.differences, "examples": proof.examples[:3]},
    )
    enqueue(kind="mail_stock_alarm", key=str(proof.pk), payload={"proof_id": proof.pk})
    logger.critical(
        "the stock of performance %s does not add up, its sale is stopped: %d differences, for example %s",
        performance.pk,
        proof.differences,
        proof.examples[:3],
    )


@transaction.atomic
def accept_and_resume(*, performance_id: UUID, reason: str, actor: Actor) -> Performance:
    """Sell a stopped performance again, for `reason`. What its last proof found does not stop it a second time.

    Raises NotFound, EventInvalid without a reason or when the sale is not stopped.
    """
    performance = resume_sales(performance_id=performance_id, reason=reason, actor=actor)
    mark_changed(performance_id)
    proof = last_proof(performance_id)
    if proof is not None and not proof.is_proved:
        proof.accepted_at, proof.accepted_by, proof.accepted_because = timezone.now(), str(actor), reason[:200]
        proof.save(update_fields=["accepted_at", "accepted_by", "accepted_because"])
    return performance


# --- All of an organizer's ------------------------------------------------------------------------------------------------------


def prove_changed_stock() -> int:
    """Prove the performances of this organizer whose stock has moved; returns how many. Meant for every minute.

    Moved means journal entries after the mark of the round *before* the last: a transaction that was still open then
    has ended by now, so that its entries are not overlooked. The marks are in the cache; without them all are proved.
    """
    before, last = cache.get(MARKS_KEY, (None, None))
    newest = last_journal_entry()
    cache.set(MARKS_KEY, (last, newest), MARKS_SECONDS)
    if before is None:
        return prove_all_stock()
    return _prove_each(performances_with_entries_after(before))


def prove_all_stock() -> int:
    """Prove every performance of this organizer that is not long over; returns how many. Forgets old proofs."""
    StockProof.objects.filter(at__lt=timezone.now() - KEEP_PROOFS, differences=0).delete()
    return _prove_each(performances_to_prove(at=timezone.now()))


def _prove_each(performance_ids: Iterable[UUID]) -> int:
    done = 0
    for performance_id in performance_ids:
        prove_stock(performance_id=performance_id)
        done += 1
    return done
