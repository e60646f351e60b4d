"""A session belongs to the host it began on."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django_tenants.utils import get_public_schema_name

from tenants.queries import normal_host

SESSION_HOST = "session_host"


def session_place(tenant: object, host: str) -> str:
    """What a session is bound to: the organizer (or the platform) and the host name, without port."""
    owner = getattr(tenant, "pk", None) if getattr(tenant, "slug", "") else None
    return f"{owner or get_public_schema_name()}@{normal_host(host)}"


class SessionHostMiddleware:
    """Refuses a session on any host but the one it began on.

    Session rows are shared by all organizers, so without this a cookie copied to another organizer's host would be
    accepted there. A session that names another place, or none although it has content, is set aside for the request:
    the visitor is anonymous and the row stays as it is for its rightful host.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        here = session_place(getattr(request, "tenant", None), request.get_host())
        if request.COOKIES.get(settings.SESSION_COOKIE_NAME) and not self._belongs(request, here):
            request.session = self.store()
        response = self.get_response(request)
        if request.session.modified and not request.session.is_empty() and SESSION_HOST not in request.session:
            request.session[SESSION_HOST] = here
        return response

    def _belongs(self, request: HttpRequest, here: str) -> bool:
        bound_to = request.session.get(SESSION_HOST)
        return bool(bound_to == here or (bound_to is None and not list(request.session.keys())))
