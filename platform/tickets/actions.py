"""Everything that writes tickets: keys are made, tickets issued, voided, replaced, their PDF kept."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection, transaction
from django.utils import timezone

from audit.actions import Actor, record
from events.models import Event
from keyring.actions import publish_key
from orders.models import Order, Position
from outbox.actions import enqueue
from tenants.current import current_organizer
from tenants.storage import organizer_folder
from tickets import codes, keys, pdf
from tickets.errors import TicketIsVoid, TicketNotFound
from tickets.models import SigningKey, Ticket
from tickets.queries import current_signing_key, valid_tickets_for_update
from ui.ids import new_code, uuid7

SHORT_CODE_LENGTH = (
    8  # 40 bits: with a million tickets a guess hits once in a million tries, each made before a steward
)


@transaction.atomic
def ensure_signing_key(event: Event) -> SigningKey:
    """The key that signs this event's codes, made now if it has none. Its public half goes to the key ring by the outbox."""
    key = current_signing_key(event.pk)
    if key is not None:
        return key
    tag = codes.event_tag(event.pk)
    private, public = keys.new_key_pair()
    made = SigningKey(event=event, event_tag=tag.hex(), key_id=1, public_key=public)
    made.sealed_private_key = keys.seal(private, owner=made.seal_owner)
    # Two first sales at once: the second waits here for the first, then finds its key.
    SigningKey.objects.bulk_create([made], ignore_conflicts=True)
    key = SigningKey.objects.get(event_tag=tag.hex(), key_id=1)
    enqueue(kind="publish_signing_key", key=str(key), payload={"signing_key": key.pk})
    return key


def publish_signing_key(payload: dict[str, Any]) -> None:
    """Outbox: put a key's public half where every organizer's door finds it."""
    key = SigningKey.objects.get(pk=payload["signing_key"])
    publish_key(
        organizer_id=current_organizer().pk,
        event_tag=bytes.fromhex(key.event_tag),
        key_id=key.key_id,
        public_key=bytes(key.public_key),
    )


def issue_tickets(*, order: Order, actor: Actor) -> list[Ticket]:
    """One ticket for every sold position that never had one; returns the order's valid tickets by position.

    Runs in the caller's transaction. A second call issues nothing.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("tickets are issued outside a transaction")
    sold = Position.objects.select_for_update(no_key=True).filter(order=order, state=Position.State.SOLD)
    positions = sorted(sold.order_by("pk"), key=lambda position: position.index)
    existing = list(Ticket.objects.filter(position__in=positions))
    had_one = {ticket.position_id for ticket in existing}
    issued = _make(order.event, [position for position in positions if position.pk not in had_one])
    if issued:
        record(verb="issue_tickets", target=order, actor=actor, detail={"tickets": [str(one.pk) for one in issued]})
    valid = {ticket.position_id: ticket for ticket in [*existing, *issued] if ticket.is_valid}
    return [valid[position.pk] for position in positions if position.pk in valid]


@transaction.atomic
def void_tickets(*, position_ids: Iterable[UUID], reason: Ticket.VoidReason, actor: Actor) -> list[Ticket]:
    """Make the valid tickets of these positions worthless at every door; returns those that were valid until now."""
    tickets = valid_tickets_for_update(position_ids)
    for ticket in tickets:
        _void(ticket, reason)
        record(verb="void_ticket", target=ticket, actor=actor, detail={"reason": str(reason.value)})
    return tickets


@transaction.atomic
def reissue_ticket(*, ticket_id: UUID, actor: Actor) -> Ticket:
    """Replace a valid ticket by a new one for the same position; the old code is refused from now on.

    Raises TicketNotFound, or TicketIsVoid when there is nothing valid to replace.
    """
    found = Ticket.objects.select_for_update(no_key=True, of=("self",)).select_related("event", "position")
    old = found.filter(pk=ticket_id).first()
    if old is None:
        raise TicketNotFound
    if not old.is_valid:
        raise TicketIsVoid
    _void(old, Ticket.VoidReason.REISSUED)
    (new,) = _make(old.event, [old.position])
    record(verb="reissue_ticket", target=new, actor=actor, detail={"replaces": str(old.pk)})
    return new


def store_pdf(order: Order) -> str:
    """The name in private storage of a PDF with the order's valid tickets, drawn only when its content is new.

    Raises TicketNotFound when no ticket is valid, PdfUnavailable when this machine cannot draw.
    """
    return store_document(order, pdf.describe(order))


def store_document(order: Order, document: pdf.Document) -> str:
    """The name in private storage of a PDF about an order, drawn only when there is none of this `digest`.

    Raises PdfUnavailable when this machine cannot draw.
    """
    name = f"{organizer_folder()}/tickets/{order.pk}/{document.digest}.pdf"
    storage = storages["private"]
    if storage.exists(name):
        return name
    return storage.save(name, ContentFile(pdf.draw(document)))


def forget_pdfs(order: Order) -> None:
    """Delete what was drawn of an order, tickets and receipts; whoever asks for it again gets a new one."""
    storage, folder = storages["private"], f"{organizer_folder()}/tickets/{order.pk}"
    with suppress(FileNotFoundError):
        for name in storage.listdir(folder)[1]:
            storage.delete(f"{folder}/{name}")


def forget_tickets(*, order: Order) -> None:
    """Delete the tickets of a test order. Of a real one they stay for ever, void or not. Raises RuntimeError for one."""
    if not order.is_test:
        raise RuntimeError(f"the tickets of order {order.number} are real")
    Ticket.objects.filter(position__order=order).delete()


def _void(ticket: Ticket, reason: Ticket.VoidReason) -> None:
    ticket.state = Ticket.State.VOID
    ticket.void_reason = reason
    ticket.voided_at = timezone.now()
    ticket.save(update_fields=["state", "void_reason", "voided_at"])


def _make(event: Event, positions: list[Position]) -> list[Ticket]:
    if not positions:
        return []
    key = ensure_signing_key(event)
    private = keys.unseal(bytes(key.sealed_private_key), owner=key.seal_owner)
    tickets = []
    for position, short_code in zip(positions, _free_short_codes(len(positions)), strict=True):
        ticket = Ticket(pk=uuid7(), position=position, event=event, short_code=short_code)
        content = codes.Content(
            key_id=key.key_id,
            event_tag=bytes.fromhex(key.event_tag),
            ticket_id=ticket.pk,
            performance_tag=codes.performance_tag(position.performance_id),
            ticket_type_tag=codes.ticket_type_tag(position.ticket_type_id),
        )
        ticket.code = codes.sign(content, private)
        tickets.append(ticket)
    return Ticket.objects.bulk_create(tickets)


def _free_short_codes(count: int) -> list[str]:
    """Codes that no ticket of this organizer has; the unique constraint is the last line."""
    chosen: set[str] = set()
    while len(chosen) < count:
        candidates = {new_code(SHORT_CODE_LENGTH) for _ in range(count - len(chosen))}
        taken = Ticket.objects.filter(short_code__in=candidates).values_list("short_code", flat=True)
        chosen |= candidates - set(taken)
    return list(chosen)
