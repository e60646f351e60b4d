"""Sign-up, and what visitors look for."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from events.facts import normal_tag
from events.models import LONGEST_TAG, EventCategory
from marketplace.countries import COUNTRIES, country_choices
from marketplace.queries import Facets, Wanted
from ui.addresses import normal_address
from ui.dates import day_text
from ui.forms import Chosen, LongSelect, offer_choices, zone_choices
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

    def clean_email(self) -> str:
        """As mail is sent to it."""
        return normal_address(self.cleaned_data["email"])

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


class FinderForm(forms.Form):
    """What somebody looks for among all events; offers only what there is."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "enterkeyhint": "search"}),
    )
    category = forms.ChoiceField(label=_("Category"), required=False)
    city = forms.ChoiceField(label=_("City"), required=False)

    def __init__(self, data: QueryDict, facets: Facets) -> None:
        super().__init__(data)
        self.fields["from"], self.fields["until"] = _day(_("From")), _day(_("Until"))
        self.fields["tag"] = forms.CharField(required=False, max_length=LONGEST_TAG, widget=forms.HiddenInput)
        asked = data.get("city", "")[:80]
        cities = list(dict.fromkeys([*facets.cities, *([asked] if asked and asked.isprintable() else [])]))
        offer_choices(self, "city", [("", _("Everywhere")), *((city, city) for city in cities)])
        known = {*facets.categories, data.get("category", "")}
        names = [(one.value, one.label) for one in EventCategory if one.value in known]
        offer_choices(self, "category", [("", _("All categories")), *names])

    def clean(self) -> dict[str, Any]:
        """The days are in their order."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("from") and cleaned.get("until") and cleaned["from"] > cleaned["until"]:
            self.add_error("until", _("This lies before where it begins."))
        return cleaned

    def wanted(self) -> Wanted:
        """What was understood of it; what was not is said by the form's errors, and looked for by nobody."""
        self.full_clean()
        cleaned = self.cleaned_data
        return Wanted(
            text=cleaned.get("q", ""),
            category=cleaned.get("category", ""),
            tag=cleaned.get("tag", ""),
            city=cleaned.get("city", ""),
            since=cleaned.get("from"),
            until=cleaned.get("until"),
        )

    @property
    def days(self) -> list[forms.BoundField]:
        """From and until."""
        return [self["from"], self["until"]]

    @property
    def given(self) -> list[tuple[str, str]]:
        """What is looked for as the address has it. After `wanted`."""
        return [(name, value) for name in self.fields if (value := self.data.get(name, "").strip())]

    @property
    def chosen(self) -> list[Chosen]:
        """What is looked for in words, each with the way to look for it no longer. After `wanted`."""
        found = [(name, value) for name, value in self.given if name not in self.errors]
        return [
            Chosen(self._words(name, value), f"/?{urlencode([x for x in self.given if x[0] != name])}#on-sale")
            for name, value in found
        ]

    def _words(self, name: str, value: str) -> str:
        if name == "category":
            return str(EventCategory(value).label)
        if name in ("from", "until"):
            return f"{self.fields[name].label} {day_text(self.cleaned_data[name])}"
        return {"q": f"“{value}”", "tag": f"#{normal_tag(value)}"}.get(name, value)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
