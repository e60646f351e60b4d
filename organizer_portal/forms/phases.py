"""The sale phases of a ticket type: a row each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import Phase
from events.phases import MOST_PHASES, PhaseWish
from organizer_portal.forms.fields import amount_text, instant_of, minor_units, moment, plain, typed_moment
from organizer_portal.forms.rows import RowForm, Rows, rows_form


class PhaseForm(RowForm):
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

    def __init__(self, *args: Any, currency: str, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.zone = currency, zone

    def clean_price(self) -> int:
        """Minor units."""
        return minor_units(self.cleaned_data["price"], self.currency)

    def clean_until(self) -> datetime | None:
        """An instant."""
        return instant_of(self.cleaned_data["until"], self.zone)

    @property
    def wish(self) -> PhaseWish:
        """As the verb takes it."""
        words = self.cleaned_data
        known: UUID | None = words["id"]
        return PhaseWish(words["name"], words["price"], words["until"], words["quantity"], known)


def phases_form(data: Any, phases: Sequence[Phase], *, currency: str, zone: str) -> Rows:
    """Filled in from the phases, or as typed."""
    initial = [
        {
            "id": phase.pk,
            "name": phase.name,
            "price": amount_text(phase.price, currency),
            "until": typed_moment(phase.until, zone),
            "quantity": phase.quota.size if phase.quota else None,
        }
        for phase in phases
    ]
    return rows_form(PhaseForm, data, initial, most=MOST_PHASES, currency=currency, zone=zone)
