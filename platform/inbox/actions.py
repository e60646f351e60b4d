"""Store first, answer fast, then act: once per event, in any order, however often it comes."""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db import DataError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_tenants.utils import tenant_context

from config import failpoints
from inbox.errors import AccountTaken, EventUnreadable
from inbox.models import ProviderAccount, ProviderEvent, RoutedObject
from tenants.models import Organizer

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
LEASE_SECONDS = 60

Verb = Callable[[dict[str, Any]], None]


@transaction.atomic
def route_account(*, account_id: str, organizer: Organizer) -> None:
    """Events of this connected account belong to this organizer, also those that came before it was known.

    Raises AccountTaken when it is another's.
    """
    route, is_new = ProviderAccount.objects.get_or_create(account_id=account_id, defaults={"organizer": organizer})
    _take_up(route, organizer, ProviderEvent.objects.filter(account_id=account_id) if is_new else None)


@transaction.atomic
def route_object(*, object_id: str, organizer: Organizer) -> None:
    """Events of the platform's own account about this PaymentIntent belong to this organizer, also those that came before.

    Raises AccountTaken when it is another's.
    """
    route, is_new = RoutedObject.objects.get_or_create(object_id=object_id, defaults={"organizer": organizer})
    _take_up(route, organizer, ProviderEvent.objects.filter(intent_id=object_id) if is_new else None)


def _take_up(
    route: ProviderAccount | RoutedObject, organizer: Organizer, early: QuerySet[ProviderEvent] | None
) -> None:
    """Give a new route its events that were kept unrouted. Raises AccountTaken for another organizer's."""
    if route.organizer_id != organizer.pk:
        raise AccountTaken
    if early is not None:
        waiting = early.filter(organizer=None)
        waiting.update(organizer=organizer, state=ProviderEvent.State.RECEIVED, due_at=timezone.now(), done_at=None)


def organizers_of(object_ids: Iterable[str]) -> dict[str, Organizer]:
    """Whose orders these PaymentIntents of the platform's own account are for; those of nobody are absent."""
    routes = RoutedObject.objects.filter(pk__in=[one for one in object_ids if one]).select_related("organizer")
    return {route.pk: route.organizer for route in routes}


def _intent_of(event: dict[str, Any]) -> str:
    """The PaymentIntent that an event is about: the object itself, or what the object is of."""
    thing = event.get("data", {}).get("object", {}) if isinstance(event.get("data"), dict) else {}
    found = thing.get("id") if thing.get("object") == "payment_intent" else thing.get("payment_intent")
    return str(found)[:64] if isinstance(found, str) else ""


def receive_event(event: dict[str, Any]) -> bool:
    """Store a verified event; False when it is already known. An event of an account that is not ours is kept, unrouted.

    Raises EventUnreadable for what Postgres cannot keep.
    """
    try:
        with transaction.atomic():
            is_new = _store(event)
    except (DataError, UnicodeEncodeError) as error:
        raise EventUnreadable from error
    failpoints.hit("after_event_stored")
    return is_new


def _store(event: dict[str, Any]) -> bool:
    account_id = event.get("account") or ""
    intent_id = "" if account_id else _intent_of(event)
    route = (
        ProviderAccount.objects.filter(pk=account_id).first()
        if account_id
        else RoutedObject.objects.filter(pk=intent_id).first()
    )
    _row, is_new = ProviderEvent.objects.get_or_create(
        event_id=event["id"],
        defaults={
            "account_id": account_id,
            "intent_id": intent_id,
            "organizer_id": route.organizer_id if route else None,
            "type": event["type"],
            "payload": event,
            "due_at": timezone.now(),
        },
    )
    return is_new


def process_due_events(verbs: dict[str, Verb], *, limit: int = 50) -> int:
    """Run the verb of each due event in its organizer's schema; returns how many were settled. Nobody's are set aside.

    An event is leased while its verb runs, so a killed worker's event is taken up again after LEASE_SECONDS. A verb that
    raises is tried again later.
    """
    settled = 0
    for _ in range(limit):
        event = _lease_one()
        if event is None:
            break
        settled += _process(event, verbs.get(event.type))
    return settled


def _lease_one() -> ProviderEvent | None:
    now = timezone.now()
    with transaction.atomic():
        event = (
            ProviderEvent.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("organizer")
            .filter(state=ProviderEvent.State.RECEIVED, due_at__lte=now)
            .order_by("due_at", "pk")
            .first()
        )
        if event is not None:
            event.attempts += 1
            event.due_at = now + timedelta(seconds=LEASE_SECONDS)
            event.save(update_fields=["attempts", "due_at"])
    return event


def _process(event: ProviderEvent, verb: Verb | None) -> int:
    rows = ProviderEvent.objects.filter(pk=event.pk)
    if event.account_id and event.organizer is None:
        logger.error("event %s (%s) is of account %s, which is nobody's here", event.pk, event.type, event.account_id)
    if verb is None or event.organizer is None:
        rows.update(state=ProviderEvent.State.IGNORED, done_at=timezone.now())
        return 1
    if event.attempts > MAX_ATTEMPTS:  # a verb that ends its worker never comes to be given up below
        rows.update(state=ProviderEvent.State.DEAD, last_error="Each worker that took it was ended")
        logger.error("event %s (%s) is given up: each worker that took it was ended", event.pk, event.type)
        return 0
    try:
        with tenant_context(event.organizer):
            verb(event.payload)
    except Exception as error:  # whatever the verb raises, the event must survive it and be tried again
        dead = event.attempts >= MAX_ATTEMPTS
        rows.update(
            state=ProviderEvent.State.DEAD if dead else ProviderEvent.State.RECEIVED,
            last_error=f"{type(error).__name__}: {error}"[:2000],
            due_at=timezone.now() + timedelta(seconds=min(2**event.attempts * 2, 3600)),
        )
        logger.exception("event %s (%s) failed, attempt %d", event.pk, event.type, event.attempts)
        return 0
    rows.update(state=ProviderEvent.State.DONE, done_at=timezone.now(), last_error="")
    return 1
