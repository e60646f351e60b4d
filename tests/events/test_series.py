"""Which dates a rule makes."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from events.errors import EventInvalid
from events.series import DateTimes, daily_rule, days_of, monthly_rule, occurrences, shifted, weekly_rule

BERLIN = "Europe/Berlin"
TUESDAY, SATURDAY = 1, 5


def starts(rule: str, first_on: date, *times: time, zone: str = BERLIN, **more: object) -> list[datetime]:
    made = occurrences(rule, first_on=first_on, starts=times, minutes=120, doors_minutes=45, zone=zone, **more)  # type: ignore[arg-type]
    return [one.times.starts_at for one in made]


def test_every_tuesday_and_saturday_so_many_times() -> None:
    rule = weekly_rule(weekdays=[SATURDAY, TUESDAY], count=5)

    assert rule == "FREQ=WEEKLY;BYDAY=TU,SA;COUNT=5"
    assert days_of(rule, first_on=date(2027, 3, 1)) == [
        date(2027, 3, 2),
        date(2027, 3, 6),
        date(2027, 3, 9),
        date(2027, 3, 13),
        date(2027, 3, 16),
    ]


def test_until_counts_that_day_in_and_excepted_days_are_left_out() -> None:
    rule = weekly_rule(weekdays=[TUESDAY], until=date(2027, 3, 23))

    found = days_of(rule, first_on=date(2027, 3, 2), excepted={date(2027, 3, 9)})

    assert found == [date(2027, 3, 2), date(2027, 3, 16), date(2027, 3, 23)]


def test_an_excepted_day_was_one_of_the_count() -> None:
    found = days_of(daily_rule(count=3), first_on=date(2027, 3, 1), excepted={date(2027, 3, 2)})

    assert found == [date(2027, 3, 1), date(2027, 3, 3)]


@pytest.mark.parametrize(
    ("first_on", "by_weekday", "rule", "second"),
    [
        (date(2027, 1, 12), True, "FREQ=MONTHLY;BYDAY=2TU;COUNT=2", date(2027, 2, 9)),
        (date(2027, 1, 29), True, "FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", date(2027, 2, 26)),
        (date(2027, 1, 31), False, "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2", date(2027, 3, 31)),
    ],
)
def test_monthly_by_weekday_or_by_day(first_on: date, by_weekday: bool, rule: str, second: date) -> None:
    assert monthly_rule(first_on=first_on, by_weekday=by_weekday, count=2) == rule
    assert days_of(rule, first_on=first_on) == [first_on, second]


def test_eight_in_the_evening_stays_eight_when_the_clocks_change() -> None:
    found = starts(daily_rule(count=3), date(2027, 3, 27), time(20))

    # Summer time begins on the 28th: the instants are 23 hours apart once.
    assert found == [
        datetime(2027, 3, 27, 19, tzinfo=UTC),
        datetime(2027, 3, 28, 18, tzinfo=UTC),
        datetime(2027, 3, 29, 18, tzinfo=UTC),
    ]


def test_a_time_that_the_clocks_leave_out_is_read_with_the_offset_from_before() -> None:
    (found,) = occurrences(
        daily_rule(count=1), first_on=date(2027, 3, 28), starts=[time(2, 30)], minutes=60, doors_minutes=0, zone=BERLIN
    )

    assert found.is_shifted
    assert found.times.starts_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)  # 03:30 summer time
    assert found.times.ends_at == datetime(2027, 3, 28, 2, 30, tzinfo=UTC)


def test_of_a_time_that_comes_twice_the_first_is_meant() -> None:
    assert starts(daily_rule(count=1), date(2027, 10, 31), time(2, 30)) == [datetime(2027, 10, 31, 0, 30, tzinfo=UTC)]


def test_several_times_a_day_soonest_first() -> None:
    found = starts(daily_rule(count=2), date(2027, 5, 1), time(20), time(15), zone="UTC")

    assert [at.strftime("%d %H") for at in found] == ["01 15", "01 20", "02 15", "02 20"]


def test_a_shift_by_a_day_over_the_change_keeps_the_time_on_the_clock_and_the_length() -> None:
    before = DateTimes(
        datetime(2027, 3, 27, 19, tzinfo=UTC),
        datetime(2027, 3, 27, 22, tzinfo=UTC),
        datetime(2027, 3, 27, 18, tzinfo=UTC),
    )

    after = shifted(before, minutes=24 * 60, zone=BERLIN)

    assert after == DateTimes(
        datetime(2027, 3, 28, 18, tzinfo=UTC),
        datetime(2027, 3, 28, 21, tzinfo=UTC),
        datetime(2027, 3, 28, 17, tzinfo=UTC),
    )


def test_a_pasted_rule_is_read_with_its_name_and_an_instant_for_its_end() -> None:
    found = days_of("RRULE:FREQ=WEEKLY;UNTIL=20270309T190000Z;BYDAY=TU;WKST=MO", first_on=date(2027, 3, 1))

    assert found == [date(2027, 3, 2), date(2027, 3, 9)]


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "every tuesday",
        "FREQ=SECONDLY;COUNT=3",
        "FREQ=DAILY;BYHOUR=20;COUNT=3",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=3;UNTIL=20270301",
        "FREQ=DAILY;INTERVAL=0;COUNT=3",
        "FREQ=DAILY;UNTIL=tomorrow",
        "FREQ=WEEKLY;BYDAY=XX;COUNT=3",
        "FREQ=DAILY;COUNT=3\nRDATE:20270101",
        "FREQ=DAILY;FREQ=WEEKLY;COUNT=3",
        "FREQ=DAILY;COUNT=3;BYSETPOS=" + ",".join(["1"] * 200),
    ],
)
def test_what_is_no_rule_is_refused_beside_its_field(rule: str) -> None:
    with pytest.raises(EventInvalid) as refused:
        days_of(rule, first_on=date(2027, 3, 1))

    assert refused.value.extra["field"] == "rule"


def test_a_rule_without_an_end_is_too_long_and_one_that_never_fits_ends() -> None:
    with pytest.raises(EventInvalid, match="more than 366"):
        days_of("FREQ=DAILY", first_on=date(2027, 3, 1))

    assert days_of("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", first_on=date(2027, 3, 1)) == []


@pytest.mark.parametrize("first_on", [date(1, 1, 1), date(9999, 12, 31)])
def test_a_first_day_of_no_calendar_of_ours_is_refused(first_on: date) -> None:
    with pytest.raises(EventInvalid) as refused:
        days_of("FREQ=DAILY;COUNT=2", first_on=first_on)

    assert refused.value.extra["field"] == "first_on"


def test_doors_and_length_are_told_from_the_start() -> None:
    (one,) = occurrences(
        daily_rule(count=1), first_on=date(2027, 5, 1), starts=[time(20)], minutes=150, doors_minutes=30, zone="UTC"
    )

    assert one.times.ends_at - one.times.starts_at == timedelta(minutes=150)
    assert one.times.starts_at - one.times.doors_at == timedelta(minutes=30)
