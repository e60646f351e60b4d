from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models import Event
from ui.ids import uuid7


class Room(models.Model):
    """How an event's waiting room works. Rates are people per minute; instants are UTC."""

    class Mode(models.TextChoices):
        OFF = "off", _("Off")
        ON = "on", _("On, from now until I switch it off")
        RULE = "rule", _("By rule: at a time, or when it gets busy")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="waiting_room")
    mode = models.CharField(max_length=4, choices=Mode, default=Mode.OFF)
    opens_at = models.DateTimeField(null=True)  # by rule: people may come and wait from here
    starts_at = models.DateTimeField(null=True)  # who came before is shuffled then; null: no pre-queue
    busy_above = models.PositiveIntegerField(null=True)  # by rule: opens when more people per minute see the event
    rate_min = models.PositiveIntegerField(default=60)
    rate_max = models.PositiveIntegerField(default=600)
    visit_minutes = models.PositiveSmallIntegerField(default=15)  # from one's turn: to come back and choose

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rate_min__gte=1, rate_max__lte=60_000, rate_min__lte=F("rate_max")),
                name="room_rates_in_order",
            ),
            models.CheckConstraint(condition=Q(visit_minutes__range=(5, 60)), name="room_visit_5_to_60_minutes"),
        ]


class Line(models.Model):
    """One run of a room. Positions count from 1: the shuffled early ones first, then the later ones in order of arrival.

    `mark` is the last position that was let in. `late_reserved` is the highest arrival number that may have been given
    out: after a loss of Redis numbering goes on above it, so no number is given twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="lines")
    opened_at = models.DateTimeField()
    starts_at = models.DateTimeField(null=True)  # null: at once
    started_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    is_by_rule = models.BooleanField(default=False)

    seed_sealed = models.BinaryField()
    commitment = models.CharField(max_length=64)  # SHA-256 of the seed, hexadecimal, public from the opening on
    seed = models.CharField(max_length=64, blank=True)  # hexadecimal, public from the start on
    early_digest = models.CharField(max_length=64, blank=True)
    early_total = models.PositiveIntegerField(default=0)

    late_reserved = models.PositiveIntegerField(default=0)
    mark = models.PositiveIntegerField(default=0)
    rate = models.FloatField(default=0)  # people per minute, as it is now
    carry = models.FloatField(default=0)  # the fraction of a person that the last tick could not let in
    ticked_at = models.DateTimeField(null=True)
    is_sold_out = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room"], condition=Q(closed_at=None), name="line_one_open_per_room"),
            models.CheckConstraint(
                condition=Q(started_at=None, seed="", mark=0) | ~Q(seed="") & Q(started_at__isnull=False),
                name="line_seed_is_public_from_the_start_on",
            ),
        ]


class EarlyEntry(models.Model):
    """Somebody who waited before the start: `entry` is their token's public id, 16 hexadecimal digits."""

    append_only: ClassVar[bool] = True

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="early", db_index=False)
    entry = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "entry"], name="early_entry_once")]


class AdmissionStep(models.Model):
    """The positions `first` to `last` were let in at an instant; `rate` and `rate_max` per minute are those of then."""

    append_only: ClassVar[bool] = True

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="steps", db_index=False)
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()
    at = models.DateTimeField()
    rate = models.FloatField()
    rate_max = models.PositiveIntegerField()

    class Meta:
        ordering = ["line", "first"]
        constraints = [
            models.UniqueConstraint(fields=["line", "first"], name="admission_step_once"),
            models.CheckConstraint(condition=Q(last__gte=F("first")), name="admission_step_forwards"),
        ]
