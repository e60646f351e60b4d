"""Dates from a recurrence rule (RFC 5545 §3.3.10): which evenings, at which times, in the event's own zone.

A rule is worked out on calendar days and wall-clock times, and each becomes an instant at the end: eight in the evening stays
eight in the evening when the clocks change. A time that a change leaves out (02:30 in March) is read with the offset from
before it, as §3.3.5 says; of a time that comes twice the first is meant. Pure functions; the verbs are in `events.dates`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr
from django.utils.translation import gettext as _

from events.errors import EventInvalid
from ui.dates import is_of_these_years

MOST_DAYS = 366  # of one rule
FARTHEST = timedelta(days=5 * 366)  # from the first day; a rule that never fits ends there, too
LONGEST_RULE = 300  # characters
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")  # as RFC 5545 names them, in datetime.weekday()'s order
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
# What tells days; the hours are told apart (`times`), because people think of them apart.
PARTS = frozenset(
    {
        "FREQ",
        "INTERVAL",
        "COUNT",
        "UNTIL",
        "BYDAY",
        "BYMONTHDAY",
        "BYMONTH",
        "BYSETPOS",
        "BYYEARDAY",
        "BYWEEKNO",
        "WKST",
    }
)


@dataclass(frozen=True)
class DateTimes:
    """When one date starts, ends and opens its doors: aware instants."""

    starts_at: datetime
    ends_at: datetime
    doors_at: datetime


def check_times(times: DateTimes, *, day: str) -> None:
    """Raises EventInvalid for times out of order, and beside the field `day` for those of another century."""
    if not times.doors_at <= times.starts_at < times.ends_at:
        raise EventInvalid(_("Doors open first, then the event starts, then it ends."), field="starts")
    if not all(is_of_these_years(one) for one in (times.doors_at, times.starts_at, times.ends_at)):
        raise EventInvalid(_("Enter a date of these years."), field=day)


@dataclass(frozen=True)
class Occurrence:
    """One date that a rule makes. `is_shifted`: the clocks leave out the time that was meant, so it starts at another."""

    times: DateTimes
    is_shifted: bool


def weekly_rule(
    *, weekdays: Collection[int] = (), interval: int = 1, count: int | None = None, until: date | None = None
) -> str:
    """Every `interval` weeks on these weekdays (0 is Monday; none: that of the first day)."""
    days = [WEEKDAYS[day] for day in sorted(weekdays)]
    return _joined("WEEKLY", interval, f"BYDAY={','.join(days)}" if days else "", count, until)


def daily_rule(*, interval: int = 1, count: int | None = None, until: date | None = None) -> str:
    """Every `interval` days."""
    return _joined("DAILY", interval, "", count, until)


def monthly_rule(
    *, first_on: date, by_weekday: bool, interval: int = 1, count: int | None = None, until: date | None = None
) -> str:
    """Every `interval` months like the first day: on its day of the month, or on its weekday (the second Tuesday; the last one
    where it is the fifth)."""
    if not by_weekday:
        return _joined("MONTHLY", interval, f"BYMONTHDAY={first_on.day}", count, until)
    week = (first_on.day - 1) // 7 + 1
    return _joined(
        "MONTHLY", interval, f"BYDAY={-1 if week == 5 else week}{WEEKDAYS[first_on.weekday()]}", count, until
    )


def _joined(frequency: str, interval: int, by: str, count: int | None, until: date | None) -> str:
    ends = f"COUNT={count}" if count else f"UNTIL={until:%Y%m%d}" if until else ""
    every = f"INTERVAL={interval}" if interval != 1 else ""
    return ";".join(part for part in (f"FREQ={frequency}", every, by, ends) if part)


def days_of(rule: str, *, first_on: date, excepted: Collection[date] = ()) -> list[date]:
    """The days of a rule from `first_on` on, soonest first, without those `excepted`: at most MOST_DAYS.

    COUNT counts the days that the rule makes, excepted ones too, as EXDATE does. Raises EventInvalid.
    """
    found, count, until = _parsed(rule, first_on)
    days = (moment.date() for moment in found)
    most = min(count or MOST_DAYS + 1, MOST_DAYS + 1)
    made = [day for day in islice(days, most) if until is None or day <= until]
    if len(made) > MOST_DAYS:
        raise EventInvalid(
            _("These are more than %d dates. Say when they end, or make them in several goes.") % MOST_DAYS,
            field="ends_on",
        )
    return [day for day in made if day not in set(excepted)]


def occurrences(
    rule: str,
    *,
    first_on: date,
    starts: Sequence[time],
    minutes: int,
    doors_minutes: int,
    zone: str,
    excepted: Collection[date] = (),
) -> list[Occurrence]:
    """Every date of a rule: on each of its days at each of these wall-clock times in `zone`, soonest first.

    Each lasts `minutes`, and its doors open `doors_minutes` before. Raises EventInvalid.
    """
    if not starts:
        raise EventInvalid(_("Say at what time it starts."), field="starts")
    if not 1 <= minutes <= 7 * 24 * 60:
        raise EventInvalid(_("It lasts between a minute and a week."), field="minutes")
    if not 0 <= doors_minutes <= 24 * 60:
        raise EventInvalid(_("Doors open at most a day before."), field="doors_minutes")
    days = days_of(rule, first_on=first_on, excepted=excepted)
    made = [
        _occurrence(datetime.combine(day, at), zone, minutes, doors_minutes)
        for day in days
        for at in sorted(set(starts))
    ]
    return sorted(made, key=lambda one: one.times.starts_at)


def shifted(times: DateTimes, *, minutes: int, zone: str) -> DateTimes:
    """The same so many minutes later (or earlier) on the clock of `zone`; length and doors stay as they are."""
    local = times.starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    starts_at = _instant(local + timedelta(minutes=minutes), zone)
    return DateTimes(
        starts_at=starts_at,
        ends_at=starts_at + (times.ends_at - times.starts_at),
        doors_at=starts_at - (times.starts_at - times.doors_at),
    )


def _occurrence(local: datetime, zone: str, minutes: int, doors_minutes: int) -> Occurrence:
    starts_at = _instant(local, zone)
    times = DateTimes(
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        doors_at=starts_at - timedelta(minutes=doors_minutes),
    )
    return Occurrence(times, is_shifted=starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local)


def _instant(local: datetime, zone: str) -> datetime:
    """A wall-clock time as an instant, in UTC: arithmetic between instants of one zone would count in clock time."""
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _parsed(rule: str, first_on: date) -> tuple[rrule, int | None, date | None]:
    """The rule without its end, its count and its last day. What might never end ends at FARTHEST."""
    if not is_of_these_years(first_on):
        raise EventInvalid(_("Enter a date of these years."), field="first_on")
    text = rule.strip().upper().removeprefix("RRULE:")
    parts = [part.partition("=") for part in text.split(";") if part]
    names = [name for name, _equals, _value in parts]
    values = {name: value for name, _equals, value in parts}
    refused = EventInvalid(
        _("This is no rule that we can read. An example: FREQ=WEEKLY;BYDAY=TU,SA;COUNT=60"), field="rule"
    )
    if len(text) > LONGEST_RULE or not text.isascii() or len(set(names)) < len(names):
        raise refused
    if not set(names) <= PARTS or values.get("FREQ") not in FREQUENCIES or ("COUNT" in values and "UNTIL" in values):
        raise refused
    count, until = values.pop("COUNT", None), values.pop("UNTIL", None)
    farthest = first_on + FARTHEST
    bare = ";".join(f"{name}={value}" for name, value in values.items())
    try:
        if int(values.get("INTERVAL", "1")) < 1 or (count is not None and int(count) < 1):
            raise refused
        last_on = datetime.strptime(until[:8], "%Y%m%d").date() if until else None  # noqa: DTZ007 - a day
        found = rrulestr(f"{bare};UNTIL={farthest:%Y%m%d}", dtstart=datetime.combine(first_on, time()))
    except (ValueError, TypeError, OverflowError) as error:
        raise refused from error
    if not isinstance(found, rrule):
        raise refused
    return found, int(count) if count else None, last_on
