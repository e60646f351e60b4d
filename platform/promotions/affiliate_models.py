"""The nouns of affiliates: who they are, how they are paid, and the visits that their links brought."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from events.models import Event
from promotions.commission import CommissionKind, Rate, Tier
from promotions.words import LONGEST_CODE
from ui.ids import uuid7

LONGEST_WINDOW = 90  # days


def _rate_holds(name: str) -> list[models.CheckConstraint]:
    """What holds of every rate, whoever wrote the row."""
    return [
        models.CheckConstraint(
            name=f"{name}_percent", condition=~Q(kind="percent") | Q(basis_points__gte=1, basis_points__lte=10_000)
        ),
        models.CheckConstraint(name=f"{name}_fixed", condition=~Q(kind="fixed") | Q(fixed__gte=1)),
    ]


class CommissionRate(models.Model):
    """What affiliates get: `basis_points` of each ticket's price without tax and fees, or `fixed` minor units of `currency` for
    each paid ticket, or by `tiers` [[from ticket, basis points], ...], counted over all that the affiliate has sold."""

    kind = models.CharField(max_length=10, choices=CommissionKind, default=CommissionKind.PERCENT)
    basis_points = models.PositiveIntegerField(default=0)
    fixed = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3)
    tiers = models.JSONField(default=list)

    class Meta:
        abstract = True

    @property
    def rate(self) -> Rate:
        """The same for the arithmetic."""
        tiers = tuple(Tier(*one) for one in self.tiers)
        return Rate(CommissionKind(self.kind), self.basis_points, self.fixed, self.currency, tiers)


class AffiliateProgramme(CommissionRate):
    """How an organizer works with affiliates; there is one row, or none while it has none.

    A sale counts for an affiliate whose link was followed at most `window_days` before, the `touch` saying whose where there
    were several. Commissions are approved `approval_days` after the sale or the event, by the clock unless `needs_approval`.
    `counts_team`: orders and affiliates of the organizer's own team count too.
    """

    class Touch(models.TextChoices):
        FIRST = "first", _("The first affiliate whose link was followed")
        LAST = "last", _("The last affiliate whose link was followed")

    class ApprovalFrom(models.TextChoices):
        SALE = "sale", _("the sale")
        EVENT = "event", _("the event")

    takes_applications = models.BooleanField(default=False)
    window_days = models.PositiveSmallIntegerField(default=30)
    touch = models.CharField(max_length=5, choices=Touch, default=Touch.LAST)
    needs_approval = models.BooleanField(default=False)
    approval_days = models.PositiveSmallIntegerField(default=14)
    approval_from = models.CharField(max_length=5, choices=ApprovalFrom, default=ApprovalFrom.SALE)
    counts_team = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            *_rate_holds("programme"),
            models.CheckConstraint(name="programme_once", condition=Q(id=1)),
            models.CheckConstraint(
                name="programme_window", condition=Q(window_days__gte=1, window_days__lte=LONGEST_WINDOW)
            ),
            models.CheckConstraint(name="programme_is_for_everything", condition=~Q(kind="none")),
        ]


class EventCommission(CommissionRate):
    """What one event pays instead of the programme's rate; with the kind `none` nothing."""

    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="commission")

    class Meta:
        constraints: ClassVar = [*_rate_holds("event_commission")]


class Affiliate(models.Model):
    """Somebody who sends buyers for a commission. `code` stands in their links, `key` is what is compared.

    Whoever proves at the storefront that `email` is theirs sees the affiliate's pages. `promo` is a code of their own: an order
    with it is theirs whatever links were followed. applied -> active or declined; active <-> paused; any of them -> ended.
    """

    class State(models.TextChoices):
        APPLIED = "applied", _("Applied")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        ENDED = "ended", _("Ended")
        DECLINED = "declined", _("Declined")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=LONGEST_CODE)
    key = models.CharField(max_length=LONGEST_CODE)
    name = models.CharField(max_length=120)
    email = models.EmailField()
    words = models.TextField(max_length=600, blank=True)  # of the application: where they would tell people
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    promo = models.OneToOneField("promotions.PromoCode", null=True, on_delete=models.PROTECT, related_name="affiliate")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key"], name="affiliate_key_once"),
            models.UniqueConstraint(Lower("email"), name="affiliate_once_per_email"),
            models.CheckConstraint(name="affiliate_has_a_key", condition=~Q(key="")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        """Whether visits and sales count for it."""
        return self.state == self.State.ACTIVE


class AffiliateClick(models.Model):
    """A visit that an affiliate's link brought. `visitor` is a digest that no other half hour shares, so it follows nobody."""

    affiliate = models.ForeignKey(Affiliate, on_delete=models.PROTECT, related_name="clicks")
    event = models.ForeignKey(Event, null=True, on_delete=models.PROTECT, related_name="+")
    visitor = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["affiliate", "visitor"], name="affiliate_click_once")]
        indexes: ClassVar = [models.Index(fields=["affiliate", "at"], name="affiliate_click_at")]
