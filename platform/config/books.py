"""The platform's own books in `public`, fed by the organizers' outboxes."""

from uuid import UUID

from django.db import transaction
from django_tenants.utils import get_public_schema_name, schema_context

from console.platform_money import note_booking
from ledger.actions import Amounts, Kind, post
from ledger.models import Party
from ledger.queries import entries_of, is_posted
from ledger.split_rules import Payee
from ledger.splits import owed
from payments.models import Payment, Refund
from payouts.models import TransferReversal
from reconciliation.models import ProviderLine
from tenants.current import current_organizer


def book_platform_fee(*, transaction_key: str, charge_id: str = "") -> None:
    """Book what a posting in this organizer's books means for the platform: our fee, in or back out, and what it holds for
    the organizer's partners, which it owes the organizer until it has paid them.

    `charge_id` says of what charge a line is that only the provider records."""
    currency, amounts = entries_of(transaction_key)
    fee, held = amounts.get(Kind.PLATFORM_FEES, 0), amounts.get(Kind.COLLECTED, 0)
    if fee == 0 and held == 0:
        return
    about = charge_id or _about(transaction_key)
    organizer = Payee(Party.ORGANIZER, str(current_organizer().pk))
    with schema_context(get_public_schema_name()), transaction.atomic():
        if is_posted(transaction_key):
            return
        moved: Amounts = {Kind.PROVIDER: fee + held, Kind.PLATFORM_FEES: -fee}
        post(key=transaction_key, currency=currency, amounts={**moved, **owed({organizer: held}, currency)})
        note_booking(key=transaction_key, about=about)


def _about(key: str) -> str:
    """What of the provider's a posting is compared with: the charge, the transfer, or what of a fee came back by itself."""
    word, _colon, name = key.partition(":")
    if word == "line":
        line = ProviderLine.objects.get(pk=name)
        payment = None if line.account_id else Payment.objects.filter(intent_id=line.intent_id).first()
        return payment.charge_id if payment else line.source
    if word == "sale":
        return Payment.objects.get(order=UUID(name)).charge_id
    if word in ("refund", "refund-failed", "repaid"):
        return Refund.objects.select_related("payment").get(pk=UUID(name)).payment.charge_id
    if word == "reversal":
        return f"transfer:{TransferReversal.objects.get(pk=UUID(name)).transfer_id}"
    return f"transfer:{name}"  # asked for, or put back because the provider refused it
