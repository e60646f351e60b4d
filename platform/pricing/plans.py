"""Which fee plan applies: the organizer's own for a currency, else the platform's for it."""

from collections.abc import Mapping

from django.conf import settings

from pricing.models import FeeOverride
from pricing.quote import FeePlan
from tenants.current import current_organizer


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
