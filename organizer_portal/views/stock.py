"""Stock: compare it now, and resume a sale that was stopped."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from analytics.actions import accept_and_resume, prove_stock
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.events import ResumeForm
from organizer_portal.stock import stock_context
from organizer_portal.views.events import event_or_404, event_page, place_refusal
from ui.errors import DomainError, NotFound


@require_POST
@staff(EDIT_EVENTS)
def proofs(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Compare journal, places and tickets of every date of an event."""
    found = event_or_404(event_id)
    made = [prove_stock(performance_id=date.pk, actor=desk.actor) for date in found.performances.all()]
    if all(proof.is_proved for proof in made):
        messages.success(request, _("Stock proved: journal, places and tickets say the same."))
    else:
        messages.error(request, _("Journal, places and tickets do not say the same. See what differs."))
    return _back(found.pk)


@require_POST
@staff(EDIT_EVENTS)
def resumption(request: HttpRequest, desk: Desk, event_id: UUID, performance_id: UUID) -> HttpResponse:
    """Sell a stopped date again, with a reason."""
    found = event_or_404(event_id)
    if performance_id not in {date.pk for date in found.performances.all()}:
        raise NotFound
    form = ResumeForm(request.POST, auto_id=f"id_{performance_id}_%s")
    if form.is_valid():
        try:
            accept_and_resume(performance_id=performance_id, reason=form.cleaned_data["reason"], actor=desk.actor)
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            messages.success(request, _("Sales go on."))
            return _back(found.pk)
    context = stock_context(found, refused=(performance_id, form))
    return event_page(request, desk, found, context=context, status=422)


def _back(event_id: UUID) -> HttpResponse:
    return redirect(f"{reverse('organizer_portal:event', args=[event_id])}#stock")
