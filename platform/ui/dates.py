"""Dates and times as people read them, always in the event's own zone."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton, format_time, get_day_names, get_timezone_name
from django.utils.translation import get_language, to_locale


def reader_locale() -> str:
    """Babel's name of the reader's locale; plain English is read the British way: day first, 24 hours."""
    locale = to_locale(get_language() or "en")
    return "en_GB" if locale == "en" else locale


@cache
def time_zones() -> frozenset[str]:
    """Every zone by its IANA name. Finding them reads hundreds of files, so a process does it once."""
    return frozenset(available_timezones())


def is_of_these_years(day: date) -> bool:
    """Whether somebody can mean this day, or moment. Near the ends of the calendar another zone has no such day."""
    return 2000 <= day.year < 2200


def event_date(moment: datetime, zone: str) -> str:
    """Fri 12 Dec 2026"""
    pattern = "EEE, d. MMM y" if reader_locale().startswith("de") else "EEE d MMM y"
    return format_date(moment.astimezone(ZoneInfo(zone)).date(), pattern, locale=reader_locale())


def event_day(moment: datetime, zone: str) -> str:
    """Friday 12 December 2026"""
    pattern = "EEEE, d. MMMM y" if reader_locale().startswith("de") else "EEEE d MMMM y"
    return format_date(moment.astimezone(ZoneInfo(zone)).date(), pattern, locale=reader_locale())


def day_text(day: date) -> str:
    """12 December 2026: a day of no zone."""
    return format_date(day, "d. MMMM y" if reader_locale().startswith("de") else "d MMMM y", locale=reader_locale())


def event_time(moment: datetime, zone: str) -> str:
    """20:00"""
    return format_time(moment, "HH:mm", tzinfo=ZoneInfo(zone), locale=reader_locale())


def doors_time(doors: datetime, start: datetime, zone: str) -> str:
    """19:00, or with its date where the doors open on another day than the show starts."""
    local = ZoneInfo(zone)
    is_same_day = doors.astimezone(local).date() == start.astimezone(local).date()
    return event_time(doors, zone) if is_same_day else moment_text(doors, zone)


def zone_name(moment: datetime, zone: str) -> str:
    """CET, or the city's own time where the reader's language has no short name for the zone."""
    return get_timezone_name(moment.astimezone(ZoneInfo(zone)), "short", locale=reader_locale())


def moment_text(moment: datetime, zone: str) -> str:
    """Fri 12 Dec 2026, 20:00: for tables and notes, where the zone is stated once."""
    pattern = "EEE, d. MMM y, HH:mm" if reader_locale().startswith("de") else "EEE d MMM y, HH:mm"
    return format_datetime(moment, pattern, tzinfo=ZoneInfo(zone), locale=reader_locale())


def short_date(moment: datetime, zone: str) -> str:
    """12 Dec"""
    return format_skeleton("MMMd", moment.astimezone(ZoneInfo(zone)), locale=reader_locale())


def month_name(day: date) -> str:
    """March 2027"""
    return format_date(day, "LLLL y", locale=reader_locale())


def first_weekday() -> int:
    """The weekday that the reader's weeks begin with; 0 is Monday."""
    return Locale.parse(reader_locale()).first_week_day


def weekday_names() -> list[tuple[str, str]]:
    """Short and long: ("Mon", "Monday"), in the order of the reader's weeks."""
    short = get_day_names("abbreviated", context="stand-alone", locale=reader_locale())
    long = get_day_names("wide", context="stand-alone", locale=reader_locale())
    days = [(first_weekday() + offset) % 7 for offset in range(7)]
    return [(short[day].rstrip("."), long[day]) for day in days]


def weekday_choices() -> list[tuple[str, str]]:
    """("0", "Monday") and so on, in the order of the reader's weeks."""
    names = get_day_names("wide", context="stand-alone", locale=reader_locale())
    return [(str(day), names[day]) for day in ((first_weekday() + offset) % 7 for offset in range(7))]
