from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from events.models import ChargeModel, Event, Performance
from orders.models import Order, Position
from payments.dispute_words import reason_words
from people.models import Customer
from ui.ids import uuid7


class ConnectedAccount(models.Model):
    """The organizer's own account at the payment provider, and what it may do there.

    One at a time: after the organizer has taken our access back, another one may follow, and the old one's payments keep its
    id. Whether cards can be taken is part of every offer: a trigger gives each date a new `offer_version` when it changes.
    """

    account_id = models.CharField(max_length=64)
    charges_enabled = models.BooleanField(default=False)
    payouts_enabled = models.BooleanField(default=False)
    requirements = models.JSONField(default=list)  # what the provider still asks for, its own words for the fields
    deadline = models.DateTimeField(null=True)  # until when it wants that, before it switches something off
    capabilities = models.JSONField(default=dict)  # name -> active, pending, inactive, unrequested
    disabled_reason = models.CharField(max_length=80, blank=True)
    disconnected_at = models.DateTimeField(null=True)  # when the organizer took our access to it back
    asked_at = models.DateTimeField(
        db_default=Now()
    )  # when the provider was asked for all this: an older answer is no news
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id"], name="connected_account_once"),
            models.CheckConstraint(
                condition=Q(disconnected_at=None) | Q(charges_enabled=False, payouts_enabled=False),
                name="connected_account_gone_does_nothing",
            ),
        ]


class ChargeDefault(models.Model):
    """How the organizer's events are charged that say nothing of their own. One row at most; without it: direct."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    charge_model = models.CharField(max_length=10, choices=ChargeModel, default=ChargeModel.DIRECT)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="charge_default_is_one")]


class WalletDomain(models.Model):
    """A host of the organizer's that is registered with one of its accounts, so that Apple Pay and Google Pay show there.

    Without an `account` it is registered with the platform's, for what is charged there.
    """

    account = models.ForeignKey(ConnectedAccount, null=True, on_delete=models.PROTECT, related_name="wallet_domains")
    host = models.CharField(max_length=253)
    provider_id = models.CharField(max_length=64, blank=True)
    apple_pay = models.CharField(max_length=20, blank=True)  # active or inactive, in the provider's words
    google_pay = models.CharField(max_length=20, blank=True)
    failure = models.CharField(max_length=250, blank=True)  # why the provider would not have it
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "host"], nulls_distinct=False, name="wallet_domain_once")
        ]


class Payer(models.Model):
    """A customer of ours as the provider knows them on one account: under `provider_id` it keeps their cards.

    `account_id` is empty for the platform's own account. The row is made first; its id is the key of the provider's.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="payers")
    account_id = models.CharField(max_length=64, blank=True)
    provider_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "account_id"], name="payer_once_per_account"),
            models.UniqueConstraint(
                fields=["account_id", "provider_id"], condition=~Q(provider_id=""), name="payer_of_one_customer"
            ),
        ]


class Payment(models.Model):
    """The buyer's money in, for one order: one PaymentIntent, over as many attempts as the buyer needs.

    `amount`, `application_fee` (our fee) and `partners_part` are minor units of `currency`. The provider takes both of the last
    out of the organizer's money and gives them to the platform, which pays the partners (docs/splits.md). Where the platform
    itself is charged, `account_id` is empty, our fee is what is not passed on, and `on_behalf_of` is the organizer's account
    where the organizer is the merchant (docs/charge-models.md).
    """

    class State(models.TextChoices):
        CREATED = "created", _("Waiting for the buyer")
        UNDER_WAY = (
            "under_way",
            _("On its way from the bank"),
        )  # the buyer has agreed; for days nobody knows if it comes
        AUTHORISED = "authorised", _("Authorised")
        CAPTURED = "captured", _("Captured")
        VOIDED = "voided", _("Voided")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="payment")
    account_id = models.CharField(max_length=64, blank=True)
    on_behalf_of = models.CharField(max_length=64, blank=True, default="", db_default="")
    intent_id = models.CharField(max_length=64, blank=True)
    charge_id = models.CharField(max_length=64, blank=True)
    card_fingerprint = models.CharField(max_length=64, blank=True, db_default="")  # the provider's, the same for a card
    amount = models.PositiveIntegerField()
    application_fee = models.PositiveIntegerField()
    partners_part = models.PositiveIntegerField(default=0, db_default=0)  # fixed before the money is captured
    currency = models.CharField(max_length=3)
    payer_id = models.CharField(max_length=64, blank=True, default="", db_default="")  # the provider's customer, if any
    saves_card = models.BooleanField(default=False, db_default=False)  # the card is kept for the payer, who agreed
    takes_delayed = models.BooleanField(db_default=False)  # also by methods whose money comes days later
    state = models.CharField(max_length=12, choices=State, default=State.CREATED)
    last_error = models.CharField(max_length=250, blank=True)  # the buyer's bank's answer, in the provider's code
    failed_attempt = models.CharField(max_length=80, blank=True, db_default="")  # the last one, so that it counts once
    failed_saved = models.BooleanField(default=False, db_default=False)  # that attempt was made with a saved card
    failures = models.PositiveSmallIntegerField(db_default=0)  # attempts of the buyer's that failed
    created_at = models.DateTimeField(auto_now_add=True)
    ask_at = models.DateTimeField(db_default=Now())  # when the reconciler asks the provider about it next, while open
    captured_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["intent_id"], condition=~Q(intent_id=""), name="payment_intent_once"),
            models.CheckConstraint(
                condition=~Q(state="captured") | Q(captured_at__isnull=False), name="payment_captured_has_a_time"
            ),
            models.CheckConstraint(condition=Q(saves_card=False) | ~Q(payer_id=""), name="payment_saves_for_a_payer"),
            models.CheckConstraint(condition=Q(application_fee__lte=models.F("amount")), name="payment_fee_within"),
            models.CheckConstraint(
                condition=Q(partners_part__lte=models.F("amount") - models.F("application_fee")),
                name="payment_partners_part_within",
            ),
            models.CheckConstraint(
                condition=~Q(account_id="") | Q(partners_part=0), name="payment_separate_collects_no_part"
            ),
            models.CheckConstraint(
                condition=Q(account_id="") | Q(on_behalf_of=""), name="payment_on_behalf_is_separate"
            ),
        ]
        indexes = [
            models.Index(
                fields=["ask_at"], condition=Q(state__in=["created", "under_way", "authorised"]), name="payment_to_ask"
            ),
            models.Index(fields=["card_fingerprint"], condition=~Q(card_fingerprint=""), name="payment_card"),
        ]

    @property
    def is_separate(self) -> bool:
        """Whether the platform itself is charged."""
        return self.account_id == ""


class Refund(models.Model):
    """Money back to the buyer: all of a payment, or `amount` minor units of it.

    `id` is its idempotency key at the provider, so it is paid once however often it is sent; `key` is that of whoever asked
    for it here, so that asking twice makes one. The database refuses one that asks for more than is left
    (payments/triggers.py).
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        PENDING = "pending", _("On its way")
        SUCCEEDED = "succeeded", _("Refunded")
        FAILED = "failed", _("Failed")

    class Reason(models.TextChoices):
        STAFF = "staff", _("Refunded by staff")
        PLACES_GONE = "places_gone", _("Paid after the tickets had gone")
        LIMIT = "limit", _("More tickets than one person may have")
        BUYER = "buyer", _("Cancelled by the buyer")
        EVENT = "event", _("The event was cancelled")
        FRAUD = "fraud", _("A card network warned of fraud")
        PROVIDER = "provider", _("Made at the payment provider")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.PositiveIntegerField()
    fee_amount = models.PositiveIntegerField()  # how much of our fee goes back with it; the provider has the last word
    partners_amount = models.PositiveIntegerField(default=0, db_default=0)  # the same of what was taken in for partners
    reason = models.CharField(max_length=20, choices=Reason)
    words = models.CharField(max_length=200, blank=True, db_default="")  # why, as the buyer is told
    key = models.CharField(max_length=64, blank=True, db_default="")
    state = models.CharField(max_length=12, choices=State, default=State.REQUESTED)
    provider_id = models.CharField(max_length=64, blank=True)
    failure = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ask_at = models.DateTimeField(
        db_default=Now()
    )  # when the reconciler asks the provider about it next, while pending, or sends it after all
    settled_at = models.DateTimeField(null=True)
    # A failed one is owed to the buyer until it is made good: by another refund, or outside the provider as the words say.
    made_good_at = models.DateTimeField(null=True)
    made_good_as = models.CharField(max_length=200, blank=True, db_default="")
    made_good_by = models.CharField(max_length=80, blank=True, db_default="")  # an audit.actions.Actor as text

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider_id"], condition=~Q(provider_id=""), name="refund_provider_once"),
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="refund_asked_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_of_something"),
            models.CheckConstraint(
                condition=Q(made_good_at=None, made_good_as="") | Q(state="failed", made_good_at__isnull=False),
                name="refund_made_good_had_failed",
            ),
        ]

    @property
    def is_owed(self) -> bool:
        """Whether it failed and the buyer has not had the money in any other way."""
        return self.state == self.State.FAILED and self.made_good_at is None

    @property
    def is_given_up(self) -> bool:
        """Whether the provider would not take it, or it was replaced by another before the provider heard of it."""
        return self.state == self.State.FAILED and not self.provider_id


class Dispute(models.Model):
    """A buyer's bank wants a payment back: `amount` minor units of it.

    `state` is in the provider's words and only ever moves on, but that an appeal may be lost as the dispute was; an inquiry ("warning") asks and moves no money. `taken` is what
    the bank holds of our money now, `fee` what the provider charged for it. The evidence is sent once.
    """

    class State(models.TextChoices):
        INQUIRY = "warning_needs_response", _("Inquiry: needs an answer")
        INQUIRY_REVIEW = "warning_under_review", _("Inquiry: answered")
        INQUIRY_CLOSED = "warning_closed", _("Inquiry closed")
        NEEDS_RESPONSE = "needs_response", _("Needs an answer")
        UNDER_REVIEW = "under_review", _("With the bank")
        PREVENTED = "prevented", _("Prevented")
        LOST = "lost", _("Lost")
        APPEAL = "appeal_needs_response", _("Appeal: needs an answer")
        APPEAL_REVIEW = "appeal_under_review", _("Appeal: with the bank")
        WON = "won", _("Won")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    provider_id = models.CharField(max_length=64)
    amount = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=40)  # the provider's word for it (payments.dispute_words)
    state = models.CharField(max_length=24, choices=State)
    taken = models.IntegerField(default=0)
    fee = models.IntegerField(default=0)
    due_by = models.DateTimeField(null=True)  # until when the provider takes evidence
    is_refundable = models.BooleanField(default=False)  # an inquiry that a refund would still settle
    opened_at = models.DateTimeField()
    ask_at = models.DateTimeField(db_default=Now())  # when the provider is asked about it next, while it is not over
    known_at = models.DateTimeField(null=True)  # the database's clock before the answer that is kept here was asked for
    closed_at = models.DateTimeField(null=True)  # decided, and everything done that follows from it
    # What was sent, or is to be: texts by the provider's names, and a PDF in private storage.
    evidence = models.JSONField(default=dict)
    file = models.CharField(max_length=200, blank=True)
    file_id = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField(null=True)  # when somebody here pressed the button
    asked_by = models.CharField(max_length=80, blank=True)  # an audit.actions.Actor as text
    submitted_at = models.DateTimeField(null=True)  # when the provider had it
    failure = models.CharField(max_length=200, blank=True)  # why the provider would not take it

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider_id"], name="dispute_provider_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_of_something"),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(state__in=["won", "lost", "warning_closed", "prevented"]),
                name="dispute_closed_is_decided",
            ),
        ]
        indexes = [models.Index(fields=["ask_at"], condition=Q(closed_at=None), name="dispute_to_ask")]

    @property
    def words(self) -> str:
        """What the buyer told the bank, in the reader's language."""
        return str(reason_words(self.reason))

    @property
    def is_inquiry(self) -> bool:
        """Whether the bank only asks: no money has moved."""
        return self.state.startswith("warning_")

    @property
    def is_lost(self) -> bool:
        """Whether the money is the buyer's for good: lost, or given up to prevent more. With nothing taken there was nothing to lose."""
        return self.state == self.State.LOST or (self.state == self.State.PREVENTED and self.taken > 0)

    @property
    def is_undecided(self) -> bool:
        return self.state in UNDECIDED

    @property
    def needs_response(self) -> bool:
        """Whether evidence may still be sent, by its state; nothing was sent from here yet."""
        return self.state in (self.State.INQUIRY, self.State.NEEDS_RESPONSE) and self.asked_at is None


# While these last the bank has the money and has not decided. An appeal is one against a loss.
UNDECIDED = (
    Dispute.State.NEEDS_RESPONSE,
    Dispute.State.UNDER_REVIEW,
    Dispute.State.APPEAL,
    Dispute.State.APPEAL_REVIEW,
)
OVER = (Dispute.State.WON, Dispute.State.LOST, Dispute.State.INQUIRY_CLOSED, Dispute.State.PREVENTED)


class FraudWarning(models.Model):
    """A card network says that a payment looks like fraud, before its holder does; `done` is what we did about it."""

    class Done(models.TextChoices):
        TOLD = "told", _("Nothing by itself")
        REFUNDED = "refunded", _("Refunded")
        ADMITTED = "admitted", _("Not refunded: somebody has come in")
        TOO_LATE = "too_late", _("Nothing was left to refund")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="fraud_warnings")
    provider_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=60)  # the provider's word for it
    done = models.CharField(max_length=10, choices=Done)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider_id"], name="fraud_warning_once")]


class DisputePolicy(models.Model):
    """What the organizer wants done about disputes. One row at most; without it the defaults count."""

    class OnLost(models.TextChoices):
        VOID = "void", _("Its tickets no longer admit, and their places are for sale again")
        KEEP = "keep", _("Its tickets stay valid")

    class OnWarning(models.TextChoices):
        TELL = "tell", _("Only tell us")
        REFUND = "refund", _("Refund the order, unless somebody has come in with it")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    on_lost = models.CharField(max_length=10, choices=OnLost, default=OnLost.VOID)
    on_warning = models.CharField(
        max_length=10, choices=OnWarning, default=OnWarning.TELL, db_default=OnWarning.TELL.value
    )

    class Meta:
        verbose_name_plural = "dispute policies"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="dispute_policy_is_one")]


class RefundLine(models.Model):
    """How much of a refund is for which ticket, minor units. A refund of an amount alone has none."""

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="lines")
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="refund_lines")
    amount = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["refund", "position"], name="refund_line_once")]


class RefundRequest(models.Model):
    """A buyer asks to give tickets back outside what was promised; staff decide. One waits for an order at a time.

    `quoted` (minor units) is what the promise would give, which may be nothing; `answer` is what staff tell the buyer.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waits for a decision")
        APPROVED = "approved", _("Approved")
        DECLINED = "declined", _("Declined")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refund_requests")
    positions = models.ManyToManyField(Position, related_name="+")
    words = models.TextField(blank=True)
    quoted = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True)  # an audit.actions.Actor as text
    answer = models.TextField(blank=True)
    refund = models.OneToOneField(Refund, null=True, on_delete=models.PROTECT, related_name="request")

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=Q(state="open"), name="refund_request_one_open"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="refund_request_decided_has_a_time",
            ),
        ]


class RefundBatch(models.Model):
    """All orders of a cancelled event, or of one cancelled date of it, given back, each in its turn. `words` tell the buyers
    why."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="refund_batches")
    # null: all dates of the event
    performance = models.ForeignKey(Performance, null=True, on_delete=models.PROTECT, related_name="refund_batches")
    words = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    round = models.PositiveIntegerField(default=0)  # of the outbox message that does the next turns
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=80)  # an audit.actions.Actor as text
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "refund batches"
        constraints = [
            models.UniqueConstraint(fields=["event", "performance"], nulls_distinct=False, name="refund_batch_once")
        ]


class RefundTurn(models.Model):
    """One order's turn in a batch. Whoever takes it has it until `due_at`, which is also when a failed one is tried again."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Given back")
        FAILED = "failed", _("Failed")

    batch = models.ForeignKey(RefundBatch, on_delete=models.PROTECT, related_name="turns")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    refund = models.ForeignKey(Refund, null=True, on_delete=models.PROTECT, related_name="+")  # null: a free order
    attempts = models.PositiveSmallIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)  # how often staff asked for it anew: part of the refund's key
    error = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "order"], name="refund_turn_once")]
        indexes = [models.Index(fields=["batch", "due_at"], condition=Q(state="waiting"), name="refund_turn_due")]
