"""People are invited, join, change roles and leave; customers are remembered; consents are kept word for word."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import create_user
from accounts.models import User
from audit.actions import Actor, record, user_actor
from notifications.actions import queue_email
from people.consents import CONSENT_TEXTS, ConsentText
from people.errors import AlreadyMember, InvitationInvalid, InvitedSomebodyElse, LastOwner, LegalTextTooLong
from people.models import Consent, Customer, Invitation, LegalText, Membership
from people.queries import (
    customer_by_email,
    legal_text,
    member_by_id,
    open_invitation,
    own_legal_text,
    team_for_update,
)
from tenants.current import current_organizer, lock_until_commit
from tenants.queries import portal_url
from ui.addresses import is_address, normal_address

INVITATION_TIME = timedelta(days=7)


@transaction.atomic
def add_member(*, user_id: UUID, name: str, email: str, role: Membership.Role, actor: Actor) -> Membership:
    """Give a user a role here; a second call changes the role."""
    membership, _created = Membership.objects.update_or_create(
        user_id=user_id, defaults={"role": role, "name": name, "email": email}
    )
    record(verb="add_member", target=membership, actor=actor, detail={"role": role.value})
    return membership


@transaction.atomic
def invite_member(*, email: str, role: Membership.Role, actor: Actor) -> Invitation:
    """Mail somebody a link with which to join. Inviting an address again replaces its invitation: the old link dies.

    Raises InvitationInvalid, AlreadyMember.
    """
    try:
        email = normal_address(email)
    except ValidationError as error:
        raise InvitationInvalid(_("Enter an e-mail address like name@example.com."), field="email") from error
    if Membership.objects.filter(is_address(email)).exists():
        raise AlreadyMember
    now = timezone.now()
    Invitation.objects.filter(is_address(email)).delete()
    invitation = Invitation.objects.create(email=email, role=role, created_at=now, expires_at=now + INVITATION_TIME)
    organizer = current_organizer()
    path = reverse("organizer_portal:invitation", args=[invitation.token], urlconf=settings.ROOT_URLCONF)
    queue_email(
        key=f"invitation:{invitation.pk}",
        to=email,
        template="people/mail/invitation",
        context={
            "organizer": organizer,
            "role": invitation.get_role_display(),
            "days": INVITATION_TIME.days,
            "button_url": portal_url(organizer, path),
            "button_label": _("Join the team"),
        },
    )
    record(verb="invite_member", target=invitation, actor=actor, detail={"role": role.value})
    return invitation


@transaction.atomic
def withdraw_invitation(*, invitation_id: UUID, actor: Actor) -> None:
    """Make an invitation's link worthless; one that is over already stays so."""
    invitation = Invitation.objects.select_for_update().filter(pk=invitation_id).first()
    if invitation is not None:
        record(verb="withdraw_invitation", target=invitation, actor=actor)
        invitation.delete()


@transaction.atomic
def accept_invitation(*, token: str, user: User) -> Membership:
    """Give the invited user the place that waits for them; the invitation is used up.

    Raises InvitationOver, and InvitedSomebodyElse when the mail went to another address than the user's.
    """
    invitation = open_invitation(token, at=timezone.now(), lock=True)
    if invitation.email.casefold() != user.email.casefold():
        raise InvitedSomebodyElse
    invitation.delete()
    return add_member(
        user_id=user.pk,
        name=user.name,
        email=user.email,
        role=Membership.Role(invitation.role),
        actor=user_actor(user.pk),
    )


@transaction.atomic
def join_as_new_user(*, token: str, name: str, password: str) -> Membership:
    """Accept an invitation without having an account yet: it is made for the invited address.

    Raises InvitationOver, EmailTaken. The password is judged by the form that took it.
    """
    invitation = open_invitation(token, at=timezone.now(), lock=True)
    user = create_user(email=invitation.email, password=password, name=name)
    return accept_invitation(token=token, user=user)


@transaction.atomic
def change_role(*, member_id: int, role: Membership.Role, actor: Actor) -> Membership:
    """Give a member another role. Raises NotFound, LastOwner."""
    member = _member_who_may_change(member_id, stays_owner=role == Membership.Role.OWNER)
    before, member.role = member.role, role
    member.save(update_fields=["role"])
    record(verb="change_role", target=member, actor=actor, detail={"role": [before, role.value]})
    return member


@transaction.atomic
def remove_member(*, member_id: int, actor: Actor) -> None:
    """Take a member off the team; their account stays. They are refused from their next request on.

    Raises NotFound, LastOwner.
    """
    member = _member_who_may_change(member_id, stays_owner=False)
    record(
        verb="remove_member", target=member, actor=actor, detail={"role": member.role, "user_id": str(member.user_id)}
    )
    member.delete()


def _member_who_may_change(member_id: int, *, stays_owner: bool) -> Membership:
    team = team_for_update()
    member = next((one for one in team if one.pk == member_id), None) or member_by_id(member_id)
    others = [one for one in team if one.role == Membership.Role.OWNER and one.pk != member_id]
    if member.role == Membership.Role.OWNER and not stays_owner and not others:
        raise LastOwner
    return member


def remember_customer(*, email: str, name: str) -> Customer:
    """The customer with this address, made or found; the newest name wins. Runs in the caller's transaction."""
    customer = customer_by_email(email)
    if customer is None:
        Customer.objects.bulk_create([Customer(email=email, name=name)], ignore_conflicts=True)
        customer = Customer.objects.get(is_address(email))
    if customer.name != name:
        customer.name = name
        customer.save(update_fields=["name"])
    return customer


def keep_consents(
    *, customer: Customer, given: frozenset[str], reference: str, texts: tuple[ConsentText, ...] = CONSENT_TEXTS
) -> None:
    """Append one row per text that was shown, given or not, with its words and version.

    Of the terms also which version of them the text led to; a saved version never changes.
    """
    terms = legal_text(LegalText.Kind.TERMS).version
    Consent.objects.bulk_create(
        Consent(
            customer=customer,
            kind=text.kind,
            is_given=text.kind in given,
            text_version=f"{text.version}, {terms}" if text.kind == Consent.Kind.TERMS else text.version,
            text=str(text.text),
            reference=reference,
        )
        for text in texts
    )


LONGEST_LEGAL_TEXT = 50_000  # characters


@transaction.atomic
def write_legal_text(*, kind: LegalText.Kind, text: str, actor: Actor) -> LegalText | None:
    """Show these words on a legal page from now on; "" shows the default again. Earlier versions stay for the record.

    The same words again are no new version. Raises LegalTextTooLong.
    """
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST_LEGAL_TEXT:
        raise LegalTextTooLong(_("Write at most 50,000 characters."), field=kind.value)
    lock_until_commit(f"legal:{kind.value}")  # two at once would take the same number
    before = own_legal_text(kind)
    if text == (before.text if before else ""):
        return before
    written = LegalText.objects.create(kind=kind, version=before.version + 1 if before else 1, text=text)
    record(
        verb="write_legal_text", target=written, actor=actor, detail={"kind": kind.value, "version": written.version}
    )
    return written
