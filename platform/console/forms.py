"""The console's forms."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from pricing.quote import FeePlan
from ui.money import format_money, minor_unit_exponent, parse_money


class SuspendForm(forms.Form):
    """Why an organizer's pages are closed: read by colleagues, not by the organizer."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))


def _amount(label: Any, **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=14, widget=widget, **more)


class FeeForm(forms.Form):
    """The fee on a paid ticket that was agreed with an organizer, typed as percent and amounts of one currency."""

    percent = forms.DecimalField(
        label=_("Percent of the price"),
        min_value=0,
        max_value=100,
        decimal_places=2,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    fixed = _amount(_("Plus"))
    minimum = _amount(_("At least"), required=False)
    maximum = _amount(_("At most"), required=False)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    @classmethod
    def of(cls, plan: FeePlan, *, currency: str) -> "FeeForm":
        """Filled in from a plan."""

        def text(amount: int) -> str:
            return str(Decimal(amount).scaleb(-minor_unit_exponent(currency)))

        initial = {
            "percent": Decimal(plan.basis_points).scaleb(-2),
            "fixed": text(plan.fixed),
            "minimum": text(plan.minimum) if plan.minimum else "",
            "maximum": "" if plan.maximum is None else text(plan.maximum),
        }
        return cls(initial=initial, currency=currency)

    def clean(self) -> dict[str, Any]:
        """The amounts in minor units, and with them the `plan`; an empty bound is none."""
        cleaned = super().clean() or self.cleaned_data
        for name in ("fixed", "minimum", "maximum"):
            typed = cleaned.get(name)
            try:
                cleaned[name] = parse_money(typed, self.currency) if typed else None
            except ValueError:
                example = format_money(50, self.currency)
                self.add_error(name, _now("Enter an amount like %(example)s, without the sign.") % {"example": example})
        if not self.errors:
            basis_points = int(cleaned["percent"].scaleb(2))
            cleaned["plan"] = FeePlan(basis_points, cleaned["fixed"], cleaned["minimum"] or 0, cleaned["maximum"])
        return cleaned


class PayoutForm(forms.Form):
    """When an organizer is paid and how much is held back."""

    days_after = forms.IntegerField(label=_("Days after a date has ended"), min_value=0, max_value=60)
    reserve_percent = forms.IntegerField(label=_("Reserve in per cent"), min_value=0, max_value=50)
    reserve_days = forms.IntegerField(label=_("Days the reserve is held"), min_value=0, max_value=180)
    most_disputes = forms.IntegerField(
        label=_("Undecided disputes at most"),
        min_value=0,
        max_value=1000,
        help_text=_("With more of them payouts wait."),
    )
    held_because = forms.CharField(
        label=_("Hold all payouts because"),
        max_length=200,
        required=False,
        help_text=_("The organizer reads it. Empty: nothing is held."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
