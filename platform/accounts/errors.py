"""The ways sign-in may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError


class EmailTaken(DomainError):
    """A user with this address exists."""

    code = "email_taken"
    status = 409
    title = _("There is already an account with this e-mail address. Sign in with it, or use another one.")


class CodeWrong(BadInput):
    """The second factor's code is not the one expected now, or was used before."""

    code = "code_wrong"
    title = _("This code isn't right. Codes change every 30 seconds, and each works once.")


class TooManyTries(DomainError):
    """Too many wrong codes in a row; `wait_seconds` says how long to wait."""

    code = "too_many_tries"
    status = 429
    title = _("Too many wrong codes. Wait a little, then try again.")


class AlreadyEnrolled(DomainError):
    """A second factor exists; a new one is set up only after signing in with it."""

    code = "already_enrolled"
    title = _("A second step is already set up for this account.")
