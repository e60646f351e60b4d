"""Pay an organizer's own money out, by the clock: what is due, what is held back, one payout for each currency.

Each call stands between transactions. The row of a payout is written before the provider hears of it and its id is the key
there, so that whoever is killed in between pays nothing twice and forgets nothing (docs/payouts.md).
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit.actions import SYSTEM, Actor, record
from config import failpoints
from events.models import Performance
from ledger.actions import Amounts, Kind, post
from ledger.models import Owed, Party
from outbox.actions import enqueue
from payments import gateway
from payments.errors import ProviderRefused
from payments.queries import connected_account
from payouts.errors import ScheduleInvalid
from payouts.models import Maturity, Payout, PayoutSchedule
from payouts.schedule import (
    due_at,
    earned_by_date,
    next_try_at,
    payables,
    payout_schedule,
    reserve_of,
    waits_because,
)
from tenants.current import lock_until_commit

logger = logging.getLogger(__name__)

State = Payout.State
OWN_RESERVE = Owed(Kind.RESERVE, Party.ORGANIZER)
LATE = timedelta(hours=1)  # after it was asked for: the outbox may have given it up
CLOCKS_DIFFER = timedelta(hours=1)  # at most, the provider's and ours
STATES = {"paid": State.PAID, "failed": State.FAILED, "canceled": State.FAILED}


def run_payouts(*, at: datetime | None = None) -> int:
    """Send what waits to be sent, mature what is due at `at`, release reserves, and ask for what may be paid out; how many
    payouts were asked for.

    Raises ProviderUnavailable; the next run goes on.
    """
    at = at or timezone.now()
    account = connected_account()
    if account is None or account.disconnected_at is not None:
        return 0
    if payout_schedule().manual_account_id != account.account_id:
        gateway.set_manual_payouts(account.account_id)
        failpoints.hit("after_payouts_manual")
        _note_manual(account.account_id)
    send_late(Payout.objects.filter(state=State.ASKED), lambda pk: send_payout(payout_id=pk))
    mature_dates(at=at)
    failpoints.hit("after_mature_commit")
    release_reserves(at=at)
    failpoints.hit("after_release_commit")
    if not account.payouts_enabled:
        return 0
    available = gateway.fetch_available(account.account_id)
    return plan_payouts(account_id=account.account_id, available=available, at=at)


def send_late(waiting: QuerySet[Any], send: Callable[[UUID], None]) -> None:
    """Send what was asked for a while ago and still waits: whatever became of its outbox message, nothing else would go on.

    What one meets keeps the others from nothing; it is sent again by the next run.
    """
    late = waiting.filter(created_at__lte=timezone.now() - LATE).order_by("created_at", "pk")
    for pk in late.values_list("pk", flat=True):
        try:
            send(pk)
        except Exception:
            logger.exception("sending %s %s late failed", waiting.model.__name__, pk)


@transaction.atomic
def _note_manual(account_id: str) -> None:
    schedule, _is_new = PayoutSchedule.objects.get_or_create(pk=1)
    schedule.manual_account_id = account_id
    schedule.save(update_fields=["manual_account_id"])


@transaction.atomic
def mature_dates(*, at: datetime) -> int:
    """What dates earned that ended long enough ago is due from now on, less the reserve; how many dates."""
    lock_until_commit("payouts")  # one at a time works out what may be paid
    schedule, earned = payout_schedule(), earned_by_date()
    ended = Performance.objects.filter(pk__in=earned, ends_at__lte=at - timedelta(days=schedule.days_after))
    ended = ended.exclude(state=Performance.State.POSTPONED)  # what it earned waits for its new date
    for performance in ended.order_by("ends_at", "pk"):
        currency, net = earned[performance.pk].currency, earned[performance.pk].amount
        reserve = reserve_of(net, currency, schedule)
        due = due_at(performance, schedule)
        Maturity.objects.create(
            performance=performance,
            currency=currency,
            net=net,
            reserve=reserve,
            due_at=due,
            release_at=due + timedelta(days=schedule.reserve_days),
            released_at=None if reserve else at,
        )
        if reserve:
            held: Amounts = {Kind.HELD_BACK: reserve, OWN_RESERVE: -reserve}
            post(key=f"reserve:{performance.pk}", currency=currency, amounts=held)
        record(verb="mature_date", target=performance, actor=SYSTEM, detail={"net": net, "reserve": reserve})
        failpoints.hit("before_mature_commit")
    return len(ended)


@transaction.atomic
def release_reserves(*, at: datetime) -> int:
    """Let go of the reserves whose time is over; how many."""
    due = Maturity.objects.select_for_update().filter(released_at=None, release_at__lte=at).order_by("pk")
    for held in due:
        back: Amounts = {Kind.HELD_BACK: -held.reserve, OWN_RESERVE: held.reserve}
        post(key=f"reserve-released:{held.performance_id}", currency=held.currency, amounts=back)
        held.released_at = at
        held.save(update_fields=["released_at"])
        record(verb="release_reserve", target=held, actor=SYSTEM, detail={"reserve": held.reserve})
        failpoints.hit("before_release_commit")
    return len(due)


@transaction.atomic
def plan_payouts(*, account_id: str, available: dict[str, int], at: datetime) -> int:
    """Ask for a payout in each currency of what the books allow and the provider has `available`; how many.

    Nothing while payouts wait, one is being sent, or the last came back a moment ago.
    """
    lock_until_commit("payouts")  # one at a time works out what may be paid
    if waits_because(payout_schedule()):
        return 0
    asked = 0
    for currency, payable in payables().items():
        again = next_try_at(currency)
        step = min(payable.amount, available.get(currency, 0))
        if step <= 0 or payable.asked or (again is not None and again > at):
            continue
        payout = Payout.objects.create(account_id=account_id, currency=currency, amount=step, working=payable.as_dict())
        record(verb="ask_payout", target=payout, actor=SYSTEM, detail={"amount": step, "currency": currency})
        enqueue(kind="send_payout", key=str(payout.pk), payload={"payout_id": str(payout.pk)})
        asked += 1
        failpoints.hit("before_payout_asked_commit")
        failpoints.hit_after_commit("after_payout_asked")
    return asked


def send_payout(*, payout_id: UUID) -> None:
    """Ask the provider to pay a payout, or how it stands; one whose key may be forgotten is looked for first.

    Raises ProviderUnavailable while it does not answer.
    """
    payout = Payout.objects.get(pk=payout_id)
    if payout.state == State.FAILED and not payout.provider_id:
        return
    try:
        if payout.provider_id:
            facts = gateway.fetch_payout(account_id=payout.account_id, payout_id=payout.provider_id)
        else:
            failpoints.hit("before_payout_sent")
            facts = _find(payout) or gateway.create_payout(
                account_id=payout.account_id,
                amount=payout.amount,
                currency=payout.currency,
                about=_about(payout),
                key=f"payout-{payout.pk}",
            )
    except ProviderRefused as refused:
        if payout.provider_id:
            raise
        _fail(payout_id=payout.pk, failure=str(refused.extra.get("provider_code") or refused.detail))
        return
    failpoints.hit("after_payout_sent")
    record_payout(payout_id=payout.pk, facts=facts)


def _find(payout: Payout) -> gateway.PayoutFacts | None:
    """A payout that was asked for long ago, if the provider made it."""
    if not gateway.may_be_forgotten(payout.created_at):
        return None
    there = gateway.list_payouts(account_id=payout.account_id, since=payout.created_at - CLOCKS_DIFFER)
    return next((one for one in there if one.about == _about(payout)), None)


def _about(payout: Payout) -> str:
    return f"payout:{payout.pk}"


@transaction.atomic
def _fail(*, payout_id: UUID, failure: str) -> None:
    """The provider would not even take it: nothing moved, so nothing is booked."""
    payout = Payout.objects.select_for_update().get(pk=payout_id)
    if payout.state != State.ASKED:
        return
    payout.state, payout.failure, payout.settled_at = State.FAILED, failure[:120], timezone.now()
    payout.save(update_fields=["state", "failure", "settled_at"])
    _tell_failure(payout)


@transaction.atomic
def record_payout(*, payout_id: UUID, facts: gateway.PayoutFacts) -> None:
    """Keep what the provider says and book what moved, line by line under the lines' own ids. Repeatable.

    A payout that was paid may come back days later; one that came back stays so.
    """
    payout = Payout.objects.select_for_update().get(pk=payout_id)
    for line in facts.lines:
        amounts: Amounts = {
            Kind.PROVIDER: line.net,
            Kind.PAYMENT_COSTS: line.provider_fee,
            Kind.BANK: -line.amount,
        }
        post(key=f"line:{line.id}", currency=line.currency, amounts=amounts)
    was = payout.state
    payout.provider_id, payout.arrives_at = facts.id, facts.arrives_at
    if was != State.FAILED:
        payout.state = STATES.get(facts.state, State.SENT if was != State.PAID else State.PAID)
        payout.failure = facts.failure[:120]
        if payout.state in (State.PAID, State.FAILED) and payout.state != was:
            payout.settled_at = timezone.now()
    payout.save(update_fields=["provider_id", "arrives_at", "state", "failure", "settled_at"])
    failpoints.hit("before_payout_noted")
    if payout.state != was:
        record(verb="payout_moved", target=payout, actor=SYSTEM, detail={"state": payout.state})
        if payout.state == State.FAILED:
            _tell_failure(payout)


def _tell_failure(payout: Payout) -> None:
    enqueue(kind="mail_payout_failed", key=str(payout.pk), payload={"payout_id": str(payout.pk)})
    if payout.provider_id:  # what the provider would not even take moved nothing
        came_back = {"provider_id": payout.provider_id, "currency": payout.currency, "amount": payout.amount}
        enqueue(kind="note_payout_failure", key=str(payout.pk), payload=came_back)


def take_up_payout(*, provider_id: str) -> None:
    """A message about a payout came: ask how it stands. One that somebody made at the provider itself is left to the check."""
    payout = Payout.objects.filter(provider_id=provider_id).first()
    if payout is not None:
        send_payout(payout_id=payout.pk)


@transaction.atomic
def set_payout_schedule(
    *, days_after: int, reserve_percent: int, reserve_days: int, most_disputes: int, held_because: str, actor: Actor
) -> PayoutSchedule:
    """Agree on when and how much an organizer is paid; `held_because` holds everything. Raises ScheduleInvalid."""
    within = (
        0 <= days_after <= 60
        and 0 <= reserve_percent <= 50
        and 0 <= reserve_days <= 180
        and 0 <= most_disputes <= 1000
        and len(held_because) <= 200
    )
    if not within:
        raise ScheduleInvalid
    lock_until_commit("payouts")  # one at a time works out what may be paid
    chosen = {
        "days_after": days_after,
        "reserve_percent": reserve_percent,
        "reserve_days": reserve_days,
        "most_disputes": most_disputes,
        "held_because": held_because.strip(),
    }
    schedule, _is_new = PayoutSchedule.objects.update_or_create(pk=1, defaults=chosen)
    record(verb="set_payout_schedule", target=schedule, actor=actor, detail=chosen)
    return schedule
