from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Event
from orders.models import Position
from ui.ids import uuid7


class SigningKey(models.Model):
    """An event's Ed25519 key pair. The private half is sealed at rest; scanners get the public half only.

    `event_tag` (8 bytes, hexadecimal) and `key_id` (0-255) name the pair inside a code. Two live keys serve while one is
    being replaced: new codes are signed with the newest that is not retired, all of them verify.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="signing_keys")
    event_tag = models.CharField(max_length=16)
    key_id = models.PositiveSmallIntegerField()
    public_key = models.BinaryField(max_length=32)
    sealed_private_key = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event_tag", "key_id"], name="signing_key_once")]

    def __str__(self) -> str:
        return f"{self.event_tag}/{self.key_id}"

    @property
    def seal_owner(self) -> bytes:
        """What the sealed private key is bound to."""
        return bytes.fromhex(self.event_tag) + bytes([self.key_id])


class Ticket(models.Model):
    """The credential of one position. A reissue voids the old ticket; at most one is valid at a time.

    `code` is the signed text in the QR; `short_code` is what people type when a camera fails.
    """

    class State(models.TextChoices):
        VALID = "valid", _("Valid")
        VOID = "void", _("Void")

    class VoidReason(models.TextChoices):
        REFUNDED = "refunded", _("Refunded")
        REISSUED = "reissued", _("Replaced by a new ticket")
        CANCELLED = "cancelled", _("Cancelled")
        DISPUTED = "disputed", _("Taken back by the buyer's bank")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="tickets")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="tickets")
    code = models.CharField(max_length=200)
    short_code = models.CharField(max_length=12)
    state = models.CharField(max_length=10, choices=State, default=State.VALID)
    void_reason = models.CharField(max_length=12, choices=VoidReason, blank=True)
    issued_at = models.DateTimeField(auto_now_add=True)
    voided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["position"], condition=Q(state="valid"), name="ticket_one_valid"),
            models.UniqueConstraint(fields=["code"], name="ticket_code_once"),
            models.UniqueConstraint(fields=["short_code"], name="ticket_short_code_once"),
            models.CheckConstraint(
                condition=Q(state="valid", voided_at=None, void_reason="")
                | (Q(state="void", voided_at__isnull=False) & ~Q(void_reason="")),
                name="ticket_void_has_time_and_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.short_code

    @property
    def is_valid(self) -> bool:
        return self.state == self.State.VALID

    @property
    def short_code_text(self) -> str:
        """The short code as it is printed, in groups of four."""
        return " ".join(self.short_code[start : start + 4] for start in range(0, len(self.short_code), 4))
