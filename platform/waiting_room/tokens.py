"""What a visitor carries: an entry token that keeps a place, and later a pass that opens the hold doors.

Both are a few signed bytes and need no lookup to be checked. An entry token is bound to the host it was given at and to the
browser's own secret, a pass to the organizer and the browser. A browser keeps secret and token in two cookies that scripts
cannot read; a program without cookies sends both as one, `<token>.<secret>`.
"""

import base64
import binascii
import hmac
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from django.conf import settings

TOKEN_COOKIE, PASS_COOKIE, BROWSER_COOKIE = "queue_token", "queue_pass", "queue_browser"
HEADER = "Queue-Token"
LONGEST_TOKEN = 200  # characters; more is nobody's token
_MAC_BYTES = 16
_ENTRY = struct.Struct(">B16s8sBI")
_PASS = struct.Struct(">B16s8sII")
_VERSION = 1


class Kind(IntEnum):
    """What the number of an entry token is."""

    EARLY = 0  # nothing yet: the shuffle will tell
    LATE = 1  # the arrival number, from 1, after all early ones
    PLACED = 2  # the position in line


@dataclass(frozen=True)
class Entry:
    """A place in a line: `entry` is its public id (16 hexadecimal digits)."""

    line_id: UUID
    entry: str
    kind: Kind
    number: int = 0


@dataclass(frozen=True)
class Pass:
    """Its bearer was let in. Both ends are seconds since 1970: it ends at `until`, extended at most to `latest`."""

    line_id: UUID
    entry: str
    until: int
    latest: int


@dataclass(frozen=True)
class Carried:
    """A token as it came, and the browser's secret that must come with it."""

    token: str
    browser: str

    @classmethod
    def from_request(cls, cookies: Mapping[str, str], header: str, cookie: str) -> "Carried | None":
        """From the header if there is one, else from the cookies; None when either half is missing."""
        token, _dot, browser = header.partition(".") if header else (cookies.get(cookie, ""), "", "")
        browser = browser or ("" if header else cookies.get(BROWSER_COOKIE, ""))
        if not token or not browser or len(token) > LONGEST_TOKEN or len(browser) > LONGEST_TOKEN:
            return None
        return cls(token, browser)


def new_browser() -> str:
    """A browser's own secret of 128 bits."""
    return secrets.token_urlsafe(16)


def entry_id(line_id: UUID, browser: str) -> str:
    """The one entry that this browser can have in this line, however often it joins."""
    return hmac.digest(_key("entry", settings.SECRET_KEY), line_id.bytes + browser.encode(), "sha256")[:8].hex()


def sign_entry(entry: Entry, *, host: str, browser: str) -> str:
    """The entry as a token for this browser on this (normal) host."""
    raw = _ENTRY.pack(_VERSION, entry.line_id.bytes, bytes.fromhex(entry.entry), entry.kind, entry.number)
    return _sign("token", raw, host, browser)


def read_entry(carried: Carried | None, *, host: str) -> Entry | None:
    """The entry of a token that is ours, of this host and of this browser; else None."""
    raw = _read("token", carried, _ENTRY.size, host)
    if raw is None:
        return None
    _version, line, entry, kind, number = _ENTRY.unpack(raw)
    return Entry(UUID(bytes=line), entry.hex(), Kind(kind), number)


def sign_pass(admitted: Pass, *, organizer_id: UUID, browser: str) -> str:
    """The pass as a token for this browser at this organizer."""
    raw = _PASS.pack(_VERSION, admitted.line_id.bytes, bytes.fromhex(admitted.entry), admitted.until, admitted.latest)
    return _sign("pass", raw, organizer_id.hex, browser)


def read_pass(carried: Carried | None, *, organizer_id: UUID) -> Pass | None:
    """The pass of a token that is ours, of this organizer and of this browser; else None. Whether it ended is not asked."""
    raw = _read("pass", carried, _PASS.size, organizer_id.hex)
    if raw is None:
        return None
    _version, line, entry, until, latest = _PASS.unpack(raw)
    return Pass(UUID(bytes=line), entry.hex(), until, latest)


def _sign(purpose: str, raw: bytes, place: str, browser: str) -> str:
    return base64.urlsafe_b64encode(raw + _mac(purpose, raw, place, browser)).rstrip(b"=").decode()


def _read(purpose: str, carried: Carried | None, size: int, place: str) -> bytes | None:
    if carried is None:
        return None
    try:
        both = base64.b64decode(carried.token + "=" * (-len(carried.token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    raw, mac = both[:size], both[size:]
    is_ours = len(both) == size + _MAC_BYTES and hmac.compare_digest(mac, _mac(purpose, raw, place, carried.browser))
    return raw if is_ours and raw[0] == _VERSION else None


def _mac(purpose: str, raw: bytes, place: str, browser: str) -> bytes:
    message = b"\0".join((place.encode(), browser.encode("utf-8", "replace"), raw))
    return hmac.digest(_key(purpose, settings.SECRET_KEY), message, "sha256")[:_MAC_BYTES]


@lru_cache(maxsize=8)
def _key(purpose: str, secret: str) -> bytes:
    return sha256(f"marquee waiting room {purpose} 1:{secret}".encode()).digest()
