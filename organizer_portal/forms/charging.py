"""How orders are charged: for one event, or for all that say nothing of their own."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from events.models import ChargeModel, Event

AS_ALL = "as_all"  # the event says nothing of its own


class ChargingForm(forms.Form):
    """One of the models; for an event also that of the organizer's others."""

    charge_model = forms.ChoiceField(label=_("How buyers are charged"), widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, default: ChargeModel, event: Event | None = None) -> None:
        chosen = default.value if event is None else event.charge_model or AS_ALL
        super().__init__(data, initial={"charge_model": chosen})
        field = self.fields["charge_model"]
        assert isinstance(field, forms.ChoiceField)
        choices = [(model.value, str(model.label)) for model in ChargeModel]
        if event is not None:
            choices.insert(0, (AS_ALL, _now("As your other events: %s") % default.label))
        field.choices = choices

    @property
    def model(self) -> ChargeModel | None:
        """What was chosen; None for an event that says nothing of its own."""
        value = self.cleaned_data["charge_model"]
        return None if value == AS_ALL else ChargeModel(value)
