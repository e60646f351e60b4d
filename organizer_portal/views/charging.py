"""How orders are charged: who is the merchant, where the money lies, what it costs."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checkout.charge_models import choose_charge_default, choose_charge_model
from checkout.simulator import payment_cost
from organizer_portal.access import SEE_MONEY, Desk, staff
from organizer_portal.forms.charging import ChargingForm
from organizer_portal.views.events import event_or_404, place_refusal
from payments.queries import charge_default, charge_model_of
from payouts.schedule import payout_schedule
from ui.errors import DomainError


@require_http_methods(["GET", "POST"])
@staff(SEE_MONEY)
def event_charging(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """For an event's next orders; each order keeps what it was placed under."""
    found = event_or_404(event_id)
    form = ChargingForm(request.POST or None, default=charge_default(), event=found)
    if request.method == "POST" and form.is_valid():
        try:
            choose_charge_model(event_id=found.pk, model=form.model, actor=desk.actor)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved. It holds for orders from now on."))
            return redirect("organizer_portal:event_charging", found.pk)
    context = {
        "event": found,
        "form": form,
        "in_force": charge_model_of(found),
        "cost": payment_cost(found.currency),
        "days_after": payout_schedule().days_after,
    }
    return render(request, "organizer_portal/charging.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@staff(SEE_MONEY)
def charging(request: HttpRequest, desk: Desk) -> HttpResponse:
    """For all events that say nothing of their own."""
    form = ChargingForm(request.POST or None, default=charge_default())
    if request.method == "POST" and form.is_valid():
        assert form.model is not None  # only an event may say nothing
        try:
            choose_charge_default(model=form.model, actor=desk.actor)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved. It holds for orders from now on."))
            return redirect("organizer_portal:charging")
    context = {"event": None, "form": form, "in_force": charge_default(), "days_after": payout_schedule().days_after}
    return render(request, "organizer_portal/charging.html", context, status=422 if form.errors else 200)
