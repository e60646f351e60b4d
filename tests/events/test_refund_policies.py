"""A policy is a history of versions; once published it only becomes more generous, and orders keep what they were sold under."""

from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django_tenants.utils import tenant_context

from audit.actions import user_actor
from audit.models import AuditEntry
from checkout.refund_terms import refund_terms
from events.errors import EventInvalid, PolicyStricter
from events.models import Event, RefundPolicy, TicketType
from events.refund_policies import refund_rules_of, set_refund_policy
from events.refund_rules import RefundRules, Tier
from tests import world
from ui.errors import NotFound

NORA = user_actor(UUID(int=1))
USUAL = RefundRules((Tier(30 * 24, 100), Tier(7 * 24, 50)))
LOOSER = RefundRules((Tier(30 * 24, 100), Tier(24, 50)))


@pytest.fixture
def event(northside: world.House) -> Event:
    return world.make_event(kinds=(("Guest", 0, 5), ("Press", 0, 5)), is_published=False)


def press(event: Event) -> TicketType:
    return event.ticket_types.get(name="Press")


def test_each_change_is_a_version_and_the_newest_is_in_force(event: Event) -> None:
    assert refund_rules_of(event.pk).of_event is None
    for rules in (USUAL, LOOSER, LOOSER):
        set_refund_policy(event_id=event.pk, rules=rules, actor=NORA)

    assert refund_rules_of(event.pk).of_event == LOOSER
    assert list(RefundPolicy.objects.order_by("pk").values_list("version", flat=True)) == [1, 2]
    assert AuditEntry.objects.filter(verb="set_refund_policy").count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        RefundPolicy.objects.update(rules=None)


def test_a_ticket_type_may_differ_and_come_back(event: Event) -> None:
    set_refund_policy(event_id=event.pk, rules=USUAL, actor=NORA)
    set_refund_policy(event_id=event.pk, rules=RefundRules(), ticket_type_id=press(event).pk, actor=NORA)
    rules = refund_rules_of(event.pk)
    assert (rules.of(press(event).pk), rules.of(event.ticket_types.get(name="Guest").pk)) == (RefundRules(), USUAL)

    set_refund_policy(event_id=event.pk, rules=None, ticket_type_id=press(event).pk, actor=NORA)
    assert refund_rules_of(event.pk).of(press(event).pk) == USUAL


@pytest.mark.parametrize(
    "stricter",
    [
        None,
        RefundRules(),
        RefundRules((Tier(30 * 24, 100),)),
        RefundRules((Tier(31 * 24, 100), Tier(7 * 24, 50))),
        RefundRules((Tier(30 * 24, 99), Tier(7 * 24, 50))),
        RefundRules(USUAL.tiers, kept_fee=1),
    ],
)
def test_a_published_promise_is_not_taken_back(event: Event, stricter: RefundRules | None) -> None:
    set_refund_policy(event_id=event.pk, rules=USUAL, actor=NORA)
    world.publish_event(event_id=event.pk, actor=NORA)

    with pytest.raises(PolicyStricter, match="buyers were promised more"):
        set_refund_policy(event_id=event.pk, rules=stricter, actor=NORA)
    with pytest.raises(PolicyStricter):
        set_refund_policy(
            event_id=event.pk, rules=stricter or RefundRules(), ticket_type_id=press(event).pk, actor=NORA
        )

    assert RefundPolicy.objects.count() == 1
    assert refund_rules_of(event.pk).of(press(event).pk) == USUAL


def test_a_published_promise_may_become_looser(event: Event) -> None:
    set_refund_policy(event_id=event.pk, rules=RefundRules(), actor=NORA)
    world.publish_event(event_id=event.pk, actor=NORA)

    set_refund_policy(event_id=event.pk, rules=USUAL, actor=NORA)
    set_refund_policy(event_id=event.pk, rules=LOOSER, ticket_type_id=press(event).pk, actor=NORA)
    with pytest.raises(PolicyStricter):  # as the event is less than its own
        set_refund_policy(event_id=event.pk, rules=None, ticket_type_id=press(event).pk, actor=NORA)


def test_nonsense_is_refused(event: Event, southside: world.House) -> None:
    with pytest.raises(EventInvalid, match="its own time"):
        set_refund_policy(event_id=event.pk, rules=RefundRules((Tier(1, 5), Tier(1, 4))), actor=NORA)
    with pytest.raises(EventInvalid, match="from 100 down to 1"):
        set_refund_policy(event_id=event.pk, rules=RefundRules((Tier(2, 5), Tier(1, 6))), actor=NORA)
    with pytest.raises(EventInvalid, match="not part of the event"):
        set_refund_policy(event_id=event.pk, rules=USUAL, ticket_type_id=UUID(int=5), actor=NORA)
    with tenant_context(southside.organizer), pytest.raises(NotFound):
        set_refund_policy(event_id=event.pk, rules=USUAL, actor=NORA)
    assert RefundPolicy.objects.count() == 0


def test_an_order_keeps_what_it_was_sold_under(event: Event) -> None:
    set_refund_policy(event_id=event.pk, rules=USUAL, actor=NORA)
    world.publish_event(event_id=event.pk, actor=NORA)
    order = world.place_order(event, Guest=1)
    set_refund_policy(event_id=event.pk, rules=LOOSER, actor=NORA)
    later = world.place_order(event, Guest=1)

    promises = [one.positions.get().refund_promise for one in (order, later)]
    assert [RefundRules.from_dict(promise) for promise in promises if promise] == [USUAL, LOOSER]
    assert promises[0]["starts_at"] == world.the_performance(event).starts_at.isoformat()


def test_terms_group_the_tickets_that_share_them(event: Event) -> None:
    assert refund_terms(event, world.the_performance(event)) == []
    set_refund_policy(event_id=event.pk, rules=USUAL, actor=NORA)
    (both,) = refund_terms(event, world.the_performance(event))
    assert both.names == ("Guest", "Press")

    set_refund_policy(event_id=event.pk, rules=RefundRules(), ticket_type_id=press(event).pk, actor=NORA)
    guest, final = refund_terms(event, world.the_performance(event))
    assert (guest.names, final.names, final.is_final_sale) == (("Guest",), ("Press",), True)
    assert refund_terms(event, world.the_performance(event), only=[press(event).pk]) == [final]
