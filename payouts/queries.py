"""What an organizer has earned and where it is. Payouts themselves are made by the payment provider for now."""

from dataclasses import dataclass

from ledger.models import Account
from ledger.queries import balance

Kind = Account.Kind


@dataclass(frozen=True)
class Earnings:
    """Minor units of `currency`: `earned` = `sales` - `fees` - `costs`, and it is in one of four places.

    `sales` is what buyers paid, refunds taken out; `costs` what the provider charged. `held` is at the provider, `paid_out`
    went to the bank, `disputed` was taken back by buyers' banks, and `unexplained` moved for a reason that nobody knows yet.
    """

    currency: str
    sales: int
    fees: int
    costs: int
    earned: int
    held: int
    paid_out: int
    disputed: int
    unexplained: int


def earnings() -> list[Earnings]:
    """What the books say, per currency. In the books sales are credits, so negative."""
    sums = {kind: balance(kind) for kind in Kind}
    currencies = sorted({currency for found in sums.values() for currency in found})
    return [_in(currency, {kind: found.get(currency, 0) for kind, found in sums.items()}) for currency in currencies]


def _in(currency: str, sums: dict[Kind, int]) -> Earnings:
    sales, fees, costs = -sums[Kind.SALES], sums[Kind.PLATFORM_FEES], sums[Kind.PAYMENT_COSTS]
    return Earnings(
        currency=currency,
        sales=sales,
        fees=fees,
        costs=costs,
        earned=sales - fees - costs,
        held=sums[Kind.PROVIDER],
        paid_out=sums[Kind.BANK],
        disputed=sums[Kind.DISPUTED],
        unexplained=-sums[Kind.UNEXPLAINED],
    )
