"""What may be tried in the settlement simulator."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from checkout.simulator import Trial
from events.models import Event, TicketType
from organizer_portal.forms.fees import FeeShareForm
from organizer_portal.forms.fields import amount_text, plain
from repricing.queries import prices_at_next_date
from ui.money import parse_money


class SimulatorForm(FeeShareForm):
    """Prices, who bears our fee, how many tickets an order has, and how much of it goes back. Nothing of it is saved."""

    quantity = forms.IntegerField(
        label=_("Tickets in the order"),
        min_value=1,
        max_value=50,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    percent_back = forms.IntegerField(
        label=_("Of a refund, percent that goes back"),
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, event: Event, kinds: Iterable[TicketType], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        prices = prices_at_next_date(event, at=timezone.now())
        self.currency, self.kinds = event.currency, list(kinds)
        for kind in self.kinds:
            name = f"price-{kind.pk}"
            self.fields[name] = forms.CharField(label=kind.title, max_length=14, widget=plain(inputmode="decimal"))
            self.initial[name] = amount_text(prices[kind.pk], event.currency)

    @classmethod
    def filled(cls, event: Event, kinds: Iterable[TicketType]) -> "SimulatorForm":
        """As the event is now."""
        initial = {**FeeShareForm.of(event).initial, "quantity": 1, "percent_back": 100}
        return cls(initial=initial, event=event, kinds=kinds)

    @property
    def price_fields(self) -> list[forms.BoundField]:
        """The prices, in the order of the ticket types."""
        return [self[f"price-{kind.pk}"] for kind in self.kinds]

    def clean(self) -> dict[str, Any]:
        """`trial`, unless something cannot be read."""
        cleaned = super().clean()
        prices = {}
        for kind in self.kinds:
            name = f"price-{kind.pk}"
            try:
                prices[kind.pk] = parse_money(cleaned.get(name, ""), self.currency)
                if prices[kind.pk] > 99_999_999:
                    raise ValueError(name)
            except ValueError:
                if name not in self.errors:
                    example = amount_text(parse_money("24", self.currency), self.currency)
                    self.add_error(name, _now("Enter an amount like %(example)s.") % {"example": example})
        if not self.errors:
            cleaned["trial"] = Trial(prices, cleaned["fee_share"], cleaned["quantity"], cleaned["percent_back"])
        return cleaned
