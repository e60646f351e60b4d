"""Ticket codes: what is signed verifies, what was touched never does, and no text whatever raises."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tickets import codes
from tickets.qr import qr_png

VECTORS = Path(__file__).parent / "code_vectors.json"

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
PUBLIC = KEY.public_key().public_bytes_raw()
CONTENT = codes.Content(
    key_id=1,
    event_tag=codes.event_tag(UUID(int=1)),
    ticket_id=UUID(int=2),
    performance_tag=codes.performance_tag(UUID(int=3)),
    ticket_type_tag=codes.ticket_type_tag(UUID(int=4)),
)
CODE = codes.sign(CONTENT, KEY)

contents = st.builds(
    codes.Content,
    key_id=st.integers(0, 255),
    event_tag=st.binary(min_size=8, max_size=8),
    ticket_id=st.uuids(),
    performance_tag=st.binary(min_size=4, max_size=4),
    ticket_type_tag=st.binary(min_size=4, max_size=4),
)


def ours(tag: bytes, key_id: int) -> bytes | None:
    return PUBLIC


def nobody(tag: bytes, key_id: int) -> bytes | None:
    return None


@given(contents)
def test_what_is_signed_verifies_and_says_the_same(content: codes.Content) -> None:
    code = codes.sign(content, KEY)

    assert codes.verify(code, ours) == codes.Genuine(content)
    assert codes.read(code) == content
    assert len(code) == codes.CODE_LENGTH == 147


@given(st.text(max_size=400))
def test_any_text_has_an_answer(text: str) -> None:
    assert codes.verify(text, ours) == codes.Unreadable()
    assert codes.read(text) == codes.Unreadable()


@given(st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:", min_size=147, max_size=147))
def test_any_text_of_the_right_shape_has_an_answer(text: str) -> None:
    assert not isinstance(codes.verify(text, ours), codes.Genuine)


@given(st.binary(min_size=1, max_size=200))
def test_a_key_of_any_length_has_an_answer(key: bytes) -> None:
    verdict = codes.verify(CODE, lambda tag, key_id: key)

    assert verdict == (codes.Genuine(CONTENT) if key == PUBLIC else codes.Forged(CONTENT))


@given(st.integers(0, len(CODE) - 1), st.characters(codec="utf-8"))
def test_a_changed_character_never_verifies(at: int, character: str) -> None:
    changed = CODE[:at] + character + CODE[at + 1 :]

    assert isinstance(codes.verify(changed, ours), codes.Genuine) == (changed == CODE)


@given(st.integers(0, codes.CODE_BYTES * 8 - 1))
def test_a_flipped_bit_never_verifies(bit: int) -> None:
    raw = bytearray(codes.b45decode(CODE))
    raw[bit // 8] ^= 1 << bit % 8

    assert not isinstance(codes.verify(codes.b45encode(bytes(raw)).decode(), ours), codes.Genuine)


@pytest.mark.parametrize(
    "text", [CODE + "\n", " " + CODE, CODE.lower(), CODE[:-1], CODE + "0", CODE[3:] + CODE[:3], ""]
)
def test_a_code_has_exactly_one_text(text: str) -> None:
    assert not isinstance(codes.verify(text, ours), codes.Genuine)


def test_the_outcomes_are_told_apart() -> None:
    forged = codes.sign(CONTENT, OTHER_KEY)

    assert codes.verify(forged, ours) == codes.Forged(CONTENT)
    assert codes.verify(CODE, nobody) == codes.UnknownKey(CONTENT)
    assert codes.verify("https://example.com", ours) == codes.Unreadable()


def test_a_signature_of_the_same_bytes_for_another_purpose_is_not_a_ticket() -> None:
    body = codes.b45decode(CODE)[: codes.BODY_BYTES]
    code = codes.b45encode(body + KEY.sign(body)).decode()

    assert codes.verify(code, ours) == codes.Forged(CONTENT)


def test_the_qr_code_has_41_modules() -> None:
    from io import BytesIO

    from PIL import Image

    assert Image.open(BytesIO(qr_png(CODE))).size == ((41 + 8) * 8, (41 + 8) * 8)


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text())["codes"], ids=lambda vector: vector["name"])
def test_vectors_that_the_scanner_shares(vector: dict[str, str]) -> None:
    public = bytes.fromhex(vector["public_key"])

    verdict = codes.verify(vector["code"], lambda tag, key_id: public)

    assert type(verdict).__name__.lower() == vector["verdict"]
    if not isinstance(verdict, codes.Unreadable):
        assert verdict.content.ticket_id == UUID(vector["ticket_id"])
        assert verdict.content.event_tag.hex() == vector["event_tag"]
