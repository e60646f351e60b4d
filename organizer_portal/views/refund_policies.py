"""What an event promises about refunds, for all of its tickets and for types that differ."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checkout.refund_terms import refund_terms
from events.models import Event, Performance
from events.refund_policies import refund_rules_of, set_refund_policy
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.refund_policies import RefundPolicyForm
from organizer_portal.views.events import event_or_404
from ui.errors import DomainError, NotFound


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def refund_policy(request: HttpRequest, desk: Desk, event_id: UUID, ticket_type_id: UUID | None = None) -> HttpResponse:
    """The policy of an event, or of one ticket type of it, with the dated lines that buyers read now."""
    found = event_or_404(event_id)
    kinds = list(found.ticket_types.filter(is_active=True))
    kind = next((one for one in kinds if one.pk == ticket_type_id), None)
    if ticket_type_id is not None and kind is None:
        raise NotFound
    rules = refund_rules_of(found.pk)
    date = _date(found)
    known: dict[str, Any] = {
        "currency": found.currency,
        "zone": date.timezone if date else found.venue.timezone,
        "for_type": bool(kind),
    }
    own = rules.of_types.get(kind.pk) if kind else rules.of_event
    form = (
        RefundPolicyForm(request.POST, **known) if request.method == "POST" else RefundPolicyForm.filled(own, **known)
    )
    if request.method == "POST" and form.is_valid():
        try:
            set_refund_policy(
                event_id=found.pk, ticket_type_id=ticket_type_id, rules=form.cleaned_data["rules"], actor=desk.actor
            )
        except DomainError as refusal:
            form.add_error(None, refusal.detail)
        else:
            messages.success(request, _("Saved. From now on buyers read these refund terms before they pay."))
            return redirect(request.path)
    context = {
        "event": found,
        "kinds": [(one, one.pk in rules.of_types) for one in kinds],
        "kind": kind,
        "form": form,
        "terms": refund_terms(found, date, only=[kind.pk] if kind else None),
        "zone": known["zone"],
    }
    return render(request, "organizer_portal/refund_policy.html", context, status=422 if form.errors else 200)


def _date(event: Event) -> Performance | None:
    """The date that the lines are shown for: the last one, which is the next of most events."""
    return event.performances.order_by("-starts_at").first()
