"""Fields and words that several forms share."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _

from events.actions import local_time
from ui.dates import is_of_these_years
from ui.money import parse_money, typed_money


def plain(**attrs: Any) -> forms.TextInput:
    """A text box in which browsers suggest nothing."""
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


def moment() -> forms.DateTimeInput:
    """A date and time box."""
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def typed_moment(at: datetime | None, zone: str) -> datetime | None:
    """An instant as the clock on the wall of `zone` shows it, for a box to start with."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if at else None


def check_day(typed: date) -> None:
    """A validator of a box for a day. Raises ValidationError."""
    if not is_of_these_years(typed):
        raise forms.ValidationError(_("Enter a date of these years."))


def instant_of(typed: datetime | None, zone: str) -> datetime | None:
    """The instant that was typed in `zone`. Raises ValidationError."""
    if typed is None:
        return None
    if not is_of_these_years(typed):
        raise forms.ValidationError(_("Enter a date and a time of these years."))
    return local_time(typed.replace(tzinfo=None), zone)


def minor_units(typed: str, currency: str) -> int:
    """The amount that was typed. Raises ValidationError."""
    try:
        return parse_money(typed, currency)
    except ValueError as error:
        example = amount_text(parse_money("24", currency), currency)
        raise forms.ValidationError(_("Enter an amount like %(example)s.") % {"example": example}) from error


def basis_points(typed: str) -> int:
    """A percentage as typed, with "." or "," before up to two decimals, from 0 to 100. Raises ValueError."""
    try:
        points = Decimal(typed.replace("%", "").replace(",", ".").strip()) * 100
        if not 0 <= points <= 10_000 or points != points.to_integral_value():
            raise ValueError(typed)
    except ArithmeticError as error:  # no number, or one that is too large to count with
        raise ValueError(typed) from error
    return int(points)


def amount_text(amount: int, currency: str) -> str:
    """`ui.money.typed_money`, for a box to start with."""
    return typed_money(amount, currency)
