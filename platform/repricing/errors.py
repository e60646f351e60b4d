"""The ways a change of prices may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError


class RulesInvalid(BadInput):
    code = "price_rules_invalid"
    title = _("The price rules cannot be saved like this")


class ProposalClosed(DomainError):
    """It was decided, replaced or has expired."""

    code = "price_proposal_closed"
    title = _("This price is no longer proposed")
