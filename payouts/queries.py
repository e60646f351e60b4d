"""What an organizer has earned and where it is. Payouts themselves are made by the payment provider for now."""

from dataclasses import dataclass
from uuid import UUID

from ledger.models import Account
from ledger.queries import Standing, balance, standings
from ledger.split_rules import Payee
from payouts.errors import PartnerNotFound
from payouts.models import Partner

Kind = Account.Kind


@dataclass(frozen=True)
class Earnings:
    """Minor units of `currency`: `earned` = `sales` - `fees` - `costs` - `shares`, the organizer's own.

    `sales` is what buyers paid, refunds taken out; `costs` what the provider charged, `shares` what partners get of it. With
    what partners are still owed less what they owe (`owed`) it is in one of five places: `held` is at the provider, `collected`
    with the platform, which pays partners and the organizer from it, `paid_out` is in the bank, `disputed` was taken back by buyers' banks, and `unexplained` moved for a reason that nobody knows yet.
    """

    currency: str
    sales: int
    fees: int
    costs: int
    shares: int
    earned: int
    owed: int
    held: int
    collected: int
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
        shares=sums[Kind.SHARES],
        earned=sales - fees - costs - sums[Kind.SHARES],
        owed=-sum(sums[kind] for kind in (Kind.PAYABLE, Kind.RESERVE, Kind.RECEIVABLE, Kind.HELD_BACK, Kind.OWN)),
        held=sums[Kind.PROVIDER],
        collected=sums[Kind.COLLECTED] + sums[Kind.TRANSIT],
        paid_out=sums[Kind.BANK],
        disputed=sums[Kind.DISPUTED],
        unexplained=-sums[Kind.UNEXPLAINED],
    )


def partner_by_id(partner_id: UUID) -> Partner:
    """Raises PartnerNotFound."""
    partner = Partner.objects.filter(pk=partner_id).first()
    if partner is None:
        raise PartnerNotFound
    return partner


def partner_by_token(token: str) -> Partner:
    """The partner whose link this is. Raises PartnerNotFound."""
    partner = Partner.objects.filter(token=token).first()
    if partner is None:
        raise PartnerNotFound
    return partner


def standings_of_partners() -> dict[Payee, list[Standing]]:
    """How things stand with each partner, one standing per currency."""
    found: dict[Payee, list[Standing]] = {}
    for standing in standings():
        found.setdefault(Payee(standing.party, standing.reference), []).append(standing)
    return found
