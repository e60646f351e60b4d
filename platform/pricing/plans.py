"""What an event is priced with: which fee plan applies, the organizer's own for a currency or else the platform's; who bears it."""

from collections.abc import Mapping

from django.conf import settings

from events.models import Event
from pricing.models import FeeOverride
from pricing.quote import FeePlan, Terms
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


def terms_of(event: Event, plans: Mapping[str, FeePlan] | None = None) -> Terms:
    """What the event's prices are made with now; `plans` where somebody has asked for them already."""
    return Terms((plans or platform_fee_plans())[event.currency], event.fee_share)
