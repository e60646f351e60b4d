"""Reads about members and customers of this organizer."""

from uuid import UUID

from people.models import Membership


def membership_of(user_id: UUID) -> Membership | None:
    """The user's place in this organizer, or None for a stranger."""
    return Membership.objects.filter(user_id=user_id).first()


def owners() -> list[Membership]:
    """The organizer's owners, who are told what only they can decide."""
    return list(Membership.objects.filter(role=Membership.Role.OWNER).order_by("pk"))
