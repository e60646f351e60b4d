"""The forms of sign-in; allauth's own, in our words, and ours for the second step."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.utils.translation import gettext_lazy as _


def _dress(field: forms.Field, *, label: Any, help_text: Any = "") -> None:
    """Our label above the field instead of allauth's words inside it."""
    field.label, field.help_text = label, help_text
    field.widget.attrs.pop("placeholder", None)


class LoginForm(allauth_forms.LoginForm):  # type: ignore[misc]  # untyped base
    """E-mail and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self.fields["login"], label=_("E-mail"))
        _dress(self.fields["password"], label=_("Password"))
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class ResetPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]  # untyped base
    """The address that the reset link goes to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self.fields["email"], label=_("E-mail"))
        self.fields["email"].widget.attrs["autocomplete"] = "username"


class ResetPasswordKeyForm(allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]  # untyped base
    """A new password, typed once: a password manager writes it, and the field can be shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        _dress(self.fields["password1"], label=_("New password"), help_text=_("At least 10 characters."))

    def clean(self) -> dict[str, Any]:
        """allauth compares with a second field, which this form does not have."""
        return forms.Form.clean(self) or self.cleaned_data


class CodeForm(forms.Form):
    """An authenticator's six digits, or a recovery code where those are taken."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "spellcheck": "false"}
        ),
    )
