from django.contrib.postgres.fields import ArrayField
from django.db import models

from events.models import LONGEST_TAG
from tenants.models import Organizer


class ListedEvent(models.Model):
    """What the platform's site shows of an organizer's event: a copy, fed by the outbox, so that no page walks schemas.

    `price_from` is the lowest all-in price in minor units of `currency`, fees included, of what can be bought. It and the next date
    are looked at again at `renew_at`, or soon after a sale where it `follows_stock` (marketplace.actions.renew_listings).
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
    category = models.CharField(max_length=12, blank=True, default="", db_default="")  # events.models.EventCategory
    tags = ArrayField(models.CharField(max_length=LONGEST_TAG), blank=True, default=list, db_default=[])
    words = models.TextField(blank=True, default="", db_default="")  # all that a search looks through, lower case
    renew_at = models.DateTimeField(null=True)
    follows_stock = models.BooleanField(default=False, db_default=False)
    listed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organizer", "event_id"], name="listed_event_once")]
        indexes = [
            models.Index(fields=["starts_at"], name="listed_event_soonest"),
            models.Index(fields=["renew_at"], name="listed_event_due"),
        ]

    def __str__(self) -> str:
        return self.title
