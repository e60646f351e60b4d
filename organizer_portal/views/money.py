"""Where the money goes: the account at the payment provider, and what was earned."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from organizer_portal.access import SEE_MONEY, Desk, staff
from payments.actions import ask_for_debits, refresh_account, register_hosts, start_onboarding
from payments.gateway import DEBIT_COUNTRIES, DEBITS
from payments.queries import connected_account, wallet_domains
from payments.requirements import needs, reason
from payouts.failure_words import what_to_do
from payouts.models import Payout
from payouts.queries import earnings
from payouts.schedule import payables, payout_schedule, schedule_words, upcoming, waits_because
from tenants.queries import portal_url
from ui.errors import DomainError

MOST_PAYOUTS = 20  # of the latest on the page


@require_safe
@staff(SEE_MONEY)
def payments(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Whether cards can be taken, what Stripe still asks for and why, and which wallets show where."""
    return render(request, "organizer_portal/payments.html", _account_in_words(desk))


@require_POST
@staff(SEE_MONEY)
def onboardings(request: HttpRequest, desk: Desk) -> HttpResponse:
    """On to Stripe's own pages, which come back here."""
    return_url = portal_url(desk.organizer, reverse("organizer_portal:payments_return"))
    try:
        url = start_onboarding(
            organizer=desk.organizer,
            email=desk.user.email,
            return_url=return_url,
            refresh_url=f"{portal_url(desk.organizer, reverse('organizer_portal:payments'))}?again=1",
            actor=desk.actor,
        )
    except DomainError as refusal:
        context = {**_account_in_words(desk), "refusal": refusal.detail}
        return render(request, "organizer_portal/payments.html", context, status=refusal.status)
    return redirect(url)


@require_POST
@staff(SEE_MONEY)
def debits(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask Stripe for bank debits on an account that was opened without them."""
    try:
        account = ask_for_debits(organizer=desk.organizer, actor=desk.actor)
    except DomainError as refusal:
        context = {**_account_in_words(desk), "refusal": refusal.detail or refusal.title}
        return render(request, "organizer_portal/payments.html", context, status=refusal.status)
    if account.capabilities.get(DEBITS) == "active":
        messages.success(request, _("Bank debits are on. Each event says until when it takes them."))
    else:
        messages.success(request, _("Asked for. Stripe may want to know more first; what it needs is listed here."))
    return redirect("organizer_portal:payments")


def _account_in_words(desk: Desk) -> dict[str, Any]:
    account = connected_account()
    if account is None:
        return {"account": None}
    return {
        "account": account,
        "zone": desk.organizer.timezone,
        "needs": needs(account.requirements),
        "reason": reason(account.disabled_reason),
        "debits": account.capabilities.get(DEBITS, ""),
        "may_debit": desk.organizer.country in DEBIT_COUNTRIES,
        "hosts": wallet_domains(account),
        "is_complete": account.charges_enabled and account.payouts_enabled and not account.requirements,
    }


@require_safe
@staff(SEE_MONEY)
def payments_return(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Back from Stripe: ask how the account stands instead of waiting for the webhook."""
    account = connected_account()
    if account is not None:
        try:
            account = refresh_account(organizer=desk.organizer, account_id=account.account_id)
            register_hosts(organizer=desk.organizer)
        except DomainError:
            messages.warning(request, _("Stripe does not answer at the moment. We look again by ourselves."))
        else:
            if account is not None and account.charges_enabled:
                messages.success(request, _("Stripe is connected: you can sell paid tickets."))
    return redirect("organizer_portal:payments")


@require_safe
@staff(SEE_MONEY)
def payouts(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What was earned, in plain words."""
    context = {"earnings": earnings(), "account": connected_account(), **_payouts_in_words(desk)}
    return render(request, "organizer_portal/payouts.html", context)


def _payouts_in_words(desk: Desk) -> dict[str, Any]:
    """The agreed schedule, what becomes due when, why not now, and the last payouts."""
    schedule, now = payout_schedule(), timezone.now()
    coming = upcoming(schedule, at=now)
    most: dict[str, int] = {}
    for one in coming:
        most[one.currency] = max(most.get(one.currency, 0), one.amount)
    made = list(Payout.objects.all()[:MOST_PAYOUTS])
    return {
        "schedule_words": schedule_words(schedule),
        "waits": waits_because(schedule),
        "payables": [one for one in payables().values() if one.amount or one.debt],
        "upcoming": [(one, max(2, round(100 * one.amount / most[one.currency]))) for one in coming],
        "payouts": [(payout, what_to_do(payout.failure) if payout.failure else "") for payout in made],
        "zone": desk.organizer.timezone,
    }
