"""Payments that buyers' banks want back: the list with its deadlines, one dispute with its answer, and what is done by itself."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.evidence import pack, pack_pdf
from checkout.disputes import set_dispute_policy, submit_evidence
from organizer_portal.access import SEE_MONEY, Desk, staff
from organizer_portal.forms.disputes import DisputePolicyForm, EvidenceForm
from payments.dispute_words import advice
from payments.models import Dispute, DisputePolicy
from payments.queries import dispute_by_id, dispute_policy
from payments.queries import disputes as disputes_of
from tickets.errors import PdfUnavailable
from ui.errors import DomainError

PER_PAGE = 40


@require_safe
@staff(SEE_MONEY)
def disputes(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Disputes that are not over, by deadline, or those that are; and what a loss does."""
    return _list(request, desk, DisputePolicyForm(initial=model_to_dict(dispute_policy())))


@require_POST
@staff(SEE_MONEY)
def dispute_rules(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Choose what is done by itself."""
    form = DisputePolicyForm(request.POST)
    if not form.is_valid():
        return _list(request, desk, form, status=422)
    set_dispute_policy(
        on_lost=DisputePolicy.OnLost(form.cleaned_data["on_lost"]),
        on_warning=DisputePolicy.OnWarning(form.cleaned_data["on_warning"]),
        actor=desk.actor,
    )
    messages.success(request, _("Saved. It counts from the next dispute on."))
    return redirect("organizer_portal:disputes")


def _list(request: HttpRequest, desk: Desk, form: DisputePolicyForm, *, status: int = 200) -> HttpResponse:
    state = "over" if request.GET.get("state") == "over" else "open"
    page = Paginator(disputes_of(is_over=state == "over"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "state": state,
        "states": [
            ("open", _("Open"), disputes_of(is_over=False).count()),
            ("over", _("Decided"), disputes_of(is_over=True).count()),
        ],
        "page_query": f"state={state}&",
        "form": form,
        "now": timezone.now(),
        "zone": desk.organizer.timezone,
    }
    return render(request, "organizer_portal/disputes.html", context, status=status)


@require_http_methods(["GET", "POST"])
@staff(SEE_MONEY)
def dispute(request: HttpRequest, desk: Desk, dispute_id: UUID) -> HttpResponse:
    """One dispute: what the buyer says, what speaks against it, and the answer, which a post sends for good."""
    found = dispute_by_id(dispute_id)
    made = pack(found)
    form = EvidenceForm(request.POST) if request.method == "POST" else EvidenceForm(texts=made.texts)
    if request.method == "POST" and form.is_valid():
        try:
            submit_evidence(
                dispute_id=found.pk, texts=form.cleaned_data, pdf=_pdf(found, form.cleaned_data), actor=desk.actor
            )
        except DomainError as refusal:
            field = str(refusal.extra.get("field", ""))
            form.add_error(field if field in form.fields else None, refusal.detail)
        else:
            messages.success(request, _("Your answer is on its way to the bank. We tell you by e-mail how it decides."))
            return redirect("organizer_portal:dispute", found.pk)
    context = {
        "dispute": found,
        "order": found.payment.order,
        "reason": found.words,
        "advice": advice(found.reason),
        "pack": made,
        "form": form,
        "sent": [(form.fields[name].label, text) for name, text in found.evidence.items() if name in form.fields],
        "is_late": found.due_by is not None and found.due_by <= timezone.now(),
        "zone": desk.organizer.timezone,
    }
    return render(request, "organizer_portal/dispute.html", context, status=422 if form.errors else 200)


@require_safe
@staff(SEE_MONEY)
def dispute_pack(request: HttpRequest, desk: Desk, dispute_id: UUID) -> HttpResponse:
    """The answer as a PDF: what was sent, or what would be sent without a change."""
    found = dispute_by_id(dispute_id)
    texts: dict[str, Any] = found.evidence or dict(pack(found).texts)
    try:
        pdf = pack_pdf(found, texts)
    except PdfUnavailable as refusal:
        return render(request, "503.html", {"detail": refusal.detail}, status=503)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="dispute-{found.payment.order.number}.pdf"'
    return response


def _pdf(found: Dispute, texts: dict[str, Any]) -> bytes:
    """Nothing where this machine cannot draw: the texts alone are an answer too."""
    try:
        return pack_pdf(found, texts)
    except PdfUnavailable:
        return b""
