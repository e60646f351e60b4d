"""The one shape of a refusal: a stable code for programs and words for people (RFC 9457 at the API)."""

from typing import Any

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A rule said no. Subclasses name the rule; `code` never changes once published.

    `status` is the HTTP status a door answers with, `title` and `detail` are the reader's words, and `extra` holds
    further members of the problem document (plain JSON values). `is_passing` says that the same request may succeed in
    a moment, so that no door keeps the refusal as its answer.
    """

    code = "refused"
    status = 409
    is_passing = False
    title: Any = "Refused"

    def __init__(self, detail: str = "", **extra: Any) -> None:
        self.detail = detail or str(self.title)
        self.extra = extra
        super().__init__(self.detail)


class NotFound(DomainError):
    """The thing does not exist, or is not the asker's to see."""

    code = "not_found"
    status = 404
    title: Any = "Not found"


class NotAllowed(DomainError):
    """The asker is known but may not do this."""

    code = "not_allowed"
    status = 403
    title: Any = "Not allowed"


class NotSignedIn(DomainError):
    """The bearer token is missing or wrong."""

    code = "not_authenticated"
    status = 401
    title: Any = "Not authenticated"


class BadInput(DomainError):
    """What was sent cannot be understood or is out of bounds."""

    code = "invalid_input"
    status = 422
    title: Any = "Invalid input"


class MalformedBody(DomainError):
    """The body cannot be read at all."""

    code = "malformed_body"
    status = 400
    title: Any = _("The body cannot be read")


class BodyTooLarge(DomainError):
    """More was sent than any operation takes."""

    code = "body_too_large"
    status = 413
    title: Any = _("The body is too large")


class NotJson(DomainError):
    """The body is of another media type."""

    code = "unsupported_media_type"
    status = 415
    title: Any = _("Send application/json")


class Overloaded(DomainError):
    """The database had no lock or connection for us in time; nothing was done."""

    code = "overloaded"
    status = 503
    is_passing = True
    title: Any = _("Very busy, please try again")


class TooOften(DomainError):
    """Asked for more often than is allowed; `wait_seconds` says when it may be asked for again."""

    code = "too_often"
    status = 429
    is_passing = True
    title: Any = _("Asked for too often")
