"""Prices that follow the sale: what they are, their rules, what is proposed, how they came about, and a trial of the rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.chart import Lines, draw_lines
from events.models import Event, Performance, TicketType
from organizer_portal.access import EDIT_EVENTS, Desk, staff
from organizer_portal.forms.prices import INVENTED, PriceRulesForm, PriceTrialForm
from organizer_portal.views.events import event_or_404
from people.models import Membership
from pricing.dynamic import LADDERS, Rules, Rung, price_at, problem
from pricing.plans import rate_of, terms_of
from pricing.quote import price_one
from repricing.actions import approve_proposal, decline_proposal, set_price_rules
from repricing.models import PriceChange, PriceRules, Proposal
from repricing.past_sales import past_of, past_sources, sale_hours, size_of, source_named
from repricing.queries import moved_prices, open_proposals, own_prices, price_history, price_now, rules_in_force
from repricing.simulation import Run, Sale, at_most, compare, invented, replayed
from repricing.words import cause_words, signed_money, staff_words
from ui.errors import DomainError, NotFound
from ui.forms import posted
from ui.money import minor_unit_exponent

CHANGES_SHOWN = 30
POINTS_DRAWN = 120
ROWS_SHOWN = 12


@require_safe
@staff(EDIT_EVENTS)
def prices(request: HttpRequest, desk: Desk, event_id: UUID) -> HttpResponse:
    """Each paid ticket type with its price now and its rules; what waits for a yes; the last changes."""
    found = event_or_404(event_id)
    return render(request, "organizer_portal/prices.html", _overview(found))


def _overview(found: Event, refusal: str = "") -> dict[str, Any]:
    now = timezone.now()
    kinds = list(found.ticket_types.filter(is_active=True, price__gt=0, least_price=None))
    dates = [one for one in found.performances.all() if one.state == Performance.State.SCHEDULED and one.ends_at > now]
    moved = moved_prices(one.pk for one in dates)
    own = {date.pk: own_prices(date, kinds, at=now) for date in dates}
    rules = rules_in_force(kind.pk for kind in kinds)
    proposals = list(open_proposals(found.pk, at=now))
    changes = list(price_history(event_id=found.pk)[:CHANGES_SHOWN])
    team = Membership.objects.filter(user_id__in=_user_ids(changes))
    names = {f"user:{member.user_id}": member.name or member.email for member in team}
    return {
        "event": found,
        "refusal": refusal,
        "rows": [
            {
                "kind": kind,
                "rules": rules.get(kind.pk),
                "prices": [
                    (date, price_now(own[date.pk][kind.pk], moved.get(date.pk, {}).get(kind.pk)), own[date.pk][kind.pk])
                    for date in dates
                ],
            }
            for kind in kinds
        ],
        "has_dates": len(dates) > 1,
        "proposals": [_reasoned(one, found.currency) for one in proposals],
        "changes": [{**_reasoned(one, found.currency), "by": _by(one.approved_by, names)} for one in changes],
    }


def _user_ids(changes: Iterable[PriceChange]) -> set[str]:
    return {one.approved_by.removeprefix("user:") for one in changes if one.approved_by.startswith("user:")}


def _by(actor: str, names: Mapping[str, str]) -> str:
    return names.get(actor, _("a former colleague")) if actor.startswith("user:") else _("by the rules")


def _reasoned(one: Proposal | PriceChange, currency: str) -> dict[str, Any]:
    return {"it": one, "difference": one.price - one.price_before, "why": staff_words(one.why, currency)}


@require_POST
@staff(EDIT_EVENTS)
def approvals(request: HttpRequest, desk: Desk, event_id: UUID, proposal_id: UUID) -> HttpResponse:
    """Say yes to a proposed price."""
    found, proposal = _proposal(event_id, proposal_id)
    try:
        approve_proposal(proposal_id=proposal.pk, actor=desk.actor)
    except DomainError as refusal:
        return render(request, "organizer_portal/prices.html", _overview(found, refusal.detail), status=refusal.status)
    messages.success(request, _("The new price holds from now on. Who holds tickets already keeps theirs."))
    return redirect("organizer_portal:prices", found.pk)


@require_POST
@staff(EDIT_EVENTS)
def refusals(request: HttpRequest, desk: Desk, event_id: UUID, proposal_id: UUID) -> HttpResponse:
    """Say no to a proposed price."""
    found, proposal = _proposal(event_id, proposal_id)
    try:
        decline_proposal(proposal_id=proposal.pk, actor=desk.actor)
    except DomainError as refusal:
        return render(request, "organizer_portal/prices.html", _overview(found, refusal.detail), status=refusal.status)
    messages.success(request, _("The price stays as it is. The same one is not proposed again for a day."))
    return redirect("organizer_portal:prices", found.pk)


def _proposal(event_id: UUID, proposal_id: UUID) -> tuple[Event, Proposal]:
    found = event_or_404(event_id)
    proposal = Proposal.objects.filter(pk=proposal_id, performance__event=found).first()
    if proposal is None:
        raise NotFound
    return found, proposal


# --- Rules --------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@staff(EDIT_EVENTS)
def price_rules(request: HttpRequest, desk: Desk, event_id: UUID, ticket_type_id: UUID) -> HttpResponse:
    """How a ticket type's price follows its sale, with a picture of what the steps make of it."""
    found, kind = _kind(event_id, ticket_type_id)
    known: dict[str, Any] = {"kind": kind, "currency": found.currency}
    row = rules_in_force([kind.pk]).get(kind.pk)
    form = PriceRulesForm(posted(request), **known) if request.method == "POST" else PriceRulesForm.filled(row, **known)
    if request.method == "POST" and form.is_valid():
        mode = PriceRules.Mode(form.cleaned_data["mode"])
        try:
            set_price_rules(ticket_type_id=kind.pk, rules=form.cleaned_data["rules"], mode=mode, actor=desk.actor)
        except DomainError as refusal:
            form.place(refusal.extra.get("field", ""), refusal.detail)
        else:
            words = {
                PriceRules.Mode.OFF: _("Saved. The rules are off: try them in the simulator first."),
                PriceRules.Mode.PROPOSE: _("Saved. New prices are proposed here within a minute."),
                PriceRules.Mode.APPLY: _("Saved. From now on the price follows the sale by itself."),
            }
            messages.success(request, words[mode])
            return redirect("organizer_portal:prices", found.pk)
    rules = form.cleaned_data.get("rules") if form.is_bound else (Rules.from_dict(row.rules) if row else None)
    context = {"event": found, "kind": kind, "form": form, **_ladder(found, kind, rules)}
    context["more_open"] = any(one["is_used"] for one in form.tables[2:])
    return render(request, "organizer_portal/price_rules.html", context, status=422 if form.errors else 200)


@require_safe
@staff(EDIT_EVENTS)
def price_ladder(request: HttpRequest, desk: Desk, event_id: UUID, ticket_type_id: UUID) -> HttpResponse:
    """The picture of rules that are being typed."""
    found, kind = _kind(event_id, ticket_type_id)
    form = PriceRulesForm(request.GET, kind=kind, currency=found.currency)
    form.is_valid()
    rules = form.cleaned_data.get("rules")
    return render(
        request, "organizer_portal/_price_ladder.html", {"event": found, "kind": kind, **_ladder(found, kind, rules)}
    )


def _kind(event_id: UUID, ticket_type_id: UUID) -> tuple[Event, TicketType]:
    found = event_or_404(event_id)
    kind = (
        found.ticket_types.select_related("tax")
        .filter(pk=ticket_type_id, is_active=True, price__gt=0, least_price=None)
        .first()
    )
    if kind is None:
        raise NotFound
    return found, kind


def _ladder(found: Event, kind: TicketType, rules: Rules | None) -> dict[str, Any]:
    """`steps` of what is sold with the price they lead to and what a buyer pays, the `chart` of it, and what the `others` add;
    nothing while something cannot be read."""
    if rules is None or problem(rules, base=kind.price)[1]:
        return {"rules": None}
    terms, tax = terms_of(found), rate_of(kind.tax)
    rungs = [Rung(0, 0), *sorted((rung for rung in rules.fill if rung.at), key=lambda rung: rung.at)]
    steps = []
    for rung in rungs:
        price = price_at(kind.price, rules, rung)
        steps.append({"at": rung.at, "price": price, "pays": price_one(price, terms, tax).all_in_price})
    by_percent = [next(step["price"] for step in reversed(steps) if step["at"] <= sold) for sold in range(100)]
    others = [
        {"words": _said(name, rung.at), "change": signed_money(_change(kind, rules, rung), found.currency)}
        for name in LADDERS[1:]
        for rung in sorted(getattr(rules, name), key=lambda rung: rung.at)
    ]
    unit = 10 ** minor_unit_exponent(found.currency)
    chart = draw_lines([(_("Price"), by_percent)], unit=unit, from_nothing=False, is_stepped=True)
    return {"rules": rules, "steps": steps, "others": others, "chart": chart}


def _said(name: str, at: int) -> str:
    words = {
        "faster": _("sold at %(at)d %% of the even pace or faster"),
        "slower": _("sold at %(at)d %% of the even pace or slower"),
        "ahead": _("%(at)d points fuller than the house"),
        "behind": _("%(at)d points emptier than the house"),
    }
    return words[name] % {"at": at} if name in words else cause_words(name, at)


def _change(kind: TicketType, rules: Rules, rung: Rung) -> int:
    return (kind.price * rung.value + 5000) // 10_000 if rules.is_percent else rung.value


# --- Trial --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A trial as the page shows it: both runs, their charts, and rows of them for a table."""

    fixed: Run
    moving: Run
    begins: datetime
    prices: Lines
    money: Lines
    rows: Sequence[tuple[datetime, int, int, int, int, int]]

    @property
    def difference(self) -> int:
        """Of the money taken, minor units."""
        return self.moving.revenue - self.fixed.revenue

    @property
    def difference_points(self) -> int:
        """The same in basis points of what the fixed price takes."""
        return self.difference * 10_000 // self.fixed.revenue if self.fixed.revenue else 0


@require_safe
@staff(EDIT_EVENTS)
def price_simulator(request: HttpRequest, desk: Desk, event_id: UUID, ticket_type_id: UUID) -> HttpResponse:
    """What the saved rules would make of past or made-up sales; with htmx only the results come back."""
    found, kind = _kind(event_id, ticket_type_id)
    row = rules_in_force([kind.pk]).get(kind.pk)
    now = timezone.now()
    date = next(iter(sorted(found.performances.all(), key=lambda one: (one.ends_at <= now, one.starts_at))), None)
    context: dict[str, Any] = {"event": found, "kind": kind, "rules_row": row}
    if row is None or date is None:
        return render(request, "organizer_portal/price_simulator.html", context)
    date.event = found
    sources, size = past_sources(currency=found.currency), size_of(date.pk, kind)
    if "source" in request.GET:
        form = PriceTrialForm(request.GET, sources=sources)
    else:
        form = PriceTrialForm.filled(sources=sources, people=max(1, size))
    rules, hours = Rules.from_dict(row.rules), sale_hours(date, kind, at=now)
    asked = form.cleaned_data if form.is_valid() else {**form.initial} if not form.is_bound else None
    if asked is not None and size:
        source = source_named(sources, asked["source"])
        common: dict[str, Any] = {
            "base": kind.price,
            "size": size,
            "hours": hours,
            "elasticity": int(asked["elasticity"]),
            "lowest": rules.floor,
            "seed": int(asked["seed"]),
        }
        if source is None or asked["source"] == INVENTED:
            sale = invented(people=int(asked["people"]), curve=asked["curve"], **common)
        else:
            sale = replayed(past_of(source), **common)
        unit = 10 ** minor_unit_exponent(found.currency)
        context["trial"] = _shown(sale, rules, begins=date.starts_at - timedelta(hours=hours), unit=unit)
    context |= {"form": form, "size": size, "date": date, "rules": rules}
    template = "_price_trial.html" if "HX-Request" in request.headers else "price_simulator.html"
    return render(request, f"organizer_portal/{template}", context, status=422 if form.errors else 200)


def _shown(sale: Sale, rules: Rules, *, begins: datetime, unit: int) -> Shown:
    fixed, moving = compare(sale, rules)
    words = (_("With these rules"), _("At the fixed price"))
    drawn = [at_most(run.points, POINTS_DRAWN) for run in (moving, fixed)]
    rows = [
        (begins + timedelta(hours=one.hour), one.price, one.sold, one.revenue, other.sold, other.revenue)
        for one, other in zip(at_most(moving.points, ROWS_SHOWN), at_most(fixed.points, ROWS_SHOWN), strict=True)
    ]
    return Shown(
        fixed,
        moving,
        begins,
        draw_lines(_series(words, drawn, "price"), unit=unit, from_nothing=False, is_stepped=True),
        draw_lines([(name, [0, *taken]) for name, taken in _series(words, drawn, "revenue")], unit=unit),
        rows,
    )


def _series(words: Iterable[str], drawn: Iterable[Sequence[Any]], what: str) -> list[tuple[str, list[int]]]:
    return [(name, [getattr(point, what) for point in points]) for name, points in zip(words, drawn, strict=True)]
