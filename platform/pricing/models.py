from django.db import models
from django.db.models import F, Q

from pricing.quote import FeePlan
from tenants.models import Organizer


class FeeOverride(models.Model):
    """The platform's fee that was agreed with one organizer for one currency; amounts in minor units. In `public`."""

    organizer = models.ForeignKey(Organizer, on_delete=models.CASCADE, related_name="+")
    currency = models.CharField(max_length=3)
    basis_points = models.PositiveIntegerField()
    fixed = models.PositiveIntegerField()
    minimum = models.PositiveIntegerField()
    maximum = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organizer", "currency"], name="fee_override_once"),
            models.CheckConstraint(condition=Q(basis_points__lte=10_000), name="fee_override_within_the_price"),
            models.CheckConstraint(
                condition=Q(maximum=None) | Q(maximum__gte=F("minimum")), name="fee_override_bounds_in_order"
            ),
        ]

    @property
    def plan(self) -> FeePlan:
        return FeePlan(self.basis_points, self.fixed, self.minimum, self.maximum)
