"""Issuing, voiding and replacing tickets, and the keys that sign them."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from audit.models import AuditEntry
from keyring.models import PublishedKey
from keyring.queries import published_key
from orders.models import Order, Position
from outbox.models import OutboxMessage
from tests import world
from tests.tickets.sales import open_event, order_as_rows, sell
from tests.world import House
from tickets import codes, keys
from tickets.actions import (
    ensure_signing_key,
    issue_tickets,
    publish_signing_key,
    reissue_ticket,
    void_tickets,
)
from tickets.errors import KeySealBroken, TicketIsVoid, TicketNotFound
from tickets.models import SigningKey, Ticket
from tickets.queries import own_public_key, ticket_history_of_order, tickets_of_order
from ui.ids import uuid7


def test_every_sold_position_gets_one_ticket_that_verifies(northside: House) -> None:
    order = world.paid_order(open_event(), **{world.FREE: 3})

    tickets = tickets_of_order(order.pk)

    assert [ticket.position.index for ticket in tickets] == [1, 2, 3]
    assert len({ticket.short_code for ticket in tickets}) == 3
    for ticket in tickets:
        verdict = codes.verify(ticket.code, own_public_key)
        assert isinstance(verdict, codes.Genuine)
        assert verdict.content.ticket_id == ticket.pk
        assert verdict.content.event_tag == codes.event_tag(order.event_id)
        assert verdict.content.performance_tag == codes.performance_tag(order.performance_id)
        assert verdict.content.ticket_type_tag == codes.ticket_type_tag(ticket.position.ticket_type_id)


def test_issuing_again_issues_nothing(northside: House) -> None:
    first = sell(open_event(), tickets=2)
    order = first[0].position.order

    again = issue_tickets(order=order, actor=SYSTEM)

    assert [ticket.pk for ticket in again] == [ticket.pk for ticket in first]
    assert Ticket.objects.filter(position__order=order).count() == 2
    assert AuditEntry.objects.filter(verb="issue_tickets", target_id=str(order.pk)).count() == 1


def test_issuing_does_not_bring_back_what_was_voided(northside: House) -> None:
    first, second = sell(open_event(), tickets=2)
    order = first.position.order
    void_tickets(position_ids=[first.position_id], reason=Ticket.VoidReason.REFUNDED, actor=SYSTEM)

    again = issue_tickets(order=order, actor=SYSTEM)

    assert [ticket.pk for ticket in again] == [second.pk]


def test_a_position_that_is_not_sold_gets_none(northside: House) -> None:
    order = order_as_rows(open_event(), state=Order.State.PENDING, position_state=Position.State.ORDERED)

    assert issue_tickets(order=order, actor=SYSTEM) == []
    assert not Ticket.objects.filter(position__order=order).exists()


def test_the_database_refuses_two_valid_tickets_for_a_position(northside: House) -> None:
    (ticket,) = sell(open_event())
    twin = Ticket(position=ticket.position, event=ticket.event, code="another", short_code="ANOTHER1")

    with pytest.raises(IntegrityError, match="ticket_one_valid"), transaction.atomic():
        twin.save()


def test_voiding_says_when_and_why_and_who(northside: House) -> None:
    first, second = sell(open_event(), tickets=2)
    order = first.position.order
    before = timezone.now()

    voided = void_tickets(position_ids=[first.position_id], reason=Ticket.VoidReason.REFUNDED, actor=SYSTEM)

    assert [ticket.pk for ticket in voided] == [first.pk]
    first.refresh_from_db()
    assert (first.state, first.void_reason) == (Ticket.State.VOID, Ticket.VoidReason.REFUNDED)
    assert first.voided_at is not None
    assert first.voided_at >= before
    assert [ticket.pk for ticket in tickets_of_order(order.pk)] == [second.pk]
    assert AuditEntry.objects.get(verb="void_ticket", target_id=str(first.pk)).detail == {"reason": "refunded"}
    assert void_tickets(position_ids=[first.position_id], reason=Ticket.VoidReason.REFUNDED, actor=SYSTEM) == []


def test_a_replaced_ticket_dies_and_the_new_one_lives(northside: House) -> None:
    (old,) = sell(open_event())

    new = reissue_ticket(ticket_id=old.pk, actor=SYSTEM)

    old.refresh_from_db()
    assert (old.state, old.void_reason) == (Ticket.State.VOID, Ticket.VoidReason.REISSUED)
    assert new.is_valid
    assert new.position_id == old.position_id
    assert new.code != old.code
    assert new.short_code != old.short_code
    history = ticket_history_of_order(new.position.order_id)
    assert [ticket.pk for ticket in history] == [old.pk, new.pk]
    with pytest.raises(TicketIsVoid):
        reissue_ticket(ticket_id=old.pk, actor=SYSTEM)
    with pytest.raises(TicketNotFound):
        reissue_ticket(ticket_id=uuid7(), actor=SYSTEM)


def test_an_event_has_one_key_and_its_private_half_is_sealed(northside: House) -> None:
    event = open_event()

    key = ensure_signing_key(event)

    assert ensure_signing_key(event).pk == key.pk
    private = keys.unseal(bytes(key.sealed_private_key), owner=key.seal_owner)
    assert private.public_key().public_bytes_raw() == bytes(key.public_key)
    assert private.private_bytes_raw() not in bytes(key.sealed_private_key)


def test_a_sealed_key_opens_only_for_its_own_event_and_secret(northside: House, settings: object) -> None:
    key, other = ensure_signing_key(open_event()), ensure_signing_key(open_event())

    with pytest.raises(KeySealBroken):
        keys.unseal(bytes(key.sealed_private_key), owner=other.seal_owner)
    with pytest.raises(KeySealBroken):
        keys.unseal(b"short", owner=key.seal_owner)
    settings.TICKET_KEY_SECRET = "another secret"  # type: ignore[attr-defined]
    with pytest.raises(KeySealBroken):
        keys.unseal(bytes(key.sealed_private_key), owner=key.seal_owner)


def test_the_public_half_reaches_the_key_ring_and_nothing_else(northside: House, southside: House) -> None:
    key = ensure_signing_key(open_event("CANARY title"))
    message = OutboxMessage.objects.get(kind="publish_signing_key", key=str(key))

    publish_signing_key(message.payload)
    publish_signing_key(message.payload)

    with tenant_context(southside.organizer):
        row = PublishedKey.objects.get(event_tag=key.event_tag)
        assert row.organizer_id == northside.organizer.pk
        assert published_key(bytes.fromhex(key.event_tag), 1) == bytes(key.public_key)
        assert not SigningKey.objects.filter(event_tag=key.event_tag).exists()
        assert {field.name for field in PublishedKey._meta.get_fields()} == {
            "id",
            "event_tag",
            "key_id",
            "organizer_id",
            "public_key",
            "published_at",
        }
