"""Who may see which screen of an organizer: signed in, past the second step, a member, with the right role."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import missing_step, signed_in_user
from accounts.models import User
from analytics.queries import stopped_performances
from audit.actions import Actor, user_actor
from events.models import Performance
from people.models import Membership
from people.queries import membership_of
from tenants.current import current_organizer
from tenants.models import Organizer
from ui.errors import DomainError

P = ParamSpec("P")


@dataclass(frozen=True)
class Desk:
    """The person at work: who they are, their place here, and where "here" is."""

    user: User
    membership: Membership
    organizer: Organizer

    @property
    def actor(self) -> Actor:
        """Who the audit trail says did it."""
        return user_actor(self.user.pk)

    @property
    def stopped_sales(self) -> list[Performance]:
        """The dates whose sale is stopped, for the banner on every page of who may see sales."""
        return stopped_performances() if self.membership.can_sell else []


@dataclass(frozen=True)
class Right:
    """What a role may do, and the words for somebody whose role may not."""

    allows: Callable[[Membership], bool]
    needs: Any


SEE_SALES = Right(lambda m: m.can_sell, gettext_lazy("Sales and orders need the Owner, Manager or Finance role."))
EDIT_EVENTS = Right(lambda m: m.can_edit_events, gettext_lazy("Events are set up with the Owner or Manager role."))
REFUND = Right(lambda m: m.can_refund, gettext_lazy("Refunds need the Owner or Finance role."))
SEE_MONEY = Right(lambda m: m.can_refund, gettext_lazy("Payments and payouts need the Owner or Finance role."))
RUN_DOOR = Right(
    lambda m: m.role != Membership.Role.FINANCE, gettext_lazy("The door needs the Owner, Manager or Door staff role.")
)
OWN = Right(lambda m: m.role == Membership.Role.OWNER, gettext_lazy("Settings need the Owner role."))
BE_HERE = Right(lambda m: True, "")

View = Callable[Concatenate[HttpRequest, Desk, P], HttpResponse]


def staff(right: Right) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """Hand the Desk to a view that needs `right`. Everybody else is led to sign-in or gets a page that says why not.

    A rule that says "no such thing" becomes a 404. Nothing of the portal is ever stored by a browser or proxy.
    """

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.is_custom_domain:  # type: ignore[attr-defined]
                raise Http404
            response = missing_step(request) or _admit(request, right, view, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return guarded

    return decorate


def _admit(request: HttpRequest, right: Right, view: View[P], *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
    user = signed_in_user(request)
    membership = membership_of(user.pk) if user else None
    if user is None or membership is None:
        return _not_a_member(request)
    request.desk = desk = Desk(user, membership, current_organizer())  # type: ignore[attr-defined]
    if not right.allows(membership):
        return not_allowed(request, right)
    try:
        return view(request, desk, *args, **kwargs)
    except DomainError as error:
        if error.status != 404:
            raise
        raise Http404 from error


def not_allowed(request: HttpRequest, right: Right) -> HttpResponse:
    """403 in words: what it needs, and whom to ask."""
    can_help = [member.name or member.email for member in Membership.objects.order_by("pk") if right.allows(member)]
    context = {"needs": right.needs, "can_help": can_help[:3]}
    return render(request, "organizer_portal/not_allowed.html", context, status=403)


def _not_a_member(request: HttpRequest) -> HttpResponse:
    words = _("You are signed in, but not on the team of %(name)s. Ask its owner to add you.")
    return render(request, "403.html", {"detail": words % {"name": current_organizer().name}}, status=403)
