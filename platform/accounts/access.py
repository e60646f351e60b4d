"""Who is at the door of a staff screen: signed in, and past the second step."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django_tenants.utils import get_public_schema_name, schema_context
from redis.exceptions import RedisError

from accounts.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def signed_in_user(request: HttpRequest) -> User | None:
    """The user of this request's session, whatever they proved beyond the password."""
    return request.user if request.user.is_authenticated else None


def is_verified(request: HttpRequest) -> bool:
    """Whether this session passed the second step."""
    return bool(request.user.is_authenticated and request.user.is_verified())  # type: ignore[attr-defined]


def staff_home(request: HttpRequest) -> str:
    """The first staff screen of this host: the organizer's portal, or the platform's console."""
    return "/console/" if request.organizer is None else "/portal/"  # type: ignore[attr-defined]


def missing_step(request: HttpRequest) -> HttpResponse | None:
    """Where to go first: to sign-in, or to the second step; None for who did both. Comes back to this page after."""
    if signed_in_user(request) is None:
        return _redirect("account_login", request)
    if not is_verified(request):
        return _redirect("account_second_factor", request)
    return None


def signed_in(view: Callable[Concatenate[HttpRequest, User, P], HttpResponse]) -> View[P]:
    """Hand the signed-in user to a view that comes before the second step."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        user = signed_in_user(request)
        return _redirect("account_login", request) if user is None else view(request, user, *args, **kwargs)

    return guarded


def platform_host_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """Sign-in exists on the platform's own hosts alone, and works on the platform's own tables.

    404 on an organizer's domain of their own: whoever runs that domain could read its cookies. In the public schema,
    since users, sessions and the limits on tries belong to no organizer: changing hosts must not reset a limit.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if getattr(request, "is_custom_domain", False):
            raise Http404
        try:
            with schema_context(get_public_schema_name()):
                return view(request, *args, **kwargs)
        except RedisError:
            # The limits on tries live there; without them sign-in stays shut.
            return render(request, "accounts/unavailable.html", status=503)

    return guarded


def _redirect(url_name: str, request: HttpRequest) -> HttpResponseRedirect:
    next_path = request.get_full_path() if request.method == "GET" else ""
    query = f"?{urlencode({'next': next_path})}" if next_path else ""
    response = HttpResponseRedirect(f"{reverse(url_name)}{query}")
    if request.headers.get("HX-Request"):  # htmx would swap the sign-in page into a corner of this one
        response = cast(HttpResponseRedirect, HttpResponse(headers={"HX-Redirect": response.url}))
    return response
