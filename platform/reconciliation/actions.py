"""Compare with the provider, fix what is safe to fix, and keep an incident for each break.

A check is a row that says how far it is. Each call to the provider stands between two short transactions, every step may run
again, and an incident's key names its break: running twice opens no second one.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from audit.actions import SYSTEM, Actor, record
from checkout.actions import send_refund, settle_payment, take_up_refund
from checkout.disputes import take_up_dispute
from config import failpoints
from inbox.actions import receive_event
from ledger.actions import Amounts, post
from ledger.actions import Kind as Account
from ledger.collecting import settle_own
from ledger.queries import ITS_ACCOUNT, THE_PLATFORMS, posted_at_provider
from orders.models import Order
from outbox.actions import enqueue
from payments import gateway
from payments.errors import NotConnected
from payments.models import Dispute, FraudWarning, Payment, Refund
from payments.queries import connected_account, payment_by_intent
from reconciliation.errors import CheckUnderWay, IncidentSettled, NoteMissing
from reconciliation.models import Check, Incident, ProviderLine
from reconciliation.queries import (
    incident_for_update,
    last_done_check,
    lines_to_compare,
    postings_without_line,
    sums_of_lines,
    unknown_events,
)

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # renewed with each page and line; a killed worker's check is taken up after it
OVERLAP = timedelta(days=1)  # that a check looks back beyond the beginning of the last
NEWS_TAKES = timedelta(
    minutes=5
)  # what is younger may be a sale under way or a message on its way, and waits for the next
EVENTS_ARE_KEPT = timedelta(days=30)  # by the provider

Kind = Incident.Kind


# --- The check ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def request_check(*, actor: Actor) -> Check:
    """Ask for a comparison with the provider; the one under way where there is one. Raises NotConnected."""
    account = connected_account()
    if account is None:
        raise NotConnected
    last = last_done_check(account.account_id)
    check, is_new = Check.objects.get_or_create(
        account_id=account.account_id,
        finished_at=None,
        defaults={
            "since": last.started_at - OVERLAP if last else None,
            "started_at": timezone.now(),
            "asked_by": str(actor),
        },
    )
    if is_new:
        record(verb="request_check", target=check, actor=actor)
        enqueue(kind="check_money", key=str(check.pk), payload={"check_id": str(check.pk)})
    return check


def work_on_check(*, check_id: UUID, event_types: Collection[str], at: datetime | None = None) -> None:
    """Take the check from where it is to its end. `event_types` are the provider's events that we act on.

    Raises CheckUnderWay while another worker is at it, ProviderUnavailable; the check then goes on where it stopped.
    """
    check = _take(check_id)
    if check is None:
        return
    at = at or timezone.now()
    try:
        if check.step == Check.Step.FETCH:
            _fetch_lines(check)
        if check.step == Check.Step.MATCH:
            _compare_lines(check, at)
        if check.step == Check.Step.EVENTS:
            _fetch_missed_events(check, event_types, at)
        if check.step == Check.Step.OURS:
            _look_for_missing_lines(check, at)
        if check.step == Check.Step.BALANCE:
            _compare_balance(check)
    except Exception as error:
        _save(check, leased_until=None, error=f"{getattr(error, 'title', type(error).__name__)}"[:200])
        raise


@transaction.atomic
def _take(check_id: UUID) -> Check | None:
    check = Check.objects.select_for_update().get(pk=check_id)
    if check.is_done:
        return None
    now = timezone.now()
    if check.leased_until is not None and check.leased_until > now:
        raise CheckUnderWay
    _save(check, leased_until=now + LEASE, error="")
    return check


def _save(check: Check, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(check, name, value)
    check.save(update_fields=list(changes))


def _lease() -> datetime:
    return timezone.now() + LEASE


# --- 1. The provider's lines --------------------------------------------------------------------------------------------------


def _fetch_lines(check: Check) -> None:
    """Page by page, newest first; the page and where it ended are kept together."""
    more = True
    while more:
        lines, more = gateway.list_balance_lines(account_id=check.account_id, since=check.since, after=check.cursor)
        with transaction.atomic():
            ProviderLine.objects.bulk_create((_kept(check.account_id, line) for line in lines), ignore_conflicts=True)
            cursor = lines[-1].id if lines else check.cursor
            _save(check, cursor=cursor, lines=check.lines + len(lines), leased_until=_lease())
        failpoints.hit("after_lines_page")
    _save(check, step=Check.Step.MATCH)


def hand_over(lines: Iterable[gateway.BalanceLine]) -> None:
    """Keep lines of the platform's account that are of this organizer's orders; its next check compares them. Repeatable.

    What the provider charges for a payment there is the platform's to bear, so here it is no part of the line.
    """
    kept = []
    for line in lines:
        bears = line.provider_fee if line.type in SALES else 0
        kept.append(
            _kept(gateway.PLATFORM, replace(line, provider_fee=line.provider_fee - bears, net=line.net + bears))
        )
    ProviderLine.objects.bulk_create(kept, ignore_conflicts=True)


def _kept(account_id: str, line: gateway.BalanceLine) -> ProviderLine:
    return ProviderLine(
        id=line.id,
        account_id=account_id,
        type=line.type,
        amount=line.amount,
        provider_fee=line.provider_fee,
        platform_fee=line.platform_fee,
        net=line.net,
        currency=line.currency,
        source=line.source,
        intent_id=line.intent_id,
        created_at=line.created_at,
        available_at=line.available_at,
    )


# --- 2. Each line against our books -------------------------------------------------------------------------------------------

# What of our own a line is the other side of: the beginning of its posting's key.
SALES, REFUNDS, FAILURES = ("charge", "payment"), ("refund", "payment_refund"), ("refund_failure",)
# Lines that nobody but the provider records, and the account they belong to.
PROVIDERS_OWN = {
    "payout": Account.BANK,
    "payout_cancel": Account.BANK,
    "payout_failure": Account.BANK,
    "application_fee_refund": Account.PLATFORM_FEES,
    "stripe_fee": Account.PAYMENT_COSTS,
    "tax_fee": Account.PAYMENT_COSTS,
}


def _compare_lines(check: Check, at: datetime) -> None:
    waiting = lines_to_compare(check.account_id) + lines_to_compare(gateway.PLATFORM)
    _save(check, total=check.done + len(waiting))
    for line_id in waiting:
        line = ProviderLine.objects.get(pk=line_id)
        try:
            _compare_line(line, at)
        except Exception:  # whatever one line meets, the rest must be looked at; it is new again next time
            logger.exception("comparing line %s failed", line_id)
        _save(check, done=check.done + 1, leased_until=_lease())
        failpoints.hit("after_line")
    _save(check, step=Check.Step.EVENTS)


def _compare_line(line: ProviderLine, at: datetime) -> None:
    """Find what records this line, hear about it first where nothing does, and book what only the line tells."""
    if line.type not in SALES + REFUNDS + FAILURES:
        if _is_of_dispute(line):
            take_up_dispute(account_id=line.account_id, provider_id=line.source)
        _book_providers_own(line)
        return
    payment = payment_by_intent(line.intent_id) if line.intent_id else None
    posted = _posted(line, payment)
    if posted is None and line.created_at > at - NEWS_TAKES:
        return
    if posted is None and payment is not None:
        _try(
            _open(_news(line), _news_key(line), line=line, payment=payment, theirs=line.amount), _fix_for(line, payment)
        )
        posted = _posted(line, payment)
        if posted is None:
            return
    _conclude(line, payment, posted)


@transaction.atomic
def _conclude(line: ProviderLine, payment: Payment | None, posted: tuple[str, dict[str, int]] | None) -> None:
    if posted is None:
        _book(line, key="", posted=0, rest=Account.UNEXPLAINED, odd=Kind.MONEY_UNKNOWN)
        return
    key, amounts = posted
    ours = amounts.get(line.currency, 0)
    odd = None if ours == line.net + line.provider_fee else Kind.AMOUNT_DIFFERS
    _book(line, key=key, posted=ours, rest=Account.UNEXPLAINED, odd=odd, payment=payment)
    for incident in Incident.objects.filter(key=_news_key(line)):
        _fix(incident)
    if line.type in FAILURES:
        _open(Kind.REFUND_FAILED, f"refund-failed:{line.source}", line=line, payment=payment, theirs=line.amount)


def _news(line: ProviderLine) -> Kind:
    return Kind.UNSETTLED if line.type in SALES else Kind.REFUND_UNKNOWN


def _news_key(line: ProviderLine) -> str:
    return f"news:{line.pk}"


def _posted(line: ProviderLine, payment: Payment | None) -> tuple[str, dict[str, int]] | None:
    """The key under which our books have what the line shows, and what it moved at the provider, by currency."""
    if payment is None and line.account_id != gateway.PLATFORM:  # a transfer from the platform, or back to it
        key = f"arrived:{line.source}"
    elif line.type in SALES:
        key = f"sale:{payment.order_id}" if payment else ""
    else:
        refund = Refund.objects.filter(provider_id=line.source).first()
        key = f"{'refund-failed' if line.type in FAILURES else 'refund'}:{refund.pk}" if refund else ""
    amounts = posted_at_provider([key], _kinds(line)).get(key) if key else None
    return None if amounts is None else (key, amounts)


def _kinds(line: ProviderLine) -> tuple[Account, ...]:
    """The accounts in our books that the line is about."""
    return THE_PLATFORMS if line.account_id == gateway.PLATFORM else ITS_ACCOUNT


def _fix_for(line: ProviderLine, payment: Payment) -> Callable[[], None]:
    """How we come to know what the line shows: the sale's own way, or the refund's."""

    def take_up() -> None:
        answer = gateway.fetch_refund(account_id=line.account_id, refund_id=line.source)
        known = Refund.objects.filter(provider_id=line.source).first()
        if known is not None:
            send_refund(refund_id=known.pk)
        elif answer.fee is not None:
            take_up_refund(order_id=payment.order_id, answer=answer)

    def settle() -> None:
        settle_payment(order_id=payment.order_id)

    return settle if line.type in SALES else take_up


def _try(incident: Incident, fix: Callable[[], None]) -> None:
    """Run a fix that may fail: the incident then says why, and the next check tries again."""
    try:
        fix()
    except Exception as error:
        logger.exception("incident %s could not be fixed", incident.pk)
        words = str(getattr(error, "detail", "") or error or type(error).__name__)
        with transaction.atomic():
            Incident.objects.filter(pk=incident.pk).update(error=words[:300])
            _list(incident, f"error {words[:60]}")


def _is_of_dispute(line: ProviderLine) -> bool:
    return line.type == "adjustment" and line.source.startswith(("du_", "dp_"))


@transaction.atomic
def _book_providers_own(line: ProviderLine) -> None:
    is_dispute = _is_of_dispute(line) and Dispute.objects.filter(provider_id=line.source).exists()
    rest = Account.DISPUTED if is_dispute else PROVIDERS_OWN.get(line.type, Account.UNEXPLAINED)
    _book(line, key="", posted=0, rest=rest, odd=Kind.MONEY_UNKNOWN if rest == Account.UNEXPLAINED else None)
    if is_dispute:
        _note_dispute(line)
    elif line.type == "payout_failure":
        _open(Kind.PAYOUT_FAILED, f"payout:{line.source}", line=line, theirs=line.amount)


def _note_dispute(line: ProviderLine) -> None:
    payment = payment_by_intent(line.intent_id) if line.intent_id else None
    incident = _open(Kind.DISPUTED, f"dispute:{line.source}", line=line, payment=payment, theirs=line.amount)
    if line.amount > 0 or Dispute.objects.filter(provider_id=line.source).exclude(closed_at=None).exists():
        _fix(incident)


@transaction.atomic
def _book(
    line: ProviderLine,
    *,
    key: str,
    posted: int,
    rest: Account,
    odd: Kind | None,
    payment: Payment | None = None,
) -> None:
    """Post what our books lack of the line, so that they say what the provider says: its own charge, and the `rest`."""
    lacking = line.net - posted
    charge = line.provider_fee
    is_there = line.account_id == gateway.PLATFORM
    amounts: Amounts = {_kinds(line)[0]: lacking, Account.PAYMENT_COSTS: charge}
    amounts[rest] = amounts.get(rest, 0) - lacking - charge
    is_news = any(amounts.values()) and post(key=line.own_key, currency=line.currency, amounts=amounts) is not None
    if is_there and is_news:
        settle_own(key=line.own_key, currency=line.currency)
    if rest == Account.PLATFORM_FEES or (is_there and is_news):
        enqueue(kind="book_platform_fee", key=line.own_key, payload={"key": line.own_key})
    line.posting_key, line.state = key, ProviderLine.State.ODD if odd else ProviderLine.State.MATCHED
    line.save(update_fields=["posting_key", "state"])
    if odd:
        _open(odd, f"line:{line.pk}", line=line, payment=payment, ours=posted, theirs=line.net + charge)


# --- 3. Messages that never came ----------------------------------------------------------------------------------------------


def _fetch_missed_events(check: Check, event_types: Collection[str], at: datetime) -> None:
    """Ask for what the provider had to tell, and hand over to the inbox what it does not know; one incident for all."""
    since = max(check.since or at - EVENTS_ARE_KEPT, at - EVENTS_ARE_KEPT)
    after, more, missed = "", True, 0
    while more:
        events, more = gateway.list_events(account_id=check.account_id, types=event_types, since=since, after=after)
        after = events[-1]["id"] if events else after
        late = {event["id"]: event for event in events if event["created"] < (at - NEWS_TAKES).timestamp()}
        missed += sum(receive_event(late[event_id]) for event_id in sorted(unknown_events(late)))
        _save(check, leased_until=_lease())
    if missed:
        import_string(settings.INBOX_WAKE)()
        _fix(_open(Kind.EVENTS_MISSED, f"events:{check.pk}", number=missed))
    _save(check, step=Check.Step.OURS)


# --- 4. Bookings without a line, and the balance ------------------------------------------------------------------------------


def _look_for_missing_lines(check: Check, at: datetime) -> None:
    """Only what was posted before the lines were fetched can be missing. One that shows up later is fixed by itself."""
    lost = postings_without_line(before=min(check.started_at, at - NEWS_TAKES))
    for key, currency, amount in lost:
        order = _order_of(key)
        payment = Payment.objects.filter(order=order).first() if order else None
        _open(Kind.LINE_MISSING, f"missing:{key}", subject=key, currency=currency, ours=amount, payment=payment)
    for incident in Incident.objects.filter(kind=Kind.LINE_MISSING, state=Incident.State.OPEN):
        if ProviderLine.objects.filter(posting_key=incident.subject).exists():
            _fix(incident)
    for incident in Incident.objects.filter(kind=Kind.DISPUTED, state=Incident.State.OPEN):
        if Dispute.objects.filter(provider_id=incident.subject).exclude(closed_at=None).exists():
            _fix(incident)
    _save(check, step=Check.Step.BALANCE)


def _order_of(key: str) -> Order | None:
    word, _colon, identifier = key.partition(":")
    if word == "arrived":
        return None
    if word == "sale":
        return Order.objects.filter(pk=UUID(identifier)).first()
    return Order.objects.filter(payment__refunds=UUID(identifier)).first()


def _compare_balance(check: Check) -> None:
    """The provider's balance is the sum of its lines. While money moves it cannot be compared, and the next check does."""
    theirs = gateway.fetch_balance(check.account_id)
    newest, _more = gateway.list_balance_lines(account_id=check.account_id, since=None, limit=1)
    if all(ProviderLine.objects.filter(pk=line.id).exists() for line in newest):
        ours = sums_of_lines(check.account_id)
        for currency in sorted({*ours, *theirs}):
            _note_balance(check, currency, ours.get(currency, 0), theirs.get(currency, 0))
    with transaction.atomic():
        _save(check, step=Check.Step.DONE, finished_at=timezone.now(), leased_until=None)
        record(verb="finish_check", target=check, actor=SYSTEM, detail={"lines": check.lines, "compared": check.done})


def _note_balance(check: Check, currency: str, ours: int, theirs: int) -> None:
    opened = Incident.objects.filter(kind=Kind.BALANCE_DIFFERS, currency=currency, state=Incident.State.OPEN).first()
    if ours == theirs and opened:
        _fix(opened)
    elif ours != theirs and not opened:
        key = f"balance:{currency}:{check.pk}"
        _open(Kind.BALANCE_DIFFERS, key, subject=check.account_id, currency=currency, ours=ours, theirs=theirs)


def note_fraud_warning(*, warning_id: UUID) -> None:
    """An incident for a warning of fraud: fixed where nothing is left to decide, open for a person otherwise. Repeatable."""
    warning = FraudWarning.objects.select_related("payment__order").get(pk=warning_id)
    payment = warning.payment
    incident = _open(
        Kind.FRAUD_WARNING,
        f"fraud:{warning.provider_id}",
        subject=warning.provider_id,
        currency=payment.currency,
        payment=payment,
        theirs=payment.amount,
    )
    if warning.done in (FraudWarning.Done.REFUNDED, FraudWarning.Done.TOO_LATE):
        _fix(incident)


def note_payout_failure(*, provider_id: str, currency: str, amount: int) -> None:
    """An incident for a payout of `amount` minor units that the bank sent back, as soon as we hear of it. Repeatable."""
    _open(Kind.PAYOUT_FAILED, f"payout:{provider_id}", subject=provider_id, currency=currency, theirs=amount)


def note_transfer(*, account_id: str, currency: str, amount: int, refused: str) -> None:
    """A transfer of `amount` minor units to an account arrived, which fixes what was open there, or was `refused`: its id then.

    Repeatable.
    """
    if refused:
        _open(Kind.TRANSFER_FAILED, f"transfer:{refused}", subject=account_id, currency=currency, ours=amount)
        return
    same = Incident.objects.filter(kind=Kind.TRANSFER_FAILED, subject=account_id, currency=currency)
    for incident in same.filter(state=Incident.State.OPEN):
        _fix(incident)


# --- Incidents ------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def _open(
    kind: Kind,
    key: str,
    *,
    line: ProviderLine | None = None,
    payment: Payment | None = None,
    subject: str = "",
    currency: str = "",
    ours: int | None = None,
    theirs: int | None = None,
    number: int = 1,
) -> Incident:
    """The incident of this break, opened or found."""
    order = payment.order if payment else None
    incident, is_new = Incident.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "subject": line.source or line.pk if line else subject,
            "order_id": order.pk if order else None,
            "order_number": order.number if order else "",
            "currency": line.currency if line else currency,
            "ours": ours,
            "theirs": theirs,
            "number": number,
        },
    )
    if is_new:
        _tell(incident, "open_incident", SYSTEM)
    return incident


def _tell(incident: Incident, verb: str, actor: Actor) -> None:
    """Into the audit trail, and to the platform's list."""
    record(verb=verb, target=incident, actor=actor, detail={"kind": incident.kind, "key": incident.key})
    _list(incident, incident.state)


def _list(incident: Incident, news: str) -> None:
    enqueue(kind="list_incident", key=f"{incident.pk}:{news}", payload={"incident_id": str(incident.pk)})


@transaction.atomic
def _fix(incident: Incident) -> None:
    """The break is no more, by our own doing or by itself."""
    found = incident_for_update(incident.pk)
    if found.is_open:
        _settle(found, Incident.State.FIXED, actor=SYSTEM)
        _tell(found, "fix_incident", SYSTEM)


@transaction.atomic
def close_incident(*, incident_id: UUID, note: str, actor: Actor) -> Incident:
    """A person has looked into it; `note` says what they found or did. Raises NotFound, NoteMissing, IncidentSettled."""
    note = note.strip()
    if not note:
        raise NoteMissing
    found = incident_for_update(incident_id)
    if not found.is_open:
        raise IncidentSettled
    _settle(found, Incident.State.CLOSED, actor=actor, note=note[:300])
    _tell(found, "close_incident", actor)
    return found


def _settle(incident: Incident, state: Incident.State, *, actor: Actor, note: str = "") -> None:
    incident.state, incident.settled_at, incident.settled_by = state, timezone.now(), str(actor)
    incident.note, incident.error = note, ""
    incident.save(update_fields=["state", "settled_at", "settled_by", "note", "error"])
