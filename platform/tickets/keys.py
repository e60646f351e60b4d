"""Key pairs of events: made here, sealed here, opened only to sign.

A private key lies in the database encrypted with AES-256-GCM under a key derived from `settings.TICKET_KEY_SECRET`, bound
to the event and key id it belongs to, so that a row copied to another event does not open.
"""

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from tickets.errors import KeySealBroken

_NONCE_BYTES = 12


def new_key_pair() -> tuple[bytes, bytes]:
    """A fresh (private, public) pair, 32 raw bytes each."""
    private = Ed25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def seal(private_key: bytes, *, owner: bytes) -> bytes:
    """Encrypt a private key for the database. `owner` (event tag and key id) must be given again to open it."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(settings.TICKET_KEY_SECRET).encrypt(nonce, private_key, owner)


def unseal(sealed: bytes, *, owner: bytes) -> Ed25519PrivateKey:
    """Open what `seal` made. Raises KeySealBroken when the secret, the owner or the bytes are not the same."""
    try:
        raw = _cipher(settings.TICKET_KEY_SECRET).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], owner)
    except (InvalidTag, ValueError) as error:
        raise KeySealBroken from error
    return Ed25519PrivateKey.from_private_bytes(raw)


@lru_cache(maxsize=2)
def _cipher(secret: str) -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"marquee ticket signing keys 1")
    return AESGCM(derive.derive(secret.encode()))
