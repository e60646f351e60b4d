"""Amounts as people read them."""

import pytest
from django.utils import translation

from ui.money import format_money
from ui.templatetags.ui import money, taken_off


@pytest.mark.parametrize(
    ("amount", "currency", "language", "words"),
    [
        (1250, "EUR", "en", "€12.50"),
        (-1250, "EUR", "en", "−€12.50"),
        (-1250, "EUR", "de", "−12,50\xa0€"),
        (-500, "JPY", "en", "−¥500"),
        (-1250, "KWD", "en", "−KWD\xa01.250"),
    ],
)
def test_below_nothing_stands_a_minus_sign_and_no_hyphen(amount: int, currency: str, language: str, words: str) -> None:
    with translation.override(language):
        assert format_money(amount, currency) == words


def test_what_is_taken_off_has_its_sign_and_nothing_has_none() -> None:
    assert [taken_off(amount, "EUR") for amount in (2450, 0, -100)] == ["−€24.50", "€0.00", "€1.00"]
    assert (money(None, "EUR"), money(0, "EUR")) == ("", "€0.00")
