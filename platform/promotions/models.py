from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Event
from promotions.affiliate_models import Affiliate, AffiliateClick, AffiliateProgramme, EventCommission
from promotions.words import LONGEST_CODE, gift_words, threshold_words
from ui.ids import uuid7

__all__ = [
    "Affiliate",
    "AffiliateClick",
    "AffiliateProgramme",
    "AutomaticDiscount",
    "CodeBatch",
    "CodeRecipient",
    "CodeUse",
    "Effect",
    "EventCommission",
    "PromoCode",
    "Terms",
]


class Effect(models.TextChoices):
    """What a code or discount does to the tickets that it is for; pricing.discounts has the arithmetic of all but the last."""

    PERCENT = "percent", _("A percentage off each ticket")
    PER_TICKET = "per_ticket", _("An amount off each ticket")
    PER_ORDER = "per_order", _("An amount off the whole order")
    SET_PRICE = "set_price", _("A new price for each ticket")
    N_FOR_M = "n_for_m", _("Some tickets for the price of fewer")
    NOTHING = "nothing", _("No discount: it only opens tickets")


def _terms_hold(name: str) -> list[models.CheckConstraint]:
    """What holds of every code and discount, whoever wrote the row."""
    return [
        models.CheckConstraint(
            name=f"{name}_percent", condition=~Q(effect="percent") | Q(value__gte=1, value__lte=10_000)
        ),
        models.CheckConstraint(
            name=f"{name}_n_for_m",
            condition=Q(effect="n_for_m", buy__gt=models.F("pay"), pay__gte=0) | ~Q(effect="n_for_m") & Q(buy=0, pay=0),
        ),
        models.CheckConstraint(
            name=f"{name}_window",
            condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=models.F("starts_at")),
        ),
        models.CheckConstraint(
            name=f"{name}_tickets",
            condition=Q(least_tickets__gte=1) & (Q(most_tickets=None) | Q(most_tickets__gte=models.F("least_tickets"))),
        ),
    ]


class Terms(models.Model):
    """What a code or a discount gives, from when on and for what.

    `value` is basis points for a percentage, else minor units of `currency`; of each `buy` tickets `pay` are paid.
    `ticket_types` are ids of the event's types, empty for all. It applies from `least_tickets` of them and `least_spend`
    minor units for them on, to at most `most_tickets` of them, the dearest.
    """

    effect = models.CharField(max_length=10, choices=Effect)
    value = models.PositiveIntegerField(default=0)
    buy = models.PositiveSmallIntegerField(default=0)
    pay = models.PositiveSmallIntegerField(default=0)
    currency = models.CharField(max_length=3)
    ticket_types = ArrayField(models.UUIDField(), default=list, blank=True)
    least_tickets = models.PositiveSmallIntegerField(default=1)
    most_tickets = models.PositiveSmallIntegerField(null=True)
    least_spend = models.PositiveIntegerField(default=0)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    is_combinable = models.BooleanField(default=True)

    class Meta:
        abstract = True

    def is_on(self, *, at: datetime) -> bool:
        """Whether this instant is within its dates."""
        return (self.starts_at is None or self.starts_at <= at) and (self.ends_at is None or at < self.ends_at)

    @property
    def words(self) -> str:
        """What it gives and from when on, in one line for people."""
        gift = gift_words(self.effect, value=self.value, buy=self.buy, pay=self.pay, currency=self.currency)
        least = threshold_words(least_tickets=self.least_tickets, least_spend=self.least_spend, currency=self.currency)
        return f"{gift}, {least}" if least else gift


class CodeBatch(models.Model):
    """Many codes of the same terms that were made or imported together, each of its own use."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class PromoCode(Terms):
    """A word that people type at the checkout. `key` is what is compared (promotions.words), `code` what is shown.

    Without `event` it is for every event in its currency. `most_uses` in all are places of a pool, one use per order;
    None: no limit and no pool. `per_buyer` orders of one person, `budget` minor units in all that it may take off.
    `opens_hidden` shows hidden types of its ticket types, `opens_early` sells them before their sale begins.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=LONGEST_CODE)
    key = models.CharField(max_length=LONGEST_CODE)
    batch = models.ForeignKey(CodeBatch, null=True, on_delete=models.PROTECT, related_name="codes")
    event = models.ForeignKey(Event, null=True, on_delete=models.PROTECT, related_name="codes")
    most_uses = models.PositiveIntegerField(null=True)
    per_buyer = models.PositiveSmallIntegerField(null=True)
    budget = models.PositiveIntegerField(null=True)
    opens_hidden = models.BooleanField(default=False)
    opens_early = models.BooleanField(default=False)
    stopped_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "pk"]
        constraints: ClassVar = [
            *_terms_hold("code"),
            models.UniqueConstraint(fields=["key"], name="code_key_once"),
            models.CheckConstraint(name="code_has_a_key", condition=~Q(key="")),
            models.CheckConstraint(
                name="code_does_something", condition=~Q(effect="nothing") | Q(opens_hidden=True) | Q(opens_early=True)
            ),
            models.CheckConstraint(
                name="code_types_are_an_events", condition=Q(ticket_types__len=0) | Q(event__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def opens(self) -> bool:
        """Whether somebody with the code can choose tickets that others cannot."""
        return self.opens_hidden or self.opens_early

    def is_for(self, ticket_type_id: UUID) -> bool:
        """Whether it is for this ticket type of an event that it is for."""
        return not self.ticket_types or ticket_type_id in self.ticket_types

    def is_valid(self, *, at: datetime) -> bool:
        """Whether it may be used at this instant, as far as its own row says."""
        return self.stopped_at is None and self.is_on(at=at)


class CodeRecipient(models.Model):
    """Whom a code of a batch was mailed to. The code's use says whether they came."""

    code = models.OneToOneField(PromoCode, on_delete=models.PROTECT, related_name="recipient")
    email = models.EmailField()
    created_at = models.DateTimeField(auto_now_add=True)


class CodeUse(models.Model):
    """That a hold was priced with a code, which took off `taken` minor units. Written and removed with the hold's price.

    `hold_id` is an inventory.Hold, plainly, because holds lie above; whether it still counts is for that hold and its
    order to say (checkout.codes). Nobody adds anything up here.
    """

    code = models.ForeignKey(PromoCode, on_delete=models.PROTECT, related_name="uses")
    hold_id = models.UUIDField(unique=True)
    taken = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["code", "hold_id"], name="code_use")]


class AutomaticDiscount(Terms):
    """What comes off an event's prices by itself. Buyers read its `name` beside the price."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="discounts")
    name = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints: ClassVar = [
            *_terms_hold("discount"),
            models.CheckConstraint(name="discount_gives_something", condition=~Q(effect="nothing")),
            models.CheckConstraint(name="discount_has_a_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name
