"""Small words for doors that take forms."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.forms import ChoiceField, Form, Select
from django.forms.utils import flatatt
from django.http import HttpRequest, QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from ui.dates import time_zones

_AREAS = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


@dataclass(frozen=True)
class Chosen:
    """Something that a list is narrowed to, in words, and the address of the list without it (ui/components/chosen.html)."""

    words: str
    without: str


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent with a POST, an empty one too, so that it is judged; None for a first look at the form."""
    return request.POST if request.method == "POST" else None


def typed_number(text: str, *, longest: int = 6) -> int | None:
    """A whole number of at most so many digits, 0 to 9; None for what only looks like one, or that nobody can mean."""
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= longest else None


def offer_choices(form: Form, name: str, choices: Iterable[tuple[object, object]]) -> None:
    """Let a form's field offer what only this request knows: values with their words."""
    field = form.fields[name]
    assert isinstance(field, ChoiceField)
    field.choices = list(choices)


@cache
def zone_choices() -> tuple[tuple[str, str], ...]:
    """The time zones where people live, by name."""
    return tuple((zone, zone.replace("_", " ")) for zone in sorted(time_zones()) if zone.startswith(_AREAS))


class LongSelect(Select):
    """A select of hundreds of options, without groups: written at once, where Django would fill in a template for each."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """As Django's, to the letter of what a browser reads."""
        chosen = "" if value is None else str(value)
        selected = mark_safe(" selected")
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            ((key, selected if str(key) == chosen else "", words) for key, words in self.choices),
        )
        attributes = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        return format_html("<select{}>{}</select>", attributes, options)
