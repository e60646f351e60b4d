"""The one verb of the audit trail."""

from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from audit.models import AuditEntry


@dataclass(frozen=True)
class Actor:
    """Who acts: a signed-in user, a buyer (known by an order or hold), a door device, a program with an API key, or the system itself."""

    kind: AuditEntry.ActorKind
    id: str = ""

    def __str__(self) -> str:
        """As one text, for journals: "system", "buyer", "user:<id>"."""
        return f"{self.kind}:{self.id}" if self.id else str(self.kind)


SYSTEM = Actor(AuditEntry.ActorKind.SYSTEM)


def user_actor(user_id: object) -> Actor:
    """The signed-in user with this id."""
    return Actor(AuditEntry.ActorKind.USER, str(user_id))


def buyer_actor(reference: object = "") -> Actor:
    """A buyer, referred to by what they hold (an order's or hold's id), never by name or address."""
    return Actor(AuditEntry.ActorKind.BUYER, str(reference))


def device_actor(device_id: object) -> Actor:
    """A door device."""
    return Actor(AuditEntry.ActorKind.DEVICE, str(device_id))


def key_actor(key_id: object) -> Actor:
    """A program with an API key of the organizer."""
    return Actor(AuditEntry.ActorKind.KEY, str(key_id))


def record(*, verb: str, target: models.Model, actor: Actor, detail: dict[str, Any] | None = None) -> None:
    """Append who did what. Must be called inside the transaction of what it records.

    `detail` holds plain JSON values and no personal data beyond ids.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{verb} is recorded outside a transaction")
    AuditEntry.objects.create(
        actor_kind=actor.kind,
        actor_id=actor.id,
        verb=verb,
        target_kind=target._meta.label_lower,
        target_id=str(target.pk),
        detail=detail or {},
    )
