"""An event's dates: see how full each is, make many by a rule, change many at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checkout import dates as verbs
from checkout.errors import DatesRefused
from events.dates import MOST_DATES
from events.models import Event, Performance
from events.seating_plan import plan_of
from events.series import Occurrence
from organizer_portal.access import EDIT_EVENTS, SEE_SALES, Desk, staff
from organizer_portal.dates import DateRow, filtered, months_of, rows_of
from organizer_portal.forms.dates import CancelDatesForm, DatePriceForm, DateQuantityForm, SeriesForm, ShiftForm
from organizer_portal.views.events import event_or_404, place_refusal
from ui.dates import weekday_names
from ui.errors import DomainError
from ui.forms import posted


@require_safe
@staff(SEE_SALES)
def event_dates(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """All dates by month, as a list or a calendar, those that the filters leave; chosen ones go on to a change."""
    return _dates_page(request, desk, event_or_404(event_id))


def _dates_page(request: HttpRequest, desk: Desk, found: Event, *, refusal: str = "") -> HttpResponse:
    now = timezone.now()
    shown, filters = filtered(rows_of(found, at=now), request.GET)
    context = {
        "event": found,
        **filters,
        "months": months_of(shown),
        "n_shown": len(shown),
        "as_calendar": request.GET.get("as") == "calendar",
        "weekday_names": weekday_names(),
        "may_edit": desk.membership.can_edit_events and found.state != Event.State.CANCELLED,
        "has_map": plan_of(found.pk) is not None,
        "changes": [(name, change.words) for name, change in CHANGES.items()],
        "refusal": refusal,
    }
    return render(request, "organizer_portal/dates.html", context, status=422 if refusal else 200)


# --- Make many ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proposed:
    """A date that a rule would make: whether it is ticked, and why it cannot be."""

    occurrence: Occurrence
    key: str  # its instant, as the form names it
    is_there: bool
    is_past: bool

    @property
    def is_new(self) -> bool:
        return not (self.is_there or self.is_past)


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def new_dates(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Dates by a rule: the form, then every date that it would make, then those that are ticked are made."""
    found = event_or_404(event_id)
    zone, dates = found.venue.timezone, list(found.performances.all())
    asked = request.POST if request.method == "POST" else request.GET
    form = SeriesForm(asked, zone=zone) if "first_on" in asked else SeriesForm.of(found, dates)
    proposed: list[Proposed] = []
    if form.is_bound and form.is_valid():
        try:
            proposed = _proposed(form, dates)
            if not proposed:
                form.add_error(None, _("No day fits that rule."))
            if request.method == "POST":
                return _make(request, desk, found, form, proposed)
        except DomainError as refusal:
            place_refusal(form, refusal)
    context = {
        "event": found,
        "form": form,
        "proposed": proposed,
        "n_new": sum(one.is_new for one in proposed),
        "fields": [(name, value) for name in form.fields for value in asked.getlist(name)],
        "zone": zone,
        "most": MOST_DATES,
    }
    return render(request, "organizer_portal/dates_new.html", context, status=422 if form.errors else 200)


def _proposed(form: SeriesForm, dates: Sequence[Performance]) -> list[Proposed]:
    there, now = {date.starts_at for date in dates}, timezone.now()
    return [
        Proposed(
            occurrence=one,
            key=one.times.starts_at.isoformat(),
            is_there=one.times.starts_at in there,
            is_past=one.times.starts_at <= now,
        )
        for one in form.found()
    ]


def _make(
    request: HttpRequest, desk: Desk, found: Event, form: SeriesForm, proposed: Sequence[Proposed]
) -> HttpResponse:
    ticked = set(request.POST.getlist("start"))
    times = [one.occurrence.times for one in proposed if one.is_new and one.key in ticked]
    made = verbs.add_dates(event_id=found.pk, times=times, rule=form.rule_text, actor=desk.actor)
    words = ngettext("%d date is made.", "%d dates are made.", len(made)) % len(made)
    messages.success(request, words)
    return redirect("organizer_portal:event_dates", found.pk)


# --- Change many ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """Something to do with chosen dates: its form, where it asks anything, and the verb.

    `answer` is the name of the verb's argument that says what happens to those who have tickets, with the words to tick;
    `needs_money` that it needs the right to refund where tickets are sold.
    """

    words: Any
    lead: Any
    button: Any
    verb: Callable[..., Any]
    form: type[Form] | None = None
    is_by_type: bool = False
    answer: str = ""
    answer_words: Any = ""
    needs_money: bool = False


CHANGES: dict[str, Change] = {
    "shift": Change(
        gettext_lazy("Move in time"),
        gettext_lazy("Start, end and doors move together, on the clock of the venue."),
        gettext_lazy("Move them"),
        verbs.shift_dates,
        ShiftForm,
        answer="tells_buyers",
        answer_words=gettext_lazy(
            "Everybody who has tickets gets an e-mail with the new time. Their tickets stay valid."
        ),
    ),
    "price": Change(
        gettext_lazy("Set a price"),
        gettext_lazy("For these dates alone. What is held or sold keeps its price."),
        gettext_lazy("Set the price"),
        verbs.price_dates,
        DatePriceForm,
        is_by_type=True,
    ),
    "quantity": Change(
        gettext_lazy("Set how many there are"),
        gettext_lazy("For these dates alone. What is held or sold stays."),
        gettext_lazy("Set the number"),
        verbs.size_dates,
        DateQuantityForm,
        is_by_type=True,
    ),
    "pause": Change(
        gettext_lazy("Stop the sale"),
        gettext_lazy("Nothing more is sold of these dates until you sell them again. Tickets stay valid."),
        gettext_lazy("Stop the sale"),
        verbs.pause_dates,
    ),
    "resume": Change(
        gettext_lazy("Sell again"),
        gettext_lazy("These dates go on sale again, as their tickets' sale times say."),
        gettext_lazy("Sell again"),
        verbs.resume_dates,
    ),
    "cancel": Change(
        gettext_lazy("Cancel"),
        gettext_lazy("These dates do not take place. This cannot be undone."),
        gettext_lazy("Cancel these dates"),
        verbs.cancel_dates,
        CancelDatesForm,
        answer="gives_back",
        answer_words=gettext_lazy("Every ticket of these dates stops working, and every buyer gets all money back."),
        needs_money=True,
    ),
}


@require_POST
@staff(EDIT_EVENTS)
def date_changes(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """What is to happen to the chosen dates: first what it means, with a form; then, `confirmed`, it is done to all or none."""
    found = event_or_404(event_id)
    change = CHANGES.get(request.POST.get("change", ""))
    chosen = _chosen(request, found)
    if change is None or not chosen:
        return _dates_page(request, desk, found, refusal=_("Choose at least one date, and what to do."))
    rows = [row for row in rows_of(found, at=timezone.now()) if row.performance.pk in chosen]
    n_sold = sum(verbs.sold_by_date(row.performance for row in rows).values())
    is_confirmed = "confirmed" in request.POST
    form = _form(change, found, request if is_confirmed else None, asks=bool(n_sold))
    answered = not (change.answer and n_sold) or request.POST.get("answer") == "1"
    refusal = ""
    if is_confirmed and (form is None or form.is_valid()):
        try:
            if not answered:
                refusal = _("Tickets are sold. Tick that you know what happens to those who have them.")
            else:
                return _do(request, desk, found, change, form, [row.performance.pk for row in rows])
        except DomainError as refused:
            if form is not None and refused.extra.get("field") in form.fields:
                place_refusal(form, refused)
            else:
                refusal = refused.detail
    context = {
        "event": found,
        "change": change,
        "name": request.POST["change"],
        "rows": rows,
        "form": form,
        "n_sold": n_sold,
        "asks": bool(change.answer and n_sold),
        "may": not (change.needs_money and n_sold) or desk.membership.can_refund,
        "refusal": refusal,
    }
    status = 422 if refusal or (form is not None and form.errors) else 200
    return render(request, "organizer_portal/dates_change.html", context, status=status)


def _do(
    request: HttpRequest, desk: Desk, found: Event, change: Change, form: Form | None, ids: list[UUID]
) -> HttpResponse:
    asked: dict[str, Any] = form.asked() if form is not None else {}  # type: ignore[attr-defined]
    if change.answer and request.POST.get("answer") == "1":
        if change.needs_money and not desk.membership.can_refund:
            raise DatesRefused(_("Refunds need the Owner or Finance role."))
        asked[change.answer] = True
    change.verb(event_id=found.pk, performance_ids=ids, actor=desk.actor, **asked)
    messages.success(request, ngettext("%d date is changed.", "%d dates are changed.", len(ids)) % len(ids))
    return redirect("organizer_portal:event_dates", found.pk)


def _form(change: Change, found: Event, request: HttpRequest | None, *, asks: bool) -> Form | None:
    if change.form is None or (change.needs_money and not asks):
        return None  # nobody to tell why
    data = posted(request) if request is not None else None
    if not change.is_by_type:
        return change.form(data)
    kinds = list(found.ticket_types.filter(is_active=True))
    return change.form(data, kinds=kinds, currency=found.currency)  # type: ignore[call-arg]


def _chosen(request: HttpRequest, found: Event) -> set[UUID]:
    """The ids of the ticked dates, or of all that the filters left. Others' are left out."""
    mine = {str(date.pk): date.pk for date in found.performances.all()}
    if request.POST.get("all") == "1":
        rows: Sequence[DateRow] = filtered(rows_of(found, at=timezone.now()), request.POST)[0]
        return {row.performance.pk for row in rows}
    return {mine[text] for text in request.POST.getlist("dates") if text in mine}
