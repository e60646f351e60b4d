"""The ways the inbox may refuse."""

from ui.errors import DomainError


class AccountTaken(DomainError):
    code = "account_taken"
    title = "This account belongs to another organizer"
