"""The team: who works here, who is invited, and the page of an invitation."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import missing_step, signed_in_user
from accounts.errors import EmailTaken
from accounts.queries import user_by_email
from organizer_portal.access import BE_HERE, OWN, Desk, staff
from organizer_portal.forms.staff import InvitationForm, NewColleagueForm, RoleForm
from people.actions import (
    accept_invitation,
    change_role,
    invite_member,
    join_as_new_user,
    remove_member,
    withdraw_invitation,
)
from people.errors import AlreadyMember, InvitationInvalid, InvitationOver, InvitedSomebodyElse, LastOwner
from people.models import Invitation, Membership
from people.queries import member_by_id, open_invitation, open_invitations
from ui.forms import posted

ROLE_SENTENCES = {
    Membership.Role.OWNER: gettext_lazy("Does everything: events, orders, refunds, payments, team and branding."),
    Membership.Role.MANAGER: gettext_lazy(
        "Sets up events, sees orders, sends tickets again, runs the door. No refunds."
    ),
    Membership.Role.FINANCE: gettext_lazy("Sees sales and orders, refunds, looks after payments. Changes no event."),
    Membership.Role.DOOR: gettext_lazy("Runs the door: entrances, phones, who is in. Sees no money."),
}


@require_safe
@staff(BE_HERE)
def team(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Who works here, with their roles as sentences; for an owner also who is invited."""
    return _team_page(request, desk, InvitationForm(initial={"role": Membership.Role.DOOR}))


def _team_page(request: HttpRequest, desk: Desk, form: InvitationForm) -> HttpResponse:
    order = list(Membership.Role.values)
    members = sorted(Membership.objects.all(), key=lambda member: (order.index(member.role), member.email))
    is_owner = OWN.allows(desk.membership)
    context = {
        "rows": [{"member": member, "sentence": _sentence(member.role)} for member in members],
        "me": desk.user.pk,
        "is_owner": is_owner,
        "invitations": open_invitations(at=timezone.now()) if is_owner else [],
        "sentences": [(role.label, _sentence(role)) for role in Membership.Role],
        "form": form,
        "zone": desk.organizer.timezone,
    }
    return render(request, "organizer_portal/team.html", context, status=422 if form.errors else 200)


def _sentence(role: str) -> str:
    return str(ROLE_SENTENCES[Membership.Role(role)])


@require_POST
@staff(OWN)
def invitations(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Invite somebody by mail."""
    form = InvitationForm(request.POST)
    if form.is_valid():
        words = form.cleaned_data
        try:
            invite_member(email=words["email"], role=Membership.Role(words["role"]), actor=desk.actor)
        except (AlreadyMember, InvitationInvalid) as refusal:
            form.add_error("email", refusal.detail)
        else:
            messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": words["email"]})
            return redirect("organizer_portal:team")
    return _team_page(request, desk, form)


@require_POST
@staff(OWN)
def withdrawals(request: HttpRequest, desk: Desk, invitation_id: UUID) -> HttpResponse:
    """Make an invitation's link worthless."""
    withdraw_invitation(invitation_id=invitation_id, actor=desk.actor)
    messages.success(request, _("The invitation is withdrawn; its link no longer works."))
    return redirect("organizer_portal:team")


@require_http_methods(["GET", "POST"])
@staff(OWN)
def member(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    """Change what somebody may do."""
    found = member_by_id(member_id)
    form = RoleForm(posted(request), initial={"role": found.role})
    if request.method == "POST" and form.is_valid():
        try:
            change_role(member_id=member_id, role=Membership.Role(form.cleaned_data["role"]), actor=desk.actor)
        except LastOwner as refusal:
            form.add_error("role", refusal.detail)
        else:
            messages.success(request, _("Saved. It holds from the next page on."))
            return redirect("organizer_portal:team")
    return _member_page(request, desk, found, form)


@require_POST
@staff(OWN)
def removals(request: HttpRequest, desk: Desk, member_id: int) -> HttpResponse:
    """Take somebody off the team."""
    found = member_by_id(member_id)
    try:
        remove_member(member_id=member_id, actor=desk.actor)
    except LastOwner as refusal:
        form = RoleForm({"role": found.role})
        form.add_error(None, refusal.detail)
        return _member_page(request, desk, found, form)
    messages.success(request, _("%(name)s is no longer on the team.") % {"name": found.name or found.email})
    return redirect("organizer_portal:team" if found.user_id != desk.user.pk else "organizer_portal:home")


def _member_page(request: HttpRequest, desk: Desk, found: Membership, form: RoleForm) -> HttpResponse:
    context = {
        "member": found,
        "form": form,
        "sentences": [(role.label, _sentence(role)) for role in Membership.Role],
        "is_me": found.user_id == desk.user.pk,
    }
    return render(request, "organizer_portal/member.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What the mailed link leads to: join with the account of the invited address, or make one first."""
    if request.is_custom_domain:  # type: ignore[attr-defined]
        return _over(request)
    try:
        found = open_invitation(token, at=timezone.now())
        if user_by_email(found.email) is None:
            return _join_as_new_user(request, found)
        return missing_step(request) or _join(request, found)
    except InvitationOver:
        return _over(request)


def _over(request: HttpRequest) -> HttpResponse:
    return render(request, "organizer_portal/invitation_over.html", status=404)


def _join(request: HttpRequest, found: Invitation) -> HttpResponse:
    user = signed_in_user(request)
    assert user is not None  # missing_step asked
    refusal = ""
    if request.method == "POST":
        try:
            accept_invitation(token=found.token, user=user)
        except InvitedSomebodyElse as error:
            refusal = error.detail
        else:
            return redirect("organizer_portal:home")
    is_invited = user.email.casefold() == found.email.casefold()
    context = {"invitation": found, "sentence": _sentence(found.role), "is_invited": is_invited, "user": user}
    return render(request, "organizer_portal/invitation.html", context, status=403 if refusal else 200)


def _join_as_new_user(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = NewColleagueForm(posted(request), email=found.email)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data
        try:
            join_as_new_user(token=found.token, name=words["name"], password=words["password"])
        except EmailTaken as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, _("Welcome. Sign in with your new password."))
            return redirect(reverse("account_login"))
    context = {"invitation": found, "sentence": _sentence(found.role), "form": form}
    return render(request, "organizer_portal/invitation.html", context, status=422 if form.errors else 200)
