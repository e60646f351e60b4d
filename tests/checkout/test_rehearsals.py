"""Test mode: sold for nothing and to nobody, told from real at every place, and gone without a trace before it is real."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from analytics.queries import day_sales, tickets_by_hour, upcoming_events
from analytics.stock_prover import compare_stock
from audit.actions import SYSTEM
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout import letters
from checkout.cancellations import request_cancellation
from checkout.errors import RehearsalRefused
from checkout.publish import publish_event
from checkout.refunds import GivingBack, give_back
from checkout.rehearsals import go_live, purge_test_orders, set_test_mode
from console.actions import count_events
from console.models import OrganizerFigures
from events.models import Event
from events.queries import published_events
from inventory.errors import HoldEnded
from inventory.models import Hold, Place, StockEntry
from ledger.models import LedgerEntry
from marketplace.actions import list_event
from marketplace.models import ListedEvent
from notifications.models import EmailMessage
from orders.models import Order, Position
from outbox.models import OutboxMessage
from payments.models import Payment
from scanning.models import Admission, Scan
from tests import world
from tests.scanning.door import phone_at
from tests.world import FREE, STANDARD, House
from tickets.models import Ticket
from tickets.pdf import describe
from ui.errors import NotFound


def a_test(**about: object) -> Event:
    """A published test event with paid tickets, of an organizer who cannot charge anybody."""
    event = world.make_event(is_published=False, **about)  # type: ignore[arg-type]
    set_test_mode(event_id=event.pk, is_test=True, actor=SYSTEM)
    return publish_event(event_id=event.pk, actor=SYSTEM)


def test_a_test_order_costs_nothing_and_meets_no_provider_and_no_ledger(northside: House) -> None:
    event = a_test()

    held = world.hold(event, **{STANDARD: 2, FREE: 1})
    order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)

    assert (held.quote["total"], held.quote["is_test"]) == (0, True)
    assert (order.is_test, order.total, order.is_paid) == (True, 0, True)
    assert Ticket.objects.filter(position__order=order).count() == 3
    assert (Payment.objects.count(), LedgerEntry.objects.count()) == (0, 0)
    assert breaches() == {}
    Event.objects.filter(pk=event.pk).update(is_test=False)
    assert set(breaches()) == {"tests"}
    for changed in ({"total": 100}, {"is_test": False}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Order.objects.filter(pk=order.pk).update(**changed)


def test_it_is_told_from_real_in_mail_ticket_and_at_every_door(northside: House) -> None:
    event = a_test(starts_at=timezone.now() + timedelta(minutes=5))
    order = world.place_order(event, **{FREE: 1})
    real = world.make_event(kinds=((FREE, 0, 5),), starts_at=timezone.now() + timedelta(minutes=5))
    ticket = Ticket.objects.get(position__order=order)

    answers = [phone_at(northside, gate).scan(ticket) for gate in (event, real)]
    letters.mail_tickets(order_id=order.pk)

    assert {(one["outcome"], one["verdict"], one["title"]) for one in answers} == {("test", "stop", "Test ticket")}
    assert Admission.objects.count() == 0
    mail = EmailMessage.objects.get(key=f"tickets:{order.pk}")
    assert mail.subject.startswith("TEST: Your tickets")
    assert "A test order: nothing was charged" in mail.text
    assert "TEST · " in describe(order).html


def test_it_stands_in_no_list_and_no_figure(northside: House) -> None:
    now = timezone.now()
    event = a_test()
    world.place_order(event, **{STANDARD: 2})
    count_events()
    list_event(event_id=event.pk)

    sales = day_sales(zone="Europe/Berlin", at=timezone.now() + timedelta(seconds=1))

    assert (sales.orders, sales.tickets, sales.money) == (0, 0, ())
    assert sum(bar.tickets for bar in tickets_by_hour(since=now, until=timezone.now(), zone="Europe/Berlin")) == 0
    assert (upcoming_events(at=now), published_events(after=now)) == ([], [])
    assert not OutboxMessage.objects.filter(kind="count_sale").exists()
    assert OrganizerFigures.objects.get(organizer=northside.organizer).events == 0
    assert not ListedEvent.objects.exists()


def test_deleting_frees_the_places_keeps_the_journal_right_and_lets_the_event_go_live(paying: House) -> None:
    event = a_test()
    first, second = world.place_order(event, **{STANDARD: 2}), world.place_order(event, **{FREE: 3})
    given = Position.objects.filter(order=second).earliest("index")
    give_back(order_id=second.pk, asked=GivingBack(positions=frozenset({given.pk}), cancels=True), actor=SYSTEM)
    phone_at(paying, event).scan(Ticket.objects.filter(position__order=first).earliest("pk"))
    held = world.hold(event, **{FREE: 1})
    with pytest.raises(RehearsalRefused, match="2 test orders"):
        go_live(event_id=event.pk, actor=SYSTEM)

    assert purge_test_orders(event_id=event.pk, actor=SYSTEM) == 2
    assert purge_test_orders(event_id=event.pk, actor=SYSTEM) == 0

    assert (Order.objects.count(), Position.objects.count(), Ticket.objects.count()) == (0, 0, 0)
    assert set(Place.objects.values_list("state", flat=True)) == {Place.State.FREE}
    assert StockEntry.objects.filter(cause="test order deleted", kind=StockEntry.Kind.RETURN).count() == 4
    assert not compare_stock(world.the_performance(event).pk).differences
    assert Scan.objects.values_list("outcome", "ticket").get() == (Scan.Outcome.TEST, None)
    entry = AuditEntry.objects.get(verb="purge_test_orders")
    assert entry.detail == {"n": 2, "numbers": [first.number, second.number]}
    letters.mail_tickets(order_id=first.pk)  # was due when it went
    assert not EmailMessage.objects.filter(key=f"tickets:{first.pk}").exists()
    assert go_live(event_id=event.pk, actor=SYSTEM).is_test is False
    with pytest.raises(HoldEnded):
        checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)
    real = world.paid_order(event, **{STANDARD: 1})
    assert (real.is_test, real.total) == (False, 2510)
    assert breaches() == {}


def test_what_was_priced_as_a_test_is_never_sold_for_real(paying: House) -> None:
    event = a_test()
    held = world.hold(event, **{STANDARD: 1})
    Event.objects.filter(pk=event.pk).update(is_test=False)  # as if it had gone live while the claim was under way

    with pytest.raises(HoldEnded, match="The test of this event is over"):
        checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)

    assert (Order.objects.count(), Hold.objects.get().state) == (0, Hold.State.LIVE)
    assert breaches() == {}
    assert world.hold(event, **{STANDARD: 1}).quote["total"] == 2510  # the offer was renewed with it


def test_real_orders_are_never_deleted_and_a_published_event_never_becomes_a_test(paying: House) -> None:
    event = world.make_event()
    order = world.paid_order(event, **{STANDARD: 1})

    held = world.hold(event, **{FREE: 1})
    places = list(Place.objects.order_by("pk").values("state", "hold_id", "position_id"))

    with pytest.raises(RehearsalRefused, match="sold for real"):
        purge_test_orders(event_id=event.pk, actor=SYSTEM)
    with pytest.raises(RehearsalRefused):
        set_test_mode(event_id=event.pk, is_test=True, actor=SYSTEM)
    with pytest.raises(RehearsalRefused):
        go_live(event_id=event.pk, actor=SYSTEM)
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk)._raw_delete("default")

    assert Order.objects.get().pk == order.pk
    assert list(Place.objects.order_by("pk").values("state", "hold_id", "position_id")) == places
    assert Hold.objects.get(pk=held.pk).state == Hold.State.LIVE
    assert breaches() == {}


def test_a_wish_to_give_a_test_ticket_back_goes_with_its_order(northside: House) -> None:
    event = a_test()
    order = world.place_order(event, **{FREE: 1})
    request_cancellation(
        order_id=order.pk, position_ids=frozenset(order.positions.values_list("pk", flat=True)), words="Ill"
    )

    assert purge_test_orders(event_id=event.pk, actor=SYSTEM) == 1
    assert Order.objects.count() == 0


def test_paid_tickets_go_live_once_cards_can_be_charged(northside: House) -> None:
    event = a_test()

    with pytest.raises(RehearsalRefused, match="Connect Stripe first"):
        go_live(event_id=event.pk, actor=SYSTEM)

    assert Event.objects.get(pk=event.pk).is_test


def test_the_other_organizers_tests_are_not_there(northside: House, southside: House) -> None:
    with tenant_context(southside.organizer):
        theirs = a_test()
        world.place_order(theirs, **{FREE: 1})

    for verb in (purge_test_orders, go_live):
        with pytest.raises(NotFound):
            verb(event_id=theirs.pk, actor=SYSTEM)

    with tenant_context(southside.organizer):
        assert Order.objects.count() == 1
