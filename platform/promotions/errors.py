"""The ways a code or discount may not be set up, and the ways a code may not be used."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError, NotFound


class PromotionInvalid(BadInput):
    """What staff entered does not make a code or discount; `extra["field"]` says where."""

    code = "promotion_invalid"
    title = _("This code cannot be saved")


class CodeUnknown(BadInput):
    """The same answer for a code that never was, is stopped, over, not yet valid, used up or for other events.

    So nobody who guesses learns which codes there are.
    """

    code = "code_unknown"
    title = _("This code cannot be used here. It does not exist, is over or has been used up.")


class CodeSpent(CodeUnknown):
    """The same to whoever asks; to us it says that the code is one, so that nobody was guessing."""


class CodeNotForThis(BadInput):
    """The code is there, but does nothing for this basket; the words say why."""

    code = "code_not_for_this"
    title = _("This code does not apply to your tickets")


class CodeUsedByPerson(BadInput):
    """The buyer has used the code as often as one person may."""

    code = "code_person_limit"
    title = _("You have used this code already")


class CodeThrottled(DomainError):
    """Too many codes were tried from this network."""

    code = "code_throttled"
    status = 429
    is_passing = True
    title = _("Too many codes were tried. Wait a few minutes, or go on without a code.")


class CodeNotFound(NotFound):
    title = _("There is no such code")


class AffiliateInvalid(BadInput):
    """What was entered does not make an affiliate or a programme; `extra["field"]` says where."""

    code = "affiliate_invalid"
    title = _("The affiliate cannot be saved like this")


class AffiliateNotFound(NotFound):
    title = _("There is no such affiliate")
