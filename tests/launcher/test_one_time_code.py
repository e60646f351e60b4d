"""One-time codes against the vectors of RFC 6238, appendix B (SHA-1, last six of eight digits)."""

from __future__ import annotations

import base64

import pytest

from deploy.launcher.one_time_code import one_time_code

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(at: int, code: str) -> None:
    assert one_time_code(SECRET, at=at) == code
    assert one_time_code(SECRET.lower().rstrip("="), at=at) == code
