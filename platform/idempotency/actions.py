"""Open a key, remember what was answered."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from idempotency.errors import KeyInvalid, KeyReused
from idempotency.models import IdempotencyKey

KEPT_FOR = timedelta(days=7)
LONGEST_KEY = 255


def fingerprint_of(body: Any) -> str:
    """SHA-256 of a request's parsed body, so that white space and key order do not matter."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def open_key(*, scope: str, key: str, body: Any) -> IdempotencyKey:
    """The row of this key, made now or found. Must run inside the transaction of what it protects.

    A second request with the same key waits here until the first one's transaction ends, then finds its answer.
    Raises KeyInvalid for an empty or over-long key, KeyReused when the key belongs to another body.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an idempotency key is opened outside a transaction")
    check_key(key)
    fingerprint = fingerprint_of(body)
    made = _insert(scope, key, fingerprint)
    if made is not None:
        return made
    found = IdempotencyKey.objects.select_for_update().get(scope=scope, key=key)
    _check_body(found, fingerprint)
    return found


def check_key(key: str) -> str:
    """The key, if it is one. Raises KeyInvalid when it is empty, over-long or not text."""
    if not key.strip() or len(key) > LONGEST_KEY or "\x00" in key:
        raise KeyInvalid(_("Send an Idempotency-Key of 1 to %(n)d characters.") % {"n": LONGEST_KEY})
    return key


def kept_answer(*, scope: str, key: str, fingerprint: str) -> IdempotencyKey:
    """The row of an answered key. Raises KeyReused when it was used for another body."""
    found = IdempotencyKey.objects.get(scope=scope, key=key)
    _check_body(found, fingerprint)
    return found


def is_answered(*, scope: str, key: str) -> bool:
    """Whether this key has been answered; "" never is."""
    return key != "" and IdempotencyKey.objects.filter(scope=scope, key=key).exists()


def keep_answer(*, scope: str, key: str, fingerprint: str, status: int, body: dict[str, Any]) -> None:
    """Keep an answer under a key that nothing was kept under meanwhile; for "", nothing."""
    if key:
        with transaction.atomic():
            row = _insert(scope, key, fingerprint)
            if row is not None:
                remember_answer(row=row, status=status, body=body)


def _check_body(found: IdempotencyKey, fingerprint: str) -> None:
    if found.fingerprint != fingerprint:
        raise KeyReused(_("This Idempotency-Key was used for a different request. Use a new one."))


def _insert(scope: str, key: str, fingerprint: str) -> IdempotencyKey | None:
    """A new row, or None when the key is known.

    One statement: an insert that fails would need a savepoint, and the ORM's way to ignore a conflict does not say whether
    there was one.
    """
    row = IdempotencyKey(scope=scope, key=key, fingerprint=fingerprint, created_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {connection.ops.quote_name(IdempotencyKey._meta.db_table)}"
            " (scope, key, fingerprint, reference, status, body, created_at) VALUES (%s, %s, %s, '', 0, '{}', %s)"
            " ON CONFLICT (scope, key) DO NOTHING RETURNING id",
            [scope, key, fingerprint, row.created_at],
        )
        inserted = cursor.fetchone()
    if inserted is None:
        return None
    row.pk = inserted[0]
    return row


def remember_answer(*, row: IdempotencyKey, status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Keep the answer (status and JSON) to give again for this key, unless there is one already; returns what counts."""
    if not IdempotencyKey.objects.filter(pk=row.pk, status=0).update(status=status, body=body):
        row.refresh_from_db()
        return row.status, row.body
    return status, body


def forget_old_keys() -> int:
    """Delete keys older than KEPT_FOR; returns how many."""
    deleted, _by_model = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return deleted
