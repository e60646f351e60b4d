"""Forms of what an event shows of itself: its pictures."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organizer_portal.event_pictures import LARGEST_FILE, NotAPicture
from organizer_portal.forms.fields import plain


class PictureForm(forms.Form):
    """A picture and what it shows."""

    picture = forms.FileField(
        label=_("Picture"),
        help_text=_("PNG, JPEG or WebP, up to 15 MB, best 1920 pixels wide. We keep only what is to be seen."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    alt = forms.CharField(
        label=_("What it shows"),
        required=False,
        max_length=200,
        help_text=_("For who cannot see it. Empty for mere decoration."),
        widget=plain(),
    )

    def clean_picture(self) -> Any:
        """Not too large to be read."""
        upload = self.cleaned_data["picture"]
        if (upload.size or 0) > LARGEST_FILE:
            raise forms.ValidationError(NotAPicture.title)
        return upload
