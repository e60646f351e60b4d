"""What a ticket goes with, where it is an add-on."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from events.add_ons import MOST_PER_TICKET
from events.models import TicketType
from ui.forms import offer_choices


def _number(label: Any, **more: Any) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(label=label, max_value=MOST_PER_TICKET, widget=widget, **more)


class AddOnForm(forms.Form):
    """Whether a ticket type is an add-on, of which tickets, and how many for each."""

    is_add_on = forms.BooleanField(label=_("Sold only together with a ticket"), required=False)
    base_types = forms.MultipleChoiceField(
        label=_("With these tickets"),
        required=False,
        help_text=_("None ticked: with any ticket."),
        widget=forms.CheckboxSelectMultiple,
    )
    least = _number(_("At least for each ticket"), min_value=0, initial=0)
    most = _number(_("At most for each ticket"), min_value=1, required=False, help_text=_("Empty: no limit."))

    def __init__(self, *args: Any, tickets: Sequence[TicketType], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_choices(self, "base_types", [(str(kind.pk), kind.title) for kind in tickets])

    @classmethod
    def of(cls, kind: TicketType, *, tickets: Sequence[TicketType]) -> "AddOnForm":
        """Filled in from the ticket type."""
        initial = {
            "is_add_on": kind.is_add_on,
            "base_types": [str(base.pk) for base in kind.base_types.all()],
            "least": kind.min_per_ticket,
            "most": kind.max_per_ticket,
        }
        return cls(initial=initial, tickets=tickets)

    def clean_base_types(self) -> list[UUID]:
        """Ids."""
        return [UUID(pk) for pk in self.cleaned_data["base_types"]]
