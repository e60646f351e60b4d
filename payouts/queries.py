"""What an organizer has earned and where it is. Payouts themselves are made by the payment provider for now."""

from dataclasses import dataclass

from ledger.models import Account
from ledger.queries import balance


@dataclass(frozen=True)
class Earnings:
    """Minor units of `currency`, after refunds: what buyers paid, our fees in it, and what is the organizer's."""

    currency: str
    sales: int
    fees: int
    earned: int


def earnings() -> list[Earnings]:
    """What the books say, per currency. In the books sales are credits, so negative."""
    sales, fees = balance(Account.Kind.SALES), balance(Account.Kind.PLATFORM_FEES)
    held = balance(Account.Kind.PROVIDER)
    return [
        Earnings(
            currency=currency,
            sales=-sales.get(currency, 0),
            fees=fees.get(currency, 0),
            earned=held.get(currency, 0),
        )
        for currency in sorted({*sales, *fees, *held})
    ]
