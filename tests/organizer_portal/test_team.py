"""Invitations by mail, roles that change, people who leave."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.queries import user_by_email
from audit.actions import user_actor
from audit.models import AuditEntry
from notifications.models import EmailMessage
from people.actions import change_role, invite_member, remove_member
from people.errors import LastOwner
from people.models import Invitation, Membership
from tests import world
from tests.organizer_portal.conftest import Colleague
from tests.staff import Visitor, signed_in, text

Role = Membership.Role
TEAM = "/portal/settings/team/"
PASSWORD = "a long night train"


def invite(nora: Visitor, email: str = "ben@new.example", role: Role = Role.MANAGER) -> str:
    """Nora invites somebody; the path of the link in the mail."""
    assert nora.post(f"{TEAM}invitations/", {"email": email, "role": role}).status_code == 302
    mail = EmailMessage.objects.filter(to=email).latest("pk")
    link = re.search(r"http://northside\.localhost:\d+(/portal/invitations/[\w-]+/)", mail.text)
    assert link is not None, mail.text
    return link[1]


def role_of(email: str) -> str | None:
    member = Membership.objects.filter(email=email).first()
    return member.role if member else None


def test_somebody_new_joins_by_the_mailed_link(nora: Visitor, northside: world.House) -> None:
    link = invite(nora)
    ben = Visitor(northside.host)

    page = text(ben.get(link))
    answer = ben.post(link, {"name": "Ben", "password": PASSWORD})

    assert "Join the team of Northside Hall" in page
    assert "Sets up events, sees orders" in page
    assert answer["Location"] == "/portal/account/login/"
    assert role_of("ben@new.example") == Role.MANAGER
    assert "Ben" in text(nora.get(TEAM))
    assert ben.get(link).status_code == 404  # the link works once
    user = user_by_email("ben@new.example")
    assert user is not None
    assert user.check_password(PASSWORD)
    assert AuditEntry.objects.filter(verb="add_member").latest("pk").actor_id == str(user.pk)


def test_the_mail_says_who_invites_as_what_and_how_long(nora: Visitor) -> None:
    invite(nora)

    mail = EmailMessage.objects.get(to="ben@new.example")
    assert mail.subject == "Join the team of Northside Hall"
    assert "Your role: Manager. The link works once, for 7 days." in mail.text
    assert "order" not in mail.text


def test_somebody_with_an_account_signs_in_and_joins(
    nora: Visitor, northside: world.House, southside: world.House
) -> None:
    link = invite(nora, southside.door.email, Role.FINANCE)
    stranger = Visitor(northside.host)

    assert stranger.get(link)["Location"].startswith("/portal/account/login/")
    charlie = signed_in(southside.door, northside.host)
    assert "Join the team" in text(charlie.get(link))
    assert charlie.post(link)["Location"] == "/portal/"

    assert role_of(southside.door.email) == Role.FINANCE
    assert charlie.get("/portal/payouts/").status_code == 200


def test_an_invitation_is_for_its_address_alone(nora: Visitor, charlie: Visitor, southside: world.House) -> None:
    User.objects.create_user("ben@new.example", world.PASSWORD, name="Ben")
    link = invite(nora)

    page, answer = charlie.get(link), charlie.post(link)

    assert "This invitation is for ben@new.example" in text(page)
    assert answer.status_code == 403
    assert role_of(southside.door.email) is None
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize("password", ["short", "password123", "ben@new.example", "1234567890123"])
def test_a_weak_password_is_refused_and_the_link_still_works(
    nora: Visitor, northside: world.House, password: str
) -> None:
    link = invite(nora)
    ben = Visitor(northside.host)

    assert ben.post(link, {"name": "Ben", "password": password}).status_code == 422
    assert user_by_email("ben@new.example") is None
    assert ben.get(link).status_code == 200


def test_a_second_invitation_replaces_the_first(nora: Visitor, northside: world.House) -> None:
    first = invite(nora, role=Role.DOOR)
    second = invite(nora, email="ben@new.example", role=Role.FINANCE)

    visitor = Visitor(northside.host)
    assert visitor.get(first).status_code == 404
    assert visitor.get(second).status_code == 200
    assert Invitation.objects.get().role == Role.FINANCE


def test_a_withdrawn_or_old_invitation_is_over_in_words(nora: Visitor, northside: world.House) -> None:
    withdrawn, old = invite(nora), invite(nora, "old@new.example")
    assert nora.post(f"{TEAM}invitations/{Invitation.objects.get(email='ben@new.example').pk}/withdrawal/")
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    for link in (withdrawn, old):
        answer = Visitor(northside.host).post(link, {"name": "Ben", "password": PASSWORD})
        assert answer.status_code == 404
        assert "This invitation no longer works" in text(answer)
    assert user_by_email("ben@new.example") is None
    assert "valid until" not in text(nora.get(TEAM))


def test_another_organizers_token_is_nothing_here(nora: Visitor, southside: world.House) -> None:
    link = invite(nora)

    assert Visitor(southside.host).get(link).status_code == 404


@pytest.mark.parametrize(("email", "words"), [("", "E-mail is missing"), ("dora@northside.example", "on the team")])
def test_who_cannot_be_invited_gets_no_mail(nora: Visitor, email: str, words: str) -> None:
    answer = nora.post(f"{TEAM}invitations/", {"email": email, "role": Role.MANAGER})

    assert answer.status_code == 422
    assert words in text(answer)
    assert not Invitation.objects.exists()
    assert not EmailMessage.objects.exists()


def test_an_owner_changes_a_role_and_it_holds_at_once(nora: Visitor, dora: Visitor, northside: world.House) -> None:
    member = Membership.objects.get(user_id=northside.door.pk)
    assert dora.get("/portal/orders/").status_code == 403

    assert nora.post(f"{TEAM}{member.pk}/", {"role": Role.MANAGER}).status_code == 302

    assert dora.get("/portal/orders/").status_code == 200
    assert AuditEntry.objects.get(verb="change_role").detail == {"role": ["door", "manager"]}


def test_who_is_removed_sees_nothing_more(nora: Visitor, dora: Visitor, northside: world.House) -> None:
    member = Membership.objects.get(user_id=northside.door.pk)

    assert nora.post(f"{TEAM}{member.pk}/removal/").status_code == 302

    assert dora.get("/portal/door/").status_code == 403
    assert AuditEntry.objects.get(verb="remove_member").detail == {"role": "door", "user_id": str(northside.door.pk)}
    assert User.objects.filter(pk=northside.door.pk).exists()


def test_the_last_owner_stays(nora: Visitor, northside: world.House) -> None:
    member = Membership.objects.get(user_id=northside.owner.pk)

    demoted = nora.post(f"{TEAM}{member.pk}/", {"role": Role.DOOR})
    removed = nora.post(f"{TEAM}{member.pk}/removal/")

    for answer in (demoted, removed):
        assert answer.status_code == 422
        assert "This is the only owner. Make somebody else an owner first." in text(answer)
    member.refresh_from_db()
    assert member.role == Role.OWNER
    assert not AuditEntry.objects.filter(verb__in=["change_role", "remove_member"]).exists()


def test_of_two_owners_one_may_go_and_then_no_other(northside: world.House) -> None:
    nora = Membership.objects.get(user_id=northside.owner.pk)
    dora = Membership.objects.get(user_id=northside.door.pk)
    actor = user_actor(northside.owner.pk)
    change_role(member_id=dora.pk, role=Role.OWNER, actor=actor)

    remove_member(member_id=nora.pk, actor=actor)

    with pytest.raises(LastOwner):
        remove_member(member_id=dora.pk, actor=actor)
    with pytest.raises(LastOwner):
        change_role(member_id=dora.pk, role=Role.FINANCE, actor=actor)


def test_only_an_owner_sees_how_to_change_the_team(colleague: Colleague, northside: world.House) -> None:
    invite_member(email="ben@new.example", role=Role.DOOR, actor=user_actor(northside.owner.pk))

    page = text(colleague(Role.MANAGER).get(TEAM))

    assert "Invite somebody" not in page
    assert "ben@new.example" not in page
