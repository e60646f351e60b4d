"""Proof of work at the entrance (ALTCHA, version 2): a second of a browser's time, so that a thousand entries cost something.

It does not prove a human. The server works once for each challenge and checks an answer with one signature; an answer is
good for one entry.
"""

import json
import secrets
import time
from base64 import b64decode
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from altcha import create_challenge, verify_solution
from django.conf import settings

from waiting_room.errors import ProofMissing

ITERATIONS = 500
FEWEST_TRIES, MOST_TRIES = 1000, 2000
VALID_SECONDS = 600
LONGEST_PAYLOAD = 4000


def new_challenge(line_id: UUID) -> dict[str, Any]:
    """A challenge for an entry into this line, as JSON for the browser."""
    challenge = create_challenge(
        algorithm="PBKDF2/SHA-256",
        cost=ITERATIONS,
        counter=FEWEST_TRIES + secrets.randbelow(MOST_TRIES - FEWEST_TRIES),
        expires_at=int(time.time()) + VALID_SECONDS,
        data={"line": line_id.hex},
        hmac_secret=_secret("challenge", settings.SECRET_KEY),
        hmac_key_secret=_secret("key", settings.SECRET_KEY),
    )
    known: dict[str, Any] = challenge.to_dict()
    return known


def solved_nonce(payload: str, line_id: UUID) -> str:
    """The nonce of the challenge that this payload solves, to be spent once. Raises ProofMissing."""
    if len(payload) > LONGEST_PAYLOAD:
        raise ProofMissing
    result = verify_solution(
        payload,
        _secret("challenge", settings.SECRET_KEY),
        hmac_key_secret=_secret("key", settings.SECRET_KEY),
    )
    if not result.verified:
        raise ProofMissing
    parameters = json.loads(b64decode(payload))["challenge"]["parameters"]
    if (parameters.get("data") or {}).get("line") != line_id.hex:
        raise ProofMissing
    return str(parameters["nonce"])


@lru_cache(maxsize=4)
def _secret(purpose: str, secret: str) -> bytes:
    return sha256(f"marquee waiting room proof {purpose} 1:{secret}".encode()).digest()
