from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Event, Performance
from orders.models import Position
from tickets.models import Ticket
from ui.ids import uuid7


class Gate(models.Model):
    """An entrance of an event."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="gates")
    name = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.name


class Device(models.Model):
    """A door phone. Its token is kept as a SHA-256 digest; it works at one gate until revoked."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    gate = models.ForeignKey(Gate, on_delete=models.PROTECT, related_name="devices")
    name = models.CharField(max_length=60)
    token_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token_digest"], name="device_token_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_paired(self) -> bool:
        """Whether its token still opens the door's API."""
        return self.revoked_at is None


class Admission(models.Model):
    """An accepted entry: one per position, by the unique row."""

    position = models.OneToOneField(Position, on_delete=models.PROTECT, related_name="admission")
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="admissions")
    performance = models.ForeignKey(Performance, on_delete=models.PROTECT, related_name="admissions")
    gate = models.ForeignKey(Gate, on_delete=models.PROTECT, related_name="admissions")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="admissions")
    at = models.DateTimeField()


class Scan(models.Model):
    """Every attempt at a gate, append-only. The same `nonce` from the same device is the same attempt."""

    append_only: ClassVar[bool] = True

    class Outcome(models.TextChoices):
        ADMITTED = "admitted", _("Admitted")
        ALREADY_ADMITTED = "already_admitted", _("Already in")
        VOID = "void", _("Void")
        FROZEN = "frozen", _("Payment disputed")
        UNPAID = "unpaid", _("Not paid")
        NOT_YET_VALID = "not_yet_valid", _("Not yet valid")
        EXPIRED = "expired", _("Over")
        WRONG_EVENT = "wrong_event", _("Other event")
        UNKNOWN_ORGANIZER = "unknown_organizer", _("Other organizer")
        FORGED = "forged", _("Not a ticket of ours")
        TEST = "test", _("Test ticket")
        UNREADABLE = "unreadable", _("Not a ticket")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="scans")
    gate = models.ForeignKey(Gate, on_delete=models.PROTECT, related_name="scans")
    nonce = models.CharField(max_length=64)
    code_digest = models.CharField(max_length=64)  # SHA-256 of what was read: a forged code is not kept
    outcome = models.CharField(max_length=20, choices=Outcome)
    answer = models.JSONField()  # the facts the door was told, given again for the same nonce; nothing personal
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.PROTECT, related_name="scans")
    scanned_at = models.DateTimeField()  # by the device's clock, the instant it was judged by
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "nonce"], name="scan_nonce_once")]
        indexes = [
            models.Index(fields=["gate", "-id"], name="scan_gate_newest"),
            models.Index(fields=["ticket"], condition=Q(ticket__isnull=False), name="scan_ticket"),
        ]
