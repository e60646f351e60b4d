"""Reads about members and customers of this organizer."""

from uuid import UUID

from people.models import Membership


def membership_of(user_id: UUID) -> Membership | None:
    """The user's place in this organizer, or None for a stranger."""
    return Membership.objects.filter(user_id=user_id).first()
