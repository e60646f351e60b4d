"""A series: sixty dates made at once, one that differs, many changed together."""

import time as clock
from datetime import date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics.invariants import breaches
from analytics.queries import capacities
from audit.actions import SYSTEM
from audit.models import AuditEntry
from checkout import actions as checkout
from checkout.batches import run_refund_batch
from checkout.catalog import kept_offer, read_offer
from checkout.dates import add_dates, cancel_dates, pause_dates, price_dates, resume_dates, shift_dates, size_dates
from checkout.errors import DatesRefused, NotRefundable
from checkout.publish import publish_event
from events.errors import EventInvalid
from events.models import DatePrice, DateQuota, Event, Performance
from events.series import occurrences, weekly_rule
from inventory.errors import NotOnSale, TooFewFree
from inventory.models import Hold, Place
from inventory.queries import availability
from marketplace.actions import list_event
from marketplace.models import ListedEvent
from orders.models import Order
from outbox.models import OutboxMessage
from payments.models import RefundBatch
from storefront.offers import lowest_price, offers_by_date
from tests import world
from tests.world import FREE, STANDARD
from ui.errors import NotFound

BERLIN = ZoneInfo("Europe/Berlin")
RULE = weekly_rule(weekdays=[1, 5], count=60)


def a_series(event: Event, *, rule: str = RULE, first_on: date = date(2027, 2, 1)) -> list[Performance]:
    """Tuesdays and Saturdays at eight, over the change to summer time, beside the event's first date."""
    made = occurrences(
        rule, first_on=first_on, starts=[time(20)], minutes=150, doors_minutes=60, zone=event.venue.timezone
    )
    return add_dates(event_id=event.pk, times=[one.times for one in made], actor=SYSTEM, rule=rule)


def ids(dates: list[Performance]) -> list:
    return [date.pk for date in dates]


def hold_on(date: Performance, event: Event, **wanted: int) -> Hold:
    basket = {world.kind_of(event, name).pk: quantity for name, quantity in wanted.items()}
    return checkout.place_hold(performance_id=date.pk, basket=basket)


def order_on(date: Performance, event: Event, **wanted: int) -> Order:
    held = hold_on(date, event, **wanted)
    return checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)


def clock_times(dates: list[Performance]) -> set[str]:
    return {date.starts_at.astimezone(BERLIN).strftime("%H:%M") for date in dates}


def test_sixty_dates_over_a_clock_change_one_overridden_then_all_an_hour_later(northside: world.House) -> None:
    world.let_charge(northside)
    event = world.make_event(kinds=((STANDARD, 2400, 500),), is_published=False)
    dates = a_series(event)
    assert len(dates) == 60
    assert clock_times(dates) == {"20:00"}
    assert {date.starts_at.hour for date in dates} == {19, 18}  # winter and summer, by the clock of UTC
    assert AuditEntry.objects.get(verb="add_dates").detail["n"] == 60

    began = clock.monotonic()
    publish_event(event_id=event.pk, actor=SYSTEM)
    seconds = clock.monotonic() - began
    assert Place.objects.filter(pool__performance__in=dates).count() == 60 * 500
    assert seconds < 5, f"publishing took {seconds:.1f} s"

    # One date costs more and is smaller; page, hold and order agree.
    kind, gala = world.kind_of(event, STANDARD), dates[20]
    read_offer(gala.pk)
    price_dates(event_id=event.pk, performance_ids=[gala.pk], ticket_type_id=kind.pk, price=5000, actor=SYSTEM)
    size_dates(event_id=event.pk, performance_ids=[gala.pk], ticket_type_id=kind.pk, quantity=3, actor=SYSTEM)
    stale = kept_offer(gala.pk)
    assert stale is not None
    assert stale.kinds[kind.pk].price == 2400  # in memory; the claim refuses it as stale and it is read anew
    event = Event.objects.get(pk=event.pk)
    shown = offers_by_date(event, [gala, dates[21]], at=timezone.now())
    assert [lowest_price(shown[date.pk]) for date in (gala, dates[21])] == [5000 + 175, 2400 + 110]
    held = hold_on(gala, event, Standard=3)
    assert held.quote["lines"][0]["price"] == 5000
    order = checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA)
    assert order.total == 3 * (5000 + 175)
    assert hold_on(dates[21], event, Standard=1).quote["lines"][0]["price"] == 2400
    assert availability([gala.pk])[gala.pk].types[kind.pk].left == 0
    assert capacities([event], at=timezone.now())[0].capacity == 60 * 500 + 3  # with the event's first date

    with pytest.raises(DatesRefused) as refused:
        shift_dates(event_id=event.pk, performance_ids=ids(dates), minutes=60, actor=SYSTEM)
    assert refused.value.extra["n"] == 3
    assert clock_times(list(Performance.objects.filter(pk__in=ids(dates)))) == {"20:00"}

    shift_dates(event_id=event.pk, performance_ids=ids(dates), minutes=60, actor=SYSTEM, tells_buyers=True)

    moved = list(Performance.objects.filter(pk__in=ids(dates)))
    assert clock_times(moved) == {"21:00"}
    assert {date.starts_at.hour for date in moved} == {20, 19}
    assert {(date.ends_at - date.starts_at, date.starts_at - date.doors_at) for date in moved} == {
        (timedelta(minutes=150), timedelta(minutes=60))
    }
    assert DatePrice.objects.get().price == 5000
    assert AuditEntry.objects.get(verb="shift_dates").detail["minutes"] == 60
    assert breaches() == {}


def test_the_same_dates_again_add_nothing_and_more_go_on_sale_at_once(northside: world.House) -> None:
    event = world.make_event(kinds=((FREE, 0, 5),))
    rule = weekly_rule(weekdays=[1], count=3)

    dates = a_series(event, rule=rule)
    again = a_series(event, rule=rule)

    assert (len(dates), again) == (3, [])
    order_on(dates[2], event, **{FREE: 2})
    assert Place.objects.filter(pool__performance=dates[2], state="free").count() == 3
    assert breaches() == {}


def test_a_past_date_a_cancelled_event_and_too_many_dates_are_refused(northside: world.House) -> None:
    event = world.make_event(kinds=((FREE, 0, 5),))
    with pytest.raises(EventInvalid, match="in the past"):
        a_series(event, rule="FREQ=DAILY;COUNT=2", first_on=date(2020, 1, 1))
    for year in (2030, 2031):
        a_series(event, rule="FREQ=DAILY;COUNT=366", first_on=date(year, 1, 1))
    with pytest.raises(EventInvalid, match="at most 1000"):
        a_series(event, rule="FREQ=DAILY;COUNT=366", first_on=date(2033, 1, 1))

    assert event.performances.count() == 1 + 366 + 365  # the last of 2030's days is the first of 2031's


def test_buyers_of_moved_dates_are_told_and_nobody_else(northside: world.House) -> None:
    event = world.make_event(kinds=((FREE, 0, 5),))
    sold, empty = a_series(event, rule=weekly_rule(weekdays=[1], count=2))
    order_on(sold, event, **{FREE: 1})

    shift_dates(event_id=event.pk, performance_ids=ids([sold, empty]), minutes=-30, actor=SYSTEM, tells_buyers=True)

    (mail,) = OutboxMessage.objects.filter(kind="mail_move")
    assert mail.payload["performance_id"] == str(sold.pk)
    assert datetime.fromisoformat(mail.payload["was"]["starts_at"]) == sold.starts_at


def test_a_series_goes_into_no_year_that_cannot_be_read_again(northside: world.House) -> None:
    event = world.make_event(kinds=((FREE, 0, 5),))
    with pytest.raises(EventInvalid, match="of these years") as refused:
        a_series(event, rule=weekly_rule(weekdays=[1], count=60), first_on=date(2199, 2, 1))

    assert refused.value.extra["field"] == "first_on"
    assert event.performances.count() == 1


def test_one_date_in_the_way_and_none_is_moved(northside: world.House) -> None:
    event = world.make_event(kinds=((FREE, 0, 5),))
    dates = a_series(event, rule=weekly_rule(weekdays=[1], count=3))
    cancel_dates(event_id=event.pk, performance_ids=[dates[1].pk], actor=SYSTEM)

    for minutes, what in ((60, "cancelled"), (0, "31 days"), (60 * 24 * 40, "31 days")):
        with pytest.raises((DatesRefused, EventInvalid), match=what):
            shift_dates(event_id=event.pk, performance_ids=ids(dates), minutes=minutes, actor=SYSTEM)
    with (
        time_machine.travel(dates[0].starts_at - timedelta(minutes=10), tick=False),
        pytest.raises(DatesRefused, match="in the past"),
    ):
        shift_dates(event_id=event.pk, performance_ids=[dates[0].pk, dates[2].pk], minutes=-20, actor=SYSTEM)

    assert clock_times(list(Performance.objects.filter(pk__in=ids(dates)))) == {"20:00"}


def test_a_paused_date_sells_nothing_more_but_what_is_held_is_paid_for(northside: world.House) -> None:
    event = world.make_event(kinds=((FREE, 0, 5),))
    paused, other = a_series(event, rule=weekly_rule(weekdays=[1], count=2))
    held = hold_on(paused, event, **{FREE: 1})

    assert pause_dates(event_id=event.pk, performance_ids=[paused.pk], actor=SYSTEM) == 1
    assert pause_dates(event_id=event.pk, performance_ids=[paused.pk], actor=SYSTEM) == 0

    assert checkout.place_order(hold_id=held.pk, token=held.token, buyer=world.BEA).is_paid
    with pytest.raises(NotOnSale):
        hold_on(paused, event, **{FREE: 1})
    assert paused.pk not in availability([paused.pk])
    hold_on(other, event, **{FREE: 1})
    resume_dates(event_id=event.pk, performance_ids=ids([paused, other]), actor=SYSTEM)
    hold_on(paused, event, **{FREE: 1})
    verbs = AuditEntry.objects.filter(verb__in=["pause_dates", "resume_dates"]).values_list("verb", flat=True)
    assert sorted(verbs) == ["pause_dates", "resume_dates"]


def test_a_price_of_its_own_goes_away_again_and_the_platform_names_the_lowest(northside: world.House) -> None:
    world.let_charge(northside)
    event = world.make_event(kinds=((STANDARD, 2400, 5),))
    dates = a_series(event, rule=weekly_rule(weekdays=[1], count=2))
    kind = world.kind_of(event, STANDARD)

    price_dates(event_id=event.pk, performance_ids=ids(dates), ticket_type_id=kind.pk, price=1000, actor=SYSTEM)
    list_event(event_id=event.pk)
    assert ListedEvent.objects.get(event_id=event.pk).price_from == 1000 + 75

    price_dates(event_id=event.pk, performance_ids=ids(dates), ticket_type_id=kind.pk, price=None, actor=SYSTEM)
    list_event(event_id=event.pk)
    assert ListedEvent.objects.get(event_id=event.pk).price_from == 2400 + 110
    assert hold_on(dates[0], event, Standard=1).quote["lines"][0]["price"] == 2400
    for price in (-1, 100_000_000):
        with pytest.raises(EventInvalid):
            price_dates(
                event_id=event.pk, performance_ids=ids(dates), ticket_type_id=kind.pk, price=price, actor=SYSTEM
            )
    assert not DatePrice.objects.exists()


def test_fewer_than_are_sold_on_one_of_the_dates_changes_none(northside: world.House) -> None:
    event = world.make_event(kinds=((FREE, 0, 10),))
    full, empty = a_series(event, rule=weekly_rule(weekdays=[1], count=2))
    order_on(full, event, **{FREE: 4})
    kind = world.kind_of(event, FREE)

    with pytest.raises(TooFewFree):
        size_dates(
            event_id=event.pk, performance_ids=ids([full, empty]), ticket_type_id=kind.pk, quantity=3, actor=SYSTEM
        )
    assert not DateQuota.objects.exists()
    assert Place.objects.filter(pool__performance=empty).count() == 10

    size_dates(event_id=event.pk, performance_ids=ids([full, empty]), ticket_type_id=kind.pk, quantity=4, actor=SYSTEM)
    assert Place.objects.filter(pool__performance__in=[full, empty]).count() == 8
    size_dates(event_id=event.pk, performance_ids=[empty.pk], ticket_type_id=kind.pk, quantity=None, actor=SYSTEM)
    assert Place.objects.filter(pool__performance=empty).count() == 10
    assert breaches() == {}


def test_a_date_is_cancelled_and_its_buyers_alone_get_everything_back(northside: world.House) -> None:
    event = world.make_event(kinds=((FREE, 0, 10),))
    gone, stays = a_series(event, rule=weekly_rule(weekdays=[1], count=2))
    theirs, other = order_on(gone, event, **{FREE: 2}), order_on(stays, event, **{FREE: 1})

    with pytest.raises(DatesRefused) as refused:
        cancel_dates(event_id=event.pk, performance_ids=ids([gone, stays]), actor=SYSTEM)
    assert refused.value.extra["n"] == 3
    with pytest.raises(NotRefundable):
        cancel_dates(event_id=event.pk, performance_ids=[gone.pk], actor=SYSTEM, gives_back=True)
    assert {date.state for date in event.performances.all()} == {"scheduled"}

    cancel_dates(event_id=event.pk, performance_ids=[gone.pk], actor=SYSTEM, gives_back=True, words="The band is ill.")

    batch = RefundBatch.objects.get()
    assert (batch.performance_id, batch.words) == (gone.pk, "The band is ill.")
    run_refund_batch(batch_id=batch.pk)
    theirs.refresh_from_db()
    other.refresh_from_db()
    assert (theirs.state, other.state) == (Order.State.REFUNDED, Order.State.PAID)
    with pytest.raises(NotFound):
        hold_on(gone, event, **{FREE: 1})
    hold_on(stays, event, **{FREE: 1})
    assert breaches() == {}


def test_dates_of_another_event_or_of_the_other_organizer_are_not_there(
    northside: world.House, southside: world.House
) -> None:
    event, another = world.make_event(kinds=((FREE, 0, 5),)), world.make_event(kinds=((FREE, 0, 5),))
    theirs = world.the_performance(another)

    for chosen in ([theirs.pk], [uuid4()], [], [world.the_performance(event).pk, theirs.pk]):
        with pytest.raises(EventInvalid, match="Choose dates of this event"):
            pause_dates(event_id=event.pk, performance_ids=chosen, actor=SYSTEM)
    mine, kind = world.the_performance(event), world.kind_of(another, FREE)
    with pytest.raises(NotFound):
        price_dates(event_id=event.pk, performance_ids=[mine.pk], ticket_type_id=kind.pk, price=1, actor=SYSTEM)
    with tenant_context(southside.organizer), pytest.raises(NotFound):
        pause_dates(event_id=event.pk, performance_ids=[theirs.pk], actor=SYSTEM)
    assert not Performance.objects.exclude(sale_paused_at=None).exists()


def test_a_date_with_more_places_than_its_event_has_few_left_only_when_few_are(northside: world.House) -> None:
    event = world.make_event(kinds=((FREE, 0, 100),))
    date, kind = world.the_performance(event), world.kind_of(event, FREE)

    size_dates(event_id=event.pk, performance_ids=[date.pk], ticket_type_id=kind.pk, quantity=1000, actor=SYSTEM)

    assert availability([date.pk])[date.pk].types[kind.pk].status == "available"
