"""The console's forms."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SuspendForm(forms.Form):
    """Why an organizer's pages are closed: read by colleagues, not by the organizer."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
