from django.db import models


class IdempotencyKey(models.Model):
    """What was answered under a client's key.

    `scope` is the operation and who asked, `fingerprint` the SHA-256 of what was asked, `reference` the id of what the
    verb made (so that a door that died before answering can finish), `status` and `body` the answer (0: not yet given).
    """

    scope = models.CharField(max_length=120)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    reference = models.CharField(max_length=64, blank=True)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]
