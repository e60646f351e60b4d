"""Widgets of our own say what Django's would."""

import pytest
from django import forms
from django.test.html import parse_html

from ui.forms import LongSelect

PLACES = [("", "Anywhere"), ("Europe/Berlin", "Europe/Berlin"), ("A&B", "<b>Bar</b>"), (7, "Seven")]


class Ordinary(forms.Form):
    place = forms.ChoiceField(choices=PLACES, required=False)


class Long(forms.Form):
    place = forms.ChoiceField(choices=PLACES, required=False, widget=LongSelect)


@pytest.mark.parametrize(
    "typed", [None, {}, {"place": "Europe/Berlin"}, {"place": "A&B"}, {"place": "7"}, {"place": "Mars"}]
)
def test_a_long_select_is_read_as_an_ordinary_one(typed: dict[str, str] | None) -> None:
    ordinary, long = (form(typed)["place"].as_widget(attrs={"class": "select"}) for form in (Ordinary, Long))

    assert parse_html(long) == parse_html(ordinary)
