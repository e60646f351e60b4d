"""The text in a ticket's QR code: signed, compact, verified without a network (docs/ticket-codes.md).

    byte  0      1       2         10         26              30                34
          1      key id  event 8B  ticket 16B performance 4B  ticket type 4B    Ed25519 64B      = 98 bytes

As Base45 that is 147 characters, which fit a QR code of version 6 with error correction M: 41 x 41 modules. Tags are
digests of ids, so that nothing personal and nothing guessable is in a code. Every function here is total: whatever text a
camera reads becomes a typed answer, never an exception.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

from base45 import b45decode, b45encode
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

VERSION: Final = 1
SIGNATURE_BYTES: Final = 64
BODY_BYTES: Final = 34
CODE_BYTES: Final = BODY_BYTES + SIGNATURE_BYTES
CODE_LENGTH: Final = CODE_BYTES // 2 * 3  # characters of Base45

# What is signed begins with these words, so that no other use of a key can ever yield a ticket.
_DOMAIN: Final = b"marquee ticket code 1\x00"


@dataclass(frozen=True)
class Content:
    """What a code says. `event_tag` is 8 bytes, `performance_tag` and `ticket_type_tag` are 4; `key_id` is 0-255."""

    key_id: int
    event_tag: bytes
    ticket_id: UUID
    performance_tag: bytes
    ticket_type_tag: bytes


@dataclass(frozen=True)
class Genuine:
    """Signed by the key that its tag names."""

    content: Content


@dataclass(frozen=True)
class Forged:
    """It has a ticket's shape and names a known key, and that key did not sign it."""

    content: Content


@dataclass(frozen=True)
class UnknownKey:
    """It has a ticket's shape; nobody we know has the key that it names."""

    content: Content


@dataclass(frozen=True)
class Unreadable:
    """Not a ticket code at all: another QR code, a typed word, a damaged text."""


Verdict = Genuine | Forged | UnknownKey | Unreadable
KeyFinder = Callable[[bytes, int], bytes | None]


def event_tag(event_id: UUID) -> bytes:
    """The 8 bytes that stand for an event in its codes."""
    return sha256(b"event\x00" + event_id.bytes).digest()[:8]


def performance_tag(performance_id: UUID) -> bytes:
    """The 4 bytes that stand for a performance; scanners keep the few of their event, with today's times."""
    return sha256(b"performance\x00" + performance_id.bytes).digest()[:4]


def ticket_type_tag(ticket_type_id: UUID) -> bytes:
    """The 4 bytes that stand for a ticket type."""
    return sha256(b"ticket type\x00" + ticket_type_id.bytes).digest()[:4]


def sign(content: Content, private_key: Ed25519PrivateKey) -> str:
    """The code's text, 147 characters of Base45."""
    body = _body(content)
    return _text(body + private_key.sign(_DOMAIN + body))


def read(text: str) -> Content | Unreadable:
    """What the code claims, unverified: for choosing the key only."""
    parts = _parts(text)
    return Unreadable() if parts is None else _content(parts[0])


def verify(text: str, key_of: KeyFinder) -> Verdict:
    """Judge a text. `key_of(event_tag, key_id)` gives the 32 bytes of a public key, or None."""
    parts = _parts(text)
    if parts is None:
        return Unreadable()
    body, signature = parts
    content = _content(body)
    public_key = key_of(content.event_tag, content.key_id)
    if public_key is None:
        return UnknownKey(content)
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, _DOMAIN + body)
    except (InvalidSignature, ValueError):
        return Forged(content)
    return Genuine(content)


def _text(raw: bytes) -> str:
    return str(b45encode(raw), "ascii")


def _body(content: Content) -> bytes:
    body = (
        bytes([VERSION, content.key_id])
        + content.event_tag
        + content.ticket_id.bytes
        + content.performance_tag
        + content.ticket_type_tag
    )
    if len(body) != BODY_BYTES:
        raise ValueError("a tag has the wrong length")
    return body


def _content(body: bytes) -> Content:
    return Content(
        key_id=body[1],
        event_tag=body[2:10],
        ticket_id=UUID(bytes=body[10:26]),
        performance_tag=body[26:30],
        ticket_type_tag=body[30:34],
    )


def _parts(text: str) -> tuple[bytes, bytes] | None:
    """Body and signature, or None. One text per code: what does not encode back to itself is not a code."""
    if len(text) != CODE_LENGTH:
        return None
    try:
        raw = b45decode(text)
    except ValueError:
        return None
    if len(raw) != CODE_BYTES or raw[0] != VERSION or _text(raw) != text:
        return None
    return raw[:BODY_BYTES], raw[BODY_BYTES:]
