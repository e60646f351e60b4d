"""The ways tickets may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import DomainError, NotFound


class TicketNotFound(NotFound):
    """No such ticket here."""

    code = "ticket_not_found"
    title = _("There is no such ticket")


class TicketIsVoid(DomainError):
    """Only a valid ticket can be replaced."""

    code = "ticket_void"
    status = 409
    title = _("This ticket is not valid any more")


class KeySealBroken(DomainError):
    """A signing key does not open: TICKET_KEY_SECRET is not the one it was sealed with."""

    code = "signing_key_sealed"
    status = 500
    title = _("Tickets cannot be signed at the moment")


class PdfUnavailable(DomainError):
    """The libraries that draw PDF pages are not installed on this machine."""

    code = "pdf_unavailable"
    status = 503
    title = _("The PDF cannot be made at the moment")
