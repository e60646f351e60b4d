"""What an event is priced with: which fee plan applies, the organizer's own for a currency or else the platform's; who bears it."""

from collections.abc import Mapping

from django.conf import settings

from events import models
from events.models import Event
from pricing.basket import TaxRate
from pricing.models import FeeOverride
from pricing.quote import FeePlan, OwnFee, Terms
from tenants.current import current_organizer
from ui.money import smallest_step


def standard_plan(currency: str) -> FeePlan:
    """What every organizer pays in `currency` unless agreed otherwise (`settings.PLATFORM_FEES`)."""
    return FeePlan(*settings.PLATFORM_FEES[currency])


def platform_fee_plans() -> Mapping[str, FeePlan]:
    """The current organizer's plan in each currency that we sell in. One query: ask once a page, never once a hold.

    Who keeps a price reads its offer's version first and the plans after it: a change of plan renews the version in its own
    transaction, so an older version with a newer plan is refused by the claim, and the reverse cannot be.
    """
    agreed = {row.currency: row.plan for row in FeeOverride.objects.filter(organizer_id=current_organizer().pk)}
    return {currency: agreed.get(currency) or standard_plan(currency) for currency in settings.PLATFORM_FEES}


def terms_of(event: Event, plans: Mapping[str, FeePlan] | None = None) -> Terms:
    """What the event's prices are made with now; `plans` where somebody has asked for them already.

    Own fees come with a query unless they were prefetched with their tax.
    """
    fees = sorted(event.own_fees.all(), key=lambda fee: fee.pk)
    return Terms(
        plan=(plans or platform_fee_plans())[event.currency],
        fee_share=event.fee_share,
        own_fees=tuple(
            OwnFee(fee.name, fee.is_per_order, fee.basis_points, fee.fixed, rate_of(fee.tax)) for fee in fees
        ),
        step=smallest_step(event.currency),
    )


def rate_of(tax: models.TaxRate | None) -> TaxRate | None:
    """A tax rate as prices are worked out with it."""
    return None if tax is None else TaxRate(tax.name, tax.basis_points, tax.is_inclusive)
