from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models import Performance, TicketType
from pricing.dynamic import Moved
from ui.ids import uuid7


class PriceRules(models.Model):
    """A version of how a ticket type's price moves, at all dates of its event. Append-only; the last one is in force.

    `rules` is `pricing.dynamic.Rules.as_dict()`.
    """

    append_only: ClassVar[bool] = True

    class Mode(models.TextChoices):
        OFF = "off", _("Off: the price stays as it is")
        PROPOSE = "propose", _("Propose: I approve each new price")
        APPLY = "apply", _("Let it run: new prices hold at once")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="price_rules")
    version = models.PositiveIntegerField()  # 1, 2, 3 ... of each ticket type
    mode = models.CharField(max_length=7, choices=Mode)
    rules = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=80)  # an audit.actions.Actor as text

    class Meta:
        verbose_name_plural = "price rules"
        constraints = [
            models.UniqueConstraint(fields=["ticket_type", "version"], name="price_rules_version_once"),
            models.CheckConstraint(condition=Q(mode__in=["off", "propose", "apply"]), name="price_rules_mode"),
        ]

    @property
    def is_live(self) -> bool:
        """Whether it may change a price."""
        return self.mode != self.Mode.OFF


class DynamicPrice(models.Model):
    """What is added to a ticket type's own price at one date now, minor units, below 0 where it is taken off.

    `floor` and `cap` are those of the rules that decided it: the sum stays between them, whatever the own price becomes. A trigger
    gives the date a new `offer_version` with every change (repricing/triggers.py).
    """

    performance = models.ForeignKey(Performance, on_delete=models.PROTECT, related_name="dynamic_prices")
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="dynamic_prices")
    amount = models.IntegerField(default=0)
    floor = models.PositiveIntegerField()
    cap = models.PositiveIntegerField()
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["performance", "ticket_type"], name="dynamic_price_once"),
            models.CheckConstraint(condition=Q(floor__gte=1, cap__gte=F("floor")), name="dynamic_price_bounds"),
        ]

    @property
    def moved(self) -> Moved:
        """As prices are worked out with it."""
        return Moved(self.amount, self.floor, self.cap)


class Proposal(models.Model):
    """A price that the rules want and somebody has to approve; one at most is open for a ticket type at a date.

    `why` and `state` are reasons and SaleState of `pricing.dynamic`, as plain values.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")
        SUPERSEDED = "superseded", _("Replaced")
        EXPIRED = "expired", _("Expired")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    performance = models.ForeignKey(Performance, on_delete=models.PROTECT, related_name="price_proposals")
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="price_proposals")
    rules = models.ForeignKey(PriceRules, on_delete=models.PROTECT, related_name="proposals")
    amount = models.IntegerField()
    price = models.PositiveIntegerField()
    price_before = models.PositiveIntegerField()
    why = models.JSONField()
    state = models.JSONField()
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)  # an audit.actions.Actor as text

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["performance", "ticket_type"], condition=Q(status="open"), name="proposal_one_open"
            ),
            models.CheckConstraint(
                condition=Q(status="open", decided_at=None) | ~Q(status="open") & Q(decided_at__isnull=False),
                name="proposal_decided_at_a_time",
            ),
        ]


class PriceChange(models.Model):
    """A new price of a ticket type at one date: from what to what, why, how the sale stood, and who approved it. Append-only.

    Prices are the organizer's, before fees; `price` = `base` + `amount`. `offer_version` is the date's from this change on: a claim
    that names an older one is refused.
    """

    append_only: ClassVar[bool] = True

    performance = models.ForeignKey(Performance, on_delete=models.PROTECT, related_name="price_changes", db_index=False)
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="price_changes", db_index=False)
    rules = models.ForeignKey(PriceRules, on_delete=models.PROTECT, related_name="changes", db_index=False)
    at = models.DateTimeField()
    base = models.PositiveIntegerField()
    amount_before = models.IntegerField()
    amount = models.IntegerField()
    price_before = models.PositiveIntegerField()
    price = models.PositiveIntegerField()
    why = models.JSONField()
    state = models.JSONField(null=True)  # null: not the sale moved it, but a change of the rules
    approved_by = models.CharField(
        max_length=80
    )  # an audit.actions.Actor as text; "system" where the rules run by themselves
    offer_version = models.UUIDField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(price=F("base") + F("amount")), name="price_change_adds_up"),
        ]
        indexes = [models.Index(fields=["performance", "ticket_type", "at"], name="price_change_history")]
