"""Reads about members, keys and customers of this organizer."""

import hashlib
from datetime import datetime
from uuid import UUID

from people.errors import InvitationOver
from people.legal import DEFAULTS, DEFAULTS_VERSION, ShownText
from people.models import ApiKey, Consent, Customer, Invitation, LegalText, Membership
from tenants.current import current_organizer
from ui.addresses import is_address
from ui.errors import NotFound


def membership_of(user_id: UUID) -> Membership | None:
    """The user's place in this organizer, or None for a stranger."""
    return Membership.objects.filter(user_id=user_id).first()


def owners() -> list[Membership]:
    """The organizer's owners, who are told what only they can decide."""
    return list(Membership.objects.filter(role=Membership.Role.OWNER).order_by("pk"))


def member_by_id(member_id: int) -> Membership:
    """A person on the team. Raises NotFound."""
    member = Membership.objects.filter(pk=member_id).first()
    if member is None:
        raise NotFound
    return member


def team_for_update() -> list[Membership]:
    """Everybody on the team, locked: two owners who remove each other at once must not both succeed."""
    return list(Membership.objects.select_for_update().order_by("pk"))


def open_invitations(*, at: datetime) -> list[Invitation]:
    """The invitations that can still be accepted, oldest first."""
    return list(Invitation.objects.filter(expires_at__gt=at))


def open_invitation(token: str, *, at: datetime, lock: bool = False) -> Invitation:
    """The invitation that this token belongs to, its row locked if asked for. Raises InvitationOver."""
    invitations = Invitation.objects.select_for_update() if lock else Invitation.objects.all()
    invitation = invitations.filter(token=token).first()
    if invitation is None or not invitation.is_open(at=at):
        raise InvitationOver
    return invitation


def key_digest(token: str) -> str:
    """What is kept of an API key's token: its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


def api_key_of(token: str) -> ApiKey | None:
    """The key whose token this is, unless it was revoked."""
    return ApiKey.objects.filter(token_digest=key_digest(token), revoked_at=None).first()


def api_keys() -> list[ApiKey]:
    """All keys, revoked ones too, the newest first."""
    return list(ApiKey.objects.all())


def own_legal_text(kind: LegalText.Kind) -> LegalText | None:
    """The newest version of the organizer's own words, if any were ever saved."""
    return LegalText.objects.filter(kind=kind).order_by("-version").first()


def legal_text(kind: LegalText.Kind) -> ShownText:
    """What this organizer's page of this kind says now: its own words, or the default with its name."""
    own = own_legal_text(kind)
    if own is not None and own.text:
        return ShownText(kind=kind, text=own.text, version=f"own {own.version}", is_default=False)
    words = str(DEFAULTS[kind]) % {"name": current_organizer().name}
    return ShownText(kind=kind, text=words, version=f"default {DEFAULTS_VERSION}", is_default=True)


def customer_by_email(email: str) -> Customer | None:
    """The customer with this address, however its letters are written."""
    return Customer.objects.filter(is_address(email)).first()


def has_consented(*, customer_id: UUID, kind: Consent.Kind, reference: str) -> bool:
    """Whether the customer agreed to the text of this kind with the order `reference`."""
    return Consent.objects.filter(customer_id=customer_id, kind=kind, reference=reference, is_given=True).exists()
