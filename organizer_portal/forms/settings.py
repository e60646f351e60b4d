"""How an organizer looks, and what it says in law."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from organizer_portal.forms.fields import plain
from people.actions import LONGEST_LEGAL_TEXT
from people.models import LegalText
from ui.brand import normalised

LARGEST_LOGO = 4 * 1024 * 1024


class BrandForm(forms.Form):
    """Name, colour, logo."""

    name = forms.CharField(label=_("Name"), max_length=100, widget=plain())
    brand_color = forms.CharField(
        label=_("Colour"),
        max_length=7,
        help_text=_("As hexadecimal digits, for instance #0b5cad. Any colour works: text stays readable."),
        widget=plain(spellcheck="false"),
    )
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG, JPEG or WebP, up to 4 MB. It is shown 32 pixels high."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    remove_logo = forms.BooleanField(label=_("Show the name instead of the logo"), required=False)

    def clean_brand_color(self) -> str:
        """As #rrggbb."""
        try:
            return normalised(self.cleaned_data["brand_color"])
        except ValueError as error:
            raise forms.ValidationError(_now("Enter a colour like #0b5cad.")) from error

    def clean_logo(self) -> "UploadedFile[bytes] | None":
        """Refuse what is too large before it is decoded."""
        upload: UploadedFile[bytes] | None = self.cleaned_data["logo"]
        if upload is not None and (upload.size or 0) > LARGEST_LOGO:
            raise forms.ValidationError(_now("This file is larger than 4 MB. Choose a smaller one."))
        return upload


def _legal(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=LONGEST_LEGAL_TEXT,
        widget=forms.Textarea(attrs={"rows": 10}),
    )


class LegalForm(forms.Form):
    """The organizer's own words for its legal pages; the fields are named like `LegalText.Kind`."""

    terms = _legal(LegalText.Kind.TERMS.label)
    privacy = _legal(LegalText.Kind.PRIVACY.label)
    imprint = _legal(LegalText.Kind.IMPRINT.label)
