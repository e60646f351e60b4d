"""Keys for programs: made by an owner, shown once, used, revoked."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actions import Actor, record
from audit.models import AuditEntry
from people.errors import ApiKeyInvalid
from people.models import ApiKey, Membership
from people.queries import key_digest
from ui.errors import NotFound
from ui.ids import new_token

MOST_KEYS = 50  # that are not revoked
USED_EVERY = timedelta(minutes=1)  # how exactly it is kept when a key was used


@transaction.atomic
def create_api_key(*, name: str, actor: Actor, role: Membership.Role = Membership.Role.MANAGER) -> tuple[ApiKey, str]:
    """A key and its bearer token, which is shown once and kept nowhere. Raises ApiKeyInvalid."""
    name = name.strip()
    if not name or len(name) > 80 or not name.isprintable():
        raise ApiKeyInvalid(_("Give the key a name of at most 80 characters."), field="name")
    if ApiKey.objects.filter(revoked_at=None).count() >= MOST_KEYS:
        raise ApiKeyInvalid(_("There are %d keys already. Revoke one that nobody uses.") % MOST_KEYS, field="name")
    token = f"key_{new_token()}"
    maker = UUID(actor.id) if actor.kind == AuditEntry.ActorKind.USER else None
    key = ApiKey.objects.create(name=name, role=role, token_digest=key_digest(token), created_by=maker)
    record(verb="create_api_key", target=key, actor=actor, detail={"role": role.value})
    return key, token


@transaction.atomic
def revoke_api_key(*, key_id: UUID, actor: Actor) -> ApiKey:
    """End a key's access from its next request on; a second call changes nothing. Raises NotFound."""
    key = ApiKey.objects.select_for_update(no_key=True).filter(pk=key_id).first()
    if key is None:
        raise NotFound
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        record(verb="revoke_api_key", target=key, actor=actor)
    return key


def note_use(key: ApiKey) -> None:
    """Keep that a key was used just now, at most once a minute."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
