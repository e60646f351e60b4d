"""How an event comes before people: when its sale begins and who may find it; what the buyers of a postponed one are told."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from checkout.publish import LONGEST_WORDS
from events.models import Event
from events.publication import LONGEST_PASSWORD, SHORTEST_PASSWORD
from organizer_portal.forms.fields import instant_of, moment, plain


class PublishingForm(forms.Form):
    """The time is typed in the venue's zone; a password that is there already is kept while the box is empty."""

    sale_starts_at = forms.DateTimeField(
        label=_("Sale begins"),
        required=False,
        help_text=_("Until then the page says when. Empty: as soon as it is published."),
        widget=moment(),
    )
    visibility = forms.ChoiceField(
        label=_("Who may find it"), choices=Event.Visibility.choices, widget=forms.RadioSelect
    )
    password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=LONGEST_PASSWORD,
        widget=plain(),
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event, self.zone = event, event.venue.timezone
        self.fields["password"].help_text = (
            _now("It has one. Another one shuts out who came in with the old; empty keeps it.")
            if event.password
            else _now("Only where it asks for one, %(least)d characters or more. Tell it to whom you like.")
            % {"least": SHORTEST_PASSWORD}
        )

    @classmethod
    def of(cls, event: Event) -> "PublishingForm":
        """Filled in from the event."""
        starts = event.sale_starts_at
        here = starts.astimezone(ZoneInfo(event.venue.timezone)).replace(tzinfo=None) if starts else None
        return cls(initial={"sale_starts_at": here, "visibility": event.visibility}, event=event)

    def clean_sale_starts_at(self) -> datetime | None:
        """An instant."""
        return instant_of(self.cleaned_data["sale_starts_at"], self.zone)


class PostponeForm(forms.Form):
    """What the buyers are told besides."""

    words = forms.CharField(
        label=_("What you want to tell the buyers"),
        required=False,
        max_length=LONGEST_WORDS,
        help_text=_("Why, and when you hope to know more. It stands in the e-mail."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_words(self) -> str:
        """In one line."""
        return " ".join(str(self.cleaned_data["words"]).split())
