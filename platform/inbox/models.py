from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ProviderAccount(models.Model):
    """A connected account at the payment provider and the organizer it belongs to."""

    account_id = models.CharField(max_length=64, primary_key=True)
    organizer = models.ForeignKey("tenants.Organizer", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)


class RoutedObject(models.Model):
    """A PaymentIntent of the platform's own account, and the organizer whose order it is for: its events name no account."""

    object_id = models.CharField(max_length=64, primary_key=True)
    organizer = models.ForeignKey("tenants.Organizer", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)


class ProviderEvent(models.Model):
    """One webhook, stored before anything is done with it; its id at the provider makes a second delivery a no-op."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        DONE = "done", _("Done")
        IGNORED = "ignored", _("Ignored")
        DEAD = "dead", _("Given up")

    event_id = models.CharField(max_length=64, primary_key=True)
    account_id = models.CharField(max_length=64, blank=True)
    # Of an event of the platform's own account: the PaymentIntent that it is about.
    intent_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    organizer = models.ForeignKey("tenants.Organizer", null=True, on_delete=models.PROTECT, related_name="+")
    type = models.CharField(max_length=80)
    payload = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="received"), name="provider_event_due"),
            models.Index(fields=["intent_id"], condition=~Q(intent_id=""), name="provider_event_intent"),
        ]
