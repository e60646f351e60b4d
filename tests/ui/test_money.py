"""Amounts as people read them."""

import pytest
from django.utils import translation

from ui.money import format_money, parse_money
from ui.templatetags.ui import money, taken_off


@pytest.mark.parametrize(
    ("amount", "currency", "language", "words"),
    [
        (1250, "EUR", "en", "€12.50"),
        (-1250, "EUR", "en", "−€12.50"),
        (-1250, "EUR", "de", "−12,50\xa0€"),
        (-500, "JPY", "en", "−¥500"),
        (-1250, "KWD", "en", "−KWD1.250"),
    ],
)
def test_below_nothing_stands_a_minus_sign_and_no_hyphen(amount: int, currency: str, language: str, words: str) -> None:
    with translation.override(language):
        assert format_money(amount, currency) == words


def test_what_is_taken_off_has_its_sign_and_nothing_has_none() -> None:
    with translation.override("en"):
        assert [taken_off(amount, "EUR") for amount in (2450, 0, -100)] == ["−€24.50", "€0.00", "€1.00"]
        assert (money(None, "EUR"), money(0, "EUR")) == ("", "€0.00")


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [("12,50", "EUR", 1250), ("12.", "EUR", 1200), (".5", "EUR", 50), ("1 200", "JPY", 1200), ("1.234", "KWD", 1234)],
)
def test_an_amount_is_read_as_people_type_it(typed: str, currency: str, amount: int) -> None:
    assert parse_money(typed, currency) == amount


@pytest.mark.parametrize(
    "typed", ["", "-1", "+1", "1.234", "1,2,3", "1e999990", "1e2", "NaN", "Infinity", "\u0661", "9" * 16, "0x10"]
)
def test_what_is_no_amount_is_refused_at_once(typed: str) -> None:
    with pytest.raises(ValueError):
        parse_money(typed, "EUR")
