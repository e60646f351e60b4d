"""Legal pages, the brand, wallets."""

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_safe

from people.models import LegalText
from people.queries import legal_text
from tenants.current import current_organizer
from ui.brand import theme_css


@require_safe
def legal(request: HttpRequest, kind: str) -> HttpResponse:
    """`storefront/legal.html`: the `title` and the `shown` text (people.legal.ShownText) of terms, privacy or imprint."""
    what = LegalText.Kind(kind)
    return render(request, "storefront/legal.html", {"title": what.label, "shown": legal_text(what)})


@require_GET
@cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)
def theme(request: HttpRequest, digest: str) -> HttpResponse:
    """The organizer's colours as a stylesheet, under the hash of its content."""
    current, css = theme_css(current_organizer().brand_color)
    if digest != current:
        raise Http404
    return HttpResponse(css, content_type="text/css; charset=utf-8")


@require_GET
def media(request: HttpRequest, path: str) -> FileResponse:
    """A public file of this organizer (logo, poster); another organizer's is a 404."""
    storage = storages["public"]
    try:
        file = storage.open(path)
    except (OSError, SuspiciousFileOperation) as error:  # not there, a folder, a name longer than any file's
        raise Http404 from error
    response = FileResponse(file)
    response["Cache-Control"] = "public, max-age=86400"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_safe
@cache_control(public=True, max_age=3600)
def apple_pay_association(request: HttpRequest) -> HttpResponse:
    """What Apple asks each host for before it shows Apple Pay there: Stripe's file as it is. 404 where none was set."""
    if not settings.APPLE_PAY_ASSOCIATION:
        raise Http404
    return HttpResponse(settings.APPLE_PAY_ASSOCIATION, content_type="text/plain")
