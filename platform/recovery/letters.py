"""The reminder's mail, queued in the transaction that notes it."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from notifications.actions import queue_email
from pricing.quote import Quote
from recovery.actions import MAIL_KEY
from recovery.models import Reminder
from tenants.current import current_organizer
from tenants.queries import storefront_url


def reminder_url(reminder: Reminder) -> str:
    """The secret address at which what was left can be taken up again, on the organizer's own host."""
    path = reverse("storefront:left_order", args=[reminder.pk, reminder.token], urlconf=settings.ROOT_URLCONF)
    return storefront_url(current_organizer(), path)


def mail_reminder(reminder: Reminder) -> None:
    """What was left, and the link to it; each mail of a reminder is queued once."""
    performance = reminder.hold.performance
    with override(reminder.language):
        context = {
            "organizer": current_organizer(),
            "reminder": reminder,
            "event": performance.event,
            "performance": performance,
            "quote": Quote.from_dict(reminder.hold.quote),
            "button_url": reminder_url(reminder),
            "button_label": _("Take up my order again"),
        }
    queue_email(
        key=f"{MAIL_KEY}:{reminder.pk}:{reminder.sent + 1}",
        to=reminder.email,
        template="recovery/mail/reminder",
        context=context,
        language=reminder.language,
    )
