"""The form of an event's reminders."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from recovery.actions import LATEST

NAMES = ("first", "second", "third")


def _hours(label: Any, **more: Any) -> forms.IntegerField:
    box = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=LATEST, widget=box, **more)


class ReminderRulesForm(forms.Form):
    """After how many hours each mail goes out; an empty box sends none."""

    first = _hours(
        _("First e-mail, hours later"), help_text=_("Empty: nobody is reminded, and the checkout does not ask.")
    )
    second = _hours(_("Second e-mail, hours later"))
    third = _hours(_("Third e-mail, hours later"))

    @classmethod
    def of(cls, hours: list[int]) -> "ReminderRulesForm":
        """Filled in from the rules."""
        return cls(initial=dict(zip(NAMES, hours, strict=False)))

    @property
    def hours(self) -> list[int]:
        """What was typed, as it was typed."""
        return [self.cleaned_data[name] for name in NAMES if self.cleaned_data.get(name)]
