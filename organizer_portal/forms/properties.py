"""What an organizer says of its events in terms of its own: the properties themselves, and what one event says."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from events.models import Property
from events.properties import LONGEST_NAME, LONGEST_TEXT, typed_value, value_of
from organizer_portal.forms.fields import plain
from ui.errors import DomainError

_Kind = Property.Kind


class PropertyForm(forms.Form):
    """A property; of one that is there already the kind stays."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_NAME,
        help_text=_("As buyers read it, for instance: Language, Minutes, Bar."),
        widget=plain(),
    )
    kind = forms.ChoiceField(label=_("What it is"), choices=_Kind.choices, widget=forms.RadioSelect, initial=_Kind.TEXT)
    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        max_length=4000,
        help_text=_("Only for one of a list: each on a line of its own."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    is_filterable = forms.BooleanField(
        label=_("Buyers can filter by it"),
        required=False,
        initial=True,
        help_text=_("On your list of events, and programs through the API."),
    )

    def __init__(self, *args: Any, of: Property | None = None, **kwargs: Any) -> None:
        if of is not None:
            kwargs.setdefault("initial", {}).update(
                name=of.name, choices="\n".join(of.choices), is_filterable=of.is_filterable
            )
        super().__init__(*args, **kwargs)
        if of is not None:
            del self.fields["kind"]
            if of.kind != _Kind.CHOICE:
                del self.fields["choices"]

    @property
    def of_verb(self) -> dict[str, Any]:
        """As the verbs take it. After `is_valid`."""
        return {**self.cleaned_data, "choices": self.cleaned_data.get("choices", "").splitlines()}


def offer_properties(form: forms.Form, known: Sequence[Property], values: dict[str, Any]) -> None:
    """Let a form ask for what an event says of each property; the fields are named `property-<key>`."""
    for one in known:
        made = _field(one)
        if one.key in values:
            made.initial = typed_value(values[one.key])
        form.fields[f"property-{one.key}"] = made


def properties_chosen(form: forms.Form, known: Sequence[Property]) -> dict[str, Any]:
    """The values by key, of a valid form; what does not fit goes beside its field, and the form is valid no more."""
    chosen: dict[str, Any] = {}
    for one in known:
        name = f"property-{one.key}"
        typed = form.cleaned_data.pop(name, None)
        if not typed:
            continue
        try:
            chosen[one.key] = value_of(one, typed if isinstance(typed, str) else typed.isoformat())
        except DomainError as refusal:
            form.add_error(name, refusal.detail)
    return chosen


def _field(one: Property) -> forms.Field:
    says_nothing = ("", _now("Not said"))
    if one.kind == _Kind.CHOICE:
        choices = [says_nothing, *((choice, choice) for choice in one.choices)]
        return forms.ChoiceField(label=one.name, required=False, choices=choices)
    if one.kind == _Kind.YES_NO:
        choices = [says_nothing, ("yes", _now("Yes")), ("no", _now("No"))]
        return forms.ChoiceField(label=one.name, required=False, choices=choices)
    if one.kind == _Kind.DATE:
        day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(label=one.name, required=False, widget=day)
    box = plain(inputmode="decimal") if one.kind == _Kind.NUMBER else plain()
    return forms.CharField(label=one.name, required=False, max_length=LONGEST_TEXT, widget=box)
