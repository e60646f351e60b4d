"""Who bears our fee, what an event charges of its own, and the organizer's taxes."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from events.models import Event, OwnFee, TaxRate
from organizer_portal.forms.fields import amount_text, basis_points, plain
from ui.forms import offer_choices
from ui.money import parse_money


class Bearer(models.TextChoices):
    """Who bears our fee on a ticket."""

    BUYER = "buyer", _("The buyer: it is added to your price")
    ORGANIZER = "organizer", _("You: it is taken from your price")
    SPLIT = "split", _("Split between you and the buyer")


class FeeShareForm(forms.Form):
    """Who bears our fee."""

    bearer = forms.ChoiceField(label=_("Who pays our fee"), choices=Bearer.choices, widget=forms.RadioSelect)
    share = forms.IntegerField(
        label=_("The buyer’s part, in percent"),
        required=False,
        min_value=0,
        max_value=100,
        help_text=_("Only when it is split."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    @classmethod
    def of(cls, event: Event) -> "FeeShareForm":
        """Filled in from the event."""
        bearer = {100: Bearer.BUYER, 0: Bearer.ORGANIZER}.get(event.fee_share, Bearer.SPLIT)
        return cls(initial={"bearer": bearer, "share": event.fee_share if bearer == Bearer.SPLIT else 50})

    def clean(self) -> dict[str, Any]:
        """`fee_share`, the percentage that buyers bear."""
        cleaned = super().clean() or self.cleaned_data
        share = {"buyer": 100, "organizer": 0}.get(cleaned.get("bearer", ""), cleaned.get("share"))
        if share is None and "share" not in self.errors:
            self.add_error("share", _now("Say what percentage the buyer pays."))
        cleaned["fee_share"] = share
        return cleaned


class PercentField(forms.CharField):
    """A percentage as typed, with "." or "," before up to two decimals; basis points, 0 when empty."""

    widget = plain(inputmode="decimal")

    def clean(self, value: Any) -> int:
        """Basis points."""
        typed = str(super().clean(value)).strip(" %")
        if not typed:
            return 0
        try:
            return basis_points(typed)
        except ValueError as error:
            raise forms.ValidationError(_now("Enter a percentage from 0 to 100, like 7 or 19.5.")) from error


def percent_typed(basis_points: int) -> str:
    """Basis points as one types them: 750 -> "7.5", 1000 -> "10"; "" for none."""
    typed = f"{Decimal(basis_points) / 100:f}" if basis_points else ""
    return typed.rstrip("0").rstrip(".") if "." in typed else typed


def offer_taxes(form: forms.Form, rates: Iterable[TaxRate]) -> None:
    """Let the form's `tax` choose one of the organizer's taxes, or none."""
    words = {True: _now("included"), False: _now("on top")}
    offered = [(str(rate.pk), f"{rate}, {words[rate.is_inclusive]}") for rate in rates]
    offer_choices(form, "tax", [("", _now("No tax")), *offered])


def tax_chosen(form: forms.Form) -> UUID | None:
    """The tax that was chosen in a valid form."""
    chosen = form.cleaned_data.get("tax")
    return UUID(chosen) if chosen else None


class Per(models.TextChoices):
    """How often a fee is charged."""

    TICKET = "ticket", _("For each paid ticket")
    ORDER = "order", _("Once for each paid order")


class OwnFeeForm(forms.Form):
    """A fee of the organizer's own."""

    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        help_text=_("Buyers read it wherever a price is shown, for instance: facility fee, delivery."),
        widget=plain(list="fee-names"),
    )
    per = forms.ChoiceField(label=_("How often"), choices=Per.choices, widget=forms.RadioSelect, initial=Per.TICKET)
    fixed = forms.CharField(label=_("Amount"), required=False, max_length=14, widget=plain(inputmode="decimal"))
    percent = PercentField(
        label=_("Percent of the price"), required=False, max_length=8, help_text=_("For each ticket only.")
    )
    tax = forms.ChoiceField(label=_("Tax on it"), required=False)

    def __init__(self, *args: Any, currency: str, rates: Iterable[TaxRate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        offer_taxes(self, rates)

    @classmethod
    def of(cls, fee: OwnFee, *, rates: Iterable[TaxRate]) -> "OwnFeeForm":
        """Filled in from the fee."""
        initial = {
            "name": fee.name,
            "per": Per.ORDER if fee.is_per_order else Per.TICKET,
            "fixed": amount_text(fee.fixed, fee.event.currency) if fee.fixed else "",
            "percent": percent_typed(fee.basis_points),
            "tax": fee.tax_id or "",
        }
        return cls(initial=initial, currency=fee.event.currency, rates=rates)

    def clean_fixed(self) -> int:
        """Minor units."""
        typed = self.cleaned_data["fixed"].strip()
        try:
            return parse_money(typed, self.currency) if typed else 0
        except ValueError as error:
            example = amount_text(parse_money("2", self.currency), self.currency)
            raise forms.ValidationError(_now("Enter an amount like %(example)s.") % {"example": example}) from error

    @property
    def fields_of_fee(self) -> dict[str, Any]:
        """What the verbs take."""
        words = self.cleaned_data
        return {
            "name": words["name"],
            "is_per_order": words["per"] == Per.ORDER,
            "basis_points": words["percent"],
            "fixed": words["fixed"],
            "tax_id": tax_chosen(self),
        }


class TaxRateForm(forms.Form):
    """A tax of the organizer's."""

    name = forms.CharField(
        label=_("Name"), max_length=40, help_text=_("As buyers know it, for instance: VAT."), widget=plain()
    )
    percent = PercentField(label=_("Percent"), max_length=8)
    kind = forms.ChoiceField(
        label=_("In your prices"),
        choices=[
            ("inclusive", _("The prices you enter contain it")),
            ("exclusive", _("It comes on top of the prices you enter")),
        ],
        widget=forms.RadioSelect,
        initial="inclusive",
    )

    @classmethod
    def of(cls, rate: TaxRate) -> "TaxRateForm":
        """Filled in from the rate."""
        kind = "inclusive" if rate.is_inclusive else "exclusive"
        return cls(initial={"name": rate.name, "percent": percent_typed(rate.basis_points) or "0", "kind": kind})

    @property
    def fields_of_rate(self) -> dict[str, Any]:
        """What the verbs take."""
        words = self.cleaned_data
        return {
            "name": words["name"],
            "basis_points": words["percent"],
            "is_inclusive": words["kind"] == "inclusive",
        }
