"""An affiliate's own pages: what the programme offers, applying for it, links and pictures to share, what they brought, statements.

An affiliate is a buyer who has proved their address (`/account/sign-in/`); nothing else opens these pages.
"""

import csv
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from accounts.qr import qr_svg
from analytics.affiliates import CHART_DAYS, Figures, by_day, figures_of
from analytics.chart import draw
from checkout.code_desk import code_url
from events.models import Event
from events.queries import published_events
from payouts.affiliate_statement import AffiliateStatement, affiliate_statement
from payouts.affiliate_statement import affiliate_statement_pdf as drawn
from payouts.affiliates import apply
from payouts.models import Partner
from people.models import BuyerSession
from promotions.affiliates import affiliate_of_person, programme
from promotions.models import Affiliate, EventCommission
from storefront.accounts import BuyerView, buyers_page
from storefront.buyers import signed_in
from storefront.views.pages import secret_page
from tenants.current import current_organizer
from tenants.queries import portal_url, storefront_url
from tickets.errors import PdfUnavailable
from tickets.qr import qr_png
from ui.errors import DomainError
from ui.middleware import public_form
from ui.money import CURRENCIES, minor_unit_exponent

ALL = "all"  # instead of an event's slug: the link to all events


@dataclass(frozen=True)
class Link:
    """An affiliate's link to an event, or to all of them: its address, the name of its picture, and what it earns."""

    event: Event | None
    url: str
    slug: str
    rate: str


def link_url(affiliate: Affiliate, slug: str = "") -> str:
    """The public address of an affiliate's link."""
    path = (
        reverse("storefront:affiliate_event_link", args=[affiliate.code, slug])
        if slug
        else reverse("storefront:affiliate_link", args=[affiliate.code])
    )
    return storefront_url(current_organizer(), path)


def _of_affiliate(view: BuyerView) -> BuyerView:
    """For an affiliate who is signed in; who is none is shown what the programme offers."""

    def wrapped(request: HttpRequest, session: BuyerSession, *args: Any, **kwargs: Any) -> HttpResponse:
        found = affiliate_of_person(session.customer.email)
        if found is None or found.state in (Affiliate.State.APPLIED, Affiliate.State.DECLINED):
            return redirect("storefront:affiliate_programme")
        return view(request, found, *args, **kwargs)

    return buyers_page(wrapped)


# --- Become one -----------------------------------------------------------------------------------------------------------


@secret_page
@public_form
@require_http_methods(["GET", "HEAD", "POST"])
def programme_page(request: HttpRequest) -> HttpResponse:
    """`storefront/affiliate_programme.html`: the `terms` (AffiliateProgramme) with its `rate` in words, the signed-in `customer`, whose
    application (`affiliate`), `name` and `words` as typed, `error`. A post applies."""
    terms, session = programme(), signed_in(request)
    found = affiliate_of_person(session.customer.email) if session else None
    if terms is None or not (terms.takes_applications or found):
        raise Http404
    if found is not None and found.state not in (Affiliate.State.APPLIED, Affiliate.State.DECLINED):
        return redirect("storefront:affiliate")
    here = reverse("storefront:affiliate_programme")
    context: dict[str, Any] = {
        "terms": terms,
        "rate": terms.rate.words,
        "customer": session.customer if session else None,
        "affiliate": found,
        "name": request.POST.get("name", session.customer.name if session else ""),
        "words": request.POST.get("words", ""),
        "sign_in_query": urlencode({"next": here}),
    }
    if request.method == "POST":
        if session is None:
            return redirect(f"{reverse('storefront:sign_in')}?{context['sign_in_query']}")
        try:
            apply(customer=session.customer, name=context["name"], words=context["words"])
        except DomainError as error:
            context["error"] = error
            return render(request, "storefront/affiliate_programme.html", context, status=error.status)
        return redirect(here)
    return render(request, "storefront/affiliate_programme.html", context)


# --- The dashboard --------------------------------------------------------------------------------------------------------


@_of_affiliate
@require_safe
def dashboard(request: HttpRequest, affiliate: Affiliate) -> HttpResponse:
    """`storefront/affiliate.html`: the `affiliate`, its `links` (Link), `figures`, `clicks_chart` and `orders_chart` of the last `days`,
    `partner` with the `bank_url` on which it connects an account, `code_url` of its own code."""
    organizer = current_organizer()
    figures: Figures = figures_of([affiliate.pk])[affiliate.pk]
    clicks, orders = by_day(affiliate.pk, at=timezone.now(), zone=organizer.timezone)
    partner = Partner.objects.filter(affiliate=affiliate).first()
    context = {
        "affiliate": affiliate,
        "terms": programme(),
        "links": _links(affiliate),
        "figures": figures,
        "clicks_chart": draw(clicks),
        "orders_chart": draw(orders),
        "days": CHART_DAYS,
        "partner": partner,
        "bank_url": portal_url(organizer, reverse("organizer_portal:partner_link", args=[partner.token]))
        if partner
        else "",
        "code_url": code_url(affiliate.promo) if affiliate.promo else "",
        "zone": organizer.timezone,
    }
    return render(request, "storefront/affiliate.html", context)


def _links(affiliate: Affiliate) -> list[Link]:
    terms = programme()
    if terms is None:
        return []
    events = [event for event in published_events(after=timezone.now()) if not event.is_test]
    own = {one.event_id: one.rate for one in EventCommission.objects.filter(event__in=events)}
    links = [Link(None, link_url(affiliate), ALL, terms.rate.words)]
    return links + [
        Link(event, link_url(affiliate, event.slug), event.slug, own.get(event.pk, terms.rate).words)
        for event in events
    ]


@_of_affiliate
@require_safe
def qr_file(request: HttpRequest, affiliate: Affiliate, slug: str, kind: str) -> HttpResponse:
    """The picture of a link, to print: vectors (`svg`) or pixels (`png`); with `?download` as a file."""
    slugs = {ALL: "", **{event.slug: event.slug for event in published_events(after=timezone.now())}}
    if slug not in slugs:
        raise Http404
    url = link_url(affiliate, slugs[slug])
    content, media_type = (qr_svg(url), "image/svg+xml") if kind == "svg" else (qr_png(url), "image/png")
    response = HttpResponse(content, content_type=media_type)
    if "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="{affiliate.code}-{slug}.{kind}"'
    return response


# --- Statements -----------------------------------------------------------------------------------------------------------


def _statement(affiliate: Affiliate, currency: str) -> AffiliateStatement:
    if currency not in CURRENCIES:
        raise Http404
    return affiliate_statement(affiliate, currency)


@_of_affiliate
@require_safe
def statement(request: HttpRequest, affiliate: Affiliate, currency: str) -> HttpResponse:
    """`storefront/affiliate_statement.html`: the `statement` (AffiliateStatement)."""
    zone = current_organizer().timezone
    context = {"affiliate": affiliate, "statement": _statement(affiliate, currency), "zone": zone}
    return render(request, "storefront/affiliate_statement.html", context)


@_of_affiliate
@require_safe
def statement_file(request: HttpRequest, affiliate: Affiliate, currency: str) -> HttpResponse:
    """The same as a PDF; where none can be drawn, the page."""
    try:
        pdf = drawn(_statement(affiliate, currency), current_organizer())
    except PdfUnavailable:
        return redirect("storefront:affiliate_statement", currency)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="statement-{affiliate.code}-{currency}.pdf"'
    return response


@_of_affiliate
@require_safe
def statement_csv(request: HttpRequest, affiliate: Affiliate, currency: str) -> HttpResponse:
    """The same as CSV; amounts are in whole units with a point and all decimals of the currency."""
    # With its byte order mark, or a spreadsheet reads UTF-8 as something else.
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="statement-{affiliate.code}-{currency}.csv"'
    rows = csv.writer(response)
    for row in _statement(affiliate, currency).as_rows(current_organizer().timezone):
        rows.writerow([_cell(cell, currency) for cell in row])
    return response


def _cell(cell: str | int, currency: str) -> str:
    if isinstance(cell, int):
        return str(Decimal(cell).scaleb(-minor_unit_exponent(currency)))
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
