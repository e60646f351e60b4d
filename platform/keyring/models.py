from django.db import models


class PublishedKey(models.Model):
    """One Ed25519 public key, under the tag and key id that stand in the codes it verifies.

    The tag is a digest of the event's id (`tickets.codes.event_tag`): whoever reads it learns nothing about the event.
    """

    event_tag = models.CharField(max_length=16)  # 8 bytes, hexadecimal
    key_id = models.PositiveSmallIntegerField()
    organizer_id = models.UUIDField()
    public_key = models.BinaryField(max_length=32)
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event_tag", "key_id"], name="published_key_once")]

    def __str__(self) -> str:
        return f"{self.event_tag}/{self.key_id}"
