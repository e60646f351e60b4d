"""The edge: Host -> organizer -> schema. Nothing below this mentions tenants again."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import set_urlconf
from django.utils import translation

from tenants.health import report as health_report
from tenants.models import Organizer
from tenants.pg.base import reserve_for_paying
from tenants.queries import (
    is_custom_domain,
    is_platform_host,
    normal_host,
    organizer_for_host,
)

HEALTH_PATH = "/healthz"
# However many look and ask for places, these get a connection: from a hold to its tickets, and the provider's word.
PAYING = ("/checkout/", "/orders/", "/api/v1/orders", "/webhooks/")


def leave_organizer(**_: Any) -> None:
    """Back to `public`, when a request begins and when its last byte is sent (a WSGI thread serves many hosts)."""
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    set_urlconf(None)


class TenantMiddleware:
    """Must come before all that reads the database. Sets `request.organizer` (None on the platform), `request.tenant`, `request.is_custom_domain`.

    `/healthz` is answered before any host is looked at; an unknown host gets a plain 404 page; an organizer that is
    being prepared or suspended gets a page that says so.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._call_async(request)
        response: HttpResponseBase = self._answer_early(request) or self.get_response(request)
        return response

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        # asgiref carries the context variable that is set in the thread back into this coroutine.
        early = await sync_to_async(self._answer_early)(request)
        response: HttpResponseBase = early or await self.get_response(request)
        return response

    def _answer_early(self, request: HttpRequest) -> HttpResponse | None:
        """Choose organizer and URLconf for the request; the response when there is nothing further to do."""
        leave_organizer()
        reserve_for_paying(is_paying=request.path.startswith(PAYING))
        if request.path == HEALTH_PATH:
            return _health()
        if request.path.startswith(settings.STATIC_URL):
            # The same files for everyone, the edge's own pages included: nothing to look up.
            _enter_platform(request)
            return None
        try:
            host = normal_host(request.get_host())
        except DisallowedHost:
            return _page("unknown_host", request, status=404)
        if is_platform_host(host):
            _enter_platform(request)
            return None
        organizer = organizer_for_host(host)
        if organizer is None:
            return _page("unknown_host", request, status=404)
        _enter_organizer(request, organizer, host)
        if organizer.is_active:
            return None
        if organizer.state == Organizer.State.PROVISIONING:
            return _page("preparing", request, status=503, organizer=organizer)
        return _page("suspended", request, status=403, organizer=organizer)


def _enter_platform(request: Any) -> None:
    request.organizer = None
    request.is_custom_domain = False
    request.tenant = connection.tenant  # type: ignore[attr-defined]
    request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
    set_urlconf(request.urlconf)


def _enter_organizer(request: Any, organizer: Organizer, host: str) -> None:
    organizer.domain_url = host
    request.organizer = request.tenant = organizer
    request.is_custom_domain = is_custom_domain(host)
    connection.set_tenant(organizer)  # type: ignore[attr-defined]


EDGE_POLICY = "default-src 'none'; " + "; ".join(
    f"{kind}-src 'self'" for kind in ("style", "font", "script", "img", "connect")
)
_PAGES = {
    "unknown_host": ("not_found", "tenants/unknown_host.html"),
    "preparing": ("organizer_preparing", "tenants/preparing.html"),
    "suspended": ("organizer_suspended", "tenants/suspended.html"),
}


def _page(name: str, request: HttpRequest, *, status: int, organizer: Organizer | None = None) -> HttpResponse:
    """One of the edge's own pages, or the same as problem+json for the API."""
    code, template = _PAGES[name]
    response: HttpResponse
    # The middlewares that choose the language have not run.
    with translation.override(translation.get_language_from_request(request)):
        title = str(_TITLES[name])
        if request.path.startswith("/api/"):
            problem = {"type": "about:blank", "title": title, "status": status, "detail": title, "code": code}
            response = JsonResponse(problem, status=status, content_type="application/problem+json")
        else:
            context = {"title": title, "organizer": organizer, "platform": settings.PLATFORM_NAME}
            response = HttpResponse(render_to_string(template, context), status=status)
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = EDGE_POLICY
    response["X-Robots-Tag"] = "noindex"
    if status == 503:
        response["Retry-After"] = "5"
    return response


_TITLES = {
    "unknown_host": translation.gettext_lazy("There is nothing at this address"),
    "preparing": translation.gettext_lazy("This box office is being prepared"),
    "suspended": translation.gettext_lazy("This box office is closed at the moment"),
}


def _health() -> HttpResponse:
    """200 when the database answers durably, else 503. Redis only costs speed, so it is reported and not decisive."""
    is_well, facts = health_report()
    response = JsonResponse(facts, status=200 if is_well else 503)
    response["Cache-Control"] = "no-store"
    return response
