"""The first page: what to do, today's sales, how full the next events are."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from analytics.queries import DaySales, Money, capacities, day_sales, upcoming_events
from events.models import Event
from organizer_portal.access import BE_HERE, SEE_SALES, Desk, staff
from outbox.models import OutboxMessage
from payments.models import Refund, RefundRequest
from payments.queries import OWED, connected_account
from reconciliation.models import Incident
from reconciliation.queries import state_counts


@dataclass(frozen=True)
class ToDo:
    """Something that waits for a person."""

    words: str
    url: str
    action: str


@dataclass(frozen=True)
class Step:
    """A step of the launch checklist."""

    words: str
    hint: str
    url: str
    is_done: bool


@require_safe
@staff(BE_HERE)
def home(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Door staff work at the door; for the others, the checklist until something was published, then today."""
    if not desk.membership.can_sell:
        return redirect("organizer_portal:door")
    if not Event.objects.exclude(published_at=None).exists():
        steps = _launch_steps()
        next_step = next((step for step in steps if not step.is_done), None)
        return render(request, "organizer_portal/home_launch.html", {"steps": steps, "next_step": next_step})
    context = {"todos": _todos(desk), "drafts": Event.objects.filter(state=Event.State.DRAFT).count(), **_today(desk)}
    return render(request, "organizer_portal/home.html", context)


@require_safe
@staff(SEE_SALES)
def today(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The live part of the first page, alone."""
    return render(request, "organizer_portal/_today.html", _today(desk))


def _today(desk: Desk) -> dict[str, Any]:
    now, zone = timezone.now(), desk.organizer.timezone
    sales = day_sales(zone=zone, at=now)
    return {
        "sales": sales,
        "takings": _by_currency(sales, desk.organizer.currency),
        "last_week": day_sales(zone=zone, at=now, days_ago=7),
        "events": capacities(upcoming_events(at=now), at=now),
        "now": now,
        "zone": zone,
    }


def _by_currency(sales: DaySales, currency: str) -> tuple[Money, ...]:
    return sales.money or (Money(currency),)


def _todos(desk: Desk) -> list[ToDo]:
    found = []
    account = connected_account()
    if account is not None and account.disconnected_at is not None:
        words = _("Stripe is no longer connected: paid tickets cannot be bought.")
        found.append(ToDo(words, reverse("organizer_portal:payments"), _("Connect it again")))
    elif account is not None and (account.requirements or account.disabled_reason):
        words = _("Stripe needs something from you before it can pay you out.")
        found.append(ToDo(words, reverse("organizer_portal:payments"), _("See what")))
    waiting = RefundRequest.objects.filter(state=RefundRequest.State.OPEN).count() if desk.membership.can_refund else 0
    if waiting:
        words = ngettext(
            "%(number)d buyer waits for your decision about a refund.",
            "%(number)d buyers wait for your decision about a refund.",
            waiting,
        )
        found.append(ToDo(words % {"number": waiting}, reverse("organizer_portal:refund_requests"), _("Decide")))
    owed = Refund.objects.filter(OWED).select_related("payment__order").order_by("settled_at").first()
    if owed is not None and desk.membership.can_refund:
        words = _("A refund did not reach its buyer, who is owed the money.")
        page = reverse("organizer_portal:order", args=[owed.payment.order.number])
        found.append(ToDo(words, page, _("Look at the order")))
    number = state_counts()[Incident.State.OPEN] if desk.membership.can_refund else 0
    if number:
        words = ngettext(
            "%(number)d incident with money waits for you.", "%(number)d incidents with money wait for you.", number
        )
        found.append(ToDo(words % {"number": number}, reverse("organizer_portal:incidents"), _("See what")))
    dead = OutboxMessage.objects.filter(is_dead=True).count()
    if dead:
        words = ngettext(
            "%(number)d message to a buyer could not be delivered.",
            "%(number)d messages to buyers could not be delivered.",
            dead,
        )
        found.append(ToDo(words % {"number": dead}, reverse("organizer_portal:orders"), _("Look at the orders")))
    return found


def _launch_steps() -> list[Step]:
    event = Event.objects.filter(state=Event.State.DRAFT).order_by("-created_at").first()
    page = reverse("organizer_portal:event", args=[event.pk]) if event else reverse("organizer_portal:new_event")
    types = list(event.ticket_types.filter(is_active=True)) if event else []
    account = connected_account()
    is_paid = any(kind.price for kind in types)
    steps = [
        Step(
            _("Create your event"),
            _("Title, date, time and venue are enough to begin."),
            page,
            event is not None,
        ),
        Step(
            _("Add tickets"),
            _("A name, a price and how many. What the buyer pays stands beneath."),
            reverse("organizer_portal:new_ticket_type", args=[event.pk]) if event else page,
            bool(types),
        ),
    ]
    if is_paid or account is not None:
        steps.append(
            Step(
                _("Connect Stripe"),
                _("About 10 minutes; have an ID ready. The money of each sale goes straight to your account."),
                reverse("organizer_portal:payments"),
                bool(account and account.charges_enabled),
            )
        )
    steps.append(Step(_("Publish"), _("Look at the real page, then put it on sale."), page, is_done=False))
    return steps
