"""The console is for the platform's own staff, past the second step."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.access import missing_step, signed_in_user
from accounts.models import User

P = ParamSpec("P")


def platform_admin(
    view: Callable[Concatenate[HttpRequest, User, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Hand the platform admin to a view; others sign in first, or are told that this is not theirs."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        first = missing_step(request)
        if first is not None:
            return first
        user = signed_in_user(request)
        if user is None or not user.is_platform_admin:
            words = _("The console is for the people who run the platform. Organizers sign in at their own address.")
            return render(request, "403.html", {"detail": words}, status=403)
        response = view(request, user, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return guarded
