from django.db import models

from tenants.models import Organizer


class ListedEvent(models.Model):
    """What the platform's site shows of an organizer's event: a copy, fed by the outbox, so that no page walks schemas.

    `price_from` is the lowest all-in price in minor units of `currency`, fees included.
    """

    organizer = models.ForeignKey(Organizer, on_delete=models.CASCADE, related_name="+")
    event_id = models.UUIDField()
    slug = models.CharField(max_length=80)
    title = models.CharField(max_length=140)
    summary = models.CharField(max_length=140, blank=True)
    venue_name = models.CharField(max_length=120)
    city = models.CharField(max_length=80, blank=True)
    starts_at = models.DateTimeField()  # of the next performance
    ends_at = models.DateTimeField()  # of the last one; past it the event is no longer shown
    timezone = models.CharField(max_length=50)
    currency = models.CharField(max_length=3)
    price_from = models.PositiveIntegerField()
    state = models.CharField(max_length=10, default="published", db_default="published")  # events.models.Event.State
    sale_starts_at = models.DateTimeField(null=True)
    listed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organizer", "event_id"], name="listed_event_once")]
        indexes = [models.Index(fields=["starts_at"], name="listed_event_soonest")]

    def __str__(self) -> str:
        return self.title
