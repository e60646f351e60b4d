"""The ways a claim may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError, NotFound


class SoldOut(DomainError):
    """Not enough is left. `extra` has the ticket type and how many are left."""

    code = "sold_out"
    title = _("Sold out")


class Busy(DomainError):
    """Enough may be left, but others were taking it for longer than a claim waits: ask again."""

    code = "busy_try_again"
    is_passing = True
    title = _("Very busy, please try again")


class NotOnSale(DomainError):
    code = "not_on_sale"
    title = _("Not on sale")


class LimitExceeded(BadInput):
    code = "limit_exceeded"
    title = _("Too many tickets in one order")


class HoldNotFound(NotFound):
    code = "hold_not_found"
    title = _("No such hold")


class HoldEnded(DomainError):
    """The hold ran out, was given up, or has become an order."""

    code = "hold_ended"
    title = _("Your hold has ended")


class ExtensionRefused(DomainError):
    code = "extension_refused"
    title = _("The hold cannot be longer")
