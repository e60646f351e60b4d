"""Headers and form guards that hold for every page."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.csrf import csrf_exempt

from ui.problems import CONTENT_TYPE, problem_instead_of
from ui.request_id import HEADER, begin_request
from ui.views import form_refused

View = Callable[..., HttpResponse]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def content_security_policy() -> str:
    """One static policy: no nonce, no inline script or style, so that public pages stay cacheable.

    The payment provider's origin is allowed for its script, its card frame and its calls; WebAssembly is for the door's
    code reader. A form may lead to the provider's onboarding.
    """
    payment = " ".join(sorted({o for o in (_origin(settings.STRIPE_JS_URL), _origin(settings.STRIPE_API_BASE)) if o}))
    if not settings.STRIPE_API_BASE:
        payment += " https://api.stripe.com https://connect.stripe.com https://hooks.stripe.com"
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' 'wasm-unsafe-eval' {payment}",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            f"connect-src 'self' {payment}",
            f"frame-src 'self' {payment}",
            f"form-action 'self' {payment}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def security_headers() -> dict[str, str]:
    """The policy and its companions, which every answer carries unless it says otherwise."""
    return {
        "Content-Security-Policy": content_security_policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    }


def data_headers() -> dict[str, str]:
    """The same for JSON, which is no document: nothing in it may load or be framed (OWASP REST security cheat sheet)."""
    return {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
    }


class RequestIdMiddleware:
    """Names each request and says the name in its answer, so that a line in a log or journal finds its request."""

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
        name = begin_request()
        response: HttpResponseBase = self.get_response(request)
        response.headers[HEADER] = name
        return response

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        name = begin_request()
        response: HttpResponseBase = await self.get_response(request)
        response.headers[HEADER] = name
        return response


class SecurityHeadersMiddleware:
    """Adds the policy and its companions to every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.for_pages, self.for_data = security_headers(), data_headers()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_data = "json" in response.headers.get("Content-Type", "")
        for name, value in (self.for_data if is_data else self.for_pages).items():
            response.headers.setdefault(name, value)
        return response


class ApiMiddleware:
    """Under /api/ every refusal is a problem document, also one that never reached an operation (a wrong method).

    Answers hold tokens and names, so nobody on the way keeps one that does not say how long it may be kept. HEAD is
    answered wherever GET is, by what GET would say without its body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return self.get_response(request)
        if request.method == "HEAD":
            request.method = "GET"
            response = self(request)
            response.headers["Content-Length"] = str(len(response.content))
            response.content = b""
            request.method = "HEAD"
            return response
        response = self.get_response(request)
        if response.status_code >= 400 and response.headers.get("Content-Type") != CONTENT_TYPE:
            response = problem_instead_of(response)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class AddressMiddleware:
    """An address with a NUL in it names nothing: neither Postgres nor a file system can even be asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path:
            raise Http404
        return self.get_response(request)


def public_form(view: View) -> View:
    """Mark a view whose form is used without signing in.

    Its page carries no token and can be cached; `FormGuardMiddleware` asks the browser's own word (Origin,
    Sec-Fetch-Site) that the post comes from our page instead.
    """
    marked = csrf_exempt(view)
    marked.public_form = True  # type: ignore[attr-defined]
    return marked


class FormGuardMiddleware(CsrfViewMiddleware):
    """The CSRF token for signed-in forms; Origin and Fetch-Metadata for public ones (and for both, where sent)."""

    def process_view(self, request: HttpRequest, callback: Any, args: Any, kwargs: Any) -> Any:
        if getattr(callback, "public_form", False) and request.method == "POST" and not _is_same_origin(request):
            return form_refused(request)
        return super().process_view(request, callback, args, kwargs)


def _is_same_origin(request: HttpRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == request.get_host().lower()
    except ValueError:  # no address at all
        return False
