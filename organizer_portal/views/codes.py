"""Codes: which there are and what they did, new ones, many at once, mailed to people; and discounts without a code."""

import csv
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checkout.code_desk import (
    Figures,
    code_url,
    create_batch,
    create_code,
    edit_code,
    figures_of_batches,
    figures_of_codes,
    import_codes,
    mail_codes,
    orders_with_codes,
)
from events.models import Event
from organizer_portal.access import EDIT_EVENTS, SEE_SALES, Desk, staff
from organizer_portal.forms.codes import BatchForm, CodeForm, DiscountForm, MailOutForm, first_column
from organizer_portal.seating import harmless
from organizer_portal.views.events import event_or_404, place_refusal
from promotions.actions import add_discount, change_discount, remove_discount, stop_batch, stop_code
from promotions.models import AutomaticDiscount, CodeBatch, PromoCode
from promotions.queries import code_by_id, discounts_of
from ui.errors import DomainError, NotFound
from ui.forms import posted
from ui.money import CURRENCIES, minor_unit_exponent

PER_PAGE = 50
NONE = Figures()


@require_safe
@staff(SEE_SALES)
def codes(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Single codes with their figures, newest first, and the batches."""
    found = PromoCode.objects.filter(batch=None).select_related("event")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    figures = figures_of_codes([code.pk for code in page.object_list])
    batches = list(CodeBatch.objects.all()[:PER_PAGE])
    sums = figures_of_batches([batch.pk for batch in batches])
    context = {
        "page_obj": page,
        "rows": [(code, figures.get(code.pk, NONE)) for code in page.object_list],
        "batches": [(batch, _first_of(batch), sums.get(batch.pk, NONE)) for batch in batches],
        "now": timezone.now(),
    }
    return render(request, "organizer_portal/codes.html", context)


def _first_of(batch: CodeBatch) -> PromoCode:
    return batch.codes.select_related("event").order_by("key")[0]


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def new_code(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A new code, after it was chosen what for (`?event=` its id, or `?currency=` for all events)."""
    where = _where(request, desk)
    if isinstance(where, HttpResponse):
        return where
    event, terms = where
    form = CodeForm(posted(request), **terms)
    _without_hidden(form, event)
    if request.method == "POST" and form.is_valid():
        try:
            code = create_code(
                typed=form.cleaned_data["code"],
                actor=desk.actor,
                **form.fields_of_code,
                event_id=event.pk if event else None,
            )
        except DomainError as refusal:
            _place(form, refusal)
        else:
            messages.success(request, _("The code %(code)s is ready.") % {"code": code.code})
            return redirect("organizer_portal:code", code.pk)
    context = {"form": form, "event": event, "code": None}
    return render(request, "organizer_portal/code_new.html", context, status=422 if form.errors else 200)


def _where(request: HttpRequest, desk: Desk) -> HttpResponse | tuple[Event | None, dict[str, Any]]:
    """The event that a code is to be for, None for all, with what its form needs; or the page that asks."""
    asked, currency = request.GET.get("event", ""), request.GET.get("currency", "")
    if asked:
        try:
            event = event_or_404(UUID(asked))
        except ValueError as error:
            raise NotFound from error
        return event, _terms_of(event)
    if currency in CURRENCIES:
        return None, {"currency": currency, "zone": desk.organizer.timezone, "kinds": ()}
    events = Event.objects.exclude(state=Event.State.CANCELLED).order_by("-created_at", "-pk")
    currencies = list(dict.fromkeys(events.values_list("currency", flat=True)))
    context = {"events": events[:PER_PAGE], "currencies": currencies}
    return render(request, "organizer_portal/code_where.html", context)


def _terms_of(event: Event) -> dict[str, Any]:
    kinds = event.ticket_types.filter(is_active=True).order_by("sort_order", "pk")
    return {"currency": event.currency, "zone": event.venue.timezone, "kinds": list(kinds)}


def _without_hidden(form: CodeForm, event: Event | None) -> None:
    """Nothing to open, no question."""
    if event is None:
        del form.fields["opens_early"], form.fields["opens_hidden"]


def _place(form: CodeForm | DiscountForm, refusal: DomainError) -> None:
    """Beside the field that staff see: `value` is a percentage or an amount there, and pasted codes have a box of their own."""
    field = refusal.extra.get("field", "")
    if field == "value":
        refusal.extra["field"] = "percent" if form.cleaned_data.get("effect") == "percent" else "amount"
    elif field == "codes":
        refusal.extra["field"] = "own"
    elif field == "quantity":
        refusal.extra["field"] = "most_uses"
    place_refusal(form, refusal)


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def code(request: HttpRequest, desk: Desk, code_id: UUID) -> HttpResponse:
    """One code: its link, what it did, and its terms to change."""
    found = code_by_id(code_id)
    terms = _terms_of(found.event) if found.event else None
    kinds = terms["kinds"] if terms else ()
    zone = terms["zone"] if terms else desk.organizer.timezone
    if request.method == "POST":
        form = CodeForm(request.POST, currency=found.currency, zone=zone, kinds=kinds)
    else:
        form = CodeForm.of(found, zone=zone, kinds=kinds)
    del form.fields["code"]
    _without_hidden(form, found.event)
    if found.most_uses is None:
        del form.fields["most_uses"]
    if request.method == "POST" and form.is_valid():
        try:
            edit_code(code_id=found.pk, actor=desk.actor, **form.fields_of_code)
        except DomainError as refusal:
            _place(form, refusal)
        else:
            messages.success(request, _("Saved. It holds for tickets that nobody has chosen yet."))
            return redirect("organizer_portal:code", found.pk)
    context = {
        "form": form,
        "event": found.event,
        "code": found,
        "figures": figures_of_codes([found.pk]).get(found.pk, NONE),
        "url": code_url(found),
        "zone": zone,
    }
    return render(request, "organizer_portal/code.html", context, status=422 if form.errors else 200)


@require_POST
@staff(EDIT_EVENTS)
def code_stops(request: HttpRequest, desk: Desk, code_id: UUID) -> HttpResponse:
    """Stop a code, or let it be used again (`resume`)."""
    found = stop_code(code_id=code_id, is_stopped="resume" not in request.POST, actor=desk.actor)
    messages.success(request, _("Stopped. Nobody new can use it.") if found.stopped_at else _("It can be used again."))
    return redirect("organizer_portal:code", code_id)


@require_safe
@staff(SEE_SALES)
def codes_csv(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What was given away: every order that was placed with a code. Amounts are in whole units with a point."""
    response = _csv("codes-given.csv")
    rows = csv.writer(response)
    rows.writerow(
        ["code", "batch", "recipient", "order", "state", "placed_at", "event", "taken_off", "order_total", "currency"]
    )
    for word, batch, recipient, number, state, at, title, taken, total, currency in orders_with_codes():
        money = [_amount(taken, currency), _amount(total, currency), currency]
        texts = [harmless(text) for text in (word, batch, recipient)]
        rows.writerow([*texts, number, state, at.isoformat(timespec="seconds"), harmless(title), *money])
    return response


def _csv(name: str) -> HttpResponse:
    # With its byte order mark, or a spreadsheet reads UTF-8 as something else.
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _amount(amount: int, currency: str) -> str:
    return str(Decimal(amount).scaleb(-minor_unit_exponent(currency)))


# --- Many at once -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def new_batch(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Many codes for one order each, new or the organizer's own."""
    where = _where(request, desk)
    if isinstance(where, HttpResponse):
        return where
    event, terms = where
    form = BatchForm(posted(request), **terms)
    _without_hidden(form, event)
    if request.method == "POST" and form.is_valid():
        words, more = form.cleaned_data, {**form.fields_of_code, "event_id": event.pk if event else None}
        try:
            if words["words"]:
                made = import_codes(name=words["name"], words=words["words"], actor=desk.actor, **more)
            else:
                made = create_batch(
                    name=words["name"], number=words["number"], prefix=words["begins_with"], actor=desk.actor, **more
                )
        except DomainError as refusal:
            _place(form, refusal)
        else:
            done = ngettext("%(n)d code is ready.", "%(n)d codes are ready.", len(made))
            messages.success(request, done % {"n": len(made)})
            return redirect("organizer_portal:batch", made[0].batch_id)
    context = {"form": form, "event": event, "is_batch": True}
    return render(request, "organizer_portal/code_new.html", context, status=422 if form.errors else 200)


@require_safe
@staff(EDIT_EVENTS)
def batch(request: HttpRequest, desk: Desk, batch_id: UUID) -> HttpResponse:
    """A batch: its codes, who has each and whether it was used, and mailing them."""
    return _batch_page(request, desk, batch_id, MailOutForm())


def _batch_page(request: HttpRequest, desk: Desk, batch_id: UUID, form: MailOutForm) -> HttpResponse:
    found = _batch(batch_id)
    codes_of = PromoCode.objects.filter(batch=found).select_related("recipient").order_by("key")
    page = Paginator(codes_of, PER_PAGE).get_page(request.GET.get("page"))
    figures = figures_of_codes([one.pk for one in page.object_list])
    context = {
        "batch": found,
        "pattern": _first_of(found),
        "figures": figures_of_batches([found.pk]).get(found.pk, NONE),
        "page_obj": page,
        "rows": [(one, getattr(one, "recipient", None), figures.get(one.pk, NONE)) for one in page.object_list],
        "number": codes_of.count(),
        "sent": codes_of.exclude(recipient=None).count(),
        "is_stopped": not codes_of.filter(stopped_at=None).exists(),
        "form": form,
        "zone": desk.organizer.timezone,
    }
    return render(request, "organizer_portal/batch.html", context, status=422 if form.errors else 200)


def _batch(batch_id: UUID) -> CodeBatch:
    found = CodeBatch.objects.filter(pk=batch_id).first()
    if found is None:
        raise NotFound
    return found


@require_POST
@staff(EDIT_EVENTS)
def batch_mails(request: HttpRequest, desk: Desk, batch_id: UUID) -> HttpResponse:
    """Mail a code of the batch to each of these people."""
    form = MailOutForm(request.POST)
    if form.is_valid():
        try:
            done = mail_codes(
                batch_id=batch_id,
                addresses=first_column(form.cleaned_data["addresses"]),
                words=form.cleaned_data["words"],
                actor=desk.actor,
            )
        except DomainError as refusal:
            place_refusal(form, refusal)
        else:
            words = ngettext("%(n)d mail is on its way.", "%(n)d mails are on their way.", done.sent)
            messages.success(request, words % {"n": done.sent})
            if done.known:
                known = ngettext(
                    "%(n)d person has a code of this batch already and got no second one.",
                    "%(n)d people have a code of this batch already and got no second one.",
                    len(done.known),
                )
                messages.info(request, known % {"n": len(done.known)})
            return redirect("organizer_portal:batch", batch_id)
    return _batch_page(request, desk, batch_id, form)


@require_POST
@staff(EDIT_EVENTS)
def batch_stops(request: HttpRequest, desk: Desk, batch_id: UUID) -> HttpResponse:
    """Stop every code of a batch, or let them be used again (`resume`)."""
    is_stopped = "resume" not in request.POST
    stop_batch(batch_id=batch_id, is_stopped=is_stopped, actor=desk.actor)
    messages.success(request, _("Stopped. Nobody new can use them.") if is_stopped else _("They can be used again."))
    return redirect("organizer_portal:batch", batch_id)


@require_safe
@staff(EDIT_EVENTS)
def batch_csv(request: HttpRequest, desk: Desk, batch_id: UUID) -> HttpResponse:
    """The codes of a batch, each with its link, whom it was mailed to and how often it was paid with."""
    found = _batch(batch_id)
    response = _csv("codes.csv")
    rows = csv.writer(response)
    rows.writerow(["code", "link", "recipient", "paid_orders"])
    codes_of = list(PromoCode.objects.filter(batch=found).select_related("recipient", "event").order_by("key"))
    figures = figures_of_codes([one.pk for one in codes_of])
    for one in codes_of:
        recipient = getattr(one, "recipient", None)
        paid = figures.get(one.pk, NONE).paid
        rows.writerow([harmless(one.code), code_url(one), harmless(recipient.email) if recipient else "", paid])
    return response


# --- Discounts without a code -------------------------------------------------------------------------------------------


@require_safe
@staff(EDIT_EVENTS)
def discounts(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """An event's automatic discounts, and the codes that are for it alone."""
    found = event_or_404(event_id)
    own = list(PromoCode.objects.filter(event=found, batch=None)[:PER_PAGE])
    figures = figures_of_codes([one.pk for one in own])
    context = {
        "event": found,
        "discounts": discounts_of(found.pk),
        "codes": [(one, figures.get(one.pk, NONE)) for one in own],
        "now": timezone.now(),
    }
    return render(request, "organizer_portal/discounts.html", context)


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def discount(request: HttpRequest, desk: Desk, event_id: UUID, discount_id: UUID | None = None) -> HttpResponse:
    """A new automatic discount, or one that there is."""
    found = event_or_404(event_id)
    terms = _terms_of(found)
    one = AutomaticDiscount.objects.filter(event=found, pk=discount_id).first() if discount_id else None
    if discount_id is not None and one is None:
        raise NotFound
    if one is not None and request.method != "POST":
        form = DiscountForm.of(one, zone=terms["zone"], kinds=terms["kinds"])
    else:
        form = DiscountForm(posted(request), **terms)
    if request.method == "POST" and form.is_valid():
        try:
            if one is None:
                add_discount(event_id=found.pk, actor=desk.actor, **form.fields_of_discount)
            else:
                change_discount(event_id=found.pk, discount_id=one.pk, actor=desk.actor, **form.fields_of_discount)
        except DomainError as refusal:
            _place(form, refusal)
        else:
            messages.success(request, _("Saved. It holds for tickets that nobody has chosen yet."))
            return redirect("organizer_portal:discounts", found.pk)
    context = {"event": found, "discount": one, "form": form}
    return render(request, "organizer_portal/discount.html", context, status=422 if form.errors else 200)


@require_POST
@staff(EDIT_EVENTS)
def discount_removals(request: HttpRequest, desk: Desk, event_id: UUID, discount_id: UUID) -> HttpResponse:
    """Take a discount off no more."""
    remove_discount(event_id=event_id, discount_id=discount_id, actor=desk.actor)
    messages.success(request, _("Removed. New buyers pay without it."))
    return redirect("organizer_portal:discounts", event_id)
