from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One act: `actor` did `verb` to `target`. Plain ids only."""

    append_only: ClassVar[bool] = True

    class ActorKind(models.TextChoices):
        USER = "user", _("User")
        BUYER = "buyer", _("Buyer")
        DEVICE = "device", _("Device")
        KEY = "key", _("API key")
        SYSTEM = "system", _("System")

    at = models.DateTimeField(auto_now_add=True)
    actor_kind = models.CharField(max_length=10, choices=ActorKind)
    actor_id = models.CharField(max_length=64, blank=True)
    verb = models.CharField(max_length=60)
    target_kind = models.CharField(max_length=60)
    target_id = models.CharField(max_length=64)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["target_kind", "target_id", "at"], name="audit_target"),
            models.Index(fields=["at"], name="audit_at"),
        ]
        verbose_name_plural = "audit entries"
