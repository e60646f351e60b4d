"""Reads and locked reads of reminders."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from inventory.models import Hold
from recovery.errors import ReminderNotFound
from recovery.models import Reminder, ReminderRules, Restoration, one_after_an_hour


def hours_of(event_id: UUID) -> list[int]:
    """After how many hours each mail of an event is due, ascending; empty where none is sent."""
    rules = ReminderRules.objects.filter(event_id=event_id).first()
    return list(rules.hours) if rules else one_after_an_hour()


def reminder_by_token(reminder_id: UUID, token: str) -> Reminder:
    """The reminder, for who has its token. Raises ReminderNotFound for a wrong token as for a wrong id."""
    found = Reminder.objects.select_related("hold__performance__event__venue").filter(pk=reminder_id).first()
    if found is None or not hmac.compare_digest(found.token.encode(), token.encode()):
        raise ReminderNotFound
    return found


def reminder_for_update(reminder_id: UUID) -> Reminder | None:
    """The reminder with its hold, its row locked until the transaction ends."""
    found = Reminder.objects.select_for_update(of=("self",)).select_related("hold__performance__event__venue")
    return found.filter(pk=reminder_id).first()


def due_reminders(*, at: datetime) -> list[UUID]:
    """The reminders whose next mail is due at `at`, the longest due first."""
    return list(Reminder.objects.filter(next_at__lte=at).order_by("next_at").values_list("pk", flat=True)[:200])


def is_reminded(hold: Hold) -> bool:
    """Whether the buyer of a hold has agreed to be reminded."""
    return Reminder.objects.filter(hold=hold, state=Reminder.State.OPEN).exists()


@dataclass(frozen=True)
class RecoveryFigures:
    """What an event's reminders did: buyers who agreed, mails, and buyers who came back by a link and held tickets again."""

    agreed: int
    mails: int
    returned: int


def recovery_figures(event_id: UUID) -> RecoveryFigures:
    """The figures of an event, of all time."""
    found = Reminder.objects.filter(event_id=event_id)
    returned = Restoration.objects.filter(reminder__event_id=event_id).values("reminder").distinct().count()
    return RecoveryFigures(found.count(), found.aggregate(n=Sum("sent"))["n"] or 0, returned)
