"""The quotas of an event: a row each."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import Quota, TicketType
from events.quotas import QuotaWish
from organizer_portal.forms.fields import plain
from organizer_portal.forms.rows import RowForm, Rows, rows_form
from ui.forms import offer_choices

MOST_QUOTAS = 50


class QuotaForm(RowForm):
    """One quota: what it is called, how many there are for each date, and which tickets draw from it."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput())
    name = forms.CharField(label=_("Name"), max_length=80, widget=plain())
    size = forms.IntegerField(
        label=_("How many"),
        min_value=1,
        max_value=100_000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    ticket_types = forms.MultipleChoiceField(
        label=_("Tickets that draw from it"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, kinds: Sequence[TicketType], is_draft: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_choices(self, "ticket_types", [(str(kind.pk), kind.title) for kind in kinds])
        if not is_draft:
            del self.fields["remove"]
            self.fields["ticket_types"].disabled = True

    @property
    def wish(self) -> QuotaWish:
        """As the verb takes it."""
        words = self.cleaned_data
        chosen = frozenset(UUID(pk) for pk in words["ticket_types"])
        return QuotaWish(words["name"], words["size"], chosen, words["id"])


def quotas_form(data: Any, quotas: Sequence[Quota], *, kinds: Sequence[TicketType], is_draft: bool) -> Rows:
    """Filled in from the quotas, or as typed. No more of them come once the event is on sale."""
    initial = [
        {
            "id": quota.pk,
            "name": quota.name,
            "size": quota.size,
            "ticket_types": [str(kind.pk) for kind in quota.ticket_types.all()],
        }
        for quota in quotas
    ]
    extra = 1 if is_draft else 0
    return rows_form(QuotaForm, data, initial, most=MOST_QUOTAS, extra=extra, kinds=kinds, is_draft=is_draft)
