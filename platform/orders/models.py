from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import ChargeModel, Event, Performance, Phase, TicketType
from inventory.models import Block, Hold
from inventory.words import SeatWords
from ledger.models import SplitVersion
from people.models import Customer
from promotions.models import Affiliate
from ui.ids import new_token, uuid7


class Order(models.Model):
    """A sale to one buyer. `number` is its public name, `token` the secret of its link.

    pending -> secured -> paid -> refunded; pending or secured -> cancelled. A trigger refuses every other change.
    A paid order is closed ("refunded") with its last ticket; how much money went back is what its refunds say.
    Amounts are minor units of `currency`: total = positions + fees + taxes on top. Our fee is what its service
    fees say, on top, and `absorbed_fee`, which the organizer bears.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Awaiting payment")
        SECURED = ("secured", _("Confirming payment"))  # the places are sold to it, the capture is under way
        PAID = "paid", _("Paid")
        CANCELLED = "cancelled", _("Cancelled")
        REFUNDED = "refunded", _("Refunded")

    class CancelReason(models.TextChoices):
        EXPIRED = "expired", _("Not paid in time")
        PLACES_GONE = "places_gone", _("Paid after the tickets had gone")
        LIMIT = "limit", _("More tickets than one person may have")
        PAYMENT_LOST = "payment_lost", _("The payment could not be collected")
        STAFF = "staff", _("Cancelled by staff")
        DISPUTED = "disputed", _("Taken back by the buyer's bank")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=12)
    token = models.CharField(max_length=64, default=new_token)
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="order")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="orders")
    performance = models.ForeignKey(Performance, on_delete=models.PROTECT, related_name="orders")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    # The customer who was signed in when it was placed, whatever address the tickets go to; null: a guest.
    account = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="orders_as_account")
    email = models.EmailField()
    buyer_key = models.CharField(max_length=254, db_default="")  # people.identity: whose order it is, for limits
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=10, default="en")
    currency = models.CharField(max_length=3)
    total = models.PositiveIntegerField()
    absorbed_fee = models.PositiveIntegerField(default=0, db_default=0)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    cancel_reason = models.CharField(max_length=20, choices=CancelReason, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Who gets what of it, frozen when it was placed; null: it is all the organizer's.
    split_version = models.ForeignKey(SplitVersion, null=True, on_delete=models.PROTECT, related_name="+")
    # How it is charged, frozen when it was placed.
    charge_model = models.CharField(
        max_length=10, choices=ChargeModel, default=ChargeModel.DIRECT, db_default=ChargeModel.DIRECT.value
    )
    expires_at = models.DateTimeField()  # until when the places are kept for payment
    paid_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)  # cancelled or refunded
    is_test = models.BooleanField(
        default=False, db_default=False
    )  # bought of a test event: costs nothing, admits nobody
    frozen_at = models.DateTimeField(null=True)  # since when its payment is disputed and its tickets do not admit

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="order_number_once"),
            models.UniqueConstraint(fields=["token"], name="order_token_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["paid", "refunded"]) | Q(paid_at__isnull=False), name="order_paid_has_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | ~Q(cancel_reason=""), name="order_cancelled_has_a_reason"
            ),
            models.CheckConstraint(condition=Q(absorbed_fee__lte=models.F("total")), name="order_absorbs_within_total"),
            models.CheckConstraint(condition=Q(is_test=False) | Q(total=0), name="order_test_costs_nothing"),
        ]
        indexes = [
            models.Index(fields=["email", "created_at"], name="order_email"),
            models.Index(fields=["performance", "buyer_key"], name="order_buyer"),
            models.Index(fields=["buyer_key"], name="order_buyer_anywhere"),  # who uses a code, over all events
            models.Index(fields=["expires_at"], condition=Q(state="pending"), name="order_pending"),
            models.Index(fields=["-created_at"], name="order_newest"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_paid(self) -> bool:
        return self.state == self.State.PAID

    @property
    def platform_fee(self) -> int:
        """Our whole fee, on top and absorbed, in minor units: the application fee of its payment."""
        return sum(fee.amount for fee in self.fees.all() if fee.is_ours) + self.absorbed_fee

    @property
    def is_separate(self) -> bool:
        """Whether the platform is charged for it, and everybody's part follows by transfer."""
        return ChargeModel(self.charge_model).is_separate

    @property
    def is_frozen(self) -> bool:
        """Whether the buyer's bank wants its money back: until that is decided nobody enters and no share is paid out."""
        return self.frozen_at is not None

    @property
    def is_charged_back(self) -> bool:
        """Whether it was closed because the buyer's bank took the money back for good."""
        return self.cancel_reason == self.CancelReason.DISPUTED

    @property
    def is_open(self) -> bool:
        """Whether it still waits for money."""
        return self.state in (self.State.PENDING, self.State.SECURED)

    @property
    def is_money_returned(self) -> bool:
        """Whether it was closed although money had come, which therefore goes back."""
        return self.cancel_reason in (self.CancelReason.PLACES_GONE, self.CancelReason.LIMIT)


class Position(models.Model):
    """Exactly one admission's worth of an order. `price` and `fee` are frozen minor units per ticket.

    The seat's words are the position's own, so that a refunded order still says where it was. They are written when it is
    ordered and again when the ticket or the event's map is moved (checkout.seat_words): they never lag behind the
    seat. Of somebody without a seat of their own, `seat_section` is the area, if the event has a map.
    """

    class State(models.TextChoices):
        ORDERED = "ordered", _("Ordered")
        SOLD = "sold", _("Sold")
        CANCELLED = "cancelled", _("Cancelled")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="positions")
    index = models.PositiveSmallIntegerField()  # 1, 2, 3 ... in the order
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="positions")
    ticket_type_name = models.CharField(max_length=80)
    performance = models.ForeignKey(Performance, on_delete=models.PROTECT, related_name="positions")
    price = models.PositiveIntegerField()
    # The sale phase whose price it was bought at, and whose quota it draws from, if it has one.
    phase = models.ForeignKey(Phase, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    # Why it cost that: pricing.basket.Step as dicts, adding up to `price`; null: it was the type's own.
    steps = models.JSONField(null=True)
    max_per_person = models.PositiveSmallIntegerField(null=True)  # the limit when it was ordered
    state = models.CharField(max_length=10, choices=State, default=State.ORDERED)
    seat_id = models.CharField(max_length=40, blank=True, default="", db_default="")  # in the event's map
    seat_section = models.CharField(max_length=80, blank=True, default="", db_default="")
    seat_row = models.CharField(max_length=12, blank=True, default="", db_default="")  # or the table
    seat_label = models.CharField(max_length=12, blank=True, default="", db_default="")
    is_at_table = models.BooleanField(default=False, db_default=False)
    entrance = models.CharField(max_length=80, blank=True, default="", db_default="")
    refund_promise = models.JSONField(null=True)  # events.refund_policies.promise, when it was sold; null: nothing
    # Cancelled, with its place not back on sale: the block that keeps it.
    kept_back = models.ForeignKey(Block, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["order", "index"]
        constraints = [models.UniqueConstraint(fields=["order", "index"], name="position_index_once")]

    @property
    def seat(self) -> SeatWords | None:
        """Where its holder sits or stands; None for an event without a map."""
        if not self.seat_section:
            return None
        return SeatWords(self.seat_section, self.seat_row, self.seat_label, self.is_at_table, self.entrance)

    @property
    def seat_words(self) -> str:
        """The same in one line, "Stalls, row F, seat 12", or ""."""
        return self.seat.words if self.seat else ""


class Fee(models.Model):
    """A charge of an order beside its positions, `amount` in minor units: ours, or the organizer's own under its `name`."""

    class Kind(models.TextChoices):
        SERVICE = "service", _("Service fee")
        OWN = "own", _("Fee of the organizer")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="fees")
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=40, blank=True, db_default="")
    amount = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind="service", name="") | Q(kind="own") & ~Q(name=""), name="fee_named")
        ]

    @property
    def is_ours(self) -> bool:
        return self.kind == self.Kind.SERVICE

    @property
    def title(self) -> str:
        """What buyers read."""
        return self.name or str(self.get_kind_display())


class Tax(models.Model):
    """A tax of an order, frozen: `amount` minor units inside `base`, or on top of it."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="taxes")
    name = models.CharField(max_length=40)
    basis_points = models.PositiveSmallIntegerField()
    is_inclusive = models.BooleanField()
    base = models.PositiveIntegerField()
    amount = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "taxes"
        constraints = [models.CheckConstraint(condition=Q(amount__lte=models.F("base")), name="tax_within_its_base")]


class OrderVisit(models.Model):
    """That the buyer placed the order, opened its page, or opened its tickets: once a day from each address.

    Kept for when a bank asks whether the buyer got what they paid for (docs/disputes.md), and forgotten after a while.
    """

    class Kind(models.TextChoices):
        PLACED = "placed", _("Order placed")
        PAGE = "page", _("Order page opened")
        TICKETS = "tickets", _("Tickets opened")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="visits")
    kind = models.CharField(max_length=10, choices=Kind)
    on = models.DateField()
    at = models.DateTimeField()
    address = models.CharField(max_length=45)  # IPv4 or IPv6, as text

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "kind", "on", "address"], name="order_visit_once_a_day")
        ]
        indexes = [models.Index(fields=["on"], name="order_visit_to_forget")]


class Attribution(models.Model):
    """Whose an order is: the affiliate who sent the buyer, decided and frozen when it was placed.

    `commission` is what the affiliate has of it as long as nothing goes back, minor units of the order's currency: by `rate`
    (promotions.commission.Rate) of `base` for so many `tickets`, after `tickets_before`. It waits until it is approved; a void one
    earns nothing. `cap` is what it was cut to when it was approved, where partners' shares left the organizer no more. What it has
    earned so far is the ledger's word.
    """

    class How(models.TextChoices):
        CODE = "code", _("Code typed")
        LINK = "link", _("Link followed")
        NAMED = "named", _("Named by the shop")

    class VoidReason(models.TextChoices):
        CARD = "card", _("Paid with the affiliate’s own card")
        STAFF = "staff", _("Declined")

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="attribution")
    affiliate = models.ForeignKey(Affiliate, on_delete=models.PROTECT, related_name="attributions")
    how = models.CharField(max_length=5, choices=How)
    rate = models.JSONField()
    base = models.PositiveBigIntegerField()
    tickets = models.PositiveIntegerField()
    tickets_before = models.PositiveIntegerField()
    commission = models.PositiveBigIntegerField()
    approved_at = models.DateTimeField(null=True)
    cap = models.PositiveBigIntegerField(null=True)
    void_reason = models.CharField(max_length=5, choices=VoidReason, blank=True)
    words = models.CharField(max_length=200, blank=True)  # why staff declined it, as the affiliate reads it

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_at=None) | Q(void_reason=""), name="attribution_approved_or_void"
            ),
            models.CheckConstraint(condition=Q(commission__lte=models.F("base")), name="attribution_within_its_base"),
        ]
        indexes = [
            models.Index(
                fields=["affiliate"], condition=Q(approved_at=None, void_reason=""), name="attribution_waiting"
            )
        ]

    @property
    def is_void(self) -> bool:
        return self.void_reason != ""

    @property
    def is_approved(self) -> bool:
        return self.approved_at is not None
