"""A bundle: its name, and for each ticket type how many are in it and what of the price falls to each."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from events.bundles import MOST_OF_A_PART, PartWish
from events.models import Bundle, TicketType
from organizer_portal.forms.fields import amount_text, minor_units, plain


class BundleForm(forms.Form):
    """Each ticket type has two fields, "quantity-<id>" and "price-<id>"."""

    name = forms.CharField(label=_("Name"), max_length=80, widget=plain())
    perk = forms.CharField(
        label=_("What it includes"),
        required=False,
        max_length=140,
        help_text=_("One line beneath the name, for instance: standing, balcony."),
        widget=plain(),
    )
    max_per_order = forms.IntegerField(
        label=_("At most per order"),
        min_value=1,
        max_value=50,
        initial=10,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, kinds: Sequence[TicketType], currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds, self.currency = kinds, currency
        for kind in kinds:
            self.fields[f"quantity-{kind.pk}"] = forms.IntegerField(
                label=_("How many"),
                required=False,
                min_value=0,
                max_value=MOST_OF_A_PART,
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
            )
            self.fields[f"price-{kind.pk}"] = forms.CharField(
                label=_("Each for"), required=False, max_length=14, widget=plain(inputmode="decimal")
            )

    @classmethod
    def of(cls, bundle: Bundle, *, kinds: Sequence[TicketType], currency: str) -> "BundleForm":
        """Filled in from the bundle."""
        initial: dict[str, Any] = {
            "name": bundle.name,
            "perk": bundle.perk,
            "max_per_order": bundle.max_per_order,
        }
        for part in bundle.parts.all():
            initial[f"quantity-{part.ticket_type_id}"] = part.quantity
            initial[f"price-{part.ticket_type_id}"] = amount_text(part.price, currency)
        return cls(initial=initial, kinds=kinds, currency=currency)

    @property
    def rows(self) -> Iterator[tuple[TicketType, BoundField, BoundField]]:
        """Each ticket type with its two fields."""
        for kind in self.kinds:
            yield kind, self[f"quantity-{kind.pk}"], self[f"price-{kind.pk}"]

    def clean(self) -> dict[str, Any]:
        """Adds `parts`."""
        words = super().clean() or self.cleaned_data
        parts = []
        for kind in self.kinds:
            quantity, typed = words.pop(f"quantity-{kind.pk}", None), words.pop(f"price-{kind.pk}", "")
            if not quantity:
                continue
            try:
                parts.append(PartWish(kind.pk, quantity, minor_units(typed, self.currency)))
            except forms.ValidationError as error:
                self.add_error(f"price-{kind.pk}", error)
        return {**words, "parts": parts}
