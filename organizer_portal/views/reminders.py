"""An event's reminders of checkouts that were left: when they are sent, and what they brought back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checkout.recovery import recovered
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.reminders import ReminderRulesForm
from organizer_portal.views.events import event_or_404, place_refusal
from recovery.actions import KEPT_FOR, change_rules
from recovery.queries import hours_of, recovery_figures
from ui.errors import DomainError


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def reminders(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """`organizer_portal/reminders.html`: the `form`, `figures` (RecoveryFigures), `orders` and `revenue` that were recovered, `kept_days`."""
    found = event_or_404(event_id)
    form = ReminderRulesForm(request.POST) if request.method == "POST" else ReminderRulesForm.of(hours_of(found.pk))
    if request.method == "POST" and form.is_valid():
        try:
            change_rules(event_id=found.pk, hours=form.hours, actor=desk.actor)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("organizer_portal:reminders", found.pk)
    orders, revenue = recovered(found.pk)
    context: dict[str, Any] = {
        "event": found,
        "form": form,
        "figures": recovery_figures(found.pk),
        "orders": orders,
        "revenue": revenue,
        "kept_days": KEPT_FOR.days,
    }
    return render(request, "organizer_portal/reminders.html", context, status=422 if form.errors else 200)
