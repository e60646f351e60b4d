"""The forms of an order."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from organizer_portal.forms.fields import plain
from ui.money import format_money, parse_money


class RefundForm(forms.Form):
    """The amount typed again: money does not leave by a slip of the hand."""

    amount = forms.CharField(label=_("Type the amount to confirm"), max_length=20, widget=plain(inputmode="decimal"))

    def __init__(self, *args: Any, total: int, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.total, self.currency = total, currency
        if not total:
            del self.fields["amount"]  # nothing leaves

    def clean_amount(self) -> int:
        """Minor units; exactly the order's total."""
        typed = "".join(sign for sign in self.cleaned_data["amount"] if sign.isdigit() or sign in ".,-")
        try:
            amount = parse_money(typed, self.currency)
        except ValueError:
            amount = -1
        if amount != self.total:
            words = _now("This is not the amount of the order. Type %(amount)s to refund all of it.")
            raise forms.ValidationError(words % {"amount": format_money(self.total, self.currency)})
        return amount
