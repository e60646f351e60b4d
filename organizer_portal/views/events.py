"""Events: list, create, change, ticket types, publish, live sales."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.chart import Chart, draw
from analytics.queries import capacities, event_sales, tickets_by_day, tickets_by_hour
from checkout.changes import change_quantity, move_performance
from checkout.publish import publish_event
from events.actions import add_ticket_type, change_event, change_ticket_type, create_event, create_venue
from events.bundles import bundles_of
from events.charges import tax_rates, tax_ticket_type
from events.lifecycle import Stage, sale_start_of
from events.models import Event, Performance, Phase, TicketType
from events.phases import phases_of
from events.preview import preview_token
from events.properties import properties
from events.seating_plan import is_of_map
from organizer_portal.access import EDIT_EVENTS, SEE_SALES, Desk, staff
from organizer_portal.forms.events import EventChangeForm, EventForm, MoveForm, TicketTypeForm
from organizer_portal.forms.fees import tax_chosen
from organizer_portal.seat_offers import categories_of, unpriced_categories
from organizer_portal.stages import staged, stages_of
from organizer_portal.stock import stock_context
from payments.queries import can_take_payments
from pricing.basket import TaxRate
from pricing.plans import rate_of, terms_of
from pricing.quote import Terms, quote_one
from repricing.queries import prices_at_next_date
from seating.models import Venue
from tenants.queries import storefront_url
from ui.errors import DomainError, NotFound
from ui.forms import posted
from ui.money import format_money, parse_money

PER_PAGE = 30
HOURS_SHOWN = 24
DAYS_SHOWN = 30


def event_or_404(event_id: UUID) -> Event:
    """The organizer's event. Raises NotFound, which becomes a 404."""
    known = Event.objects.exclude(state=Event.State.DISCARDED).select_related("venue")
    event = known.prefetch_related("performances").filter(pk=event_id).first()
    if event is None:
        raise NotFound
    return event


def place_refusal(form: Form, refusal: DomainError) -> None:
    """Put a verb's refusal beside the field it names, else above the form."""
    field = refusal.extra.get("field", "")
    form.add_error(field if field in form.fields else None, refusal.detail)


# --- List and create ------------------------------------------------------------------------------------------------------------


@require_safe
@staff(SEE_SALES)
def events(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All events, newest first, with what is sold."""
    found = Event.objects.exclude(state__in=(Event.State.TEMPLATE, Event.State.DISCARDED)).select_related("venue")
    found = found.prefetch_related("performances", "ticket_types").order_by("-created_at", "-pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    stages = stages_of(page, at=now)
    rows = [
        {
            "event": one.event,
            "stage": stages[one.event.pk],
            "sold": one.sold,
            "held": one.held,
            "capacity": one.capacity,
        }
        for one in capacities(list(page), at=now)
    ]
    has_templates = Event.objects.filter(state=Event.State.TEMPLATE).exists()
    context = {"page_obj": page, "rows": rows, "now": now, "has_templates": has_templates}
    return render(request, "organizer_portal/events.html", context)


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def new_event(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Create a draft, then on to its tickets."""
    venues = list(Venue.objects.order_by("name"))
    initial = {"timezone": desk.organizer.timezone, "venue": venues[0].name if len(venues) == 1 else ""}
    form = EventForm(posted(request), initial=initial, zone=desk.organizer.timezone, venues=venues)
    if request.method == "POST" and form.is_valid():
        try:
            event = _create(form, desk)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("“%(title)s” is saved as a draft. Now add tickets.") % {"title": event.title})
            return redirect("organizer_portal:new_ticket_type", event.pk)
    context = {"form": form, "venues": venues}
    return render(request, "organizer_portal/event_new.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _create(form: EventForm, desk: Desk) -> Event:
    """One form is two nouns: the venue, where it is new, and the event."""
    words = form.cleaned_data
    venue = _venue(desk, form)
    return create_event(
        title=words["title"],
        summary=words["summary"],
        description=words["description"],
        venue=venue,
        currency=desk.organizer.currency,
        starts_at=words["starts_at"],
        ends_at=words["ends_at"],
        doors_at=words["doors_at"],
        actor=desk.actor,
    )


def _venue(desk: Desk, form: EventForm) -> Venue:
    words = form.cleaned_data
    return form.known_venue() or create_venue(
        name=words["venue"], address=words["address"], city=words["city"], timezone=words["zone"], actor=desk.actor
    )


# --- One event ------------------------------------------------------------------------------------------------------------------


@require_safe
@staff(SEE_SALES)
def event(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """A draft shows what is missing, a published event its sales."""
    return event_page(request, desk, event_or_404(event_id))


def event_page(
    request: HttpRequest,
    desk: Desk,
    found: Event,
    *,
    refusal: str = "",
    context: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """An event's page; `refusal` says above it why it is not on sale, `context` has what a form of it refused."""
    terms = terms_of(found)
    phases = phases_of([found.pk])
    prices = prices_at_next_date(found, at=timezone.now())
    shown = {
        **_sales_context(found),
        "performances": list(found.performances.all()),
        "stage": staged(found),
        "sale_starts_at": sale_start_of(found),
        "is_dated": not any(date.is_postponed for date in found.performances.all()),
        **stock_context(found),
        "offers": [
            _offer(kind, prices[kind.pk], found.currency, terms, phases.get(kind.pk, ()))
            for kind in found.ticket_types.filter(is_active=True).select_related("tax")
        ],
        "bundles": bundles_of([found.pk]).get(found.pk, []),
        "missing": _missing(found) if found.state == Event.State.DRAFT else [],
        "refusal": refusal,
        "public_url": storefront_url(desk.organizer, f"/events/{found.slug}/"),
        "preview_url": f"/events/{found.slug}/?preview={preview_token(found)}",
        "may_edit": desk.membership.can_edit_events,
        "form": None,
        **(context or {}),
    }
    return render(request, "organizer_portal/event.html", shown, status=422 if refusal else status)


@require_safe
@staff(SEE_SALES)
def sales(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """The live part of an event's page, alone."""
    return render(request, "organizer_portal/_sales.html", _sales_context(event_or_404(event_id)))


def _sales_context(found: Event) -> dict[str, Any]:
    now = timezone.now()
    zone = found.venue.timezone
    return {"event": found, "sales": event_sales(found, at=now), "now": now, "zone": zone, **_charts(found, zone)}


def _charts(found: Event, zone: str) -> dict[str, Chart]:
    if found.published_at is None:
        return {}
    now = timezone.now()
    hours = tickets_by_hour(since=now - timedelta(hours=HOURS_SHOWN - 1), until=now, zone=zone, event=found)
    opened = max(found.published_at or now, now - timedelta(days=DAYS_SHOWN - 1))
    charts = {"by_hour": draw(hours)}
    if now - opened > timedelta(days=1):
        charts["by_day"] = draw(tickets_by_day(since=opened, until=now, zone=zone, event=found))
    return charts


def _offer(kind: TicketType, price: int, currency: str, terms: Terms, phases: Sequence[Phase]) -> dict[str, Any]:
    one = quote_one(price, terms, rate_of(kind.tax))
    quantity = sum(quota.size for quota in kind.quotas.all())
    gets = one.total - one.platform_fee
    return {
        "type": kind,
        "pays": one.total,
        "gets": gets,
        "currency": currency,
        "quantity": quantity,
        "taxes": one.taxes,
        "phases": phases,
    }


def _missing(found: Event) -> list[dict[str, str]]:
    """What keeps a draft from going on sale, each with where to mend it."""
    prices = list(found.ticket_types.filter(is_active=True).values_list("price", flat=True))
    missing = []
    if unpriced := unpriced_categories(found):
        words = _("Give each category of the seat map a price: %(names)s.") % {"names": ", ".join(unpriced.values())}
        url = reverse("organizer_portal:seat_plan", args=[found.pk])
        missing.append({"words": words, "url": url, "action": _("Set prices")})
    elif not prices:
        url = reverse("organizer_portal:new_ticket_type", args=[found.pk])
        missing.append({"words": _("Add at least one kind of ticket."), "url": url, "action": _("Add tickets")})
    if any(prices) and not found.is_test and not can_take_payments():
        words = _("Connect Stripe, so that the money of each sale reaches your account. Free events need no account.")
        url = reverse("organizer_portal:payments")
        missing.append({"words": words, "url": url, "action": _("Connect Stripe")})
    if not found.performances.filter(starts_at__gt=timezone.now()).exists():
        words = _("Its date is in the past. Create the event again with a date to come.")
        missing.append({"words": words, "url": reverse("organizer_portal:new_event"), "action": _("New event")})
    return missing


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def change(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Change the words of an event and how long a buyer has to pay."""
    found = event_or_404(event_id)
    form = EventChangeForm.of(found, properties(), posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            change_event(event_id=found.pk, actor=desk.actor, **form.cleaned_data)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("organizer_portal:event", found.pk)
    context = {"form": form, "event": found, "sold": event_sales(found, at=timezone.now()).sold}
    return render(request, "organizer_portal/event_change.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def date(request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID) -> HttpResponse:
    """Move a date to another time or place; who has tickets is mailed."""
    found = event_or_404(event_id)
    performance = found.performances.filter(pk=performance_id).first()
    if performance is None:
        raise NotFound
    known: dict[str, Any] = {"zone": desk.organizer.timezone, "venues": list(Venue.objects.order_by("name"))}
    form = MoveForm(request.POST, **known) if request.method == "POST" else MoveForm.of(performance, **known)
    if request.method == "POST" and form.is_valid():
        try:
            _move(desk, performance, form)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved. Everybody who has tickets gets an e-mail."))
            return redirect("organizer_portal:event", found.pk)
    context = {
        "form": form,
        "event": found,
        "venues": known["venues"],
        "sold": event_sales(found, at=timezone.now()).sold,
        "has_other_dates": found.performances.count() > 1,
    }
    return render(request, "organizer_portal/event_date.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _move(desk: Desk, performance: Performance, form: MoveForm) -> None:
    """One form is two nouns: the venue, where it is new, and the date."""
    words = form.cleaned_data
    move_performance(
        performance_id=performance.pk,
        starts_at=words["starts_at"],
        ends_at=words["ends_at"],
        doors_at=words["doors_at"],
        venue=_venue(desk, form),
        actor=desk.actor,
    )


@require_POST
@staff(EDIT_EVENTS)
def publication(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Put a draft on sale, or say why not."""
    found = event_or_404(event_id)
    try:
        publish_event(event_id=found.pk, actor=desk.actor)
    except DomainError as refusal:
        return event_page(request, desk, event_or_404(event_id), refusal=refusal.detail)
    messages.success(request, _published_words(event_or_404(event_id)))
    return redirect("organizer_portal:event", found.pk)


def _published_words(found: Event) -> str:
    if found.is_test:
        return _("“%(title)s” is published as a test: its link is below.") % {"title": found.title}
    if staged(found) == Stage.SCHEDULED:
        return _("“%(title)s” is published. Its page says when the sale begins.") % {"title": found.title}
    return _("“%(title)s” is on sale.") % {"title": found.title}


# --- Ticket types -----------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def new_ticket_type(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Offer something more, while the event is a draft."""
    found = event_or_404(event_id)
    categories = categories_of(found)
    initial = {} if categories or found.ticket_types.exists() else {"name": _("General admission")}
    if "add-on" in request.GET:
        initial = {"category": ""}
    rates = tax_rates()
    form = TicketTypeForm(
        posted(request),
        initial=initial,
        currency=found.currency,
        categories=categories,
        rates=rates,
        zone=found.venue.timezone,
    )
    if request.method == "POST" and form.is_valid():
        try:
            _add_ticket_type(desk, found, form)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            return redirect("organizer_portal:event", found.pk)
    return _ticket_type_page(request, form, found)


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def ticket_type(request: HttpRequest, desk: Desk, event_id: UUID, ticket_type_id: UUID) -> HttpResponse:
    """Change a ticket type; what was sold keeps its price."""
    found = event_or_404(event_id)
    kind = found.ticket_types.filter(pk=ticket_type_id).first()
    if kind is None:
        raise NotFound
    # Of a type that draws from several quotas, or shares one, no single number says how many there are.
    # Neither does one of a seat map's category: the map does.
    quotas = list(kind.quotas.prefetch_related("ticket_types"))
    is_own = len(quotas) == 1 and len(quotas[0].ticket_types.all()) == 1
    quantity = quotas[0].size if is_own and not is_of_map(kind) else None
    known: dict[str, Any] = {"currency": found.currency, "rates": tax_rates(), "zone": found.venue.timezone}
    if request.method == "POST":
        form = TicketTypeForm(request.POST, with_quantity=quantity is not None, **known)
    else:
        form = TicketTypeForm.of(kind, quantity=quantity, **known)
    if request.method == "POST" and form.is_valid():
        try:
            _change_ticket_type(desk, kind, form)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("organizer_portal:event", found.pk)
    return _ticket_type_page(request, form, found, kind)


@transaction.atomic
def _add_ticket_type(desk: Desk, found: Event, form: TicketTypeForm) -> None:
    """One form is two verbs: the ticket type, and its tax where the organizer has any."""
    words = dict(form.cleaned_data)
    words.pop("tax", None)
    made = add_ticket_type(event_id=found.pk, actor=desk.actor, **words)
    tax_ticket_type(ticket_type_id=made.pk, tax_id=tax_chosen(form), actor=desk.actor)


@transaction.atomic
def _change_ticket_type(desk: Desk, kind: TicketType, form: TicketTypeForm) -> None:
    """One form is two nouns: the ticket type, and its quota where it has one of its own."""
    words = dict(form.cleaned_data)
    quantity = words.pop("quantity", None)
    if words.pop("tax", None) is not None:
        tax_ticket_type(ticket_type_id=kind.pk, tax_id=tax_chosen(form), actor=desk.actor)
    change_ticket_type(ticket_type_id=kind.pk, actor=desk.actor, **words)
    if quantity is not None:
        change_quantity(ticket_type_id=kind.pk, quantity=quantity, actor=desk.actor)


def _ticket_type_page(
    request: HttpRequest, form: TicketTypeForm, found: Event, kind: TicketType | None = None
) -> HttpResponse:
    typed = str(form["price"].value() or "")
    chosen = str(form["tax"].value() or "") if "tax" in form.fields else ""
    context = {"form": form, "event": found, "ticket_type": kind, **price_words(typed, found, chosen)}
    return render(request, "organizer_portal/ticket_type.html", context, status=422 if form.errors else 200)


@require_safe
@staff(EDIT_EVENTS)
def price(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """What a buyer pays for a price being typed, and what the organizer gets."""
    words = price_words(request.GET.get("price", ""), event_or_404(event_id), request.GET.get("tax", ""))
    return render(request, "organizer_portal/_price.html", words)


def price_words(typed: str, event: Event, tax_id: str) -> dict[str, Any]:
    """`pays`, `fee` (ours on top), `absorbed` (ours out of the price), `gets` and what of that is `tax` in the reader's words,
    or nothing while no amount is typed."""
    currency = event.currency
    try:
        amount = parse_money(typed, currency) if typed.strip() else None
    except ValueError:
        amount = None
    if amount is None or amount > 99_999_999:
        return {"currency": currency}
    rate: TaxRate | None = next((rate_of(one) for one in tax_rates() if str(one.pk) == tax_id), None)
    quoted = quote_one(amount, terms_of(event), rate)
    one, tax = quoted.lines[0], sum(line.amount for line in quoted.taxes)
    return {
        "currency": currency,
        "is_free": amount == 0,
        "pays": format_money(quoted.total, currency),
        "fee": format_money(one.fee, currency) if one.fee else "",
        "absorbed": format_money(one.absorbed, currency) if one.absorbed else "",
        "gets": format_money(quoted.total - quoted.platform_fee, currency),
        "tax": format_money(tax, currency) if tax else "",
    }
