"""Addresses are kept and compared in ASCII: who only looks like somebody else is somebody else."""

import pytest
from django.core.exceptions import ValidationError

from ui.addresses import normal_address


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Bea@Example.com ", "Bea@Example.com"),
        ("bea@b\u00fccher.example", "bea@xn--bcher-kva.example"),
        (
            "bea@hotma\u0131l.com",
            "bea@xn--hotmal-t9a.com",
        ),  # a dotless i: another domain, as whoever delivers the mail knows
    ],
)
def test_the_domain_is_written_as_mail_is_sent_to_it(typed: str, kept: str) -> None:
    assert normal_address(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "bea",
        "bea@",
        "@example.com",
        "b\u0131a@example.com",
        "be\u212a@example.com",
        "b\u00e9a@example.com",
        "bea@\u2028.com",
        "bea@" + "\u00fc" * 70 + ".example",
    ],
)
def test_what_no_mail_could_be_sent_to_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        normal_address(typed)
