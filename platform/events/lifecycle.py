"""How an event goes through its life: what is stored, which way it may go, and the one word that people see.

Stored is what somebody decided (`Event.State`). Whether its sale has begun, whether it is sold out and whether it is over
follow from the clock and the stock, so they are worked out when somebody looks (`stage_of`). docs/events.md has the picture.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.actions import Actor, record
from events.errors import StateRefused
from events.models import Event, Performance

State = Event.State

# The only ways from state to state, each by a verb. The database has them too (events/triggers.py: EVENT_STATES).
TRANSITIONS: dict[str, tuple[frozenset[str], str]] = {
    "publish_event": (frozenset({State.DRAFT}), State.PUBLISHED),
    "pause_event": (frozenset({State.PUBLISHED}), State.PAUSED),
    "resume_event": (frozenset({State.PAUSED, State.POSTPONED}), State.PUBLISHED),
    "postpone_event": (frozenset({State.PUBLISHED, State.PAUSED}), State.POSTPONED),
    "cancel_event": (frozenset({State.PUBLISHED, State.PAUSED, State.POSTPONED}), State.CANCELLED),
    "discard_template": (frozenset({State.TEMPLATE}), State.DISCARDED),
}


class Stage(models.TextChoices):
    """How an event is, in one word for people."""

    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("On sale soon")
    ON_SALE = "on_sale", _("On sale")
    PAUSED = "paused", _("Paused")
    SOLD_OUT = "sold_out", _("Sold out")
    POSTPONED = "postponed", _("Postponed")
    CANCELLED = "cancelled", _("Cancelled")
    COMPLETED = "completed", _("Over")
    TEMPLATE = "template", _("Template")
    DISCARDED = "discarded", _("Discarded")


# How a stage is coloured, as `ui.templatetags.ui.status` has it.
LOOKS = {
    Stage.SCHEDULED: "note",
    Stage.ON_SALE: "ok",
    Stage.PAUSED: "warn",
    Stage.SOLD_OUT: "err",
    Stage.POSTPONED: "warn",
    Stage.CANCELLED: "err",
}

_PAST_ITS_DATES = (State.PUBLISHED, State.PAUSED)  # what is over once its last date has ended


def stage_of(event: Event, *, at: datetime, is_sold_out: bool = False) -> Stage:
    """The stage of an event at `at`; whether it is sold out is for the caller to say, from the stock.

    Needs the event's dates, and of a published one its ticket types: prefetch them.
    """
    if event.state not in _PAST_ITS_DATES:
        return Stage(event.state)
    ends = [date.ends_at for date in event.performances.all() if date.state == Performance.State.SCHEDULED]
    starts = None if event.state == State.PAUSED else sale_start_of(event)
    return stage_at(event.state, at=at, ends_at=max(ends, default=None), sale_starts_at=starts, is_sold_out=is_sold_out)


def stage_at(
    state: str, *, at: datetime, ends_at: datetime | None, sale_starts_at: datetime | None, is_sold_out: bool = False
) -> Stage:
    """The same from its parts, for who has a copy of them (`marketplace`): `ends_at` is the last date's end."""
    if state not in _PAST_ITS_DATES:
        return Stage(state)
    if ends_at is None or ends_at <= at:
        return Stage.COMPLETED
    if state == State.PAUSED:
        return Stage.PAUSED
    if sale_starts_at is not None and at < sale_starts_at:
        return Stage.SCHEDULED
    return Stage.SOLD_OUT if is_sold_out else Stage.ON_SALE


def sale_start_of(event: Event) -> datetime | None:
    """When the first of its tickets can be bought: the event's own time or its ticket types', whichever is later; None: at once."""
    kinds = [kind.on_sale_from for kind in event.ticket_types.all() if kind.is_active]
    first = None if not kinds or None in kinds else min(start for start in kinds if start is not None)
    return max((start for start in (event.sale_starts_at, first) if start is not None), default=None)


def verbs_of(event: Event) -> frozenset[str]:
    """What may be done with an event in its present state."""
    return frozenset(verb for verb, (sources, _target) in TRANSITIONS.items() if event.state in sources)


def advance(event: Event, verb: str, *, actor: Actor, also: Iterable[str] = (), **detail: object) -> None:
    """Take a locked event over one of `TRANSITIONS` and log it; `also` names changed fields to save with it.

    Raises StateRefused; nothing has changed then.
    """
    sources, target = TRANSITIONS[verb]
    was = event.state
    if was not in sources:
        raise StateRefused(str(_REFUSALS[verb]), state=was)
    event.state = target
    event.save(update_fields=["state", *also])
    record(verb=verb, target=event, actor=actor, detail={"was": was, "is": str(target), **detail})


_REFUSALS = {
    "publish_event": _("Only a draft can be published."),
    "pause_event": _("Only an event that is on sale can be paused."),
    "resume_event": _("Only a paused or postponed event can go on sale again."),
    "postpone_event": _("Only a published event that is not cancelled can be postponed."),
    "cancel_event": _("Only a published event can be cancelled."),
    "discard_template": _("Only a template can be discarded."),
}
