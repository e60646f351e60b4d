"""Put an event on sale, pause it, postpone it: what is on offer, its stock and who must hear of it, together."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Actor
from events import publication
from events.actions import mark_published
from events.errors import EventInvalid, NotPublishable
from events.models import DatePrice, Event, Performance
from events.queries import event_for_update
from inventory.actions import open_pools_of
from inventory.live import mark_changed
from orders.models import Order
from outbox.actions import enqueue
from payments.queries import can_charge, charge_model_of
from tickets.actions import ensure_signing_key
from ui.ids import uuid7

LONGEST_WORDS = 500  # characters of what the buyers of a postponed event are told


@transaction.atomic
def publish_event(*, event_id: UUID, actor: Actor) -> Event:
    """A draft goes on sale: its pools are opened and its ticket key made. Raises NotFound, NotPublishable."""
    event = event_for_update(event_id)
    if not event.is_test and is_paid(event) and not can_charge(charge_model_of(event)):
        raise NotPublishable(_("Connect Stripe first: this event has paid tickets, and you could not be paid yet."))
    mark_published(event=event, actor=actor)
    open_pools_of(
        event, list(event.performances.filter(starts_at__gt=timezone.now(), state=Performance.State.SCHEDULED))
    )
    ensure_signing_key(event)
    enqueue(kind="list_event", key=f"{event.pk}:published", payload={"event_id": str(event.pk)})
    return event


def is_paid(event: Event) -> bool:
    """Whether any of its tickets costs something, on any date."""
    kinds = event.ticket_types.filter(is_active=True)
    return kinds.filter(price__gt=0).exists() or DatePrice.objects.filter(ticket_type__in=kinds, price__gt=0).exists()


@transaction.atomic
def pause_event(*, event_id: UUID, actor: Actor) -> Event:
    """Stop an event's sale for a while: from this commit on nothing is held, and open pages hear of it.

    Whoever holds tickets may still order and pay them. Raises NotFound, StateRefused.
    """
    event = publication.pause_event(event_id=event_id, actor=actor)
    _tell_pages(event)
    return event


@transaction.atomic
def resume_event(*, event_id: UUID, actor: Actor) -> Event:
    """Put a paused event, or a postponed one whose dates are known, on sale again. Raises NotFound, StateRefused."""
    event = publication.resume_event(event_id=event_id, actor=actor)
    # What was over already when the event was published may have a new date since.
    closed = event.performances.filter(starts_at__gt=timezone.now(), state=Performance.State.SCHEDULED, pools=None)
    open_pools_of(event, list(closed))
    _tell_pages(event)
    return event


@transaction.atomic
def postpone_event(*, event_id: UUID, words: str, actor: Actor) -> Event:
    """Take its dates from an event until new ones are known: nothing is sold, tickets stay valid, whoever has some is mailed.

    `words` go into that mail. Raises NotFound, StateRefused, EventInvalid.
    """
    words = words.strip()
    if len(words) > LONGEST_WORDS or not words.isprintable():
        raise EventInvalid(_("Up to %d characters, in one line.") % LONGEST_WORDS, field="words")
    event, waiting = publication.postpone_event(event_id=event_id, actor=actor)
    if Order.objects.filter(event=event, state=Order.State.PAID, performance__in=waiting).exists():
        key = uuid7()
        enqueue(
            kind="mail_postponement",
            key=str(key),
            payload={"event_id": str(event.pk), "postponed": str(key), "words": words},
        )
    _tell_pages(event)
    return event


def _tell_pages(event: Event) -> None:
    for performance_id in event.performances.values_list("pk", flat=True):
        mark_changed(performance_id)
