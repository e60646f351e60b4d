from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.models import Performance, Quota, TicketType
from inventory.words import seat_words
from promotions.models import PromoCode
from ui.ids import new_token, uuid7


class Pool(models.Model):
    """What a claim draws from: the rows of one quota for one performance, or the uses of one code for all (inventory.uses)."""

    performance = models.ForeignKey(Performance, null=True, on_delete=models.PROTECT, related_name="pools")
    quota = models.ForeignKey(Quota, null=True, on_delete=models.PROTECT, related_name="pools")
    code = models.OneToOneField(PromoCode, null=True, on_delete=models.PROTECT, related_name="pool")
    # Somebody waits for its places: whatever gets free is for offers of the waiting list alone (inventory/waited.py).
    is_waited_for = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["performance", "quota"], name="pool_once"),
            models.CheckConstraint(
                name="pool_of_a_quota_or_a_code",
                condition=Q(performance__isnull=False, quota__isnull=False, code=None)
                | Q(performance=None, quota=None, code__isnull=False),
            ),
        ]


class Hold(models.Model):
    """A buyer's short, expiring claim on rows of several pools, with the price frozen when it was made.

    `token` is the buyer's proof. `quote` is `pricing.quote.Quote.as_dict()`. Past `expires_at` a live hold is worth
    nothing against another buyer, whatever its state says.
    """

    class State(models.TextChoices):
        LIVE = "live", _("Live")
        ORDERED = "ordered", _("Ordered")
        RELEASED = "released", _("Released")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    token = models.CharField(max_length=64, default=new_token)
    performance = models.ForeignKey(
        Performance, on_delete=models.PROTECT, related_name="holds", db_constraint=False, db_index=False
    )
    state = models.CharField(max_length=10, choices=State, default=State.LIVE)
    quote = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    person = models.CharField(max_length=64, blank=True, db_default="")  # who, where a limit per person needs to know

    class Meta:
        indexes = [models.Index(fields=["performance", "person"], condition=~Q(person=""), name="hold_person")]

    def is_live(self, *, at: Any) -> bool:
        """Whether the hold still keeps its places from others at instant `at`."""
        return self.state == self.State.LIVE and at < self.expires_at


class Place(models.Model):
    """One claimable row of a pool. Its state says all: no counter is kept anywhere.

    A use of a code has no ticket type, and is sold to an order, whose id is then its `position_id`.

    The database checks no foreign key from here: a claim changes each row three times within minutes, and the checks cost
    a third of it (docs/locking.md). Neither holds nor ticket types are ever deleted; `check_invariants` looks for strays.
    """

    class State(models.TextChoices):
        FREE = "free", pgettext_lazy("seat", "Free")
        HELD = "held", _("Held")
        SOLD = "sold", _("Sold")
        BLOCKED = "blocked", _("Blocked")

    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="places", db_index=False)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.FREE)
    hold = models.ForeignKey(
        Hold, null=True, on_delete=models.PROTECT, related_name="places", db_index=False, db_constraint=False
    )
    ticket_type = models.ForeignKey(
        TicketType, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    held_until = models.DateTimeField(null=True)
    position_id = models.UUIDField(null=True)  # the orders.Position it was sold to; of a use, the order

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pool", "number"], name="place_number_once"),
            models.UniqueConstraint(
                fields=["pool", "position_id"],
                condition=Q(position_id__isnull=False),
                name="place_one_per_position",
            ),
            models.CheckConstraint(
                name="place_state_matches_its_columns",
                condition=(
                    Q(state="free", hold=None, held_until=None, position_id=None, ticket_type=None)
                    | Q(
                        state="held",
                        hold__isnull=False,
                        held_until__isnull=False,
                        position_id=None,
                    )
                    | Q(state="sold", position_id__isnull=False, held_until=None)
                    | Q(state="blocked", hold=None, held_until=None, position_id=None)
                ),
            ),
        ]
        indexes = [
            # An order of its own, so that no claim goes by `place_number_once`, past all that was sold (inventory/claim.py).
            models.Index("pool", F("number") + 0, condition=Q(state="free"), name="place_free"),
            models.Index(fields=["pool", "held_until"], condition=Q(state="held"), name="place_held"),
            models.Index(fields=["hold"], condition=Q(hold__isnull=False), name="place_hold"),
        ]


class SeatPlace(models.Model):
    """Which place is which seat of a performance. Written when its pools are opened or its map moves, never by a claim.

    `seat_index` is the seat's number in the event's map version, `run` the run it is part of (seating.compiled); section, row
    and label are the words for people, frozen with the version.
    """

    performance = models.ForeignKey(Performance, on_delete=models.PROTECT, related_name="seat_places")
    place = models.OneToOneField(Place, on_delete=models.CASCADE, related_name="seat")
    seat_id = models.CharField(max_length=40)
    seat_index = models.PositiveIntegerField()
    run = models.PositiveIntegerField()
    section = models.CharField(max_length=80)
    row = models.CharField(max_length=12)
    label = models.CharField(max_length=12)
    is_at_table = models.BooleanField(default=False)  # `row` is then the table's label

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["performance", "seat_id"], name="seat_place_once"),
            models.UniqueConstraint(fields=["performance", "seat_index"], name="seat_place_index_once"),
        ]

    @property
    def words(self) -> str:
        """As a ticket says it: "Stalls, row F, seat 12"."""
        return seat_words(section=self.section, row=self.row, label=self.label, is_at_table=self.is_at_table)


class SeatRun(models.Model):
    """One run of a performance's seats: the row that is locked while the rules about neighbours are checked."""

    performance = models.ForeignKey(Performance, on_delete=models.PROTECT, related_name="seat_runs")
    run = models.PositiveIntegerField()
    first = models.PositiveIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["performance", "run"], name="seat_run_once")]


class Block(models.Model):
    """An organizer's long set-aside of places of one performance: whom for, why, until when.

    `owner` is a word (house, press, promoter), `reason` a few; `note` is for staff alone, as all of it is: the public sees
    places that are gone. `released_at` is when its last place went back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    performance = models.ForeignKey(Performance, on_delete=models.PROTECT, related_name="blocks")
    owner = models.CharField(max_length=40)
    reason = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)
    color = models.CharField(max_length=7)  # #rrggbb, on the staff map
    release_at = models.DateTimeField(null=True)  # null: until somebody releases it
    created_by = models.CharField(max_length=80)  # an audit.actions.Actor as text
    created_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(owner=""), name="block_has_an_owner")]
        indexes = [
            models.Index(
                fields=["release_at"], condition=Q(release_at__isnull=False, released_at=None), name="block_due"
            )
        ]

    def __str__(self) -> str:
        return self.owner


class BlockedPlace(models.Model):
    """Which block keeps a place. Written and deleted with the place's state, so that claims never touch it."""

    block = models.ForeignKey(Block, on_delete=models.PROTECT, related_name="places")
    place = models.OneToOneField(Place, on_delete=models.PROTECT, related_name="blocked")


class StockEntry(models.Model):
    """What happened to a place, by whom, why. Append-only; plain ids, so that writing it costs no foreign-key check."""

    append_only: ClassVar[bool] = True

    class Kind(models.TextChoices):
        HOLD = "hold", _("Held")
        EXTEND = ("extend", _("Held longer"))  # until when; the hold is the same
        LAPSE = ("lapse", _("Hold lapsed"))  # written by the claim that took the place over
        RELEASE = "release", _("Released")
        SALE = "sale", _("Sold")
        RETURN = "return", _("Returned")
        BLOCK = "block", _("Blocked")

    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=Kind)
    place_id = models.BigIntegerField()
    hold_id = models.UUIDField(null=True)
    position_id = models.UUIDField(null=True)
    until = models.DateTimeField(null=True)
    cause = models.CharField(max_length=60, blank=True)
    actor = models.CharField(max_length=80, blank=True, db_default="")  # an audit.actions.Actor as text
    request_id = models.CharField(max_length=40, blank=True, db_default="")  # ui.request_id

    class Meta:
        indexes = [models.Index(fields=["place_id", "id"], name="stock_entry_place")]
        verbose_name_plural = "stock entries"
