from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Event, Performance, TicketType
from inventory.models import Hold
from ui.ids import new_token, uuid7


class ListRules(models.Model):
    """How an event's waiting lists work. An event without a row has these defaults.

    `first_groups` is what staff type: one address or "@domain" a line, an empty line between groups (waitlist/order.py).
    """

    class Mode(models.TextChoices):
        FIRST_COME = "first_come", _("First come, first served")
        PRIORITY = "priority", _("Groups that come first, then first come")
        LOTTERY = "lottery", _("By lot")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="waiting_rules")
    is_open = models.BooleanField(default=True)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.FIRST_COME)
    offer_hours = models.PositiveSmallIntegerField(default=24)
    first_groups = models.TextField(blank=True)
    draw_at = models.DateTimeField(
        null=True
    )  # by lot: who joined by then is drawn, and nobody is offered anything before

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(offer_hours__range=(1, 168)), name="list_offers_1_to_168_hours"),
            models.CheckConstraint(
                condition=~Q(mode="lottery") | Q(draw_at__isnull=False), name="list_lottery_has_a_date"
            ),
        ]


class WaitingList(models.Model):
    """One date's list, made when first somebody joins. Its row is locked by whoever changes the list or makes offers.

    `commitment` fixes the seed of the lottery before anybody can know it; `seed` is public from the draw on (waiting_room.shuffle
    has the arithmetic).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    performance = models.OneToOneField(Performance, on_delete=models.PROTECT, related_name="waiting_list")
    opened_at = models.DateTimeField()
    seed_sealed = models.BinaryField()
    commitment = models.CharField(max_length=64)
    seed = models.CharField(max_length=64, blank=True)
    drawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(drawn_at=None, seed="") | (~Q(seed="") & Q(drawn_at__isnull=False)),
                name="waiting_list_seed_is_public_from_the_draw_on",
            )
        ]


class Entry(models.Model):
    """One person's wish for so many tickets of one type of one date. It counts from the moment its address is confirmed.

    `token` is the proof that the mail arrived, `code` the entry's public name in a draw (16 hexadecimal digits), `rank` its
    place in the draw, `person` the address by which one person is known (people.identity).
    """

    class State(models.TextChoices):
        UNCONFIRMED = "unconfirmed", _("Not confirmed")
        WAITING = "waiting", _("Waiting")
        OFFERED = "offered", _("Offered")
        BOUGHT = "bought", _("Bought")
        EXPIRED = "expired", _("Let the offer pass")
        DECLINED = "declined", _("Gave the places back")
        LEFT = "left", _("Left the list")
        REMOVED = "removed", _("Removed")
        OVER = "over", _("Sale ended")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    token = models.CharField(max_length=64, default=new_token)
    code = models.CharField(max_length=16)
    waiting_list = models.ForeignKey(WaitingList, on_delete=models.PROTECT, related_name="entries")
    ticket_type = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    takes_fewer = models.BooleanField(default=False)
    email = models.EmailField()
    person = models.CharField(max_length=254)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=10)
    consent_version = models.CharField(max_length=40)
    consent_text = models.TextField()
    state = models.CharField(max_length=12, choices=State, default=State.UNCONFIRMED)
    group = models.PositiveSmallIntegerField(default=0)  # 0 comes first; without groups everybody is 0
    rank = models.PositiveIntegerField(null=True)
    joined_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__range=(1, 50)), name="entry_wants_1_to_50"),
            models.UniqueConstraint(
                fields=["waiting_list", "ticket_type", "person"],
                condition=Q(state__in=("waiting", "offered")),
                name="entry_once_per_person",
            ),
            models.UniqueConstraint(fields=["waiting_list", "code"], name="entry_code_once"),
            models.CheckConstraint(
                condition=Q(state="unconfirmed", confirmed_at=None)
                | (~Q(state="unconfirmed") & Q(confirmed_at__isnull=False)),
                name="entry_counts_once_confirmed",
            ),
        ]
        indexes = [
            models.Index(fields=["waiting_list", "confirmed_at"], condition=Q(state="waiting"), name="entry_waiting")
        ]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return self.code

    @property
    def is_on_the_list(self) -> bool:
        """Whether it still stands for a ticket."""
        return self.state in (self.State.WAITING, self.State.OFFERED)


class ListOffer(models.Model):
    """Places that are held for an entry until `expires_at`, the end of its hold. `made_by` is an audit.actions.Actor as text."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("Open")
        BOUGHT = "bought", _("Bought")
        EXPIRED = "expired", _("Ran out")
        DECLINED = "declined", _("Given back")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="offers")
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.OPEN)
    is_by_hand = models.BooleanField(default=False)
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["made_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["entry"], condition=Q(outcome="open"), name="offer_one_open_per_entry"),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(outcome="open"), name="offer_open")]
