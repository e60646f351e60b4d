"""Put an event on sale: what is on offer, its stock and its place on the platform's site, together."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from events.actions import mark_published
from events.errors import NotPublishable
from events.models import DatePrice, Event, Performance
from events.queries import event_for_update
from inventory.actions import open_pools_of
from outbox.actions import enqueue
from payments.queries import can_charge, charge_model_of
from tickets.actions import ensure_signing_key


@transaction.atomic
def publish_event(*, event_id: UUID, actor: Actor) -> Event:
    """A draft goes on sale: its pools are opened and its ticket key made. Raises NotFound, NotPublishable."""
    event = event_for_update(event_id)
    if is_paid(event) and not can_charge(charge_model_of(event)):
        raise NotPublishable(_("Connect Stripe first: this event has paid tickets, and you could not be paid yet."))
    mark_published(event=event)
    open_pools_of(
        event, list(event.performances.filter(starts_at__gt=timezone.now(), state=Performance.State.SCHEDULED))
    )
    ensure_signing_key(event)
    record(verb="publish_event", target=event, actor=actor)
    enqueue(kind="list_event", key=f"{event.pk}:published", payload={"event_id": str(event.pk)})
    return event


def is_paid(event: Event) -> bool:
    """Whether any of its tickets costs something, on any date."""
    kinds = event.ticket_types.filter(is_active=True)
    return kinds.filter(price__gt=0).exists() or DatePrice.objects.filter(ticket_type__in=kinds, price__gt=0).exists()
