"""The forms of whoever looks into an incident, at an organizer or at the platform."""

from django import forms
from django.utils.translation import gettext_lazy as _


class CloseForm(forms.Form):
    """What was found or done."""

    note = forms.CharField(
        label=_("What did you find or do?"),
        max_length=300,
        help_text=_("Kept with your name. For instance: paid by bank transfer on 3 May."),
        error_messages={"required": _("Say in a few words what was found or done.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
