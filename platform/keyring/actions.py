"""The one verb of the key ring."""

from uuid import UUID

from keyring.models import PublishedKey


def publish_key(*, organizer_id: UUID, event_tag: bytes, key_id: int, public_key: bytes) -> None:
    """Make a public key known to every door. A second call changes nothing: a key under a tag and id is for ever."""
    key = PublishedKey(event_tag=event_tag.hex(), key_id=key_id, organizer_id=organizer_id, public_key=public_key)
    PublishedKey.objects.bulk_create([key], ignore_conflicts=True)
