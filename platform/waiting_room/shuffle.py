"""The order of those who came early: pure functions that anybody can repeat with what is public (docs/waiting-room.md)."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

SEED_BYTES = 32
ALGORITHM = (
    "commitment = SHA-256(seed); digest = SHA-256(the entries in ascending order, each followed by a line feed); "
    "key = HMAC-SHA-256(seed, digest); position = rank of HMAC-SHA-256(key, entry), ascending, from 1. "
    "seed, digest and key are 32 bytes, written in hexadecimal; an entry is the ASCII text of its 16 digits."
)


def new_seed() -> bytes:
    """A seed that nobody can guess."""
    return secrets.token_bytes(SEED_BYTES)


def commitment_to(seed: bytes) -> str:
    """What is published before the start: it fixes the seed without showing it."""
    return hashlib.sha256(seed).hexdigest()


def digest_of(entries: Iterable[str]) -> str:
    """A digest of who came early, whatever order they are given in."""
    total = hashlib.sha256()
    for entry in sorted(entries):
        total.update(f"{entry}\n".encode())
    return total.hexdigest()


def shuffled(entries: Iterable[str], seed: bytes) -> list[str]:
    """The entries in their order of admission.

    The key depends on the whole list as well: whoever knew the seed beforehand could still not choose an entry's place
    without knowing everybody who was to come after it.
    """
    known = set(entries)
    key = hmac.digest(seed, bytes.fromhex(digest_of(known)), "sha256")
    return sorted(known, key=lambda entry: hmac.digest(key, entry.encode(), "sha256"))
