"""The platform agrees on its fee with an organizer."""

from dataclasses import asdict
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from audit.actions import Actor, record
from events.actions import renew_offers
from pricing.errors import FeePlanInvalid
from pricing.models import FeeOverride
from pricing.plans import standard_plan
from pricing.quote import FeePlan
from tenants.models import Organizer
from tenants.queries import organizer_for_update
from ui.money import CURRENCIES

MOST = 99_999_999  # minor units: as much as a ticket may cost


@transaction.atomic
def set_platform_fee(*, organizer_id: UUID, currency: str, plan: FeePlan | None, actor: Actor) -> None:
    """Agree on a fee with an organizer for one currency, or go back to the standard one (None). Runs on `public`.

    It holds from the next claim on: in the same transaction the offers of all its dates in that currency get a new version. A
    hold or order keeps its frozen price. Raises FeePlanInvalid (`field` says which part), Organizer.DoesNotExist.
    """
    if currency not in CURRENCIES:
        raise FeePlanInvalid(_("We cannot sell in “%(currency)s” yet.") % {"currency": currency})
    if plan is not None:
        _check(plan)
    organizer = organizer_for_update(organizer_id)
    kept = FeeOverride.objects.filter(organizer=organizer, currency=currency)
    before = next((row.plan for row in kept), None)
    if plan == before:
        return
    if plan is None:
        kept.delete()
    else:
        FeeOverride.objects.update_or_create(organizer=organizer, currency=currency, defaults=asdict(plan))
    standard = standard_plan(currency)
    detail = {"currency": currency, "was": asdict(before or standard), "is": asdict(plan or standard)}
    record(verb="set_platform_fee", target=organizer, actor=actor, detail=detail)
    if organizer.state != Organizer.State.PROVISIONING:  # then there is no schema yet
        with tenant_context(organizer):
            renew_offers(currency=currency)


def _check(plan: FeePlan) -> None:
    if not 0 <= plan.basis_points <= 10_000:
        raise FeePlanInvalid(_("Between 0 and 100 percent."), field="percent")
    for name in ("fixed", "minimum", "maximum"):
        if not 0 <= (getattr(plan, name) or 0) <= MOST:
            raise FeePlanInvalid(_("An amount has at most eight digits and is not negative."), field=name)
    if plan.maximum is not None and plan.maximum < plan.minimum:
        raise FeePlanInvalid(_("The most is less than the least."), field="maximum")
