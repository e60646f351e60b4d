"""The platform's own books in `public`, fed by the organizers' outboxes."""

from django.db import transaction
from django_tenants.utils import get_public_schema_name, schema_context

from ledger.actions import Kind, post
from ledger.queries import entries_of


def book_platform_fee(*, transaction_key: str) -> None:
    """Book what a sale or refund in this organizer's books means for the platform: our fee, in or back out."""
    currency, amounts = entries_of(transaction_key)
    fee = amounts.get(Kind.PLATFORM_FEES, 0)
    if fee == 0:
        return
    with schema_context(get_public_schema_name()), transaction.atomic():
        post(key=transaction_key, currency=currency, amounts={Kind.PROVIDER: fee, Kind.PLATFORM_FEES: -fee})
