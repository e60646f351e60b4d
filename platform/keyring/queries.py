"""Reads of the key ring, from any organizer's context: the table lies in `public`."""

from keyring.models import PublishedKey


def published_key(event_tag: bytes, key_id: int) -> bytes | None:
    """The 32 bytes of the public key that codes with this tag and key id are signed for, or None."""
    key = (
        PublishedKey.objects.filter(event_tag=event_tag.hex(), key_id=key_id)
        .values_list("public_key", flat=True)
        .first()
    )
    return None if key is None else bytes(key)
