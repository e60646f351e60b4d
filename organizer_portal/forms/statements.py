"""Which period, and which currency, a statement or a report is of."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organizer_portal.forms.fields import check_day
from ui.forms import offer_choices


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", "class": "input max-w-48"}, format="%Y-%m-%d")


class PeriodForm(forms.Form):
    """Days in the organizer's zone, both included; without one of them as far as there is anything. It is in the address alone."""

    since = forms.DateField(label=_("From"), required=False, validators=[check_day], widget=_day())
    until = forms.DateField(label=_("Last day"), required=False, validators=[check_day], widget=_day())
    currency = forms.ChoiceField(
        label=_("Currency"), required=False, widget=forms.Select(attrs={"class": "select max-w-32"})
    )

    def __init__(self, *args: Any, currencies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_choices(self, "currency", [(one, one) for one in currencies])
        if len(currencies) < 2:
            self.fields["currency"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first. Choose a later one."))
        return cleaned
