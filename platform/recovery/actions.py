"""Agree to be reminded, withdraw, and the notes of what was mailed and what came of it. Lock order: hold, then reminder."""

from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit.actions import Actor, buyer_actor, record
from events.models import Event
from inventory.models import Hold
from inventory.queries import database_now, hold_for_update
from notifications.actions import forget_emails
from people.identity import buyer_key
from recovery import consents
from recovery.errors import ReminderInvalid
from recovery.models import Reminder, ReminderRules, Restoration
from recovery.queries import hours_of, reminder_by_token, reminder_for_update
from ui.addresses import normal_address
from ui.errors import NotFound

MOST_MAILS = 3
LATEST = 7 * 24  # hours: whoever did not come back in a week has decided
KEPT_FOR = timedelta(days=30)  # from the consent: after that nothing tells whose it was
MAIL_KEY = "reminder"


@transaction.atomic
def change_rules(*, event_id: UUID, hours: list[int], actor: Actor) -> ReminderRules:
    """After how many hours buyers are reminded, ascending; none for not at all. Raises NotFound, ReminderInvalid."""
    if not Event.objects.filter(pk=event_id).exists():
        raise NotFound
    if len(hours) > MOST_MAILS or any(not 1 <= one <= LATEST for one in hours):
        raise ReminderInvalid(_("Up to three e-mails, each within a week."), field="first")
    if sorted(set(hours)) != hours:
        raise ReminderInvalid(_("Each e-mail comes after the one before."), field="second")
    rules, _is_new = ReminderRules.objects.update_or_create(event_id=event_id, defaults={"hours": hours})
    record(verb="change_reminder_rules", target=rules, actor=actor, detail={"hours": hours})
    return rules


@transaction.atomic
def agree(*, hold: Hold, email: str, name: str = "") -> Reminder | None:
    """The buyer of a live hold agrees to be reminded at this address; again with another one, at that.

    None where the event sends no reminders, or the hold is over. Raises ReminderInvalid for what is no address.
    """
    try:
        email = normal_address(email)
    except ValidationError as error:
        raise ReminderInvalid(_("Enter an e-mail address like name@example.com."), field="email") from error
    if len(email) > 254:
        raise ReminderInvalid(_("This e-mail address is too long."), field="email")
    now, hold = database_now(), hold_for_update(hold.pk)
    event_id = hold.performance.event_id
    hours = hours_of(event_id)
    if not hours or not hold.is_live(at=now):
        return None
    known = {
        "email": email,
        "person": buyer_key(email),
        "name": name.strip()[:120] if name.isprintable() else "",
        "language": get_language() or "en",
        "consent_version": consents.VERSION,
        "consent_text": str(consents.TEXT),
        "state": Reminder.State.OPEN,
        "agreed_at": now,
        "next_at": due_at(hold, hours[0], since=now),
        "ended_at": None,
    }
    reminder, _is_new = Reminder.objects.update_or_create(hold=hold, defaults={"event_id": event_id, **known})
    return reminder


def due_at(hold: Hold, hours: int, *, since: datetime) -> datetime:
    """When a mail is due: so long after the consent, and never while the hold still stands."""
    return max(since + timedelta(hours=hours), hold.expires_at)


@transaction.atomic
def withdraw(*, hold: Hold) -> None:
    """The buyer unticks the box: nothing is kept of the consent, as no mail has gone out while the hold is live."""
    hold_for_update(hold.pk)
    Reminder.objects.filter(hold=hold, sent=0).delete()


@transaction.atomic
def stop(*, reminder_id: UUID, token: str) -> Reminder:
    """The buyer wants no more of these mails, for this and whatever else they left here. Raises ReminderNotFound."""
    found = reminder_by_token(reminder_id, token)
    mine = Q(pk=found.pk) | (Q(person=found.person) if found.person else Q())
    for pk in Reminder.objects.filter(mine, state=Reminder.State.OPEN).order_by("pk").values_list("pk", flat=True):
        reminder = reminder_for_update(pk)
        if reminder is not None and reminder.state == Reminder.State.OPEN:
            end(reminder, Reminder.State.STOPPED, at=database_now())
            record(verb="stop_reminders", target=reminder, actor=buyer_actor())
    return reminder_by_token(reminder_id, token)


def end(reminder: Reminder, state: Reminder.State, *, at: datetime) -> None:
    """No more mails for a locked reminder."""
    reminder.state, reminder.next_at, reminder.ended_at = state, None, at
    reminder.save(update_fields=["state", "next_at", "ended_at"])


def note_mail(reminder: Reminder, *, at: datetime) -> None:
    """One more mail of a locked reminder is queued; the next one's time, or none."""
    hours = hours_of(reminder.event_id)
    reminder.sent += 1
    if reminder.sent >= min(len(hours), MOST_MAILS):
        reminder.next_at = None
    else:
        reminder.next_at = at + timedelta(hours=hours[reminder.sent] - hours[reminder.sent - 1])
    reminder.save(update_fields=["sent", "next_at"])


def postpone(reminder: Reminder, *, until: datetime) -> None:
    """The next mail of a locked reminder is due later: its buyer is at the checkout now."""
    reminder.next_at = until
    reminder.save(update_fields=["next_at"])


def note_restoration(reminder: Reminder, hold: Hold, *, at: datetime) -> Restoration:
    """A new hold was made from a reminder's link."""
    return Restoration.objects.create(reminder=reminder, hold=hold, at=at)


def forget_reminders() -> int:
    """Take the person out of reminders that are older than KEPT_FOR, and delete their mails; how many."""
    now = database_now()
    old = Reminder.objects.filter(agreed_at__lt=now - KEPT_FOR, forgotten_at=None)
    return _forget(list(old.order_by("pk").values_list("pk", flat=True)[:1000]), at=now)


def forget_person(email: str) -> int:
    """The same for whatever an address was reminded of, at once and in the caller's transaction."""
    mine = Reminder.objects.filter(person=buyer_key(email))
    return _forget(list(mine.order_by("pk").values_list("pk", flat=True)), at=database_now())


@transaction.atomic
def _forget(ids: list[UUID], *, at: datetime) -> int:
    for pk in ids:
        forget_emails(key_prefix=f"{MAIL_KEY}:{pk}:", before=at)
    Reminder.objects.filter(pk__in=ids, state=Reminder.State.OPEN).update(
        state=Reminder.State.OVER, next_at=None, ended_at=at
    )
    return Reminder.objects.filter(pk__in=ids).update(email="", person="", name="", forgotten_at=at)
