"""The forms of who works here, with what phone and what key."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from organizer_portal.forms.fields import plain
from people.models import Membership


class GateForm(forms.Form):
    """An entrance."""

    gate_name = forms.CharField(label=_("Name of the entrance"), max_length=60, widget=plain())


class DeviceForm(forms.Form):
    """A phone at an entrance."""

    device_name = forms.CharField(label=_("Whose phone is it?"), max_length=60, widget=plain())


class RoleForm(forms.Form):
    """What somebody may do."""

    role = forms.ChoiceField(label=_("Role"), choices=Membership.Role.choices)


class InvitationForm(RoleForm):
    """Who is asked to join, and as what."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))

    field_order = ["email", "role"]


class ApiKeyForm(forms.Form):
    """What a new key is called."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("Which program uses it, so that you know later what stops when you revoke it."),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class NewColleagueForm(forms.Form):
    """The account of somebody who accepts an invitation and has none yet."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 10 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        max_length=256,
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        """One that is hard to guess, for this person."""
        password = str(self.cleaned_data["password"])
        validate_password(password, user=User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password
