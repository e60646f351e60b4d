"""Who shares in what events earn: partners, what they are owed, what they were paid, and how they can be."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ledger.queries import Standing
from organizer_portal.access import SEE_MONEY, Desk, staff
from organizer_portal.forms.shares import PartnerForm, PartnerPaymentForm
from organizer_portal.views.events import place_refusal
from payments.requirements import needs
from payouts.actions import add_partner, note_payment, refresh_partner, start_partner_onboarding
from payouts.errors import PartnerNotFound
from payouts.models import Partner, PartnerPayment
from payouts.queries import partner_by_id, partner_by_token, standings_of_partners
from payouts.transfers import request_transfers, transferable
from tenants.current import current_organizer
from tenants.queries import portal_url
from ui.errors import DomainError
from ui.forms import posted
from ui.ids import uuid7
from ui.money import format_money


@require_http_methods(["GET", "POST"])
@staff(SEE_MONEY)
def partners(request: HttpRequest, desk: Desk) -> HttpResponse:
    """All partners and how things stand with each; a POST adds one, and goes on to the shares of the event it is `for`."""
    form = PartnerForm(posted(request))
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            made = add_partner(
                kind=Partner.Kind(typed["kind"]), name=typed["name"], email=typed["email"], actor=desk.actor
            )
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            return _go_on(request, made)
    standings = standings_of_partners()
    rows = [(partner, standings.get(partner.payee, [])) for partner in Partner.objects.all()]
    context = {"rows": rows, "form": form}
    return render(request, "organizer_portal/partners.html", context, status=422 if form.errors else 200)


def _go_on(request: HttpRequest, made: Partner) -> HttpResponse:
    try:
        event_id = UUID(request.GET.get("for", ""))
    except ValueError:
        event_id = None
    if event_id:
        messages.success(request, _("%s is a partner now. Give them a line below.") % made.name)
        return redirect("organizer_portal:event_shares", event_id)
    messages.success(request, _("%s is a partner now. Give them a share of an event.") % made.name)
    return redirect("organizer_portal:partner", made.pk)


@require_http_methods(["GET", "POST"])
@staff(SEE_MONEY)
def partner(request: HttpRequest, desk: Desk, partner_id: UUID) -> HttpResponse:
    """One partner: owed, paid, and the link to connect an account; a POST notes a payment made by hand."""
    found = partner_by_id(partner_id)
    standings = standings_of_partners().get(found.payee, [])
    known: dict[str, Any] = {"currencies": [standing.currency for standing in standings]}
    form = PartnerPaymentForm(posted(request), initial={"key": str(uuid7())}, **known)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            note_payment(
                partner=found,
                direction=PartnerPayment.Direction(typed["direction"]),
                currency=typed["currency"],
                amount=typed["amount"],
                words=typed["words"],
                key=typed["key"],
                actor=desk.actor,
            )
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Noted. The books say so from now on."))
            return redirect("organizer_portal:partner", found.pk)
    link = portal_url(desk.organizer, reverse("organizer_portal:partner_link", args=[found.token]))
    context = {"partner": found, "standings": standings, "form": form, "link": link, **_payments(found, standings)}
    return render(request, "organizer_portal/partner.html", context, status=422 if form.errors else 200)


@require_POST
@staff(SEE_MONEY)
def transfers(request: HttpRequest, desk: Desk, partner_id: UUID) -> HttpResponse:
    """Pay a partner through Stripe what can be paid now, in one currency."""
    found = partner_by_id(partner_id)
    try:
        made = request_transfers(partner=found, currency=request.POST.get("currency", "")[:3], actor=desk.actor)
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        words = _("%(amount)s are on their way to %(name)s.")
        amount = format_money(sum(one.amount for one in made), made[0].currency)
        messages.success(request, words % {"amount": amount, "name": found.name})
    return redirect("organizer_portal:partner", found.pk)


def _payments(found: Partner, standings: list[Standing]) -> dict[str, Any]:
    ready = [(standing.currency, transferable(found, standing.currency)) for standing in standings]
    return {
        "ready": [(currency, amount) for currency, amount in ready if amount],
        "transfers": found.transfers.prefetch_related("reversals").order_by("-created_at", "-pk"),
        "payments": found.payments.order_by("-created_at", "-pk"),
        "can_note": any(standing.payable or standing.receivable for standing in standings),
        "zone": current_organizer().timezone,
    }


@require_http_methods(["GET", "POST"])
def partner_link(request: HttpRequest, token: str) -> HttpResponse:
    """For the partner: why they are here, and on to Stripe's own pages, which come back here."""
    organizer, found = current_organizer(), _of_link(request, token)
    address = portal_url(organizer, request.path)
    refusal, status = "", 200
    try:
        if request.method == "POST":
            return redirect(start_partner_onboarding(partner=found, organizer=organizer, return_url=address))
        if found.account_id and not found.transfers_enabled:
            refresh_partner(account_id=found.account_id, organizer=organizer)
            found.refresh_from_db()
    except DomainError as refused:
        refusal, status = refused.detail, refused.status if request.method == "POST" else 200
    context = {"partner": found, "organizer": organizer, "needs": needs(found.requirements), "refusal": refusal}
    return render(request, "organizer_portal/partner_link.html", context, status=status)


def _of_link(request: HttpRequest, token: str) -> Partner:
    if request.is_custom_domain:  # type: ignore[attr-defined]
        raise Http404
    try:
        return partner_by_token(token)
    except PartnerNotFound as error:
        raise Http404 from error
