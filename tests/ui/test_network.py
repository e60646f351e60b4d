"""Limits count the network that a request comes from, and nobody chooses it by a header."""

import pytest

from ui.network import client_address, client_network


def test_without_a_proxy_the_header_is_ignored() -> None:
    assert client_address("203.0.113.9", "10.0.0.1") == "203.0.113.9"


def test_behind_the_proxy_its_own_entry_counts_and_what_the_client_wrote_before_does_not(settings: object) -> None:
    settings.BEHIND_PROXY = True  # type: ignore[attr-defined]

    assert client_address("127.0.0.1", "10.9.9.9, 203.0.113.9") == "203.0.113.9"
    assert client_address("127.0.0.1", "") == "127.0.0.1"


@pytest.mark.parametrize(
    ("remote", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_a_household_is_one_network(remote: str, network: str) -> None:
    assert client_network(remote) == network
