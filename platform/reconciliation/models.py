from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ui.ids import uuid7


class Check(models.Model):
    """One comparison of our books with the provider's, from `since` (None: from the beginning) to when it began.

    It says how far it is, so that whoever takes it up after a crash goes on there, and a page can show it.
    """

    class Step(models.TextChoices):
        FETCH = "fetch", _("Fetching the lines of the balance")
        MATCH = "match", _("Comparing them with our books")
        EVENTS = "events", _("Looking for messages that never came")
        OURS = "ours", _("Looking for bookings without a line")
        BALANCE = "balance", _("Comparing the balance")
        DONE = "done", _("Done")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.CharField(max_length=64)
    since = models.DateTimeField(null=True)
    asked_by = models.CharField(max_length=60)  # an Actor as text
    started_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)  # whose worker is at it
    finished_at = models.DateTimeField(null=True)
    step = models.CharField(max_length=10, choices=Step, default=Step.FETCH)
    cursor = models.CharField(max_length=64, blank=True)  # the last line that was fetched
    lines = models.PositiveIntegerField(default=0)  # fetched, those known before included
    done = models.PositiveIntegerField(default=0)  # compared, of `total`
    total = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)  # why it waits; it goes on by itself

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_id"], condition=Q(finished_at__isnull=True), name="check_one_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["-started_at"], name="check_newest")]

    @property
    def is_done(self) -> bool:
        return self.finished_at is not None


class ProviderLine(models.Model):
    """A line of the account's balance at the provider, as it came; minor units of `currency`, money in is positive.

    `posting_key` names the ledger transaction that records the same thing; what our books did not have of it (the provider's
    own charge, a payout, a difference) is posted under `own_key`. So net = what both keys moved at the provider.
    """

    class State(models.TextChoices):
        NEW = "new", _("Not compared yet")
        MATCHED = "matched", _("In the books")
        ODD = "odd", _("In the books, with an incident")

    id = models.CharField(primary_key=True, max_length=64)
    account_id = models.CharField(max_length=64)
    type = models.CharField(max_length=60)
    amount = models.BigIntegerField()
    provider_fee = models.BigIntegerField()
    platform_fee = models.BigIntegerField()
    net = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    source = models.CharField(max_length=64, blank=True)
    intent_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    posting_key = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["posting_key"], condition=~Q(posting_key=""), name="line_of_posting_once"),
            models.CheckConstraint(
                condition=Q(net=models.F("amount") - models.F("provider_fee") - models.F("platform_fee")),
                name="line_adds_up",
            ),
        ]
        indexes = [models.Index(fields=["created_at", "id"], condition=Q(state="new"), name="line_to_compare")]

    @property
    def own_key(self) -> str:
        """Under which the ledger has what only this line tells."""
        return f"line:{self.pk}"


class Incident(models.Model):
    """A break between our books and the provider's. `key` names the break, so that finding it again opens no second one.

    `ours` and `theirs` are minor units of `currency`, None where there is no amount to compare. `kind` says what to do
    (reconciliation.kinds).
    """

    class Kind(models.TextChoices):
        UNSETTLED = "unsettled", _("Paid, but without tickets")
        REFUND_UNKNOWN = "refund_unknown", _("A refund that we did not know of")
        REFUND_FAILED = "refund_failed", _("A refund came back")
        EVENTS_MISSED = "events_missed", _("Messages from Stripe that never came")
        DISPUTED = "disputed", _("A buyer's bank took a payment back")
        FRAUD_WARNING = "fraud_warning", _("A payment that looks like fraud")
        PAYOUT_FAILED = "payout_failed", _("A payout came back")
        TRANSFER_FAILED = "transfer_failed", _("A transfer was refused")
        AMOUNT_DIFFERS = "amount_differs", _("Another amount than in our books")
        MONEY_UNKNOWN = "money_unknown", _("Money that we cannot explain")
        LINE_MISSING = "line_missing", _("In our books, but not at Stripe")
        BALANCE_DIFFERS = "balance_differs", _("Another balance than the sum of its lines")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        FIXED = "fixed", _("Fixed")
        CLOSED = "closed", _("Closed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(
        max_length=120, blank=True
    )  # the id of what it is about, at the provider or in the books
    order_id = models.UUIDField(null=True)
    order_number = models.CharField(max_length=12, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    ours = models.BigIntegerField(null=True)
    theirs = models.BigIntegerField(null=True)
    number = models.PositiveIntegerField(default=1)  # how many things it stands for
    error = models.CharField(max_length=300, blank=True)  # why it could not be fixed yet
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=300, blank=True)  # what the person who closed it found or did

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="incident_once"),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True) | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="incident_settled_has_a_time",
            ),
            models.CheckConstraint(condition=~Q(state="closed") | ~Q(note=""), name="incident_closed_has_a_note"),
        ]
        indexes = [models.Index(fields=["state", "-opened_at"], name="incident_inbox")]

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
