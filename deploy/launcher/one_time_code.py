"""The six digits that an authenticator app would show, so that the demo can be tried without one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time


def one_time_code(secret: str, *, at: float | None = None) -> str:
    """Return the RFC 6238 code (SHA-1, six digits, 30 s) of a base32 secret at a POSIX time, by default now."""
    padded = secret.upper() + "=" * (-len(secret) % 8)
    counter = struct.pack(">Q", int((time.time() if at is None else at) // 30))
    digest = hmac.new(base64.b32decode(padded), counter, hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
