"""What of a party's shares is not paid out because a bank disputes what earned it. Amounts are minor units."""

from ledger.models import SplitLine
from ledger.split_rules import Payee
from orders.models import Order
from payments.models import Refund


def held_share(payee: Payee, currency: str) -> int:
    """What this party got of orders that are frozen now, less what went back of it; never below nothing."""
    frozen = Order.objects.filter(currency=currency).exclude(frozen_at=None).exclude(split_version=None)
    ids = list(frozen.values_list("pk", flat=True))
    if not ids:
        return 0
    refunds = Refund.objects.filter(payment__order__in=ids).values_list("pk", flat=True)
    keys = [f"sale:{pk}" for pk in ids] + [f"{word}:{pk}" for pk in refunds for word in ("refund", "refund-failed")]
    parts = [part for line in SplitLine.objects.filter(key__in=keys) for part in line.parts]
    mine = [
        int(part["amount"])
        for part in parts
        if (part["party"], part["reference"]) == (payee.party.value, payee.reference)
    ]
    return max(0, sum(mine))
