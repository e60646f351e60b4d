"""An event's life: which way its state may go, what people read of it, and what happens to whoever is buying meanwhile."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.actions import SYSTEM
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout import letters
from checkout.changes import move_performance
from checkout.publish import pause_event, postpone_event, publish_event, resume_event
from events.actions import cancel_event
from events.errors import EventInvalid, StateRefused
from events.lifecycle import TRANSITIONS, Stage, stage_of
from events.models import Event, Performance
from events.publication import set_sale_start
from events.triggers import EVENT_STATES
from inventory.errors import EventPostponed, NotOnSale, SalePaused
from inventory.models import Hold
from notifications.models import EmailMessage
from orders.models import Order
from outbox.models import OutboxMessage
from payouts.runs import mature_dates
from scanning.models import Scan
from tests import world
from tests.scanning.door import phone_at
from tests.world import FREE, STANDARD, House
from tickets.models import Ticket
from ui.errors import NotFound

NOW = timezone.now


def an_event(**about: Any) -> Event:
    return world.make_event(kinds=((FREE, 0, 5),), **about)


def stage(event: Event, **known: Any) -> Stage:
    return stage_of(Event.objects.get(pk=event.pk), at=NOW(), **known)


def move(event: Event, verb: str) -> None:
    words = {"words": ""} if verb == "postpone_event" else {}
    verbs = {"pause_event": pause_event, "resume_event": resume_event, "postpone_event": postpone_event}
    {**verbs, "cancel_event": cancel_event, "publish_event": publish_event}[verb](
        event_id=event.pk, actor=SYSTEM, **words
    )


def test_the_database_knows_the_same_ways_as_the_product() -> None:
    ours = {(source, target) for sources, target in TRANSITIONS.values() for source in sources}

    theirs = set(re.findall(r"\('(\w+)', '(\w+)'\)", EVENT_STATES))

    assert theirs == {(str(source), str(target)) for source, target in ours}


@pytest.mark.parametrize(
    ("on_the_way", "refused"),
    [
        ([], ["resume_event"]),
        (["pause_event"], ["pause_event"]),
        (["postpone_event"], ["pause_event", "postpone_event", "resume_event"]),  # no new date yet
        (["cancel_event"], ["pause_event", "postpone_event", "resume_event"]),
    ],
)
def test_every_other_way_is_refused_and_changes_nothing(
    northside: House, on_the_way: list[str], refused: list[str]
) -> None:
    event = an_event()
    for verb in on_the_way:
        move(event, verb)
    before = Event.objects.values("state").get(pk=event.pk), AuditEntry.objects.count()

    for verb in refused:
        with pytest.raises(StateRefused) as error:
            move(event, verb)
        assert error.value.code == "event_state_refused"

    assert (Event.objects.values("state").get(pk=event.pk), AuditEntry.objects.count()) == before


def test_a_draft_can_only_be_published_and_the_database_refuses_what_no_verb_would(northside: House) -> None:
    draft = world.make_event(is_published=False)

    for verb in ("pause_event", "resume_event", "postpone_event"):
        with pytest.raises(StateRefused):
            move(draft, verb)
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=draft.pk).update(state=Event.State.PAUSED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=an_event().pk).update(is_test=True)


def test_each_step_is_logged_with_what_was_and_what_is(northside: House) -> None:
    event = an_event()
    for verb in ("pause_event", "resume_event", "cancel_event", "cancel_event"):
        move(event, verb)

    entries = AuditEntry.objects.filter(target_id=str(event.pk)).exclude(verb="create_event").order_by("pk")
    assert [(entry.verb, entry.detail["was"], entry.detail["is"]) for entry in entries] == [
        ("publish_event", "draft", "published"),
        ("pause_event", "published", "paused"),
        ("resume_event", "paused", "published"),
        ("cancel_event", "published", "cancelled"),
    ]


def test_what_people_read_follows_from_the_state_the_clock_and_the_stock(northside: House) -> None:
    event = an_event()
    assert (stage(event), stage(event, is_sold_out=True)) == (Stage.ON_SALE, Stage.SOLD_OUT)
    set_sale_start(event_id=event.pk, sale_starts_at=NOW() + timedelta(days=1), actor=SYSTEM)
    assert stage(event, is_sold_out=True) == Stage.SCHEDULED
    set_sale_start(event_id=event.pk, sale_starts_at=None, actor=SYSTEM)
    event.ticket_types.update(on_sale_from=NOW() + timedelta(days=1))
    assert stage(event) == Stage.SCHEDULED
    move(event, "pause_event")
    assert stage(event) == Stage.PAUSED
    over = NOW() - timedelta(days=1)
    Performance.objects.filter(event=event).update(
        doors_at=over - timedelta(hours=3), starts_at=over - timedelta(hours=2), ends_at=over
    )
    assert stage(event) == Stage.COMPLETED
    with pytest.raises(StateRefused, match="nothing to postpone"):
        move(event, "postpone_event")
    assert stage(event) == Stage.COMPLETED
    assert stage(world.make_event(is_published=False)) == Stage.DRAFT


def test_nothing_is_held_before_the_sale_begins(northside: House) -> None:
    event = an_event()
    world.hold(event, **{FREE: 1})  # the offer is in memory now
    set_sale_start(event_id=event.pk, sale_starts_at=NOW() + timedelta(hours=1), actor=SYSTEM)

    with pytest.raises(NotOnSale):
        world.hold(event, **{FREE: 1})
    with pytest.raises(EventInvalid):
        set_sale_start(event_id=event.pk, sale_starts_at=NOW() + timedelta(days=31), actor=SYSTEM)

    set_sale_start(event_id=event.pk, sale_starts_at=NOW() - timedelta(seconds=1), actor=SYSTEM)
    world.hold(event, **{FREE: 1})
    assert Hold.objects.count() == 2


def test_a_paused_event_holds_nothing_new_and_what_is_held_may_be_ordered(northside: House) -> None:
    event = an_event()
    held = world.hold(event, **{FREE: 2})
    move(event, "pause_event")

    with pytest.raises(SalePaused) as refused:
        world.hold(event, **{FREE: 1})
    order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)

    assert (refused.value.code, Hold.objects.count(), order.state) == ("sale_paused", 1, Order.State.PAID)
    move(event, "resume_event")
    assert world.hold(event, **{FREE: 1}).is_live(at=NOW())


def test_a_paused_events_order_may_still_be_paid(paying: House) -> None:
    event = world.make_event()
    order = world.place_order(event, **{STANDARD: 1})
    move(event, "pause_event")

    world.pay(order)
    checkout.settle_payment(order_id=order.pk)

    order.refresh_from_db()
    assert order.is_paid


def test_a_postponed_event_sells_nothing_keeps_its_tickets_and_tells_its_buyers_once(paying: House) -> None:
    event = world.make_event()
    sold, unpaid = world.paid_order(event, **{FREE: 2}), world.place_order(event, **{STANDARD: 1})
    held = world.hold(event, **{FREE: 1})

    postpone_event(event_id=event.pk, words="The hall is flooded.", actor=SYSTEM)

    for attempt in (
        lambda: world.hold(event, **{FREE: 1}),
        lambda: checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA),
        lambda: checkout.begin_payment(order_id=unpaid.pk),
    ):
        with pytest.raises(EventPostponed):
            attempt()
    assert Ticket.objects.filter(position__order=sold, state=Ticket.State.VALID).count() == 2
    message = OutboxMessage.objects.get(kind="mail_postponement")
    for _again in range(2):
        letters.mail_postponement(
            event_id=event.pk, postponed=message.payload["postponed"], words=message.payload["words"]
        )
    mail = EmailMessage.objects.get(key__startswith="postponed:")
    assert (mail.to, mail.subject) == (sold.email, f"Postponed: {event.title}")
    assert "The hall is flooded." in mail.text
    assert "Your tickets stay valid" in mail.text


def test_a_postponed_date_opens_no_door_and_pays_nobody_until_it_has_its_new_time(paying: House) -> None:
    soon = NOW() + timedelta(minutes=5)
    event = world.make_event(starts_at=soon, doors_at=NOW() - timedelta(hours=1))
    order = world.paid_order(event, **{STANDARD: 1})
    ticket, phone = Ticket.objects.get(position__order=order), phone_at(paying, event)
    postpone_event(event_id=event.pk, words="", actor=SYSTEM)

    answer = phone.scan(ticket)

    assert (answer["outcome"], answer["title"]) == (Scan.Outcome.NOT_YET_VALID, "Postponed")
    assert mature_dates(at=NOW() + timedelta(days=60)) == 0
    date = world.the_performance(event)
    with pytest.raises(StateRefused, match="its new time first"):
        move(event, "resume_event")
    times = {"starts_at": date.starts_at, "ends_at": date.ends_at, "doors_at": date.doors_at}
    move_performance(performance_id=date.pk, venue=event.venue, actor=SYSTEM, **times)  # as planned after all
    assert OutboxMessage.objects.filter(kind="mail_move").count() == 1
    assert stage(event) == Stage.POSTPONED  # its sale goes on when somebody says so
    move(event, "resume_event")
    assert phone.scan(ticket)["outcome"] == Scan.Outcome.ADMITTED
    assert world.hold(event, **{FREE: 1}).is_live(at=NOW())


def test_the_other_organizers_event_is_not_there(northside: House, southside: House) -> None:
    with tenant_context(southside.organizer):
        theirs = an_event()

    for verb in ("pause_event", "resume_event", "postpone_event", "cancel_event"):
        with pytest.raises(NotFound):
            move(theirs, verb)

    with tenant_context(southside.organizer):
        assert Event.objects.get(pk=theirs.pk).state == Event.State.PUBLISHED
    connection.set_tenant(northside.organizer)  # type: ignore[attr-defined]
