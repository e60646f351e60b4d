"""One page and one calendar for all dates of an event, without script."""

import re
from datetime import date, time
from typing import Any

import pytest

from audit.actions import SYSTEM
from checkout.dates import add_dates, cancel_dates, pause_dates, price_dates, size_dates
from events.models import Event, Performance
from events.series import daily_rule, occurrences, weekly_rule
from tests import world
from tests.staff import Visitor

RULE = weekly_rule(weekdays=[1, 5], count=60)


@pytest.fixture
def shop(northside: world.House) -> Visitor:
    world.let_charge(northside)
    return Visitor(northside.host)


def a_series(rule: str = RULE, *times: time, title: str = "Cello Suites") -> tuple[Event, list[Performance]]:
    """Tuesdays and Saturdays from March 2031 on; the event's own date is the first of them."""
    event = world.make_event(title, kinds=(("Standard", 2400, 50),))
    made = occurrences(
        rule,
        first_on=date(2031, 3, 1),
        starts=times or [time(20)],
        minutes=120,
        doors_minutes=60,
        zone=event.venue.timezone,
    )
    dates = add_dates(event_id=event.pk, times=[one.times for one in made], actor=SYSTEM)
    cancel_dates(event_id=event.pk, performance_ids=[event.performances.earliest("starts_at").pk], actor=SYSTEM)
    return event, dates


def links(page: str) -> list[str]:
    """The words of each day of the calendar that leads somewhere, in order."""
    days = re.findall(r'<a href="\?date=[0-9a-f-]+#tickets" class="date-day[^>]*>(.*?)</a>', page, re.S)
    return [" ".join(re.sub(r"<span class=\"date-.*", "", re.sub(r"\s+", " ", day)).split()) for day in days]


def text(answer: Any) -> str:
    """The words of a page, one blank between them."""
    return plain(answer.content.decode())


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def test_sixty_dates_are_one_entry_in_the_list_with_the_lowest_price(shop: Visitor) -> None:
    event, dates = a_series()
    kind = world.kind_of(event, "Standard")
    price_dates(event_id=event.pk, performance_ids=[dates[9].pk], ticket_type_id=kind.pk, price=1000, actor=SYSTEM)

    page = text(shop.get("/"))

    assert page.count("Cello Suites") == 1
    assert "Sat 1 Mar 2031 – Tue 23 Sept 2031 · 60 dates" in page
    assert "from €10.75" in page


def test_a_month_at_a_time_with_price_and_availability_of_each_date(shop: Visitor) -> None:
    event, dates = a_series()
    kind = world.kind_of(event, "Standard")
    size_dates(event_id=event.pk, performance_ids=[dates[1].pk], ticket_type_id=kind.pk, quantity=1, actor=SYSTEM)
    price_dates(event_id=event.pk, performance_ids=[dates[2].pk], ticket_type_id=kind.pk, price=5000, actor=SYSTEM)
    pause_dates(event_id=event.pk, performance_ids=[dates[3].pk], actor=SYSTEM)
    checkout_hold(dates[1], event)

    answer = shop.get("/events/cello-suites/")

    calendar = answer.context["calendar"]
    assert (calendar.n, calendar.month, calendar.before, calendar.after) == (
        60,
        date(2031, 3, 1),
        None,
        date(2031, 4, 1),
    )
    assert [line.standing for line in calendar.lines[:5]] == [
        "on_sale",
        "sold_out",
        "on_sale",
        "not_on_sale",
        "on_sale",
    ]
    said = [plain(day) for day in links(answer.content.decode())]
    assert len(said) == len(calendar.lines) == 9
    assert said[:4] == [
        "Saturday 1 March 2031, 20:00, from €25.10",
        "Tuesday 4 March 2031, 20:00, sold out",
        "Saturday 8 March 2031, 20:00, from €51.75",
        "Tuesday 11 March 2031, 20:00, not on sale",
    ]
    assert len(answer.content) < 60_000


def checkout_hold(performance: Performance, event: Event) -> Any:
    from checkout import actions as checkout

    return checkout.place_hold(performance_id=performance.pk, basket={world.kind_of(event, "Standard").pk: 1})


def test_another_month_keeps_the_chosen_date_and_a_date_shows_its_own_month(shop: Visitor) -> None:
    _event, dates = a_series()

    april = shop.get(f"/events/cello-suites/?date={dates[0].pk}&month=2031-04").context
    chosen = shop.get(f"/events/cello-suites/?date={dates[30].pk}").context
    wrong = shop.get("/events/cello-suites/?month=1999-13&date=nonsense").context

    assert (april["calendar"].month, april["performance"].pk) == (date(2031, 4, 1), dates[0].pk)
    assert (april["calendar"].before, april["calendar"].after) == (date(2031, 3, 1), date(2031, 5, 1))
    assert (chosen["calendar"].month, chosen["performance"].pk) == (date(2031, 6, 1), dates[30].pk)
    assert (wrong["calendar"].month, wrong["performance"].pk) == (date(2031, 3, 1), dates[0].pk)


def test_two_shows_a_day_are_one_day_with_both_times(shop: Visitor) -> None:
    _event, dates = a_series(daily_rule(count=5), time(15), time(20))

    page = shop.get(f"/events/cello-suites/?date={dates[3].pk}")

    assert [line.performance.pk for line in page.context["calendar"].same_day] == [dates[2].pk, dates[3].pk]
    assert plain(links(page.content.decode())[0]) == "Saturday 1 March 2031, 2 times, from €25.10"


def test_few_dates_stay_buttons(shop: Visitor) -> None:
    a_series(daily_rule(count=4))

    answer = shop.get("/events/cello-suites/")

    assert answer.context["calendar"] is None
    assert answer.content.decode().count("btn-two-lines") == 4


def test_buying_one_of_many_dates_at_its_own_price_without_script(shop: Visitor) -> None:
    event, dates = a_series()
    kind = world.kind_of(event, "Standard")
    price_dates(event_id=event.pk, performance_ids=[dates[7].pk], ticket_type_id=kind.pk, price=5000, actor=SYSTEM)
    page = text(shop.get(f"/events/cello-suites/?date={dates[7].pk}"))
    assert "€51.75" in page
    assert "Ticket €50.00 + service fee €1.75" in page

    held = shop.post("/events/cello-suites/holds/", {"performance_id": dates[7].pk, f"quantity-{kind.pk}": 2})
    checkout = text(shop.get(held["Location"]))

    assert "€103.50" in checkout
    assert "Tue 25 Mar 2031" in checkout


def test_the_calendar_feed_has_every_date_and_says_which_are_cancelled(shop: Visitor, southside: world.House) -> None:
    event, dates = a_series(daily_rule(count=8))
    cancel_dates(event_id=event.pk, performance_ids=[dates[2].pk], actor=SYSTEM)

    answer = shop.get("/events/cello-suites/dates.ics")

    feed = answer.content.decode()
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert feed.count("BEGIN:VEVENT\r\n") == 9  # with the event's own first date, which is cancelled, too
    assert feed.count("STATUS:CANCELLED\r\n") == 2
    assert f"UID:{dates[0].pk}@dates\r\n" in feed
    assert "DTSTART:20310301T190000Z\r\nDTEND:20310301T210000Z\r\n" in feed
    assert "X-WR-CALNAME:Cello Suites\r\n" in feed
    assert Visitor(southside.host).get("/events/cello-suites/dates.ics").status_code == 404
