"""An event's dates as its staff see them: how full each is, a month at a time, and which of them are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _

from analytics.queries import DateCapacity, date_capacities
from events.models import Event, Performance
from events.queries import own_prices, own_sizes
from events.seating_plan import own_maps_of
from payments.queries import dates_given_back
from ui.dates import first_weekday, weekday_choices

AHEAD, PAST, PAUSED, CANCELLED, ALL = "ahead", "past", "paused", "cancelled", "all"


@dataclass(frozen=True)
class DateRow:
    """One date: how full it is, and what of it differs from the event's others."""

    performance: Performance
    capacity: DateCapacity
    day: date
    is_over: bool
    has_own_price: bool
    has_own_number: bool
    has_own_map: bool
    is_given_back: bool  # its orders, after it was cancelled


@dataclass(frozen=True)
class Month:
    """A month with its rows, and its weeks of (day, rows; None for another month's day)."""

    first: date
    rows: list[DateRow]
    weeks: list[list[tuple[date | None, list[DateRow]]]]


def rows_of(event: Event, *, at: datetime) -> list[DateRow]:
    """Every date of an event, soonest first. A handful of queries, however many there are."""
    dates = list(event.performances.all())
    capacities = date_capacities(event, dates, at=at)
    priced = {performance for performance, _kind in own_prices(one.pk for one in dates)}
    mapped = set(own_maps_of(one.pk for one in dates).values_list("performance_id", flat=True))
    sized = {performance for performance, _quota in own_sizes(one.pk for one in dates)}
    given_back = dates_given_back(event.pk)
    return [
        DateRow(
            performance=one,
            capacity=capacities[one.pk],
            day=one.starts_at.astimezone(ZoneInfo(one.timezone)).date(),
            is_over=one.ends_at <= at,
            has_own_price=one.pk in priced,
            has_own_number=one.pk in sized and one.pk not in mapped,
            has_own_map=one.pk in mapped,
            is_given_back=one.pk in given_back,
        )
        for one in dates
    ]


def _is_shown(row: DateRow, show: str) -> bool:
    if show == ALL:
        return True
    if show == CANCELLED:
        return row.performance.is_cancelled
    if show == PAUSED:
        return row.performance.is_paused and not (row.is_over or row.performance.is_cancelled)
    if show == PAST:
        return row.is_over and not row.performance.is_cancelled
    return not (row.is_over or row.performance.is_cancelled)


def filtered(rows: Sequence[DateRow], asked: QueryDict) -> tuple[list[DateRow], dict[str, Any]]:
    """The rows that `show` and `weekday` of the address leave, and what the filters' own links need."""
    tabs = (
        (AHEAD, _("To come")),
        (PAUSED, _("Paused")),
        (PAST, _("Past")),
        (CANCELLED, _("Cancelled")),
        (ALL, _("All")),
    )
    show = asked.get("show", AHEAD)
    if show not in dict(tabs):
        show = AHEAD
    weekday = asked.get("weekday", "")
    of_tab = [row for row in rows if _is_shown(row, show)]
    there = {str(row.day.weekday()) for row in of_tab}
    shown = [row for row in of_tab if weekday not in there or str(row.day.weekday()) == weekday]
    return shown, {
        "show": show,
        "weekday": weekday if weekday in there else "",
        "tabs": [(value, words, sum(_is_shown(row, value) for row in rows)) for value, words in tabs],
        "weekdays": [(value, words) for value, words in weekday_choices() if value in there] if len(there) > 1 else [],
    }


def months_of(rows: Sequence[DateRow]) -> list[Month]:
    """The rows by month, soonest first."""
    by_month: dict[date, list[DateRow]] = {}
    for row in rows:
        by_month.setdefault(row.day.replace(day=1), []).append(row)
    return [Month(first, of_month, _weeks(first, of_month)) for first, of_month in sorted(by_month.items())]


def _weeks(month: date, rows: Sequence[DateRow]) -> list[list[tuple[date | None, list[DateRow]]]]:
    start = month - timedelta(days=(month.weekday() - first_weekday()) % 7)
    weeks = []
    while start.replace(day=1) <= month:
        days = [start + timedelta(days=offset) for offset in range(7)]
        weeks.append(
            [(day if day.month == month.month else None, [row for row in rows if row.day == day]) for day in days]
        )
        start += timedelta(days=7)
    return weeks
