from django.db import models
from django.db.models import Q


class OutboxMessage(models.Model):
    """Something to do after commit: `kind` says what, `key` says about what, each pair is done once.

    `config/handlers.py` maps a kind to the function that does it. A failed attempt moves `due_at` on; after
    `outbox.actions.MAX_ATTEMPTS` the message is `is_dead` and shown to staff.
    """

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    is_dead = models.BooleanField(default=False)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="outbox_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(done_at=None, is_dead=False), name="outbox_due")]
