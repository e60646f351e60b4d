"""The sale phases of a ticket type: a row each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from events.actions import local_time
from events.models import Phase
from events.phases import MOST_PHASES, PhaseWish
from organizer_portal.forms.fields import amount_text, moment, plain
from ui.errors import DomainError
from ui.money import parse_money


class PhaseForm(forms.Form):
    """One phase. Prices are the organizer's, before fees; times are typed in the event's zone."""

    id = forms.UUIDField(required=False, widget=forms.HiddenInput())
    name = forms.CharField(label=_("Name"), max_length=40, widget=plain())
    price = forms.CharField(label=_("Price you get"), max_length=14, widget=plain(inputmode="decimal"))
    until = forms.DateTimeField(label=_("Until"), required=False, widget=moment())
    quantity = forms.IntegerField(
        label=_("How many"),
        required=False,
        min_value=1,
        max_value=100_000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    remove = forms.BooleanField(label=_("Remove this phase"), required=False)

    def __init__(self, *args: Any, currency: str, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.zone = currency, zone
        self.use_required_attribute = False

    def clean_price(self) -> int:
        """Minor units."""
        try:
            return parse_money(self.cleaned_data["price"], self.currency)
        except ValueError as error:
            example = amount_text(parse_money("24", self.currency), self.currency)
            raise forms.ValidationError(_now("Enter an amount like %(example)s.") % {"example": example}) from error

    def clean_until(self) -> datetime | None:
        """An instant."""
        typed: datetime | None = self.cleaned_data["until"]
        if typed is None:
            return None
        if not 2000 < typed.year < 2200:
            raise forms.ValidationError(_now("Enter a date and a time of these years."))
        return local_time(typed.replace(tzinfo=None), self.zone)

    @property
    def is_kept(self) -> bool:
        """Whether it was filled in and is to stay."""
        return (bool(self.initial) or self.has_changed()) and not self.cleaned_data.get("remove")

    @property
    def wish(self) -> PhaseWish:
        """As the verb takes it."""
        words = self.cleaned_data
        known: UUID | None = words["id"]
        return PhaseWish(words["name"], words["price"], words["until"], words["quantity"], known)


class PhasesForm(BaseFormSet):  # type: ignore[type-arg]
    """All phases of a type in their order, and room for one more."""

    def __init__(self, *args: Any, currency: str, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, form_kwargs={"currency": currency, "zone": zone}, **kwargs)

    @property
    def kept(self) -> list[PhaseForm]:
        """The rows that are to be phases."""
        return [form for form in self.forms if isinstance(form, PhaseForm) and form.is_kept]

    @property
    def wishes(self) -> list[PhaseWish]:
        """The phases as the verb takes them. After `is_valid`."""
        return [form.wish for form in self.kept]

    def place_refusal(self, refusal: DomainError) -> None:
        """Put the verb's refusal beside the field it names ("0-until"), else at the first row."""
        index, _dash, field = str(refusal.extra.get("field", "")).partition("-")
        rows = self.kept or self.forms
        form = rows[int(index)] if index.isdigit() and int(index) < len(rows) else rows[0]
        form.add_error(field if field in form.fields else None, refusal.detail)


def phases_form(data: Any, phases: Sequence[Phase], *, currency: str, zone: str) -> PhasesForm:
    """Filled in from the phases, or as typed; with an empty row at the end."""
    made: type[PhasesForm] = formset_factory(
        PhaseForm, formset=PhasesForm, extra=1, max_num=MOST_PHASES, absolute_max=MOST_PHASES + 1, validate_max=True
    )
    initial = [
        {
            "id": phase.pk,
            "name": phase.name,
            "price": amount_text(phase.price, currency),
            "until": phase.until.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if phase.until else None,
            "quantity": phase.quota.size if phase.quota else None,
        }
        for phase in phases
    ]
    return made(data, initial=initial, prefix="phase", currency=currency, zone=zone)
