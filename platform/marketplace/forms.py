"""The sign-up form."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from marketplace.countries import COUNTRIES, country_choices
from ui.forms import LongSelect, offer_choices, zone_choices
from ui.money import CURRENCIES


class SignUpForm(forms.Form):
    """Three fields that must be filled in; the rest has defaults from the country."""

    name = forms.CharField(
        label=_("Name of your organization"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    email = forms.EmailField(
        label=_("Your e-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 10 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
        max_length=256,
    )
    country = forms.ChoiceField(label=_("Country"), choices=country_choices)
    slug = forms.CharField(
        label=_("Your address"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    timezone = forms.ChoiceField(label=_("Time zone"), required=False, widget=LongSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_choices(self, "currency", [("", _("The country's")), *((code, code) for code in CURRENCIES)])
        offer_choices(self, "timezone", [("", _("The country's")), *zone_choices()])

    def clean_slug(self) -> str:
        """As host names have it."""
        return str(self.cleaned_data["slug"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        """Judge the password, and fill in what the country says."""
        cleaned = super().clean() or self.cleaned_data
        if password := cleaned.get("password"):
            try:
                validate_password(password, user=User(email=cleaned.get("email", ""), name=cleaned.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        if defaults := COUNTRIES.get(cleaned.get("country", "")):
            cleaned["currency"] = cleaned.get("currency") or defaults.currency
            cleaned["timezone"] = cleaned.get("timezone") or defaults.timezone
        return cleaned
