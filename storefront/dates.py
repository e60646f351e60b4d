"""The dates of a series on its page: a month at a time, as a calendar and as a list, with price and availability of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from events.models import Event, Performance
from storefront.offers import Offer, is_few_left, is_sold_out, lowest_price, offers_by_date
from ui.dates import first_weekday
from ui.money import format_money

FEWEST = 6  # up to so many dates are buttons beside each other, without a calendar
LONGEST_PRICE = 7  # characters that fit into a day on a phone

Standing = Literal["on_sale", "few_left", "sold_out", "not_on_sale"]


@dataclass(frozen=True)
class DateLine:
    """One date of the month: `price` is the least that a ticket costs all-in, minor units; None where nothing is offered."""

    performance: Performance
    price: int | None
    standing: Standing
    is_chosen: bool


@dataclass(frozen=True)
class Day:
    """A day of the calendar; `lines` are the dates on it, none for most."""

    on: date
    is_in_month: bool
    lines: tuple[DateLine, ...]

    @property
    def is_chosen(self) -> bool:
        return any(line.is_chosen for line in self.lines)

    @property
    def best(self) -> DateLine:
        """Where a press on the day leads: to its first date that is still to be had."""
        order = ("on_sale", "few_left", "not_on_sale", "sold_out")
        return min(self.lines, key=lambda line: order.index(line.standing))

    @property
    def price(self) -> int | None:
        return min((line.price for line in self.lines if line.price is not None), default=None)


@dataclass(frozen=True)
class Calendar:
    """A month of a series. `before` and `after` are the nearest months with dates; `same_day` the chosen day's dates where
    there are several; `n`, `first` and `last` are about all dates that are not over."""

    month: date
    before: date | None
    after: date | None
    weeks: tuple[tuple[Day, ...], ...]
    lines: tuple[DateLine, ...]
    same_day: tuple[DateLine, ...]
    shows_prices: bool
    n: int
    first: Performance
    last: Performance


def calendar_of(
    event: Event, upcoming: Sequence[Performance], chosen: Performance, *, month: str, at: datetime
) -> Calendar | None:
    """The month `month` ("2027-03"), or else that of the chosen date; None for an event of a few dates."""
    if len(upcoming) <= FEWEST:
        return None
    days = {performance.pk: local_day(performance) for performance in upcoming}
    months = sorted({day.replace(day=1) for day in days.values()})
    shown = next((one for one in months if f"{one:%Y-%m}" == month), days[chosen.pk].replace(day=1))
    nearby = [p for p in upcoming if days[p.pk].replace(day=1) == shown or days[p.pk] == days[chosen.pk]]
    offers = offers_by_date(event, nearby, at=at)
    every = [
        DateLine(p, lowest_price(offers[p.pk]), standing_of(offers[p.pk]), is_chosen=p.pk == chosen.pk) for p in nearby
    ]
    lines = tuple(line for line in every if days[line.performance.pk].replace(day=1) == shown)
    same_day = tuple(line for line in every if days[line.performance.pk] == days[chosen.pk])
    texts = [format_money(line.price, event.currency) for line in lines if line.price]
    return Calendar(
        month=shown,
        before=max((one for one in months if one < shown), default=None),
        after=min((one for one in months if one > shown), default=None),
        weeks=_weeks(shown, lines, days),
        lines=lines,
        same_day=same_day if len(same_day) > 1 else (),
        shows_prices=max(map(len, texts), default=0) <= LONGEST_PRICE,
        n=len(upcoming),
        first=upcoming[0],
        last=upcoming[-1],
    )


def local_day(performance: Performance) -> date:
    """The day on which a date starts, in its own zone."""
    return performance.starts_at.astimezone(ZoneInfo(performance.timezone)).date()


def standing_of(offers: list[Offer]) -> Standing:
    """How a date is, in one word: the best of its ticket types'."""
    if is_sold_out(offers):
        return "sold_out"
    if not any(offer.status == "on_sale" for offer in offers):
        return "not_on_sale"
    return "few_left" if is_few_left(offers) else "on_sale"


def _weeks(month: date, lines: Sequence[DateLine], days: dict[UUID, date]) -> tuple[tuple[Day, ...], ...]:
    """The month's weeks, each of seven days from the reader's first weekday on."""
    by_day: dict[date, list[DateLine]] = {}
    for line in lines:
        by_day.setdefault(days[line.performance.pk], []).append(line)
    start = month - timedelta(days=(month.weekday() - first_weekday()) % 7)
    weeks = []
    while start.replace(day=1) <= month:
        week = [start + timedelta(days=offset) for offset in range(7)]
        weeks.append(tuple(Day(day, day.month == month.month, tuple(by_day.get(day, ()))) for day in week))
        start += timedelta(days=7)
    return tuple(weeks)
