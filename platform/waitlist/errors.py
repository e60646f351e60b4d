"""The ways a waiting list may refuse."""

from django.utils.translation import gettext_lazy as _

from ui.errors import BadInput, DomainError, NotFound


class EntryNotFound(NotFound):
    code = "entry_not_found"
    title = _("No such place on the waiting list")


class EntryInvalid(BadInput):
    """What was typed; `extra["field"]` names it."""

    code = "entry_invalid"
    title = _("There is a problem")


class NotSoldOut(DomainError):
    """There are tickets for everybody: no list is needed."""

    code = "not_sold_out"
    title = _("There are tickets")


class NoWaitingList(DomainError):
    """The event has no waiting list, or none any more."""

    code = "no_waiting_list"
    title = _("There is no waiting list for these tickets.")


class EntryOver(DomainError):
    """The entry is not on the list any more, so nothing can be done with it."""

    code = "entry_over"
    title = _("This place on the waiting list is over.")


class RulesInvalid(BadInput):
    code = "list_rules_invalid"
    title = _("There is a problem")


class NothingToOffer(DomainError):
    """So many places are not free now."""

    code = "nothing_to_offer"
    title = _("No place is free to be offered now.")
