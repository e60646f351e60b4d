"""Seeds at rest: sealed with AES-256-GCM under a key of their own, bound to their line, opened at its start."""

import os
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE_BYTES = 12


def seal(seed: bytes, *, line_id: UUID) -> bytes:
    """Encrypt a seed for the database."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, seed, line_id.bytes)


def unseal(sealed: bytes, *, line_id: UUID) -> bytes:
    """Open what `seal` made. Raises cryptography's InvalidTag when the secret, the line or the bytes are not the same."""
    return _cipher(settings.SECRET_KEY).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], line_id.bytes)


@lru_cache(maxsize=2)
def _cipher(secret: str) -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"marquee waiting room seeds 1")
    return AESGCM(derive.derive(secret.encode()))
