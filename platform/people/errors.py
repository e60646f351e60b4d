"""The ways the team may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError, NotFound


class AlreadyMember(DomainError):
    """The address is on the team."""

    code = "already_member"
    title = _("This person is on the team already. Change the role beside the name.")


class LastOwner(DomainError):
    """Nobody would be left who may change the team."""

    code = "last_owner"
    title = _("This is the only owner. Make somebody else an owner first.")


class InvitationInvalid(BadInput):
    """What was typed cannot be invited."""

    code = "invitation_invalid"
    title = _("This invitation cannot be sent")


class InvitationOver(NotFound):
    """The invitation was accepted, withdrawn or replaced, or is too old, or never was."""

    code = "invitation_over"
    title = _("This invitation is no longer valid. Ask for a new one.")


class InvitedSomebodyElse(DomainError):
    """The invitation was sent to another address than the one that is signed in."""

    code = "invited_somebody_else"
    status = 403
    title = _("This invitation is for another e-mail address.")


class ApiKeyInvalid(BadInput):
    """What was typed is no name for a key, or there are enough of them."""

    code = "api_key_invalid"
    title = _("This key cannot be made")


class LegalTextTooLong(BadInput):
    """Longer than anybody would read."""

    code = "legal_text_too_long"
    title = _("This text is too long")


class SignInInvalid(BadInput):
    """What was typed is no address, or not the code that was mailed."""

    code = "sign_in_invalid"
    title = _("That code is not right")


class SignInOver(DomainError):
    """The code or link was used, is too old, was guessed at too often, or never was."""

    code = "sign_in_over"
    title = _("This code no longer works. Ask for a new one.")
