"""The ways the waiting room may refuse."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ui.errors import DomainError


class QueueRequired(DomainError):
    """The event has a waiting room now, and the asker has not been let in. `queue` is where to wait."""

    code = "queue_required"
    status = 403
    is_passing = True
    title: Any = _("There is a line for these tickets. Join it, and you are let in when it is your turn.")


class ProofMissing(DomainError):
    """The proof of work is wrong, too old or already used."""

    code = "proof_invalid"
    status = 422
    title: Any = _("The check of your browser did not work out. Try again.")


class TooManyEntries(DomainError):
    """One network asks for more places than a minute's share."""

    code = "too_many_entries"
    status = 429
    is_passing = True
    title: Any = _("Many people join from your network at this moment. Try again in a minute.")


class LineUnavailable(DomainError):
    """Redis is away or being rebuilt; whoever has a place keeps it."""

    code = "line_unavailable"
    status = 503
    is_passing = True
    title: Any = _("One moment: the line is being put in order. Places that were given out stay as they are.")


class NoLine(DomainError):
    """The event has no waiting room at the moment."""

    code = "no_line"
    status = 409
    title: Any = _("There is no line for this event now.")


class RoomInvalid(DomainError):
    """The settings do not fit together. `field` names the one to change."""

    code = "room_invalid"
    status = 422
    title: Any = _("These settings do not fit together.")
