from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models import Event
from inventory.models import Hold
from ui.ids import new_token, uuid7


def one_after_an_hour() -> list[int]:
    """What every event begins with."""
    return [1]


class ReminderRules(models.Model):
    """After how many hours from the consent an event's buyers are reminded: up to three mails, ascending; none is off."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="reminder_rules")
    hours = models.JSONField(default=one_after_an_hour)


class Reminder(models.Model):
    """A hold whose buyer typed an address and agreed to be reminded if they do not buy. `token` is the proof of the mail's link.

    `next_at` is when the next mail is due, null once none is. When its time is over the person is forgotten and the rest stays,
    for the figures.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        BOUGHT = "bought", _("Bought")
        STOPPED = "stopped", _("Stopped by the buyer")
        OVER = "over", _("Over")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    token = models.CharField(max_length=64, default=new_token)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="reminders")
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="+")
    email = models.EmailField(blank=True)
    person = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=10)
    consent_version = models.CharField(max_length=40)
    consent_text = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    agreed_at = models.DateTimeField()
    sent = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(sent__lte=3), name="reminder_at_most_3"),
            models.CheckConstraint(condition=Q(state="open") | Q(next_at=None), name="reminder_ended_sends_nothing"),
            models.CheckConstraint(
                condition=Q(forgotten_at=None) | Q(email="", person="", name=""), name="reminder_forgotten_is_nobodys"
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="reminder_due"),
            models.Index(fields=["person"], condition=~Q(person=""), name="reminder_person"),
        ]


class Restoration(models.Model):
    """A new hold that somebody made from a reminder's link."""

    reminder = models.ForeignKey(Reminder, on_delete=models.PROTECT, related_name="restorations")
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
