"""Pay partners and the organizer from what lies with the platform for them, and take back what they were paid too much.

A request is a transaction, sending it a call outside of one; a call after a crash finds the same transfer by its key. What is
sent is what the outbox says, until the provider has answered (docs/splits.md).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import SYSTEM, Actor, record
from config import failpoints
from ledger.actions import Amounts, Kind, post
from ledger.collecting import collected, lock_collecting, settle_own
from ledger.models import Owed
from ledger.queries import balance, standings
from ledger.split_rules import ORGANIZER, Payee
from ledger.splits import lock_parties, owed, payable, receivable
from outbox.actions import enqueue
from payments import gateway
from payments.errors import ProviderRefused
from payments.queries import connected_account
from payouts.charges import Draw, charges_to_draw_from, draw
from payouts.errors import NothingToTransfer
from payouts.held import held_share
from payouts.models import Partner, Transfer, TransferReversal
from payouts.runs import CLOCKS_DIFFER, mature_dates, send_late
from payouts.schedule import payout_schedule, waits_because
from tenants.current import current_organizer
from ui.ids import uuid7
from ui.money import CURRENCIES, smallest_step

MOST_AT_ONCE = 500  # transfers of one transaction
TRIED_AGAIN_AFTER = timedelta(days=1)  # what the provider refused, by the clock; staff may try at once


@dataclass(frozen=True)
class Recipient:
    """Somebody with an account that transfers can be made to: a partner, or the organizer itself."""

    payee: Payee
    account_id: str
    partner: Partner | None = None


def recipients() -> list[Recipient]:
    """Everybody who can be paid by transfer now, the organizer last."""
    partners = Partner.objects.filter(transfers_enabled=True)
    found = [Recipient(partner.payee, partner.account_id, partner) for partner in partners]
    account = connected_account()
    if account is not None and account.capabilities.get("transfers") == "active":
        found.append(Recipient(ORGANIZER, account.account_id))
    return found


def transferable(partner: Partner, currency: str) -> int:
    """What can be paid to a partner through the provider now: owed to it, with the platform, and not of an order that a bank
    disputes. Minor units."""
    if not partner.transfers_enabled:
        return 0
    amount = _due(partner.payee, currency, to_come=False)
    return amount - amount % smallest_step(currency)


def _due(payee: Payee, currency: str, *, to_come: bool) -> int:
    """What a party may be transferred; with `to_come` less what it has of dates that are not due."""
    owed_now = payable(payee, currency) - held_share(payee, currency, to_come=to_come)
    return max(0, owed_now if payee == ORGANIZER else min(owed_now, collected(currency)))


@transaction.atomic
def request_transfers(*, partner: Partner, currency: str, actor: Actor) -> list[Transfer]:
    """Pay a partner all that can be paid to it now, also of dates to come; what sends it follows.

    Raises NothingToTransfer, and nothing has changed then.
    """
    to = [Recipient(partner.payee, partner.account_id, partner)] if partner.transfers_enabled else []
    made = _request(to, currency, by_the_clock=False, actor=actor) if currency in CURRENCIES else []
    if not made:
        raise NothingToTransfer(_("Nothing that is owed to this partner lies at Stripe for it. Nothing was changed."))
    return made


def run_transfers(*, at: datetime | None = None) -> int:
    """By the clock: send what waits to be sent, ask again for what parties owe back, then pay everybody what they have of dates
    that are due.

    How many transfers were asked for. Nothing is paid while the organizer's payouts are held (payouts.schedule.waits_because).
    """
    send_late(Transfer.objects.filter(state=Transfer.State.REQUESTED), lambda pk: send_transfer(transfer_id=pk))
    asked_back = TransferReversal.objects.filter(state=TransferReversal.State.REQUESTED)
    send_late(asked_back, lambda pk: send_reversal(reversal_id=pk))
    mature_dates(at=at or timezone.now())
    for standing in standings():
        if standing.receivable > 0:
            take_back(reference=standing.reference, currency=standing.currency, by_the_clock=True)
    if waits_because(payout_schedule()):
        return 0
    asked = 0
    for currency in balance(Kind.COLLECTED):
        more = True
        while more:
            made = request_due_transfers(currency=currency, actor=SYSTEM)
            asked, more = asked + len(made), len(made) == MOST_AT_ONCE
    return asked


@transaction.atomic
def request_due_transfers(*, currency: str, actor: Actor) -> list[Transfer]:
    """Pay every recipient what is due to it, at most MOST_AT_ONCE of them at once; what sends them follows."""
    if currency in balance(Kind.OWN):  # where only direct sales were made, the next one makes good what is too little
        settle_own(key=f"transfers:{uuid7()}", currency=currency)
    return _request(recipients(), currency, by_the_clock=True, actor=actor)


def _request(to: list[Recipient], currency: str, *, by_the_clock: bool, actor: Actor) -> list[Transfer]:
    lock_collecting(currency)
    lock_parties([one.payee for one in to], currency)
    there, due = collected(currency), {}
    for one in to:
        due[one.payee] = _due(one.payee, currency, to_come=by_the_clock)
        if one.partner is not None:
            due[one.payee] = min(due[one.payee], max(0, there))
            there -= due[one.payee]
    if not any(due.values()):
        return []
    by_payee = {one.payee: one for one in to}
    refused = _refused_lately(currency) if by_the_clock else set()
    draws = draw(due, charges_to_draw_from(currency, due=by_the_clock), step=smallest_step(currency))
    wanted = [one for one in draws if one.charge is not None or one.payee not in refused]
    return [_make(by_payee[one.payee], currency, one, actor) for one in wanted[:MOST_AT_ONCE]]


def _refused_lately(currency: str) -> set[Payee]:
    """Whose last transfer from the available balance the provider refused a moment ago."""
    since = timezone.now() - TRIED_AGAIN_AFTER
    failed = Transfer.objects.filter(currency=currency, order=None, state=Transfer.State.FAILED, created_at__gt=since)
    return {one.payee for one in failed.select_related("partner")}


def _make(to: Recipient, currency: str, drawn: Draw, actor: Actor) -> Transfer:
    transfer = Transfer.objects.create(
        partner=to.partner,
        account_id=to.account_id,
        order_id=drawn.charge.order_id if drawn.charge else None,
        currency=currency,
        amount=drawn.amount,
        created_by=str(actor),
    )
    key = f"transfer:{transfer.pk}"
    amounts: Amounts = {Owed(Kind.PAYABLE, *to.payee): drawn.amount, Kind.COLLECTED: -drawn.amount}
    post(key=key, currency=currency, amounts={**amounts, **_own(to.payee, drawn.amount)})
    enqueue(kind="book_platform_fee", key=key, payload={"key": key})
    enqueue(kind="send_transfer", key=str(transfer.pk), payload={"transfer_id": str(transfer.pk)})
    detail = {"amount": drawn.amount, "currency": currency, "order": str(transfer.order_id or "")}
    record(verb="request_transfer", target=to.partner or transfer, actor=actor, detail=detail)
    failpoints.hit("before_transfer_commit")
    failpoints.hit_after_commit("after_transfer_asked")
    return transfer


def _own(payee: Payee, amount: int) -> Amounts:
    """What a transfer to the organizer is besides: its own is no longer with the platform, but on its way."""
    return {Kind.OWN: -amount, Kind.TRANSIT: amount} if payee == ORGANIZER else {}


def _arrive(payee: Payee, currency: str, amount: int, *, arrived: str) -> None:
    """The organizer's account has it, or no longer has it (below nothing), by the name that the line in its balance says."""
    if payee == ORGANIZER:
        post(key=f"arrived:{arrived}", currency=currency, amounts={Kind.TRANSIT: -amount, Kind.PROVIDER: amount})


def send_transfer(*, transfer_id: UUID) -> None:
    """Ask the provider to make a requested transfer, once, whoever asks; one whose key may be forgotten is looked for first.

    Raises ProviderUnavailable while it does not answer.
    """
    transfer = Transfer.objects.select_related("order__payment").get(pk=transfer_id)
    if transfer.state != Transfer.State.REQUESTED:
        return
    failpoints.hit("before_transfer_sent")
    try:
        answer = _find(transfer) or gateway.create_transfer(
            account_id=transfer.account_id,
            amount=transfer.amount,
            currency=transfer.currency,
            group=str(transfer.order_id) if transfer.order_id else current_organizer().schema_name,
            source=transfer.order.payment.charge_id if transfer.order else "",
            about=_about(transfer),
            key=f"transfer-{transfer.pk}",
        )
    except ProviderRefused as refused:
        _fail_transfer(transfer.pk, failure=str(refused.extra["provider_code"]))
        return
    failpoints.hit("after_transfer_sent")
    with transaction.atomic():
        found = Transfer.objects.select_for_update().get(pk=transfer_id)
        if found.state == Transfer.State.REQUESTED:
            found.state, found.provider_id = Transfer.State.SENT, answer.id
            found.save(update_fields=["state", "provider_id"])
            failpoints.hit("before_transfer_noted")
            _arrive(found.payee, found.currency, found.amount, arrived=answer.arrived)
            record(verb="send_transfer", target=found, actor=SYSTEM, detail={"amount": found.amount})
            if _was_refused(found):
                _tell(found)


def _about(transfer: Transfer) -> str:
    return f"transfer:{transfer.pk}"


def _find(transfer: Transfer) -> gateway.Transferred | None:
    """A transfer that was asked for long ago, if the provider made it."""
    if not gateway.may_be_forgotten(transfer.created_at):
        return None
    since = transfer.created_at - CLOCKS_DIFFER
    return gateway.find_transfer(account_id=transfer.account_id, about=_about(transfer), since=since)


@transaction.atomic
def _fail_transfer(transfer_id: UUID, *, failure: str) -> None:
    """The provider would not: whose it is is owed it as before."""
    transfer = Transfer.objects.select_for_update(of=("self",)).select_related("partner").get(pk=transfer_id)
    if transfer.state != Transfer.State.REQUESTED:
        return
    transfer.state, transfer.failure = Transfer.State.FAILED, failure[:120] or "refused"
    transfer.save(update_fields=["state", "failure"])
    lock_collecting(transfer.currency)
    back: Amounts = {**owed({transfer.payee: transfer.amount}, transfer.currency), Kind.COLLECTED: transfer.amount}
    key = f"transfer-failed:{transfer.pk}"
    post(key=key, currency=transfer.currency, amounts={**back, **_own(transfer.payee, -transfer.amount)})
    enqueue(kind="book_platform_fee", key=key, payload={"key": key})
    record(verb="fail_transfer", target=transfer, actor=SYSTEM, detail={"failure": transfer.failure})
    _tell(transfer)


def _was_refused(transfer: Transfer) -> bool:
    same = Transfer.objects.filter(account_id=transfer.account_id, currency=transfer.currency)
    return same.filter(state=Transfer.State.FAILED).exists()


def _tell(transfer: Transfer) -> None:
    """People read of a refused transfer in their incidents, and there that a later one arrived."""
    refused = str(transfer.pk) if transfer.state == Transfer.State.FAILED else ""
    payload = {"account_id": transfer.account_id, "currency": transfer.currency, "amount": transfer.amount}
    enqueue(kind="note_transfer", key=str(transfer.pk), payload={**payload, "refused": refused})


@transaction.atomic
def take_back(
    *, reference: str, currency: str, order_id: UUID | None = None, by_the_clock: bool = False
) -> list[TransferReversal]:
    """Ask for what a partner, or the organizer (an empty reference), owes back from the transfers that were made to it: those of
    this order first, then the newest; what sends it follows. By the clock not within a day of a refusal.

    `reference` is the partner's in the ledger. Who is paid by hand keeps owing it: what it earns next pays that.
    """
    partner = next((one for one in Partner.objects.all() if str(one.pk) == reference), None)
    if partner is None and reference:
        return []
    payee = partner.payee if partner else ORGANIZER
    lock_collecting(currency)
    lock_parties([payee], currency)
    made_to = Transfer.objects.filter(partner=partner, currency=currency)
    asked = TransferReversal.objects.filter(transfer__in=made_to)
    since = timezone.now() - TRIED_AGAIN_AFTER
    if by_the_clock and asked.filter(state=TransferReversal.State.FAILED, created_at__gt=since).exists():
        return []
    sent = sorted(
        made_to.filter(state=Transfer.State.SENT).order_by("-created_at", "-pk"),
        key=lambda one: one.order_id != order_id,
    )
    left = receivable(payee, currency) - sum(one.amount for one in asked.filter(state=TransferReversal.State.REQUESTED))
    left -= left % smallest_step(currency)
    made = []
    for transfer in sent:
        amount = min(left, _left_of(transfer)) if left > 0 else 0
        if amount > 0:
            reversal = TransferReversal.objects.create(transfer=transfer, amount=amount)
            enqueue(kind="send_reversal", key=str(reversal.pk), payload={"reversal_id": str(reversal.pk)})
            made.append(reversal)
            left -= amount
            failpoints.hit("before_reversal_commit")
            failpoints.hit_after_commit("after_reversal_asked")
    return made


def _left_of(transfer: Transfer) -> int:
    gone = transfer.reversals.exclude(state=TransferReversal.State.FAILED)
    return transfer.amount - sum(reversal.amount for reversal in gone)


def send_reversal(*, reversal_id: UUID) -> None:
    """Ask the provider for money of a transfer back, once, whoever asks. Where the partner's balance is short it keeps owing.

    Raises ProviderUnavailable while the provider does not answer.
    """
    reversal = TransferReversal.objects.select_related("transfer").get(pk=reversal_id)
    if reversal.state != TransferReversal.State.REQUESTED:
        return
    failpoints.hit("before_reversal_sent")
    provider_id, arrived, failure = "", "", ""
    try:
        answer = _find_reversal(reversal) or gateway.reverse_transfer(
            transfer_id=reversal.transfer.provider_id,
            amount=reversal.amount,
            about=_about(reversal.transfer),
            key=f"reversal-{reversal.pk}",
        )
        provider_id, arrived = answer.id, answer.arrived
    except ProviderRefused as refused:
        failure = str(refused.extra["provider_code"])[:120] or "refused"
    failpoints.hit("after_reversal_sent")
    _note_reversal(reversal_id, provider_id=provider_id, arrived=arrived, failure=failure)


def _find_reversal(reversal: TransferReversal) -> gateway.Transferred | None:
    """A reversal that was asked for long ago, if the provider made it."""
    if not gateway.may_be_forgotten(reversal.created_at):
        return None
    known = set(reversal.transfer.reversals.values_list("provider_id", flat=True))
    there = gateway.list_reversals(transfer_id=reversal.transfer.provider_id)
    return next((one for one in there if one.amount == reversal.amount and one.id not in known), None)


@transaction.atomic
def _note_reversal(reversal_id: UUID, *, provider_id: str, arrived: str, failure: str) -> None:
    locked = TransferReversal.objects.select_for_update(of=("self",)).select_related("transfer__partner")
    reversal = locked.get(pk=reversal_id)
    if reversal.state != TransferReversal.State.REQUESTED:
        return
    reversal.provider_id, reversal.failure = provider_id, failure
    reversal.state = TransferReversal.State.FAILED if failure else TransferReversal.State.DONE
    reversal.save(update_fields=["state", "provider_id", "failure"])
    failpoints.hit("before_reversal_noted")
    if not failure:
        transfer, key = reversal.transfer, f"reversal:{reversal.pk}"
        lock_collecting(transfer.currency)
        back: Amounts = {**owed({transfer.payee: reversal.amount}, transfer.currency), Kind.COLLECTED: reversal.amount}
        post(key=key, currency=transfer.currency, amounts={**back, **_own(transfer.payee, -reversal.amount)})
        _arrive(transfer.payee, transfer.currency, -reversal.amount, arrived=arrived)
        enqueue(kind="book_platform_fee", key=key, payload={"key": key})
    detail = {"amount": reversal.amount, "failure": failure}
    record(verb="reverse_transfer", target=reversal.transfer, actor=SYSTEM, detail=detail)
