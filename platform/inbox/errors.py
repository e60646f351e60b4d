"""The ways the inbox may refuse."""

from ui.errors import BadInput, DomainError


class AccountTaken(DomainError):
    code = "account_taken"
    title = "This account belongs to another organizer"


class EventUnreadable(BadInput):
    """The event holds what no database row can: a NUL, half a character, a name without end."""

    code = "event_unreadable"
    status = 400
    title = "Event unreadable"
