"""Fields and words that several forms share."""

from typing import Any

from django import forms

from ui.money import minor_unit_exponent


def plain(**attrs: Any) -> forms.TextInput:
    """A text box in which browsers suggest nothing."""
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


def moment() -> forms.DateTimeInput:
    """A date and time box."""
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def amount_text(amount: int, currency: str) -> str:
    """Minor units as typed: no currency sign, "." before the decimals, no needless ones."""
    digits = minor_unit_exponent(currency)
    whole, part = divmod(amount, 10**digits)
    return f"{whole}.{part:0{digits}d}" if digits and part else str(whole)
