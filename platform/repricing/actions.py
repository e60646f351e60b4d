"""Prices move here and nowhere else: by the rules themselves, or by somebody's yes to what they propose."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import SYSTEM, Actor, record
from events.actions import list_again
from events.models import Performance, TicketType
from events.queries import event_for_update, performance_for_update
from inventory.queries import database_now
from pricing.dynamic import STILL, Moved, Reason, Rules, SaleState, Wanted, problem, wanted
from repricing.errors import ProposalClosed, RulesInvalid
from repricing.models import DynamicPrice, PriceChange, PriceRules, Proposal
from repricing.queries import (
    lately,
    moved_prices,
    own_prices,
    performances_to_reprice,
    price_now,
    rules_in_force,
    sale_states,
)
from repricing.words import PROBLEMS
from ui.errors import NotFound
from ui.money import smallest_step

PROPOSAL_TIME = timedelta(hours=24)  # after that the sale stands differently, and it is proposed again
DECLINED_TIME = timedelta(hours=24)  # so long the same price is not proposed again


# --- Rules --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_price_rules(*, ticket_type_id: UUID, rules: Rules, mode: PriceRules.Mode, actor: Actor) -> PriceRules | None:
    """A new version of a ticket type's rules; unchanged, nothing is written.

    Open proposals of the old ones go. Switched off, the price goes back to the type's own at once; other rules keep what was added,
    within their floor and cap. Raises NotFound, RulesInvalid (`field` says which part).
    """
    kind = TicketType.objects.select_related("event").filter(pk=ticket_type_id).first()
    if kind is None:
        raise NotFound
    event = event_for_update(kind.event_id)
    kind = TicketType.objects.select_for_update().get(pk=ticket_type_id)
    kind.event = event
    _check(kind, rules, mode)
    before = rules_in_force([kind.pk]).get(kind.pk)
    if before is not None and (before.mode, before.rules) == (mode, _plain(rules)):
        return None
    made = PriceRules.objects.create(
        ticket_type=kind,
        version=before.version + 1 if before else 1,
        mode=mode,
        rules=rules.as_dict(),
        created_by=str(actor),
    )
    record(
        verb="set_price_rules",
        target=kind,
        actor=actor,
        detail={"version": made.version, "mode": mode, "rules": made.rules},
    )
    now = timezone.now()
    _close(Proposal.objects.filter(ticket_type=kind, status=Proposal.Status.OPEN), Proposal.Status.SUPERSEDED, at=now)
    moved = list(DynamicPrice.objects.filter(ticket_type=kind).order_by("performance_id"))
    for performance in _locked(row.performance_id for row in moved):
        base = own_prices(performance, [kind], at=now)[kind.pk]
        row = DynamicPrice.objects.get(performance=performance, ticket_type=kind)
        kept = Moved(row.amount, rules.floor, rules.cap).on(base) if made.is_live else 0
        change = _Change(kind, performance, made, base, kept, (Reason("rules_off", 0, 0),) if not made.is_live else ())
        _apply(change, approved_by=actor, at=now)
    return made


def _plain(rules: Rules) -> dict[str, Any]:
    """As JSON gives it back: lists for tuples."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in rules.as_dict().items()}


def _check(kind: TicketType, rules: Rules, mode: PriceRules.Mode) -> None:
    if kind.price == 0:
        raise RulesInvalid(
            _("“%(name)s” is free. Only tickets that cost something follow the sale.") % {"name": kind.name}
        )
    if kind.least_price is not None:
        raise RulesInvalid(_("Buyers choose what to give for “%(name)s”.") % {"name": kind.name})
    field, why = problem(rules, base=kind.price, smallest=smallest_step(kind.event.currency))
    if why:
        raise RulesInvalid(str(PROBLEMS[why]), field=field)
    if rules.is_still and mode != PriceRules.Mode.OFF:
        raise RulesInvalid(_("Add at least one step first: without any the price never moves."), field="mode")


# --- Reprice ------------------------------------------------------------------------------------------------------------


def reprice(*, at: datetime | None = None) -> int:
    """Bring every price of this organizer to what its rules want as the sale stands, or propose it; how many changed or were proposed.

    Each date is a transaction of its own. `at` is the database's clock where nothing else is said. Run by the clock.
    """
    now = at or database_now()
    return sum(reprice_performance(performance_id=one, at=now) for one in performances_to_reprice(at=now))


@transaction.atomic
def reprice_performance(*, performance_id: UUID, at: datetime) -> int:
    """The same for one date, whose row is locked meanwhile: who buys does not wait for it. Raises NotFound."""
    performance = performance_for_update(performance_id)
    if not _is_on_sale(performance, at):  # since it was looked for
        return 0
    kinds = {
        kind.pk: kind for kind in performance.event.ticket_types.filter(is_active=True, price__gt=0, least_price=None)
    }
    live = {pk: row for pk, row in rules_in_force(kinds).items() if row.is_live}
    parsed = {pk: Rules.from_dict(row.rules) for pk, row in live.items()}
    hours = {pk: rules.pace_hours for pk, rules in parsed.items()}
    states = sale_states(performance, hours, kinds=[kinds[pk] for pk in live], at=at)
    moved = moved_prices([performance.pk]).get(performance.pk, {})
    own = own_prices(performance, [kinds[pk] for pk in live], at=at)
    done = 0
    for pk, row in live.items():
        kind, base, amount = kinds[pk], own[pk], moved.get(pk, STILL).amount
        if base == 0:  # a sale phase may be free
            continue
        found = wanted(base, parsed[pk], states[pk], lately(performance.pk, pk, amount=amount, at=at))
        change = _Change(kind, performance, row, base, found.amount, found.reasons, states[pk])
        if row.mode == PriceRules.Mode.APPLY:
            done += _apply(change, approved_by=SYSTEM, at=at)
        else:
            done += _propose(change, found, price_now(base, moved.get(pk)), at=at)
    return done


def _is_on_sale(performance: Performance, at: datetime) -> bool:
    is_to_come = performance.state == Performance.State.SCHEDULED and performance.starts_at > at
    return is_to_come and not performance.is_stopped and performance.event.is_published


@dataclass(frozen=True)
class _Change:
    """What is to be added to a ticket type's own price, or its sale phase's, of `base` minor units at a date, by which rules, why, and how the sale stands (None: no matter)."""

    kind: TicketType
    performance: Performance
    rules: PriceRules
    base: int
    amount: int
    why: tuple[Reason, ...]
    state: SaleState | None = None

    @property
    def reasons(self) -> list[dict[str, Any]]:
        return [{"cause": one.cause, "at": one.at, "amount": one.amount} for one in self.why]


def _apply(change: _Change, *, approved_by: Actor, at: datetime) -> int:
    """Write a price with its history, its audit line and the date's new offer version; 1, or 0 where it is the price already.

    Runs in the caller's transaction, with the performance locked.
    """
    kind, performance = change.kind, change.performance
    floor, cap = change.rules.rules["floor"], change.rules.rules["cap"]
    row = DynamicPrice.objects.filter(performance=performance, ticket_type=kind).first()
    before = row or DynamicPrice(performance=performance, ticket_type=kind, floor=floor, cap=cap, since=at)
    amount_before = before.amount
    price_before = price_now(change.base, before.moved)
    if amount_before == change.amount:
        if row is not None and (row.floor, row.cap) != (floor, cap):
            row.floor, row.cap = floor, cap
            row.save(update_fields=["floor", "cap"])
        return 0
    before.amount, before.floor, before.cap, before.since = change.amount, floor, cap, at
    before.save()
    made = PriceChange.objects.create(
        performance=performance,
        ticket_type=kind,
        rules=change.rules,
        at=at,
        base=change.base,
        amount_before=amount_before,
        amount=change.amount,
        price_before=price_before,
        price=change.base + change.amount,
        why=change.reasons,
        state=change.state.as_dict() if change.state else None,
        approved_by=str(approved_by),
        offer_version=Performance.objects.values_list("offer_version", flat=True).get(pk=performance.pk),
    )
    detail = {"performance": str(performance.pk), "was": price_before, "is": made.price, "why": made.why}
    record(verb="change_price", target=kind, actor=approved_by, detail=detail)
    list_again(performance.event)
    return 1


def _propose(change: _Change, found: Wanted, price_before: int, *, at: datetime) -> int:
    """Have one open proposal for what is wanted, or none where it is the price already."""
    of_this = Proposal.objects.filter(performance=change.performance, ticket_type=change.kind)
    _close(of_this.filter(status=Proposal.Status.OPEN, expires_at__lte=at), Proposal.Status.EXPIRED, at=at)
    waiting = of_this.filter(status=Proposal.Status.OPEN).first()
    if waiting is not None and (waiting.amount, waiting.price) == (found.amount, found.price):
        return 0
    if waiting is not None:
        _close(of_this.filter(pk=waiting.pk), Proposal.Status.SUPERSEDED, at=at)
    if found.price == price_before or _was_declined(of_this, found, at=at):
        return 0
    made = Proposal.objects.create(
        performance=change.performance,
        ticket_type=change.kind,
        rules=change.rules,
        amount=found.amount,
        price=found.price,
        price_before=price_before,
        why=change.reasons,
        state=change.state.as_dict() if change.state else {},
        created_at=at,
        expires_at=min(at + PROPOSAL_TIME, change.performance.starts_at),
    )
    record(verb="propose_price", target=made, actor=SYSTEM, detail={"was": made.price_before, "is": made.price})
    return 1


def _was_declined(of_this: Any, found: Wanted, *, at: datetime) -> bool:
    last = of_this.exclude(status=Proposal.Status.OPEN).order_by("-created_at", "-pk").first()
    return (
        last is not None
        and last.status == Proposal.Status.DECLINED
        and (last.amount, last.price) == (found.amount, found.price)
        and last.decided_at > at - DECLINED_TIME
    )


def _close(proposals: Any, status: Proposal.Status, *, at: datetime, by: str = "") -> None:
    proposals.update(status=status, decided_at=at, decided_by=by)


def _locked(performance_ids: Iterable[UUID]) -> list[Performance]:
    """In primary-key order, as every verb locks several."""
    return [performance_for_update(pk) for pk in sorted(set(performance_ids))]


# --- Proposals ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def approve_proposal(*, proposal_id: UUID, actor: Actor) -> PriceChange:
    """The proposed price holds from the next claim on. Raises NotFound, and ProposalClosed where it is no longer proposed."""
    found = _open_for_update(proposal_id)
    now = database_now()
    base = own_prices(found.performance, [found.ticket_type], at=now)[found.ticket_type_id]
    if base + found.amount != found.price:
        raise ProposalClosed(_("The ticket’s own price was changed meanwhile. A new proposal follows within a minute."))
    why = tuple(Reason(one["cause"], one["at"], one["amount"]) for one in found.why)
    state = SaleState(**found.state)
    change = _Change(found.ticket_type, found.performance, found.rules, base, found.amount, why, state)
    _close(Proposal.objects.filter(pk=found.pk), Proposal.Status.APPROVED, at=now, by=str(actor))
    record(verb="approve_price", target=found, actor=actor, detail={"is": found.price})
    if not _apply(change, approved_by=actor, at=now):
        raise ProposalClosed(_("This is the price already."))
    return PriceChange.objects.filter(performance=found.performance, ticket_type=found.ticket_type).latest("pk")


@transaction.atomic
def decline_proposal(*, proposal_id: UUID, actor: Actor) -> Proposal:
    """The price stays, and the same one is not proposed again for a day. Raises NotFound, ProposalClosed."""
    found = _open_for_update(proposal_id)
    _close(Proposal.objects.filter(pk=found.pk), Proposal.Status.DECLINED, at=database_now(), by=str(actor))
    record(verb="decline_price", target=found, actor=actor, detail={"was": found.price_before, "is": found.price})
    found.refresh_from_db()
    return found


def _open_for_update(proposal_id: UUID) -> Proposal:
    """Locked after its date, as `reprice` locks them. An expired one is closed for good by the next `reprice`."""
    known = Proposal.objects.filter(pk=proposal_id).values_list("performance_id", flat=True).first()
    if known is None:
        raise NotFound
    performance = performance_for_update(known)
    found = Proposal.objects.select_related("ticket_type", "rules").get(pk=proposal_id)
    found.performance = performance
    if found.status != Proposal.Status.OPEN or found.expires_at <= database_now():
        raise ProposalClosed(_("It was decided, replaced by a newer one, or has expired. The price was not changed."))
    return found
