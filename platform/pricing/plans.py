"""Which fee plan applies. One for the whole platform today; per organizer and currency belongs here."""

from django.conf import settings

from pricing.quote import FeePlan


def platform_fee_plan() -> FeePlan:
    """The platform's fee as configured."""
    return FeePlan(basis_points=settings.PLATFORM_FEE_BASIS_POINTS, fixed=settings.PLATFORM_FEE_FIXED)
