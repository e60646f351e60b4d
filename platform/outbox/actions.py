"""Write what must happen next; do what is due."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from config import failpoints
from outbox.models import OutboxMessage

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 16  # with the delays below a little more than six hours: an SMTP outage of six must cost no mail
LONGEST_DELAY_SECONDS = 3600
SOON_SECONDS = 10  # what is due that soon is woken on time; what is later waits for the clock
LEASE_SECONDS = 60  # a message whose worker was killed is tried again after this

Handler = Callable[[dict[str, Any]], object]


@lru_cache(maxsize=1)
def handlers() -> dict[str, Handler]:
    """The page that says what each kind does: `config.handlers.HANDLERS`."""
    table: dict[str, Handler] = import_string(settings.OUTBOX_HANDLERS)
    return table


def enqueue(*, kind: str, key: str, payload: dict[str, Any] | None = None, delay_seconds: float = 0) -> None:
    """Note that `kind` must be done for `key` after this transaction commits, once, however often it is noted.

    `payload` holds ids, not copies of rows. Draining starts right after commit; the clock picks up what a crash left.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{kind} is enqueued outside a transaction")
    if kind not in handlers():
        raise LookupError(f"config.handlers has no entry for {kind}")
    due_at = timezone.now() + timedelta(seconds=delay_seconds)
    message = OutboxMessage(kind=kind, key=key, payload=payload or {}, due_at=due_at)
    OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)
    if delay_seconds <= SOON_SECONDS:
        _wake_after_commit(delay_seconds)


def _wake_after_commit(after_seconds: float) -> None:
    schema = connection.schema_name  # type: ignore[attr-defined]
    what = (schema, after_seconds) if after_seconds else (schema,)
    if any(isinstance(entry[1], _Wake) and entry[1].args == what for entry in connection.run_on_commit):
        return
    transaction.on_commit(_Wake(import_string(settings.OUTBOX_WAKE), *what))


class _Wake(partial[None]):
    """A wake-up call for a schema, told apart so that one transaction makes one for each."""


def drain(*, limit: int = 100) -> int:
    """Do what is due in the current schema and return how many messages were done.

    A message is leased, done outside any transaction (its handler may call a network), then marked. Several workers
    share the work. A handler that raises is tried again later, with growing delays; a killed one after the lease.
    """
    done = 0
    for _ in range(limit):
        message = _lease_one()
        if message is None:
            break
        if message.attempts > MAX_ATTEMPTS:
            _bury(message)
            continue
        try:
            handlers()[message.kind](message.payload)
            failpoints.hit(f"after_{message.kind}")
        except Exception as error:  # whatever a handler raises, the message must survive it and be tried again
            _postpone(message, error)
        else:
            OutboxMessage.objects.filter(pk=message.pk).update(done_at=timezone.now(), last_error="")
            done += 1
    return done


def _lease_one() -> OutboxMessage | None:
    now = timezone.now()
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(done_at=None, is_dead=False, due_at__lte=now)
            .order_by("due_at", "pk")
            .first()
        )
        if message is not None:
            message.attempts += 1
            message.due_at = now + timedelta(seconds=LEASE_SECONDS)
            message.save(update_fields=["attempts", "due_at"])
    return message


def _bury(message: OutboxMessage) -> None:
    """Give up a message that ends each worker that takes it, so that `_postpone` never sees it."""
    OutboxMessage.objects.filter(pk=message.pk).update(is_dead=True, last_error="Each worker that took it was ended")
    logger.error("outbox %s %s is given up: each worker that took it was ended", message.kind, message.key)


def _postpone(message: OutboxMessage, error: Exception) -> None:
    delay = min(2**message.attempts * 2, LONGEST_DELAY_SECONDS)
    OutboxMessage.objects.filter(pk=message.pk).update(
        is_dead=message.attempts >= MAX_ATTEMPTS,
        last_error=f"{type(error).__name__}: {error}"[:2000],
        due_at=timezone.now() + timedelta(seconds=delay),
    )
    logger.exception("outbox %s %s failed, attempt %d", message.kind, message.key, message.attempts)
