from django.db import models
from django.utils.translation import gettext_lazy as _

from ui.ids import uuid7


class EmailMessage(models.Model):
    """One mail to one person, rendered when queued so that a retry sends the same words.

    `key` names what it is about ("order-paid:<id>"); one key is mailed once. `attachments` is a list of
    {"name", "path", "type"} in private storage.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=160)
    to = models.EmailField()
    subject = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField()
    attachments = models.JSONField(default=list)
    language = models.CharField(max_length=10, default="en")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    queued_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key"], name="email_once_per_key")]
        indexes = [models.Index(fields=["to", "queued_at"], name="email_to")]
