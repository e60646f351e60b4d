from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.models import Party
from ledger.split_rules import ORGANIZER, Payee
from orders.models import Order
from payouts.schedule_models import Maturity, Payout, PayoutSchedule
from promotions.models import Affiliate
from ui.ids import new_token, uuid7

__all__ = [
    "Maturity",
    "Partner",
    "PartnerPayment",
    "Payout",
    "PayoutSchedule",
    "Transfer",
    "TransferReversal",
]


class Partner(models.Model):
    """Somebody who shares in what an organizer's events earn. In the ledger it is its kind with its id as the reference.

    With an account of its own at the payment provider it can be paid by transfer, otherwise by hand. `token` opens the page on
    which it connects one, for whoever has the link. Who earns commissions (promotions.Affiliate) is a partner of the same id.
    """

    class Kind(models.TextChoices):
        VENUE = Party.VENUE.value, _("Venue")
        ARTIST = Party.ARTIST.value, _("Artist")
        PROMOTER = Party.PROMOTER.value, _("Promoter")
        AFFILIATE = Party.AFFILIATE.value, _("Affiliate")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    affiliate = models.OneToOneField(Affiliate, null=True, on_delete=models.PROTECT, related_name="partner")
    token = models.CharField(max_length=64, default=new_token)
    account_id = models.CharField(max_length=64, blank=True)
    transfers_enabled = models.BooleanField(default=False)
    requirements = models.JSONField(default=list)  # what the provider still asks for, its own words for the fields
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["token"], name="partner_token_once"),
            models.UniqueConstraint(fields=["account_id"], condition=~Q(account_id=""), name="partner_account_once"),
            models.CheckConstraint(
                condition=Q(transfers_enabled=False) | ~Q(account_id=""), name="partner_is_paid_into_an_account"
            ),
            # So that its account in the ledger is known without asking (checkout.booking.payee_of).
            models.CheckConstraint(
                condition=Q(affiliate=None) | Q(affiliate=F("id"), kind="affiliate"), name="partner_of_its_affiliate"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def payee(self) -> Payee:
        """What the ledger and split plans know it by."""
        return Payee(Party(self.kind), str(self.pk))


class PartnerPayment(models.Model):
    """Money that changed hands outside the payment provider, `amount` minor units: to a partner, or back from one."""

    class Direction(models.TextChoices):
        OUT = "out", _("Paid")
        BACK = "back", _("Paid back")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="payments")
    direction = models.CharField(max_length=4, choices=Direction)
    currency = models.CharField(max_length=3)
    amount = models.PositiveBigIntegerField()
    words = models.CharField(max_length=200)  # how, as the partner reads it
    key = models.CharField(max_length=64)  # of whoever noted it: noting it twice makes one
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=80)  # an audit.actions.Actor as text

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="partner_payment_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="partner_payment_of_something"),
        ]


class Transfer(models.Model):
    """Money on its way from the platform to a partner's account, or to the organizer's own, `amount` minor units; `id` is its
    key at the provider.

    The books have it from the request on, so that nothing is sent twice; if the provider refuses it, it is put back. With an
    `order` it is paid out of that order's charge (docs/charge-models.md), else from the platform's available balance.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("On its way")
        SENT = "sent", _("Paid")
        FAILED = "failed", _("Not paid")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    partner = models.ForeignKey(
        Partner, null=True, on_delete=models.PROTECT, related_name="transfers"
    )  # null: organizer
    account_id = models.CharField(max_length=64, default="", db_default="")  # where it goes
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="transfers")
    currency = models.CharField(max_length=3)
    amount = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    provider_id = models.CharField(max_length=64, blank=True)
    failure = models.CharField(max_length=120, blank=True)  # the provider's word for why not
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=80)  # an audit.actions.Actor as text

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider_id"], condition=~Q(provider_id=""), name="transfer_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfer_of_something"),
            models.CheckConstraint(condition=~Q(state="sent") | ~Q(provider_id=""), name="transfer_sent_has_an_id"),
        ]

    @property
    def payee(self) -> Payee:
        """Whose it is in the ledger."""
        return self.partner.payee if self.partner else ORGANIZER


class TransferReversal(models.Model):
    """Money of a transfer that goes back, because what had earned it was given back. The books have it once it came."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("Asked for")
        DONE = "done", _("Came back")
        FAILED = "failed", _("Did not come back")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="reversals")
    amount = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    provider_id = models.CharField(max_length=64, blank=True)
    failure = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider_id"], condition=~Q(provider_id=""), name="reversal_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="reversal_of_something"),
        ]
