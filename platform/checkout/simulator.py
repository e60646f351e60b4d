"""What an order of a ticket type would leave everybody with, before anything is sold: a pure function over the terms of a sale.

It prices with the function that sells (`pricing.quote`), shares with the one that books (`ledger.split_rules`) and gives back by
the rule that refunds. Only the payment provider's charge is an estimate, by settings: what it really takes depends on the card.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models import Event, TicketType
from ledger.split_rules import ORGANIZER, Payee, Rules, split
from ledger.splits import counted, earned, split_version_of
from pricing.basket import Item
from pricing.parts import share
from pricing.plans import rate_of, terms_of
from pricing.quote import Quote, Terms, quote
from repricing.queries import prices_at_next_date


@dataclass(frozen=True)
class Sold:
    """What a split plan has shared: minor units, and how many tickets count."""

    amount: int = 0
    tickets: int = 0


class Role(models.TextChoices):
    """In what a part of an order's money is somebody's."""

    ORGANIZER = "organizer", _("You")
    PARTNER = "partner", _("Partner")
    PLATFORM = "platform", _("Our fee, less payment costs")
    TAX = "tax", _("Tax office")
    PROVIDER = "provider", _("Payment costs (estimate)")


@dataclass(frozen=True)
class PaymentCost:
    """What a payment costs about: `basis_points` of its amount (150 = 1.5 %) plus `fixed` minor units; nothing for a free order."""

    basis_points: int
    fixed: int

    def on(self, amount: int) -> int:
        """Half a minor unit rounded up, and never more than what is paid."""
        return min(amount, (amount * self.basis_points + 5000) // 10_000 + self.fixed) if amount else 0


@dataclass(frozen=True)
class Stake:
    """One party's part of the order, minor units: when it is `sold`, and when what was asked for has been given back."""

    role: Role
    sold: int
    refunded: int
    payee: Payee | None = None  # of a partner

    @property
    def cost(self) -> int:
        """What the refund takes from it."""
        return self.sold - self.refunded


@dataclass(frozen=True)
class Trial:
    """What is tried: other prices by ticket type, another share of our fee for buyers, how many tickets the order has, and
    what percentage of it goes back."""

    prices: Mapping[UUID, int]
    fee_share: int | None = None
    quantity: int = 1
    percent_back: int = 100


@dataclass(frozen=True)
class Simulation:
    """An order of one ticket type: its `quote`, what of it goes `back`, and everybody's part; together they are its total."""

    ticket_type: TicketType
    quote: Quote
    back: int
    stakes: tuple[Stake, ...]

    @property
    def organizer(self) -> Stake:
        return self.stakes[0]


def payment_cost(currency: str) -> PaymentCost:
    """The estimate for a currency (`settings.PAYMENT_COSTS`); nothing where there is none."""
    return PaymentCost(*settings.PAYMENT_COSTS.get(currency, (0, 0)))


def simulate_event(event: Event, trial: Trial) -> list[Simulation]:
    """The next order of each ticket type of an event, in its order, as it would be sold with what is tried.

    What no other price is tried for costs what it costs now at the next date.
    """
    trial = replace(trial, prices={**prices_at_next_date(event, at=timezone.now()), **trial.prices})
    terms = terms_of(event)
    if trial.fee_share is not None:
        terms = replace(terms, fee_share=trial.fee_share)
    version = split_version_of(str(event.pk))
    so_far = Sold(max(0, earned(version)), counted(version)) if version else Sold()
    rules = Rules.from_dict(version.rules) if version else Rules()
    return [
        simulate(
            kind,
            trial=trial,
            terms=terms,
            currency=event.currency,
            rules=rules,
            so_far=so_far,
        )
        for kind in event.ticket_types.filter(is_active=True).select_related("tax")
    ]


def simulate(
    kind: TicketType,
    *,
    trial: Trial,
    terms: Terms,
    currency: str,
    rules: Rules,
    so_far: Sold | None = None,
) -> Simulation:
    """One order of `kind`, after `so_far` was earned by what the split plan shares."""
    price = trial.prices.get(kind.pk, kind.price)
    item = Item(kind.pk, kind.title, trial.quantity, price, tax=rate_of(kind.tax))
    quoted = quote([item], currency=currency, terms=terms)
    cost = payment_cost(currency).on(quoted.total)
    back = (2 * quoted.total * trial.percent_back + 100 * terms.step) // (200 * terms.step) * terms.step
    back = min(back, quoted.total)
    tax = sum(line.amount for line in quoted.taxes)
    whole = quoted.total or 1
    sold = _parts(
        quoted.total,
        fee=quoted.platform_fee,
        tax=tax,
        cost=cost,
        rules=rules,
        so_far=so_far or Sold(),
        tickets=trial.quantity if price else 0,
    )
    left = _parts(
        quoted.total - back,
        fee=quoted.platform_fee - share(quoted.platform_fee, part=back, whole=whole),
        tax=tax - share(tax, part=back, whole=whole),
        cost=cost,  # the provider keeps its charge of what goes back
        rules=rules,
        so_far=so_far or Sold(),
        tickets=trial.quantity if price and back < quoted.total else 0,
    )
    stakes = tuple(Stake(role, sold[role, payee], left[role, payee], payee) for role, payee in sold)
    return Simulation(kind, quoted, back, stakes)


def _parts(
    amount: int, *, fee: int, tax: int, cost: int, rules: Rules, so_far: Sold, tickets: int
) -> dict[tuple[Role, Payee | None], int]:
    """Whose `amount` is: of what is left after our fee and tax the partners get theirs. The payment's cost is the platform's to
    bear, out of its fee, whoever is charged: our accounts are made so (`controller.fees.payer`)."""
    net = max(0, amount - fee - tax)
    shared = split(net, rules, so_far.amount, tickets=tickets, tickets_so_far=so_far.tickets)
    own = shared.pop(ORGANIZER)
    return {
        (Role.ORGANIZER, None): own + min(0, amount - fee - tax),
        **{(Role.PARTNER, payee): part for payee, part in shared.items()},
        (Role.TAX, None): tax,
        (Role.PLATFORM, None): fee - cost,
        (Role.PROVIDER, None): cost,
    }
