"""Who bears our fee, and what an event charges of its own."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from events.models import Event


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
