"""A new event or a template from another."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from events.copies import first_day_of
from events.models import Event
from organizer_portal.forms.fields import check_day, plain


class CopyForm(forms.Form):
    """From a template only events are made."""

    kind = forms.ChoiceField(
        label=_("What it becomes"),
        choices=[
            ("event", _("A new event, as a draft")),
            ("template", _("A template, to make events from")),
        ],
        widget=forms.RadioSelect,
    )
    title = forms.CharField(label=_("Title"), max_length=140, widget=plain())
    first_on = forms.DateField(
        label=_("First date"),
        required=False,
        validators=[check_day],
        help_text=_("All dates and times move by as many days; times of day stay, also when clocks change."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if event.state == Event.State.TEMPLATE:
            del self.fields["kind"]

    @classmethod
    def of(cls, event: Event) -> "CopyForm":
        """Filled in from what is copied, for the day its first date was on."""
        return cls(initial={"kind": "event", "title": event.title, "first_on": first_day_of(event)}, event=event)

    @property
    def is_template(self) -> bool:
        """Whether a template was asked for."""
        return bool(self.cleaned_data.get("kind") == "template")

    def clean(self) -> dict[str, Any]:
        """An event needs its first date; a template keeps those it was made with."""
        cleaned = super().clean() or self.cleaned_data
        if self.is_template:
            cleaned["first_on"] = None
        elif not cleaned.get("first_on") and "first_on" not in self.errors:
            self.add_error("first_on", _now("Say on which day it first takes place."))
        return cleaned
