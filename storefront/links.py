"""Affiliates' links at the storefront's door: a visit is counted, and the browser remembers whose link it followed.

The way to the page is a redirect that no cache keeps; the page itself knows nothing of it and stays the same for everybody. What
the browser remembers is a signed cookie of this host, read when an order is placed (docs/affiliates.md).
"""

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from checkout.affiliates import Via
from events.queries import published_event
from promotions.affiliate_models import LONGEST_WINDOW, Affiliate
from promotions.affiliates import affiliate_by_link, count_click
from promotions.bots import is_person, looks_ahead
from promotions.touches import Touch, as_plain, from_plain, touched
from tenants.current import current_organizer
from tenants.queries import normal_host
from ui.errors import NotFound
from ui.limits import Limit, count_once, times_in_window
from ui.network import client_network

COOKIE = "via"
SECONDS = LONGEST_WINDOW * 24 * 3600
# Beyond that a network's visits are no longer counted; whoever comes is shown the page all the same.
CLICKS_FROM_A_NETWORK = Limit("affiliate-clicks", times=100, seconds=600)


@require_safe
def follow(request: HttpRequest, code: str, slug: str = "") -> HttpResponse:
    """On to the event, or to all events: the address is looked up, never taken from the link."""
    if looks_ahead(request.headers):  # a page that was fetched ahead would be shown without asking us again
        response = HttpResponse(status=503)
    else:
        event_id: UUID | None = None
        address = reverse("storefront:events")
        if slug:
            try:
                event = published_event(slug)
                event_id, address = event.pk, reverse("storefront:event", args=[event.slug])
            except NotFound:
                pass
        response = redirect(address)
        affiliate = affiliate_by_link(code) if is_person(request.method or "", request.headers) else None
        if affiliate is not None:
            _remember(request, response, affiliate, event_id)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _remember(request: HttpRequest, response: HttpResponse, affiliate: Affiliate, event_id: UUID | None) -> None:
    now = timezone.now()
    network = client_network(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""))
    count_once(CLICKS_FROM_A_NETWORK, network or "unknown")
    if times_in_window(CLICKS_FROM_A_NETWORK, network or "unknown") <= CLICKS_FROM_A_NETWORK.times:
        browser = request.headers.get("User-Agent", "")
        count_click(affiliate=affiliate, event_id=event_id, network=network, browser=browser, at=now)
    touches = touched(_touches(request), affiliate.key, at=now)
    response.set_cookie(
        COOKIE,
        signing.dumps(as_plain(touches), salt=_salt(request), compress=True),
        max_age=SECONDS,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def via_of(request: HttpRequest, *, named: str = "") -> Via:
    """What this request says about whose sale it is. Asks nobody; a cookie that is not ours says nothing."""
    return Via(_touches(request), named)


def _touches(request: HttpRequest) -> tuple[Touch, ...]:
    kept = request.COOKIES.get(COOKIE, "")
    if not kept:
        return ()
    try:
        return from_plain(signing.loads(kept, salt=_salt(request), max_age=SECONDS))
    except signing.BadSignature:
        return ()


def _salt(request: HttpRequest) -> str:
    """Of this organizer at this host: another's cookie is worth nothing here."""
    return f"via:{current_organizer().schema_name}:{normal_host(request.get_host())}"
