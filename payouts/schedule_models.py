"""When an organizer's own money leaves for its bank, and how much of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Performance
from ui.ids import uuid7


class PayoutSchedule(models.Model):
    """What the platform agreed with an organizer. One row at most; without it the defaults count (docs/payouts.md)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    days_after = models.PositiveSmallIntegerField(default=3)  # the end of a date, before what it earned is due
    reserve_percent = models.PositiveSmallIntegerField(default=0)  # of what becomes due, held back
    reserve_days = models.PositiveSmallIntegerField(default=60)  # for so long
    most_disputes = models.PositiveSmallIntegerField(default=2)  # undecided; with more of them payouts wait
    held_because = models.CharField(
        max_length=200, blank=True
    )  # not empty: the platform holds payouts, for this reason
    manual_account_id = models.CharField(
        max_length=64, blank=True
    )  # whose own schedule at the provider is switched off

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="payout_schedule_is_one"),
            models.CheckConstraint(
                condition=Q(days_after__lte=60, reserve_percent__lte=50, reserve_days__lte=180),
                name="payout_schedule_within",
            ),
        ]


class Maturity(models.Model):
    """That what a date earned became due: `net` minor units of it were the organizer's then, `reserve` of it held back until it is released."""

    performance = models.OneToOneField(Performance, on_delete=models.PROTECT, related_name="maturity")
    currency = models.CharField(max_length=3)
    net = models.BigIntegerField()
    reserve = models.BigIntegerField()
    due_at = models.DateTimeField()
    release_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "maturities"
        constraints = [models.CheckConstraint(condition=Q(reserve__gte=0), name="maturity_reserve")]
        indexes = [models.Index(fields=["release_at"], condition=Q(released_at=None), name="maturity_to_release")]


class Payout(models.Model):
    """Money on its way to the organizer's bank, `amount` minor units; `id` is its key at the provider, so it is paid once.

    `working` says how the amount came about, in minor units by name (payouts.schedule.Payable).
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Being sent")
        SENT = "sent", _("On its way")
        PAID = "paid", _("Paid")
        FAILED = "failed", _("Came back")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    amount = models.PositiveBigIntegerField()
    working = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    provider_id = models.CharField(max_length=64, blank=True)
    failure = models.CharField(max_length=120, blank=True)  # the provider's or the bank's reason, in its code
    created_at = models.DateTimeField(auto_now_add=True)
    arrives_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payout_of_something"),
            models.UniqueConstraint(fields=["provider_id"], condition=~Q(provider_id=""), name="payout_provider_once"),
            # A second one is worked out only when the books have the first.
            models.UniqueConstraint(fields=["currency"], condition=Q(state="asked"), name="payout_one_asked"),
        ]
