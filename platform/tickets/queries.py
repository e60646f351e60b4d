"""Reads of tickets and keys, and the locked read that a door needs."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from tickets.models import SigningKey, Ticket


def tickets_of_order(order_id: UUID) -> list[Ticket]:
    """The valid tickets of an order, in the order of its positions, with what a page or a PDF shows of them."""
    return list(_with_all().filter(position__order_id=order_id, state=Ticket.State.VALID).order_by("position__index"))


def ticket_history_of_order(order_id: UUID) -> list[Ticket]:
    """All tickets of an order, void ones too, each position's newest last."""
    return list(_with_all().filter(position__order_id=order_id).order_by("position__index", "issued_at", "pk"))


def valid_tickets_for_update(position_ids: Iterable[UUID]) -> list[Ticket]:
    """The valid tickets of these positions, locked in primary-key order."""
    tickets = Ticket.objects.select_for_update(no_key=True)
    return list(tickets.filter(position_id__in=list(position_ids), state=Ticket.State.VALID).order_by("pk"))


def ticket_at_door(ticket_id: UUID) -> Ticket | None:
    """A ticket with its position, order, performance and type, locked so that voiding and entering take turns."""
    try:
        return _at_door().get(pk=ticket_id)
    except Ticket.DoesNotExist:
        return None


def ticket_at_door_by_short_code(short_code: str) -> Ticket | None:
    """The same, by the code that people type."""
    return _at_door().filter(short_code=short_code).first()


def own_public_key(event_tag: bytes, key_id: int) -> bytes | None:
    """The public key of one of this organizer's events, or None. Retired keys still verify what they signed."""
    try:
        found = SigningKey.objects.values_list("public_key", flat=True).get(event_tag=event_tag.hex(), key_id=key_id)
    except SigningKey.DoesNotExist:
        return None
    return bytes(found)


def current_signing_key(event_id: UUID) -> SigningKey | None:
    """The key that signs an event's new codes, or None before the first."""
    return SigningKey.objects.filter(event_id=event_id, retired_at=None).order_by("-key_id").first()


def _with_all() -> QuerySet[Ticket]:
    return Ticket.objects.select_related(
        "event__venue", "position__order", "position__performance", "position__ticket_type"
    )


def _at_door() -> QuerySet[Ticket]:
    joined = Ticket.objects.select_related("position__order", "position__performance")
    return joined.select_for_update(of=("self",), no_key=True)
