"""Pay partners from what the platform has taken in for them, and take back what they were paid too much.

A request is a transaction, sending it a call outside of one; a call after a crash finds the same transfer by its key. What is
sent is what the outbox says, until the provider has answered (docs/splits.md).
"""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import SYSTEM, Actor, record
from config import failpoints
from ledger.actions import Kind, post
from ledger.collecting import collected, lock_collecting
from ledger.models import Owed
from ledger.splits import lock_parties, owed, payable, receivable
from outbox.actions import enqueue
from payments import gateway
from payments.errors import ProviderRefused
from payouts.errors import NothingToTransfer
from payouts.held import held_share
from payouts.models import Partner, Transfer, TransferReversal
from tenants.current import current_organizer
from ui.money import smallest_step


def transferable(partner: Partner, currency: str) -> int:
    """What can be paid to a partner through the provider now: owed to it, with the platform, and not of an order that a bank
    disputes. Minor units."""
    if not partner.transfers_enabled:
        return 0
    amount = min(payable(partner.payee, currency) - held_share(partner.payee, currency), collected(currency))
    return max(0, amount - amount % smallest_step(currency))


@transaction.atomic
def request_transfer(*, partner: Partner, currency: str, actor: Actor) -> Transfer:
    """Pay a partner what can be paid to it now; what sends it follows. Raises NothingToTransfer, and nothing has changed then."""
    lock_collecting(currency)
    lock_parties([partner.payee], currency)
    amount = transferable(partner, currency)
    if amount == 0:
        raise NothingToTransfer(_("Nothing that is owed to this partner lies at Stripe for it. Nothing was changed."))
    transfer = Transfer.objects.create(partner=partner, currency=currency, amount=amount, created_by=str(actor))
    key = f"transfer:{transfer.pk}"
    post(key=key, currency=currency, amounts={Owed(Kind.PAYABLE, *partner.payee): amount, Kind.COLLECTED: -amount})
    enqueue(kind="book_platform_fee", key=key, payload={"key": key})
    enqueue(kind="send_transfer", key=str(transfer.pk), payload={"transfer_id": str(transfer.pk)})
    record(verb="request_transfer", target=partner, actor=actor, detail={"amount": amount, "currency": currency})
    failpoints.hit("before_transfer_commit")
    failpoints.hit_after_commit("after_transfer_asked")
    return transfer


def send_transfer(*, transfer_id: UUID) -> None:
    """Ask the provider to make a requested transfer, once, whoever asks. Raises ProviderUnavailable while it does not answer."""
    transfer = Transfer.objects.select_related("partner").get(pk=transfer_id)
    if transfer.state != Transfer.State.REQUESTED:
        return
    failpoints.hit("before_transfer_sent")
    try:
        answer = gateway.create_transfer(
            account_id=transfer.partner.account_id,
            amount=transfer.amount,
            currency=transfer.currency,
            group=f"{current_organizer().schema_name}",
            about=f"transfer:{transfer.pk}",
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
            record(verb="send_transfer", target=found, actor=SYSTEM, detail={"amount": found.amount})


@transaction.atomic
def _fail_transfer(transfer_id: UUID, *, failure: str) -> None:
    """The provider would not: the partner is owed it as before."""
    transfer = Transfer.objects.select_for_update(of=("self",)).select_related("partner").get(pk=transfer_id)
    if transfer.state != Transfer.State.REQUESTED:
        return
    transfer.state, transfer.failure = Transfer.State.FAILED, failure[:120] or "refused"
    transfer.save(update_fields=["state", "failure"])
    back = owed({transfer.partner.payee: transfer.amount}, transfer.currency)
    key = f"transfer-failed:{transfer.pk}"
    post(key=key, currency=transfer.currency, amounts={**back, Kind.COLLECTED: transfer.amount})
    enqueue(kind="book_platform_fee", key=key, payload={"key": key})
    record(verb="fail_transfer", target=transfer, actor=SYSTEM, detail={"failure": transfer.failure})


@transaction.atomic
def take_back(*, reference: str, currency: str) -> list[TransferReversal]:
    """Ask for what a partner owes back from the transfers that were made to it, the newest first; what sends it follows.

    `reference` is the partner's in the ledger. Who is paid by hand keeps owing it: what it earns next pays that.
    """
    partner = next((one for one in Partner.objects.all() if str(one.pk) == reference), None)
    if partner is None:
        return []
    lock_parties([partner.payee], currency)
    sent = partner.transfers.filter(currency=currency, state=Transfer.State.SENT).order_by("-created_at", "-pk")
    transfers = [(one, _left_of(one)) for one in sent]
    asked = TransferReversal.objects.filter(
        transfer__partner=partner, transfer__currency=currency, state=TransferReversal.State.REQUESTED
    )
    left = receivable(partner.payee, currency) - sum(one.amount for one in asked)
    left -= left % smallest_step(currency)
    made = []
    for transfer, rest in transfers:
        amount = min(left, rest)
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
    provider_id, failure = "", ""
    try:
        answer = gateway.reverse_transfer(
            transfer_id=reversal.transfer.provider_id,
            amount=reversal.amount,
            about=f"transfer:{reversal.transfer_id}",
            key=f"reversal-{reversal.pk}",
        )
        provider_id = answer.id
    except ProviderRefused as refused:
        failure = str(refused.extra["provider_code"])[:120] or "refused"
    failpoints.hit("after_reversal_sent")
    _note_reversal(reversal_id, provider_id=provider_id, failure=failure)


@transaction.atomic
def _note_reversal(reversal_id: UUID, *, provider_id: str, failure: str) -> None:
    locked = TransferReversal.objects.select_for_update(of=("self",)).select_related("transfer__partner")
    reversal = locked.get(pk=reversal_id)
    if reversal.state != TransferReversal.State.REQUESTED:
        return
    reversal.provider_id, reversal.failure = provider_id, failure
    reversal.state = TransferReversal.State.FAILED if failure else TransferReversal.State.DONE
    reversal.save(update_fields=["state", "provider_id", "failure"])
    failpoints.hit("before_reversal_noted")
    if not failure:
        transfer = reversal.transfer
        key, paid = f"reversal:{reversal.pk}", owed({transfer.partner.payee: reversal.amount}, transfer.currency)
        post(key=key, currency=transfer.currency, amounts={**paid, Kind.COLLECTED: reversal.amount})
        enqueue(kind="book_platform_fee", key=key, payload={"key": key})
    detail = {"amount": reversal.amount, "failure": failure}
    record(verb="reverse_transfer", target=reversal.transfer, actor=SYSTEM, detail=detail)
