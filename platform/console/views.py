"""The platform's back office."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from babel.numbers import format_decimal
from django.contrib import messages
from django.core.paginator import Paginator
from django.forms.models import model_to_dict
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_tenants.utils import tenant_context

from accounts.models import User
from audit.actions import user_actor
from console import queries
from console.access import platform_admin
from console.actions import list_incident
from console.forms import FeeForm, PayoutForm, SuspendForm
from console.models import ListedIncident, PlatformBalance, PlatformDifference
from payouts.runs import set_payout_schedule
from payouts.schedule import payables, payout_schedule, schedule_words, waits_because
from pricing.actions import set_platform_fee
from pricing.plans import standard_plan
from pricing.quote import FeePlan, fee_on
from reconciliation.actions import close_incident, request_check
from reconciliation.forms import CloseForm
from reconciliation.kinds import playbook
from reconciliation.models import Incident
from reconciliation.queries import last_check
from tenants.actions import resume_organizer, suspend_organizer
from tenants.models import Organizer
from tenants.queries import portal_url, storefront_url
from ui.errors import DomainError, NotFound
from ui.money import CURRENCIES, format_money, minor_unit_exponent, parse_money, smallest_step

PER_PAGE = 50


@require_safe
@platform_admin
def home(request: HttpRequest, user: User) -> HttpResponse:
    """All organizers, found by name, address or host."""
    text, state = request.GET.get("q", "").strip()[:100], request.GET.get("state", "")
    page = Paginator(queries.organizers(text=text, state=state), PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.state_counts()
    context = {
        "page_obj": page,
        "text": text,
        "state": state,
        "states": [(value, label, counts[value]) for value, label in Organizer.State.choices],
        "all_count": sum(counts.values()),
        "totals": queries.currency_totals(),
        "page_query": f"{urlencode({'q': text, 'state': state})}&",
    }
    return render(request, "console/organizers.html", context)


@require_safe
@platform_admin
def organizer(request: HttpRequest, user: User, organizer_id: UUID) -> HttpResponse:
    """One organizer: figures, hosts, history, and what can be done about it."""
    return _organizer_page(request, organizer_id, SuspendForm())


@require_POST
@platform_admin
def suspensions(request: HttpRequest, user: User, organizer_id: UUID) -> HttpResponse:
    """Close an organizer's pages, with a reason."""
    found, form = _found(organizer_id), SuspendForm(request.POST)
    if not form.is_valid():
        return _organizer_page(request, organizer_id, form)
    if found.is_active:
        suspend_organizer(organizer_id=found.pk, reason=form.cleaned_data["reason"], actor=user_actor(user.pk))
        messages.success(request, _("%(name)s is suspended: its pages say so from now on.") % {"name": found.name})
    return redirect("console:organizer", organizer_id)


@require_POST
@platform_admin
def reactivations(request: HttpRequest, user: User, organizer_id: UUID) -> HttpResponse:
    """Open a suspended organizer's pages again."""
    found = _found(organizer_id)
    if found.state == Organizer.State.SUSPENDED:
        resume_organizer(organizer_id=found.pk, actor=user_actor(user.pk))
        messages.success(request, _("%(name)s is open again.") % {"name": found.name})
    return redirect("console:organizer", organizer_id)


# --- What the platform takes -----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@platform_admin
def fee(request: HttpRequest, user: User, organizer_id: UUID, currency: str) -> HttpResponse:
    """Agree on a fee with an organizer for one currency; an example counts along."""
    found, agreed = _of_currency(organizer_id, currency)
    plan = agreed or standard_plan(currency)
    form = FeeForm(request.POST, currency=currency) if request.POST else FeeForm.of(plan, currency=currency)
    if request.method == "POST" and form.is_valid():
        try:
            _agree(request, user, found, currency, form.cleaned_data["plan"])
        except DomainError as refusal:
            field = refusal.extra.get("field", "")
            form.add_error(field if field in form.fields else None, refusal.detail)
        else:
            return redirect("console:organizer", organizer_id)
    context = {
        "shown": found,
        "currency": currency,
        "form": form,
        "is_agreed": agreed is not None,
        "standard": _plan_words(standard_plan(currency), currency),
        "typed_price": _example_price(currency),
        **_example(_example_price(currency), None if form.errors else plan, currency),
    }
    return render(request, "console/fee.html", context, status=422 if form.errors else 200)


@require_safe
@platform_admin
def fee_example(request: HttpRequest, user: User, organizer_id: UUID, currency: str) -> HttpResponse:
    """What a ticket costs under the fee being typed, alone."""
    _of_currency(organizer_id, currency)
    form = FeeForm(request.GET, currency=currency)
    plan = form.cleaned_data["plan"] if form.is_valid() else None
    return render(request, "console/_fee_example.html", _example(request.GET.get("price", ""), plan, currency))


@require_POST
@platform_admin
def standard_fee(request: HttpRequest, user: User, organizer_id: UUID, currency: str) -> HttpResponse:
    """Go back to the fee that everybody pays."""
    found, _agreed = _of_currency(organizer_id, currency)
    _agree(request, user, found, currency, None)
    return redirect("console:organizer", organizer_id)


def _agree(request: HttpRequest, user: User, found: Organizer, currency: str, plan: FeePlan | None) -> None:
    set_platform_fee(organizer_id=found.pk, currency=currency, plan=plan, actor=user_actor(user.pk))
    messages.success(request, _("The fee counts from the next ticket on. What is held or sold keeps its price."))


def _of_currency(organizer_id: UUID, currency: str) -> tuple[Organizer, FeePlan | None]:
    if currency not in CURRENCIES:
        raise Http404
    return _found(organizer_id), queries.agreed_fees(organizer_id).get(currency)


def _fee_rows(shown: Organizer) -> list[dict[str, Any]]:
    """The organizer's own currency and every other that something was agreed for."""
    agreed = queries.agreed_fees(shown.pk)
    return [
        {
            "currency": currency,
            "is_agreed": currency in agreed,
            "words": _plan_words(agreed.get(currency) or standard_plan(currency), currency),
        }
        for currency in dict.fromkeys([shown.currency, *sorted(agreed)])
    ]


def _plan_words(plan: FeePlan, currency: str) -> str:
    percent = f"{format_decimal(plan.basis_points / 100, locale=to_locale(get_language() or 'en'))} %"
    words = [f"{percent} + {format_money(plan.fixed, currency)}"]
    if plan.minimum:
        words.append(_("at least %(amount)s") % {"amount": format_money(plan.minimum, currency)})
    if plan.maximum is not None:
        words.append(_("at most %(amount)s") % {"amount": format_money(plan.maximum, currency)})
    return ", ".join(words)


def _example_price(currency: str) -> str:
    return "24" if minor_unit_exponent(currency) else "2400"


def _example(typed: str, plan: FeePlan | None, currency: str) -> dict[str, str]:
    """`price`, `fee`, `pays` and `gets` in words; nothing while what is typed is no price or no plan."""
    try:
        price = parse_money(typed, currency)
    except ValueError:
        return {}
    if plan is None or price > 99_999_999:
        return {}
    taken = fee_on(price, plan, step=smallest_step(currency))
    amounts = {"price": price, "fee": taken, "pays": price + taken, "gets": price}
    return {name: format_money(amount, currency) for name, amount in amounts.items()}


@require_http_methods(["GET", "POST"])
@platform_admin
def payouts(request: HttpRequest, user: User, organizer_id: UUID) -> HttpResponse:
    """Agree on when an organizer is paid, how much is held back, and hold everything on risk."""
    found = _found(organizer_id)
    if found.state == Organizer.State.PROVISIONING:
        raise Http404
    with tenant_context(found):
        form = PayoutForm(request.POST) if request.POST else PayoutForm(initial=model_to_dict(payout_schedule()))
        if request.method == "POST" and form.is_valid():
            set_payout_schedule(**form.cleaned_data, actor=user_actor(user.pk))
            messages.success(request, _("The schedule counts from the next round of payouts on."))
            return redirect("console:organizer", organizer_id)
        context = {"shown": found, "form": form, "payables": payables(), "waits": waits_because(payout_schedule())}
    return render(request, "console/payouts.html", context, status=422 if form.errors else 200)


@require_safe
@platform_admin
def health(request: HttpRequest, user: User) -> HttpResponse:
    """Prepared schemas, the outbox, webhooks."""
    context = {
        "pool": queries.pool_state(),
        "outbox": queries.outbox_backlog(),
        "webhooks": queries.webhook_backlog(),
        "balances": PlatformBalance.objects.all(),
        "differences": PlatformDifference.objects.all()[:50],
    }
    return render(request, "console/health.html", context)


# --- Money that does not agree -----------------------------------------------------------------------------------------------


@require_safe
@platform_admin
def disputes(request: HttpRequest, user: User) -> HttpResponse:
    """All organizers' disputes: those that are not decided, by deadline, or those that are."""
    state = "over" if request.GET.get("state") == "over" else "open"
    page = Paginator(queries.disputes(is_over=state == "over"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "state": state,
        "states": [
            ("open", _("Open"), queries.disputes(is_over=False).count()),
            ("over", _("Decided"), queries.disputes(is_over=True).count()),
        ],
        "page_query": f"state={state}&",
    }
    return render(request, "console/disputes.html", context)


@require_safe
@platform_admin
def incidents(request: HttpRequest, user: User) -> HttpResponse:
    """All organizers' incidents of one state, the open ones unless asked otherwise."""
    state, counts = request.GET.get("state", Incident.State.OPEN), queries.incident_counts()
    context = {
        "page_obj": Paginator(queries.incidents(state), PER_PAGE).get_page(request.GET.get("page")),
        "state": state if state in counts else "all",
        "states": [
            *((value, label, counts[value]) for value, label in Incident.State.choices),
            ("all", _("All"), sum(counts.values())),
        ],
        "page_query": f"state={state if state in counts else 'all'}&",
    }
    return render(request, "console/incidents.html", context)


@require_safe
@platform_admin
def incident(request: HttpRequest, user: User, incident_id: UUID) -> HttpResponse:
    """One incident: what it is about, what to do, and the last check of its organizer."""
    return _incident_page(request, incident_id, CloseForm())


@require_POST
@platform_admin
def closure(request: HttpRequest, user: User, incident_id: UUID) -> HttpResponse:
    """Close an organizer's incident with what was found or done."""
    found, form = _listed(incident_id), CloseForm(request.POST)
    if not form.is_valid():
        return _incident_page(request, incident_id, form)
    with tenant_context(found.organizer):
        try:
            close_incident(incident_id=incident_id, note=form.cleaned_data["note"], actor=user_actor(user.pk))
        except DomainError as refusal:
            messages.warning(request, refusal.detail)
        else:
            messages.success(request, _("The incident is closed."))
        list_incident(incident_id=incident_id)  # now, for whoever looks at it
    return redirect("console:incident", incident_id)


@require_POST
@platform_admin
def checks(request: HttpRequest, user: User, organizer_id: UUID) -> HttpResponse:
    """Compare an organizer's books with the provider's now."""
    with tenant_context(_found(organizer_id)):
        try:
            request_check(actor=user_actor(user.pk))
        except DomainError as refusal:
            messages.warning(request, refusal.detail)
        else:
            messages.success(request, _("The check has begun."))
    return redirect("console:organizer", organizer_id)


@require_safe
@platform_admin
def check(request: HttpRequest, user: User, organizer_id: UUID) -> HttpResponse:
    """How far an organizer's check is, alone; once it is done the whole page is loaded anew."""
    context = _check_context(_found(organizer_id))
    response = render(request, "reconciliation/_check.html", context)
    if context["check"] and context["check"].is_done:
        response["HX-Refresh"] = "true"
    return response


def _listed(incident_id: UUID) -> ListedIncident:
    try:
        return queries.incident(incident_id)
    except NotFound as error:
        raise Http404 from error


def _incident_page(request: HttpRequest, incident_id: UUID, form: CloseForm) -> HttpResponse:
    found = _listed(incident_id)
    context = {
        "incident": found,
        "playbook": playbook(found.kind),
        "form": form,
        "close_url": reverse("console:incident_closure", args=[incident_id]),
        "order_url": portal_url(found.organizer, f"/portal/orders/{found.order_number}/"),
        "portal_url": portal_url(found.organizer, f"/portal/incidents/{incident_id}/"),
        **_check_context(found.organizer),
    }
    return render(request, "console/incident.html", context, status=422 if form.errors else 200)


def _check_context(shown: Organizer) -> dict[str, Any]:
    """The one organizer's last check, from its own schema."""
    found = None
    if shown.state != Organizer.State.PROVISIONING:  # then there is no schema yet
        with tenant_context(shown):
            found = last_check()
    return {
        "check": found,
        "check_url": reverse("console:check", args=[shown.pk]),
        "run_url": reverse("console:checks", args=[shown.pk]),
        "zone": "UTC",
    }


def _payout_context(shown: Organizer) -> dict[str, Any]:
    """The organizer's payout schedule in words, from its own schema."""
    if shown.state == Organizer.State.PROVISIONING:
        return {"schedule_words": []}
    with tenant_context(shown):
        schedule = payout_schedule()
        return {"schedule_words": schedule_words(schedule), "waits": waits_because(schedule)}


def _found(organizer_id: UUID) -> Organizer:
    try:
        return queries.organizer(organizer_id)
    except NotFound as error:
        raise Http404 from error


def _organizer_page(request: HttpRequest, organizer_id: UUID, form: SuspendForm) -> HttpResponse:
    found = _found(organizer_id)
    context = {
        "shown": found,
        "form": form,
        "fees": _fee_rows(found),
        "history": queries.history(organizer_id),
        "storefront_url": storefront_url(found),
        "portal_url": portal_url(found),
        **_payout_context(found),
        **_check_context(found),
    }
    return render(request, "console/organizer.html", context, status=422 if form.errors else 200)
