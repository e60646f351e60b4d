"""What a hold's idempotency key was answered: the hold as it was made, or its refusal in the same words."""

from datetime import timedelta
from uuid import UUID

from checkout.catalog import Offer
from checkout.holding import Asked, refusal_of
from idempotency.actions import keep_answer, kept_answer
from inventory.errors import AccessSeat, NoBlock, SeatTaken, SingleSeatLeft, SoldOut, WholeTable
from inventory.models import Hold
from ui.errors import DomainError

SEATS = "seats"  # the outcome under which a refusal by the rules of a seat map is kept
_REFUSALS: dict[str, type[DomainError]] = {
    refusal.code: refusal for refusal in (SeatTaken, SingleSeatLeft, WholeTable, AccessSeat, NoBlock, SoldOut)
}


def hold_of_key(offer: Offer, asked: Asked) -> Hold:
    """What this key was answered before: the hold as it was made, or its refusal raised again. Raises KeyReused."""
    kept = kept_answer(scope=asked.scope, key=asked.key, fingerprint=asked.fingerprint)
    if kept.reference:
        hold = Hold.objects.get(pk=kept.reference)
        hold.state = Hold.State.LIVE
        hold.expires_at = hold.created_at + timedelta(seconds=kept.body["seconds"])
        return hold
    if kept.body["outcome"] == SEATS:
        raise _REFUSALS[kept.body["code"]](kept.body["detail"], **kept.body["extra"])
    kind = kept.body["ticket_type"]
    raise refusal_of(offer, kept.body["outcome"], UUID(kind) if kind else None, kept.body["available"])


def keep_refusal(asked: Asked, refusal: DomainError) -> None:
    """Answer the key with this refusal from now on, if it is one by the rules of a seat map."""
    if refusal.code in _REFUSALS:
        body = {"outcome": SEATS, "code": refusal.code, "detail": str(refusal.detail), "extra": refusal.extra}
        keep_answer(scope=asked.scope, key=asked.key, fingerprint=asked.fingerprint, status=refusal.status, body=body)
