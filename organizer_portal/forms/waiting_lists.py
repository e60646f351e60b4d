"""The form of an event's waiting lists."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from organizer_portal.forms.fields import instant_of, moment
from waitlist.actions import LONGEST_GROUPS
from waitlist.models import ListRules


class ListRulesForm(forms.Form):
    """Whether people may wait, in which order they are served, and how long an offer stands. Times are typed in the venue's zone."""

    is_open = forms.BooleanField(
        label=_("People can wait for what is sold out"),
        required=False,
        help_text=_(
            "While anybody waits, what gets free is offered to the list alone. Off: the list stays, and everybody can buy."
        ),
    )
    offer_hours = forms.IntegerField(
        label=_("Hours an offer stands"),
        min_value=1,
        max_value=168,
        help_text=_("So long the tickets are held for one person; then they go to the next."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    mode = forms.ChoiceField(label=_("Who comes first"), choices=ListRules.Mode.choices, widget=forms.RadioSelect)
    first_groups = forms.CharField(
        label=_("Groups that come first"),
        required=False,
        max_length=LONGEST_GROUPS,
        help_text=_(
            "For groups. One address a line, or @example.com for all of a domain. An empty line begins the next group."
        ),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    draw_at = forms.DateTimeField(
        label=_("Drawn at"),
        required=False,
        help_text=_("By lot. Nothing is offered before; who joins later stands behind those who were drawn."),
        widget=moment(),
    )

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    @classmethod
    def of(cls, rules: ListRules, *, zone: str) -> "ListRulesForm":
        """Filled in from the rules."""
        initial = {name: getattr(rules, name) for name in cls.base_fields}
        if rules.draw_at:
            initial["draw_at"] = rules.draw_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        return cls(initial=initial, zone=zone)

    def clean_draw_at(self) -> datetime | None:
        """An instant."""
        return instant_of(self.cleaned_data["draw_at"], self.zone)
