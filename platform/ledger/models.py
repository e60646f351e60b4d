from dataclasses import dataclass
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ui.ids import uuid7


class Party(models.TextChoices):
    """Who can be owed money, or owe it. An account names one with a reference where there may be several of a kind."""

    ORGANIZER = "organizer", _("Organizer")
    VENUE = "venue", _("Venue")
    ARTIST = "artist", _("Artist")
    PROMOTER = "promoter", _("Promoter")
    AFFILIATE = "affiliate", _("Affiliate")
    PLATFORM = "platform", _("Platform")


class Account(models.Model):
    """A named place for money, per currency and, where it is somebody's, per party. Debits are positive, credits negative.

    docs/money.md has the chart. An account is never changed: a new currency or party is a new row.
    """

    append_only: ClassVar[bool] = True

    class Kind(models.TextChoices):
        # what there is
        PROVIDER = "provider", _("Held at the payment provider")
        COLLECTED = "collected", _("Held by the platform")
        TRANSIT = "transit", _("On its way between the platform and the organizer's account")
        BANK = "bank", _("Paid out to the bank")
        DISPUTED = "disputed", _("Taken back by buyers' banks")
        UNEXPLAINED = "unexplained", _("Moved at the provider for a reason unknown here")
        # what came in, and what it cost
        SALES = "sales", _("Ticket sales")
        PLATFORM_FEES = "platform_fees", _("Platform fees")
        PAYMENT_COSTS = "payment_costs", _("The payment provider's charges")
        SHARES = "shares", _("Partners' shares")
        # the organizer's own that waits: the other side of its reserve
        HELD_BACK = "held_back", _("The organizer's own, held back")
        # the organizer's own that lies with the platform: the other side of what the platform owes it
        OWN = "own", _("The organizer's own, with the platform")
        # what is owed, each of one party
        PAYABLE = "payable", _("Owed to a party")
        RESERVE = "reserve", _("Owed to a party, held back")
        RECEIVABLE = "receivable", _("Owed by a party")

    kind = models.CharField(max_length=20, choices=Kind)
    currency = models.CharField(max_length=3)
    party = models.CharField(max_length=10, choices=Party, blank=True, default="", db_default="")
    reference = models.CharField(max_length=64, blank=True, default="", db_default="")  # which one: an id as text

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "currency", "party", "reference"], name="account_of_party_once"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="account_has_a_currency"),
            models.CheckConstraint(
                condition=Q(kind__in=["payable", "reserve", "receivable"], party__in=Party.values)
                | (~Q(kind__in=["payable", "reserve", "receivable"]) & Q(party="", reference="")),
                name="account_party_where_owed",
            ),
        ]


@dataclass(frozen=True, order=True)
class Owed:
    """An account of one party: `Owed(Kind.PAYABLE, Party.AFFILIATE, affiliate_id)`; `reference` tells several apart."""

    kind: Account.Kind
    party: Party
    reference: str = ""


class LedgerTransaction(models.Model):
    """Entries that belong together and add up to nothing. `key` makes a second posting of one thing a no-op."""

    append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=120)  # "sale:<order id>", "refund:<refund id>"
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key"], name="ledger_transaction_once")]


class LedgerEntry(models.Model):
    """One line: `amount` minor units into (positive) or out of (negative) an account."""

    append_only: ClassVar[bool] = True

    transaction = models.ForeignKey(LedgerTransaction, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    amount = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "ledger entries"


class CollectedParty(models.Model):
    """A party that the platform pays by transfer, so its part of each sale is taken in by the platform with its own fee."""

    party = models.CharField(max_length=10, choices=Party)
    reference = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "collected parties"
        constraints = [models.UniqueConstraint(fields=["party", "reference"], name="collected_party_once")]


class SplitPlan(models.Model):
    """Who gets what of what something earns; `subject` says of what (an event's id as text). Its rules are its versions.

    Its row is locked while anything is shared out by it, so that each amount knows what was earned before it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject"], name="split_plan_once")]


class SplitVersion(models.Model):
    """Rules of a plan (ledger.split_rules.Rules), never changed. What is sold under them is shared out by them for good.

    `base` is what had been earned, minor units, when it came, `base_tickets` how many tickets counted: it goes on from there. When
    what was sold under an older version goes back it goes on from less; its newest line says from what (ledger.splits.stands).
    """

    append_only: ClassVar[bool] = True

    plan = models.ForeignKey(SplitPlan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    rules = models.JSONField()
    base = models.BigIntegerField()
    base_tickets = models.PositiveIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=80)  # an audit.actions.Actor as text

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="split_version_once"),
            models.CheckConstraint(condition=Q(base__gte=0), name="split_version_base"),
        ]


class SplitLine(models.Model):
    """`amount` minor units, earned or given back, that were shared out: `parts` add up to it, the organizer's rest among them.

    `key` is that of the ledger transaction which earned it, `before` what the version had earned up to there, its base in it;
    `tickets` more count since, or fewer, and `tickets_before` did up to there. Without a version it is a commission, which goes
    to an affiliate out of the organizer's part (ledger.commissions): its key is "commission:" and that of what moved it.

    `base` and `base_tickets` are what the version went on from then (none in lines older than this: the version's own). Where an
    older version moved, a line of no amount under "rebase:<key>:<version>" moves these by `base_moved` and `base_tickets_moved`, and
    where the version stands with them: its `before` and `tickets_before` are what is so since.
    """

    append_only: ClassVar[bool] = True

    version = models.ForeignKey(SplitVersion, null=True, on_delete=models.PROTECT, related_name="lines")
    key = models.CharField(max_length=120)
    amount = models.BigIntegerField()
    before = models.BigIntegerField()
    tickets = models.IntegerField(default=0, db_default=0)
    tickets_before = models.IntegerField(default=0, db_default=0)
    base = models.BigIntegerField(null=True)
    base_tickets = models.IntegerField(null=True)
    base_moved = models.BigIntegerField(default=0, db_default=0)
    base_tickets_moved = models.IntegerField(default=0, db_default=0)
    parts = models.JSONField()  # [{"party", "reference", "amount"}]
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="split_line_once"),
            models.CheckConstraint(
                condition=Q(version__isnull=False) & ~Q(key__regex="^commission:")
                | Q(version=None, key__regex="^commission:", amount=0, before=0),
                name="split_line_of_a_plan_or_commission",
            ),
            models.CheckConstraint(
                condition=Q(base_moved=0, base_tickets_moved=0) | Q(key__regex="^rebase:", amount=0, tickets=0),
                name="split_line_rebased",
            ),
        ]
