"""Sales in exact numbers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.queries import capacities, day_sales, event_sales, tickets_by_day, tickets_by_hour, upcoming_events
from checkout.actions import refund_order
from events.models import Quota, TicketType
from inventory.blocks import Purpose, block_seats
from orders.models import Order
from tests import seated, world

FREE = (("Guest", 0, 10), ("Press", 0, 5))


def paid_at(order: Order, moment: datetime) -> None:
    Order.objects.filter(pk=order.pk).update(paid_at=moment)


def test_money_of_an_event_is_what_buyers_paid_less_fees_and_refunds(paying: world.House, media: object) -> None:
    event = world.make_event(kinds=(("Standard", 2400, 50), ("Balcony", 4000, 10)))
    world.paid_order(event, Standard=2)
    gone = world.paid_order(event, Balcony=1)
    world.place_order(event, Standard=3)  # waits for payment: held, not sold
    refund_order(order_id=gone.pk, actor=world.SYSTEM)

    sales = event_sales(event, at=timezone.now())

    assert [(kind.ticket_type.name, kind.sold, kind.held, kind.free) for kind in sales.types] == [
        ("Standard", 2, 3, 45),
        ("Balcony", 0, 0, 10),
    ]
    assert sales.orders == 1
    money = sales.money
    assert (money.gross, money.fees) == (5020 + 4150, 220 + 150)
    assert (money.refunded, money.refunded_fees) == (4150, 150)
    assert money.net == 4800


def test_a_lapsed_hold_counts_as_free(northside: world.House) -> None:
    event = world.make_event(kinds=FREE)
    held = world.hold(event, Guest=4)

    now = event_sales(event, at=held.expires_at - timedelta(seconds=1))
    later = event_sales(event, at=held.expires_at + timedelta(seconds=1))

    assert (now.held, now.free) == (4, 11)
    assert (later.held, later.free) == (0, 15)


def test_a_draft_shows_what_is_planned(northside: world.House) -> None:
    event = world.make_event(kinds=FREE, is_published=False)

    sales = event_sales(event, at=timezone.now())

    assert (sales.sold, sales.capacity, sales.money.gross, sales.money.currency) == (0, 15, 0, "EUR")


def test_today_begins_at_midnight_of_the_organizers_zone(northside: world.House) -> None:
    event = world.make_event(kinds=FREE)
    now = datetime(2026, 12, 4, 20, 0, tzinfo=UTC)  # 21:00 in Berlin
    for moment, tickets in (
        (datetime(2026, 12, 3, 22, 59, tzinfo=UTC), 1),  # 23:59 yesterday
        (datetime(2026, 12, 3, 23, 1, tzinfo=UTC), 2),  # 00:01 today
        (datetime(2026, 12, 4, 19, 59, tzinfo=UTC), 3),
        (datetime(2026, 11, 27, 12, 0, tzinfo=UTC), 1),  # a week ago at noon
        (datetime(2026, 11, 27, 21, 0, tzinfo=UTC), 3),  # a week ago, later than now
    ):
        paid_at(world.place_order(event, Guest=tickets), moment)

    today = day_sales(zone="Europe/Berlin", at=now)
    last_week = day_sales(zone="Europe/Berlin", at=now, days_ago=7)

    assert (today.orders, today.tickets) == (2, 5)
    assert (last_week.orders, last_week.tickets) == (1, 1)


def test_hours_without_sales_are_there_too(northside: world.House) -> None:
    event = world.make_event(kinds=FREE)
    other = world.make_event(kinds=FREE)
    base = datetime(2026, 12, 4, 10, 0, tzinfo=UTC)
    for minutes, tickets in ((5, 2), (50, 1), (130, 4)):
        paid_at(world.place_order(event, Guest=tickets), base + timedelta(minutes=minutes))
    paid_at(world.place_order(other, Press=1), base + timedelta(minutes=70))

    since, until = base, base + timedelta(hours=3)
    mine = tickets_by_hour(since=since, until=until, zone="Europe/Berlin", event=event)
    everyone = tickets_by_hour(since=since, until=until, zone="Europe/Berlin")

    assert [bar.tickets for bar in mine] == [3, 0, 4]
    assert [bar.tickets for bar in everyone] == [3, 1, 4]
    assert [bar.starts_at.hour for bar in mine] == [11, 12, 13]


@pytest.mark.parametrize(
    ("since", "hours"),
    [(datetime(2027, 3, 27, 23, 0, tzinfo=UTC), 23), (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), 25)],
)
def test_the_day_the_clocks_change_has_its_own_hours(northside: world.House, since: datetime, hours: int) -> None:
    until = since + timedelta(hours=hours)

    bars = tickets_by_hour(since=since, until=until, zone="Europe/Berlin")
    days = tickets_by_day(since=since, until=until, zone="Europe/Berlin")

    assert len(bars) == hours
    assert len(days) == 1


def test_upcoming_events_come_soonest_first_and_the_past_not_at_all(northside: world.House) -> None:
    now = timezone.now()
    world.make_event("Later", kinds=FREE, starts_at=now + timedelta(days=20))
    world.make_event("Sooner", kinds=FREE, starts_at=now + timedelta(days=2))
    world.make_event("Draft", kinds=FREE, is_published=False)

    assert [event.title for event in upcoming_events(at=now)] == ["Sooner", "Later"]
    assert [event.title for event in upcoming_events(at=now + timedelta(days=5))] == ["Later"]


def test_how_full_events_are_agrees_with_each_events_own_figures(
    northside: world.House, django_assert_max_num_queries: Any
) -> None:
    events = [world.make_event(f"Event {number}", kinds=FREE) for number in range(4)]
    draft = world.make_event("Draft", kinds=FREE, is_published=False)
    world.place_order(events[0], Guest=3)
    world.hold(events[0], Press=2)
    refund_order(order_id=world.place_order(events[1], Guest=1).pk, actor=world.SYSTEM)
    world.hold(events[2], Guest=4)
    now = timezone.now()

    with django_assert_max_num_queries(6):
        rows = capacities([*events, draft], at=now)

    assert [(row.sold, row.held, row.capacity) for row in rows] == [
        (3, 2, 15),
        (0, 0, 15),
        (0, 4, 15),
        (0, 0, 15),
        (0, 0, 15),
    ]
    for row in rows:
        alone = event_sales(row.event, at=now)
        assert (row.sold, row.held, row.capacity) == (alone.sold, alone.held, alone.capacity)


def test_types_of_one_category_share_their_seats_and_blocked_ones_count(northside: world.House) -> None:
    event = seated.seated_event()
    Quota.objects.get(event=event, name="Stalls").ticket_types.add(
        TicketType.objects.create(event=event, name="Child", price=0, category="stalls", sort_order=9)
    )
    seated.order_seats(event, 30, kind="Balcony")
    performance = world.the_performance(event)
    block_seats(performance_id=performance.pk, seats=[0, 1, 2], purpose=Purpose("press"), actor=world.SYSTEM)

    sales = event_sales(event, at=timezone.now())

    assert (sales.sold, sales.free, sales.capacity) == (1, 27 + 5 + 20, 56)
    (row,) = capacities([event], at=timezone.now())
    assert row.capacity == 56
