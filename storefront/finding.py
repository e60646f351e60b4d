"""What somebody looks for on the list of events, as its address says it: parsed, offered, and told back.

`?q=cello&category=concert&place=Berlin&from=2026-12-01&until=2026-12-31&price=30&tag=baroque&p-language=German`; a number or a date
of the organizer's own properties has `from-<key>` and `until-<key>`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from events.facts import normal_tag
from events.listing import EventFilter, Facets, Range
from events.models import LONGEST_TAG, MOST_TAGS, EventCategory, Property
from events.properties import value_of
from ui.dates import day_text
from ui.errors import DomainError
from ui.forms import Chosen
from ui.money import format_money, parse_money

LEAST_EVENTS = 3  # to look through: of fewer, everybody sees all
LONGEST_SEARCH = 100

_Kind = Property.Kind
_AMOUNT = frozenset("0123456789., \u00a0")


class FinderForm(forms.Form):
    """What a list can be narrowed to; offers only what its events differ in."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=LONGEST_SEARCH,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "enterkeyhint": "search"}),
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    place = forms.CharField(label=_("Place"), required=False, max_length=120)
    price = forms.CharField(
        label=_("Up to what price"),
        required=False,
        max_length=14,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    tag = forms.MultipleChoiceField(label=_("Tags"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: QueryDict, *, facets: Facets, known: Sequence[Property], currency: str) -> None:
        super().__init__(data)
        self.currency = currency
        self.known = [one for one in known if one.is_filterable]
        self.fields["from"] = _day(_("From"))
        self.fields["until"] = _day(_("Until"))
        asked = data.get("category", "")
        categories = {*facets.categories, asked} & set(EventCategory.values)
        names = [(one.value, one.label) for one in EventCategory if one.value in categories]
        self.fields["category"] = _select(_("Category"), [("", _now("All categories")), *names])
        place = _plain(data.get("place", "")[:120])
        places = list(dict.fromkeys([*facets.places, *filter(None, [place])]))
        self.fields["place"] = _select(_("Place"), [("", _now("Everywhere")), *((place, place) for place in places)])
        asked_tags = [_plain(normal_tag(tag))[:LONGEST_TAG] for tag in data.getlist("tag")[:MOST_TAGS]]
        tags = [tag for tag in asked_tags if tag]
        self.data = data.copy()
        self.data.setlist("tag", tags)
        offered = dict.fromkeys([*facets.tags, *tags])
        self.fields["tag"].choices = [(tag, tag) for tag in offered]  # type: ignore[attr-defined]
        for one in self.known:
            self._offer_property(one, facets.properties.get(one.key, ()))
        for name in ("category", "place", "tag"):
            if len(getattr(self.fields[name], "choices", ())) <= (0 if name == "tag" else 1):
                del self.fields[name]

    def _offer_property(self, one: Property, values: Sequence[Any]) -> None:
        name, asked = f"p-{one.key}", self.data.get(f"p-{one.key}", "")
        if one.kind in (_Kind.NUMBER, _Kind.DATE):
            bounds = [(f"from-{one.key}", _now("%s from")), (f"until-{one.key}", _now("%s until"))]
            for bound, words in bounds:
                if len(values) > 1 or self.data.get(bound):
                    typed = _day if one.kind == _Kind.DATE else _number
                    self.fields[bound] = typed(words % one.name)
        elif one.kind == _Kind.CHOICE and (len(values) > 1 or asked):
            offered = [choice for choice in one.choices if choice in values or choice == asked]
            self.fields[name] = _select(one.name, [("", _now("Any")), *((choice, choice) for choice in offered)])
        elif one.kind == _Kind.YES_NO and (values or asked):
            self.fields[name] = _select(one.name, [("", _now("Any")), ("yes", _now("Yes")), ("no", _now("No"))])
        elif one.kind == _Kind.TEXT and (len(values) > 1 or asked):
            self.fields[name] = forms.CharField(label=one.name, required=False, max_length=LONGEST_SEARCH)

    def clean_price(self) -> int | None:
        """Minor units of the organizer's currency."""
        typed: str = self.cleaned_data["price"]
        if not typed:
            return None
        try:
            if not set(typed) <= _AMOUNT:  # "1e309" is a number, too
                raise ValueError(typed)
            return parse_money(typed, self.currency)
        except ValueError as error:
            raise forms.ValidationError(_now("Enter an amount like 24.")) from error

    def clean(self) -> dict[str, Any]:
        """Judge what is of a property's kind, and that a range is one."""
        cleaned = super().clean() or self.cleaned_data
        pairs = [("from", "until"), *((f"from-{one.key}", f"until-{one.key}") for one in self.known)]
        for one in self.known:
            for name in (f"from-{one.key}", f"until-{one.key}") if one.kind == _Kind.NUMBER else ():
                if cleaned.get(name):
                    self._judge(name, one)
        for least, most in pairs:
            if cleaned.get(least) and cleaned.get(most) and cleaned[least] > cleaned[most]:
                self.add_error(most, _now("This lies before where it begins."))
        return cleaned

    def _judge(self, name: str, one: Property) -> None:
        try:
            self.cleaned_data[name] = value_of(one, self.cleaned_data[name])
        except DomainError as refusal:
            self.add_error(name, refusal.detail)

    def wanted(self) -> EventFilter:
        """What was understood of it; what was not is said by the form's errors, and looked for by nobody."""
        self.full_clean()
        cleaned = self.cleaned_data
        return EventFilter(
            text=cleaned.get("q", ""),
            category=cleaned.get("category", ""),
            tags=tuple(cleaned.get("tag", ())),
            place=cleaned.get("place", ""),
            since=cleaned.get("from"),
            until=cleaned.get("until"),
            properties={key: wish for key, wish in ((one.key, self._wish(one)) for one in self.known) if wish},
        )

    def _wish(self, one: Property) -> Any:
        cleaned, name = self.cleaned_data, f"p-{one.key}"
        if one.kind in (_Kind.NUMBER, _Kind.DATE):
            bounds = [cleaned.get(f"{end}-{one.key}") for end in ("from", "until")]
            least, most = (bound.isoformat() if isinstance(bound, date) else _or_none(bound) for bound in bounds)
            return None if least is None and most is None else Range(least, most)
        given = cleaned.get(name, "")
        if not given or one.kind == _Kind.TEXT:
            return given or None
        return [value_of(one, given)]

    @property
    def most_price(self) -> int | None:
        """Minor units that a ticket may cost in all, for the list to show its event. After `wanted`."""
        return self.cleaned_data.get("price")

    @property
    def chosen(self) -> list[Chosen]:
        """What is looked for, each with the way to look for it no longer. After `wanted`."""
        said = [(name, value) for name, value in self._given() if name not in self.errors]
        return [
            Chosen(self._words(name, value), address_of([one for one in self._given() if one != (name, value)]))
            for name, value in said
        ]

    @property
    def more(self) -> list[forms.BoundField]:
        """What stands beneath "More filters"."""
        others = [name for name in self.fields if name not in ("q", "category", "place", "tag", "from", "until")]
        return [self[name] for name in ("from", "until", *others)]

    @property
    def address(self) -> str:
        """The list's address with what is looked for and nothing else."""
        return address_of(self._given())

    @property
    def n_more(self) -> int:
        """How many of those beneath "More filters" are in use."""
        return len([name for name, _value in self._given() if name not in ("q", "category", "place")])

    def _given(self) -> list[tuple[str, str]]:
        return [
            (name, value.strip())
            for name in self.fields
            for value in (self.data.getlist(name) if name == "tag" else [self.data.get(name, "")])  # type: ignore[attr-defined]
            if value.strip()
        ]

    def _words(self, name: str, value: str) -> str:
        label = str(self.fields[name].label)
        if name == "q":
            return f"“{value}”"
        if name == "tag":
            return f"#{value}"
        if name == "place":
            return value
        if name == "category":
            return str(EventCategory(value).label)
        if name == "price":
            return _now("up to %(price)s") % {"price": format_money(self.cleaned_data["price"], self.currency)}
        if isinstance(self.fields[name], forms.DateField):
            return f"{label} {day_text(self.cleaned_data[name])}"
        choices: Mapping[str, Any] = dict(getattr(self.fields[name], "choices", ()))
        return f"{label}: {choices.get(value, value)}"


def address_of(given: Iterable[tuple[str, str]]) -> str:
    """The list's address for these parameters."""
    query = urlencode(list(given))
    return f"/?{query}" if query else "/"


def _plain(typed: str) -> str:
    """What can be looked for; nothing of what cannot be printed."""
    return typed if typed.isprintable() else ""


def _or_none(bound: Any) -> Any:
    return None if bound == "" else bound


def _select(label: Any, choices: Sequence[tuple[Any, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=list(choices))


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def _number(label: Any) -> forms.CharField:
    box = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=14, widget=box)
