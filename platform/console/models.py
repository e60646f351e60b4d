from django.db import models

from payments.dispute_words import reason_words
from payments.models import Dispute
from reconciliation.models import Incident
from tenants.models import Organizer
from tenants.queries import portal_url


class OrganizerFigures(models.Model):
    """One organizer's figures, kept up to date by the outbox so that no page walks schemas."""

    organizer = models.OneToOneField(Organizer, on_delete=models.CASCADE, related_name="figures")
    events = models.PositiveIntegerField(default=0)  # ever published
    orders = models.PositiveIntegerField(default=0)  # ever paid
    tickets = models.PositiveIntegerField(default=0)
    last_sale_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "organizer figures"


class OrganizerTurnover(models.Model):
    """What buyers paid an organizer in one currency, fees included, and what went back; minor units."""

    organizer = models.ForeignKey(Organizer, on_delete=models.CASCADE, related_name="turnovers")
    currency = models.CharField(max_length=3)
    paid = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["currency"]
        constraints = [models.UniqueConstraint(fields=["organizer", "currency"], name="turnover_once")]

    @property
    def kept(self) -> int:
        return self.paid - self.refunded


class CountedSale(models.Model):
    """That a sale, a refund or a refund's failure is in the figures: a message that comes twice counts once.

    `order_id` is the order's for a sale, else the refund's.
    """

    class Kind(models.TextChoices):
        SALE = "sale"
        REFUND = "refund"
        FAILED = "failed"
        REPAID = "repaid"

    order_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order_id", "kind"], name="counted_once")]


class ListedDispute(models.Model):
    """An organizer's dispute as the platform sees it. Fed by the outbox."""

    organizer = models.ForeignKey(Organizer, on_delete=models.CASCADE, related_name="+")
    dispute_id = models.UUIDField()
    order_number = models.CharField(max_length=12)
    amount = models.PositiveIntegerField()
    fee = models.IntegerField(default=0)
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=40)
    state = models.CharField(max_length=24, choices=Dispute.State)
    due_by = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispute_id"], name="listed_dispute_once")]
        indexes = [models.Index(fields=["-opened_at"], name="listed_dispute_newest")]

    @property
    def words(self) -> str:
        """What the buyer told the bank, in the reader's language."""
        return str(reason_words(self.reason))

    @property
    def url(self) -> str:
        """Its page in the organizer's portal."""
        return portal_url(self.organizer, f"/portal/disputes/{self.dispute_id}/")


class ListedIncident(models.Model):
    """An organizer's incident as the platform sees it: no more than what is needed to help. Fed by the outbox."""

    organizer = models.ForeignKey(Organizer, on_delete=models.CASCADE, related_name="+")
    incident_id = models.UUIDField()
    kind = models.CharField(max_length=20, choices=Incident.Kind)
    state = models.CharField(max_length=10, choices=Incident.State)
    subject = models.CharField(max_length=120, blank=True)
    order_number = models.CharField(max_length=12, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    ours = models.BigIntegerField(null=True)
    theirs = models.BigIntegerField(null=True)
    number = models.PositiveIntegerField(default=1)
    error = models.CharField(max_length=300, blank=True)
    note = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident_id"], name="listed_incident_once")]
        indexes = [models.Index(fields=["state", "-opened_at"], name="listed_incident_inbox")]

    @property
    def is_open(self) -> bool:
        return self.state == Incident.State.OPEN


class PlatformLine(models.Model):
    """A line of the platform's own balance at the payment provider, as it came; minor units, money in is positive."""

    id = models.CharField(primary_key=True, max_length=64)
    type = models.CharField(max_length=60)
    amount = models.BigIntegerField()
    fee = models.BigIntegerField()  # the provider's own charge
    net = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    source = models.CharField(max_length=64, blank=True)
    about = models.CharField(max_length=80, blank=True, db_default="")  # what it is compared by: see PlatformBooking
    account_id = models.CharField(max_length=64, blank=True, db_default="")  # whose sale it is of, or who gets it
    is_passed_on = models.BooleanField(
        default=False, db_default=False
    )  # of an organizer's order that we are charged for
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["-created_at"], name="platform_line_newest"),
            models.Index(fields=["source"], name="platform_line_source"),
        ]


class PlatformBooking(models.Model):
    """What of the provider's a posting in our books is the other side of.

    `about` is the charge that our fee was taken with, or `transfer:<id>` of a transfer and all that comes back of it.
    """

    key = models.CharField(primary_key=True, max_length=120)
    about = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["about"], name="platform_booking_about")]


class PlatformDifference(models.Model):
    """A charge or transfer of which the provider's lines and our books say different sums; minor units."""

    about = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    theirs = models.BigIntegerField()
    ours = models.BigIntegerField()
    account_id = models.CharField(max_length=64, blank=True)
    since = models.DateTimeField()
    is_told = models.BooleanField(default=False)

    class Meta:
        ordering = ["since", "about"]
        constraints = [models.UniqueConstraint(fields=["about", "currency"], name="platform_difference_once")]


class PlatformBalance(models.Model):
    """The platform's balance in one currency when it was last compared: what the provider says, its lines, and our books."""

    currency = models.CharField(max_length=3)
    theirs = models.BigIntegerField()
    lines = models.BigIntegerField()
    ours = models.BigIntegerField()
    checked_at = models.DateTimeField()
    differs_since = models.DateTimeField(null=True)

    class Meta:
        ordering = ["currency"]
        constraints = [models.UniqueConstraint(fields=["currency"], name="platform_balance_once")]

    @property
    def difference(self) -> int:
        """What the provider has more than our books."""
        return self.theirs - self.ours
