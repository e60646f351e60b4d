"""Identifiers and secrets that leave a schema."""

import secrets
from uuid import UUID

import uuid_utils
import uuid_utils.compat


def uuid7() -> UUID:
    """A time-ordered UUID (RFC 9562, version 7), so that new rows land at the end of an index."""
    return uuid_utils.compat.uuid7()


def new_name() -> str:
    """The same as 32 hexadecimal digits, for what is written and never looked up."""
    return str(uuid_utils.uuid7().hex)


def new_token() -> str:
    """A bearer secret of 192 bits, safe in a URL."""
    return secrets.token_urlsafe(24)


# Crockford's base32 alphabet: no I, L, O, U, so that a code can be read aloud and typed.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_code(length: int) -> str:
    """A random code that people can type, of `length` characters of 5 bits each."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))
