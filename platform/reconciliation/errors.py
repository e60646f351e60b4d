"""The ways a check may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError


class CheckUnderWay(DomainError):
    """Another worker is at this check, or was a minute ago."""

    code = "check_under_way"
    is_passing = True
    title = _("The check is under way")


class IncidentSettled(DomainError):
    """It was fixed or closed in the meantime."""

    code = "incident_settled"
    title = _("This incident is settled already")


class NoteMissing(BadInput):
    """Who closes an incident by hand says why."""

    code = "note_missing"
    title = _("Say in a few words what was found or done.")
