"""Who gets what of what an event earns: the plan in force, another one tried on samples, and saved."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from analytics.queries import event_sales
from events.models import Event
from ledger.models import SplitVersion
from ledger.split_rules import Rules
from ledger.splits import counted, earned, set_split_plan, split_version_of
from organizer_portal.access import SEE_MONEY, Desk, staff
from organizer_portal.forms.shares import PartnerForm, SharesForm, payees_of
from organizer_portal.share_picture import Bar, Sample, bars
from organizer_portal.views.events import event_or_404, place_refusal
from payouts.models import Partner
from payouts.share_words import lines_of, names_of
from pricing.plans import rate_of, terms_of
from pricing.quote import quote_one
from ui.errors import DomainError
from ui.forms import posted

FILLED = (10, 25, 50, 75, 100)  # per cent of the house sold, for the samples
TICKETS = 2  # of a sample order


@require_http_methods(["GET", "POST"])
@staff(SEE_MONEY)
def shares(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """The plan of an event with its samples; a POST tries another one, and saves it unless only a look was asked for."""
    found = event_or_404(event_id)
    partners = list(Partner.objects.all())
    version = split_version_of(str(found.pk))
    in_force = Rules.from_dict(version.rules) if version else Rules()
    known: dict[str, Any] = {"currency": found.currency, "names": payees_of(partners, _("You, the organizer"))}
    form = SharesForm(posted(request), **known) if request.method == "POST" else SharesForm.filled(in_force, **known)
    shown = in_force
    if request.method == "POST" and form.is_valid():
        shown = form.cleaned_data["rules"]
        if "look" not in request.POST:
            try:
                set_split_plan(subject=str(found.pk), currency=found.currency, rules=shown, actor=desk.actor)
            except DomainError as refusal:
                place_refusal(form, refusal)
            else:
                messages.success(request, _("Saved. Orders placed from now on are shared like this."))
                return redirect(request.path)
    names = names_of(shown.payees())
    context = {
        "event": found,
        "form": form,
        "version": version,
        "partners": partners,
        "partner_form": PartnerForm(),
        "partner_url": f"{reverse('organizer_portal:partners')}?{urlencode({'for': found.pk})}",
        "is_other": shown != in_force,
        "lines": lines_of(shown, found.currency, names),
        "names": [*(names[payee] for payee in shown.payees()), _("Our fee"), _("Tax")],
        **_samples(found, shown, version),
    }
    return render(request, "organizer_portal/event_shares.html", context, status=422 if form.errors else 200)


def _samples(event: Event, rules: Rules, version: SplitVersion | None) -> dict[str, list[Bar]]:
    """A house filled more and more, and an order of each ticket type that came next."""
    sales = event_sales(event, at=timezone.now()).types
    terms, kinds = terms_of(event), [one.ticket_type for one in sales]
    quotes = {kind.pk: quote_one(kind.price, terms, rate_of(kind.tax)) for kind in kinds}
    taxes = {type_id: sum(tax.amount for tax in one.taxes) for type_id, one in quotes.items()}
    fees = {type_id: one.platform_fee for type_id, one in quotes.items()}
    brings = {type_id: max(0, one.total - fees[type_id] - taxes[type_id]) for type_id, one in quotes.items()}
    full, fee, tax = (sum(each[one.ticket_type.pk] * one.capacity for one in sales) for each in (brings, fees, taxes))
    places = sum(one.capacity for one in sales if one.ticket_type.price)
    houses = [
        Sample(_("%d %% sold") % percent, *(part * percent // 100 for part in (full, places, fee, tax)))
        for percent in FILLED
        if full
    ]
    now, counts = (max(0, earned(version)), counted(version)) if version else (0, 0)
    orders = [
        Sample(
            f"{TICKETS} × {one.ticket_type.title}",
            amount=TICKETS * brings[one.ticket_type.pk],
            tickets=TICKETS,
            fee=TICKETS * fees[one.ticket_type.pk],
            tax=TICKETS * taxes[one.ticket_type.pk],
            before=now,
            tickets_before=counts,
        )
        for one in sales
        if brings[one.ticket_type.pk]
    ]
    return {"houses": bars(rules, houses), "orders": bars(rules, orders, own_scale=True)}
