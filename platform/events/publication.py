"""How an event comes before people: when its sale begins, pauses and goes on, who may find it, and its preview link.

`checkout.publish` composes those that stock or buyers must hear of.
"""

from datetime import datetime
from uuid import UUID, uuid4

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.actions import list_again
from events.errors import EventInvalid, StateRefused
from events.lifecycle import advance
from events.models import Event, Performance
from events.queries import event_for_update
from ui.dates import moment_text

SHORTEST_PASSWORD, LONGEST_PASSWORD = 4, 72


@transaction.atomic
def pause_event(*, event_id: UUID, actor: Actor) -> Event:
    """Nothing more is held until it is resumed; what is held or ordered may still be paid. Raises NotFound, StateRefused."""
    event = event_for_update(event_id)
    advance(event, "pause_event", actor=actor)
    list_again(event)
    return event


@transaction.atomic
def resume_event(*, event_id: UUID, actor: Actor) -> Event:
    """On sale again, after a pause or once every postponed date has its new time. Raises NotFound, StateRefused."""
    event = event_for_update(event_id)
    waiting = event.performances.filter(state=Performance.State.POSTPONED).first()
    if waiting is not None:
        words = _("Give the date of %(when)s its new time first: “Change date and place”.")
        raise StateRefused(words % {"when": moment_text(waiting.starts_at, waiting.timezone)}, state=event.state)
    advance(event, "resume_event", actor=actor)
    list_again(event)
    return event


@transaction.atomic
def postpone_event(*, event_id: UUID, actor: Actor) -> tuple[Event, list[Performance]]:
    """It does not happen when it was to, and nobody knows when yet: returns it with the dates that wait for a new time.

    Called by `checkout.publish`, which tells the buyers. What is over stays over. Raises NotFound, StateRefused.
    """
    event = event_for_update(event_id)
    advance(event, "postpone_event", actor=actor)
    ahead = event.performances.filter(state=Performance.State.SCHEDULED, ends_at__gt=timezone.now())
    waiting = list(ahead.select_for_update(no_key=True).order_by("pk"))
    if not waiting:
        raise StateRefused(_("All its dates are over, so there is nothing to postpone."), state=event.state)
    Performance.objects.filter(pk__in=[date.pk for date in waiting]).update(state=Performance.State.POSTPONED)
    list_again(event)
    return event, waiting


@transaction.atomic
def set_sale_start(*, event_id: UUID, sale_starts_at: datetime | None, actor: Actor) -> Event:
    """When its sale begins; None is as soon as it is published. Raises NotFound, EventInvalid."""
    event = event_for_update(event_id)
    last = event.performances.exclude(state=Performance.State.CANCELLED).order_by("starts_at").last()
    if sale_starts_at is not None and (last is None or sale_starts_at >= last.starts_at):
        raise EventInvalid(_("The sale begins before the event does."), field="sale_starts_at")
    if event.sale_starts_at == sale_starts_at:
        return event
    was, event.sale_starts_at = event.sale_starts_at, sale_starts_at
    event.save(update_fields=["sale_starts_at"])
    detail = {"was": was.isoformat() if was else "", "is": sale_starts_at.isoformat() if sale_starts_at else ""}
    record(verb="set_sale_start", target=event, actor=actor, detail=detail)
    list_again(event)
    return event


@transaction.atomic
def set_visibility(*, event_id: UUID, visibility: str, actor: Actor, password: str = "") -> Event:
    """Who may find an event. An empty `password` keeps the one it has; another one shuts out who came in with the old.

    Raises NotFound, EventInvalid.
    """
    event = event_for_update(event_id)
    if visibility not in Event.Visibility.values:
        raise EventInvalid(_("Choose who may find it."), field="visibility")
    was = event.visibility
    if visibility != Event.Visibility.PASSWORD:
        event.password = ""
    elif password or not event.password:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            bounds = {"least": SHORTEST_PASSWORD, "most": LONGEST_PASSWORD}
            raise EventInvalid(_("Give it a password of %(least)d to %(most)d characters.") % bounds, field="password")
        event.password = make_password(password)
    elif was == visibility:
        return event
    event.visibility = visibility
    event.save(update_fields=["visibility", "password"])
    detail = {"was": was, "is": visibility, "new_password": bool(password and event.password)}
    record(verb="set_visibility", target=event, actor=actor, detail=detail)
    list_again(event)
    return event


@transaction.atomic
def renew_preview_link(*, event_id: UUID, actor: Actor) -> Event:
    """End every preview link that was given out. Raises NotFound."""
    event = event_for_update(event_id)
    event.preview_key = uuid4()
    event.save(update_fields=["preview_key"])
    record(verb="renew_preview_link", target=event, actor=actor)
    return event
